/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger (D13): every packet and every record is counted in exactly one place.
 *
 *     rx        = forwarded + host + sum(dropped)
 *     inspected = sum(outcome)
 *     produced  = handed + shed                    per lane
 *
 * Where a dataplane dies the left side is never behind: what it was about to count on the right
 * is then known to have been in its hands (control/consumer/totals.h).
 *
 * One writer (the worker's lcore), any number of readers (housekeeping, control through the
 * handoff mapping): plain 64-bit counters stored with relaxed atomics, one set per worker, so a
 * sum read while traffic flows may be off by the burst in hand and is exact when it rests.
 */
#ifndef CV_LEDGER_H
#define CV_LEDGER_H

#include <stdint.h>

#include "dataplane/normalize/emit.h"
#include "dataplane/policy/policy_abi.h"
#include "decoder_list.h"

/* What became of a packet that the verdict sent to decode. Exactly one each. */
#define CV_OUTCOMES(X)                                                                             \
	X(DECODED, "decoded") /* completed at least one message, rejected none */                  \
	X(PARTIAL, "partial") /* carried bytes of a message not complete yet */                    \
	X(EMPTY, "empty") /* no payload: TCP ACK, SYN, FIN */                                      \
	X(HELD, "held") /* out of order or fragment: kept until its turn */                        \
	X(DUPLICATE, "duplicate") /* retransmission: bytes were seen before */                     \
	X(SKIPPED, "skipped") /* inside a large message whose rest is not looked at */             \
	X(NOT_IOT, "not-iot") /* no decoder claims it */                                           \
	X(REJECTED, "rejected") /* at least one message rejected, see rejected[proto][..] */       \
	X(NO_MEMORY,                                                                               \
	  "no-memory") /* flow or reassembly memory exhausted; forwarded but under constraints */  \
	X(REPEATED, "repeated") /* completed only messages that were delivered before */           \
	X(DISCARDED,                                                                               \
	  "discarded") /* fragment of a datagram given up, or dropped by the app verdict unseen */

/*
 * Flow table, reassembly and radio events: not part of a sum above, but each one is a number.
 * Where traffic rests, radio-heard = radio-told + radio-copies + radio-waiting.
 */
#define CV_FLOW_EVENTS(X)                                                                          \
	X(CREATED, "created")                                                                      \
	X(ENDED, "ended") /* FIN or RST */                                                         \
	X(EXPIRED, "expired") /* idle */                                                           \
	X(EVICTED, "evicted") /* table full, oldest given up */                                    \
	X(GAP, "gap") /* bytes given up on */                                                      \
	X(OVERLAP, "overlap") /* segments disagree on content: first data wins */                  \
	X(OUT_OF_ORDER, "out-of-order")                                                            \
	X(SEGMENTS_FULL, "segments-full") /* no memory for an out-of-order segment */              \
	X(FRAGMENTS_DONE, "fragments-done") /* datagrams put together again */                     \
	X(FRAGMENTS_LOST, "fragments-lost") /* fragments timed out, overlapped or evicted */       \
	X(ERRORS_MUTED, "errors-muted") /* parse-error records held back by their rate limit */    \
	X(RADIO_HEARD, "radio-heard") /* frames of devices that gateways told of */                \
	X(RADIO_TOLD,                                                                              \
	  "radio-told") /* of these became events, with all gateways that heard them */            \
	X(RADIO_COPIES, "radio-copies") /* of these the others: heard by more, or sent again */    \
	X(RADIO_WAITING, "radio-waiting") /* for other gateways at this moment */                  \
	X(RADIO_EARLY, "radio-early") /* told before their time: too many waited */

#define CV_OUTCOME_ROW(id, name) CV_OUTCOME_##id,
#define CV_FLOW_EVENT_ROW(id, name) CV_FLOW_##id,
enum cv_outcome { CV_OUTCOMES(CV_OUTCOME_ROW) CV_OUTCOME_COUNT };
enum cv_flow_event { CV_FLOW_EVENTS(CV_FLOW_EVENT_ROW) CV_FLOW_EVENT_COUNT };

struct cv_counters {
	uint64_t rx, rx_bytes;
	uint64_t forwarded, host;
	uint64_t reason[CV_REASON_COUNT]; /* verdict reasons, allowing ones too */
	uint64_t dropped[CV_REASON_COUNT]; /* frames that ended here, by reason */
	uint64_t inspected;
	uint64_t outcome[CV_OUTCOME_COUNT];
	uint64_t messages[CV_PROTO_COUNT];
	uint64_t repeated[CV_PROTO_COUNT]; /* of messages: delivered before, so not again */
	uint64_t rejected[CV_PROTO_COUNT][CV_REJECT_COUNT];
	uint64_t flow[CV_FLOW_EVENT_COUNT];
	uint64_t produced[CV_LANE_COUNT];
	uint64_t shed[CV_LANE_COUNT];
	uint64_t handed[CV_LANE_COUNT]; /* in blocks published to control */
	uint64_t shed_told[CV_LANE_COUNT]; /* of shed, told in gap records published */
	uint64_t cycles_busy; /* TSC cycles of polls that found frames */
	uint64_t polls, polls_empty;
} __attribute__((aligned(64)));

static inline void cv_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/** Bring produced and shed up to what the sink says; both began with zero. */
static inline void cv_count_records(struct cv_counters *c, const struct cv_sink *sink,
				    unsigned int lane)
{
	const struct cv_sink_lane *l = &sink->lane[lane];

	if (l->produced == c->produced[lane])
		return;
	__atomic_store_n(&c->produced[lane], l->produced, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* in this order, should we be killed here */
	__atomic_store_n(&c->shed[lane], l->shed, __ATOMIC_RELAXED);
}

#endif
