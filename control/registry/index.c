/* SPDX-License-Identifier: Apache-2.0 */
#include "control/registry/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 16u

/* 0 marks what is free. */
static uint64_t never_zero(uint64_t print)
{
	return print ? print : 1;
}

/* The upper bits choose the part, the lower ones the slot. */
static unsigned int part_of(uint64_t print)
{
	return (unsigned int)(print >> 56);
}

/* Where it is, or the free slot that ends the search: one is always free. */
static uint32_t seek(const struct cv_registry_slot *slots, uint32_t mask, uint64_t print)
{
	uint32_t i = (uint32_t)print & mask;

	while (slots[i].print != 0 && slots[i].print != print)
		i = (i + 1) & mask;
	return i;
}

const struct cv_registry_slot *cv_registry_index_find(const struct cv_registry_index *index,
						      uint64_t print)
{
	unsigned int p;
	const struct cv_registry_slot *slot;

	print = never_zero(print);
	p = part_of(print);
	if (!index->parts[p].slots)
		return NULL;
	slot = &index->parts[p].slots[seek(index->parts[p].slots, index->parts[p].mask, print)];
	return slot->print ? slot : NULL;
}

void cv_registry_index_fetch(const struct cv_registry_index *index, uint64_t print)
{
	unsigned int p = part_of(print);

	if (index->parts[p].slots)
		__builtin_prefetch(&index->parts[p].slots[(uint32_t)print & index->parts[p].mask]);
}

static int grow(struct cv_registry_index *index, unsigned int p)
{
	struct cv_registry_slot *old = index->parts[p].slots, *slots;
	uint32_t n_old = old ? index->parts[p].mask + 1 : 0, n = n_old ? n_old * 2 : FIRST_SLOTS;

	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < n_old; i++) {
		if (old[i].print)
			slots[seek(slots, n - 1, old[i].print)] = old[i];
	}
	free(old);
	index->parts[p].slots = slots;
	index->parts[p].mask = n - 1;
	index->bytes += (uint64_t)(n - n_old) * sizeof(*slots);
	return 0;
}

int cv_registry_index_set(struct cv_registry_index *index, uint64_t print, uint32_t row,
			  uint32_t area)
{
	struct cv_registry_slot *slots;
	unsigned int p;
	uint32_t i;

	print = never_zero(print);
	p = part_of(print);
	/* At most three of four in use. */
	if (!index->parts[p].slots ||
	    (index->parts[p].used + 1) * 4 > (index->parts[p].mask + 1) * 3) {
		int res = grow(index, p);

		if (res < 0)
			return res;
	}
	slots = index->parts[p].slots;
	i = seek(slots, index->parts[p].mask, print);
	if (slots[i].print == 0) {
		index->parts[p].used++;
		index->count++;
	}
	slots[i] = (struct cv_registry_slot){print, row, area};
	return 0;
}

bool cv_registry_index_remove(struct cv_registry_index *index, uint64_t print)
{
	struct cv_registry_slot *slots;
	uint32_t i, mask;
	unsigned int p;

	print = never_zero(print);
	p = part_of(print);
	slots = index->parts[p].slots;
	if (!slots)
		return false;
	mask = index->parts[p].mask;
	i = seek(slots, mask, print);
	if (slots[i].print == 0)
		return false;
	/* What probed past it moves up, so that no mark is needed (Knuth 6.4, algorithm R). */
	for (uint32_t k = (i + 1) & mask; slots[k].print; k = (k + 1) & mask) {
		uint32_t home = (uint32_t)slots[k].print & mask;

		if (((k - home) & mask) >= ((k - i) & mask)) {
			slots[i] = slots[k];
			i = k;
		}
	}
	slots[i] = (struct cv_registry_slot){0};
	index->parts[p].used--;
	index->count--;
	return true;
}

void cv_registry_index_free(struct cv_registry_index *index)
{
	for (unsigned int p = 0; p < CV_REGISTRY_PARTS; p++)
		free(index->parts[p].slots);
	memset(index, 0, sizeof(*index));
}
