/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/wheel.h"

#define SLOT_BITS 8
_Static_assert(CV_WHEEL_SLOTS == 1u << SLOT_BITS, "slots are told by bits");

/* First tick that is not before a time: never too early. */
static uint64_t tick_of(int64_t due)
{
	return due <= 0 ? 0 : ((uint64_t)due + CV_WHEEL_TICK - 1) >> CV_WHEEL_TICK_BITS;
}

/* Behind the tick at hand, or in it while it is being worked on. */
static void put(struct cv_wheel *w, uint32_t id, struct cv_wheel_node *n)
{
	const uint64_t reach = (UINT64_C(1) << (SLOT_BITS * CV_WHEEL_LEVELS)) - 1;
	uint64_t at = tick_of(n->due), far;
	unsigned int level = 0;
	uint32_t *slot;

	if (at < w->tick + !w->working)
		at = w->tick + !w->working;
	/* Further than the wheel reaches: called at its end, and put in again. */
	if (at - w->tick > reach)
		at = w->tick + reach;
	far = at ^ w->tick;
	while (level + 1 < CV_WHEEL_LEVELS && far >> (SLOT_BITS * (level + 1)) != 0)
		level++;
	slot = &w->slots[level][at >> (SLOT_BITS * level) & (CV_WHEEL_SLOTS - 1)];
	n->next = *slot;
	*slot = id;
	w->used[level]++;
}

void cv_wheel_arm(struct cv_wheel *w, uint32_t id, int64_t due)
{
	struct cv_wheel_node *n = w->node(w->owner, id);

	if (n->armed)
		return;
	n->armed = true;
	n->due = due;
	put(w, id, n);
}

/* All of a slot, the first of which is in it no more. */
static uint32_t take(struct cv_wheel *w, unsigned int level, uint32_t slot)
{
	uint32_t id = w->slots[level][slot];

	w->slots[level][slot] = 0;
	return id;
}

/* The slots of higher levels that begin with this tick go down. */
static void cascade(struct cv_wheel *w)
{
	for (unsigned int level = CV_WHEEL_LEVELS - 1; level > 0; level--) {
		uint32_t id, next;

		if (w->tick & ((UINT64_C(1) << (SLOT_BITS * level)) - 1))
			continue;
		id = take(w, level, w->tick >> (SLOT_BITS * level) & (CV_WHEEL_SLOTS - 1));
		for (; id != 0; id = next) {
			struct cv_wheel_node *n = w->node(w->owner, id);

			next = n->next;
			w->used[level]--;
			put(w, id, n);
		}
	}
}

static void work(struct cv_wheel *w)
{
	uint32_t *slot = &w->slots[0][w->tick & (CV_WHEEL_SLOTS - 1)];

	while (*slot != 0) {
		uint32_t id = *slot;
		struct cv_wheel_node *n = w->node(w->owner, id);

		*slot = n->next;
		w->used[0]--;
		if (tick_of(n->due) > w->tick) {
			put(w, id, n);
			continue;
		}
		n->armed = false;
		w->due(w->owner, id);
	}
}

/* The next tick at which anything can happen, at most @p last. */
static uint64_t step(const struct cv_wheel *w, uint64_t last)
{
	unsigned int empty = 0;
	uint64_t next;

	while (empty < CV_WHEEL_LEVELS && w->used[empty] == 0)
		empty++;
	if (empty == CV_WHEEL_LEVELS)
		return last;
	next = ((w->tick >> (SLOT_BITS * empty)) + 1) << (SLOT_BITS * empty);
	return next < last ? next : last;
}

void cv_wheel_advance(struct cv_wheel *w, int64_t now)
{
	uint64_t last = now <= 0 ? 0 : (uint64_t)now >> CV_WHEEL_TICK_BITS;

	if (!w->begun) {
		w->begun = true;
		w->tick = last;
	}
	while (w->tick < last) {
		w->tick = step(w, last);
		w->working = true;
		cascade(w);
		work(w);
		w->working = false;
	}
}
