/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_names[] = {
#define KIND_NAME(id, name) name,
	CV_BUNDLE_KINDS(KIND_NAME)};

void cv_policy_report(const struct cv_policy_args *args, json_t *result,
		      const struct cv_diagnostics *diag, int r)
{
	json_t *root;

	if (!args->json) {
		cv_diagnostics_print(diag, stderr);
		json_decref(result);
		return;
	}
	root = json_pack("{s:b}", "ok", r == 0);
	if (result)
		json_object_update(root, result);
	json_object_set_new(root, "errors", json_integer((json_int_t)diag->errors));
	json_object_set_new(root, "warnings", json_integer((json_int_t)diag->warnings));
	json_object_set_new(root, "findings", cv_diagnostics_json(diag));
	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(result);
	json_decref(root);
}

int cv_policy_file_wrong(struct cv_diagnostics *diag, const char *file, int r, const char *hint,
			 const char *text)
{
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = file}, hint, "%s",
			   text);
	return r;
}

static json_t *file_json(const struct cv_bundle_file *f)
{
	char hex[2 * CV_BUNDLE_SHA256_SIZE + 1];

	sodium_bin2hex(hex, sizeof(hex), f->sha256, sizeof(f->sha256));
	return json_pack("{s:s, s:s, s:I, s:s}", "name", f->name, "kind", kind_names[f->kind],
			 "size", (json_int_t)f->size, "sha256", hex);
}

json_t *cv_policy_bundle_json(const struct cv_bundle *b)
{
	char created[CV_BUNDLE_TIME_TEXT], expires[CV_BUNDLE_TIME_TEXT];
	char hex[2 * CV_BUNDLE_SHA256_SIZE + 1];
	json_t *files = json_array();

	cv_bundle_time_text(b->created, created);
	cv_bundle_time_text(b->expires, expires);
	sodium_bin2hex(hex, sizeof(hex), b->sha256, sizeof(b->sha256));
	for (size_t i = 0; i < b->n_files; i++)
		json_array_append_new(files, file_json(&b->files[i]));
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:o}", "bundle", b->path, "name",
			 b->name, "version", (json_int_t)b->version, "created", created, "expires",
			 expires, "sha256", hex, "size", (json_int_t)b->size, "files", files);
}

void cv_policy_bundle_print(const struct cv_bundle *b, FILE *out)
{
	char expires[CV_BUNDLE_TIME_TEXT];

	cv_bundle_time_text(b->expires, expires);
	fprintf(out, "policy \"%s\" version %" PRIu64 ", %zu file%s, expires %s", b->name,
		b->version, b->n_files, b->n_files == 1 ? "" : "s", expires);
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

int cv_policy_write_file(const char *path, int flags, mode_t mode, const void *data, size_t size,
			 struct cv_diagnostics *diag)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | flags, mode);
	int r = fd < 0 ? -errno : write_all(fd, data, size);
	char text[128];

	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		return 0;
	/* Half a file is worse than none. */
	if (fd >= 0)
		unlink(path);
	snprintf(text, sizeof(text), "cannot write: %s", strerror(-r));
	return cv_policy_file_wrong(diag, path, r,
				    r == -EEXIST
					    ? "choose another name, or remove it yourself"
					    : "check the folder, its rights and the space left",
				    text);
}

int cv_policy_time(const char *text, int64_t *ret)
{
	char whole[CV_BUNDLE_TIME_TEXT];
	int n = snprintf(whole, sizeof(whole), "%s%s", text, strchr(text, 'T') ? "" : "T00:00:00Z");
	int64_t t;

	if (n >= (int)sizeof(whole) || cv_bundle_time_parse(whole, &t) < 0)
		return -EINVAL;
	*ret = t;
	return 0;
}
