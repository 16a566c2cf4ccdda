/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State of the devices that a worker polices. It outlives the policy: a new generation finds the
 * meters as the old one left them. Owner: one worker; only its lcore writes. The XDP program has a
 * table of the same layout (device_abi.h) in a map; what reads or makes one reads or makes both.
 */
#ifndef CV_DEVICE_TABLE_H
#define CV_DEVICE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/policy/policy_abi.h"

struct cv_device_bucket;
struct cv_device_table;

/** Buckets of a table for so many devices, with the head. An IPv6 device counts twice. */
uint32_t cv_device_buckets(uint32_t capacity);

/**
 * Make zeroed memory a table without devices.
 *
 * @param count as from cv_device_buckets().
 * @param seed of the hash: unknown outside, so that nobody can aim at one bucket.
 */
void cv_device_format(struct cv_device_bucket *buckets, uint32_t count, uint64_t seed);

/** Told of a device. */
typedef void cv_device_visit(void *owner, const struct cv_device_key *key,
			     const struct cv_device *dev);

/** Visit all devices of a table, this process's or a map's; others may be writing meanwhile. */
void cv_device_each(const struct cv_device_bucket *buckets, cv_device_visit *visit, void *owner);

/**
 * State of a device in a table that nobody else writes meanwhile.
 *
 * @param add make it when there is none.
 * @return NULL: none, or no room, as others were quicker. Valid until a device
 *         is added.
 */
struct cv_device *cv_device_get(struct cv_device_bucket *buckets, const struct cv_device_key *key,
				bool add, uint64_t now_ns);

/**
 * @param capacity devices, 1 to CV_DEVICES_MAX.
 * @param seed as above.
 * @return 0 or -ENOMEM.
 */
int cv_device_table_create(uint32_t capacity, uint64_t seed, struct cv_device_table **ret);

/** NULL is fine. */
void cv_device_table_destroy(struct cv_device_table *t);

/** cv_device_get(), for what lists devices. Owner thread only. */
struct cv_device *cv_device_table_get(struct cv_device_table *t, const struct cv_device_key *key,
				      bool add, uint64_t now_ns);

/** The table's buckets, for cv_device_each(). */
struct cv_device_bucket *cv_device_table_buckets(const struct cv_device_table *t);

#endif
