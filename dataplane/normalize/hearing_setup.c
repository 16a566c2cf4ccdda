/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/normalize/hearing.h"

int cv_hearings_setup(struct cv_hearings *h, uint32_t max, int64_t hold_ns,
		      struct cv_repeats *repeats)
{
	*h = (struct cv_hearings){
		.max = max,
		.mask = max - 1,
		.hold_ns = hold_ns,
		.repeats = repeats,
	};
	/* By calloc(): where nothing waits nothing is touched. */
	h->slot = calloc((size_t)max + 1, sizeof(*h->slot));
	h->bucket = malloc(max * sizeof(*h->bucket));
	if (h->slot == NULL || h->bucket == NULL) {
		cv_hearings_release(h);
		return -ENOMEM;
	}
	memset(h->bucket, 0xff, max * sizeof(*h->bucket));
	return 0;
}

void cv_hearings_release(struct cv_hearings *h)
{
	free(h->slot);
	free(h->bucket);
	*h = (struct cv_hearings){0};
}
