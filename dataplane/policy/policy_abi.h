/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * What the verdict reads and returns: layouts and lists shared by the XDP program, the worker and
 * the policy compiler. Only fixed-width kernel types, no libc, explicit padding.
 */
#ifndef CV_POLICY_ABI_H
#define CV_POLICY_ABI_H

#include <linux/types.h>

/* What becomes of a frame. HOST is only possible where there is a host stack behind (XDP). */
#define CV_ACTIONS(X)                                                                              \
	X(DROP, "drop")                                                                            \
	X(FORWARD, "forward") /* to the peer port; XDP steers it to the dataplane */               \
	X(HOST, "host") /* to this node's own stack */

/*
 * Why. Every frame is counted under exactly one reason by each judge (ledger, D13). Append-only.
 * The first block are reasons to let pass, the second the verdict's drops, the third drops of
 * the path around the verdict.
 */
#define CV_REASONS(X)                                                                              \
	X(ALLOW, "allow") /* a rule allows it */                                                   \
	X(ALLOW_DEFAULT, "allow-default") /* no rule, default allow */                             \
	X(ALLOW_NON_IP, "allow-non-ip") /* ARP and the like */                                     \
	X(ALLOW_HOST, "allow-host") /* for this node */                                            \
	X(DENY_RULE, "deny-rule") /* a rule denies it */                                           \
	X(DENY_DEFAULT, "deny-default") /* no rule, default deny */                                \
	X(DENY_NON_IP, "deny-non-ip")                                                              \
	X(SHORT, "short") /* ends inside a header */                                               \
	X(BAD_IP, "bad-ip") /* version, header or total length impossible */                       \
	X(BAD_EXT, "bad-ext-header") /* IPv6 extension chain too long or cut */                    \
	X(BAD_FRAG, "bad-fragment") /* tiny or overlong fragment (RFC 1858, 5722) */               \
	X(BAD_L4, "bad-l4") /* UDP/TCP header cut or impossible */                                 \
	X(QUARANTINE, "quarantine") /* device is quarantined */                                    \
	X(RATE_DEVICE, "rate-device") /* device limit (GCRA, D5) */                                \
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
};

/**
 * Key of the rule table: classes of source and destination, protocol, port. Class 0 in a key means
 * any address; a frame whose address is in no group has class 0 and meets such keys only.
 */
struct cv_rule_key {
	__u16 src_class; /* longest-prefix class, 0 = any */
	__u16 dst_class;
	__u16 port; /* network order */
	__u8 ip_proto; /* 0 = any protocol, with CV_MATCH_ANY_PORT only */
	__u8 match; /* enum cv_match */
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
 * That is 16 look-ups at worst. cv_policy_defaults.probes says which of the 20 kinds of key occur
 * in this policy at all; the others cost nothing.
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

/** The bit in cv_policy_defaults.probes for a rule's key. */
static inline __u32 cv_probe_bit(const struct cv_rule_key *k)
{
	__u32 kind = k->match == CV_MATCH_DPORT	     ? CV_PROBE_DPORT
		     : k->match == CV_MATCH_SPORT    ? CV_PROBE_SPORT
		     : k->match == CV_MATCH_FRAGMENT ? CV_PROBE_FRAGMENT
		     : k->ip_proto		     ? CV_PROBE_ANY_PORT
						     : CV_PROBE_ANY_PROTO;
	__u32 pair = (k->src_class ? 0 : 2) + (k->dst_class ? 0 : 1);

	return 1u << (kind * CV_PROBE_PAIRS + pair);
}

#define CV_RULE_INSPECT 0x01u /* decode the payload */
#define CV_RULE_POLICE 0x02u /* device limit applies */

struct cv_rule {
	__u32 id; /* from the policy source, 0 = default */
	__u8 action; /* enum cv_action */
	__u8 flags; /* CV_RULE_* */
	__u16 pad;
	__u64 cost_packet; /* GCRA increment per frame, ns << 6; 0 = packets are not limited */
	__u64 cost_byte16; /* GCRA increment per byte, ns << 16; 0 = bytes are not limited */
	__u64 burst; /* GCRA tolerance, ns << 6; below the cost of a frame nothing passes */
};
_Static_assert(sizeof(struct cv_rule) == 32, "cv_rule is shared with BPF");

/** Key of the device table: who sent it. VLAN belongs to it: addresses repeat across VLANs. */
struct cv_device_key {
	__u64 addr[2]; /* source address as in cv_packet */
	__u16 vlan;
	__u16 family;
	__u32 pad;
};
_Static_assert(sizeof(struct cv_device_key) == 24, "cv_device_key is shared with BPF");

/** Largest cost_packet, cost_byte16 and burst: no sum of the meter can overflow below it. */
#define CV_COST_MAX (1ull << 46)

#define CV_DEVICE_QUARANTINED 0x01u
/** Unit of cv_device.last_seen: now_ns >> 30, about 1.07 s. */
#define CV_DEVICE_SEEN_SHIFT 30

struct cv_device {
	__u64 tat; /* GCRA theoretical arrival time, ns << 6 */
	__u64 packets, bytes, drops;
	__u32 last_seen; /* monotonic, see CV_DEVICE_SEEN_SHIFT */
	__u32 flags; /* CV_DEVICE_* */
};
_Static_assert(sizeof(struct cv_device) == 40, "cv_device is shared with BPF");

/** Defaults of a policy; one per generation. */
struct cv_policy_defaults {
	__u8 ip_action; /* enum cv_action when no rule matches */
	__u8 non_ip_action; /* enum cv_action for ARP and other non-IP frames */
	__u8 inspect; /* decode what the default lets pass */
	__u8 pad;
	__u32 probes; /* cv_probe_bit() of every rule, or-ed */
};
_Static_assert(sizeof(struct cv_policy_defaults) == 8, "shared with BPF");

#endif
