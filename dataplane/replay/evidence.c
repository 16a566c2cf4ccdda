/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames that were dropped once, judged again: does the policy still say what the capture says?
 *
 * For what follows from the frame and the policy alone, action, reason and rule must be the same.
 * Other reasons hang on more than the frame: on all the frames before it, most of which passed and
 * are not in the file (limits, the stream a message was part of), or on the path behind the verdict (a
 * full port, no dataplane). There the rule must be the same, and the verdict must come as far as
 * that rule; no more can be said. Quarantine comes before every rule and its list is not in the
 * file: only what comes before quarantine can speak against it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "dataplane/replay/replay.h"

/* Does the reason follow from the frame and the policy alone? */
static bool is_of_the_frame(unsigned int reason, unsigned int judge)
{
	switch ((enum cv_reason)reason) {
	case CV_REASON_DENY_RULE:
	case CV_REASON_DENY_DEFAULT:
	case CV_REASON_DENY_NON_IP:
	case CV_REASON_SHORT:
	case CV_REASON_BAD_IP:
	case CV_REASON_BAD_EXT:
	case CV_REASON_BAD_FRAG:
	case CV_REASON_BAD_L4:
	case CV_REASON_UNKNOWN:
		return true;
	case CV_REASON_SPOOF:
		/* The worker also knows identities inside of messages, and they inside of streams. */
		return judge == CV_JUDGE_XDP;
	default:
		return false;
	}
}

static bool came_as_far(const struct cv_frame *f)
{
	return CV_VERDICT_ACTION(f->verdict) != CV_ACTION_DROP ||
	       !is_of_the_frame(CV_VERDICT_REASON(f->verdict), CV_JUDGE_XDP);
}

static bool may_be_quarantined(const struct cv_frame *f)
{
	unsigned int reason = CV_VERDICT_REASON(f->verdict);

	return reason != CV_REASON_ALLOW_GUARD &&
	       (reason < CV_REASON_SHORT || reason > CV_REASON_BAD_L4);
}

static void tell(const struct cv_replay *r, const struct cv_frame *f,
		 const struct cv_evidence_note *n)
{
	if (r->options.summary)
		return;
	fprintf(r->output.out,
		"frame %" PRIu64 " from %s: dropped by generation %" PRIu64
		" for %s, rule %u; this policy says %s, rule %u\n",
		f->number, n->device[0] ? n->device : "?", n->generation, cv_reason_name(n->reason),
		n->rule, cv_reason_name(CV_VERDICT_REASON(f->verdict)), f->rule);
}

void cv_replay_compare(struct cv_replay *r, const struct cv_frame *f,
		       const struct cv_evidence_note *n)
{
	struct cv_replay_evidence *e = &r->evidence;

	e->frames++;
	if (CV_VERDICT_ACTION(f->verdict) == CV_ACTION_DROP &&
	    CV_VERDICT_REASON(f->verdict) == n->reason && f->rule == n->rule) {
		e->equal++;
	} else if (n->reason == CV_REASON_QUARANTINE && n->rule == 0 && may_be_quarantined(f)) {
		e->by_rule++;
	} else if (f->rule == n->rule && !is_of_the_frame(n->reason, n->judge) && came_as_far(f)) {
		e->by_rule++;
	} else {
		e->different++;
		tell(r, f, n);
	}
}

bool cv_replay_note(struct cv_replay *r, const char *comment, size_t len,
		    struct cv_evidence_note *ret)
{
	int res = comment ? cv_evidence_comment_parse(comment, len, ret) : -1;

	if (res == 0)
		return true;
	r->evidence.others++;
	r->evidence.broken += comment && res == -EBADMSG;
	return false;
}

int cv_replay_evidence_end(const struct cv_replay *r)
{
	const struct cv_replay_evidence *e = &r->evidence;

	if (!r->options.summary)
		fprintf(r->output.out,
			"%" PRIu64 " dropped frames: %" PRIu64 " equal, %" PRIu64
			" equal by rule, %" PRIu64 " different; %" PRIu64 " frames say nothing\n",
			e->frames, e->equal, e->by_rule, e->different, e->others);
	return e->different != 0 || e->broken != 0 ? CV_REPLAY_LEDGER : CV_REPLAY_OK;
}
