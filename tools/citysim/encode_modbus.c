/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modbus/TCP: controllers that the platform polls. Without a register map in
 * the configuration the dataplane tells the registers of an answer as bytes, in
 * one record; scenarios that want names configure the map that
 * tools/citysim/README.md has.
 */
#include "tools/citysim/encode.h"

#include <stdio.h>

/* Registers from 0 on, in this order, a word each; a point that is not told is
 * sent as its lowest. */
static const struct sim_point pump[] = {
	{"0", "raw.modbus.holding.0", "", 2, 0, SIM_CURVE_STEADY, 0,
	 800}, /* m, level of the sump */
	{"1", "raw.modbus.holding.0", "", 1, 0, SIM_CURVE_RUSH, 0, 4000}, /* A */
	{"2", "raw.modbus.holding.0", "", 0, 0, SIM_CURVE_RUSH, 0, 1450}, /* 1/min */
	{"3", "raw.modbus.holding.0", "", 0, 0, SIM_CURVE_TOTAL, 0, 65535}, /* h */
	{"0", "raw.modbus.discrete.0", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point building[] = {
	{"0", "raw.modbus.holding.0", "", 1, 0, SIM_CURVE_DAY, 160, 280}, /* Cel */
	{"1", "raw.modbus.holding.0", "", 1, 0, SIM_CURVE_NIGHT, 200, 800}, /* %RH */
	{"2", "raw.modbus.holding.0", "", 0, 0, SIM_CURVE_RUSH, 400, 2000}, /* ppm */
	{"3", "raw.modbus.holding.0", "", 1, 0, SIM_CURVE_RUSH, 0, 65535}, /* kW */
	{"4", "raw.modbus.holding.0", "", 0, 0, SIM_CURVE_DAY, 0, 100}, /* % */
	{"5", "raw.modbus.holding.0", "", 1, 0, SIM_CURVE_STEADY, 60, 120}, /* Cel */
	{"0", "raw.modbus.discrete.0", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"pump-station", "controller of a pump station", pump, SIM_COUNT(pump), 0},
	{"building", "controller of a building", building, SIM_COUNT(building), 0},
};

enum { READ, WRITE, REFUSED, INPUTS };
static const struct sim_kind kinds[] = {
	[READ] = {"read", SIM_ON_TIME, 18},
	[WRITE] = {"write", SIM_ON_TIME, 1},
	[REFUSED] = {"refused", SIM_ON_TIME, 1},
	[INPUTS] = {"inputs", SIM_ON_ALARM, 0},
};

#define FIRST_FREE                                                                                 \
	100 /* a register that can be written, and past the last one that can be     \
         read */

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%u", 1 + dev->index % 247);
}

/* Head of an ADU and its function; @p body bytes follow. */
static void adu(struct sim_message *m, const struct sim_input *in, bool answer,
		unsigned int function, unsigned int body)
{
	sim_part(m, answer);
	sim_be16(m, (in->serial + 1) & 0xffff);
	sim_be16(m, 0);
	sim_be16(m, 2 + body);
	sim_u8(m, 1 + in->device->index % 247);
	sim_u8(m, function);
}

static struct sim_expect *expect(struct sim_message *m, const struct sim_input *in,
				 enum cv_kind kind, const char *name)
{
	struct sim_expect *e = sim_expect(m, in, kind);

	e->device = ""; /* the unit is a component of whoever has the address */
	e->sub = in->device->id;
	e->name = name;
	e->value_type = CV_VALUE_BYTES;
	return e;
}

static unsigned int value_of(const struct sim_input *in, unsigned int point)
{
	for (unsigned int i = 0; i < in->count; i++)
		if (in->reading[i].point == &in->profile->points[point])
			return (unsigned int)in->reading[i].raw & 0xffff;
	return (unsigned int)in->profile->points[point].low & 0xffff;
}

static void read_all(struct sim_message *m, const struct sim_input *in)
{
	unsigned int words = in->profile->point_count - 1;

	adu(m, in, false, 3, 4);
	sim_be16(m, 0);
	sim_be16(m, words);
	adu(m, in, true, 3, 1 + 2 * words);
	sim_u8(m, 2 * words);
	for (unsigned int i = 0; i < words; i++)
		sim_be16(m, value_of(in, i));
	expect(m, in, CV_KIND_MEASUREMENT, in->profile->points[0].name);
}

static void write_one(struct sim_message *m, const struct sim_input *in)
{
	unsigned int value = (unsigned int)(in->random % 1000);
	struct sim_expect *e = expect(m, in, CV_KIND_COMMAND, "raw.modbus.holding.100");

	for (int answer = 0; answer < 2; answer++) {
		adu(m, in, answer, 6, 4);
		sim_be16(m, FIRST_FREE);
		sim_be16(m, value);
	}
	e->direction = CV_DIR_DOWN;
	sim_expect_number(e, value);
	expect(m, in, CV_KIND_MEASUREMENT, "raw.modbus.holding.100");
}

static void refused(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = expect(m, in, CV_KIND_ERROR, "");

	adu(m, in, false, 3, 4);
	sim_be16(m, FIRST_FREE + 1);
	sim_be16(m, 1);
	adu(m, in, true, 0x83, 1);
	sim_u8(m, 2);
	sim_expect_number(e, 2);
	e->text = "illegal-data-address";
}

static void inputs(struct sim_message *m, const struct sim_input *in)
{
	adu(m, in, false, 2, 4);
	sim_be16(m, 0);
	sim_be16(m, 1);
	adu(m, in, true, 2, 2);
	sim_u8(m, 1);
	sim_u8(m, in->reading[0].raw ? 1 : 0);
	expect(m, in, CV_KIND_MEASUREMENT, "raw.modbus.discrete.0");
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	switch (in->kind) {
	case READ:
		read_all(m, in);
		break;
	case WRITE:
		write_one(m, in);
		break;
	case REFUSED:
		refused(m, in);
		break;
	default:
		if (in->count != 0)
			inputs(m, in);
		break;
	}
}

/* The answer alone, damaged. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_keep_last(m);
	m->bytes[m->part[0].at + 2] = 0x80; /* no such protocol */
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_modbus = {
	.name = "modbus",
	.transports = SIM_TCP,
	.port = 502,
	.device_listens = true,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(HEADER),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
