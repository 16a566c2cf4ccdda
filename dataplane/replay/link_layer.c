/* SPDX-License-Identifier: Apache-2.0 */
/* Link types as the registry at tcpdump.org/linktypes.html numbers them. */
#include <string.h>

#include "dataplane/replay/capture.h"

enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW_BSD = 12,
	LINK_RAW_OPENBSD = 14,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_SLL2 = 276,
};
enum { ETHERTYPE_IP4 = 0x0800, ETHERTYPE_IP6 = 0x86dd, ETHERTYPE_RESERVED = 0xffff };
enum { SLL_HEAD = 16, SLL_PROTOCOL = 14, SLL2_HEAD = 20, SLL2_PROTOCOL = 0, LOOP_HEAD = 4 };

static struct cv_link_frame with_head(uint16_t ethertype, const uint8_t *body, uint32_t len)
{
	struct cv_link_frame f = {
		.head_len = CV_LINK_HEADROOM,
		.body = body,
		.body_len = len,
		.supported = true,
	};

	f.head[12] = (uint8_t)(ethertype >> 8);
	f.head[13] = (uint8_t)ethertype;
	return f;
}

/* Not even its own header is whole: a frame of what is there, too short for the verdict. */
static struct cv_link_frame cut(const struct cv_captured *p)
{
	return (struct cv_link_frame){.body = p->data,
				      .body_len = p->len < CV_LINK_HEADROOM ? p->len : 0,
				      .supported = true};
}

static uint16_t ip_version(const uint8_t *data)
{
	return data[0] >> 4 == 4 ? ETHERTYPE_IP4
				 : (data[0] >> 4 == 6 ? ETHERTYPE_IP6 : ETHERTYPE_RESERVED);
}

static struct cv_link_frame raw(const struct cv_captured *p)
{
	return p->len == 0 ? cut(p) : with_head(ip_version(p->data), p->data, p->len);
}

/* The address family in the byte order of whoever captured (NULL) or in network order (LOOP). */
static struct cv_link_frame loopback(const struct cv_captured *p)
{
	uint32_t family;

	if (p->len < LOOP_HEAD)
		return cut(p);
	memcpy(&family, p->data, sizeof(family));
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2: /* AF_INET everywhere */
		return with_head(ETHERTYPE_IP4, p->data + LOOP_HEAD, p->len - LOOP_HEAD);
	case 10: /* AF_INET6 of Linux, the BSDs and macOS */
	case 24:
	case 28:
	case 30:
		return with_head(ETHERTYPE_IP6, p->data + LOOP_HEAD, p->len - LOOP_HEAD);
	default:
		return with_head(ETHERTYPE_RESERVED, p->data + LOOP_HEAD, p->len - LOOP_HEAD);
	}
}

static struct cv_link_frame cooked(const struct cv_captured *p, uint32_t head, uint32_t protocol)
{
	if (p->len < head)
		return cut(p);
	return with_head((uint16_t)(p->data[protocol] << 8 | p->data[protocol + 1]), p->data + head,
			 p->len - head);
}

/* PPP, with or without the HDLC address and control bytes (RFC 1662 3.1, RFC 1661 2). */
static struct cv_link_frame ppp(const struct cv_captured *p)
{
	uint32_t at = p->len >= 2 && p->data[0] == 0xff && p->data[1] == 0x03 ? 2 : 0;
	uint16_t protocol;

	if (p->len < at + 2)
		return cut(p);
	protocol = (uint16_t)(p->data[at] << 8 | p->data[at + 1]);
	at += 2;
	return with_head(protocol == 0x0021
				 ? ETHERTYPE_IP4
				 : (protocol == 0x0057 ? ETHERTYPE_IP6 : ETHERTYPE_RESERVED),
			 p->data + at, p->len - at);
}

struct cv_link_frame cv_link_frame(const struct cv_captured *packet)
{
	struct cv_link_frame f;

	switch (packet->link) {
	case LINK_ETHERNET:
		return (struct cv_link_frame){
			.body = packet->data, .body_len = packet->len, .supported = true};
	case LINK_NULL:
	case LINK_LOOP:
		return loopback(packet);
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		return raw(packet);
	case LINK_SLL:
		return cooked(packet, SLL_HEAD, SLL_PROTOCOL);
	case LINK_SLL2:
		return cooked(packet, SLL2_HEAD, SLL2_PROTOCOL);
	case LINK_PPP:
		return ppp(packet);
	default:
		f = with_head(ETHERTYPE_RESERVED, packet->data, packet->len);
		f.supported = false;
		return f;
	}
}
