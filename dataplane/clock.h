/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time on an lcore without a syscall: the TSC, scaled to nanoseconds, and an offset to the wall
 * clock that the housekeeping thread renews so that NTP's corrections reach the records.
 */
#ifndef CV_CLOCK_H
#define CV_CLOCK_H

#include <stdint.h>

struct cv_clock {
	uint64_t hz; /* TSC frequency, 1/s */
	uint64_t mult; /* ns per cycle, 32.32 fixed point */
	uint64_t base_ns; /* CLOCK_MONOTONIC at TSC 0, as others read it; may wrap */
	int64_t wall_offset_ns; /* wall = mono + offset; written by housekeeping, relaxed */
};

/** @param hz TSC frequency; sets the wall offset for the first time. */
void cv_clock_init(struct cv_clock *c, uint64_t hz);

/** Housekeeping thread, about once a second. */
void cv_clock_sync(struct cv_clock *c);

/** Monotonic ns of a TSC reading. */
static inline uint64_t cv_clock_mono_ns(const struct cv_clock *c, uint64_t tsc)
{
	return c->base_ns + (uint64_t)(((unsigned __int128)tsc * c->mult) >> 32);
}

static inline int64_t cv_clock_wall_ns(const struct cv_clock *c, uint64_t mono_ns)
{
	return (int64_t)mono_ns + __atomic_load_n(&c->wall_offset_ns, __ATOMIC_RELAXED);
}

#endif
