/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of millions of things: a hierarchical timing wheel (Varghese and Lauck 1987), four levels
 * of 256 slots. A thing is in it once at most and is never taken out: whoever is called too early
 * says when to be called again. Putting in and calling are O(1); a call comes at most one tick
 * late and never early. One thread.
 */
#ifndef CV_ALARM_WHEEL_H
#define CV_ALARM_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define CV_WHEEL_LEVELS 4
#define CV_WHEEL_SLOTS 256u
/** A tick is 2^26 ns, 67 ms; the levels reach 17 s, 73 min, 13 days, 9 years. */
#define CV_WHEEL_TICK_BITS 26
#define CV_WHEEL_TICK (INT64_C(1) << CV_WHEEL_TICK_BITS)

/** In whatever has a deadline; zeroed. */
struct cv_wheel_node {
	int64_t due; /* ns */
	uint32_t next; /* id of the next one in the slot, 0 = none */
	bool armed; /* it is in the wheel */
};

struct cv_wheel {
	uint64_t tick; /* all up to this are done */
	bool begun; /* the time is known */
	bool working; /* on the tick at hand */
	uint32_t slots[CV_WHEEL_LEVELS][CV_WHEEL_SLOTS]; /* ids, 0 = none */
	uint64_t used[CV_WHEEL_LEVELS]; /* nodes in the slots of a level */
	struct cv_wheel_node *(*node)(void *owner, uint32_t id);
	/* A node's time has come; it is not in the wheel any more. */
	void (*due)(void *owner, uint32_t id);
	void *owner;
};

/** Be called for @p id (not 0) at @p due; does nothing when it is in the wheel already. */
void cv_wheel_arm(struct cv_wheel *w, uint32_t id, int64_t due);

/** The time is @p now, ns from 0: call for all that is due. What is called may arm more. */
void cv_wheel_advance(struct cv_wheel *w, int64_t now);

#endif
