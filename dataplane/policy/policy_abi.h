/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * What the verdict reads and returns: layouts and lists shared by the XDP program, the worker and
 * the policy compiler. Only fixed-width kernel types, no libc, explicit padding.
 */
#ifndef CV_POLICY_ABI_H
#define CV_POLICY_ABI_H

#include <linux/types.h>

#define CV_INLINE static inline __attribute__((always_inline))

/* Stops the compiler from making a branch of what is computed without one. */
#define CV_HIDE(x) asm volatile("" : "+r"(x))

/* What becomes of a frame. HOST is only possible where there is a host stack behind (XDP). */
#define CV_ACTIONS(X)                                                                              \
	X(DROP, "drop")                                                                            \
	X(FORWARD, "forward") /* to the peer port; XDP steers it to the dataplane */               \
	X(HOST, "host") /* to this node's own stack */

/*
 * Why. Every frame is counted under exactly one reason by each judge (ledger, D13).
 * The first block are reasons to let pass, the second the verdict's drops, the third drops of
 * the path around the verdict.
 */
#define CV_REASONS(X)                                                                              \
	X(ALLOW, "allow") /* a rule allows it */                                                   \
	X(ALLOW_DEFAULT, "allow-default") /* no rule, default allow */                             \
	X(ALLOW_NON_IP, "allow-non-ip") /* ARP and the like */                                     \
	X(ALLOW_HOST, "allow-host") /* for this node */                                            \
	X(ALLOW_GUARD, "allow-guard") /* management of this node: before every rule */             \
	X(DENY_RULE, "deny-rule") /* a rule denies it */                                           \
	X(DENY_DEFAULT, "deny-default") /* no rule, default deny */                                \
	X(DENY_NON_IP, "deny-non-ip")                                                              \
	X(SHORT, "short") /* ends inside a header */                                               \
	X(BAD_IP, "bad-ip") /* version, header or total length impossible */                       \
	X(BAD_EXT, "bad-ext-header") /* IPv6 extension chain too long or cut */                    \
	X(BAD_FRAG, "bad-fragment") /* tiny or overlong fragment (RFC 1858, 5722) */               \
	X(BAD_L4, "bad-l4") /* UDP/TCP header cut or impossible */                                 \
	X(SPOOF, "spoof") /* identity seen at a place it is not bound to */                        \
	X(UNKNOWN, "unknown-device") /* sender in no group, and its zone refuses such */           \
	X(QUARANTINE, "quarantine") /* device is quarantined */                                    \
	X(RATE_DEVICE, "rate-device") /* device limit (GCRA, D5) */                                \
	X(RATE_UNKNOWN, "rate-unknown") /* limit of the zone for unknown devices */                \
	X(RATE_GROUP, "rate-group") /* limit that a group shares */                                \
	X(RATE_RULE, "rate-rule") /* limit of the rule as a whole */                               \
	X(RATE_PORT, "rate-port") /* the port's own limit */                                       \
	X(RATE_MESSAGES, "rate-messages") /* worker: decoded messages per second */                \
	X(APP_DENIED, "app-denied") /* worker: the decoded message is not allowed */               \
	X(APP_PROTO, "app-protocol") /* worker: not the protocol the rule allows, or malformed */  \
	X(APP_UNJUDGED,                                                                            \
	  "app-unjudged") /* worker: not to be judged yet or at all; TCP repeats it */             \
	X(MODULE, "module") /* XDP: the operator's own module refused it */                        \
	X(NO_STATE, "no-device-state") /* device table full */                                     \
	X(CONTENDED, "contended") /* lost the token update too often */                            \
	X(PORT_DOWN, "dataplane-loss") /* XDP: no dataplane bound, port says drop */               \
	X(BYPASS, "bypass") /* XDP: no dataplane bound, forwarded in kernel */                     \
	X(TX_FULL, "tx-full") /* the peer port would not take it */                                \
	X(OVERSIZE, "oversize") /* larger than the peer port's MTU */                              \
	X(TAP, "tap") /* tap mode: inspected copy, nothing to forward */

#define CV_ACTION_ROW(id, name) CV_ACTION_##id,
#define CV_REASON_ROW(id, name) CV_REASON_##id,
enum cv_action { CV_ACTIONS(CV_ACTION_ROW) CV_ACTION_COUNT };
enum cv_reason { CV_REASONS(CV_REASON_ROW) CV_REASON_COUNT };

/** Verdict in one word: action in bits 0-7, reason in 8-15, the rest zero. */
#define CV_VERDICT(action, reason) ((__u32)(action) | ((__u32)(reason) << 8))
#define CV_VERDICT_ACTION(v) ((v)&0xffu)
#define CV_VERDICT_REASON(v) (((v) >> 8) & 0xffu)

/** Outcome of one frame. */
struct cv_judgement {
	__u32 verdict; /* CV_VERDICT(action, reason) */
	__u32 rule; /* id of the deciding rule, 0 = default or none asked */
	__u32 index; /* of that rule's hits, 0 likewise */
	__u16 app; /* constraints on the decoded message, 0 = none */
	__u8 inspect; /* decode the payload */
	__u8 pad;
};

enum cv_fragment { CV_FRAG_NONE, CV_FRAG_FIRST, CV_FRAG_LATER };

/** Layers 2 to 4 of a frame, as the verdict saw them. Ports and addresses in network order. */
struct cv_packet {
	union {
		__u32 v4;
		__u8 b[16];
		__u64 q[2];
	} src, dst; /* IPv4 in v4, rest zero */
	union {
		struct {
			__u16 sport, dport; /* ICMP and later fragments: 0 */
		};
		__u32 ports; /* both in one load */
	};
	__u16 l3_off; /* offset of the IP header, bytes */
	__u16 l4_off; /* offset behind IP header and extensions, bytes */
	__u32 l3_end; /* end of the IP packet: l3_off + total length, <= frame length */
	__u16 vlan; /* outer VLAN id, 0 = none */
	__u16 vlan_inner; /* inner VLAN id, 0 = none */
	__u16 ethertype; /* host order, behind the VLAN tags */
	__u8 family; /* 4, 6, 0 = not IP */
	__u8 ip_proto; /* upper protocol behind extension headers */
	__u8 fragment; /* enum cv_fragment */
	__u8 vlans; /* number of tags, 0-2 */
	__u16 frag_off; /* fragment offset, bytes */
	__u32 frag_id; /* IPv4 identification or IPv6 fragment id, network order */
	__u8 frag_more; /* more fragments follow */
	__u8 pad[3];
};
_Static_assert(sizeof(struct cv_packet) == 64, "cv_packet is shared with BPF");

/* What the port field of a rule key is matched with. */
enum cv_match {
	CV_MATCH_DPORT, /* towards the service; ip_proto is TCP or UDP */
	CV_MATCH_SPORT, /* back from the service: classes as the frame has them; TCP or UDP */
	CV_MATCH_ANY_PORT, /* port = 0: any port of this protocol, ICMP, later fragments */
	CV_MATCH_FRAGMENT, /* port = 0: later fragment, some port of this pair is allowed */
	CV_MATCH_COUNT
};

/** Places a policy tells apart, see struct cv_context. */
#define CV_CONTEXTS_MAX 32u
/** What a key's match field holds: enum cv_match and the context the rule is for. */
#define CV_KEY_MATCH(match, context) ((__u8)((match) | (context) << 3))
#define CV_KEY_KIND(match) ((match)&7u)
#define CV_KEY_CONTEXT(match) ((__u32)(match) >> 3)

/**
 * Key of the rule table: context, classes of source and destination, protocol, port. Class 0 in a
 * key means any address; a frame whose address is in no group has class 0 and meets such keys only.
 * A rule for several contexts has a key in each, so that contexts cost no look-up.
 */
struct cv_rule_key {
	__u16 src_class; /* class of the sender, 0 = any */
	__u16 dst_class;
	__u16 port; /* network order */
	__u8 ip_proto; /* 0 = any protocol, with CV_MATCH_ANY_PORT only */
	__u8 match; /* CV_KEY_MATCH(enum cv_match, context) */
};
_Static_assert(sizeof(struct cv_rule_key) == 8, "cv_rule_key is shared with BPF");

/*
 * The order of the look-up, which is the meaning of a policy: first hit wins. A frame tries the
 * kinds from top to bottom; within a kind the pairs {src,dst}, {src,any}, {any,dst}, {any,any}.
 * So what names a port beats what does not, then the closer pair beats the wider one.
 *
 *   frame                       kinds tried
 *   TCP, UDP                    DPORT, SPORT, ANY_PORT, ANY_PROTO
 *   later fragment of anything  FRAGMENT, ANY_PORT, ANY_PROTO
 *   every other IP packet       ANY_PORT, ANY_PROTO
 *
 * That is 16 look-ups at worst. cv_context.probes says which of the 20 kinds of key occur in this
 * context at all; the others cost nothing.
 */
enum cv_probe_kind {
	CV_PROBE_DPORT,
	CV_PROBE_SPORT,
	CV_PROBE_FRAGMENT,
	CV_PROBE_ANY_PORT,
	CV_PROBE_ANY_PROTO,
	CV_PROBE_KINDS
};
#define CV_PROBE_PAIRS 4u /* {src,dst}, {src,any}, {any,dst}, {any,any} */
#define CV_PROBES (CV_PROBE_KINDS * CV_PROBE_PAIRS)
/** All four pairs of a kind. */
#define CV_PROBE_KIND(kind) (0xfu << ((kind)*CV_PROBE_PAIRS))
/** The pair {any,any} of every kind: all that is tried where no rule names a group. */
#define CV_PROBE_NO_CLASS 0x88888u

/** The bit in cv_context.probes for a rule's key. */
static inline __u32 cv_probe_bit(const struct cv_rule_key *k)
{
	__u32 match = CV_KEY_KIND(k->match);
	__u32 kind = match == CV_MATCH_DPORT	  ? CV_PROBE_DPORT
		     : match == CV_MATCH_SPORT	  ? CV_PROBE_SPORT
		     : match == CV_MATCH_FRAGMENT ? CV_PROBE_FRAGMENT
		     : k->ip_proto		  ? CV_PROBE_ANY_PORT
						  : CV_PROBE_ANY_PROTO;
	__u32 pair = (k->src_class ? 0 : 2) + (k->dst_class ? 0 : 1);

	return 1u << (kind * CV_PROBE_PAIRS + pair);
}

/** Rate limit by GCRA (D5). All zero: no limit. None is above CV_COST_MAX. */
struct cv_limit {
	__u64 cost_packet; /* increment per frame, ns << 6; 0 = packets are not limited */
	__u64 cost_byte16; /* increment per byte, ns << 16; 0 = bytes are not limited */
	__u64 burst; /* tolerance, ns << 6; below the cost of a frame nothing passes */
};
_Static_assert(sizeof(struct cv_limit) == 24, "cv_limit is shared with BPF");

/** Largest cost_packet, cost_byte16 and burst: no sum of the meter can overflow below it. */
#define CV_COST_MAX (1ull << 46)

#define CV_RULE_INSPECT 0x01u /* decode the payload */
#define CV_RULE_POLICE 0x02u /* the rule's own limit for each sender applies */
#define CV_RULE_EXEMPT 0x04u /* no limit for single senders applies; the port's own one does */
#define CV_RULE_FLAGS 0x07u

/** What a key leads to. Several keys may lead to copies of one rule. */
struct cv_rule {
	__u32 id; /* from the policy source, >= 1 */
	__u8 action; /* enum cv_action */
	__u8 flags; /* CV_RULE_* */
	__u16 app; /* constraints on the decoded message, index + 1; 0 = none */
	__u32 index; /* where its hits are counted, >= 1 */
	__u32 meter; /* shared limit, index + 1 into the meters; 0 = none */
	struct cv_limit limit; /* of each sender, with CV_RULE_POLICE */
};
_Static_assert(sizeof(struct cv_rule) == 40, "cv_rule is shared with BPF");

/** A limit that many senders share: of a port, a group or a rule. */
struct cv_meter {
	struct cv_limit limit;
	__u64 tat; /* GCRA theoretical arrival time, ns << 6 */
	__u32 reason; /* enum cv_reason of a refusal */
	__u32 pad;
};
_Static_assert(sizeof(struct cv_meter) == 40, "cv_meter is shared with BPF");

/** Ports of a node; meter i < CV_PORTS_MAX is the own limit of port i. */
#define CV_PORTS_MAX 16u
#define CV_VLANS 4096u

/** Hits of one rule on one judge. Index 0: frames that no rule matched. */
struct cv_rule_hits {
	__u64 packets, bytes; /* of frames it matched */
	__u64 drops; /* of these, refused by the rule or by a limit under it */
	__u64 would_drop; /* shadow: it would have dropped what was let pass */
	__u64 last_ns; /* monotonic, 0 = never */
};
_Static_assert(sizeof(struct cv_rule_hits) == 40, "cv_rule_hits is shared with BPF");

/** Key of the device table: who sent it. VLAN belongs to it: addresses repeat across VLANs. */
struct cv_device_key {
	__u64 addr[2]; /* source address as in cv_packet */
	__u16 vlan;
	__u16 family;
	__u32 pad;
};
_Static_assert(sizeof(struct cv_device_key) == 24, "cv_device_key is shared with BPF");

/* cv_device.flags: the VLAN in bits 0-11, and: */
#define CV_DEVICE_IP6 0x1000u
#define CV_DEVICE_LEARNED 0x4000u /* was in no group when first seen, in a zone that learns */
#define CV_DEVICE_MORE 0x8000u /* not a device: see device_abi.h */
#define CV_DEVICE_VLAN 0x0fffu
/** Unit of cv_device.last_seen: now_ns >> 30, about 1.07 s; it starts again after 19.5 hours. */
#define CV_DEVICE_SEEN_SHIFT 30

/** State of a device: half a cache line of the device table (device_abi.h). */
struct cv_device {
	union {
		__u64 who; /* CV_DEVICE_WHO_MASK: of these, who it is */
		struct {
			__u32 addr; /* IPv4: network order; IPv6: its bits folded */
			__u16 flags; /* VLAN and CV_DEVICE_* */
			__u16 last_seen; /* monotonic, see CV_DEVICE_SEEN_SHIFT */
		};
	};
	__u64 tat; /* GCRA theoretical arrival time, ns << 6 */
	__u64 counts; /* CV_DEVICE_PACKETS(), CV_DEVICE_DROPS() */
	__u64 bytes; /* at 400 Gbit/s it would be full after 11 years */
};
_Static_assert(sizeof(struct cv_device) == 32, "cv_device is shared with BPF");

/* Both counters in one word, so that a frame is one addition. They stop when their upper bit is
 * set, from 2^35 packets and 2^27 drops on, and then say "so many at least": what several CPUs add
 * before they see it has room below. */
#define CV_DEVICE_PACKET 1ull
#define CV_DEVICE_DROP (1ull << 36)
#define CV_DEVICE_PACKETS_FULL (1ull << 35)
#define CV_DEVICE_DROPS_FULL (1ull << 63)
#define CV_DEVICE_PACKETS(d) ((d)->counts & (CV_DEVICE_DROP - 1))
#define CV_DEVICE_DROPS(d) ((d)->counts >> 36)

/* cv_device.who put together. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CV_DEVICE_WHO(addr, flags) ((__u64)(addr) | (__u64)(flags) << 32)
#define CV_DEVICE_SEEN(last_seen) ((__u64)(last_seen) << 48)
#else
#define CV_DEVICE_WHO(addr, flags) ((__u64)(addr) << 32 | (__u64)(flags) << 16)
#define CV_DEVICE_SEEN(last_seen) ((__u64)(last_seen))
#endif
#define CV_DEVICE_WHO_MASK CV_DEVICE_WHO(~0u, CV_DEVICE_VLAN | CV_DEVICE_IP6 | CV_DEVICE_MORE)

/* What a zone does with a sender that is in no group. */
#define CV_UNKNOWNS(X)                                                                             \
	X(ALLOW, "allow") /* no difference */                                                      \
	X(DROP, "drop")                                                                            \
	X(LIMIT, "limit") /* by cv_context.unknown_limit instead of the rule's */                  \
	X(LEARN, "learn") /* let pass as the rules say, and remember */
#define CV_UNKNOWN_ROW(id, name) CV_UNKNOWN_##id,
enum cv_unknown { CV_UNKNOWNS(CV_UNKNOWN_ROW) CV_UNKNOWN_COUNT };

/**
 * What is the same for all frames that enter by one zone and leave by another. A frame leaves by
 * the peer of its port in the VLAN it came in, so port and outer VLAN tell both; a table in the
 * policy gives the context of each. Context 0 is of what is in no zone.
 */
struct cv_context {
	__u8 ip_action; /* enum cv_action when no rule matches */
	__u8 non_ip_action; /* enum cv_action for ARP and other non-IP frames */
	__u8 inspect; /* decode what the default lets pass */
	__u8 unknown; /* enum cv_unknown */
	__u32 probes; /* cv_probe_bit() of every rule, or-ed */
	struct cv_limit device_limit; /* of each sender, unless the rule has one of its own */
	struct cv_limit unknown_limit; /* of each sender in no group */
	__u8 zone_in, zone_out; /* numbers of the zones, 0 = none */
	__u8 pad[6];
};
_Static_assert(sizeof(struct cv_context) == 64, "cv_context is shared with BPF");

/**
 * The guard: frames for the management of this node go to its own stack before any rule is asked,
 * and so do ARP and neighbour discovery for the address. Of the configuration, not of the policy.
 */
struct cv_guard {
	__u64 addr[2]; /* of this node, as in cv_packet */
	__u64 from[2]; /* who may, host bits zero */
	__u64 from_mask[2];
	__u16 port; /* network order, 0 = all */
	__u8 ip_proto; /* 0 = all */
	__u8 family; /* 4 or 6 */
	__u32 pad;
};
_Static_assert(sizeof(struct cv_guard) == 56, "cv_guard is shared with BPF");
#define CV_GUARDS_MAX 8u

#define CV_POLICY_MACS 0x01u /* groups list MAC addresses */
#define CV_POLICY_BINDINGS 0x02u /* identities are bound to places */
#define CV_POLICY_UNKNOWN 0x04u /* some context asks whether a sender is known */
#define CV_POLICY_METERS 0x08u /* some meter limits */
#define CV_POLICY_FLAGS 0x0fu

/** The part of a policy that every frame meets. */
struct cv_policy_head {
	__u64 number; /* of the generation */
	__u32 flags; /* CV_POLICY_* */
	__u32 n_guards;
	__u32 n_rules; /* rule indexes are below, >= 1 */
	__u32 n_meters; /* >= CV_PORTS_MAX */
	__u32 hosts4_bits; /* of single IPv4 addresses' buckets (prefix4.h), 0 = none */
	__u32 rules_bits; /* of the kernel's buckets of keys (rules.h); 0 in a generation */
	struct cv_guard guards[CV_GUARDS_MAX];
	struct cv_context contexts[CV_CONTEXTS_MAX];
};

/* What an identity of layers 2 and 3 is bound to (anti-spoofing). */
#define CV_BIND_MAC 0x01u
#define CV_BIND_VLAN 0x02u
#define CV_BIND_PREFIX 0x04u
#define CV_BIND_FLAGS 0x07u
#define CV_BINDING_OF_MAC 1 /* cv_binding_key.kind; 4 and 6 are addresses */

struct cv_binding_key {
	__u64 id[2]; /* address as in cv_packet, or MAC as cv_load_mac() gives it */
	__u32 kind; /* 4, 6 or CV_BINDING_OF_MAC */
	__u32 pad;
};
_Static_assert(sizeof(struct cv_binding_key) == 24, "cv_binding_key is shared with BPF");

struct cv_binding {
	__u64 mac; /* as cv_load_mac() gives it */
	__u64 addr[2], mask[2]; /* prefix, host bits zero */
	__u16 vlan; /* 0 = untagged */
	__u8 flags; /* CV_BIND_*: all that is set must hold */
	__u8 family; /* of the prefix */
	__u32 pad;
};
_Static_assert(sizeof(struct cv_binding) == 48, "cv_binding is shared with BPF");

#endif
