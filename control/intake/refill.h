/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Latest values after a start, from the log: what was received within some time before is read
 * again, in small steps beside the work. Values that came in the meantime stay. One thread
 * (control's loop).
 */
#ifndef CV_REFILL_H
#define CV_REFILL_H

#include "control/eventlog/eventlog.h"
#include "control/intake/intake.h"

struct cv_refill;

/**
 * @param from_ns what was received before is not looked at, ns since the Unix epoch.
 * @return 0 or negative errno.
 */
int cv_refill_create(struct cv_loop *loop, struct cv_eventlog *log, struct cv_intake *intake,
		     int64_t from_ns, struct cv_refill **ret);

/** Whether all is read. */
bool cv_refill_done(const struct cv_refill *r);

/** Turns the loop until nothing is in flight. NULL is fine. */
void cv_refill_destroy(struct cv_refill *r);

#endif
