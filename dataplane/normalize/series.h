/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Series: the values of one quantity of one device, in the order they come. Of each the newest value
 * is kept, so that what is wrong with the next one can be said in its record:
 *
 * - older than one seen in the last hour: history, whatever the message says (stage), CV_FLAG_LATE;
 * - changed faster than the quantity can (vocabulary_rates.h): CV_FLAG_RATE.
 *
 * And of each record with a device time: how far that can be trusted (enum cv_time_quality).
 *
 * Nothing is dropped. Bounded: where a set is full, the series that was silent for longest is
 * forgotten, and its next value is taken as it is. One owner: a worker.
 */
#ifndef CV_SERIES_H
#define CV_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

/** The newest value of a series. */
struct cv_series_value {
	uint64_t print; /* of device and quantity; 0 = free */
	int64_t ts_ns; /* device time, else receive time */
	int64_t seen_ns; /* receive time of this value */
	double value; /* NaN: no value that can be trusted yet */
};
_Static_assert(sizeof(struct cv_series_value) == 32, "two in a cache line");

#define CV_SERIES_WAYS 2

struct cv_series {
	void *memory; /* of size bytes */
	size_t size;
	struct cv_series_value *slot; /* in memory; sets of CV_SERIES_WAYS; NULL = not watched */
	uint32_t mask; /* of sets */
	uint64_t seed;
	int64_t clock_skew_ns; /* clocks off by no more are synchronised */
};

/**
 * The only allocation.
 *
 * @param count of values, a power of two >= CV_SERIES_WAYS, or 0: only clocks are looked at.
 * @return 0 or -ENOMEM.
 */
int cv_series_setup(struct cv_series *s, uint32_t count, uint64_t seed, int64_t clock_skew_ns);
/** A zeroed or half set up object is fine. */
void cv_series_release(struct cv_series *s);

/**
 * Say of a finished record what its own clock tells, and fetch what is remembered of its series,
 * which is in no cache as a rule: there is time for other records until cv_series_follow().
 *
 * @return which series that is; 0 = none, and the record is through.
 */
uint64_t cv_series_begin(const struct cv_series *s, struct cv_record *rec);

/**
 * Say of a record, before anybody reads it, what the ones before it tell. Records are followed in
 * the order in which they were begun.
 *
 * @param print what cv_series_begin() said, not 0.
 */
void cv_series_follow(struct cv_series *s, struct cv_record *rec, uint64_t print);

/** Both at once. */
static inline void cv_series_look(struct cv_series *s, struct cv_record *rec)
{
	uint64_t print = cv_series_begin(s, rec);

	if (print != 0)
		cv_series_follow(s, rec, print);
}

#endif
