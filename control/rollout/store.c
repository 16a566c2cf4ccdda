/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/store.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/rollout/step.h"
#include "control/text/replace_file.h"

#define NEW "new"

static const char *const origins[] = {"apply", "config", "renumbered"};

const char *cv_origin_name(uint32_t origin)
{
	return origin < sizeof(origins) / sizeof(origins[0]) ? origins[origin] : "unknown";
}

void cv_store_path(const struct cv_store *s, uint64_t number, const char *file, char ret[PATH_MAX])
{
	if (number)
		snprintf(ret, PATH_MAX, "%s/%" PRIu64 "%s%s", s->dir, number, *file ? "/" : "",
			 file);
	else
		snprintf(ret, PATH_MAX, "%s/" NEW "%s%s", s->dir, *file ? "/" : "", file);
}

/* A policy's folder has files only. */
static void remove_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d)))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	(void)rmdir(path);
}

int cv_store_open(const char *dir, const char *file, struct cv_store *ret)
{
	struct cv_store s = {.file = file};
	int res;

	if (snprintf(s.dir, sizeof(s.dir), "%s", dir) >= (int)sizeof(s.dir))
		return -ENAMETOOLONG;
	res = cv_make_folders(s.dir, 0750, 0700);
	if (res < 0)
		return res;
	cv_store_abandon(&s);
	*ret = s;
	return 0;
}

int cv_store_begin(const struct cv_store *s, const void *data, size_t len, const void *sigs,
		   size_t sigs_len)
{
	char path[PATH_MAX];
	int res;

	cv_store_abandon(s);
	cv_store_path(s, 0, "", path);
	if (mkdir(path, 0700) < 0)
		return -errno;
	cv_rollout_step("store-folder");
	cv_store_path(s, 0, s->file, path);
	res = cv_write_file(path, data, len, 0600);
	cv_store_path(s, 0, "signatures", path);
	if (res == 0 && sigs_len > 0)
		res = cv_write_file(path, sigs, sigs_len, 0600);
	if (res < 0)
		cv_store_abandon(s);
	return res;
}

static json_t *about_json(const struct cv_about *a)
{
	return json_pack("{s:I s:s s:I s:I s:s s:s s:s s:I s:I s:I}", "number",
			 (json_int_t)a->number, "hash", a->hash, "size", (json_int_t)a->size,
			 "crc32c", (json_int_t)a->crc32c, "origin", cv_origin_name(a->origin),
			 "name", a->name, "who", a->who, "time", (json_int_t)a->time_ns, "version",
			 (json_int_t)a->version, "signers", (json_int_t)a->signers);
}

int cv_store_keep(const struct cv_store *s, const struct cv_about *about)
{
	char path[PATH_MAX], folder[PATH_MAX], to[PATH_MAX], *text;
	json_t *doc = about_json(about);
	int res;

	text = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;
	json_decref(doc);
	if (!text)
		return -ENOMEM;
	cv_store_path(s, 0, "about.json", path);
	cv_store_path(s, 0, "", folder);
	cv_store_path(s, about->number, "", to);
	res = cv_write_file(path, text, strlen(text), 0600);
	free(text);
	cv_rollout_step("store-about");
	if (res == 0)
		res = cv_sync_folder(folder);
	if (res == 0) {
		/* What bears the number is of a start or a change that ended before the state named it. */
		cv_store_remove(s, about->number);
		if (rename(folder, to) < 0)
			res = -errno;
	}
	cv_rollout_step("store-renamed");
	return res == 0 ? cv_sync_folder(s->dir) : res;
}

void cv_store_abandon(const struct cv_store *s)
{
	char path[PATH_MAX];

	cv_store_path(s, 0, "", path);
	remove_folder(path);
}

void cv_store_remove(const struct cv_store *s, uint64_t number)
{
	char path[PATH_MAX];

	if (number == 0)
		return;
	cv_store_path(s, number, "", path);
	remove_folder(path);
}

static int parse_about(json_t *doc, struct cv_about *ret)
{
	json_int_t number, size, crc, time, version, signers;
	const char *hash, *origin, *name, *who;

	if (json_unpack(doc, "{s:I s:s s:I s:I s:s s:s s:s s:I s:I s:I}", "number", &number, "hash",
			&hash, "size", &size, "crc32c", &crc, "origin", &origin, "name", &name,
			"who", &who, "time", &time, "version", &version, "signers", &signers) < 0)
		return -EBADMSG;
	*ret = (struct cv_about){
		.number = (uint64_t)number,
		.size = (uint64_t)size,
		.crc32c = (uint32_t)crc,
		.time_ns = time,
		.version = (uint64_t)version,
		.signers = (uint64_t)signers,
	};
	while (ret->origin < CV_ORIGIN_RENUMBERED && strcmp(origins[ret->origin], origin) != 0)
		ret->origin++;
	snprintf(ret->hash, sizeof(ret->hash), "%s", hash);
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	snprintf(ret->who, sizeof(ret->who), "%s", who);
	return 0;
}

int cv_store_about(const struct cv_store *s, uint64_t number, struct cv_about *ret)
{
	char path[PATH_MAX];
	json_t *doc;
	int res;

	if (number == 0)
		return -ENOENT;
	cv_store_path(s, number, "about.json", path);
	doc = json_load_file(path, 0, NULL);
	if (!doc)
		return access(path, F_OK) < 0 ? -errno : -EBADMSG;
	res = parse_about(doc, ret);
	json_decref(doc);
	return res;
}

int cv_store_read(const struct cv_store *s, uint64_t number, char **ret, size_t *ret_len)
{
	char path[PATH_MAX], *text;
	struct stat st;
	size_t got;
	FILE *in;

	cv_store_path(s, number, s->file, path);
	in = fopen(path, "rbe");
	if (!in)
		return -errno;
	if (fstat(fileno(in), &st) < 0 || !(text = malloc((size_t)st.st_size + 1))) {
		fclose(in);
		return -ENOMEM;
	}
	got = fread(text, 1, (size_t)st.st_size, in);
	fclose(in);
	text[got] = '\0';
	*ret = text;
	*ret_len = got;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int cv_store_list(const struct cv_store *s, uint64_t **ret)
{
	uint64_t *numbers = NULL, *grown;
	DIR *d = opendir(s->dir);
	struct dirent *e;
	int n = 0;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		char *end;
		uint64_t number = strtoull(e->d_name, &end, 10);

		if (number == 0 || *end || e->d_name[0] == '0' || e->d_name[0] == '+')
			continue;
		grown = reallocarray(numbers, (size_t)n + 1, sizeof(*numbers));
		if (!grown) {
			free(numbers);
			closedir(d);
			return -ENOMEM;
		}
		numbers = grown;
		numbers[n++] = number;
	}
	closedir(d);
	if (n > 0)
		qsort(numbers, (size_t)n, sizeof(*numbers), by_number);
	*ret = numbers;
	return n;
}

void cv_store_prune(const struct cv_store *s, const uint64_t keep[3])
{
	uint64_t *numbers = NULL;
	int n = cv_store_list(s, &numbers);

	for (int i = 0; i < n - CV_STORE_KEEP; i++) {
		if (numbers[i] != keep[0] && numbers[i] != keep[1] && numbers[i] != keep[2])
			cv_store_remove(s, numbers[i]);
	}
	free(numbers);
}
