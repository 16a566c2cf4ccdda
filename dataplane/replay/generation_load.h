/* SPDX-License-Identifier: Apache-2.0 */
/* Where replay's generation comes from: a compiled image in a file, or built in. */
#ifndef CV_GENERATION_LOAD_H
#define CV_GENERATION_LOAD_H

#include "dataplane/policy/generation.h"

/**
 * Read and check an image. The caller frees it.
 *
 * @param error out: what is wrong, for a person; set with every return but 0.
 * @return 0 or negative errno.
 */
int cv_replay_load_generation(const char *path, struct cv_generation **ret, char *error,
			      size_t size);

/** Forward everything, inspect everything, with these hints. @return 0, -ENOMEM, -EINVAL. */
int cv_replay_build_generation(const struct cv_gen_hint *hints, unsigned int count,
			       struct cv_generation **ret);

#endif
