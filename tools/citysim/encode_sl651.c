/* SPDX-License-Identifier: Apache-2.0 */
/* SL 651-2014, hexadecimal frames: stations for rain and level, by themselves.
 */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* code: identifier of table C.1 and bytes of the number. */
static const struct sim_point rain[] = {
	{"20 3", "weather.rain", "mm", 1, 0, SIM_CURVE_STEADY, 0, 800},
	{"1F 3", "weather.rain_day", "mm", 1, 0, SIM_CURVE_STEADY, 0, 2500},
	{"26 4", "weather.rain_total", "mm", 1, 0, SIM_CURVE_TOTAL, 0, 999999},
	{"02 3", "weather.temperature", "Cel", 1, 0, SIM_CURVE_DAY, -150, 400},
	{"38 2", "device.battery_voltage", "V", 2, 0, SIM_CURVE_DAY, 1050, 1420},
	{"1", "station.battery_low", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point river[] = {
	{"39 4", "water.level", "m", 3, 0, SIM_CURVE_STEADY, 1000, 38000},
	{"37 3", "water.velocity", "m/s", 3, 0, SIM_CURVE_STEADY, 0, 4500},
	{"27 5", "water.flow", "m3/s", 3, 0, SIM_CURVE_STEADY, 0, 90000000},
	{"20 3", "weather.rain", "mm", 1, 0, SIM_CURVE_STEADY, 0, 800},
	{"38 2", "device.battery_voltage", "V", 2, 0, SIM_CURVE_DAY, 1050, 1420},
	{"2", "water.level_alarm", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"1", "station.battery_low", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
/* tag: class of the station (table 7). */
static const struct sim_profile profiles[] = {
	{"rain-gauge", "rain gauge", rain, SIM_COUNT(rain), 0x50},
	{"river-gauge", "gauge of a river", river, SIM_COUNT(river), 0x48},
};

enum { KEEP_ALIVE, TIMED, HOURLY, ADDED, STATE, KINDS };
static const struct sim_kind kinds[KINDS] = {
	[KEEP_ALIVE] = {"keep-alive", SIM_ON_OPEN, 0}, [TIMED] = {"timed", SIM_ON_TIME, 10},
	[HOURLY] = {"hourly", SIM_ON_TIME, 2},	       [ADDED] = {"added", SIM_ON_TIME, 1},
	[STATE] = {"state", SIM_ON_ALARM, 0},
};
static const uint8_t functions[KINDS] = {
	[KEEP_ALIVE] = 0x2f, [TIMED] = 0x32, [HOURLY] = 0x34, [ADDED] = 0x33, [STATE] = 0x33,
};

#define LENGTH 11 /* offset: four bits of direction, twelve of length */
#define BODY 14

static uint64_t address(const struct sim_device *dev)
{
	return 41010000 + (uint64_t)dev->index;
}

/* Ten digits; those of a hydrological station begin with 00. */
static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%010" PRIu64, address(dev));
}

/* @p digits: 12 = with seconds, 10 = without. */
static void put_time(struct sim_message *m, int64_t time_ns, unsigned int digits)
{
	struct sim_civil t = sim_civil(time_ns, SIM_BEIJING_S);
	const int part[] = {t.year % 100, t.month, t.day, t.hour, t.minute, t.second};

	for (unsigned int i = 0; i < digits / 2; i++)
		sim_bcd(m, (uint64_t)part[i], 2);
}

/* A negative number has FF in front, one that is missing FF everywhere. */
static void put_number(struct sim_message *m, const struct sim_reading *r, unsigned int size)
{
	bool below = r->raw < 0;

	if (r->faulty) {
		for (unsigned int i = 0; i < size; i++)
			sim_u8(m, 0xff);
		return;
	}
	if (below)
		sim_u8(m, 0xff);
	sim_bcd(m, (uint64_t)(below ? -r->raw : r->raw), 2 * (size - below));
}

static void element(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r)
{
	char *rest;
	unsigned int id = (unsigned int)strtoul(r->point->code, &rest, 16);
	unsigned int size = (unsigned int)strtoul(rest, NULL, 10);
	struct sim_expect *e = sim_expect_reading(m, in, r);

	sim_u8(m, id);
	sim_u8(m, size << 3 | (unsigned int)r->point->decimals);
	put_number(m, r, size);
	e->time_ns = in->time_ns / 60000000000 * 60000000000;
	if (strncmp(e->name, "device.", 7) == 0)
		e->lane = CV_LANE_STATUS;
	if (id == 0x1f)
		e->stage = CV_STAGE_DAY;
	if (r->faulty) {
		e->value_type = CV_VALUE_NONE;
		e->quality = CV_QUALITY_BAD;
	}
}

/* Table 58: a bit for each alarm; all of them in one word. */
static void state(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);
	uint32_t word = 0;

	e->name = "station.state";
	e->time_ns = in->time_ns / 60000000000 * 60000000000;
	for (unsigned int bit = 0; bit < 4; bit++) {
		for (unsigned int i = 0; i < in->count; i++) {
			const struct sim_reading *r = &in->reading[i];
			struct sim_expect *alarm;

			if (!r->raw || r->point->code[0] != (char)('0' + bit))
				continue;
			word |= 1u << bit;
			alarm = sim_expect(m, in, CV_KIND_ALARM);
			alarm->name = r->point->name;
			alarm->time_ns = e->time_ns;
			sim_expect_number(alarm, 1);
		}
	}
	sim_expect_number(e, word);
	sim_u8(m, 0x45);
	sim_u8(m, 4 << 3);
	sim_be32(m, word);
}

/* CRC-16, x16+x15+x2+1, reflected, ones at the start. */
static unsigned int crc(const uint8_t *data, size_t len)
{
	unsigned int n = 0xffff;

	while (len-- > 0) {
		n ^= *data++;
		for (int bit = 0; bit < 8; bit++)
			n = n & 1 ? n >> 1 ^ 0xa001 : n >> 1;
	}
	return n;
}

static void body(struct sim_message *m, const struct sim_input *in)
{
	sim_be16(m, (in->serial + 1) & 0xffff);
	put_time(m, in->time_ns, 12);
	if (in->kind == KEEP_ALIVE) {
		struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

		e->time_ns = sim_seconds(in->time_ns);
		return;
	}
	sim_be16(m, 0xf1f1);
	sim_bcd(m, address(in->device), 10);
	sim_u8(m, in->profile->tag);
	sim_be16(m, 0xf0f0);
	put_time(m, in->time_ns, 10);
	if (in->kind == STATE)
		state(m, in);
	for (unsigned int i = 0; i < in->count && in->kind != STATE; i++)
		element(m, in, &in->reading[i]);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	unsigned int n;

	if (in->kind != KEEP_ALIVE && in->count == 0)
		return;
	sim_part(m, true);
	sim_be16(m, 0x7e7e);
	sim_u8(m, 1);
	sim_bcd(m, address(in->device), 10);
	sim_be16(m, 0x1234);
	sim_u8(m, functions[in->kind]);
	sim_be16(m, 0);
	sim_u8(m, 0x02);
	body(m, in);
	n = m->len - BODY;
	m->bytes[LENGTH] = (uint8_t)(n >> 8);
	m->bytes[LENGTH + 1] = (uint8_t)n;
	sim_u8(m, 0x03);
	sim_be16(m, crc(m->bytes, m->len));
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	static const struct sim_framing framing = {
		.content = BODY, .tail = 3, .check = 1, .shortest = BODY};

	sim_damage_checked(in, m, damage, &framing);
}

const struct sim_encoder sim_encoder_sl651 = {
	.name = "sl651",
	.transports = SIM_TCP | SIM_UDP,
	.port = 6510, /* the standard has none */
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(CUT),
	.stream_damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT),
	.numbered = true,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
