/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DL/T 645-2007: a meter behind a serial box that holds the connection; the
 * platform asks, the meter answers.
 */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKED_MAX 4 /* readings of a message: a request and an answer each */

/* code: the data identifier. A negative number has the top bit set. */
static const struct sim_point single[] = {
	{"02010100", "power.voltage", "V", 1, 0, SIM_CURVE_NIGHT, 2050, 2420},
	{"02020100", "power.current", "A", 3, 0, SIM_CURVE_RUSH, 20, 60000},
	{"02030000", "power.active", "W", 4, 3, SIM_CURVE_RUSH, -30000, 130000}, /* kW */
	{"02060000", "power.factor", "", 3, 0, SIM_CURVE_STEADY, 700, 1000},
	{"00010000", "power.energy_import", "kWh", 2, 0, SIM_CURVE_TOTAL, 0, 99999999},
	{"02800002", "power.frequency", "Hz", 2, 0, SIM_CURVE_STEADY, 4990, 5010},
	{"04000501", "meter.battery_low", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point three[] = {
	{"02010100", "power.voltage", "V", 1, 0, SIM_CURVE_NIGHT, 2050, 2420},
	{"02010200", "power.voltage", "V", 1, 0, SIM_CURVE_NIGHT, 2050, 2420},
	{"02010300", "power.voltage", "V", 1, 0, SIM_CURVE_NIGHT, 2050, 2420},
	{"02020100", "power.current", "A", 3, 0, SIM_CURVE_RUSH, 100, 400000},
	{"02020200", "power.current", "A", 3, 0, SIM_CURVE_RUSH, 100, 400000},
	{"02020300", "power.current", "A", 3, 0, SIM_CURVE_RUSH, 100, 400000},
	{"02030000", "power.active", "W", 4, 3, SIM_CURVE_RUSH, 1000, 799999},
	{"02040000", "power.reactive", "var", 4, 3, SIM_CURVE_RUSH, -99999, 99999},
	{"00010000", "power.energy_import", "kWh", 2, 0, SIM_CURVE_TOTAL, 0, 99999999},
	{"00020000", "power.energy_export", "kWh", 2, 0, SIM_CURVE_TOTAL, 0, 99999999},
	{"04000501", "meter.battery_low", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"meter", "single-phase electricity meter", single, SIM_COUNT(single), 0},
	{"meter-three-phase", "three-phase electricity meter", three, SIM_COUNT(three), 0},
};

enum { ADDRESS, READ, STATUS };
static const struct sim_kind kinds[] = {
	[ADDRESS] = {"read-address", SIM_ON_OPEN, 0},
	[READ] = {"read", SIM_ON_TIME, 1},
	[STATUS] = {"status-word", SIM_ON_ALARM, 0},
};

/* Digits of an identifier's number on the wire; the standard's annex A. */
static unsigned int digits_of(uint32_t di)
{
	switch (di >> 16) {
	case 0x0201:
	case 0x0206:
	case 0x0280:
		return 4;
	case 0x0202:
	case 0x0203:
	case 0x0204:
		return 6;
	default:
		return 8;
	}
}

static uint64_t address(const struct sim_device *dev)
{
	return 210000000000 + (uint64_t)dev->index;
}

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%012" PRIu64, address(dev));
}

/* @p content is as the standard has it; 33H is added on the way. */
static void frame(struct sim_message *m, const struct sim_input *in, bool answer,
		  unsigned int control, const uint8_t *content, size_t len)
{
	unsigned int start, sum = 0;

	sim_part(m, answer);
	sim_be32(m, 0xfefefefe);
	start = m->len;
	sim_u8(m, 0x68);
	sim_bcd_le(m, address(in->device), 12);
	sim_u8(m, 0x68);
	sim_u8(m, control);
	sim_u8(m, (unsigned int)len);
	for (size_t i = 0; i < len; i++)
		sim_u8(m, content[i] + 0x33u);
	for (unsigned int i = start; i < m->len; i++)
		sum += m->bytes[i];
	sim_u8(m, sum);
	sim_u8(m, 0x16);
}

/* The identifier and the number, low bytes first. */
static size_t number(const struct sim_reading *r, uint32_t di, uint8_t *out)
{
	unsigned int size = digits_of(di) / 2;
	uint64_t left = (uint64_t)(r->raw < 0 ? -r->raw : r->raw);

	for (unsigned int i = 0; i < 4; i++)
		out[i] = (uint8_t)(di >> 8 * i);
	for (unsigned int i = 0; i < size; i++, left /= 100)
		out[4 + i] = r->faulty ? 0xff : (uint8_t)(left / 10 % 10 << 4 | left % 10);
	if (r->raw < 0 && !r->faulty)
		out[4 + size - 1] |= 0x80;
	return 4 + size;
}

static const char *phase(uint32_t di)
{
	static const char *const names[] = {"", "a", "b", "c"};

	return di >> 24 == 2 && (di >> 16 & 0xff) < 0x80 ? names[di >> 8 & 3] : "";
}

static void read_one(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r)
{
	uint32_t di = (uint32_t)strtoul(r->point->code, NULL, 16);
	uint8_t content[12];
	size_t len = number(r, di, content);
	struct sim_expect *e = sim_expect_reading(m, in, r);

	frame(m, in, false, 0x11, content, 4);
	frame(m, in, true, 0x91, content, len);
	e->code = r->point->code;
	e->sub = phase(di);
	if (strcmp(e->name, "power.factor") == 0)
		e->unit = NULL;
	if (r->faulty) {
		e->value_type = CV_VALUE_NONE;
		e->quality = CV_QUALITY_BAD;
	}
}

/* Status word 1: bit 2 says that the battery of the clock is low. */
static void status_word(struct sim_message *m, const struct sim_input *in,
			const struct sim_reading *r)
{
	const uint8_t content[] = {0x01, 0x05, 0x00, 0x04, r->raw ? 4 : 0, 0};
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	frame(m, in, true, 0x91, content, sizeof(content));
	e->name = "raw.04000501";
	sim_expect_number(e, r->raw ? 4 : 0);
	if (!r->raw)
		return;
	e = sim_expect(m, in, CV_KIND_ALARM);
	e->name = r->point->name;
	e->sub = "clock";
	sim_expect_number(e, 1);
}

/* Its own address, asked for when the connection begins. */
static void read_address(struct sim_message *m, const struct sim_input *in)
{
	uint8_t content[10] = {0x01, 0x04, 0x00, 0x04};
	uint64_t left = address(in->device);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	for (int i = 0; i < 6; i++, left /= 100)
		content[4 + i] = (uint8_t)(left / 10 % 10 << 4 | left % 10);
	frame(m, in, false, 0x11, content, 4);
	frame(m, in, true, 0x91, content, sizeof(content));
	e->name = "raw.04000401";
	sim_expect_text(e, in->device->id);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == ADDRESS)
		read_address(m, in);
	for (unsigned int i = 0; i < in->count && in->kind == READ && i < ASKED_MAX; i++)
		read_one(m, in, &in->reading[(i + in->serial) % in->count]);
	if (in->kind == STATUS && in->count != 0)
		status_word(m, in, &in->reading[0]);
}

/* Only the last answer is sent. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	static const struct sim_framing framing = {
		.content = 14, .tail = 2, .check = 2, .shortest = 13};

	sim_keep_last(m);
	sim_damage_checked(in, m, damage, &framing);
}

const struct sim_encoder sim_encoder_dlt645 = {
	.name = "dlt645",
	.transports = SIM_TCP | SIM_UDP,
	.port = 6450, /* the standard has none */
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
