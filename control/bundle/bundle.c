/* SPDX-License-Identifier: Apache-2.0 */
#include "control/bundle/bundle.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/bundle/manifest.h"
#include "control/bundle/tar.h"
#include "control/text/read_file.h"

/* Two blocks of zeros end the archive. */
#define END_SIZE ((size_t)2 * CV_TAR_BLOCK)

bool cv_bundle_looks_like(const void *bytes, size_t size)
{
	return size >= CV_TAR_BLOCK && memcmp((const char *)bytes + 257, "ustar", 6) == 0;
}

void cv_bundle_free(struct cv_bundle *bundle)
{
	if (!bundle)
		return;
	free(bundle->path);
	free(bundle->files);
	free(bundle->owned);
	free(bundle);
}

const struct cv_bundle_file *cv_bundle_find(const struct cv_bundle *bundle, const char *name)
{
	for (size_t i = 0; i < bundle->n_files; i++) {
		if (strcmp(bundle->files[i].name, name) == 0)
			return &bundle->files[i];
	}
	return NULL;
}

static int wrong(const struct cv_bundle *b, struct cv_diagnostics *diag, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int wrong(const struct cv_bundle *b, struct cv_diagnostics *diag, const char *fmt, ...)
{
	char text[256];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = b->path},
			   "get the bundle again from who made it", "%s", text);
	return -EINVAL;
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

/* The file at @p *at: header, content, padding. */
static int next_file(const struct cv_bundle *b, size_t *at, char name[CV_TAR_NAME],
		     const uint8_t **ret_data, size_t *ret_size, struct cv_diagnostics *diag)
{
	const char *reason;
	size_t left;

	if (b->size - *at < CV_TAR_BLOCK)
		return wrong(b, diag, "cut short: a file is missing at byte %zu", *at);
	reason = cv_tar_read(b->bytes + *at, name, ret_size);
	if (reason)
		return wrong(b, diag, "at byte %zu: %s", *at, reason);
	left = b->size - *at - CV_TAR_BLOCK;
	if (*ret_size > left || cv_tar_padded(*ret_size) > left)
		return wrong(b, diag, "cut short: %zu bytes of \"%.64s\" are missing",
			     cv_tar_padded(*ret_size) - left, name);
	*ret_data = b->bytes + *at + CV_TAR_BLOCK;
	*at += CV_TAR_BLOCK + cv_tar_padded(*ret_size);
	if (!all_zero(*ret_data + *ret_size, cv_tar_padded(*ret_size) - *ret_size))
		return wrong(b, diag, "bytes hide behind the end of \"%.64s\"", name);
	return 0;
}

static int read_manifest(struct cv_bundle *b, size_t *at, struct cv_diagnostics *diag)
{
	char name[CV_TAR_NAME];
	const uint8_t *data;
	size_t size;
	int r = next_file(b, at, name, &data, &size, diag);

	if (r < 0)
		return r;
	if (strcmp(name, CV_MANIFEST_FILE) != 0)
		return wrong(b, diag, "begins with a file that is not " CV_MANIFEST_FILE);
	if (size > CV_MANIFEST_MAX)
		return wrong(b, diag, CV_MANIFEST_FILE " is larger than %d bytes", CV_MANIFEST_MAX);
	return cv_manifest_parse((const char *)data, size, b, diag);
}

static int read_file(struct cv_bundle *b, struct cv_bundle_file *f, size_t *at,
		     struct cv_diagnostics *diag)
{
	uint8_t hash[CV_BUNDLE_SHA256_SIZE];
	char name[CV_TAR_NAME];
	size_t size;
	int r;

	if (all_zero(b->bytes + *at, b->size - *at < CV_TAR_BLOCK ? b->size - *at : CV_TAR_BLOCK))
		return wrong(b, diag, "\"%s\" is in the manifest and not in the bundle", f->name);
	r = next_file(b, at, name, &f->data, &size, diag);
	if (r < 0)
		return r;
	/* The name is bytes of the archive; only those of the manifest may be shown. */
	if (strcmp(name, f->name) != 0)
		return wrong(b, diag, "another file stands where the manifest has \"%s\"", f->name);
	if (size != f->size)
		return wrong(b, diag, "\"%s\" has %zu bytes, by the manifest %zu", f->name, size,
			     f->size);
	crypto_hash_sha256(hash, f->data, f->size);
	if (memcmp(hash, f->sha256, sizeof(hash)) != 0)
		return wrong(b, diag, "\"%s\" is damaged: its SHA-256 is not that of the manifest",
			     f->name);
	return 0;
}

static int read_all(struct cv_bundle *b, struct cv_diagnostics *diag)
{
	size_t at = 0;
	int r;

	if (b->size > CV_BUNDLE_SIZE_MAX) {
		wrong(b, diag, "larger than %zu MiB", CV_BUNDLE_SIZE_MAX >> 20);
		return -EFBIG;
	}
	if (!cv_bundle_looks_like(b->bytes, b->size))
		return wrong(b, diag, "not a policy bundle");
	r = read_manifest(b, &at, diag);
	for (size_t i = 0; r == 0 && i < b->n_files; i++)
		r = read_file(b, &b->files[i], &at, diag);
	if (r < 0)
		return r;
	if (b->size - at > END_SIZE)
		return wrong(b, diag, "something follows behind the last file of the manifest");
	if (b->size - at != END_SIZE || !all_zero(b->bytes + at, END_SIZE))
		return wrong(b, diag, "its end is damaged or cut short");
	crypto_hash_sha256(b->sha256, b->bytes, b->size);
	return 0;
}

int cv_bundle_parse(const char *path, const void *bytes, size_t size, struct cv_bundle **ret,
		    struct cv_diagnostics *diag)
{
	struct cv_bundle *b = calloc(1, sizeof(*b));
	int r = -ENOMEM;

	if (!b)
		goto out;
	b->path = strdup(path);
	b->bytes = bytes;
	b->size = size;
	if (b->path)
		r = read_all(b, diag);
	if (r == 0)
		*ret = b;
	else
		cv_bundle_free(b);
out:
	if (r == -ENOMEM)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "no memory to read the bundle");
	return r;
}

int cv_bundle_open(const char *path, struct cv_bundle **ret, struct cv_diagnostics *diag)
{
	struct cv_bundle *b;
	char *bytes;
	size_t size;
	int r = cv_read_file(path, CV_BUNDLE_SIZE_MAX, &bytes, &size);

	if (r < 0) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path},
				   r == -ENOENT ? "check the path" : NULL, "cannot read: %s",
				   r == -EFBIG ? "larger than 256 MiB" : strerror(-r));
		return r;
	}
	r = cv_bundle_parse(path, bytes, size, &b, diag);
	if (r < 0) {
		free(bytes);
		return r;
	}
	b->owned = (uint8_t *)bytes;
	*ret = b;
	return 0;
}
