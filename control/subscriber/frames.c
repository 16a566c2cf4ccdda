/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/frames.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

const char *cv_gap_reason_name(unsigned int reason)
{
#define REASON_NAME(id, name) name,
	static const char *const names[] = {CV_GAP_REASONS(REASON_NAME)};

	return reason < CV_GAP_REASON_COUNT ? names[reason] : "?";
}

void cv_frame_put(struct cv_json *out, enum cv_frame_type type, unsigned int lane, uint64_t seq,
		  const void *payload, size_t len)
{
	struct cv_frame head = {
		.len = (uint32_t)len, .type = (uint16_t)type, .lane = (uint16_t)lane, .seq = seq};

	cv_json_put(out, &head, sizeof(head));
	if (len > 0)
		cv_json_put(out, payload, len);
}

/* What the head alone rules out; it also bounds what is taken into the reader. */
static bool head_is_good(const struct cv_frame *f)
{
	if (f->lane >= CV_LANE_COUNT)
		return false;
	switch (f->type) {
	case CV_FRAME_RECORD:
		return f->len >= sizeof(struct cv_record) && f->len <= CV_RECORD_MAX &&
		       f->len % 8 == 0;
	case CV_FRAME_GAP:
		return f->len == sizeof(struct cv_frame_gap);
	case CV_FRAME_CURSOR:
		return f->len == sizeof(struct cv_member_cursor);
	case CV_FRAME_IDLE:
		return f->len == 0;
	default:
		return false;
	}
}

static bool payload_is_good(const struct cv_frame *f)
{
	const struct cv_record *rec = cv_frame_payload(f);
	const struct cv_frame_gap *gap = cv_frame_payload(f);

	switch (f->type) {
	case CV_FRAME_RECORD:
		return cv_record_check(rec, f->len) == 0 && rec->size == f->len &&
		       rec->lane == f->lane;
	case CV_FRAME_GAP:
		return gap->from == f->seq && gap->from <= gap->to &&
		       gap->reason < CV_GAP_REASON_COUNT;
	default:
		return true;
	}
}

/* Take bytes until there are @p want. @return whether there are. */
static bool fill(struct cv_frame_reader *r, size_t want, const uint8_t *data, size_t len,
		 size_t *used)
{
	size_t n = want - r->have < len - *used ? want - r->have : len - *used;

	if (n > 0)
		memcpy(r->bytes + r->have, data + *used, n);
	r->have += n;
	*used += n;
	return r->have == want;
}

int cv_frames_feed(struct cv_frame_reader *r, const void *data, size_t len, size_t *ret_used,
		   const struct cv_frame **ret)
{
	const struct cv_frame *f = (const struct cv_frame *)(const void *)r->bytes;
	size_t used = 0;

	*ret_used = 0;
	if (r->error)
		return r->error;
	if (r->have >= sizeof(*f) && r->have == sizeof(*f) + f->len)
		r->have = 0; /* that one was given */
	if (r->have < sizeof(*f) && !fill(r, sizeof(*f), data, len, &used)) {
		*ret_used = used;
		return 0;
	}
	if (!head_is_good(f))
		return r->error = -EBADMSG;
	if (!fill(r, sizeof(*f) + f->len, data, len, &used)) {
		*ret_used = used;
		return 0;
	}
	if (!payload_is_good(f))
		return r->error = -EBADMSG;
	*ret_used = used;
	*ret = f;
	return 1;
}
