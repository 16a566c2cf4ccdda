/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DL/T 698.45-2017: a meter with a connection of its own: it logs in, keeps the link up, reports
 * values, and events with their times.
 */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 12 /* of a report */
#define HEARTBEAT_S 180

/* code: object, attribute and index (OAD). Exponents are those of annex A. */
static const struct sim_point points[] = {
	{"20000201", "power.voltage", "V", 1, 0, SIM_CURVE_NIGHT, 2050, 2420},
	{"20000202", "power.voltage", "V", 1, 0, SIM_CURVE_NIGHT, 2050, 2420},
	{"20000203", "power.voltage", "V", 1, 0, SIM_CURVE_NIGHT, 2050, 2420},
	{"20010201", "power.current", "A", 3, 0, SIM_CURVE_RUSH, -60000, 60000},
	{"20040201", "power.active", "W", 1, 0, SIM_CURVE_RUSH, -300000, 300000},
	{"20050201", "power.reactive", "var", 1, 0, SIM_CURVE_RUSH, -100000, 100000},
	{"200A0201", "power.factor", "", 3, 0, SIM_CURVE_STEADY, -1000, 1000},
	{"200F0200", "power.frequency", "Hz", 2, 0, SIM_CURVE_STEADY, 4990, 5010},
	{"00100201", "power.energy_import", "kWh", 2, 0, SIM_CURVE_TOTAL, 0, 99999999},
	{"00200201", "power.energy_export", "kWh", 2, 0, SIM_CURVE_TOTAL, 0, 99999999},
	{"30110200", "power.outage", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"301B0200", "meter.cover_open", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"meter", "three-phase electricity meter with a modem", points, SIM_COUNT(points), 0},
};

enum { LOGIN, REPORT, HEARTBEAT, EVENT };
static const struct sim_kind kinds[] = {
	[LOGIN] = {"login", SIM_ON_OPEN, 0},
	[REPORT] = {"report", SIM_ON_TIME, 4},
	[HEARTBEAT] = {"heartbeat", SIM_ON_TIME, 1},
	[EVENT] = {"event", SIM_ON_ALARM, 0},
};

static uint64_t address(const struct sim_device *dev)
{
	return 450000000000 + (uint64_t)dev->index;
}

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%012" PRIu64, address(dev));
}

/* CRC-16/X.25, bit by bit, of all from @p at on. */
static void check_sequence(struct sim_message *m, unsigned int at)
{
	unsigned int crc = 0xffff;

	for (unsigned int i = at; i < m->len; i++) {
		crc ^= m->bytes[i];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x8408 : crc >> 1;
	}
	sim_le16(m, ~crc & 0xffff);
}

/* Up to the user data. @return where the length is, for finish(). */
static unsigned int begin(struct sim_message *m, const struct sim_input *in, unsigned int control)
{
	unsigned int at;

	sim_part(m, true);
	sim_u8(m, 0x68);
	at = m->len;
	sim_le16(m, 0);
	sim_u8(m, control);
	sim_u8(m, 5); /* a single address of six bytes */
	sim_bcd_le(m, address(in->device), 12);
	sim_u8(m, 0x10);
	sim_le16(m, 0);
	return at;
}

static void finish(struct sim_message *m, unsigned int at)
{
	unsigned int end = m->len, head = at + 11;

	m->bytes[at] = (uint8_t)(end + 2 - at);
	m->bytes[at + 1] = (uint8_t)((end + 2 - at) >> 8);
	m->len = head;
	check_sequence(m, at);
	m->len = end;
	check_sequence(m, at);
	sim_u8(m, 0x16);
}

static void date_time_s(struct sim_message *m, const struct sim_input *in)
{
	struct sim_civil c = sim_civil(in->time_ns, SIM_BEIJING_S);

	sim_be16(m, (unsigned int)c.year);
	sim_u8(m, (unsigned int)c.month);
	sim_u8(m, (unsigned int)c.day);
	sim_u8(m, (unsigned int)c.hour);
	sim_u8(m, (unsigned int)c.minute);
	sim_u8(m, (unsigned int)c.second);
}

static void link_request(struct sim_message *m, const struct sim_input *in)
{
	unsigned int at = begin(m, in, 0x81);
	struct sim_civil c = sim_civil(in->time_ns, SIM_BEIJING_S);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

	sim_u8(m, 1);
	sim_u8(m, in->serial & 0x3f);
	sim_u8(m, in->kind == LOGIN ? 0 : 1);
	sim_be16(m, HEARTBEAT_S);
	sim_be16(m, (unsigned int)c.year);
	sim_u8(m, (unsigned int)c.month);
	sim_u8(m, (unsigned int)c.day);
	sim_u8(m, (unsigned int)c.weekday);
	sim_u8(m, (unsigned int)c.hour);
	sim_u8(m, (unsigned int)c.minute);
	sim_u8(m, (unsigned int)c.second);
	sim_be16(m, 0);
	finish(m, at);
	sim_expect_number(e, HEARTBEAT_S);
	e->unit = "s";
	e->time_ns = sim_seconds(in->time_ns);
	e->method = in->kind == LOGIN ? "login" : "heartbeat";
}

static const char *phase(uint32_t oad)
{
	static const char *const phases[] = {"", "a", "b", "c"};

	return oad >> 16 == 0x2000 || oad >> 16 == 0x2001 ? phases[oad & 3] : "";
}

/* A value with the type that the object has. */
static void value(struct sim_message *m, const struct sim_reading *r, uint32_t oad)
{
	if (r->faulty) {
		sim_u8(m, 0);
		return;
	}
	switch (oad >> 16) {
	case 0x2000:
	case 0x200f:
		sim_u8(m, 18);
		sim_be16(m, (unsigned int)r->raw);
		break;
	case 0x200a:
		sim_u8(m, 16);
		sim_be16(m, (unsigned int)r->raw & 0xffff);
		break;
	case 0x0010:
	case 0x0020:
		sim_u8(m, 6);
		sim_be32(m, (uint32_t)r->raw);
		break;
	default:
		sim_u8(m, 5);
		sim_be32(m, (uint32_t)r->raw);
		break;
	}
}

static void report(struct sim_message *m, const struct sim_input *in)
{
	unsigned int count = in->count < VALUES_MAX ? in->count : VALUES_MAX;
	unsigned int at = begin(m, in, 0x83);

	sim_be16(m, 0x8801);
	sim_u8(m, in->serial & 0x3f);
	sim_u8(m, count);
	for (unsigned int i = 0; i < count; i++) {
		const struct sim_reading *r = &in->reading[i];
		uint32_t oad = (uint32_t)strtoul(r->point->code, NULL, 16);
		struct sim_expect *e = sim_expect_reading(m, in, r);

		sim_be32(m, oad);
		sim_u8(m, 1);
		value(m, r, oad);
		e->code = r->point->code;
		e->sub = phase(oad);
		e->method = "report";
		if (strcmp(e->name, "power.factor") == 0)
			e->unit = NULL;
		if (r->faulty) {
			e->value_type = CV_VALUE_NONE;
			e->quality = CV_QUALITY_BAD;
		}
	}
	sim_be16(m, 0); /* no report behind it, no time tag */
	finish(m, at);
}

/* A row of the event's record: its number, when it began, when it ended. */
static void event(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r)
{
	unsigned int at = begin(m, in, 0x83);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_ALARM);

	sim_be16(m, 0x8802);
	sim_u8(m, in->serial & 0x3f);
	sim_u8(m, 1);
	sim_be32(m, (uint32_t)strtoul(r->point->code, NULL, 16));
	sim_u8(m, 3);
	sim_u8(m, 0);
	sim_be32(m, 0x20220200);
	sim_u8(m, 0);
	sim_be32(m, 0x201e0200);
	sim_u8(m, 0);
	sim_be32(m, 0x20200200);
	sim_be16(m, 0x0101); /* rows follow, one of them */
	sim_u8(m, 6);
	sim_be32(m, in->serial);
	sim_u8(m, 28);
	date_time_s(m, in);
	sim_u8(m, r->raw ? 0 : 28);
	if (!r->raw)
		date_time_s(m, in);
	sim_be16(m, 0);
	finish(m, at);
	e->name = r->point->name;
	e->code = r->point->code;
	e->method = "report-record";
	e->time_ns = sim_seconds(in->time_ns);
	sim_expect_number(e, r->raw ? 1 : 0);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == LOGIN || in->kind == HEARTBEAT)
		link_request(m, in);
	else if (in->kind == REPORT && in->count != 0)
		report(m, in);
	else if (in->kind == EVENT && in->count != 0)
		event(m, in, &in->reading[0]);
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	static const struct sim_framing framing = {
		.content = 14, .tail = 3, .check = 2, .shortest = 5};

	sim_damage_checked(in, m, damage, &framing);
}

const struct sim_encoder sim_encoder_dlt698 = {
	.name = "dlt698",
	.transports = SIM_TCP | SIM_UDP,
	.port = 6980, /* the standard has none */
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(CUT),
	.stream_damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
