/* SPDX-License-Identifier: Apache-2.0 */
/* What a device says the time is, counted since the Unix epoch: taken only where it can be true. */
#ifndef CV_DEVICE_TIME_H
#define CV_DEVICE_TIME_H

#include "dataplane/normalize/record.h"

/** An earlier stamp is of a clock that was never set: 2000-01-01, s. */
#define CV_DEVICE_TIME_FIRST_S INT64_C(946684800)
/** How far a device's clock may be ahead of ours, s. */
#define CV_DEVICE_TIME_AHEAD_S INT64_C(86400)

/** @param ms since the Unix epoch. */
static inline void cv_device_time_ms(struct cv_record *rec, uint64_t ms)
{
	uint64_t first = (uint64_t)CV_DEVICE_TIME_FIRST_S * 1000;
	uint64_t last = (uint64_t)(rec->ts_rx_ns / 1000000 + CV_DEVICE_TIME_AHEAD_S * 1000);

	rec->time_quality = CV_TIME_IMPLAUSIBLE;
	rec->ts_device_ns = 0;
	if (ms < first || ms > last)
		return;
	rec->time_quality = CV_TIME_DEVICE;
	rec->ts_device_ns = (int64_t)ms * 1000000;
}

#endif
