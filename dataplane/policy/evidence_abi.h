/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * Drop evidence: what the XDP program and the worker copy of frames that they drop, and by which
 * rules they choose. Shared by both and by control, which reads the copies.
 *
 * Sampling is off until control says so, and ends by itself when control does not say so again
 * (until_ns). Each reason has a token bucket of its own on each CPU, so that a flood under one
 * reason does not hide another, and the cost of all is bounded: interval_ns and burst_ns.
 *
 * A sampled copy is not a packet: the ledger of packets does not know of it. Its own is
 *
 *     seen    = unsampled + overrun + sampled     where the frame is dropped
 *     sampled = read + abandoned                  between there and control
 */
#ifndef CV_EVIDENCE_ABI_H
#define CV_EVIDENCE_ABI_H

#include "dataplane/policy/policy_abi.h"

/** Longest copy, bytes. */
#define CV_EVIDENCE_SNAP_MAX 2048u
#define CV_EVIDENCE_ANY_RULE (~0ull)

_Static_assert(CV_REASON_COUNT <= 64, "cv_evidence_config.reasons has a bit for each");

/** What to sample. Written by control, member by member, until_ns last. */
struct cv_evidence_config {
	__u64 until_ns; /* monotonic; 0 = off, all else is only looked at when it is not */
	__u64 reasons; /* bit per enum cv_reason */
	__u64 rule; /* only what this rule decided; CV_EVIDENCE_ANY_RULE = all */
	__u64 interval_ns; /* between two samples of one reason on one CPU, in the long run */
	__u64 burst_ns; /* so far ahead of that they may come */
	__u32 snap; /* bytes to copy, <= CV_EVIDENCE_SNAP_MAX */
	__u32 pad;
};
_Static_assert(sizeof(struct cv_evidence_config) == 48, "shared with BPF");

/** Dropped frames that were wanted, of one port. */
struct cv_evidence_counts {
	__u64 seen;
	__u64 unsampled; /* the bucket of their reason was empty */
	__u64 overrun; /* chosen, but the ring was full */
	__u64 sampled; /* copied into the ring */
};

/** State of one port on one CPU. */
struct cv_evidence_state {
	struct cv_evidence_counts counts;
	__u64 missed; /* seen since the last sample and not sampled */
	__u64 tat[CV_REASON_COUNT]; /* GCRA, ns */
};

/** Head of a copy; the bytes follow. */
struct cv_sample {
	__u64 ts_ns; /* XDP: monotonic; worker: since the Unix epoch */
	__u64 generation; /* number of the one that judged */
	__u64 missed; /* frames of this port seen since the last sample and not sampled */
	__u32 rule; /* id, 0 = default or none asked */
	__u32 wire_len; /* bytes of the frame */
	__u32 len; /* bytes copied */
	__u8 reason; /* enum cv_reason */
	__u8 port; /* index in the generation's ports; XDP: 0, its ring belongs to a port */
	__u16 pad;
};
_Static_assert(sizeof(struct cv_sample) == 40, "shared with BPF");

/** Is a frame dropped for this wanted at all? */
static inline __attribute__((always_inline)) int
cv_evidence_wants(const volatile struct cv_evidence_config *c, __u32 reason, __u32 rule)
{
	return (c->reasons >> (reason & 63) & 1) &&
	       (c->rule == CV_EVIDENCE_ANY_RULE || c->rule == rule);
}

/** Count a wanted frame and take a token. @return 1: sample it. */
static inline __attribute__((always_inline)) int
cv_evidence_admit(const volatile struct cv_evidence_config *c, struct cv_evidence_state *s,
		  __u32 reason, __u64 now_ns)
{
	__u64 tat;

	if (reason >= CV_REASON_COUNT)
		return 0;
	s->counts.seen++;
	tat = s->tat[reason] > now_ns ? s->tat[reason] : now_ns;
	if (tat - now_ns > c->burst_ns) {
		s->counts.unsampled++;
		s->missed++;
		return 0;
	}
	s->tat[reason] = tat + c->interval_ns;
	return 1;
}

#endif
