/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/clock.h"

#include <time.h>

#include <rte_cycles.h>

void cv_clock_init(struct cv_clock *c, uint64_t hz)
{
	struct timespec ts;

	*c = (struct cv_clock){
		.hz = hz,
		.mult = (uint64_t)(((unsigned __int128)1000000000u << 32) / hz),
	};
	clock_gettime(CLOCK_MONOTONIC, &ts);
	c->base_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec -
		     cv_clock_mono_ns(c, rte_rdtsc());
	cv_clock_sync(c);
}

void cv_clock_sync(struct cv_clock *c)
{
	struct timespec ts;
	uint64_t mono;

	clock_gettime(CLOCK_REALTIME, &ts);
	mono = cv_clock_mono_ns(c, rte_rdtsc());
	__atomic_store_n(&c->wall_offset_ns,
			 (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec - (int64_t)mono,
			 __ATOMIC_RELAXED);
}
