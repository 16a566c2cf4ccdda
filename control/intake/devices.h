/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything control knows of devices: follows the registry's file, keeps the latest values, and
 * looks at what comes in. One thread (control's loop).
 */
#ifndef CV_DEVICES_H
#define CV_DEVICES_H

#include "control/eventlog/eventlog.h"
#include "control/intake/intake.h"
#include "control/loop/loop.h"

/** Memory of the latest values at most; 3 million devices with five quantities need 1.0 GB. */
#define CV_DEVICES_STATE_BYTES (UINT64_C(2) << 30)

struct cv_devices;

/**
 * Reads the registry whole, so that no device is taken for unknown; 3 million take some seconds.
 *
 * @param dir where the registry lies.
 * @param why set on failure to a sentence; valid until the next call.
 * @return 0 or negative errno.
 */
int cv_devices_create(struct cv_loop *loop, struct cv_eventlog *log, const char *dir,
		      struct cv_devices **ret, const char **why);

/** Turns the loop until nothing is in flight. NULL is fine. */
void cv_devices_destroy(struct cv_devices *d);

struct cv_intake *cv_devices_intake(struct cv_devices *d);

/** Records made here that the log has taken or refused; for the ledger. */
uint64_t cv_devices_made(const struct cv_devices *d, enum cv_lane lane);

/** Looks at a block that is about to be logged; @p owner is the struct cv_devices. */
void cv_devices_look(void *owner, struct cv_block *b);

#endif
