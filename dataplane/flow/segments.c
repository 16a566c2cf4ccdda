/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out-of-order segments of one direction: a list of pieces by sequence number that do not overlap.
 * What came first wins; a later copy with other content is an overlap conflict (RFC 9293 leaves
 * the choice to the receiver, which is what evasion lives on).
 */
#include <string.h>

#include "dataplane/flow/segments.h"

/* Compare a new copy of bytes with the first one. */
static void compare(struct cv_inspect *in, struct cv_flow *f, const uint8_t *first,
		    const uint8_t *later, size_t len)
{
	if (memcmp(first, later, len) != 0)
		cv_inspect_overlap(in, f);
}

/* Copy one piece into the list behind @p link. @return false when there is no memory. */
static bool insert_piece(struct cv_inspect *in, struct cv_flow_dir *d, uint32_t *link,
			 const struct cv_tcp_segment *seg, uint32_t at, uint32_t len, uint32_t off)
{
	uint32_t i;
	struct cv_segment *s;

	if (d->segment_count >= CV_SEGMENTS_PER_DIR)
		return false;
	i = cv_segment_get(&in->memory);
	if (i == CV_INDEX_NONE)
		return false;
	s = &in->memory.segment[i];
	s->seq = seg->seq + at;
	s->len = (uint16_t)len;
	s->off = (uint16_t)(off + at);
	s->port = in->origin.port;
	s->rule = in->origin.rule;
	s->ts_ns = in->origin.ts_rx_ns;
	s->packet = in->origin.packet;
	memcpy(s->data, seg->data + at, len);
	s->next = *link;
	*link = i;
	d->segment_count++;
	return true;
}

bool cv_segments_hold(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		      const struct cv_tcp_segment *seg, uint32_t off, bool *added)
{
	struct cv_flow_dir *d = &f->dir[dir];
	uint32_t *link = &d->segments;
	uint32_t at = 0;

	*added = false;
	while (at < seg->len) {
		struct cv_segment *s = *link == CV_INDEX_NONE ? NULL : &in->memory.segment[*link];
		uint32_t len = seg->len - at;
		int32_t ahead = s ? cv_seq_diff(s->seq, seg->seq + at) : INT32_MAX;

		if (ahead <= 0) {
			int64_t common = (int64_t)s->len + ahead;

			if (common > 0) {
				common = common < len ? common : len;
				compare(in, f, s->data - ahead, seg->data + at, (size_t)common);
				at += (uint32_t)common;
			}
			link = &s->next;
			continue;
		}
		len = len < (uint32_t)ahead ? len : (uint32_t)ahead;
		len = len < CV_SEGMENT_DATA ? len : CV_SEGMENT_DATA;
		if (!insert_piece(in, d, link, seg, at, len, off))
			return false;
		*added = true;
		at += len;
		link = &in->memory.segment[*link].next;
	}
	return true;
}

/* Give the first piece, which is next in order, to the stream, under its own frame's name. */
static void deliver_first(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	struct cv_flow_dir *d = &f->dir[dir];
	uint32_t i = d->segments;
	struct cv_segment *s = &in->memory.segment[i];
	struct cv_origin now = in->origin;

	in->origin.ts_rx_ns = s->ts_ns;
	in->origin.packet = s->packet;
	in->origin.rule = s->rule;
	in->origin.port = s->port;
	cv_stream_deliver(in, f, dir, s->data, s->len, s->off);
	in->origin = now;
	d->next += s->len;
	d->segments = s->next;
	d->segment_count--;
	if ((f->enforced >> dir & 1) && d->unacked_count < 2 * CV_SEGMENTS_PER_DIR)
		cv_unacked_append(in, f, dir, i);
	else
		cv_segment_put(&in->memory, i);
}

void cv_segments_flush(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	struct cv_flow_dir *d = &f->dir[dir];

	while (d->segments != CV_INDEX_NONE && in->memory.segment[d->segments].seq == d->next)
		deliver_first(in, f, dir);
}

void cv_segments_deliver(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			 const uint8_t *data, uint32_t len, uint32_t off)
{
	struct cv_flow_dir *d = &f->dir[dir];

	while (len > 0) {
		struct cv_segment *s =
			d->segments == CV_INDEX_NONE ? NULL : &in->memory.segment[d->segments];
		uint32_t n = len;

		if (s != NULL && s->seq == d->next) {
			n = n < s->len ? n : s->len;
			compare(in, f, s->data, data, n);
			deliver_first(in, f, dir);
		} else {
			if (s != NULL && (uint32_t)cv_seq_diff(s->seq, d->next) < n)
				n = (uint32_t)cv_seq_diff(s->seq, d->next);
			if (f->enforced >> dir & 1)
				cv_unacked_keep(in, f, dir, d->next, data, n);
			d->next += n;
			cv_stream_deliver(in, f, dir, data, n, off);
		}
		data += n;
		len -= n;
		off += n;
	}
	cv_segments_flush(in, f, dir);
}

void cv_segments_drop(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	struct cv_flow_dir *d = &f->dir[dir];

	while (d->segments != CV_INDEX_NONE) {
		uint32_t i = d->segments;

		d->segments = in->memory.segment[i].next;
		cv_segment_put(&in->memory, i);
	}
	d->segment_count = 0;
}

void cv_segments_compare_held(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			      const struct cv_tcp_segment *seg)
{
	const struct cv_flow_dir *d = &f->dir[dir];
	const struct cv_stream *s = &d->stream;
	uint32_t start = d->next - s->held_len; /* sequence number of the window's first byte */
	int32_t ahead;
	uint32_t skip;
	int64_t common;

	if (s->held_len == 0 || s->skip != 0)
		return;
	ahead = cv_seq_diff(seg->seq, start);
	skip = ahead < 0 ? (uint32_t)-ahead : 0;
	if (skip >= seg->len || ahead >= s->held_len)
		return;
	common = (int64_t)s->held_len - (ahead > 0 ? ahead : 0);
	if (common > (int64_t)(seg->len - skip))
		common = seg->len - skip;
	compare(in, f, cv_window_at(&in->memory, s->held) + (ahead > 0 ? ahead : 0),
		seg->data + skip, (size_t)common);
}
