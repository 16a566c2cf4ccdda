/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream of events has to send: one bounded buffer that events are projected into. It is
 * there only while there is something in it, so that a subscriber who waits for events costs none.
 */
#ifndef CV_EVENT_OUTPUT_H
#define CV_EVENT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "control/projection/projection.h"
#include "control/registry/live.h"

struct cv_event_output {
	const struct cv_projection_ops *ops;
	const char *node;
	const struct cv_registry_live *registry; /* that events are told with; NULL = none */
	bool no_place; /* but not with where the device is */
	struct cv_text_memo *memo; /* not owned; NULL = none, as after cv_event_output_init() */
	bool chunked; /* frame output as HTTP/1.1 chunks */
	bool first; /* no event was written yet */
	bool taken; /* something was, ever */
	bool taken_first; /* first as it was then */
	unsigned int events; /* in the buffer */
	bool ended; /* the projection's end was written, and was taken */
	char *buffer; /* NULL = nothing to send */
	struct cv_json out;
	struct cv_member_cursor told; /* by ops->cursor */
};

/** Nothing is allocated yet. */
void cv_event_output_init(struct cv_event_output *o, const struct cv_projection_ops *ops,
			  const char *node, bool chunked);

/** Write what stands before all events. @return 0 or -ENOMEM. */
int cv_event_output_begin(struct cv_event_output *o);

/** Bytes that wait to be sent. */
size_t cv_event_output_used(const struct cv_event_output *o);

/** Whether one more event fits for sure; gets the buffer. False also when memory is short. */
bool cv_event_output_has_room(struct cv_event_output *o);

/**
 * Write an event; needs room.
 *
 * @param plain as it is in the log, nothing taken away.
 * @param next the place behind it.
 */
void cv_event_output_record(struct cv_event_output *o, const struct cv_record *rec, uint64_t seq,
			    bool plain, const struct cv_member_cursor *next);
void cv_event_output_gap(struct cv_event_output *o, struct cv_log_gap *gap,
			 enum cv_gap_reason reason, const struct cv_member_cursor *next);

/** Write a sign of life, where the projection has one. */
void cv_event_output_idle(struct cv_event_output *o);

/**
 * What to send now; it stays where it is until cv_event_output_sent().
 *
 * @param last nothing follows.
 * @return NULL when there is nothing.
 */
const char *cv_event_output_take(struct cv_event_output *o, bool last,
				 const struct cv_member_cursor *next, size_t *ret_len);

/** Forget what was not taken. @return how many events. */
unsigned int cv_event_output_drop(struct cv_event_output *o);

/** What was taken has been sent, or is not wanted any more. */
void cv_event_output_sent(struct cv_event_output *o);

#endif
