/* SPDX-License-Identifier: Apache-2.0 */
/* GB/T 26875.3-2011, as transmission units of fire-alarm systems send it. */
#include "tools/citysim/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * code: for values the kind of quantity (table 6) and for alarms the bit of a
 * component's state (8.2.1.2), then the component's type (table 5).
 */
static const struct sim_point detectors[] = {
	{"3 120", "fire.temperature", "Cel", 1, 0, SIM_CURVE_DAY, -50, 600},
	{"8 121", "fire.voltage", "V", 1, 0, SIM_CURVE_STEADY, 230, 280},
	{"1 40", "fire.alarm", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"2 40", "fire.fault", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"3 23", "fire.shield", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point hydrants[] = {
	{"5 95", "fire.pressure", "Pa", 1, 3, SIM_CURVE_STEADY, 1000, 9000}, /* 0.1 kPa */
	{"4 96", "fire.pressure", "Pa", 1, 6, SIM_CURVE_STEADY, 1, 12}, /* 0.1 MPa */
	{"2 97", "fire.height", "m", 2, 0, SIM_CURVE_STEADY, 50, 450},
	{"10 98", "fire.flow", "l/s", 1, 0, SIM_CURVE_STEADY, 0, 400},
	{"4 95", "fire.supervision", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"5 97", "fire.started", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};

/* tag: the system's type (table 4). */
static const struct sim_profile profiles[] = {
	{"fire-unit", "fire-alarm system of a building", detectors, SIM_COUNT(detectors), 1},
	{"fire-water", "fire pumps and hydrants", hydrants, SIM_COUNT(hydrants), 11},
};

enum { REGISTER, HEARTBEAT, VALUES, STATE };
static const struct sim_kind kinds[] = {
	[REGISTER] = {"register", SIM_ON_OPEN, 0},
	[HEARTBEAT] = {"heartbeat", SIM_ON_TIME, 4},
	[VALUES] = {"values", SIM_ON_TIME, 6},
	[STATE] = {"state", SIM_ON_ALARM, 0},
};

#define HEAD 27
#define LENGTH 24

/* Six bits to a byte: no two bytes of an address are ever 40H, which is how a
 * frame begins. */
static void put_address(struct sim_message *m, uint32_t index, unsigned int class)
{
	for (int i = 0; i < 4; i++)
		sim_u8(m, index >> 6 * i & 63);
	sim_u8(m, class);
	sim_u8(m, 1);
}

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	uint32_t i = dev->index + 1;

	snprintf(dev->id, sizeof(dev->id), "01%02x%02x%02x%02x%02x", profile->tag, i >> 18 & 63,
		 i >> 12 & 63, i >> 6 & 63, i & 63);
}

static void put_time(struct sim_message *m, int64_t time_ns)
{
	struct sim_civil t = sim_civil(time_ns, SIM_BEIJING_S);

	sim_put(m,
		(uint8_t[]){(uint8_t)t.second, (uint8_t)t.minute, (uint8_t)t.hour, (uint8_t)t.day,
			    (uint8_t)t.month, (uint8_t)(t.year - 2000)},
		6);
}

/* Zone and number of the component in its system. */
static uint32_t component(const struct sim_input *in, unsigned int i)
{
	return (uint32_t)(in->device->key % 31 << 16) | (i + 1);
}

static const char *sub(struct sim_message *m, const struct sim_input *in, unsigned int type,
		       uint32_t at)
{
	return sim_text(m, "%u-1.%u-%08x", in->profile->tag, type,
			(unsigned int)(at << 16 | at >> 16));
}

static void put_object(struct sim_message *m, const struct sim_input *in,
		       const struct sim_reading *r, unsigned int i)
{
	char *type;
	unsigned int code = (unsigned int)strtoul(r->point->code, &type, 10);
	unsigned int kind = (unsigned int)strtoul(type, NULL, 10);
	uint32_t at = component(in, i);
	struct sim_expect *e;

	sim_u8(m, in->profile->tag);
	sim_u8(m, 1);
	sim_u8(m, kind);
	sim_le16(m, at >> 16);
	sim_le16(m, at & 0xffff);
	if (in->kind == VALUES) {
		sim_u8(m, code);
		sim_le16(m, (uint16_t)r->raw);
		e = sim_expect_reading(m, in, r);
	} else {
		/* "Smoke" in GB 18030, then ASCII; what is left of 31 bytes is zeros. */
		char label[32] = "\xd1\xcc\xb8\xd0";
		bool alarm = r->raw && code != 3 && code != 5;

		snprintf(label + 4, sizeof(label) - 4, " %uF", (unsigned int)(at >> 16) + 1);
		sim_le16(m, r->raw ? 1u << code : 0);
		sim_put(m, label, 31);
		e = sim_expect(m, in, alarm ? CV_KIND_ALARM : CV_KIND_STATE);
		e->name = r->raw ? r->point->name : "fire.state";
		sim_expect_number(e, r->raw ? 1 : 0);
		e->text = sim_text(m, "\xe7\x83\x9f\xe6\x84\x9f %uF", (unsigned int)(at >> 16) + 1);
		e->method = "send-component-state";
	}
	put_time(m, in->time_ns);
	e->time_ns = sim_seconds(in->time_ns);
	e->sub = sub(m, in, kind, at);
}

static void put_unit_state(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	sim_u8(m, 21);
	sim_u8(m, 1);
	sim_u8(m, 1); /* in service, nothing wrong */
	put_time(m, in->time_ns);
	e->name = "fire.state";
	e->time_ns = sim_seconds(in->time_ns);
	sim_expect_number(e, 1);
}

static void put_unit(struct sim_message *m, const struct sim_input *in)
{
	if (in->kind == HEARTBEAT) {
		struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

		e->time_ns = sim_seconds(in->time_ns);
		e->method = "heartbeat";
		return;
	}
	if (in->kind == REGISTER) {
		put_unit_state(m, in);
		return;
	}
	sim_u8(m, in->kind == VALUES ? 3 : 2);
	sim_u8(m, in->count);
	for (unsigned int i = 0; i < in->count; i++)
		put_object(m, in, &in->reading[i], i);
}

static uint8_t sum(const uint8_t *data, size_t len)
{
	uint8_t n = 0;

	while (len-- > 0)
		n = (uint8_t)(n + *data++);
	return n;
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	unsigned int n;

	if ((in->kind == VALUES || in->kind == STATE) && in->count == 0)
		return;
	sim_part(m, true);
	sim_put(m, "@@", 2);
	sim_u8(m, (in->serial + 1) & 63); /* as with addresses */
	sim_u8(m, (in->serial + 1) >> 6 & 63);
	sim_be16(m, 0x0101);
	put_time(m, in->time_ns);
	put_address(m, in->device->index + 1, in->profile->tag);
	put_address(m, 0, 0);
	sim_le16(m, 0);
	sim_u8(m, 2);
	put_unit(m, in);
	n = m->len - HEAD;
	m->bytes[LENGTH] = (uint8_t)n;
	m->bytes[LENGTH + 1] = (uint8_t)(n >> 8);
	sim_u8(m, sum(m->bytes + 2, m->len - 2));
	sim_put(m, "##", 2);
}

/* What has no data waits for no confirmation. */
static bool repeat(const struct sim_input *in, struct sim_message *m)
{
	return in->kind != HEARTBEAT;
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	unsigned int at;

	switch (damage) {
	case SIM_DAMAGE_CHECK:
		m->bytes[m->len - 3] ^= 0x80;
		break;
	case SIM_DAMAGE_CONTENT: /* all but the length, which makes another damage of
                              it */
		at = 2 + (unsigned int)(in->random % (m->len - 5));
		m->bytes[at / 2 * 2 == LENGTH ? LENGTH + 2 : at] ^= 0x80;
		break;
	case SIM_DAMAGE_LENGTH:
		m->bytes[LENGTH + 1] = 0x80;
		break;
	case SIM_DAMAGE_CUT:
		m->part[0].len = (uint16_t)(2 + in->random % (m->len - 3));
		break;
	default:
		break;
	}
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_gb26875 = {
	.name = "gb26875",
	.transports = SIM_TCP | SIM_UDP,
	.port = 26875, /* the standard has none */
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(LENGTH) | SIM_BIT(CUT),
	.stream_damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(LENGTH),
	.numbered = true,
	.repeat = repeat,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
