/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "control/bundle/manifest.h"
#include "control/bundle/tar.h"

static int wrong(const char *file, struct cv_diagnostics *diag, int r, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int wrong(const char *file, struct cv_diagnostics *diag, int r, const char *fmt, ...)
{
	char text[256];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = file}, NULL, "%s",
			   text);
	return r;
}

static int check_recipe(const struct cv_bundle_recipe *recipe, struct cv_diagnostics *diag)
{
	const char *name = recipe->name;

	if (!cv_manifest_name_is_good(name))
		return wrong(name, diag, -EINVAL,
			     "not a name for a policy: letters, digits, '.', '_' and '-', at most "
			     "%d, a letter or digit first",
			     CV_BUNDLE_NAME_MAX - 1);
	if (recipe->version == 0 || recipe->version > CV_BUNDLE_VERSION_MAX)
		return wrong(name, diag, -EINVAL, "versions count from 1 to %" PRIu64,
			     CV_BUNDLE_VERSION_MAX);
	if (recipe->created < 0 || recipe->created == CV_BUNDLE_NEVER ||
	    recipe->expires <= recipe->created)
		return wrong(name, diag, -EINVAL, "it would expire before it is made");
	if (recipe->n_inputs > CV_BUNDLE_FILES_MAX)
		return wrong(name, diag, -E2BIG, "more than %d files", CV_BUNDLE_FILES_MAX);
	return 0;
}

static int add_input(const struct cv_bundle_input *in, struct cv_bundle *b,
		     struct cv_diagnostics *diag)
{
	struct cv_bundle_file *f = &b->files[b->n_files];

	if (!cv_manifest_name_is_good(in->name) || strcmp(in->name, CV_MANIFEST_FILE) == 0)
		return wrong(in->file, diag, -EINVAL,
			     "cannot have this name in a bundle: letters, digits, '.', '_' and "
			     "'-', at most %d, a letter or digit first, not " CV_MANIFEST_FILE,
			     CV_BUNDLE_NAME_MAX - 1);
	if (cv_bundle_find(b, in->name))
		return wrong(in->file, diag, -EINVAL, "there are two files named \"%s\"", in->name);
	if (in->size > CV_BUNDLE_SIZE_MAX)
		return wrong(in->file, diag, -EFBIG, "larger than a bundle can be");
	strcpy(f->name, in->name);
	f->data = in->data;
	f->size = in->size;
	f->kind = cv_manifest_kind(in->name);
	crypto_hash_sha256(f->sha256, in->data, in->size);
	b->n_files++;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct cv_bundle_file *fa = a, *fb = b;

	if (fa->kind == CV_BUNDLE_POLICY || fb->kind == CV_BUNDLE_POLICY)
		return (fb->kind == CV_BUNDLE_POLICY) - (fa->kind == CV_BUNDLE_POLICY);
	return strcmp(fa->name, fb->name);
}

static uint8_t *put_file(uint8_t *at, const char *name, const void *data, size_t size)
{
	cv_tar_write(name, size, at);
	if (size)
		memcpy(at + CV_TAR_BLOCK, data, size);
	return at + CV_TAR_BLOCK + cv_tar_padded(size);
}

static int write_archive(const struct cv_bundle *b, const char *manifest, size_t manifest_len,
			 uint8_t **ret, size_t *ret_size, struct cv_diagnostics *diag)
{
	size_t size = (size_t)3 * CV_TAR_BLOCK + cv_tar_padded(manifest_len);
	uint8_t *bytes, *at;

	for (size_t i = 0; i < b->n_files; i++)
		size += CV_TAR_BLOCK + cv_tar_padded(b->files[i].size);
	if (size > CV_BUNDLE_SIZE_MAX)
		return wrong(b->name, diag, -EFBIG, "the bundle would be larger than %zu MiB",
			     CV_BUNDLE_SIZE_MAX >> 20);
	bytes = calloc(1, size);
	if (!bytes)
		return -ENOMEM;
	at = put_file(bytes, CV_MANIFEST_FILE, manifest, manifest_len);
	for (size_t i = 0; i < b->n_files; i++)
		at = put_file(at, b->files[i].name, b->files[i].data, b->files[i].size);
	*ret = bytes;
	*ret_size = size;
	return 0;
}

int cv_bundle_build(const struct cv_bundle_recipe *recipe, uint8_t **ret, size_t *ret_size,
		    struct cv_diagnostics *diag)
{
	struct cv_bundle b = {
		.version = recipe->version,
		.created = recipe->created,
		.expires = recipe->expires,
	};
	char *manifest = NULL;
	size_t manifest_len;
	int r = check_recipe(recipe, diag);

	if (r < 0)
		return r;
	strcpy(b.name, recipe->name);
	b.files = calloc(recipe->n_inputs + 1, sizeof(*b.files));
	r = b.files ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < recipe->n_inputs; i++)
		r = add_input(&recipe->inputs[i], &b, diag);
	if (r == 0 && !cv_bundle_find(&b, CV_BUNDLE_POLICY_FILE))
		r = wrong(b.name, diag, -EINVAL, "there is no " CV_BUNDLE_POLICY_FILE);
	if (r == 0) {
		qsort(b.files, b.n_files, sizeof(*b.files), by_name);
		r = cv_manifest_write(&b, &manifest, &manifest_len);
	}
	if (r == 0)
		r = write_archive(&b, manifest, manifest_len, ret, ret_size, diag);
	free(manifest);
	free(b.files);
	return r;
}
