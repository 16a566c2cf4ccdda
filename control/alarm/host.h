/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine asks about devices, answered from the registry and the latest values. */
#ifndef CV_ALARM_HOST_H
#define CV_ALARM_HOST_H

#include "control/alarm/engine.h"
#include "control/alarm/record.h"
#include "control/intake/intake.h"

/** struct cv_alarm_host.device; @p owner is the struct cv_intake. */
void cv_alarm_host_device(void *owner, uint32_t device, struct cv_alarm_device *ret);
/** The URNs of an intake's devices. */
struct cv_alarm_urns cv_alarm_host_urns(struct cv_intake *in);
/** Stamp an alarm's record as the device that raised it would be, or the first in it. */
void cv_alarm_host_stamp(const struct cv_intake *in, const struct cv_alarm *a,
			 struct cv_record *rec);
/** Changes whenever what the registry says of devices does. */
uint64_t cv_alarm_host_version(const struct cv_intake *in);

/** Have the engine look at a record of the intake's. @param device as cv_intake_record() says. */
void cv_alarm_host_event(const struct cv_intake *in, struct cv_alarm_engine *e, uint32_t device,
			 const struct cv_record *rec, int64_t now);

#endif
