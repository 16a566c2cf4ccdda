/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/verdict/reference_parse.h"

#include <string.h>

#include "dataplane/policy/policy_abi.h"

enum { TCP = 6, UDP = 17, HOP = 0, ROUTING = 43, FRAGMENT = 44, AH = 51, DESTINATION = 60 };

struct ip {
	uint32_t end; /* of the packet in the frame */
	uint32_t at; /* where the next header begins */
	uint32_t head; /* bytes of the datagram in front of what can be fragmented */
	uint32_t frag_off;
	bool more, fragmented;
};

static unsigned int be16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

/* Fragments that no honest sender makes: RFC 791 3.2, RFC 1858, RFC 3128, RFC 8200 4.5. */
static bool fragment_is_bad(const struct ip *ip, unsigned int proto)
{
	uint32_t bytes = ip->end - ip->at;

	if (bytes == 0 || (ip->more && bytes % 8 != 0))
		return true;
	if (ip->head + ip->frag_off + bytes > 65535)
		return true;
	return ip->frag_off == 8 && proto == TCP;
}

static unsigned int transport(const uint8_t *frame, const struct ip *ip, struct seen *s)
{
	unsigned int bad = s->first ? CV_REASON_BAD_FRAG : CV_REASON_BAD_L4;
	uint32_t bytes = ip->end - ip->at, want;

	s->l4 = ip->at;
	if (s->proto != TCP && s->proto != UDP)
		return 0;
	if (bytes < (s->proto == TCP ? 20u : 8u))
		return bad;
	memcpy(s->sport, frame + ip->at, 2);
	memcpy(s->dport, frame + ip->at + 2, 2);
	s->ports = true;
	if (s->proto == TCP)
		want = (uint32_t)(frame[ip->at + 12] >> 4) * 4;
	else
		want = be16(frame + ip->at + 4);
	if (want < (s->proto == TCP ? 20u : 8u))
		return CV_REASON_BAD_L4;
	if (s->proto == UDP && s->first)
		return 0; /* its length is that of the whole datagram */
	return want > bytes ? bad : 0;
}

static unsigned int ip4(const uint8_t *frame, uint32_t len, uint32_t at, struct seen *s)
{
	const uint8_t *h = frame + at;
	struct ip ip = {0};
	unsigned int total;

	if (len - at < 20)
		return CV_REASON_SHORT;
	ip.head = (h[0] & 15u) * 4;
	total = be16(h + 2);
	if (h[0] >> 4 != 4 || ip.head < 20 || total < ip.head || at + total > len)
		return CV_REASON_BAD_IP;
	s->family = 4;
	s->l3 = at;
	s->proto = h[9];
	memcpy(s->src, h + 12, 4);
	memcpy(s->dst, h + 16, 4);
	ip.end = at + total;
	ip.at = at + ip.head;
	ip.more = h[6] >> 5 & 1;
	ip.frag_off = (be16(h + 6) & 0x1fff) * 8;
	s->l4 = ip.at;
	if (ip.more || ip.frag_off) {
		s->later = ip.frag_off > 0;
		s->first = !s->later;
		if (fragment_is_bad(&ip, s->proto))
			return CV_REASON_BAD_FRAG;
		if (s->later)
			return 0;
	}
	return transport(frame, &ip, s);
}

static bool is_extension(unsigned int proto)
{
	return proto == HOP || proto == ROUTING || proto == FRAGMENT || proto == AH ||
	       proto == DESTINATION;
}

/* One extension header. @return 0 or the reason. */
static unsigned int extension(const uint8_t *frame, struct ip *ip, struct seen *s, int number)
{
	const uint8_t *h = frame + ip->at;
	unsigned int type = s->proto;
	uint32_t size;

	if (type == HOP && number > 0)
		return CV_REASON_BAD_EXT;
	if (ip->end - ip->at < 8)
		return CV_REASON_BAD_EXT;
	size = type == FRAGMENT ? 8 : type == AH ? (h[1] + 2u) * 4 : (h[1] + 1u) * 8;
	if (size > ip->end - ip->at || (type == ROUTING && h[2] == 0))
		return CV_REASON_BAD_EXT;
	if (type == FRAGMENT) {
		if (ip->fragmented)
			return CV_REASON_BAD_EXT;
		ip->fragmented = true;
		ip->frag_off = be16(h + 2) & ~7u;
		ip->more = h[3] & 1;
		s->later = ip->frag_off > 0;
		s->first = !s->later && ip->more;
	}
	s->proto = h[0];
	ip->at += size;
	s->l4 = ip->at;
	return 0;
}

static unsigned int ip6(const uint8_t *frame, uint32_t len, uint32_t at, struct seen *s)
{
	const uint8_t *h = frame + at;
	struct ip ip = {0};
	unsigned int bad;

	if (len - at < 40)
		return CV_REASON_SHORT;
	if (h[0] >> 4 != 6 || at + 40 + be16(h + 4) > len)
		return CV_REASON_BAD_IP;
	s->family = 6;
	s->l3 = at;
	s->proto = h[6];
	memcpy(s->src, h + 8, 16);
	memcpy(s->dst, h + 24, 16);
	ip.end = at + 40 + be16(h + 4);
	ip.at = s->l4 = at + 40;
	for (int i = 0; is_extension(s->proto); i++) {
		bad = i == 6 ? CV_REASON_BAD_EXT : extension(frame, &ip, s, i);
		if (bad)
			return bad;
		if (s->later)
			return fragment_is_bad(&ip, s->proto) ? CV_REASON_BAD_FRAG : 0;
	}
	if (s->first && fragment_is_bad(&ip, s->proto))
		return CV_REASON_BAD_FRAG;
	return transport(frame, &ip, s);
}

unsigned int reference_parse(const uint8_t *frame, uint32_t len, struct seen *s)
{
	uint32_t at = 12;

	memset(s, 0, sizeof(*s));
	if (len < 14)
		return CV_REASON_SHORT;
	memcpy(s->dst_mac, frame, 6);
	memcpy(s->src_mac, frame + 6, 6);
	for (int tags = 0; tags < 2; tags++) {
		unsigned int type = be16(frame + at);

		if (type != 0x8100 && type != 0x88a8)
			break;
		if (len - at < 6)
			return CV_REASON_SHORT;
		if (tags == 0)
			s->vlan = be16(frame + at + 2) & 0xfff;
		at += 4;
	}
	s->ethertype = be16(frame + at);
	at += 2;
	s->l3 = at;
	if (s->ethertype == 0x0800)
		return ip4(frame, len, at, s);
	if (s->ethertype == 0x86dd)
		return ip6(frame, len, at, s);
	return 0;
}
