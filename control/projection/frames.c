/* SPDX-License-Identifier: Apache-2.0 */
/* Records as they are; see control/subscriber/frames.h. */
#include "control/projection/projection.h"

static void put_record(struct cv_json *out, const struct cv_projection_at *at,
		       const struct cv_record *rec)
{
	cv_frame_put(out, CV_FRAME_RECORD, rec->lane, at->seq, rec, rec->size);
}

static void put_gap(struct cv_json *out, const struct cv_projection_at *at,
		    const struct cv_log_gap *gap, enum cv_gap_reason reason)
{
	struct cv_frame_gap payload = {
		.from = gap->from, .to = gap->to, .ts_ns = gap->ts_ns, .reason = reason};

	cv_frame_put(out, CV_FRAME_GAP, gap->lane, gap->from, &payload, sizeof(payload));
}

static void put_cursor(struct cv_json *out, const struct cv_member_cursor *next)
{
	cv_frame_put(out, CV_FRAME_CURSOR, 0, 0, next, sizeof(*next));
}

static void put_idle(struct cv_json *out)
{
	cv_frame_put(out, CV_FRAME_IDLE, 0, 0, NULL, 0);
}

const struct cv_projection_ops cv_projection_frames = {
	.record = put_record,
	.gap = put_gap,
	.cursor = put_cursor,
	.idle = put_idle,
};
