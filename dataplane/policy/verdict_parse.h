/* SPDX-License-Identifier: (Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)) */
/*
 * Layers 2 to 4 of one frame, for the verdict. Pure, bounded, no libc: compiled into the XDP
 * program and into the worker. Every function returns 0 or the enum cv_reason to drop for.
 *
 * A frame that is not IP parses: family stays 0. Bytes behind the IP packet (Ethernet padding)
 * are not looked at; l3_end tells where it ends.
 */
#ifndef CV_VERDICT_PARSE_H
#define CV_VERDICT_PARSE_H

#include "dataplane/policy/policy_abi.h"

/* Unaligned loads. BPF loads from a packet at any alignment, its compiler just does not know. */
#ifdef __bpf__
#define CV_LOAD16(p) (*(const __u16 *)(const void *)(p))
#define CV_LOAD32(p) (*(const __u32 *)(const void *)(p))
#define CV_LOAD64(p) (*(const __u64 *)(const void *)(p))
#else
struct cv_unaligned {
	union {
		__u16 u16;
		__u32 u32;
		__u64 u64;
	};
} __attribute__((packed));
#define CV_LOAD16(p) (((const struct cv_unaligned *)(const void *)(p))->u16)
#define CV_LOAD32(p) (((const struct cv_unaligned *)(const void *)(p))->u32)
#define CV_LOAD64(p) (((const struct cv_unaligned *)(const void *)(p))->u64)
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CV_BE16(x) ((__u16)__builtin_bswap16(x))
/* An IPv4 address as the first word of cv_packet.src: one whole store, which later 64-bit loads
 * of the word can be served from. */
#define CV_ADDR4(x) ((__u64)(x))
#else
#define CV_BE16(x) ((__u16)(x))
#define CV_ADDR4(x) ((__u64)(x) << 32)
#endif

enum {
	CV_ETH_SOURCE = 6, /* offset of the sender's address */
	CV_ETH_HEAD = 14,
	CV_VLAN_HEAD = 4,
	CV_VLANS_MAX = 2,
	CV_IP4_HEAD = 20,
	CV_IP6_HEAD = 40,
	CV_EXT_UNIT = 8,
	CV_EXT_MAX = 6, /* extension headers before a chain counts as an attack */
	CV_TCP_HEAD = 20,
	CV_UDP_HEAD = 8,
	CV_IP_LONGEST = 65535, /* of a datagram put together again */
	CV_ARP_SIZE = 28, /* IPv4 over Ethernet (RFC 826) */
	CV_ARP_SENDER = 14, /* offset of the sender's address */
	CV_ARP_TARGET = 24, /* offset of the target's address */
	CV_ND_SIZE = 24, /* neighbour discovery up to the target (RFC 4861 4.3, 4.4) */
	CV_ND_SOLICITATION = 135,
	CV_ND_ADVERTISEMENT = 136,
};

enum {
	CV_ETHERTYPE_IP4 = 0x0800,
	CV_ETHERTYPE_ARP = 0x0806,
	CV_ETHERTYPE_VLAN = 0x8100, /* IEEE 802.1Q customer tag */
	CV_ETHERTYPE_IP6 = 0x86dd,
	CV_ETHERTYPE_QINQ = 0x88a8, /* IEEE 802.1ad service tag */
};

enum {
	CV_IPPROTO_HOP_BY_HOP = 0,
	CV_IPPROTO_TCP = 6,
	CV_IPPROTO_UDP = 17,
	CV_IPPROTO_ROUTING = 43,
	CV_IPPROTO_FRAGMENT = 44,
	CV_IPPROTO_AH = 51,
	CV_IPPROTO_ICMP6 = 58,
	CV_IPPROTO_DESTINATION = 60,
};

/* The frame's bytes; end is one behind the last. */
struct cv_span {
	const __u8 *data;
	const __u8 *end;
};

/** Upper-layer header at @p at: ports, and lengths that do not add up. */
CV_INLINE int cv_parse_l4(struct cv_span f, const __u8 *at, struct cv_packet *p)
{
	__u32 room = p->l3_end - p->l4_off;
	__u32 need = p->ip_proto == CV_IPPROTO_TCP ? CV_TCP_HEAD : CV_UDP_HEAD;
	__u32 len;

	if (p->ip_proto != CV_IPPROTO_TCP && p->ip_proto != CV_IPPROTO_UDP)
		return 0;
	/* A first fragment holds the whole header: RFC 1858 3.1 (tiny fragments), RFC 7112 5. */
	if (room < need || at + CV_UDP_HEAD > f.end)
		return p->fragment ? CV_REASON_BAD_FRAG : CV_REASON_BAD_L4;
	p->ports = CV_LOAD32(at);
	if (p->ip_proto == CV_IPPROTO_TCP) {
		if (at + CV_TCP_HEAD > f.end)
			return CV_REASON_BAD_L4;
		/* Data offset, RFC 9293 3.1. */
		len = (__u32)(at[12] >> 4) * 4;
		if (len < CV_TCP_HEAD)
			return CV_REASON_BAD_L4;
	} else {
		/* RFC 768: length includes the header; 0 is for jumbograms (RFC 2675 4) only. */
		len = CV_BE16(CV_LOAD16(at + 4));
		if (len < CV_UDP_HEAD)
			return CV_REASON_BAD_L4;
		if (p->fragment)
			return 0;
	}
	if (len > room)
		return p->fragment ? CV_REASON_BAD_FRAG : CV_REASON_BAD_L4;
	return 0;
}

/**
 * What a fragment may not be.
 *
 * @param head bytes of the datagram that go before the fragmentable part.
 */
CV_INLINE int cv_check_fragment(const struct cv_packet *p, __u32 head)
{
	__u32 len = p->l3_end - p->l4_off;

	/* All but the last come in units of 8 (RFC 791 3.2, RFC 8200 4.5), none is empty. */
	if (!len || (p->frag_more && len % 8))
		return CV_REASON_BAD_FRAG;
	/* The datagram would grow beyond 65,535 bytes (RFC 791 3.1, RFC 8200 4.5). */
	if (head + p->frag_off + len > CV_IP_LONGEST)
		return CV_REASON_BAD_FRAG;
	/* Would overwrite the TCP flags (RFC 1858 4.2, RFC 3128). */
	if (p->frag_off == 8 && p->ip_proto == CV_IPPROTO_TCP)
		return CV_REASON_BAD_FRAG;
	return 0;
}

CV_INLINE int cv_parse_ip4(struct cv_span f, const __u8 *at, struct cv_packet *p)
{
	__u32 head, total, frag;
	int bad;

	if (at + CV_IP4_HEAD > f.end)
		return CV_REASON_SHORT;
	head = (at[0] & 0x0fu) * 4;
	total = CV_BE16(CV_LOAD16(at + 2));
	/* RFC 791 3.1: version, header length, total length. */
	if (at[0] >> 4 != 4 || head < CV_IP4_HEAD || total < head ||
	    p->l3_off + total > (__u64)(f.end - f.data))
		return CV_REASON_BAD_IP;
	p->family = 4;
	p->l3_end = p->l3_off + total;
	p->l4_off = (__u16)(p->l3_off + head);
	p->ip_proto = at[9];
	p->src.q[0] = CV_ADDR4(CV_LOAD32(at + 12));
	p->dst.q[0] = CV_ADDR4(CV_LOAD32(at + 16));
	frag = CV_BE16(CV_LOAD16(at + 6));
	if (frag & 0x3fff) { /* offset and more-fragments */
		p->frag_off = (__u16)((frag & 0x1fff) * 8);
		p->frag_more = !!(frag & 0x2000);
		p->frag_id = CV_BE16(CV_LOAD16(at + 4));
		p->fragment = p->frag_off ? CV_FRAG_LATER : CV_FRAG_FIRST;
		bad = cv_check_fragment(p, head);
		if (bad || p->frag_off)
			return bad;
	}
	return cv_parse_l4(f, at + head, p);
}

/** Fragment header at @p at (RFC 8200 4.5). */
CV_INLINE void cv_parse_ext_fragment(const __u8 *at, struct cv_packet *p)
{
	__u16 frag = CV_BE16(CV_LOAD16(at + 2));

	p->frag_off = frag & 0xfff8;
	p->frag_more = frag & 1;
	p->frag_id = CV_LOAD32(at + 4);
	/* Offset 0 and nothing more to come is a whole datagram (RFC 6946). */
	if (p->frag_off)
		p->fragment = CV_FRAG_LATER;
	else if (p->frag_more)
		p->fragment = CV_FRAG_FIRST;
}

CV_INLINE int cv_is_extension(__u32 proto)
{
	return proto == CV_IPPROTO_HOP_BY_HOP || proto == CV_IPPROTO_ROUTING ||
	       proto == CV_IPPROTO_FRAGMENT || proto == CV_IPPROTO_AH ||
	       proto == CV_IPPROTO_DESTINATION;
}

/** The chain of extension headers at @p at, whose first is p->ip_proto, and the L4 behind it. */
CV_INLINE int cv_parse_extensions(struct cv_span f, const __u8 *at, struct cv_packet *p)
{
	__u32 off = p->l4_off, size, proto = p->ip_proto;
	int fragmented = 0, bad, i;

	for (i = 0; i < CV_EXT_MAX; i++) {
		if (!cv_is_extension(proto))
			break;
		/* Hop-by-hop comes first or not at all (RFC 8200 4.1). */
		if (proto == CV_IPPROTO_HOP_BY_HOP && i)
			return CV_REASON_BAD_EXT;
		if (at + CV_EXT_UNIT > f.end)
			return CV_REASON_BAD_EXT;
		if (proto == CV_IPPROTO_FRAGMENT)
			size = CV_EXT_UNIT;
		else if (proto == CV_IPPROTO_AH)
			size = (at[1] + 2u) * 4; /* RFC 4302 2.2 */
		else
			size = (at[1] + 1u) * CV_EXT_UNIT;
		if (off + size > p->l3_end)
			return CV_REASON_BAD_EXT;
		/* Routing header type 0 is a traffic amplifier and forbidden (RFC 5095 3). */
		if (proto == CV_IPPROTO_ROUTING && at[2] == 0)
			return CV_REASON_BAD_EXT;
		if (proto == CV_IPPROTO_FRAGMENT) {
			if (fragmented)
				return CV_REASON_BAD_EXT;
			fragmented = 1;
			cv_parse_ext_fragment(at, p);
		}
		proto = at[0];
		at += size;
		off += size;
		p->ip_proto = (__u8)proto;
		p->l4_off = (__u16)off;
		if (fragmented && p->fragment == CV_FRAG_LATER)
			return cv_check_fragment(p, 0);
	}
	if (cv_is_extension(proto))
		return CV_REASON_BAD_EXT;
	if (p->fragment) {
		bad = cv_check_fragment(p, 0);
		if (bad)
			return bad;
	}
	return cv_parse_l4(f, at, p);
}

CV_INLINE int cv_parse_ip6(struct cv_span f, const __u8 *at, struct cv_packet *p)
{
	__u32 payload;

	if (at + CV_IP6_HEAD > f.end)
		return CV_REASON_SHORT;
	payload = CV_BE16(CV_LOAD16(at + 4));
	/* RFC 8200 3. */
	if (at[0] >> 4 != 6 || p->l3_off + CV_IP6_HEAD + payload > (__u64)(f.end - f.data))
		return CV_REASON_BAD_IP;
	p->family = 6;
	p->l3_end = p->l3_off + CV_IP6_HEAD + payload;
	p->l4_off = (__u16)(p->l3_off + CV_IP6_HEAD);
	p->ip_proto = at[6];
	p->src.q[0] = CV_LOAD64(at + 8);
	p->src.q[1] = CV_LOAD64(at + 16);
	p->dst.q[0] = CV_LOAD64(at + 24);
	p->dst.q[1] = CV_LOAD64(at + 32);
	return cv_parse_extensions(f, at + CV_IP6_HEAD, p);
}

/**
 * Fill @p p, which the caller has zeroed, from a frame.
 *
 * @return 0, or the reason (SHORT, BAD_*) to drop for; then @p p holds what was seen before it.
 */
CV_INLINE int cv_parse(struct cv_span f, struct cv_packet *p)
{
	const __u8 *at = f.data;
	__u16 type, vid;
	int i;

	if (at + CV_ETH_HEAD > f.end)
		return CV_REASON_SHORT;
	type = CV_BE16(CV_LOAD16(at + 12));
	at += CV_ETH_HEAD;
	p->l3_off = CV_ETH_HEAD;
	for (i = 0; i < CV_VLANS_MAX; i++) {
		if (type != CV_ETHERTYPE_VLAN && type != CV_ETHERTYPE_QINQ)
			break;
		if (at + CV_VLAN_HEAD > f.end)
			return CV_REASON_SHORT;
		vid = CV_BE16(CV_LOAD16(at)) & 0x0fff;
		if (i == 0)
			p->vlan = vid;
		else
			p->vlan_inner = vid;
		type = CV_BE16(CV_LOAD16(at + 2));
		at += CV_VLAN_HEAD;
		p->l3_off += CV_VLAN_HEAD;
		p->vlans++;
	}
	p->ethertype = type;
	if (type == CV_ETHERTYPE_IP4)
		return cv_parse_ip4(f, at, p);
	if (type == CV_ETHERTYPE_IP6)
		return cv_parse_ip6(f, at, p);
	return 0;
}

#endif
