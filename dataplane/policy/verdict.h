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

/** A MAC address as one number: its six bytes from the lowest on. */
CV_INLINE __u64 cv_load_mac(const __u8 *at)
{
	return (__u64)CV_LOAD16(at + 4) << 32 | CV_LOAD32(at);
}

/* ---- the guard ----------------------------------------------------------------------------- */

/* Above every header offset, which six extension headers bound; the kernel wants to see a bound. */
#define CV_OFFSET_MASK 0x3fff

CV_INLINE int cv_same_addr(const __u64 *a, const __u64 *b)
{
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]));
}

/* ARP for IPv4 over Ethernet (RFC 826): who has, or is told of, this address? */
CV_INLINE int cv_guard_arp(struct cv_span f, const struct cv_packet *p, const struct cv_guard *g)
{
	const __u8 *at = f.data + (p->l3_off & CV_OFFSET_MASK);

	if (g->family != 4 || at + CV_ARP_SIZE > f.end)
		return 0;
	return CV_ADDR4(CV_LOAD32(at + CV_ARP_TARGET)) == g->addr[0];
}

/* Neighbour solicitation for the address, which is sent to a multicast group (RFC 4861 4.3). */
CV_INLINE int cv_guard_nd(struct cv_span f, const struct cv_packet *p, const struct cv_guard *g)
{
	const __u8 *at = f.data + (p->l4_off & CV_OFFSET_MASK);

	if (p->ip_proto != CV_IPPROTO_ICMP6 || at + CV_ND_SIZE > f.end)
		return 0;
	if (at[0] == CV_ND_SOLICITATION)
		return CV_LOAD64(at + 8) == g->addr[0] && CV_LOAD64(at + 16) == g->addr[1];
	return at[0] == CV_ND_ADVERTISEMENT && cv_same_addr(p->dst.q, g->addr);
}

/** Does this guard claim the frame? */
CV_INLINE int cv_guard_claims(struct cv_span f, const struct cv_packet *p, const struct cv_guard *g)
{
	if (p->ethertype == CV_ETHERTYPE_ARP)
		return cv_guard_arp(f, p, g);
	if (p->family != g->family || p->fragment == CV_FRAG_LATER)
		return 0;
	if (p->family == 6 && cv_guard_nd(f, p, g))
		return 1;
	if (!cv_same_addr(p->dst.q, g->addr))
		return 0;
	if ((p->src.q[0] & g->from_mask[0]) != g->from[0] ||
	    (p->src.q[1] & g->from_mask[1]) != g->from[1])
		return 0;
	return (!g->ip_proto || g->ip_proto == p->ip_proto) && (!g->port || g->port == p->dport);
}

CV_INLINE int cv_guarded(const struct cv_policy_head *h, struct cv_span f,
			 const struct cv_packet *p)
{
	__u32 i;

	for (i = 0; i < CV_GUARDS_MAX; i++) {
		if (i >= h->n_guards)
			break;
		if (cv_guard_claims(f, p, &h->guards[i]))
			return 1;
	}
	return 0;
}

CV_INLINE void cv_judge_guard(struct cv_judgement *j)
{
	j->verdict = CV_VERDICT(CV_ACTION_HOST, CV_REASON_ALLOW_GUARD);
}

/* ---- identities ---------------------------------------------------------------------------- */

CV_INLINE void cv_binding_key_addr(const struct cv_packet *p, struct cv_binding_key *k)
{
	k->id[0] = p->src.q[0];
	k->id[1] = p->src.q[1];
	k->kind = p->family;
	k->pad = 0;
}

CV_INLINE void cv_binding_key_mac(__u64 mac, struct cv_binding_key *k)
{
	k->id[0] = mac;
	k->id[1] = 0;
	k->kind = CV_BINDING_OF_MAC;
	k->pad = 0;
}

/* ---- quarantine ---------------------------------------------------------------------------- */

/**
 * Who a frame says it is from, beside its MAC address: its source address, or the sender's of ARP
 * for IPv4 (RFC 826). No VLAN: who is put away is put away everywhere.
 *
 * @return 0: it does not say.
 */
CV_INLINE int cv_quarantine_key_addr(struct cv_span f, const struct cv_packet *p,
				     struct cv_binding_key *k)
{
	const __u8 *at = f.data + (p->l3_off & CV_OFFSET_MASK);

	cv_binding_key_addr(p, k);
	if (p->family)
		return 1;
	if (p->ethertype != CV_ETHERTYPE_ARP || at + CV_ARP_SIZE > f.end)
		return 0;
	k->id[0] = CV_ADDR4(CV_LOAD32(at + CV_ARP_SENDER));
	k->id[1] = 0;
	k->kind = 4;
	return 1;
}

/** A drop that is the same under every policy: by parsing, or by quarantine. @return reason or 0. */
CV_INLINE __u32 cv_settled(__u32 verdict)
{
	__u32 reason = CV_VERDICT_REASON(verdict);

	return (reason >= CV_REASON_SHORT && reason <= CV_REASON_BAD_L4) ||
			       reason == CV_REASON_QUARANTINE
		       ? reason
		       : 0;
}

/* ---- who sent it --------------------------------------------------------------------------- */

/** Is the sender where its identity is bound to? @p mac: source address of the frame. */
CV_INLINE int cv_binding_holds(const struct cv_binding *b, const struct cv_packet *p, __u64 mac)
{
	if (b->flags & CV_BIND_MAC && b->mac != mac)
		return 0;
	if (b->flags & CV_BIND_VLAN && b->vlan != p->vlan)
		return 0;
	if (!(b->flags & CV_BIND_PREFIX))
		return 1;
	return b->family == p->family && (p->src.q[0] & b->mask[0]) == b->addr[0] &&
	       (p->src.q[1] & b->mask[1]) == b->addr[1];
}

/** Must the class of the sender be known, beside what rules want? */
CV_INLINE int cv_asks_sender(const struct cv_context *c)
{
	return c->unknown != CV_UNKNOWN_ALLOW;
}

CV_INLINE int cv_needs_classes(const struct cv_context *c)
{
	return (c->probes & ~CV_PROBE_NO_CLASS) != 0;
}

/** Must state of the device be made for this frame? */
CV_INLINE int cv_learns(const struct cv_context *c, __u16 src_class)
{
	return c->unknown == CV_UNKNOWN_LEARN && !src_class;
}

/* ---- the rule ------------------------------------------------------------------------------ */

/** The keys to try for a packet, one bit each, lowest first; see policy_abi.h for the order. */
CV_INLINE __u32 cv_probe_mask(const struct cv_context *c, const struct cv_packet *p,
			      __u16 src_class, __u16 dst_class)
{
	__u32 kinds = CV_PROBE_KIND(CV_PROBE_ANY_PROTO);
	__u32 pairs = 0x8; /* {any,any} */

	/* A key of protocol 0 is of any protocol: asked as one of its own, it would come too soon. */
	if (p->ip_proto)
		kinds |= CV_PROBE_KIND(CV_PROBE_ANY_PORT);
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
	return c->probes & kinds & (pairs * 0x11111u);
}

/** The key of one bit of the mask, in context number @p context. */
CV_INLINE void cv_probe_key(__u32 bit, const struct cv_packet *p, __u32 context, __u16 src_class,
			    __u16 dst_class, struct cv_rule_key *k)
{
	__u32 kind = bit / CV_PROBE_PAIRS;
	__u32 match = kind == CV_PROBE_DPORT	  ? CV_MATCH_DPORT
		      : kind == CV_PROBE_SPORT	  ? CV_MATCH_SPORT
		      : kind == CV_PROBE_FRAGMENT ? CV_MATCH_FRAGMENT
						  : CV_MATCH_ANY_PORT;

	k->src_class = bit & 2 ? 0 : src_class;
	k->dst_class = bit & 1 ? 0 : dst_class;
	k->port = kind == CV_PROBE_DPORT ? p->dport : kind == CV_PROBE_SPORT ? p->sport : 0;
	k->ip_proto = kind == CV_PROBE_ANY_PROTO ? 0 : p->ip_proto;
	k->match = CV_KEY_MATCH(match, context);
}

CV_INLINE void cv_device_key(const struct cv_packet *p, struct cv_device_key *k)
{
	k->addr[0] = p->src.q[0];
	k->addr[1] = p->src.q[1];
	k->vlan = p->vlan;
	k->family = p->family;
	k->pad = 0;
}

/** The rule that was found, if any, stays who decided. */
CV_INLINE void cv_judge_drop(struct cv_judgement *j, __u32 reason)
{
	j->verdict = CV_VERDICT(CV_ACTION_DROP, reason);
	j->inspect = 0;
	j->app = 0;
}

/** Outcome of a frame that is not IP. */
CV_INLINE void cv_judge_non_ip(const struct cv_context *c, struct cv_judgement *j)
{
	__u32 reason =
		c->non_ip_action == CV_ACTION_DROP ? CV_REASON_DENY_NON_IP : CV_REASON_ALLOW_NON_IP;

	j->verdict = CV_VERDICT(c->non_ip_action, reason);
}

/** Outcome by the rule that was found, or by the default where @p r is null. No limit yet. */
CV_INLINE void cv_judge_rule(const struct cv_context *c, const struct cv_rule *r,
			     struct cv_judgement *j)
{
	__u32 action = r ? r->action : c->ip_action;
	__u32 reason;

	if (action == CV_ACTION_DROP)
		reason = r ? CV_REASON_DENY_RULE : CV_REASON_DENY_DEFAULT;
	else if (action == CV_ACTION_HOST)
		reason = CV_REASON_ALLOW_HOST;
	else
		reason = r ? CV_REASON_ALLOW : CV_REASON_ALLOW_DEFAULT;
	j->verdict = CV_VERDICT(action, reason);
	j->rule = r ? r->id : 0;
	j->index = r ? r->index : 0;
	if (action != CV_ACTION_DROP) {
		j->inspect = r ? !!(r->flags & CV_RULE_INSPECT) : c->inspect;
		j->app = r ? r->app : 0;
	}
}

/* ---- limits -------------------------------------------------------------------------------- */

CV_INLINE int cv_limits(const struct cv_limit *l)
{
	return (l->cost_packet | l->cost_byte16) != 0;
}

/**
 * Which limit holds for a single sender, and what a refusal is called.
 *
 * @return null: none.
 */
CV_INLINE const struct cv_limit *
cv_sender_limit(const struct cv_context *c, const struct cv_rule *r, __u16 src_class, __u32 *reason)
{
	*reason = CV_REASON_RATE_DEVICE;
	if (r && r->flags & CV_RULE_EXEMPT)
		return CV_NULL;
	if (c->unknown == CV_UNKNOWN_LIMIT && !src_class) {
		*reason = CV_REASON_RATE_UNKNOWN;
		return &c->unknown_limit;
	}
	if (r && r->flags & CV_RULE_POLICE)
		return &r->limit;
	return cv_limits(&c->device_limit) ? &c->device_limit : CV_NULL;
}

/**
 * GCRA (D5; ITU-T I.371 A): a frame conforms when its theoretical arrival time is not further
 * ahead than the burst.
 *
 * @param now_ns monotonic, below 2^58 (nine years).
 * @return 0, @p reason or CONTENDED.
 */
CV_INLINE __u32 cv_meter(__u64 *state, const struct cv_limit *l, __u64 now_ns, __u32 len,
			 __u32 reason)
{
	__u64 now = now_ns << 6;
	__u64 cost = l->cost_packet + ((len * l->cost_byte16) >> 10);
	int i;

	for (i = 0; i < CV_METER_TRIES; i++) {
		__u64 tat = *(volatile __u64 *)state;
		__u64 next = (tat > now ? tat : now) + cost;

		if (next - now > l->burst)
			return reason;
		if (CV_CAS64(state, tat, next) == tat)
			return 0;
	}
	return CV_REASON_CONTENDED;
}

/** Count a frame of a device. @param bad 0: it passes. */
CV_INLINE void cv_device_count(struct cv_device *dev, __u32 len, __u32 bad)
{
	__u64 was = *(volatile __u64 *)&dev->counts;
	__u64 add = was & CV_DEVICE_PACKETS_FULL ? 0 : CV_DEVICE_PACKET;

	if (bad && !(was & CV_DEVICE_DROPS_FULL))
		add += CV_DEVICE_DROP;
	CV_ADD64(&dev->counts, add);
	CV_ADD64(&dev->bytes, len);
}

/**
 * The device's word on a frame that may pass so far; changes @p j to a drop or leaves it. State is
 * made for frames with a limit and where senders are learned; others just look for it.
 *
 * @param dev state of the sender; null: there is none, or no room for it.
 * @param limit from cv_sender_limit(), @p reason likewise; null: none.
 * @param len frame, bytes.
 */
CV_INLINE void cv_judge_device(struct cv_device *dev, const struct cv_limit *limit, __u32 reason,
			       __u64 now_ns, __u32 len, struct cv_judgement *j)
{
	__u32 bad = 0;

	if (!dev) {
		if (limit)
			cv_judge_drop(j, CV_REASON_NO_STATE);
		return;
	}
	dev->last_seen = (__u16)(now_ns >> CV_DEVICE_SEEN_SHIFT);
	if (limit)
		bad = cv_meter(&dev->tat, limit, now_ns, len, reason);
	cv_device_count(dev, len, bad);
	if (bad)
		cv_judge_drop(j, bad);
}

/** A shared limit's word on a frame that may pass so far: first the rule's or group's, then the
 * port's. What the first takes is not given back when the second refuses. */
CV_INLINE void cv_judge_meter(struct cv_meter *m, __u64 now_ns, __u32 len, struct cv_judgement *j)
{
	__u32 bad;

	if (CV_VERDICT_ACTION(j->verdict) == CV_ACTION_DROP || !cv_limits(&m->limit))
		return;
	bad = cv_meter(&m->tat, &m->limit, now_ns, len, m->reason);
	if (bad)
		cv_judge_drop(j, bad);
}

#endif
