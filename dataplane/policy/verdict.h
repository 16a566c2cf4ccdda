/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * The verdict, written once (D3): what becomes of a frame, why, and which rule said so. Compiled
 * into the XDP program and into the worker; neither may assume that the other has filtered.
 *
 * Before including it, the includer defines how device state is updated:
 *   CV_CAS64(ptr, old, new)  compare and swap, gives the value before
 *   CV_ADD64(ptr, n)         add
 */
#ifndef CV_VERDICT_H
#define CV_VERDICT_H

#include "dataplane/policy/verdict_parse.h"

#ifndef CV_NULL
#define CV_NULL ((void *)0)
#endif

/* Tries to move the arrival time on before a frame is given up as CONTENDED. */
#define CV_METER_TRIES 4

/** Outcome of one frame. */
struct cv_judgement {
	__u32 verdict; /* CV_VERDICT(action, reason) */
	__u32 rule; /* id of the deciding rule, 0 = default or none asked */
	__u32 inspect; /* decode the payload */
};

CV_INLINE int cv_needs_classes(const struct cv_policy_defaults *d)
{
	return (d->probes & ~CV_PROBE_NO_CLASS) != 0;
}

/** The keys to try for a packet, one bit each, lowest first; see policy_abi.h for the order. */
CV_INLINE __u32 cv_probe_mask(const struct cv_policy_defaults *d, const struct cv_packet *p,
			      __u16 src_class, __u16 dst_class)
{
	__u32 kinds = CV_PROBE_KIND(CV_PROBE_ANY_PORT) | CV_PROBE_KIND(CV_PROBE_ANY_PROTO);
	__u32 pairs = 0x8; /* {any,any} */

	if (p->fragment == CV_FRAG_LATER)
		kinds |= CV_PROBE_KIND(CV_PROBE_FRAGMENT);
	else if (p->ip_proto == CV_IPPROTO_TCP || p->ip_proto == CV_IPPROTO_UDP)
		kinds |= CV_PROBE_KIND(CV_PROBE_DPORT) | CV_PROBE_KIND(CV_PROBE_SPORT);
	if (dst_class)
		pairs |= 0x4;
	if (src_class)
		pairs |= 0x2;
	if (src_class && dst_class)
		pairs |= 0x1;
	return d->probes & kinds & (pairs * 0x11111u);
}

/** The key of one bit of the mask. */
CV_INLINE void cv_probe_key(__u32 bit, const struct cv_packet *p, __u16 src_class, __u16 dst_class,
			    struct cv_rule_key *k)
{
	__u32 kind = bit / CV_PROBE_PAIRS;

	k->src_class = bit & 2 ? 0 : src_class;
	k->dst_class = bit & 1 ? 0 : dst_class;
	k->port = kind == CV_PROBE_DPORT ? p->dport : kind == CV_PROBE_SPORT ? p->sport : 0;
	k->ip_proto = kind == CV_PROBE_ANY_PROTO ? 0 : p->ip_proto;
	k->match = kind == CV_PROBE_DPORT      ? CV_MATCH_DPORT
		   : kind == CV_PROBE_SPORT    ? CV_MATCH_SPORT
		   : kind == CV_PROBE_FRAGMENT ? CV_MATCH_FRAGMENT
					       : CV_MATCH_ANY_PORT;
}

CV_INLINE void cv_device_key(const struct cv_packet *p, struct cv_device_key *k)
{
	k->addr[0] = p->src.q[0];
	k->addr[1] = p->src.q[1];
	k->vlan = p->vlan;
	k->family = p->family;
	k->pad = 0;
}

CV_INLINE void cv_judge_drop(struct cv_judgement *j, __u32 reason)
{
	j->verdict = CV_VERDICT(CV_ACTION_DROP, reason);
	j->inspect = 0;
}

/** Outcome of a frame that is not IP. */
CV_INLINE void cv_judge_non_ip(const struct cv_policy_defaults *d, struct cv_judgement *j)
{
	__u32 reason =
		d->non_ip_action == CV_ACTION_DROP ? CV_REASON_DENY_NON_IP : CV_REASON_ALLOW_NON_IP;

	j->verdict = CV_VERDICT(d->non_ip_action, reason);
	j->rule = 0;
	j->inspect = 0;
}

/** Outcome by the rule that was found, or by the default where @p r is null. No device yet. */
CV_INLINE void cv_judge_rule(const struct cv_policy_defaults *d, const struct cv_rule *r,
			     struct cv_judgement *j)
{
	__u32 action = r ? r->action : d->ip_action;
	__u32 reason;

	if (action == CV_ACTION_DROP)
		reason = r ? CV_REASON_DENY_RULE : CV_REASON_DENY_DEFAULT;
	else if (action == CV_ACTION_HOST)
		reason = CV_REASON_ALLOW_HOST;
	else
		reason = r ? CV_REASON_ALLOW : CV_REASON_ALLOW_DEFAULT;
	j->verdict = CV_VERDICT(action, reason);
	j->rule = r ? r->id : 0;
	j->inspect = 0;
	if (action != CV_ACTION_DROP)
		j->inspect = r ? !!(r->flags & CV_RULE_INSPECT) : d->inspect;
}

/**
 * GCRA (D5; ITU-T I.371 A): a frame conforms when its theoretical arrival time is not further
 * ahead than the burst.
 *
 * @param now_ns monotonic, below 2^58 (nine years).
 * @return 0, RATE_DEVICE or CONTENDED.
 */
CV_INLINE int cv_meter(struct cv_device *dev, const struct cv_rule *r, __u64 now_ns, __u32 len)
{
	__u64 now = now_ns << 6;
	__u64 cost = r->cost_packet + ((len * r->cost_byte16) >> 10);
	int i;

	for (i = 0; i < CV_METER_TRIES; i++) {
		__u64 tat = *(volatile __u64 *)&dev->tat;
		__u64 next = (tat > now ? tat : now) + cost;

		if (next - now > r->burst)
			return CV_REASON_RATE_DEVICE;
		if (CV_CAS64(&dev->tat, tat, next) == tat)
			return 0;
	}
	return CV_REASON_CONTENDED;
}

/** Device state is made for frames under a policing rule only; others just look for it. */
CV_INLINE int cv_rule_polices(const struct cv_rule *r)
{
	return r && (r->flags & CV_RULE_POLICE);
}

/**
 * The device's word on a frame that may pass so far; changes @p j to a drop or leaves it.
 *
 * @param dev state of the sender; null: there is none, or no room for it.
 * @param len frame, bytes.
 */
CV_INLINE void cv_judge_device(struct cv_device *dev, const struct cv_rule *r, __u64 now_ns,
			       __u32 len, struct cv_judgement *j)
{
	int reason = 0;

	if (!dev) {
		if (cv_rule_polices(r))
			cv_judge_drop(j, CV_REASON_NO_STATE);
		return;
	}
	CV_ADD64(&dev->packets, 1);
	CV_ADD64(&dev->bytes, len);
	dev->last_seen = (__u32)(now_ns >> CV_DEVICE_SEEN_SHIFT);
	if (dev->flags & CV_DEVICE_QUARANTINED)
		reason = CV_REASON_QUARANTINE;
	else if (cv_rule_polices(r))
		reason = cv_meter(dev, r, now_ns, len);
	if (reason) {
		CV_ADD64(&dev->drops, 1);
		cv_judge_drop(j, reason);
	}
}

#endif
