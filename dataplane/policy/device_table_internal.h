/* SPDX-License-Identifier: Apache-2.0 */
/* Layout of the device table and the look-up in it, for the verdict's burst. */
#ifndef CV_DEVICE_TABLE_INTERNAL_H
#define CV_DEVICE_TABLE_INTERNAL_H

#include <stddef.h>

#include "dataplane/policy/device_table.h"

/* One cache line: identity and state of a device. */
struct device_entry {
	struct cv_device_key key;
	struct cv_device dev;
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct device_entry) == 64, "one cache line per device");

#define DEVICE_WAYS 8u
#define DEVICE_NONE UINT32_MAX
/* A device that was silent for this long gives its place up, in units of cv_device.last_seen. */
#define DEVICE_IDLE 300u

/* Two buckets of eight per device: at three quarters full, 1 insert in 100,000 finds no room. */
struct cv_device_table {
	uint16_t (*tags)[DEVICE_WAYS]; /* per bucket; 0 = free */
	struct device_entry *entries; /* DEVICE_WAYS per bucket */
	uint32_t mask; /* buckets - 1 */
	uint64_t seed;
	void *memory;
	size_t size;
};

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_device(const struct cv_device_table *t, const struct cv_device_key *k)
{
	uint64_t identity = (uint64_t)k->vlan << 16 | k->family;

	return hash_fold(k->addr[0] ^ t->seed, k->addr[1] ^ 0xbf58476d1ce4e5b9ull ^ identity);
}

static inline uint32_t device_bucket(const struct cv_device_table *t, uint64_t hash,
				     unsigned int choice)
{
	return (uint32_t)(choice ? hash >> 24 : hash) & t->mask;
}

static inline uint16_t device_tag(uint64_t hash)
{
	uint16_t tag = (uint16_t)(hash >> 48);

	return tag ? tag : 1;
}

static inline bool same_device(const struct cv_device_key *a, const struct cv_device_key *b)
{
	return a->addr[0] == b->addr[0] && a->addr[1] == b->addr[1] && a->vlan == b->vlan &&
	       a->family == b->family;
}

static inline uint32_t find_device(const struct cv_device_table *t, const struct cv_device_key *key,
				   uint64_t hash)
{
	uint16_t tag = device_tag(hash);

	for (unsigned int choice = 0; choice < 2; choice++) {
		uint32_t bucket = device_bucket(t, hash, choice);

		for (uint32_t way = 0; way < DEVICE_WAYS; way++) {
			uint32_t slot = bucket * DEVICE_WAYS + way;

			if (t->tags[bucket][way] == tag && same_device(&t->entries[slot].key, key))
				return slot;
		}
	}
	return DEVICE_NONE;
}

/*
 * A free place in the emptier of its two buckets, which is what lets them fill evenly; else that of
 * the device silent for longest, if it was for DEVICE_IDLE.
 */
static inline uint32_t device_room(const struct cv_device_table *t, uint64_t hash, uint32_t now)
{
	uint32_t best = DEVICE_NONE, idle = DEVICE_IDLE;
	uint32_t room = DEVICE_NONE, most = 0;

	for (unsigned int choice = 0; choice < 2; choice++) {
		uint32_t bucket = device_bucket(t, hash, choice);
		uint32_t free = 0, first = DEVICE_NONE;

		for (uint32_t way = 0; way < DEVICE_WAYS; way++) {
			uint32_t slot = bucket * DEVICE_WAYS + way;
			const struct cv_device *dev = &t->entries[slot].dev;

			if (!t->tags[bucket][way]) {
				first = free++ ? first : slot;
			} else if (!(dev->flags & CV_DEVICE_QUARANTINED) &&
				   now - dev->last_seen > idle) {
				idle = now - dev->last_seen;
				best = slot;
			}
		}
		if (free > most) {
			most = free;
			room = first;
		}
	}
	return room == DEVICE_NONE ? best : room;
}

static inline uint32_t add_device(struct cv_device_table *t, const struct cv_device_key *key,
				  uint64_t hash, uint64_t now_ns)
{
	uint32_t now = (uint32_t)(now_ns >> CV_DEVICE_SEEN_SHIFT);
	uint32_t slot = device_room(t, hash, now);

	if (slot == DEVICE_NONE)
		return slot;
	t->tags[slot / DEVICE_WAYS][slot % DEVICE_WAYS] = device_tag(hash);
	t->entries[slot].key = *key;
	t->entries[slot].dev = (struct cv_device){.last_seen = now};
	return slot;
}

#endif
