/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inspection: what happens to a frame between verdict and handoff. Fragments are put together,
 * the flow is found, TCP bytes are put in order, messages are cut out and given to the decoder.
 * The frame itself is never kept: what has to wait is copied into bounded memory, so that nothing
 * here can hold a frame back from forwarding (docs/adr/0006).
 *
 * Owner: one worker. No function but *_setup and *_release allocates.
 */
#ifndef CV_INSPECT_H
#define CV_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/decode/classify.h"
#include "dataplane/decode/decoder.h"
#include "dataplane/flow/enforce.h"
#include "dataplane/flow/flow.h"
#include "dataplane/flow/fragment.h"
#include "dataplane/frame.h"
#include "dataplane/ledger.h"
#include "dataplane/normalize/emit.h"
#include "dataplane/normalize/hearing.h"

/** Bytes of one held piece of a segment; a full Ethernet segment fits in one. */
#define CV_SEGMENT_DATA 1472
/** Out-of-order pieces one direction may hold. */
#define CV_SEGMENTS_PER_DIR 64
/** A hole older than this is given up, ns of capture time. */
#define CV_GAP_NS 2000000000ll
/** The same under constraints, where it ends what may pass: as long as senders repeat. */
#define CV_GAP_ENFORCED_NS 60000000000ll
/** Rejections of one packet after which the rest of it is passed over. */
#define CV_REJECTS_PER_PACKET 16
/** Parse-error records per second and worker; the rest is counted as muted. */
#define CV_ERRORS_PER_SECOND 100

/** Bytes that came too early, with what their frame was. */
struct cv_segment {
	uint32_t next; /* by sequence number, or free list */
	uint32_t seq;
	uint16_t len;
	uint16_t off; /* of data in the frame's L4 payload */
	uint8_t port;
	uint8_t pad[3];
	uint32_t rule;
	int64_t ts_ns;
	uint64_t packet;
	uint8_t data[CV_SEGMENT_DATA];
};

/** Bounded memory for everything that waits. */
struct cv_stream_memory {
	struct cv_segment *segment;
	uint32_t segment_free; /* first one given back */
	uint32_t segment_fresh; /* from here on never used */
	uint32_t segment_count;
	uint8_t *window; /* buffers of CV_STREAM_WINDOW bytes */
	uint32_t *window_next; /* free list */
	uint32_t *window_user; /* index of the flow * 2 + direction */
	uint32_t window_hand; /* whose window is taken next when none is free */
	uint32_t window_free;
	uint32_t window_fresh;
	uint32_t window_count;
};

/* What a packet did; the outcome is computed from it. */
#define CV_DID_REJECT 0x01u
#define CV_DID_NO_MEMORY 0x02u
#define CV_DID_MESSAGE 0x04u
#define CV_DID_PARTIAL 0x08u
#define CV_DID_SKIP 0x10u
#define CV_DID_HOLD 0x20u
#define CV_DID_DUPLICATE 0x40u
#define CV_DID_NOT_IOT 0x80u
#define CV_DID_DISCARD 0x100u
#define CV_DID_OVERLAP 0x200u /* bytes that differ from those judged; no outcome of its own */
#define CV_DID_REPEAT 0x400u

struct cv_inspect {
	const struct cv_generation *gen;
	struct cv_counters *counters;
	struct cv_emit emit;
	struct cv_origin origin;
	struct cv_flow_table flows;
	struct cv_stream_memory memory;
	struct cv_fragments fragments;
	struct cv_classifier classifier;
	struct cv_enforce enforce;
	struct cv_repeats repeats;
	struct cv_hearings hearings;
	struct cv_series series;
	uint64_t shed; /* records that found no memory, up to the last frame */
	void *worker[CV_PROTO_COUNT]; /* decoders' worker_size bytes each */
	int64_t now_ns; /* for ageing: goes on with capture time, never back */
	int64_t shift_ns; /* now_ns minus the capture time it stands for */
	int64_t aged_ns; /* when ageing ran last */
	int64_t error_second; /* the second that errors counts for */
	uint32_t errors; /* parse-error records in it */
	uint32_t did; /* CV_DID_* of the packet in hand */
	uint32_t rejects; /* rejections of the packet in hand */
};

/** @return 0, -ENOMEM, -EINVAL (a decoder wants more state than there is). */
int cv_inspect_setup(struct cv_inspect *in, const struct cv_generation *gen, struct cv_sink *sink,
		     struct cv_counters *counters);
/** A zeroed or half set up object is fine. */
void cv_inspect_release(struct cv_inspect *in);

/**
 * Inspect one judged IP frame.
 *
 * @return what became of it, for the ledger; in->enforce.drop says whether it may go on.
 */
enum cv_outcome cv_inspect_frame(struct cv_inspect *in, const struct cv_frame *frame);

/**
 * The verdict dropped a frame because its sender is not where it is bound to: an event tells of
 * it, as rarely as of parse errors.
 */
void cv_inspect_spoof(struct cv_inspect *in, const struct cv_frame *frame);

/** Ageing: a bounded piece of work when capture time has moved on by 10 ms. */
void cv_inspect_age(struct cv_inspect *in, int64_t ts_ns);

/** All flows end, oldest first; messages in hand are rejected as stream-gap. */
void cv_inspect_drain(struct cv_inspect *in);

/** Bring the ledger up to what gateways heard. After the records that were made of it. */
void cv_inspect_count_radio(struct cv_inspect *in);

/* Between the files of this stage. */

/** Count a flow event. */
static inline void cv_flow_count(struct cv_inspect *in, enum cv_flow_event event)
{
	cv_count(&in->counters->flow[event], 1);
}

/** Count a message that the decoder took, and whether it was a repeat. @param before it. */
void cv_inspect_message(struct cv_inspect *in, unsigned int proto, struct cv_repeats_mark before);
/** Reject the message that starts with @p data: count it and make a parse-error record. */
void cv_inspect_reject(struct cv_inspect *in, unsigned int proto, enum cv_reject reason,
		       const uint8_t *data, size_t len);
/** Segments of a flow disagree: count it and make one anomaly record per flow. */
void cv_inspect_overlap(struct cv_inspect *in, struct cv_flow *f);
/** Is there room for another security record in this second? Otherwise it is counted as muted. */
bool cv_inspect_may_report(struct cv_inspect *in);
const char *cv_inspect_reason_name(unsigned int reason);
/** Origin for records of a frame. @param sport, dport network order. */
void cv_inspect_origin_frame(struct cv_inspect *in, const struct cv_frame *frame, uint8_t ip_proto,
			     uint16_t sport, uint16_t dport);
/** Origin for records made without a packet at hand: the last segment of @p dir. */
void cv_inspect_origin_of(struct cv_inspect *in, const struct cv_flow *f, unsigned int dir);
/** Give the decoder its state back, free what the flow holds, remove and count it. */
void cv_inspect_end_flow(struct cv_inspect *in, struct cv_flow *f, enum cv_flow_event why,
			 enum cv_reject reason);

/** Decode the messages of one datagram. */
void cv_datagram(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, const uint8_t *data,
		 size_t len);
/**
 * Decide who decodes a flow by the first payload at hand. CV_CLASS_MORE only for a stream whose
 * @p len is less than a window.
 */
enum cv_class cv_inspect_claim(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			       const uint8_t *data, size_t len);

/**
 * The next bytes of a direction, in order.
 *
 * @param off offset of @p data in the frame's L4 payload, for the records' raw_off.
 */
void cv_stream_deliver(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		       const uint8_t *data, size_t len, uint32_t off);
/** @p len bytes (0 = unknown) are missing before the next ones. */
void cv_stream_gap(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t len);
/** No more bytes: a message in hand is rejected with @p reason. */
void cv_stream_finish(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		      enum cv_reject reason);

/** A TCP segment as the reassembly wants it. */
struct cv_tcp_segment {
	uint32_t seq;
	uint32_t ack;
	uint8_t flags; /* CV_TH_* */
	const uint8_t *data;
	uint32_t len;
};
#define CV_TH_FIN 0x01u
#define CV_TH_SYN 0x02u
#define CV_TH_RST 0x04u
#define CV_TH_ACK 0x10u

/** One segment of @p f, sent by end @p dir. */
void cv_tcp_segment(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		    const struct cv_tcp_segment *seg);
/** A SYN that belongs to another connection than the one the flow knows. */
bool cv_tcp_is_reuse(const struct cv_flow *f, unsigned int dir, const struct cv_tcp_segment *seg);
/** Give up the first hole of each direction. */
void cv_tcp_give_up(struct cv_inspect *in, struct cv_flow *f);
/** Give up all holes of a direction and end its stream. */
void cv_tcp_finish(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		   enum cv_reject reason);

/** Farther than this from the next byte a segment is not of this window: 64 pieces of a segment. */
#define CV_WINDOW_SPAN 262144
/** How far back a retransmission may reach: the largest scaled window in practice. */
#define CV_OLD_SPAN (16 * 1048576)

/* What belongs to the packet in hand while another flow is dealt with. */
struct cv_aside {
	struct cv_origin origin;
	uint32_t did, rejects;
	bool hold, judging;
};

static inline struct cv_aside cv_aside_begin(struct cv_inspect *in)
{
	struct cv_aside a = {in->origin, in->did, in->rejects, in->emit.hold, in->enforce.judging};

	in->emit.hold = false;
	in->enforce.judging = false;
	return a;
}

static inline void cv_aside_end(struct cv_inspect *in, const struct cv_aside *a)
{
	in->origin = a->origin;
	in->did = a->did;
	in->rejects = a->rejects;
	in->emit.hold = a->hold;
	in->enforce.judging = a->judging;
}

/** Sequence numbers wrap (RFC 9293 3.4): the distance from @p b to @p a. */
static inline int32_t cv_seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* Pieces of memory; CV_INDEX_NONE when there is none left. */
static inline uint32_t cv_window_get(struct cv_stream_memory *m)
{
	uint32_t i = m->window_free;

	if (i == CV_INDEX_NONE)
		return m->window_fresh < m->window_count ? m->window_fresh++ : CV_INDEX_NONE;
	m->window_free = m->window_next[i];
	return i;
}

static inline void cv_window_put(struct cv_stream_memory *m, uint32_t i)
{
	m->window_next[i] = m->window_free;
	m->window_free = i;
}

static inline uint8_t *cv_window_at(const struct cv_stream_memory *m, uint32_t i)
{
	return m->window + (size_t)i * CV_STREAM_WINDOW;
}

static inline uint32_t cv_segment_get(struct cv_stream_memory *m)
{
	uint32_t i = m->segment_free;

	if (i == CV_INDEX_NONE)
		return m->segment_fresh < m->segment_count ? m->segment_fresh++ : CV_INDEX_NONE;
	m->segment_free = m->segment[i].next;
	return i;
}

static inline void cv_segment_put(struct cv_stream_memory *m, uint32_t i)
{
	m->segment[i].next = m->segment_free;
	m->segment_free = i;
}

#endif
