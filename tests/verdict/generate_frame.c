/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/verdict/generate.h"

#include <netinet/in.h>
#include <string.h>

struct draft {
	struct cv_random *r;
	uint8_t *b;
	uint32_t len;
};

static void put8(struct draft *d, uint32_t v)
{
	d->b[d->len++] = (uint8_t)v;
}

static void put16(struct draft *d, uint32_t v)
{
	put8(d, v >> 8);
	put8(d, v);
}

static void put_noise(struct draft *d, uint32_t n)
{
	while (n--)
		put8(d, (uint32_t)cv_random(d->r));
}

/* The addresses of 3,000 devices or so, close to the prefixes; sometimes anything. */
static void random_address(struct cv_random *r, unsigned int bytes, uint8_t *addr)
{
	memset(addr, 0, bytes);
	if (cv_once_in(r, 50)) {
		for (unsigned int i = 0; i < bytes; i++)
			addr[i] = (uint8_t)cv_random(r);
		return;
	}
	addr[0] = bytes == 4 ? 10 : 0xfd;
	if (cv_once_in(r, 3)) { /* four that meet again and again, so that flows are known */
		addr[1] = (uint8_t)cv_below(r, 2);
		addr[bytes - 1] = (uint8_t)cv_below(r, 2);
		return;
	}
	addr[1] = (uint8_t)cv_below(r, 4);
	addr[bytes - 2] = (uint8_t)cv_below(r, 4);
	addr[bytes - 1] = (uint8_t)cv_below(r, 100);
	if (bytes == 16 && cv_once_in(r, 2))
		addr[2 + cv_below(r, 12)] = (uint8_t)cv_below(r, 4);
}

static const uint16_t vlan_ids[] = {0, 5, 100};

void cv_generate_device(struct cv_random *r, struct cv_device_key *key)
{
	memset(key, 0, sizeof(*key));
	key->family = cv_once_in(r, 2) ? 4 : 6;
	key->vlan = cv_once_in(r, 2) ? vlan_ids[cv_below(r, 3)] : 0;
	random_address(r, key->family == 4 ? 4 : 16, (uint8_t *)key->addr);
}

static void put_ports(struct draft *d)
{
	static const uint16_t ports[] = {0, 53, 502, 1883, 5683, 9000, 40000};

	for (int i = 0; i < 2; i++)
		put16(d, ports[cv_below(d->r, sizeof(ports) / sizeof(ports[0]))]);
}

/* Layer 4 with @p payload bytes behind its header, mostly right. */
static void put_l4(struct draft *d, uint32_t proto, uint32_t payload)
{
	uint32_t words = 5;

	if (proto == IPPROTO_UDP) {
		put_ports(d);
		put16(d, cv_once_in(d->r, 20) ? cv_below(d->r, payload + 20) : payload + 8);
		put16(d, 0);
	} else if (proto == IPPROTO_TCP) {
		put_ports(d);
		put_noise(d, 8);
		words = cv_once_in(d->r, 8) ? cv_below(d->r, 16) : 5;
		put8(d, words << 4);
		put_noise(d, 7);
	} else {
		put_noise(d, 8);
	}
	put_noise(d, payload);
}

static uint32_t random_proto(struct cv_random *r)
{
	static const uint8_t protos[] = {IPPROTO_UDP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_TCP,
					 IPPROTO_TCP, IPPROTO_TCP, 1,		47,
					 58,	      0,	   132};

	return protos[cv_below(r, sizeof(protos))];
}

/* Flags and offset in units of eight bytes: first, later, tiny, overlong. */
static uint32_t random_fragment(struct cv_random *r, uint32_t more)
{
	switch (cv_below(r, 6)) {
	case 0:
		return more; /* first */
	case 1:
		return 1; /* over the TCP flags */
	case 2:
		return 0x1fff - cv_below(r, 12); /* about the longest datagram */
	case 3:
		return more | (1 + cv_below(r, 200));
	default:
		return 1 + cv_below(r, 200);
	}
}

static uint32_t random_payload(struct cv_random *r)
{
	return cv_once_in(r, 30) ? cv_below(r, 600) : cv_below(r, 12) * (cv_once_in(r, 3) ? 1 : 8);
}

static void put_ip4(struct draft *d)
{
	uint32_t at = d->len, proto = random_proto(d->r), total, frag = 0;
	uint32_t words = cv_once_in(d->r, 8) ? 5 + cv_below(d->r, 11) : 5;

	if (cv_once_in(d->r, 6))
		frag = random_fragment(d->r, 0x2000);
	else if (cv_once_in(d->r, 4))
		frag = 0x4000; /* do not fragment */
	put8(d, 0x40 | words);
	put8(d, 0);
	put16(d, 0);
	put16(d, (uint32_t)cv_random(d->r));
	put16(d, frag);
	put8(d, 64);
	put8(d, proto);
	put16(d, 0);
	random_address(d->r, 4, d->b + d->len);
	random_address(d->r, 4, d->b + d->len + 4);
	d->len += 8;
	put_noise(d, words * 4 - 20);
	put_l4(d, proto, random_payload(d->r));
	total = d->len - at;
	if (cv_once_in(d->r, 20))
		total = cv_below(d->r, total + 40);
	d->b[at + 2] = (uint8_t)(total >> 8);
	d->b[at + 3] = (uint8_t)total;
	if (cv_once_in(d->r, 50))
		d->b[at] = (uint8_t)cv_random(d->r); /* version and header length */
	if (cv_once_in(d->r, 4))
		put_noise(d, cv_below(d->r, 20)); /* Ethernet padding */
}

/* One extension header; its first byte is filled in by who knows what follows. */
static void put_extension(struct draft *d, uint32_t type)
{
	uint32_t at = d->len, units = cv_below(d->r, 3), frag;

	if (type == IPPROTO_FRAGMENT) {
		frag = random_fragment(d->r, 0x2000);
		if (cv_once_in(d->r, 3))
			frag = 0; /* whole after all (RFC 6946) */
		put16(d, 0);
		put16(d, (frag & 0x1fff) << 3 | (frag & 0x2000) >> 13);
		put_noise(d, 4);
		return;
	}
	put8(d, 0);
	put8(d, type == IPPROTO_AH ? units * 2 + 1 : units);
	put8(d, cv_below(d->r, 5)); /* routing type */
	put_noise(d, type == IPPROTO_AH ? units * 8 + 12 - 3 : units * 8 + 8 - 3);
	if (cv_once_in(d->r, 40))
		d->b[at + 1] = (uint8_t)cv_random(d->r);
}

static void put_extensions(struct draft *d, uint32_t next_at, uint32_t proto)
{
	static const uint8_t types[] = {IPPROTO_ROUTING, IPPROTO_FRAGMENT, IPPROTO_AH,
					IPPROTO_DSTOPTS, IPPROTO_DSTOPTS};
	uint32_t count = cv_once_in(d->r, 3) ? cv_below(d->r, 9) : 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t type = types[cv_below(d->r, sizeof(types))];

		if (cv_once_in(d->r, i ? 30 : 3))
			type = IPPROTO_HOPOPTS;
		d->b[next_at] = (uint8_t)type;
		next_at = d->len;
		put_extension(d, type);
	}
	d->b[next_at] = (uint8_t)proto;
}

static void put_ip6(struct draft *d)
{
	uint32_t at = d->len, proto = random_proto(d->r), payload;

	put8(d, cv_once_in(d->r, 60) ? (uint32_t)cv_random(d->r) : 0x60);
	put_noise(d, 3);
	put16(d, 0);
	put8(d, 0);
	put8(d, 64);
	random_address(d->r, 16, d->b + d->len);
	random_address(d->r, 16, d->b + d->len + 16);
	d->len += 32;
	put_extensions(d, at + 6, proto);
	put_l4(d, proto, random_payload(d->r));
	payload = d->len - at - 40;
	if (cv_once_in(d->r, 20))
		payload = cv_below(d->r, payload + 40);
	d->b[at + 4] = (uint8_t)(payload >> 8);
	d->b[at + 5] = (uint8_t)payload;
}

static void put_tags(struct draft *d)
{
	uint32_t tags = cv_once_in(d->r, 3) ? 1 + cv_below(d->r, 3) : 0;

	while (tags--) {
		put16(d, cv_once_in(d->r, 3) ? 0x88a8 : 0x8100);
		put16(d, cv_below(d->r, 8) << 13 | vlan_ids[cv_below(d->r, 3)]);
	}
}

uint64_t cv_generate_mac(uint32_t number)
{
	return 0x020202020202ull + ((uint64_t)number << 40);
}

static void put_mac(struct draft *d, uint32_t at)
{
	uint64_t mac = cv_generate_mac(cv_below(d->r, CV_GENERATE_MACS));

	for (unsigned int i = 0; i < 6; i++)
		d->b[at + i] = (uint8_t)(mac >> 8 * i);
}

/* What the guard's addresses are asked and told by. */
static void put_arp(struct draft *d)
{
	uint32_t at = d->len;

	put_noise(d, 46);
	if (cv_once_in(d->r, 2))
		random_address(d->r, 4, d->b + at + 14);
	memcpy(d->b + at + 24, (const uint8_t[]){10, 1, 0, (uint8_t)cv_below(d->r, 2)}, 4);
}

uint32_t cv_generate_frame(struct cv_random *r, uint8_t *frame)
{
	struct draft d = {r, frame, 12};

	put_mac(&d, 0);
	put_mac(&d, 6);
	put_tags(&d);
	if (cv_once_in(r, 25)) {
		put16(&d, cv_once_in(r, 2) ? 0x0806 : (uint32_t)cv_random(r));
		put_arp(&d);
	} else if (cv_once_in(r, 3)) {
		put16(&d, 0x86dd);
		put_ip6(&d);
	} else {
		put16(&d, 0x0800);
		put_ip4(&d);
	}
	if (cv_once_in(r, 30)) {
		for (uint32_t flips = 1 + cv_below(r, 3); flips; flips--)
			frame[cv_below(r, d.len)] ^= (uint8_t)(1u << cv_below(r, 8));
	}
	if (cv_once_in(r, 30))
		d.len = cv_below(r, d.len + 1);
	return d.len;
}
