/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the dataplane wakes control (D9). The lcore makes no syscall: housekeeping looks every CV_BELL_US
 * and rings the doorbell, an eventfd, when control sleeps and there is something to read. While records
 * flow control does not sleep.
 */
#ifndef CV_BELL_H
#define CV_BELL_H

#include "dataplane/handoff/handoff.h"

#define CV_BELL_US 500u

/** Control sleeps and has something to read. Any thread of the dataplane. */
static inline bool cv_bell_is_due(const struct cv_handoff *h)
{
	if (!__atomic_load_n(&h->header->sleeping, __ATOMIC_SEQ_CST))
		return false;
	for (unsigned int i = 0; i < h->worker_count * CV_LANE_COUNT; i++) {
		const struct cv_channel *ch = &h->channels[i];

		if (__atomic_load_n(&ch->head, __ATOMIC_ACQUIRE) !=
		    __atomic_load_n(&ch->tail, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

#endif
