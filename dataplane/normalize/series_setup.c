/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/series.h"

#include <errno.h>
#include <sys/mman.h>

#include "dataplane/normalize/print.h"

#define HUGE_PAGE (2u << 20) /* bytes; on other machines it is just an alignment */

int cv_series_setup(struct cv_series *s, uint32_t count, uint64_t seed, int64_t clock_skew_ns)
{
	size_t size = count * sizeof(struct cv_series_value);

	s->clock_skew_ns = clock_skew_ns;
	s->seed = cv_print_fold(seed ^ 0x8ebc6af09c88c6e3ull, 0x589965cc75374cc3ull);
	if (count == 0)
		return 0;
	/* Each record looks at another place: of small pages the TLB would not hold what is needed. */
	s->memory = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->memory == MAP_FAILED) {
		s->memory = NULL;
		return -ENOMEM;
	}
	s->size = size + HUGE_PAGE;
	s->slot = (struct cv_series_value *)(void *)((char *)s->memory + HUGE_PAGE -
						     (uintptr_t)s->memory % HUGE_PAGE);
	madvise(s->slot, size, MADV_HUGEPAGE); /* a wish: without it all is as right */
	s->mask = count / CV_SERIES_WAYS - 1;
	return 0;
}

void cv_series_release(struct cv_series *s)
{
	if (s->memory != NULL)
		munmap(s->memory, s->size);
	*s = (struct cv_series){0};
}
