/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IEC 60870-5-104: a controlled station to which the controlling one connects. Every message is one I
 * frame of the station, so that N(S) is the message's number in its connection.
 */
#include "tools/citysim/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* code: the object's address. The protocol has neither names nor units. */
static const struct sim_point substation[] = {
	{"16385", "", "", 2, 0, SIM_CURVE_NIGHT, 990, 1070}, /* kV */
	{"16386", "", "", 1, 0, SIM_CURVE_RUSH, 100, 6000}, /* A */
	{"16387", "", "", 3, 0, SIM_CURVE_RUSH, -2000, 9000}, /* MW */
	{"16388", "", "", 3, 0, SIM_CURVE_RUSH, -1500, 3000}, /* Mvar */
	{"16389", "", "", 3, 0, SIM_CURVE_STEADY, 49900, 50100}, /* Hz */
	{"1", "", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"2", "", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point lights[] = {
	{"16385", "", "", 1, 0, SIM_CURVE_NIGHT, 0, 900}, /* kW */
	{"16386", "", "", 1, 0, SIM_CURVE_NIGHT, 2050, 2420}, /* V */
	{"1", "", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"substation", "remote terminal of a 10 kV substation", substation, SIM_COUNT(substation),
	 0},
	{"light-cabinet", "control cabinet of street lighting", lights, SIM_COUNT(lights), 0},
};

enum { START, MEASURED, POINTS };
static const struct sim_kind kinds[] = {
	[START] = {"start", SIM_ON_OPEN, 0},
	[MEASURED] = {"measured", SIM_ON_TIME, 1},
	[POINTS] = {"points", SIM_ON_ALARM, 0},
};

#define END_OF_INITIALIZATION 70
#define SINGLE_POINT 30 /* with time */
#define SHORT_FLOAT 36 /* with time */
#define OBJECTS_MAX 16
#define INVALID 0x80

static unsigned int station(const struct sim_device *dev)
{
	return 1 + dev->index % 65534;
}

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%u", station(dev));
}

static void unnumbered(struct sim_message *m, bool from_device, unsigned int function)
{
	sim_part(m, from_device);
	sim_be16(m, 0x6804);
	sim_u8(m, function);
	sim_u8(m, 0);
	sim_be16(m, 0);
}

static void start(struct sim_message *m, const struct sim_input *in)
{
	for (int confirmed = 0; confirmed < 2; confirmed++) {
		struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

		unnumbered(m, confirmed, confirmed ? 0x0b : 0x07);
		e->device = NULL;
		e->direction = confirmed ? CV_DIR_UP : CV_DIR_DOWN;
	}
}

/* CP56Time2a, of Beijing. */
static void put_time(struct sim_message *m, int64_t time_ns)
{
	struct sim_civil t = sim_civil(time_ns, SIM_BEIJING_S);

	sim_le16(m, (unsigned int)(t.second * 1000 + t.ms));
	sim_u8(m, (unsigned int)t.minute);
	sim_u8(m, (unsigned int)t.hour);
	sim_u8(m, (unsigned int)(t.day | (t.weekday ? t.weekday : 7) << 5));
	sim_u8(m, (unsigned int)t.month);
	sim_u8(m, (unsigned int)t.year % 100);
}

static void put_address(struct sim_message *m, unsigned int address)
{
	sim_le16(m, address & 0xffff);
	sim_u8(m, address >> 16);
}

static void object(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r)
{
	unsigned int address = (unsigned int)strtoul(r->point->code, NULL, 10);
	float number = (float)sim_value(r);
	uint32_t bits;
	struct sim_expect *e =
		sim_expect(m, in, in->kind == POINTS ? CV_KIND_STATE : CV_KIND_MEASUREMENT);

	put_address(m, address);
	if (in->kind == POINTS) {
		sim_u8(m, r->raw ? 1 : 0);
		sim_expect_number(e, r->raw ? 1 : 0);
	} else {
		memcpy(&bits, &number, sizeof(bits));
		sim_le32(m, bits);
		sim_u8(m, r->faulty ? INVALID : 0);
		sim_expect_number(e, (double)number);
	}
	put_time(m, in->time_ns);
	e->device = NULL;
	e->sub = in->device->id;
	e->quality = r->faulty ? CV_QUALITY_BAD : CV_QUALITY_GOOD;
	e->name = sim_text(m, "raw.%u.%u", station(in->device), address);
	e->code = sim_text(m, "%u.%u", station(in->device), address);
	e->method = in->kind == POINTS ? "M_SP_TB_1" : "M_ME_TF_1";
	e->time_ns = in->time_ns / 1000000 * 1000000;
}

/* A station with nothing to say is one that has just come up: 0 = by its power switch. */
static void initialized(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	put_address(m, 0);
	sim_u8(m, 0);
	e->device = NULL;
	e->any_value = true;
	e->quality = CV_QUALITY_UNSTATED;
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	unsigned int count = in->count < OBJECTS_MAX ? in->count : OBJECTS_MAX, send, first;

	if (in->kind == START) {
		start(m, in);
		return;
	}
	send = (in->serial - 1) & 0x7fff; /* the first message was the start */
	sim_part(m, true);
	first = m->len;
	sim_be16(m, 0x6800);
	sim_le16(m, send << 1);
	sim_le16(m, 0);
	sim_u8(m, count == 0	       ? END_OF_INITIALIZATION
		  : in->kind == POINTS ? SINGLE_POINT
				       : SHORT_FLOAT);
	sim_u8(m, count ? count : 1);
	sim_le16(m, count == 0 ? 4 : in->kind == POINTS ? 3 : 1); /* cause; no originator */
	sim_le16(m, station(in->device));
	for (unsigned int i = 0; i < count; i++)
		object(m, in, &in->reading[i]);
	if (count == 0)
		initialized(m, in);
	m->bytes[first + 1] = (uint8_t)(m->len - first - 2);
	sim_part(m, false); /* an S frame acknowledges it */
	sim_be16(m, 0x6804);
	sim_le16(m, 1);
	sim_le16(m, (send + 1) << 1);
}

/* The number stays: only the content is no good. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_keep_first(m);
	if (in->kind == START)
		m->bytes[3] = 1; /* the rest of a U frame is zeros */
	else
		m->bytes[6] = 0; /* there is no type 0 */
	sim_damaged(m);
}

/* TCP sees to it that everything arrives once. */
static bool repeat(const struct sim_input *in, struct sim_message *m)
{
	return false;
}

const struct sim_encoder sim_encoder_iec104 = {
	.name = "iec104",
	.transports = SIM_TCP,
	.port = 2404,
	.device_listens = true,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(CONTENT),
	.repeat = repeat,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
