/* SPDX-License-Identifier: Apache-2.0 */
/* The list as a text file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "control/nft/quarantine.h"
#include "control/text/read_file.h"

struct line_reader {
	const char *path;
	unsigned int line;
	struct cv_diagnostics *diag;
	struct cv_quarantine *q;
	int error;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void wrong(struct line_reader *r, size_t column, const char *word, size_t len,
		  const char *why)
{
	struct cv_place place = {r->path, r->line, (unsigned int)column + 1};
	char clean[CV_QUARANTINE_TEXT_MAX];
	size_t n = 0;

	/* Whatever is in the file, it does not steer a terminal. */
	for (; n < len && n + 1 < sizeof(clean); n++)
		clean[n] = word[n] >= ' ' && word[n] <= '~' ? word[n] : '?';
	clean[n] = 0;
	cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, place, NULL, "\"%s\" %s", clean, why);
	if (r->error == 0)
		r->error = -EINVAL;
}

static void add(struct line_reader *r, const struct cv_quarantine_entry *entry)
{
	int res = cv_quarantine_reserve(r->q, r->q->n + 1);

	if (res == 0)
		r->q->entries[r->q->n++] = *entry;
	else if (r->error == 0)
		r->error = res;
}

static void read_line(struct line_reader *r, const char *line, size_t len)
{
	const char *comment = memchr(line, '#', len);
	struct cv_quarantine_entry entry;
	char word[CV_QUARANTINE_TEXT_MAX];
	const char *why = "is not a device: it is too long";
	size_t begin = 0;

	if (comment)
		len = (size_t)(comment - line);
	while (len > 0 && is_blank(line[len - 1]))
		len--;
	while (begin < len && is_blank(line[begin]))
		begin++;
	if (begin == len)
		return;
	if (memchr(line + begin, 0, len - begin)) {
		why = "has a zero byte";
	} else if (len - begin < sizeof(word)) {
		memcpy(word, line + begin, len - begin);
		word[len - begin] = 0;
		why = cv_quarantine_entry_parse(word, &entry);
	}
	if (why)
		wrong(r, begin, line + begin, len - begin, why);
	else
		add(r, &entry);
}

int cv_quarantine_parse(const char *path, const char *text, size_t len, struct cv_quarantine *ret,
			struct cv_diagnostics *diag)
{
	struct cv_quarantine q = {0};
	struct line_reader r = {.path = path, .diag = diag, .q = &q};

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;

		r.line++;
		read_line(&r, text + at, n);
		at += n + 1;
	}
	if (r.error == -E2BIG) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "more than %u devices", CV_QUARANTINE_MAX);
		r.error = -EINVAL;
	}
	if (r.error < 0) {
		cv_quarantine_free(&q);
		return r.error;
	}
	cv_quarantine_sort(&q);
	*ret = q;
	return 0;
}

int cv_quarantine_load(const char *path, struct cv_quarantine *ret, struct cv_diagnostics *diag)
{
	char *text = NULL;
	size_t len = 0;
	int r = cv_read_file(path, CV_QUARANTINE_FILE_MAX, &text, &len);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "cannot read the list of devices: %s", strerror(-r));
	else
		r = cv_quarantine_parse(path, text, len, ret, diag);
	free(text);
	return r;
}

/* Name of a file beside the list. */
static int beside(const char *path, const char *suffix, char ret[PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s%s", path, suffix) >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int print(FILE *out, const struct cv_quarantine *q)
{
	char text[CV_QUARANTINE_TEXT_MAX];

	fputs("# Devices in quarantine. Change it with: culvert quarantine add|remove|replace\n",
	      out);
	for (size_t i = 0; i < q->n; i++) {
		cv_quarantine_entry_show(&q->entries[i], text);
		fprintf(out, "%s\n", text);
	}
	if (fflush(out) != 0 || ferror(out) || fsync(fileno(out)) != 0)
		return errno ? -errno : -EIO;
	return 0;
}

int cv_quarantine_write(const char *path, const struct cv_quarantine *q)
{
	char fresh[PATH_MAX];
	int r = beside(path, ".new", fresh);
	FILE *out;

	if (r < 0)
		return r;
	out = fopen(fresh, "we");
	if (!out)
		return -errno;
	errno = 0;
	r = print(out, q);
	if (fclose(out) != 0 && r == 0)
		r = -errno;
	if (r < 0)
		unlink(fresh);
	return r;
}

int cv_quarantine_keep(const char *path)
{
	char fresh[PATH_MAX];
	int r = beside(path, ".new", fresh);

	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	return r;
}

void cv_quarantine_discard(const char *path)
{
	char fresh[PATH_MAX];

	if (beside(path, ".new", fresh) == 0)
		unlink(fresh);
}

int cv_quarantine_lock(const char *path)
{
	char lock[PATH_MAX];
	int r = beside(path, ".lock", lock), fd;

	if (r < 0)
		return r;
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}
