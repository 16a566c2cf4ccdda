/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making records: the only way a decoder produces output.
 *
 *     struct cv_record *rec = cv_emit_begin(e, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
 *     rec->value_type = CV_VALUE_F64;
 *     rec->value.f64 = 21.5;
 *     cv_emit_tlv(e, CV_TLV_NAME, name, name_len);
 *     cv_emit_end(e);
 *
 * The record is built in place, in the memory that control will read and the log will write.
 * begin never fails: where no memory is left the record goes to a scratch buffer and is counted
 * as shed, so that no decoder has to care (ledger: produced = handed + shed, D13).
 */
#ifndef CV_EMIT_H
#define CV_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"
#include "dataplane/normalize/series.h"

/** Where the message at hand came from; copied into every record head. Owner: the pipeline. */
struct cv_origin {
	int64_t ts_rx_ns; /* ns since the Unix epoch */
	uint64_t packet; /* frame ordinal on its port, from 1 */
	uint32_t rule;
	uint16_t vlan;
	uint16_t sport, dport; /* host order */
	uint16_t raw_off; /* where the message begins in the frame's L4 payload, bytes */
	uint8_t family; /* 4 or 6 */
	uint8_t ip_proto;
	uint8_t port; /* port index */
	uint8_t direction; /* enum cv_direction, from the port's side */
	uint8_t proto; /* set by the pipeline before it calls a decoder */
	uint8_t src[16], dst[16];
};

/** Memory for records of one lane. */
struct cv_sink_lane {
	uint8_t *cur; /* next free byte, 8-aligned */
	uint8_t *end;
	int64_t newest_ns; /* receive time of the newest record committed; the sink may reset it */
	uint64_t produced; /* records made, whatever became of them */
	uint64_t shed; /* records that found no memory */
};

/**
 * Receiver of records: the handoff in a worker, a writer in replay, a counter in a fuzz harness.
 * Single thread.
 */
struct cv_sink {
	struct cv_sink_lane lane[CV_LANE_COUNT];
	/**
	 * Called when a lane has less than CV_RECORD_MAX left: publish what is full, and set
	 * lane->cur and lane->end to fresh memory of at least CV_RECORD_MAX bytes, or leave the
	 * lane empty (cur == end) to shed. Must not block or allocate.
	 */
	void (*refill)(struct cv_sink *sink, enum cv_lane lane);
	/** Called after each finished record that was not shed, in their order. May be NULL. */
	void (*committed)(struct cv_sink *sink, const struct cv_record *rec);
};

/** Bytes of records that can wait for what becomes of their frame. */
#define CV_EMIT_STAGE 65536
/** Records of a frame that was dropped that are told all the same. */
#define CV_EMIT_DENIED_MAX 16

/** Records that wait for what is remembered of their series to come from memory. */
#define CV_EMIT_AHEAD 16

struct cv_emit_ahead {
	struct cv_record *rec; /* in the sink's memory */
	uint64_t print; /* of its series, 0 = none */
};

struct cv_hearings;

/** Builder state; one per worker. */
struct cv_emit {
	struct cv_sink *sink;
	struct cv_series *series; /* looks at what is delivered; NULL = nobody */
	struct cv_hearings *hearings; /* takes what radio gateways heard; NULL = nobody */
	const struct cv_origin *origin;
	struct cv_record *rec; /* record under construction, NULL between records */
	uint32_t used; /* bytes of rec used so far */
	uint32_t staged; /* bytes in stage */
	uint8_t *stage; /* CV_EMIT_STAGE bytes, 8-aligned, of the owner; needed by cv_emit_hold() */
	bool hold; /* records wait in stage */
	uint32_t ahead_first, ahead_count;
	struct cv_emit_ahead ahead[CV_EMIT_AHEAD]; /* a ring */
	struct cv_record blank; /* what every head starts from */
	_Alignas(64) uint8_t scratch[CV_RECORD_MAX];
};

void cv_emit_init(struct cv_emit *e, struct cv_sink *sink);

/**
 * Start a record with its head filled from the origin and everything else zero.
 *
 * @return the head, to be completed by the caller. Never NULL. Valid until cv_emit_end().
 */
struct cv_record *cv_emit_begin(struct cv_emit *e, enum cv_lane lane, enum cv_kind kind);

/**
 * Append a TLV. A value longer than CV_TLV_MAX, or than the room left, is cut (text at a UTF-8
 * boundary) and CV_FLAG_TRUNCATED is set.
 */
void cv_emit_tlv(struct cv_emit *e, enum cv_tlv_tag tag, const void *data, size_t len);

/**
 * Append where the device is: latitude and longitude in 1e-7 degrees, altitude in mm. CV_POSITION_NONE
 * says that a part is not stated. Beyond 90 and 180 degrees the record is flagged CV_FLAG_RANGE and of
 * bad quality; what does not fit the TLV is not stated then. A position without meaning that is in
 * range (0, 0 before the first fix) is the caller's to tell from others.
 */
void cv_emit_position(struct cv_emit *e, int64_t lat, int64_t lon, int64_t alt);

/** Finish the record: flag a value outside its name's range, pad, set size, commit or count as shed. */
void cv_emit_end(struct cv_emit *e);

/**
 * From here on records wait until cv_emit_release(): what the policy denies has not happened, and
 * is known only when all of the frame is decoded. More than CV_EMIT_STAGE of them do not wait.
 */
void cv_emit_hold(struct cv_emit *e);

/* What becomes of the records that wait. */
enum cv_emit_fate {
	CV_EMIT_HAPPENED, /* as they are */
	CV_EMIT_DENIED, /* the first CV_EMIT_DENIED_MAX, flagged, in the security lane */
	CV_EMIT_MUTED, /* none; they count nowhere */
};
void cv_emit_release(struct cv_emit *e, enum cv_emit_fate fate);

/** Drop the record under construction; it is counted nowhere. */
void cv_emit_cancel(struct cv_emit *e);

/**
 * Start a record as a copy of another one's first @p used bytes, a head and whole TLVs, in the same
 * lane. Completed as any other.
 */
struct cv_record *cv_emit_again(struct cv_emit *e, const struct cv_record *rec, uint32_t used);

/**
 * All that was committed can be read: nothing waits for its series any more. Before anybody but
 * the emit functions looks at the sink or its memory.
 */
void cv_emit_finish(struct cv_emit *e);

#endif
