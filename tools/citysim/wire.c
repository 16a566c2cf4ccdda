/* SPDX-License-Identifier: Apache-2.0 */
/* Ethernet frames: datagrams and TCP connections with both of their ends. */
#include "tools/citysim/city.h"
#include "tools/citysim/output.h"

#include <netinet/in.h>
#include <string.h>

#define MSS 1400
#define GAP_NS 1000 /* between frames that follow each other at once */

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10 };

/* A frame under construction, and who sends it. */
struct frame {
	const struct sim_group *group;
	uint32_t device;
	bool from_device;
	uint16_t device_port, platform_port;
	size_t len;
	uint8_t bytes[SIM_FRAME_MAX];
};

static void put16(uint8_t *at, unsigned int v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

/* RFC 1071, over an even number of bytes but the last time. */
static uint32_t sum(uint32_t n, const uint8_t *data, size_t len)
{
	for (; len > 1; len -= 2, data += 2)
		n += (uint32_t)(data[0] << 8 | data[1]);
	if (len != 0)
		n += (uint32_t)data[0] << 8;
	return n;
}

static unsigned int fold(uint32_t n)
{
	n = (n & 0xffff) + (n >> 16);
	n = (n & 0xffff) + (n >> 16);
	return ~n & 0xffff;
}

/* The network's address plus the device's number plus one: 10.1.0.0 is nobody. */
static void device_address(const struct sim_group *g, uint32_t device, uint8_t out[16])
{
	uint64_t carry = (uint64_t)device + 1;

	memcpy(out, g->config->network.addr, 16);
	for (unsigned int i = g->config->network.family == 6 ? 16 : 4; i-- > 0 && carry != 0;) {
		carry += out[i];
		out[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void put_ethernet(struct frame *f, bool v6)
{
	static const uint8_t platform[] = {0x02, 0, 0, 0, 0, 1};
	uint8_t device[] = {0x06,
			    0,
			    (uint8_t)(f->device >> 24),
			    (uint8_t)(f->device >> 16),
			    (uint8_t)(f->device >> 8),
			    (uint8_t)f->device};

	memcpy(f->bytes, f->from_device ? platform : device, 6);
	memcpy(f->bytes + 6, f->from_device ? device : platform, 6);
	f->len = 12;
	if (f->group->config->vlan != 0) {
		put16(f->bytes + f->len, 0x8100);
		put16(f->bytes + f->len + 2, f->group->config->vlan);
		f->len += 4;
	}
	put16(f->bytes + f->len, v6 ? 0x86dd : 0x0800);
	f->len += 2;
}

/* @return sum of the pseudo header. */
static uint32_t put_ip(const struct sim_city *city, struct frame *f, unsigned int proto, size_t len)
{
	bool v6 = f->group->config->network.family == 6;
	const struct cv_prefix *platform =
		v6 ? &city->scenario->platform6 : &city->scenario->platform;
	size_t size = v6 ? 16 : 4;
	uint8_t device[16], *at;

	put_ethernet(f, v6);
	device_address(f->group, f->device, device);
	at = f->bytes + f->len;
	memset(at, 0, v6 ? 40 : 20);
	if (v6) {
		at[0] = 0x60;
		put16(at + 4, (unsigned int)len);
		at[6] = (uint8_t)proto;
		at[7] = 64;
		f->len += 40;
	} else {
		at[0] = 0x45;
		put16(at + 2, (unsigned int)len + 20);
		put16(at + 6, 0x4000);
		at[8] = 64;
		at[9] = (uint8_t)proto;
		f->len += 20;
	}
	at = f->bytes + f->len - 2 * size;
	memcpy(at, f->from_device ? device : platform->addr, size);
	memcpy(at + size, f->from_device ? platform->addr : device, size);
	if (!v6)
		put16(at - 2, fold(sum(0, at - 12, 20)));
	return sum(proto + (uint32_t)len, at, 2 * size);
}

static int emit(struct sim_city *city, const struct frame *f)
{
	struct sim_ledger *l = &city->ledger;

	if (l->frames == 0)
		l->start_ns = (uint64_t)city->clock_ns;
	l->end_ns = (uint64_t)city->clock_ns;
	l->frames++;
	l->bytes += f->len;
	city->clock_ns += GAP_NS;
	return sim_output_frame(city->out, city->clock_ns - GAP_NS, f->bytes, f->len);
}

/* The end that connects has a port of its own for each connection. */
static struct frame begin(const struct sim_group *g, uint32_t device, bool from_device)
{
	uint64_t key = sim_mix(g->key ^ device);
	uint16_t own = (uint16_t)(20000 + (key + g->state[device].connection) % 40000);

	return (struct frame){
		.group = g,
		.device = device,
		.from_device = from_device,
		.device_port = g->encoder->device_listens ? g->port : own,
		.platform_port = g->encoder->device_listens ? own : g->port,
	};
}

static void put_ports(struct frame *f, uint8_t *at)
{
	put16(at, f->from_device ? f->device_port : f->platform_port);
	put16(at + 2, f->from_device ? f->platform_port : f->device_port);
}

int sim_datagrams(struct sim_city *city, struct sim_group *g, uint32_t device,
		  const struct sim_write *write, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct frame f = begin(g, device + write[i].neighbour, write[i].from_device);
		size_t len = 8 + write[i].len;
		uint32_t n = put_ip(city, &f, IPPROTO_UDP, len);
		uint8_t *at = f.bytes + f.len;
		unsigned int check;
		int err;

		put_ports(&f, at);
		put16(at + 4, (unsigned int)len);
		put16(at + 6, 0);
		memcpy(at + 8, write[i].data, write[i].len);
		check = fold(sum(n, at, len));
		put16(at + 6, check ? check : 0xffff);
		f.len += len;
		err = emit(city, &f);
		if (err != 0)
			return err;
	}
	return 0;
}

/* One segment; moves the sender's sequence on. */
static int segment(struct sim_city *city, struct sim_group *g, uint32_t device, bool from_device,
		   unsigned int flags, const uint8_t *data, size_t len)
{
	struct sim_state *s = &g->state[device];
	struct frame f = begin(g, device, from_device);
	uint32_t n = put_ip(city, &f, IPPROTO_TCP, 20 + len);
	uint8_t *at = f.bytes + f.len;

	memset(at, 0, 20);
	put_ports(&f, at);
	put32(at + 4, s->seq[!from_device]);
	put32(at + 8, flags & ACK ? s->seq[from_device] : 0);
	at[12] = 5 << 4;
	at[13] = (uint8_t)flags;
	put16(at + 14, 65535);
	if (len != 0)
		memcpy(at + 20, data, len);
	put16(at + 16, fold(sum(n, at, 20 + len)));
	f.len += 20 + len;
	s->seq[!from_device] += (uint32_t)len + (flags & (SYN | FIN) ? 1 : 0);
	return emit(city, &f);
}

static bool opener(const struct sim_group *g)
{
	return !g->encoder->device_listens;
}

int sim_connect(struct sim_city *city, struct sim_group *g, uint32_t device)
{
	struct sim_state *s = &g->state[device];
	uint64_t isn;
	int err;

	s->connection++;
	s->open = true;
	s->serial = 0;
	s->damaged = false;
	isn = sim_mix(sim_mix(g->key ^ device) + s->connection);
	s->seq[0] = (uint32_t)isn;
	s->seq[1] = (uint32_t)(isn >> 32);
	city->ledger.connections++;
	err = segment(city, g, device, opener(g), SYN, NULL, 0);
	if (err == 0)
		err = segment(city, g, device, !opener(g), SYN | ACK, NULL, 0);
	if (err == 0)
		err = segment(city, g, device, opener(g), ACK, NULL, 0);
	return err;
}

int sim_disconnect(struct sim_city *city, struct sim_group *g, uint32_t device)
{
	int err = segment(city, g, device, opener(g), FIN | ACK, NULL, 0);

	g->state[device].open = false;
	if (err == 0)
		err = segment(city, g, device, !opener(g), FIN | ACK, NULL, 0);
	if (err == 0)
		err = segment(city, g, device, opener(g), ACK, NULL, 0);
	return err;
}

/* A segment of data, and perhaps once more, as after a lost acknowledgement. */
static int data_segment(struct sim_city *city, struct sim_group *g, uint32_t device,
			bool from_device, const uint8_t *data, size_t len, uint64_t dice)
{
	struct sim_state *s = &g->state[device];
	uint32_t first = s->seq[!from_device];
	int err = segment(city, g, device, from_device, PSH | ACK, data, len);

	if (err != 0 || (double)(dice % 1000000) >= g->config->retransmitted * 1e4)
		return err;
	s->seq[!from_device] = first;
	city->ledger.retransmitted++;
	return segment(city, g, device, from_device, PSH | ACK, data, len);
}

int sim_segments(struct sim_city *city, struct sim_group *g, uint32_t device,
		 const struct sim_write *write, unsigned int count, bool split)
{
	uint64_t dice = sim_mix(g->key ^ g->turn << 20);
	int err = 0;

	for (unsigned int i = 0; i < count && err == 0; i++) {
		const uint8_t *data = write[i].data;
		size_t left = write[i].len;

		while (left > 0 && err == 0) {
			size_t n = left < MSS ? left : MSS;

			dice = sim_mix(dice);
			if (split && n > 1)
				n = 1 + (dice >> 20) % n;
			err = data_segment(city, g, device, write[i].from_device, data, n, dice);
			data += n;
			left -= n;
		}
		if (err == 0 && city->scenario->acknowledge)
			err = segment(city, g, device, !write[i].from_device, ACK, NULL, 0);
	}
	return err;
}
