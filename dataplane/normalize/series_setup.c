/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/series.h"

#include <errno.h>
#include <stdlib.h>

#include "dataplane/normalize/print.h"

#define LINE 64 /* bytes of a cache line */

int cv_series_setup(struct cv_series *s, uint32_t count, uint64_t seed, int64_t clock_skew_ns)
{
	size_t size = count * sizeof(struct cv_series_value);

	s->clock_skew_ns = clock_skew_ns;
	s->seed = cv_print_fold(seed ^ 0x8ebc6af09c88c6e3ull, 0x589965cc75374cc3ull);
	if (count == 0)
		return 0;
	/* By calloc(): memory that nothing is remembered in is never touched. */
	s->memory = calloc(1, size + LINE);
	if (s->memory == NULL)
		return -ENOMEM;
	s->slot = (struct cv_series_value *)(void *)((char *)s->memory +
						     (LINE - (uintptr_t)s->memory % LINE) % LINE);
	s->mask = count / CV_SERIES_WAYS - 1;
	return 0;
}

void cv_series_release(struct cv_series *s)
{
	free(s->memory);
	*s = (struct cv_series){0};
}
