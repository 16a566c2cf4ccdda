/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static uint32_t probe(const struct cv_alarm_table *t, uint64_t key)
{
	uint32_t at = (uint32_t)key & t->mask;

	while (t->slots[at].key != 0 && t->slots[at].key != key)
		at = (at + 1) & t->mask;
	return at;
}

uint32_t cv_alarm_table_find(const struct cv_alarm_table *t, uint64_t key)
{
	const struct cv_alarm_slot *s = t->slots ? &t->slots[probe(t, key)] : NULL;

	return s && s->key == key ? s->number : 0;
}

static int grow(struct cv_alarm_table *t)
{
	uint32_t room = t->slots ? 2 * (t->mask + 1) : 64;
	struct cv_alarm_table next = {.mask = room - 1, .used = t->used};

	next.slots = calloc(room, sizeof(*next.slots));
	if (!next.slots)
		return -ENOMEM;
	for (uint32_t i = 0; t->slots && i <= t->mask; i++) {
		if (t->slots[i].key != 0)
			next.slots[probe(&next, t->slots[i].key)] = t->slots[i];
	}
	free(t->slots);
	*t = next;
	return 0;
}

int cv_alarm_table_set(struct cv_alarm_table *t, uint64_t key, uint32_t number)
{
	uint32_t at;

	if ((!t->slots || t->used * 2 > t->mask) && grow(t) < 0)
		return -ENOMEM;
	at = probe(t, key);
	t->used += t->slots[at].key == 0;
	t->slots[at] = (struct cv_alarm_slot){.key = key, .number = number};
	return 0;
}

/* What stands behind moves up, so that no probe ends early (Knuth, vol. 3, 6.4, algorithm R). */
void cv_alarm_table_remove(struct cv_alarm_table *t, uint64_t key)
{
	uint32_t hole = t->slots ? probe(t, key) : 0, at = hole;

	if (!t->slots || t->slots[hole].key != key)
		return;
	t->used--;
	while (true) {
		t->slots[hole].key = 0;
		do {
			at = (at + 1) & t->mask;
			if (t->slots[at].key == 0)
				return;
			/* It may not move in front of where it belongs. */
		} while (((at - (uint32_t)t->slots[at].key) & t->mask) < ((at - hole) & t->mask));
		t->slots[hole] = t->slots[at];
		hole = at;
	}
}
