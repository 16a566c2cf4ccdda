/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Semtech's UDP protocol: a gateway tells what it hears of LoRaWAN devices, and how it is. What the
 * devices say is encrypted; here it is noise. Gateways nearby hear some of it, too.
 */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point outdoor[] = {
	{"rssi", "device.rssi", "dBm", 0, 0, SIM_CURVE_STEADY, -120, -40},
	{"snr", "device.snr", "dB", 1, 0, SIM_CURVE_STEADY, -180, 120},
	{"temp", "device.temperature", "Cel", 1, 0, SIM_CURVE_DAY, -100, 550},
};
static const struct sim_profile profiles[] = {
	{"lorawan-gateway", "gateway on a roof", outdoor, SIM_COUNT(outdoor), 0},
};

enum { PULL, HEARD, STAT };
static const struct sim_kind kinds[] = {
	[PULL] = {"pull-data", SIM_ON_OPEN, 0},
	[HEARD] = {"heard", SIM_ON_TIME, 19},
	[STAT] = {"stat", SIM_ON_TIME, 1},
};

enum { PUSH_DATA, PUSH_ACK, PULL_DATA, PULL_RESP, PULL_ACK };
#define DEVICES 400 /* that a gateway hears */
#define CONTENT 11 /* bytes of what a device says */
#define HEARERS_MAX 4 /* gateways that hear one frame */

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "aa555a00%08" PRIx32, dev->index);
}

static void head_of(struct sim_message *m, const struct sim_input *in, bool from_device,
		    unsigned int identifier, unsigned int neighbour)
{
	sim_part(m, from_device);
	sim_u8(m, 2);
	sim_be16(m, in->serial & 0xffff);
	sim_u8(m, identifier);
	if (!from_device)
		return;
	m->part[m->parts - 1].neighbour = (uint8_t)neighbour;
	sim_be32(m, 0xaa555a00);
	sim_be32(m, in->device->index + neighbour);
}

static void head(struct sim_message *m, const struct sim_input *in, bool from_device,
		 unsigned int identifier)
{
	head_of(m, in, from_device, identifier, 0);
}

static struct sim_reading reading(const struct sim_input *in, unsigned int point)
{
	const struct sim_point *p = &in->profile->points[point];

	for (unsigned int i = 0; i < in->count; i++)
		if (in->reading[i].point == p)
			return in->reading[i];
	return (struct sim_reading){.point = p, .raw = p->low};
}

static void put_time(struct sim_message *m, int64_t time_ns, bool expanded)
{
	struct sim_civil t = sim_civil(time_ns, 0);

	if (expanded) /* as stat has it */
		sim_printf(m, "\"time\":\"%04d-%02d-%02d %02d:%02d:%02d GMT\"", t.year, t.month,
			   t.day, t.hour, t.minute, t.second);
	else
		sim_printf(m, "\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03d000Z\"", t.year,
			   t.month, t.day, t.hour, t.minute, t.second, t.ms);
}

/* RFC 4648 section 4. */
static void put_base64(struct sim_message *m, const uint8_t *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t n = (uint32_t)data[i] << 16;

		n |= i + 1 < len ? (uint32_t)data[i + 1] << 8 : 0;
		n |= i + 2 < len ? data[i + 2] : 0;
		sim_u8(m, (uint8_t)digits[n >> 18 & 63]);
		sim_u8(m, (uint8_t)digits[n >> 12 & 63]);
		sim_u8(m, i + 1 < len ? (uint8_t)digits[n >> 6 & 63] : '=');
		sim_u8(m, i + 2 < len ? (uint8_t)digits[n & 63] : '=');
	}
}

/* An unconfirmed uplink of one of the devices around (LoRaWAN 1.0.4 section 4). @return its address */
static uint32_t frame(const struct sim_input *in, uint8_t phy[13 + CONTENT])
{
	uint32_t address =
		0x26000000 | (uint32_t)(in->random % DEVICES) | (in->device->index & 0xff) << 12;
	uint64_t noise = sim_mix(in->random);

	memcpy(phy,
	       (uint8_t[]){0x40, (uint8_t)address, (uint8_t)(address >> 8),
			   (uint8_t)(address >> 16), (uint8_t)(address >> 24), 0,
			   (uint8_t)in->serial, (uint8_t)(in->serial >> 8), 2},
	       9);
	for (unsigned int i = 9; i < 13 + CONTENT; i++) {
		noise = sim_mix(noise);
		phy[i] = (uint8_t)noise;
	}
	return address;
}

/* How one of the gateways hears it. */
struct hearing {
	struct sim_reading rssi, snr;
	unsigned int neighbour;
};

static struct hearing hearing(const struct sim_input *in, unsigned int neighbour)
{
	struct hearing h = {reading(in, 0), reading(in, 1), neighbour};
	uint64_t dice = sim_mix(in->random + neighbour);

	if (neighbour == 0)
		return h;
	h.rssi.raw = -120 + (int64_t)(dice % 80);
	h.snr.raw = -180 + (int64_t)(dice / 80 % 300);
	return h;
}

/* The power of the signal (SX1276 data sheet, 5.5.5), in tenths of dBm: the points' decimals. */
static int64_t power(const struct hearing *h)
{
	return h->rssi.raw * 10 + (h->snr.raw < 0 ? h->snr.raw : 0);
}

static bool is_better(const struct hearing *a, const struct hearing *b)
{
	if (power(a) != power(b))
		return power(a) > power(b);
	return a->snr.raw > b->snr.raw; /* else the one with the lower number, which came before */
}

static void expect_radio(struct sim_message *m, const struct sim_input *in, const char *address,
			 const struct sim_reading *r, const char *gateway)
{
	struct sim_expect *e = sim_expect_reading(m, in, r);

	e->device = address;
	e->sub = gateway;
	e->lane = CV_LANE_STATUS;
	e->time_ns = in->time_ns / 1000000 * 1000000;
}

static void expect_frame(struct sim_message *m, const struct sim_input *in, const char *address,
			 const struct hearing *best)
{
	const char *gateway =
		sim_text(m, "aa555a00%08" PRIx32, in->device->index + best->neighbour);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	e->device = address;
	e->sub = gateway;
	e->name = "network.encrypted_payload";
	e->value_type = CV_VALUE_BYTES;
	e->time_ns = in->time_ns / 1000000 * 1000000;
	e->lane = CV_LANE_STATUS;
	expect_radio(m, in, address, &best->rssi, gateway);
	expect_radio(m, in, address, &best->snr, gateway);
}

static void push(struct sim_message *m, const struct sim_input *in, const struct hearing *h,
		 const uint8_t *phy, size_t len)
{
	head_of(m, in, true, PUSH_DATA, h->neighbour);
	sim_printf(m, "{\"rxpk\":[{");
	put_time(m, in->time_ns, false);
	sim_printf(m,
		   ",\"tmst\":%" PRIu32 ",\"chan\":2,\"rfch\":0,\"freq\":486.300000,\"stat\":1,"
		   "\"modu\":\"LORA\",\"datr\":\"SF%uBW125\",\"codr\":\"4/5\",\"rssi\":%s,"
		   "\"lsnr\":%s,\"size\":%zu,\"data\":\"",
		   (uint32_t)(in->time_ns / 1000), (unsigned int)(7 + in->random % 6),
		   sim_decimal(h->rssi.raw, 0), sim_decimal(h->snr.raw, 1), len);
	put_base64(m, phy, len);
	sim_printf(m, "\"}]}");
}

static void heard(struct sim_message *m, const struct sim_input *in)
{
	unsigned int hearers = 1 + (unsigned int)(in->random >> 33) % HEARERS_MAX;
	struct hearing best = hearing(in, 0);
	uint8_t phy[13 + CONTENT];
	const char *address = sim_text(m, "%08" PRIx32, frame(in, phy));

	for (unsigned int i = 0; i < hearers && i <= in->neighbours; i++) {
		struct hearing h = hearing(in, i);

		push(m, in, &h, phy, sizeof(phy));
		m->again += i != 0;
		if (is_better(&h, &best))
			best = h;
	}
	expect_frame(m, in, address, &best);
	head(m, in, false, PUSH_ACK);
}

static void expect_count(struct sim_message *m, const struct sim_input *in, const char *name,
			 double count)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_MEASUREMENT);

	e->name = name;
	e->lane = CV_LANE_STATUS;
	e->time_ns = sim_seconds(in->time_ns);
	sim_expect_number(e, count);
}

static void stat(struct sim_message *m, const struct sim_input *in)
{
	struct sim_reading temperature = reading(in, 2);
	struct sim_expect *e;

	head(m, in, true, PUSH_DATA);
	sim_printf(m, "{\"stat\":{");
	put_time(m, in->time_ns, true);
	sim_printf(m, ",\"rxnb\":%u,\"rxok\":%u,\"temp\":%s}}", (unsigned int)in->serial + 9,
		   (unsigned int)in->serial, sim_decimal(temperature.raw, 1));
	expect_count(m, in, "network.received", in->serial + 9.0);
	expect_count(m, in, "network.received_good", in->serial);
	e = sim_expect_reading(m, in, &temperature);
	e->lane = CV_LANE_STATUS;
	e->time_ns = sim_seconds(in->time_ns);
	head(m, in, false, PUSH_ACK);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == PULL) {
		struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

		head(m, in, true, PULL_DATA);
		head(m, in, false, PULL_ACK);
		e->method = "pull-data";
	} else if (in->kind == HEARD) {
		heard(m, in);
	} else {
		stat(m, in);
	}
}

/* A device sends again what the network did not confirm. */
static bool repeat(const struct sim_input *in, struct sim_message *m)
{
	sim_keep_first(m);
	m->messages = 1;
	return in->kind == HEARD;
}

/* What the gateway sends, alone. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_keep_first(m);
	if (damage == SIM_DAMAGE_HEADER)
		m->bytes[in->random & 1 ? 0 : 3] = 9; /* no such version, no such identifier */
	else
		m->part[0].len = (uint16_t)(1 + in->random % 11);
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_gwmp = {
	.name = "gwmp",
	.transports = SIM_UDP,
	.port = 1700,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(HEADER) | SIM_BIT(CUT),
	.numbered = true,
	.repeat = repeat,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
