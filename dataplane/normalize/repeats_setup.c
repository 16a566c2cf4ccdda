/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/repeats.h"

#include <errno.h>
#include <stdlib.h>

#define LINE 64 /* bytes of a cache line */

int cv_repeats_setup(struct cv_repeats *r, uint32_t count, uint64_t seed)
{
	size_t size = count * sizeof(struct cv_repeat);

	/* By calloc(): memory that nothing is remembered in is never touched. */
	r->memory = calloc(1, size + LINE);
	if (r->memory == NULL)
		return -ENOMEM;
	r->slot = (struct cv_repeat *)(void *)((char *)r->memory +
					       (LINE - (uintptr_t)r->memory % LINE) % LINE);
	r->mask = count / CV_REPEAT_WAYS - 1;
	r->seed = cv_print_fold(seed ^ 0xa0761d6478bd642full, 0xe7037ed1a0b428dbull);
	return 0;
}

void cv_repeats_release(struct cv_repeats *r)
{
	free(r->memory);
	*r = (struct cv_repeats){0};
}
