/* SPDX-License-Identifier: Apache-2.0 */
/* CJ/T 188-2004: meters of water, gas and heat that report by themselves, as
 * over NB-IoT. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* code: the byte of the unit, in hexadecimal. */
static const struct sim_point water[] = {
	{"2C", "water.volume", "m3", 2, 0, SIM_CURVE_TOTAL, 0, 9999999},
	{"04", "meter.battery_low", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point gas[] = {
	{"2C", "gas.volume", "m3", 2, 0, SIM_CURVE_TOTAL, 0, 9999999},
	{"04", "meter.battery_low", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
/* In the order of the frame; the energy on the settlement day stands in front
 * of them. */
static const struct sim_point heat[] = {
	{"05", "heat.energy", "kWh", 2, 0, SIM_CURVE_TOTAL, 0, 9999999},
	{"17", "heat.power", "W", 2, 3, SIM_CURVE_NIGHT, 0, 4000}, /* kW */
	{"35", "heat.flow", "m3/h", 4, 0, SIM_CURVE_NIGHT, 0, 30000},
	{"2C", "heat.volume", "m3", 2, 0, SIM_CURVE_TOTAL, 0, 9999999},
	{"00", "heat.supply_temperature", "Cel", 2, 0, SIM_CURVE_NIGHT, 3500, 9000},
	{"00", "heat.return_temperature", "Cel", 2, 0, SIM_CURVE_NIGHT, 2500, 6000},
	{"00", "meter.hours", "h", 0, 0, SIM_CURVE_TOTAL, 0, 90000},
	{"04", "meter.battery_low", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
/* tag: the kind of meter. */
static const struct sim_profile profiles[] = {
	{"water-meter", "cold-water meter", water, SIM_COUNT(water), 0x10},
	{"gas-meter", "gas meter", gas, SIM_COUNT(gas), 0x30},
	{"heat-meter", "heat meter", heat, SIM_COUNT(heat), 0x20},
};

enum { READING, MONTH, STATUS };
static const struct sim_kind kinds[] = {
	[READING] = {"reading", SIM_ON_TIME, 9},
	[MONTH] = {"last-month", SIM_ON_TIME, 1},
	[STATUS] = {"status", SIM_ON_ALARM, 0},
};

#define HEAT 0x20

static uint64_t address(const struct sim_device *dev)
{
	return 33078800000000 + (uint64_t)dev->index;
}

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%014" PRIu64, address(dev));
}

static unsigned int unit_of(const struct sim_point *p)
{
	unsigned int unit = 0;

	sscanf(p->code, "%x", &unit);
	return unit;
}

/* A field of the reading. A meter that cannot measure it has FF there. */
static void field(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r,
		  unsigned int digits, bool history)
{
	unsigned int unit = unit_of(r->point);
	struct sim_expect *e = sim_expect_reading(m, in, r);

	if (r->faulty) {
		for (unsigned int i = 0; i < digits / 2; i++)
			sim_u8(m, 0xff);
		e->value_type = CV_VALUE_NONE;
		e->quality = CV_QUALITY_BAD;
	} else {
		sim_bcd_le(m, (uint64_t)r->raw, digits);
	}
	if (unit != 0)
		sim_u8(m, unit);
	e->stage = history ? CV_STAGE_HISTORY : CV_STAGE_REALTIME;
	e->time_ns = history ? 0 : sim_seconds(in->time_ns);
}

static void put_clock(struct sim_message *m, int64_t time_ns)
{
	struct sim_civil t = sim_civil(time_ns, SIM_BEIJING_S);
	const int part[] = {t.second, t.minute, t.hour, t.day, t.month, t.year % 100, t.year / 100};

	for (size_t i = 0; i < SIM_COUNT(part); i++)
		sim_bcd(m, (uint64_t)part[i], 2);
}

static void status(struct sim_message *m, const struct sim_input *in, bool low)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	put_clock(m, in->time_ns);
	sim_u8(m, low ? 4 : 0);
	sim_u8(m, 0);
	e->name = "meter.valve";
	e->time_ns = sim_seconds(in->time_ns);
	sim_expect_number(e, 0);
	e->text = "open";
	if (!low)
		return;
	e = sim_expect(m, in, CV_KIND_ALARM);
	e->name = "meter.battery_low";
	e->time_ns = sim_seconds(in->time_ns);
	sim_expect_number(e, 1);
}

/* The reading of a point; one that was not given is as its lowest. */
static struct sim_reading reading(const struct sim_input *in, unsigned int point)
{
	const struct sim_point *p = &in->profile->points[point];

	for (unsigned int i = 0; i < in->count; i++)
		if (in->reading[i].point == p)
			return in->reading[i];
	return (struct sim_reading){.point = p, .raw = p->low};
}

static void put_reading(struct sim_message *m, const struct sim_input *in)
{
	struct sim_reading total = reading(in, 0), day = total;
	bool low = in->kind == STATUS && in->reading[0].raw;

	day.raw = total.raw / 2;
	if (in->profile->tag == HEAT) {
		field(m, in, &day, 8, true);
		field(m, in, &total, 8, false);
		for (unsigned int i = 1; i < 7; i++) {
			struct sim_reading r = reading(in, i);

			field(m, in, &r, i < 4 ? 8 : 6, false);
		}
	} else {
		field(m, in, &total, 8, false);
		field(m, in, &day, 8, true);
	}
	status(m, in, low);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	unsigned int start, data, sum = 0;

	if (in->kind == STATUS && in->count == 0)
		return;
	sim_part(m, true);
	sim_put(m, "\xfe\xfe\xfe", 3);
	start = m->len;
	sim_u8(m, 0x68);
	sim_u8(m, in->profile->tag);
	sim_bcd_le(m, address(in->device), 14);
	sim_u8(m, 0x81);
	sim_u8(m, 0);
	data = m->len;
	sim_be16(m, in->kind == MONTH ? 0xd120 : 0x901f);
	sim_u8(m, in->serial & 0xff);
	if (in->kind == MONTH) {
		struct sim_reading total = reading(in, 0);

		field(m, in, &total, 8, true);
	} else {
		put_reading(m, in);
	}
	m->bytes[data - 1] = (uint8_t)(m->len - data);
	for (unsigned int i = start; i < m->len; i++)
		sum += m->bytes[i];
	sim_u8(m, sum);
	sim_u8(m, 0x16);
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	static const struct sim_framing framing = {
		.content = 14, .tail = 2, .check = 2, .shortest = 14};

	sim_damage_checked(in, m, damage, &framing);
}

const struct sim_encoder sim_encoder_cjt188 = {
	.name = "cjt188",
	.transports = SIM_TCP | SIM_UDP,
	.port = 1880, /* the standard has none */
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
