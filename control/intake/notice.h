/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that control makes itself, in a block of its own that goes into the log as the workers'
 * do: "device.unknown" in the security lane, for a device that the registry does not have. At most
 * CV_NOTICES_PER_SECOND; what finds no room is not told now, and its device is offered again.
 * One thread (control's loop).
 */
#ifndef CV_NOTICE_H
#define CV_NOTICE_H

#include <stdbool.h>

#include "control/eventlog/eventlog.h"

#define CV_NOTICES_PER_SECOND 20u
#define CV_NOTICE_UNKNOWN "device.unknown"

struct cv_notices;

/** @return 0 or negative errno. */
int cv_notices_create(struct cv_loop *loop, struct cv_eventlog *log, struct cv_notices **ret);

/** Turns the loop until nothing is in flight. NULL is fine. */
void cv_notices_destroy(struct cv_notices *n);

/** @param rec what the device sent. @return whether it will be told. */
bool cv_notice_unknown(struct cv_notices *n, const char *urn, size_t len,
		       const struct cv_record *rec);

/** Records that the log has taken or refused; for the ledger. */
uint64_t cv_notices_made(const struct cv_notices *n, enum cv_lane lane);
/** Devices that were not told at once, for the rate. */
uint64_t cv_notices_put_off(const struct cv_notices *n);

#endif
