/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the process of a sink tells control, in a page of memory that both have mapped: it outlives
 * the process, so nothing is lost from the ledger when one dies. Numbers have one writer at a time
 * (the sink's process, then the keeper when that has ended) and are read by control; a text is
 * written under a counter that is odd meanwhile. Control believes no text to end in zero.
 */
#ifndef CV_SINK_STATUS_H
#define CV_SINK_STATUS_H

#include <stdatomic.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

#define CV_SINK_TEXT_MAX 256

/* id, name */
#define CV_SINK_STATES(X)                                                                          \
	X(STARTING, "starting")                                                                    \
	X(CONNECTING, "connecting") /* to the far side; it waits between two tries */              \
	X(CONNECTED, "connected")                                                                  \
	X(CRASHED, "crashed") /* the process ended; the keeper starts it again */                  \
	X(REFUSED, "refused") /* it cannot run as it is configured */
#define CV_SINK_STATE_ROW(id, name) CV_SINK_STATE_##id,
enum cv_sink_state { CV_SINK_STATES(CV_SINK_STATE_ROW) CV_SINK_STATE_COUNT };

/* Why the far side will never take an event: id, name */
#define CV_SINK_REFUSALS(X)                                                                        \
	X(TOO_LARGE, "too-large")                                                                  \
	X(BAD_TOPIC, "bad-topic") /* topic or subject not allowed there */                         \
	X(BAD_EVENT, "bad-event") /* the content */                                                \
	X(OTHER, "other")
#define CV_SINK_REFUSAL_ROW(id, name) CV_SINK_REFUSAL_##id,
enum cv_sink_refusal { CV_SINK_REFUSALS(CV_SINK_REFUSAL_ROW) CV_SINK_REFUSAL_COUNT };

/* Counters of a sink since control started; taken = delivered + refused + under_way + put_back. */
#define CV_SINK_COUNTERS(X)                                                                        \
	X(TAKEN, "taken") /* events read from control */                                           \
	X(DELIVERED, "delivered") /* acknowledged by the far side */                               \
	X(PUT_BACK, "put_back") /* under way when the process ended; taken again */                \
	X(RESENT, "resent") /* sent once more for want of an answer */                             \
	X(OVERTAKEN, "overtaken") /* of those: others of its lane had arrived by then */           \
	X(CONNECTS, "connects") /* connections made to the far side */                             \
	X(FAILURES, "failures") /* connections lost or not made */                                 \
	X(GAPS, "gaps") /* gap events among those taken */
#define CV_SINK_COUNTER_ROW(id, name) CV_SINK_COUNTER_##id,
enum cv_sink_counter { CV_SINK_COUNTERS(CV_SINK_COUNTER_ROW) CV_SINK_COUNTER_COUNT };

struct cv_sink_status {
	_Atomic uint32_t state; /* enum cv_sink_state */
	_Atomic uint32_t pid; /* 0 = no process */
	_Atomic uint64_t starts; /* by the keeper */
	_Atomic int64_t state_since_ns; /* wall clock */
	_Atomic uint64_t count[CV_SINK_COUNTER_COUNT];
	_Atomic uint64_t refused[CV_SINK_REFUSAL_COUNT];
	_Atomic uint64_t under_way;
	_Atomic uint64_t acked[CV_LANE_COUNT]; /* cursor that control has acknowledged */
	_Atomic uint32_t acked_known;
	_Atomic uint32_t text_version; /* odd while texts are written */
	char error[CV_SINK_TEXT_MAX]; /* last thing that went wrong, with the remedy; "" = none */
	int64_t error_ns; /* wall clock */
};

const char *cv_sink_state_name(unsigned int state);
const char *cv_sink_refusal_name(unsigned int refusal);
const char *cv_sink_counter_name(unsigned int counter);

void cv_sink_status_set(struct cv_sink_status *s, enum cv_sink_state state);
/** Write the error; one writer at a time. */
void cv_sink_status_error(struct cv_sink_status *s, const char *text);
/**
 * Read the error as it was at one moment.
 *
 * @param ret CV_SINK_TEXT_MAX bytes; ends in zero. @param ret_ns wall clock.
 */
void cv_sink_status_read_error(const struct cv_sink_status *s, char *ret, int64_t *ret_ns);

/** The process has ended: what it had under way is put back. */
void cv_sink_status_put_back(struct cv_sink_status *s);

static inline void cv_sink_count(struct cv_sink_status *s, enum cv_sink_counter what, uint64_t n)
{
	atomic_fetch_add_explicit(&s->count[what], n, memory_order_relaxed);
}

#endif
