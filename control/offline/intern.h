/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things by key, numbered in the order they were first seen: a bounded array of fixed-size items
 * whose first bytes are the key, with a hash over it. One thread.
 */
#ifndef CV_INTERN_H
#define CV_INTERN_H

#include <stddef.h>
#include <stdint.h>

#define CV_INTERN_NONE UINT32_MAX

struct cv_intern {
	uint8_t *items; /* n of size bytes each; moves when one is added */
	uint32_t *slots; /* number + 1, 0 = free; twice the room, a power of two */
	size_t size, key; /* bytes of an item, bytes of the key at its start */
	uint32_t n, room, max;
	uint64_t refused; /* adds that found the table full */
};

/** @param max most items; a power of two. */
void cv_intern_init(struct cv_intern *t, size_t size, size_t key, uint32_t max);

/** A zeroed table is fine. */
void cv_intern_release(struct cv_intern *t);

/** @return the item's number or CV_INTERN_NONE. */
uint32_t cv_intern_find(const struct cv_intern *t, const void *key);

/**
 * Find it, or add it with everything behind the key zero.
 *
 * @return its number; CV_INTERN_NONE when there is no room or no memory, counted in refused.
 */
uint32_t cv_intern_add(struct cv_intern *t, const void *key);

/** Valid until the next add. */
static inline void *cv_intern_at(const struct cv_intern *t, uint32_t number)
{
	return t->items + (size_t)number * t->size;
}

#endif
