/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which segments may be put in their place under a rule with constraints. The receiver's stream
 * has to be the one that is judged here, byte for byte:
 *
 * - both ends have said so: the handshake was seen, so nothing of the stream was missed;
 * - bytes that were judged and may come again come again as they were (unacked.c);
 * - bytes out of order pass, since without those before them they are nothing, and are kept until
 *   those come. They are never given up: no memory means that the segment is dropped;
 * - what receivers make of urgent data differs (RFC 6093 3), so there is none.
 */
#include "dataplane/flow/enforce.h"
#include "dataplane/flow/inspect.h"
#include "dataplane/flow/segments.h"

#define TH_URG 0x20u

/* Nothing of the flow was delivered to a decoder yet. */
static bool is_fresh(const struct cv_flow *f)
{
	for (unsigned int dir = 0; dir < 2; dir++) {
		const struct cv_flow_dir *d = &f->dir[dir];

		if ((d->flags & CV_TCP_KNOWN) && (!(d->flags & CV_TCP_SYN) || d->next != d->first))
			return false;
	}
	return true;
}

/* Is what we know of this direction all there is to know? */
static bool is_whole(const struct cv_inspect *in, const struct cv_flow *f, unsigned int dir)
{
	const struct cv_flow_dir *d = &f->dir[dir];

	if (!f->open || !(d->flags & CV_TCP_SYN) || (d->flags & CV_TCP_BROKEN))
		return false;
	return d->stream.state == CV_STREAM_MESSAGE ||
	       (in->enforce.app->flags & CV_APP_MALFORMED_PASS);
}

static enum cv_reason judge_segment(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
				    const struct cv_tcp_segment *seg)
{
	const struct cv_flow_dir *d = &f->dir[dir];
	int32_t ahead = cv_seq_diff(seg->seq, d->next);

	if (seg->flags & CV_TH_SYN) /* the handshake comes first (RFC 7413 falls back to it) */
		return CV_REASON_APP_UNJUDGED;
	if (f->class != CV_FLOW_CLAIMED && is_fresh(f))
		cv_enforce_new_flow(in, f, dir);
	if (f->class != CV_FLOW_CLAIMED || !is_whole(in, f, dir))
		return CV_REASON_APP_UNJUDGED;
	if (f->proto != in->enforce.app->proto)
		return CV_REASON_APP_PROTO;
	if (ahead > CV_WINDOW_SPAN || ahead < -CV_OLD_SPAN)
		return CV_REASON_APP_UNJUDGED;
	if ((d->flags & CV_TCP_FIN) && cv_seq_diff(seg->seq + seg->len, d->fin) > 0)
		return CV_REASON_APP_UNJUDGED;
	if (ahead < 0 && !cv_unacked_same(in, f, dir, seg))
		return CV_REASON_APP_UNJUDGED;
	if (ahead <= 0 && cv_seq_diff(seg->seq + seg->len, d->next) > 0)
		return cv_enforce_rate(in, f);
	return 0;
}

bool cv_enforce_segment(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			const struct cv_tcp_segment *seg)
{
	struct cv_flow_dir *d = &f->dir[dir];
	enum cv_reason reason = d->denied;

	if (reason == 0 && (seg->flags & TH_URG) && in->enforce.strict)
		reason = d->denied = CV_REASON_APP_PROTO;
	if (seg->len == 0)
		return true; /* acknowledgements and the end of the connection pass */
	if (reason == 0 && in->enforce.strict) {
		f->enforced |= (uint8_t)(1u << dir);
		reason = judge_segment(in, f, dir, seg);
	} else if (reason == 0 && in->enforce.app != NULL) {
		if (f->class == CV_FLOW_CLAIMED && f->proto != in->enforce.app->proto)
			cv_enforce_drop(in, CV_REASON_APP_PROTO);
		else if (cv_enforce_rate(in, f) != 0)
			cv_enforce_drop(in, CV_REASON_RATE_MESSAGES);
	}
	if (reason == 0 && in->enforce.strict && f->list == CV_FLOWS_SHORT && !f->closed)
		cv_flow_relist(&in->flows, f, CV_FLOWS_TCP); /* what is lost with it cannot go on */
	if (reason == 0)
		return true;
	in->did |= CV_DID_DISCARD;
	in->enforce.drop = (uint8_t)reason;
	return false;
}
