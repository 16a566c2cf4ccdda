/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A share of the events of a consumer group: what a stream and its group (group.h) tell each
 * other. The events of one device are always one member's, in their order.
 */
#ifndef CV_EVENT_MEMBER_H
#define CV_EVENT_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/subscriber/cursor.h"
#include "dataplane/normalize/record.h"

struct cv_event_member {
	/* The group's: where the stream begins; epoch and slot. */
	struct cv_member_cursor start;
	unsigned int count; /* members that share the events */
	struct cv_cursor acked; /* behind what the subscriber has acknowledged */
	/* The stream is gone, or about to be. */
	void (*left)(struct cv_event_member *m);

	/* The stream's, since it began at start: behind the last event given, and the last read. */
	struct cv_cursor given, read;
};

/**
 * Which of @p count members a record is for: by the device's own identity, without its component;
 * by its address where it states none. What is about no device is the first member's.
 */
unsigned int cv_event_share(const struct cv_record *rec, unsigned int count);

/** Begin (again) at the start. */
void cv_event_member_begin(struct cv_event_member *m);

/**
 * How far a member is through: what it was given it has acknowledged up to here, and what lies
 * between was nothing for it.
 */
struct cv_cursor cv_event_member_done(const struct cv_event_member *m);

#endif
