/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that the registry expects to be heard, and that were not yet: rules about silence watch
 * them from the start on. Reads the registry beside, in steps that hold up no event. One thread
 * (control's loop).
 */
#ifndef CV_ALARM_EXPECTED_H
#define CV_ALARM_EXPECTED_H

#include "control/loop/loop.h"
#include "control/registry/live.h"

struct cv_alarm_expected_devices;

/** A device with an expected interval, new or changed. */
typedef void cv_alarm_expect_device(void *owner, const char *urn, size_t len);

/**
 * @param dir where the registry lies.
 * @param live nobody is told before it knows of all devices; must outlive this.
 * @return 0 or -ENOMEM.
 */
int cv_alarm_expected_devices_create(struct cv_loop *loop, const char *dir,
				     const struct cv_registry_live *live,
				     cv_alarm_expect_device *expect, void *owner,
				     struct cv_alarm_expected_devices **ret);
/** Turns the loop until nothing is in flight. NULL is fine. */
void cv_alarm_expected_devices_destroy(struct cv_alarm_expected_devices *x);

/** Tell of all of them again: other rules are in force. */
void cv_alarm_expected_devices_again(struct cv_alarm_expected_devices *x);

#endif
