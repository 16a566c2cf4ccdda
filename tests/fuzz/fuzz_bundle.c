/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles of any bytes. What is accepted is what the writer makes of its parts, byte for byte; what
 * the writer makes is accepted; and a byte changed in that is seen.
 */
#include <stdlib.h>
#include <string.h>

#include "control/bundle/manifest.h"
#include "control/bundle/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Parse; the same made again from its parts must be the same. */
static bool accepted(const uint8_t *bytes, size_t size)
{
	struct cv_bundle_input inputs[CV_BUNDLE_FILES_MAX];
	struct cv_diagnostics diag = {0};
	struct cv_bundle *b = NULL;
	uint8_t *again;
	size_t again_size;
	int r = cv_bundle_parse("fuzz", bytes, size, &b, &diag);

	must((r == 0) == (b != NULL) && (r == 0) == (diag.errors == 0));
	if (b) {
		struct cv_bundle_recipe recipe = {b->name,    b->version, b->created,
						  b->expires, inputs,	  b->n_files};

		for (size_t i = 0; i < b->n_files; i++)
			inputs[i] = (struct cv_bundle_input){b->files[i].name, b->files[i].name,
							     b->files[i].data, b->files[i].size};
		/* A manifest may say that it expired before it was made; nobody makes that. */
		if (b->expires > b->created) {
			must(cv_bundle_build(&recipe, &again, &again_size, &diag) == 0);
			must(again_size == size && memcmp(again, bytes, size) == 0);
			free(again);
		}
	}
	cv_diagnostics_free(&diag);
	cv_bundle_free(b);
	return r == 0;
}

/* The bytes as a manifest: what is read is written the same. */
static void try_as_manifest(const char *text, size_t size)
{
	char path[] = "fuzz";
	struct cv_bundle b = {.path = path};
	struct cv_diagnostics diag = {0};
	char *again;
	size_t again_size;
	int r = cv_manifest_parse(text, size, &b, &diag);

	must((r == 0) == (diag.errors == 0));
	if (r == 0) {
		must(cv_manifest_write(&b, &again, &again_size) == 0);
		must(again_size == size && memcmp(again, text, size) == 0);
		free(again);
	}
	free(b.files);
	cv_diagnostics_free(&diag);
}

/* The bytes as a policy and a list; one byte of the bundle is changed. */
static void try_as_content(const uint8_t *data, size_t size)
{
	size_t half = size / 2, bundle_size, at;
	const struct cv_bundle_input inputs[] = {
		{"p", CV_BUNDLE_POLICY_FILE, data, half},
		{"l", "list", data + half, size - half},
	};
	const struct cv_bundle_recipe recipe = {"fuzz", 1, 1, CV_BUNDLE_NEVER, inputs, 2};
	struct cv_diagnostics diag = {0};
	uint8_t *bytes;

	must(cv_bundle_build(&recipe, &bytes, &bundle_size, &diag) == 0);
	must(accepted(bytes, bundle_size));
	at = size >= 2 ? (data[0] | (size_t)data[1] << 8) % bundle_size : 0;
	/* What the manifest says of itself is for the signature to guard. */
	if (at < CV_TAR_BLOCK || at >= (size_t)2 * CV_TAR_BLOCK) {
		bytes[at] ^= (uint8_t)(1 + (size ? data[size - 1] % 255 : 0));
		must(!accepted(bytes, bundle_size));
	}
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	accepted(data, size);
	try_as_manifest((const char *)data, size);
	try_as_content(data, size);
	return 0;
}
