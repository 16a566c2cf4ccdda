/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/replay/generation_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/policy/generation_build.h"

/* Values whose order and rate of change are watched; what a node has by default. */
#define SERIES (1u << 18)
#define IMAGE_MAX (1ull << 30)

static int check(struct cv_generation *gen, size_t size, char *error, size_t error_size)
{
	int err = cv_generation_check(gen, size);

	if (err == -EPROTO)
		snprintf(error, error_size,
			 "is not a compiled generation, or one of another version");
	else if (err != 0)
		snprintf(error, error_size, "is damaged or was not written by the compiler");
	return err;
}

static int read_image(FILE *f, struct cv_generation **ret, char *error, size_t error_size)
{
	struct stat st;
	struct cv_generation *gen;
	size_t size;
	int err;

	if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode) ||
	    (unsigned long long)st.st_size > IMAGE_MAX) {
		snprintf(error, error_size, "is not a regular file of at most 1 GiB");
		return -EINVAL;
	}
	size = (size_t)st.st_size;
	gen = malloc(size ? size : 1);
	if (gen == NULL) {
		snprintf(error, error_size, "out of memory");
		return -ENOMEM;
	}
	if (fread(gen, 1, size, f) != size) {
		snprintf(error, error_size, "cannot be read: %s", strerror(errno));
		free(gen);
		return -EIO;
	}
	err = check(gen, size, error, error_size);
	if (err != 0) {
		free(gen);
		return err;
	}
	*ret = gen;
	return 0;
}

int cv_replay_load_generation(const char *path, struct cv_generation **ret, char *error,
			      size_t size)
{
	FILE *f = fopen(path, "rb");
	int err = -errno;

	if (f == NULL) {
		snprintf(error, size, "%s", strerror(-err));
		return err;
	}
	err = read_image(f, ret, error, size);
	fclose(f);
	return err;
}

int cv_replay_build_generation(const struct cv_gen_hint *hints, unsigned int count,
			       struct cv_generation **ret)
{
	struct cv_generation_build *b;
	int err = cv_generation_build_create(&b);

	if (err != 0)
		return err;
	strcpy(cv_generation_build_head(b)->node, "replay");
	cv_generation_build_head(b)->cleaning.repeats = 1;
	cv_generation_build_head(b)->cleaning.series = SERIES;
	cv_generation_build_head(b)->cleaning.gateway_hold_ns = CV_GATEWAY_HOLD;
	for (unsigned int i = 0; err == 0 && i < count; i++)
		err = cv_generation_build_hint(b, &hints[i]);
	if (err == 0)
		err = cv_generation_build_finish(b, ret);
	cv_generation_build_destroy(b);
	return err;
}
