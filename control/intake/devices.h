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

struct cv_devices;

struct cv_devices_config {
	const char *dir; /* where the registry lies */
	uint64_t state_bytes; /* memory of the latest values at most */
	uint64_t refill_ns; /* so much of the log is read again for them, 0 = nothing */
};

/**
 * Begins to read the registry and the log, beside the work: until all of the registry was read, no
 * device is taken for unknown.
 *
 * @param why set on failure to a sentence; valid until the next call.
 * @return 0 or negative errno.
 */
int cv_devices_create(struct cv_loop *loop, struct cv_eventlog *log,
		      const struct cv_devices_config *config, struct cv_devices **ret,
		      const char **why);

/** Turns the loop until nothing is in flight. NULL is fine. */
void cv_devices_destroy(struct cv_devices *d);

struct cv_intake *cv_devices_intake(struct cv_devices *d);

/** Records made here that the log has taken or refused; for the ledger. */
uint64_t cv_devices_made(const struct cv_devices *d, enum cv_lane lane);

/** Whether what the log has of latest values has been read again. */
bool cv_devices_refilled(const struct cv_devices *d);

/** Looks at a block that is about to be logged; @p owner is the struct cv_devices. */
void cv_devices_look(void *owner, struct cv_block *b);

#endif
