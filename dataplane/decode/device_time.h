/* SPDX-License-Identifier: Apache-2.0 */
/* What a device says the time is, counted since the Unix epoch: taken only where it can be true. */
#ifndef CV_DEVICE_TIME_H
#define CV_DEVICE_TIME_H

#include <stdbool.h>

#include "dataplane/normalize/record.h"

/** An earlier stamp is of a clock that was never set: 2000-01-01, s. */
#define CV_DEVICE_TIME_FIRST_S INT64_C(946684800)
/** How far a device's clock may be ahead of ours, s; not looked at for messages without a time. */
#define CV_DEVICE_TIME_AHEAD_S INT64_C(86400)

/** @param known false = what the device said is no time. @param ns since the Unix epoch. */
static inline void cv_device_time_ns(struct cv_record *rec, bool known, int64_t ns)
{
	int64_t ahead = CV_DEVICE_TIME_AHEAD_S * 1000000000;

	known = known && ns >= CV_DEVICE_TIME_FIRST_S * 1000000000 &&
		(ns - ahead <= rec->ts_rx_ns || rec->ts_rx_ns == 0);
	rec->time_quality = known ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
	rec->ts_device_ns = known ? ns : 0;
}

/** @param ms since the Unix epoch. */
static inline void cv_device_time_ms(struct cv_record *rec, uint64_t ms)
{
	bool known = ms < UINT64_C(5000000000000); /* the year 2128; its ns fit 63 bits */

	cv_device_time_ns(rec, known, known ? (int64_t)ms * 1000000 : 0);
}

#endif
