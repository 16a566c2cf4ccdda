/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of devices' state in the kernel: made once, mapped when they are read. */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include <bpf/libbpf.h>

#include "dataplane/policy/device_table_internal.h"

#include "ingress.skel.h"

int cv_bpf_devices_size(struct ingress_bpf *o, uint32_t devices)
{
	uint32_t buckets = cv_device_buckets(devices);
	int err = bpf_map__set_max_entries(o->maps.devices, buckets);

	return err ? err : bpf_map__set_max_entries(o->maps.devices_shadow, buckets);
}

static size_t size_of(const struct bpf_map *map)
{
	return (size_t)bpf_map__max_entries(map) * sizeof(struct cv_device_bucket);
}

/* @return MAP_FAILED with errno set. */
static struct cv_device_bucket *open_table(const struct bpf_map *map, int access)
{
	return mmap(NULL, size_of(map), access, MAP_SHARED, bpf_map__fd(map), 0);
}

static int begin(const struct bpf_map *map, uint64_t seed, bool again)
{
	struct cv_device_bucket *table = open_table(map, PROT_READ | PROT_WRITE);

	if (table == MAP_FAILED)
		return -errno;
	if (again || table->head.layout != CV_DEVICE_LAYOUT) {
		memset(table, 0, size_of(map));
		cv_device_format(table, bpf_map__max_entries(map), seed);
	}
	munmap(table, size_of(map));
	return 0;
}

int cv_bpf_devices_begin(const struct ingress_bpf *o, const uint64_t *seed)
{
	uint64_t own;
	int err;

	if (!seed && getrandom(&own, sizeof(own), 0) != sizeof(own))
		return -errno;
	err = begin(o->maps.devices, seed ? *seed : own, seed != NULL);
	return err ? err : begin(o->maps.devices_shadow, seed ? *seed : own, seed != NULL);
}

void cv_bpf_devices_forget(const struct bpf_map *map)
{
	struct cv_device_bucket *table = open_table(map, PROT_READ | PROT_WRITE);

	if (table == MAP_FAILED)
		return;
	memset(table + 1, 0, size_of(map) - sizeof(*table));
	munmap(table, size_of(map));
}

int cv_bpf_devices_each(const struct bpf_map *map, cv_device_visit *visit, void *owner)
{
	struct cv_device_bucket *table = open_table(map, PROT_READ);

	if (table == MAP_FAILED)
		return -errno;
	cv_device_each(table, visit, owner);
	munmap(table, size_of(map));
	return 0;
}
