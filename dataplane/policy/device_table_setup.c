/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "dataplane/policy/device_table_internal.h"
#include "dataplane/policy/policy_memory.h"
#include "dataplane/policy/verdict_parse.h"

/* Cells of a table for 1000 devices: the last of a million find a place when 96 % are taken. */
#define CELLS_PER_THOUSAND 1038u

uint32_t cv_device_buckets(uint32_t capacity)
{
	uint64_t cells = capacity * (uint64_t)CELLS_PER_THOUSAND / 1000;

	/* One more in small tables, whose buckets fill less evenly. */
	return 3 + (uint32_t)(cells / (CV_DEVICE_CELLS - 1));
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

void cv_device_format(struct cv_device_bucket *buckets, uint32_t count, uint64_t seed)
{
	struct cv_device_head *h = &buckets->head;

	for (unsigned int i = 0; i < sizeof(h->factor) / sizeof(h->factor[0]); i++)
		h->factor[i] = next(&seed) | 1;
	h->offset = next(&seed);
	h->buckets = count - 1;
	h->layout = CV_DEVICE_LAYOUT;
}

static struct cv_device_key key_of(const struct cv_device_bucket *b, unsigned int cell)
{
	const struct cv_device *d = &b->cell[cell].device;
	struct cv_device_key key = {.vlan = d->flags & CV_DEVICE_VLAN,
				    .family = d->flags & CV_DEVICE_IP6 ? 6 : 4};

	if (key.family == 6) {
		key.addr[0] = b->cell[cell | 1].more.addr[0];
		key.addr[1] = b->cell[cell | 1].more.addr[1];
	} else {
		key.addr[0] = CV_ADDR4(d->addr);
	}
	return key;
}

void cv_device_each(const struct cv_device_bucket *buckets, cv_device_visit *visit, void *owner)
{
	for (uint32_t n = 1; n <= buckets->head.buckets; n++) {
		const struct cv_device_bucket *b = &buckets[n];

		for (unsigned int cell = 1; cell < CV_DEVICE_CELLS; cell++) {
			struct cv_device_key key;

			if (cv_device_tag_of(b, cell) < CV_TAG_FIRST)
				continue;
			key = key_of(b, cell);
			visit(owner, &key, &b->cell[cell].device);
		}
	}
}

struct cv_device *cv_device_get(struct cv_device_bucket *buckets, const struct cv_device_key *key,
				bool add, uint64_t now_ns)
{
	struct cv_device_map map = {buckets};
	struct cv_device_aim aim;
	uint32_t place;

	cv_device_aim(&buckets->head, key, &aim);
	place = cv_device_find(&map, &aim);
	if (!place && add)
		place = cv_device_add(&map, &aim, 0, now_ns);
	return cv_device_at(&map, place);
}

int cv_device_table_create(uint32_t capacity, uint64_t seed, struct cv_device_table **ret)
{
	struct cv_device_table *t = calloc(1, sizeof(*t));
	uint32_t count = cv_device_buckets(capacity);
	void *memory;
	int err;

	if (!t)
		return -ENOMEM;
	t->size = count * sizeof(struct cv_device_bucket);
	err = cv_policy_map(t->size, &memory);
	if (err) {
		free(t);
		return err;
	}
	t->map.buckets = memory;
	cv_device_format(t->map.buckets, count, seed);
	*ret = t;
	return 0;
}

void cv_device_table_destroy(struct cv_device_table *t)
{
	if (!t)
		return;
	munmap(t->map.buckets, t->size);
	free(t);
}

struct cv_device *cv_device_table_get(struct cv_device_table *t, const struct cv_device_key *key,
				      bool add, uint64_t now_ns)
{
	return cv_device_get(t->map.buckets, key, add, now_ns);
}

struct cv_device_bucket *cv_device_table_buckets(const struct cv_device_table *t)
{
	return t->map.buckets;
}
