/* SPDX-License-Identifier: Apache-2.0 */
#include "control/bundle/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/config/units.h"

#define FORMAT "culvert policy bundle "
#define FORMAT_NUMBER "1"
#define TIME_FORMAT "%Y-%m-%dT%H:%M:%SZ"
/* Times of four-digit years, RFC 3339: 0000 would do, but nothing was made before 1970. */
#define TIME_MAX 253402300799

bool cv_manifest_name_is_good(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len < CV_BUNDLE_NAME_MAX && strspn(name, allowed) == len &&
	       name[0] != '.' && name[0] != '-';
}

enum cv_bundle_kind cv_manifest_kind(const char *name)
{
	size_t len = strlen(name);

	if (strcmp(name, CV_BUNDLE_POLICY_FILE) == 0)
		return CV_BUNDLE_POLICY;
	return len > 2 && strcmp(name + len - 2, ".o") == 0 ? CV_BUNDLE_MODULE : CV_BUNDLE_LIST;
}

void cv_bundle_time_text(int64_t seconds, char text[CV_BUNDLE_TIME_TEXT])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == CV_BUNDLE_NEVER || !gmtime_r(&t, &tm) ||
	    strftime(text, CV_BUNDLE_TIME_TEXT, TIME_FORMAT, &tm) == 0)
		strcpy(text, "never");
}

int cv_bundle_time_parse(const char *text, int64_t *ret)
{
	char again[CV_BUNDLE_TIME_TEXT];
	struct tm tm = {0};
	const char *end;
	int64_t seconds;

	if (strcmp(text, "never") == 0) {
		*ret = CV_BUNDLE_NEVER;
		return 0;
	}
	if (strlen(text) != CV_BUNDLE_TIME_TEXT - 1)
		return -EINVAL;
	end = strptime(text, TIME_FORMAT, &tm);
	if (!end || *end)
		return -EINVAL;
	seconds = timegm(&tm);
	if (seconds < 0 || seconds > TIME_MAX)
		return -EINVAL;
	/* 31 February and the like come back as another day. */
	cv_bundle_time_text(seconds, again);
	if (strcmp(again, text) != 0)
		return -EINVAL;
	*ret = seconds;
	return 0;
}

int cv_manifest_write(const struct cv_bundle *bundle, char **ret, size_t *ret_len)
{
	char created[CV_BUNDLE_TIME_TEXT], expires[CV_BUNDLE_TIME_TEXT];
	char hex[2 * CV_BUNDLE_SHA256_SIZE + 1];
	FILE *out = open_memstream(ret, ret_len);

	if (!out)
		return -ENOMEM;
	cv_bundle_time_text(bundle->created, created);
	cv_bundle_time_text(bundle->expires, expires);
	fprintf(out, FORMAT FORMAT_NUMBER "\nname: %s\nversion: %" PRIu64 "\n", bundle->name,
		bundle->version);
	fprintf(out, "created: %s\nexpires: %s\n", created, expires);
	for (size_t i = 0; i < bundle->n_files; i++) {
		const struct cv_bundle_file *f = &bundle->files[i];

		sodium_bin2hex(hex, sizeof(hex), f->sha256, sizeof(f->sha256));
		fprintf(out, "file: %s %zu %s\n", f->name, f->size, hex);
	}
	if (fclose(out) == 0)
		return 0;
	free(*ret);
	return -ENOMEM;
}

struct reader {
	char *at; /* a copy that is cut into lines */
	unsigned int line;
	struct cv_bundle *bundle;
	struct cv_diagnostics *diag;
};

static int wrong(const struct reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static int wrong(const struct reader *r, const char *fmt, ...)
{
	char text[160], file[PATH_MAX + 16];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	snprintf(file, sizeof(file), "%s(" CV_MANIFEST_FILE ")", r->bundle->path);
	cv_diagnostics_add(r->diag, CV_SEVERITY_ERROR, (struct cv_place){file, r->line, 1}, NULL,
			   "%s", text);
	return -EINVAL;
}

/* The value of the next line, which must begin with @p key; NULL = it does not. */
static char *next(struct reader *r, const char *key)
{
	size_t len = strlen(key);
	char *value, *end = strchr(r->at, '\n');

	r->line++;
	if (!end || strncmp(r->at, key, len) != 0)
		return NULL;
	*end = 0;
	value = r->at + len;
	r->at = end + 1;
	return value;
}

static int read_head(struct reader *r)
{
	struct cv_bundle *b = r->bundle;
	const char *value = next(r, FORMAT);

	if (!value)
		return wrong(r, "expected \"" FORMAT FORMAT_NUMBER "\"");
	if (strcmp(value, FORMAT_NUMBER) != 0)
		return wrong(r, "a format that is not known, this program reads " FORMAT_NUMBER);
	value = next(r, "name: ");
	if (!value || !cv_manifest_name_is_good(value))
		return wrong(r, "expected \"name: \" and the policy's name");
	strcpy(b->name, value);
	value = next(r, "version: ");
	if (!value || cv_units_integer(value, &b->version) < 0 || b->version == 0 ||
	    b->version > CV_BUNDLE_VERSION_MAX)
		return wrong(r, "expected \"version: \" and a number from 1");
	value = next(r, "created: ");
	if (!value || cv_bundle_time_parse(value, &b->created) < 0 || b->created == CV_BUNDLE_NEVER)
		return wrong(r, "expected \"created: \" and a time such as 2026-11-21T13:00:00Z");
	value = next(r, "expires: ");
	if (!value || cv_bundle_time_parse(value, &b->expires) < 0)
		return wrong(r, "expected \"expires: \" and a time or never");
	return 0;
}

/* policy.yaml is first, the others follow by name: one order, and no name twice. */
static bool in_order(const struct cv_bundle *b, const char *name)
{
	if (b->n_files == 0)
		return strcmp(name, CV_BUNDLE_POLICY_FILE) == 0;
	return strcmp(name, CV_BUNDLE_POLICY_FILE) != 0 && strcmp(name, CV_MANIFEST_FILE) != 0 &&
	       (b->n_files == 1 || strcmp(name, b->files[b->n_files - 1].name) > 0);
}

static int read_file(struct reader *r)
{
	struct cv_bundle *b = r->bundle;
	struct cv_bundle_file *f = &b->files[b->n_files];
	char *save, *value = next(r, "file: ");
	const char *name = value ? strtok_r(value, " ", &save) : NULL;
	const char *size = name ? strtok_r(NULL, " ", &save) : NULL;
	const char *hash = size ? strtok_r(NULL, " ", &save) : NULL;
	uint64_t bytes;

	if (!hash || !cv_manifest_name_is_good(name) || cv_units_integer(size, &bytes) < 0 ||
	    strlen(hash) != 2 * sizeof(f->sha256) ||
	    sodium_hex2bin(f->sha256, sizeof(f->sha256), hash, strlen(hash), NULL, NULL, NULL) != 0)
		return wrong(r, "expected \"file: \", name, size and SHA-256");
	if (!in_order(b, name))
		return wrong(r, "\"%s\" is not in its place: policy.yaml, then by name, each once",
			     name);
	if (bytes > CV_BUNDLE_SIZE_MAX)
		return wrong(r, "\"%s\" is larger than a bundle can be", name);
	strcpy(f->name, name);
	f->size = bytes;
	f->kind = cv_manifest_kind(name);
	b->n_files++;
	return 0;
}

/* Anything that reads as the same but is not the same is refused: leading zeros, upper case. */
static int compare(struct reader *r, const char *text, size_t len)
{
	char *again;
	size_t again_len, at = 0;
	int res = cv_manifest_write(r->bundle, &again, &again_len);

	if (res < 0)
		return res;
	if (again_len != len || memcmp(again, text, len) != 0) {
		r->line = 1;
		for (; at < len && at < again_len && text[at] == again[at]; at++)
			r->line += text[at] == '\n';
		res = wrong(r, "not written as culvert policy bundle writes it");
	}
	free(again);
	return res;
}

int cv_manifest_parse(const char *text, size_t len, struct cv_bundle *bundle,
		      struct cv_diagnostics *diag)
{
	char *copy = strndup(text, len);
	struct reader r = {.at = copy, .bundle = bundle, .diag = diag};
	int res;

	if (!copy)
		return -ENOMEM;
	if (strlen(copy) != len) {
		res = wrong(&r, "a zero byte, expected text");
		free(copy);
		return res;
	}
	bundle->files = calloc(CV_BUNDLE_FILES_MAX, sizeof(*bundle->files));
	res = bundle->files ? read_head(&r) : -ENOMEM;
	while (res == 0 && *r.at) {
		if (bundle->n_files == CV_BUNDLE_FILES_MAX) {
			r.line++;
			res = wrong(&r, "more than %d files", CV_BUNDLE_FILES_MAX);
		} else {
			res = read_file(&r);
		}
	}
	if (res == 0 && bundle->n_files == 0)
		res = wrong(&r, "names no policy.yaml");
	if (res == 0)
		res = compare(&r, text, len);
	free(copy);
	return res;
}
