/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/frame_make.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "control/config/units.h"

enum {
	TTL = 64,
	TCP_SYN = 0x02,
	TCP_HEAD = 20,
	UDP_HEAD = 8,
	ECHO = 8,
	ECHO6 = 128,
	ECHO_HEAD = 8
};

int cv_frame_parse_service(const char *text, uint8_t *ip_proto, uint16_t *port)
{
	static const struct {
		const char *name;
		uint8_t number;
		bool ports;
	} known[] = {{"tcp", IPPROTO_TCP, true},
		     {"udp", IPPROTO_UDP, true},
		     {"icmp", IPPROTO_ICMP, false},
		     {"icmpv6", IPPROTO_ICMPV6, false}};
	size_t len = strcspn(text, "/");
	uint64_t number = 0;

	if (text[len] && cv_units_integer(text + len + 1, &number) < 0)
		return -EINVAL;
	if (len == 2 && strncmp(text, "ip", 2) == 0 && text[len] && number >= 1 && number <= 255) {
		*ip_proto = (uint8_t)number;
		*port = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].name) != len || strncmp(text, known[i].name, len) != 0)
			continue;
		if (number > 65535 || (text[len] && (!known[i].ports || number == 0)))
			return -EINVAL;
		*ip_proto = known[i].number;
		*port = (uint16_t)number;
		return 0;
	}
	return -EINVAL;
}

int cv_frame_parse_mac(const char *text, uint8_t mac[6])
{
	unsigned int b[6];
	char more;

	if (strlen(text) != 17 || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2],
					 &b[3], &b[4], &b[5], &more) != 6)
		return -EINVAL;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return 0;
}

static uint8_t *put16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
	return at + 2;
}

static uint8_t *put_ethernet(uint8_t *at, const struct cv_frame_wish *w)
{
	static const uint8_t dst_mac[6] = {0x02, 0, 0, 0, 0, 0x02};

	memcpy(at, dst_mac, 6);
	memcpy(at + 6, w->src_mac, 6);
	at += 12;
	if (w->vlan)
		at = put16(put16(at, 0x8100), w->vlan);
	return put16(at, w->src.family == 4 ? 0x0800 : 0x86dd);
}

/* @param len bytes behind the header. */
static uint8_t *put_ip(uint8_t *at, const struct cv_frame_wish *w, uint16_t len)
{
	if (w->src.family == 4) {
		at[0] = 0x45;
		put16(at + 2, (uint16_t)(20 + len));
		at[8] = TTL;
		at[9] = w->ip_proto;
		memcpy(at + 12, w->src.addr, 4);
		memcpy(at + 16, w->dst.addr, 4);
		return at + 20;
	}
	at[0] = 0x60;
	put16(at + 4, len);
	at[6] = w->ip_proto;
	at[7] = TTL;
	memcpy(at + 8, w->src.addr, 16);
	memcpy(at + 24, w->dst.addr, 16);
	return at + 40;
}

static uint16_t upper_len(uint8_t ip_proto)
{
	switch (ip_proto) {
	case IPPROTO_TCP:
		return TCP_HEAD;
	case IPPROTO_UDP:
		return UDP_HEAD;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return ECHO_HEAD;
	default:
		return 0;
	}
}

uint32_t cv_frame_make(const struct cv_frame_wish *w, uint8_t frame[CV_FRAME_MADE_MAX])
{
	uint16_t len = upper_len(w->ip_proto);
	uint8_t *at;

	memset(frame, 0, CV_FRAME_MADE_MAX);
	at = put_ip(put_ethernet(frame, w), w, len);
	if (w->ip_proto == IPPROTO_TCP || w->ip_proto == IPPROTO_UDP)
		put16(put16(at, w->sport), w->dport);
	if (w->ip_proto == IPPROTO_TCP) {
		at[12] = TCP_HEAD / 4 << 4;
		at[13] = TCP_SYN;
	} else if (w->ip_proto == IPPROTO_UDP) {
		put16(at + 4, UDP_HEAD);
	} else if (len) {
		at[0] = w->ip_proto == IPPROTO_ICMP ? ECHO : ECHO6;
	}
	return (uint32_t)(at + len - frame);
}
