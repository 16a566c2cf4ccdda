/* SPDX-License-Identifier: Apache-2.0 */
/* make_bundle OUTPUT VERSION FILE...: an unsigned bundle, for tests that apply one. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/bundle/bundle.h"

#define FILES_MAX 8
#define FILE_SIZE_MAX (1u << 20)

static int read_input(const char *path, struct cv_bundle_input *ret)
{
	char *copy = strdup(path), *data = malloc(FILE_SIZE_MAX);
	FILE *f = fopen(path, "rb");

	if (!f || !copy || !data) {
		perror(path);
		return -1;
	}
	ret->file = path;
	ret->name = basename(copy);
	ret->data = data;
	ret->size = fread(data, 1, FILE_SIZE_MAX, f);
	return fclose(f);
}

int main(int argc, char **argv)
{
	struct cv_bundle_input inputs[FILES_MAX];
	struct cv_bundle_recipe recipe = {.name = "lab",
					  .created = time(NULL),
					  .expires = CV_BUNDLE_NEVER,
					  .inputs = inputs,
					  .n_inputs = (size_t)argc - 3};
	struct cv_diagnostics diag = {0};
	uint8_t *bytes = NULL;
	size_t size;
	FILE *out;

	if (argc < 4 || argc - 3 > FILES_MAX)
		return 1;
	recipe.version = strtoull(argv[2], NULL, 10);
	for (int i = 0; i < argc - 3; i++) {
		if (read_input(argv[i + 3], &inputs[i]))
			return 1;
	}
	if (cv_bundle_build(&recipe, &bytes, &size, &diag)) {
		cv_diagnostics_print(&diag, stderr);
		return 2;
	}
	out = fopen(argv[1], "wb");
	if (!out || fwrite(bytes, size, 1, out) != 1 || fclose(out)) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
