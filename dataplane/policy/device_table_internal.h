/* SPDX-License-Identifier: Apache-2.0 */
/* The device table in this process, for the verdict's burst: device_abi.h over flat memory. */
#ifndef CV_DEVICE_TABLE_INTERNAL_H
#define CV_DEVICE_TABLE_INTERNAL_H

#include <stddef.h>

#include "dataplane/policy/device_table.h"

/* One writer: the owner's lcore. */
#define CV_CAS64(p, o, n) (*(p) == (o) ? (*(p) = (n), (o)) : *(p))
#define CV_ADD64(p, n) (*(p) += (n))
#include "dataplane/policy/device_abi.h"

struct cv_device_map {
	struct cv_device_bucket *buckets; /* [0] is the head */
};

static inline struct cv_device_bucket *cv_device_bucket(const struct cv_device_map *map, __u32 n)
{
	return &map->buckets[n];
}

struct cv_device_table {
	struct cv_device_map map;
	size_t size; /* bytes */
};

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
