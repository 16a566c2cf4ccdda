/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64u

void cv_intern_init(struct cv_intern *t, size_t size, size_t key, uint32_t max)
{
	*t = (struct cv_intern){.size = size, .key = key, .max = max};
}

void cv_intern_release(struct cv_intern *t)
{
	free(t->items);
	free(t->slots);
	t->items = NULL;
	t->slots = NULL;
	t->n = t->room = 0;
}

/* FNV-1a with a finish that spreads it to the low bits. */
static uint32_t hash(const void *key, size_t len)
{
	const uint8_t *b = key;
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3ull;
	return (uint32_t)(h ^ h >> 29 ^ h >> 47);
}

static uint32_t slot_of(const struct cv_intern *t, const void *key)
{
	uint32_t mask = t->room * 2 - 1, at = hash(key, t->key) & mask;

	while (t->slots[at] && memcmp(cv_intern_at(t, t->slots[at] - 1), key, t->key) != 0)
		at = (at + 1) & mask;
	return at;
}

static bool grow(struct cv_intern *t)
{
	uint32_t room = t->room ? t->room * 2 : FIRST_ROOM;
	uint8_t *items = reallocarray(t->items, room, t->size);
	uint32_t *slots;

	if (!items)
		return false;
	t->items = items;
	slots = calloc((size_t)room * 2, sizeof(*slots));
	if (!slots)
		return false;
	free(t->slots);
	t->slots = slots;
	t->room = room;
	for (uint32_t i = 0; i < t->n; i++)
		t->slots[slot_of(t, cv_intern_at(t, i))] = i + 1;
	return true;
}

uint32_t cv_intern_find(const struct cv_intern *t, const void *key)
{
	uint32_t at = t->room ? t->slots[slot_of(t, key)] : 0;

	return at ? at - 1 : CV_INTERN_NONE;
}

uint32_t cv_intern_add(struct cv_intern *t, const void *key)
{
	uint32_t number = cv_intern_find(t, key);
	uint8_t *item;

	if (number != CV_INTERN_NONE)
		return number;
	if (t->n == t->max || (t->n == t->room && !grow(t))) {
		t->refused++;
		return CV_INTERN_NONE;
	}
	item = cv_intern_at(t, t->n);
	memset(item, 0, t->size);
	memcpy(item, key, t->key);
	t->slots[slot_of(t, key)] = t->n + 1;
	return t->n++;
}
