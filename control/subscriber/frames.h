/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as binary frames, for sinks and own tools on the same machine: records as they are in the
 * log, so that their projection happens in the reader's process. A stream is one frame after the
 * other; each is a head and a payload, little-endian, a multiple of 8 bytes.
 */
#ifndef CV_FRAMES_H
#define CV_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "control/subscriber/cursor.h"
#include "dataplane/normalize/json_write.h"
#include "dataplane/normalize/record.h"

#define CV_FRAMES_TYPE "application/vnd.culvert.frames"

/* Append-only: numbers are on the wire. */
#define CV_FRAME_TYPES(X)                                                                          \
	X(RECORD, "record") /* seq and the record */                                               \
	X(GAP, "gap") /* struct cv_frame_gap: these cannot be delivered */                         \
	X(CURSOR, "cursor") /* struct cv_member_cursor: all before it was sent or filtered out */  \
	X(IDLE, "idle") /* no payload: nothing else to say for a while */
#define CV_FRAME_ROW(id, name) CV_FRAME_##id,
enum cv_frame_type { CV_FRAME_TYPES(CV_FRAME_ROW) CV_FRAME_COUNT };

/* Why events of a lane cannot be delivered. Append-only. */
#define CV_GAP_REASONS(X)                                                                          \
	X(RETENTION, "retention") /* deleted by age or size before they were read */               \
	X(DAMAGED, "damaged") /* the file does not hold its checksum */                            \
	X(LOG_IS_SHORTER, "log-is-shorter") /* the cursor is from a log that has been lost */      \
	X(READ_ERROR, "read-error") /* the stream ends; come back with the cursor */
#define CV_GAP_REASON_ROW(id, name) CV_GAP_##id,
enum cv_gap_reason { CV_GAP_REASONS(CV_GAP_REASON_ROW) CV_GAP_REASON_COUNT };

struct cv_frame {
	uint32_t len; /* of the payload, bytes */
	uint16_t type; /* enum cv_frame_type */
	uint16_t lane; /* enum cv_lane; 0 where the frame is about no lane */
	uint64_t seq; /* of the record, or the first that is missing; 0 else */
};
_Static_assert(sizeof(struct cv_frame) == 16, "frame head is ABI");

struct cv_frame_gap {
	uint64_t from, to; /* events from up to but without to */
	int64_t ts_ns; /* when the hole was met, ns since the Unix epoch */
	uint32_t reason; /* enum cv_gap_reason */
	uint32_t pad; /* 0 */
};
_Static_assert(sizeof(struct cv_frame_gap) == 32, "gap is ABI");
_Static_assert(sizeof(struct cv_member_cursor) == 48, "cursor is ABI");

/** Largest frame, bytes. */
#define CV_FRAME_MAX (sizeof(struct cv_frame) + CV_RECORD_MAX)

/** "?" for an unknown number. */
const char *cv_gap_reason_name(unsigned int reason);

/** Append a frame; @p payload is a multiple of 8 bytes. */
void cv_frame_put(struct cv_json *out, enum cv_frame_type type, unsigned int lane, uint64_t seq,
		  const void *payload, size_t len);

/** Takes bytes as they come off a socket. Zero it first. */
struct cv_frame_reader {
	size_t have;
	int error; /* sticks */
	_Alignas(8) uint8_t bytes[CV_FRAME_MAX];
};

/**
 * Take bytes until a frame is complete.
 *
 * @param ret_used bytes taken, also where more are needed.
 * @param ret the frame, checked and with its payload behind it; valid until the next call.
 * @return 1 with a frame, 0 when more bytes are needed, -EBADMSG: no such frame can be, now and for
 *         ever.
 */
int cv_frames_feed(struct cv_frame_reader *r, const void *data, size_t len, size_t *ret_used,
		   const struct cv_frame **ret);

/** The payload of a frame that cv_frames_feed() gave, as what its type says. */
static inline const void *cv_frame_payload(const struct cv_frame *f)
{
	return f + 1;
}

#endif
