/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP per direction: which bytes of a segment are next in order (RFC 9293 3.4, 3.10.7.4 seen from
 * outside). In-order bytes go straight from the packet to the decoder; only bytes beyond a hole are
 * copied. A hole is given up when the other end acknowledges bytes behind it (it got what we never
 * saw), when it is older than CV_GAP_NS, or when memory runs out.
 */
#include "dataplane/flow/inspect.h"
#include "dataplane/flow/segments.h"

static struct cv_segment *first_held(struct cv_inspect *in, const struct cv_flow_dir *d)
{
	return d->segments == CV_INDEX_NONE ? NULL : &in->memory.segment[d->segments];
}

/* Keep the flow in the list of those that wait exactly while one of its directions does. */
static void update_gap_list(struct cv_inspect *in, struct cv_flow *f, bool restart)
{
	bool waits = f->dir[0].segments != CV_INDEX_NONE || f->dir[1].segments != CV_INDEX_NONE;

	if (f->in_gap_list && (!waits || restart))
		cv_flow_gap_del(&in->flows, f);
	if (waits && !f->in_gap_list)
		cv_flow_gap_add(&in->flows, f, in->now_ns);
}

/* Give up the hole in front of the first held segment. */
static void give_up_hole(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	struct cv_flow_dir *d = &f->dir[dir];
	struct cv_segment *s = first_held(in, d);
	struct cv_origin now = in->origin;

	if (s == NULL)
		return;
	cv_inspect_origin_of(in, f, dir);
	cv_flow_count(in, CV_FLOW_GAP);
	cv_stream_gap(in, f, dir, (uint32_t)cv_seq_diff(s->seq, d->next));
	d->flags |= CV_TCP_LOST;
	d->lost_from = d->next;
	d->lost_to = s->seq;
	d->next = s->seq;
	cv_segments_flush(in, f, dir);
	update_gap_list(in, f, true);
	in->origin = now;
}

/* The other end has acknowledged the bytes before the first held segment: they will not come. */
static void give_up_acked(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	struct cv_flow_dir *d = &f->dir[dir];
	struct cv_segment *s = first_held(in, d);

	cv_unacked_trim(in, f, dir);
	if (f->enforced >> dir & 1) {
		/* It has bytes that were not judged: nothing more can be. */
		if ((d->flags & CV_TCP_ACKED) && cv_seq_diff(d->ack, d->next) > 1)
			d->flags |= CV_TCP_BROKEN;
		return;
	}
	while (s != NULL && (d->flags & CV_TCP_ACKED) && cv_seq_diff(d->ack, s->seq) >= 0) {
		give_up_hole(in, f, dir);
		s = first_held(in, d);
	}
}

void cv_tcp_give_up(struct cv_inspect *in, struct cv_flow *f)
{
	in->rejects = 0; /* no packet is in hand, and other flows' rejections are not this one's */
	for (unsigned int dir = 0; dir < 2; dir++) {
		const struct cv_segment *s = first_held(in, &f->dir[dir]);
		int64_t ts_ns = in->now_ns - in->shift_ns;

		/* Under constraints a hole given up is the end of the direction (BROKEN). */
		if (s == NULL || !(f->enforced >> dir & 1) || ts_ns - s->ts_ns > CV_GAP_ENFORCED_NS)
			give_up_hole(in, f, dir);
	}
	update_gap_list(in, f, true);
}

/* The whole stream restarts at @p seq: nothing connects it with what was there. */
static void reposition(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t seq)
{
	struct cv_flow_dir *d = &f->dir[dir];

	while (d->segments != CV_INDEX_NONE)
		give_up_hole(in, f, dir);
	cv_flow_count(in, CV_FLOW_GAP);
	cv_stream_gap(in, f, dir, 0);
	d->flags &= (uint8_t)~CV_TCP_LOST;
	d->next = seq;
}

/*
 * A segment from outside the window proves nothing by itself, or one forged segment would silence
 * the decoder. Two near each other, with none from inside the window between them, do. So do late
 * bytes of a hole that was given up: what made it look like a hole may have been the forgery.
 *
 * @return true when the stream was moved to it.
 */
static bool far_segment(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			const struct cv_tcp_segment *seg)
{
	struct cv_flow_dir *d = &f->dir[dir];

	int32_t apart = cv_seq_diff(seg->seq, d->far);

	if ((d->flags & CV_TCP_FAR) && apart >= 0 && apart <= CV_WINDOW_SPAN) {
		reposition(in, f, dir, seg->seq);
		return true;
	}
	d->flags |= CV_TCP_FAR;
	d->far = seg->seq + seg->len;
	cv_flow_count(in, CV_FLOW_OUT_OF_ORDER);
	in->did |= CV_DID_SKIP;
	return false;
}

static bool was_lost(const struct cv_flow_dir *d, const struct cv_tcp_segment *seg)
{
	return (d->flags & CV_TCP_LOST) && cv_seq_diff(seg->seq, d->lost_from) >= 0 &&
	       cv_seq_diff(seg->seq + seg->len, d->lost_to) <= 0;
}

static void hold_segment(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			 const struct cv_tcp_segment *seg)
{
	struct cv_flow_dir *d = &f->dir[dir];
	bool added;

	cv_flow_count(in, CV_FLOW_OUT_OF_ORDER);
	while (!cv_segments_hold(in, f, dir, seg, 0, &added)) {
		if (first_held(in, d) == NULL || (f->enforced >> dir & 1)) {
			cv_flow_count(in, CV_FLOW_SEGMENTS_FULL);
			in->did |= CV_DID_NO_MEMORY;
			return;
		}
		in->did |= CV_DID_HOLD;
		give_up_hole(in, f, dir);
		if (cv_seq_diff(seg->seq + seg->len, d->next) <= 0)
			return; /* went along with what was flushed */
		if (cv_seq_diff(seg->seq, d->next) <= 0) {
			uint32_t old = d->next - seg->seq;

			cv_segments_deliver(in, f, dir, seg->data + old, seg->len - old, old);
			return;
		}
	}
	in->did |= added ? CV_DID_HOLD : CV_DID_DUPLICATE;
	update_gap_list(in, f, false);
	give_up_acked(in, f, dir);
}

static void payload(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		    const struct cv_tcp_segment *seg)
{
	struct cv_flow_dir *d = &f->dir[dir];
	int32_t ahead;
	uint32_t old;

	if (!(d->flags & CV_TCP_KNOWN)) {
		d->flags |= CV_TCP_KNOWN;
		d->next = seg->seq; /* picked up in mid-stream */
	}
	ahead = cv_seq_diff(seg->seq, d->next);
	if ((ahead > CV_WINDOW_SPAN || ahead < -CV_OLD_SPAN || was_lost(d, seg)) &&
	    !far_segment(in, f, dir, seg))
		return;
	d->flags &= (uint8_t)~CV_TCP_FAR;
	ahead = cv_seq_diff(seg->seq, d->next);
	if (ahead > 0) {
		hold_segment(in, f, dir, seg);
		return;
	}
	old = (uint32_t)-ahead;
	/* The one octet of a keep-alive is garbage by right (RFC 9293 3.8.4). */
	if (old > 0 && !(old == 1 && seg->len == 1))
		cv_segments_compare_held(in, f, dir, seg);
	if (old >= seg->len) {
		in->did |= CV_DID_DUPLICATE;
		return;
	}
	cv_segments_deliver(in, f, dir, seg->data + old, seg->len - old, old);
	if (f->in_gap_list)
		update_gap_list(in, f, true);
}

static void acknowledge(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t ack)
{
	struct cv_flow_dir *d = &f->dir[dir];

	if (!(d->flags & CV_TCP_ACKED) || cv_seq_diff(ack, d->ack) > 0) {
		d->flags |= CV_TCP_ACKED;
		d->ack = ack;
	}
	give_up_acked(in, f, dir);
}

void cv_tcp_finish(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		   enum cv_reject reason)
{
	struct cv_origin now = in->origin;

	cv_inspect_origin_of(in, f, dir);
	while (f->dir[dir].segments != CV_INDEX_NONE)
		give_up_hole(in, f, dir);
	cv_stream_finish(in, f, dir, reason);
	in->origin = now;
}

/* All bytes up to the FIN are delivered: an incomplete message stays incomplete. */
static void check_done(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	struct cv_flow_dir *d = &f->dir[dir];

	if ((d->flags & (CV_TCP_FIN | CV_TCP_DONE)) == CV_TCP_FIN &&
	    cv_seq_diff(d->next, d->fin) >= 0) {
		d->flags |= CV_TCP_DONE;
		cv_tcp_finish(in, f, dir, CV_REJECT_TRUNCATED);
	}
	if ((f->dir[0].flags & f->dir[1].flags & CV_TCP_DONE) && !f->closed) {
		f->closed = 1;
		cv_flow_relist(&in->flows, f, CV_FLOWS_SHORT);
	}
}

/* Like a reset, a FIN from outside the window is none: it would end the message in hand. */
static void take_fin(struct cv_flow_dir *d, uint32_t seq)
{
	int32_t ahead = cv_seq_diff(seq, d->next);

	if ((d->flags & CV_TCP_KNOWN) && (ahead < 0 || ahead > CV_WINDOW_SPAN))
		return;
	if (!(d->flags & CV_TCP_KNOWN))
		d->next = seq;
	d->flags |= CV_TCP_KNOWN | CV_TCP_FIN;
	d->fin = seq;
}

/* RFC 9293 3.10.7.4, RFC 5961 3: a reset counts only inside the window. */
static void reset(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t seq)
{
	struct cv_flow_dir *d = &f->dir[dir];
	int32_t ahead = cv_seq_diff(seq, d->next);

	if (f->closed || ((d->flags & CV_TCP_KNOWN) && (ahead < -1 || ahead > 65535)))
		return;
	/* A receiver takes one at the very next byte for sure (RFC 5961 3.2), else perhaps. */
	if (f->enforced != 0 && ahead != 0)
		return;
	f->dir[0].flags |= CV_TCP_BROKEN;
	f->dir[1].flags |= CV_TCP_BROKEN;
	cv_tcp_finish(in, f, 0, CV_REJECT_TRUNCATED);
	cv_tcp_finish(in, f, 1, CV_REJECT_TRUNCATED);
	f->closed = 1;
	cv_flow_relist(&in->flows, f, CV_FLOWS_SHORT);
}

bool cv_tcp_is_reuse(const struct cv_flow *f, unsigned int dir, const struct cv_tcp_segment *seg)
{
	const struct cv_flow_dir *d = &f->dir[dir];

	/* A repeated SYN says the same as the first; a SYN that says otherwise starts anew. */
	return (seg->flags & CV_TH_SYN) && (d->flags & CV_TCP_KNOWN) &&
	       !((d->flags & CV_TCP_SYN) && d->first == seg->seq + 1);
}

void cv_tcp_segment(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		    const struct cv_tcp_segment *seg)
{
	struct cv_flow_dir *d = &f->dir[dir];
	struct cv_tcp_segment s = *seg;

	if (s.flags & CV_TH_SYN) {
		s.seq++; /* the SYN takes a number (RFC 9293 3.4) */
		if (!(d->flags & CV_TCP_KNOWN)) {
			d->flags |= CV_TCP_KNOWN | CV_TCP_SYN;
			d->next = s.seq;
			d->first = s.seq;
		}
	}
	if ((s.flags & (CV_TH_SYN | CV_TH_ACK)) == (CV_TH_SYN | CV_TH_ACK) &&
	    (f->dir[1 - dir].flags & CV_TCP_SYN) && s.ack == f->dir[1 - dir].first)
		f->open = 1;
	if (s.flags & CV_TH_RST) {
		reset(in, f, dir, s.seq);
		return;
	}
	if (s.len > 0)
		payload(in, f, dir, &s);
	if (s.flags & CV_TH_ACK)
		acknowledge(in, f, 1 - dir, s.ack);
	if ((s.flags & CV_TH_FIN) && !(d->flags & CV_TCP_FIN))
		take_fin(d, s.seq + s.len);
	check_done(in, f, dir);
	if (s.flags & CV_TH_ACK)
		check_done(in, f, 1 - dir);
}
