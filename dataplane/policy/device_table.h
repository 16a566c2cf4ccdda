/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State of the devices that a worker polices. It outlives the policy: a new generation finds the
 * meters as the old one left them. Owner: one worker; only its lcore writes.
 */
#ifndef CV_DEVICE_TABLE_H
#define CV_DEVICE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/policy/policy_abi.h"

struct cv_device_table;

/**
 * @param capacity devices, 1 to CV_DEVICES_MAX.
 * @param seed of the hash: unknown outside, so that nobody can aim at one bucket.
 * @return 0 or -ENOMEM.
 */
int cv_device_table_create(uint32_t capacity, uint64_t seed, struct cv_device_table **ret);

/** NULL is fine. */
void cv_device_table_destroy(struct cv_device_table *t);

/**
 * State of a device, for what quarantines or lists devices. Owner thread only.
 *
 * @param add make it when there is none.
 * @return NULL: none, or no room. Valid until a device is added.
 */
struct cv_device *cv_device_table_get(struct cv_device_table *t, const struct cv_device_key *key,
				      bool add, uint64_t now_ns);

#endif
