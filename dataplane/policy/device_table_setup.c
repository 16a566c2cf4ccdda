/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "dataplane/policy/device_table_internal.h"
#include "dataplane/policy/policy_memory.h"

int cv_device_table_create(uint32_t capacity, uint64_t seed, struct cv_device_table **ret)
{
	/* A third more places than devices: see struct cv_device_table. */
	uint32_t buckets = cv_power_of_two((capacity * 4ull / 3 + DEVICE_WAYS) / DEVICE_WAYS);
	struct cv_layout l = {0};
	size_t tags = cv_reserve(&l, buckets, sizeof(uint16_t[DEVICE_WAYS]));
	size_t entries = cv_reserve(&l, (size_t)buckets * DEVICE_WAYS, sizeof(struct device_entry));
	struct cv_device_table *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	err = cv_policy_map(l.size, &t->memory);
	if (err) {
		free(t);
		return err;
	}
	t->size = l.size;
	t->tags = (void *)((uint8_t *)t->memory + tags);
	t->entries = (void *)((uint8_t *)t->memory + entries);
	t->mask = buckets - 1;
	t->seed = hash_fold(seed ^ 0x9e3779b97f4a7c15ull, seed | 1);
	*ret = t;
	return 0;
}

void cv_device_table_destroy(struct cv_device_table *t)
{
	if (!t)
		return;
	munmap(t->memory, t->size);
	free(t);
}

struct cv_device *cv_device_table_get(struct cv_device_table *t, const struct cv_device_key *key,
				      bool add, uint64_t now_ns)
{
	uint64_t hash = hash_device(t, key);
	uint32_t slot = find_device(t, key, hash);

	if (slot == DEVICE_NONE && add)
		slot = add_device(t, key, hash, now_ns);
	return slot == DEVICE_NONE ? NULL : &t->entries[slot].dev;
}
