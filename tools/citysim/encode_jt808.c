/* SPDX-License-Identifier: Apache-2.0 */
/* JT/T 808-2013 and -2019: trucks, taxis and buses that say where they are. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* code: "=N" the word at N of the position itself, "ID LEN" an extra, "bit N" of the alarm word. */
#define SPEED                                                                                      \
	{"=18", "vehicle.speed", "km/h", 1, 0, SIM_CURVE_RUSH, 0, 1200},                           \
	{                                                                                          \
		"=20", "vehicle.heading", "deg", 0, 0, SIM_CURVE_STEADY, 0, 359                    \
	}
#define SIGNAL                                                                                     \
	{"30 1", "device.signal", "", 0, 0, SIM_CURVE_STEADY, 0, 31},                              \
	{                                                                                          \
		"31 1", "position.satellites", "count", 0, 0, SIM_CURVE_STEADY, 0, 30              \
	}
static const struct sim_point truck[] = {
	SPEED,
	{"01 4", "vehicle.mileage", "km", 1, 0, SIM_CURVE_TOTAL, 0, 9999999},
	{"02 2", "vehicle.fuel", "l", 1, 0, SIM_CURVE_NIGHT, 0, 6000},
	{"03 2", "vehicle.recorder_speed", "km/h", 1, 0, SIM_CURVE_RUSH, 0, 1200},
	{"06 2", "vehicle.cabin_temperature", "Cel", 0, 0, SIM_CURVE_DAY, -30, 70},
	SIGNAL,
	{"bit 0", "vehicle.sos", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 1", "vehicle.overspeed", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 2", "vehicle.fatigue", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 8", "vehicle.power_lost", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 29", "vehicle.collision", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point bus[] = {
	SPEED,
	{"01 4", "vehicle.mileage", "km", 1, 0, SIM_CURVE_TOTAL, 0, 9999999},
	SIGNAL,
	{"bit 0", "vehicle.sos", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 23", "vehicle.off_route", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 31", "vehicle.illegal_door", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
/* tag: edition of the standard. */
static const struct sim_profile profiles[] = {
	{"truck", "truck with a terminal of 2013", truck, SIM_COUNT(truck), 2013},
	{"bus", "bus with a terminal of 2019", bus, SIM_COUNT(bus), 2019},
};

enum { REGISTER, POSITION, HISTORY, HEARTBEAT, ALARM, KINDS };
static const struct sim_kind kinds[KINDS] = {
	[REGISTER] = {"register", SIM_ON_OPEN, 0}, [POSITION] = {"position", SIM_ON_TIME, 20},
	[HISTORY] = {"history", SIM_ON_TIME, 1},   [HEARTBEAT] = {"heartbeat", SIM_ON_TIME, 2},
	[ALARM] = {"alarm", SIM_ON_ALARM, 0},
};
static const uint16_t ids[KINDS] = {
	[REGISTER] = 0x0100,  [POSITION] = 0x0200, [HISTORY] = 0x0704,
	[HEARTBEAT] = 0x0002, [ALARM] = 0x0200,
};

#define FIXED 3 /* status word: ignition on, position fixed */

static bool is_2019(const struct sim_input *in)
{
	return in->profile->tag == 2019;
}

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), profile->tag == 2019 ? "%020u" : "%012u",
		 1380000000u + dev->index);
}

static void put_time(struct sim_message *m, int64_t time_ns)
{
	struct sim_civil t = sim_civil(time_ns, SIM_BEIJING_S);
	const int part[] = {t.year % 100, t.month, t.day, t.hour, t.minute, t.second};

	for (unsigned int i = 0; i < SIM_COUNT(part); i++)
		sim_bcd(m, (uint64_t)part[i], 2);
}

/* A text in a field of @p size bytes, zeros behind it. */
static void put_field(struct sim_message *m, const char *text, size_t size)
{
	sim_put(m, text, strlen(text));
	for (size_t i = strlen(text); i < size; i++)
		sim_u8(m, 0);
}

static void expect_text(struct sim_message *m, const struct sim_input *in, const char *name,
			const char *text)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	e->name = name;
	sim_expect_text(e, text);
}

/* Province 44, city 300, maker, model, terminal, a blue plate: "Yue B" in GB 18030 and digits. */
static void put_register(struct sim_message *m, const struct sim_input *in)
{
	const char *number = sim_text(m, "T%06u", (unsigned int)in->device->index % 1000000);
	const char *plate = sim_text(m, "B%05u", (unsigned int)(in->device->key % 100000));
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

	e->code = "44-300";
	e->method = "register";
	sim_be16(m, 44);
	sim_be16(m, 300);
	put_field(m, "70111", is_2019(in) ? 11 : 5);
	put_field(m, "SIM-V1", is_2019(in) ? 30 : 20);
	put_field(m, number, is_2019(in) ? 30 : 7);
	sim_u8(m, 1);
	sim_put(m, "\xd4\xc1", 2);
	sim_put(m, plate, strlen(plate));
	expect_text(m, in, "device.maker", "70111");
	expect_text(m, in, "device.model", "SIM-V1");
	expect_text(m, in, "device.serial", number);
	expect_text(m, in, "vehicle.plate", sim_text(m, "\xe7\xb2\xa4%s", plate));
}

static struct sim_expect *expect_reading(struct sim_message *m, const struct sim_input *in,
					 const struct sim_reading *r)
{
	struct sim_expect *e = sim_expect_reading(m, in, r);

	/* What is about the terminal goes in the lane of states. */
	if (strncmp(e->name, "device.", 7) == 0 || strncmp(e->name, "position.", 9) == 0) {
		e->kind = CV_KIND_STATE;
		e->lane = CV_LANE_STATUS;
	}
	return e;
}

static const struct sim_reading *reading(const struct sim_input *in, const char *code)
{
	for (unsigned int i = 0; i < in->count; i++)
		if (strcmp(in->reading[i].point->code, code) == 0)
			return &in->reading[i];
	return NULL;
}

/* Speed or heading; 0 where there is no reading of it. */
static void put_word(struct sim_message *m, const struct sim_input *in, const char *code)
{
	const struct sim_reading *r = reading(in, code);
	struct sim_expect *e;

	sim_be16(m, r ? (unsigned int)r->raw : 0);
	if (r) {
		expect_reading(m, in, r);
		return;
	}
	e = sim_expect(m, in, CV_KIND_MEASUREMENT);
	e->name = strcmp(code, "=18") == 0 ? "vehicle.speed" : "vehicle.heading";
	sim_expect_number(e, 0);
}

static uint32_t put_alarms(struct sim_message *m, const struct sim_input *in)
{
	uint32_t word = 0;

	for (unsigned int bit = 0; bit < 32; bit++) {
		char code[16];
		const struct sim_reading *r;
		struct sim_expect *e;

		snprintf(code, sizeof(code), "bit %u", bit);
		r = reading(in, code);
		if (r == NULL || !r->raw)
			continue;
		word |= 1u << bit;
		e = sim_expect(m, in, CV_KIND_ALARM);
		e->name = r->point->name;
		e->code = sim_text(m, "alarm-%u", bit);
		sim_expect_number(e, 1);
	}
	return word;
}

/* A place in the city, around 31 N 121 E; 0 to 0.5 degrees, millionths. */
static void put_place(struct sim_message *m, const struct sim_input *in)
{
	uint32_t lat = 31000000 + (uint32_t)(in->random % 500000);
	uint32_t lon = 121000000 + (uint32_t)(in->random / 500000 % 500000);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_MEASUREMENT);

	e->name = "vehicle.position";
	e->quality = CV_QUALITY_GOOD;
	e->placed = true;
	e->position = (struct cv_position){
		.lat = (int32_t)lat * 10, .lon = (int32_t)lon * 10, .alt = 12000};
	sim_be32(m, lat);
	sim_be32(m, lon);
	sim_be16(m, 12);
}

static void put_extras(struct sim_message *m, const struct sim_input *in)
{
	for (unsigned int i = 0; i < in->count; i++) {
		const struct sim_reading *r = &in->reading[i];
		unsigned int id, len;
		char *rest;

		if (r->point->code[0] == '=' || r->point->code[0] == 'b')
			continue;
		id = (unsigned int)strtoul(r->point->code, &rest, 16);
		len = (unsigned int)strtoul(rest, NULL, 10);
		sim_u8(m, id);
		sim_u8(m, len);
		for (unsigned int byte = len; byte-- > 0;)
			sim_u8(m, (unsigned int)((uint64_t)r->raw >> 8 * byte & 0xff));
		expect_reading(m, in, r);
	}
}

static void put_position(struct sim_message *m, const struct sim_input *in)
{
	unsigned int from = m->expects, at = m->len;
	struct sim_expect *e;
	uint32_t alarms;

	sim_be32(m, 0);
	alarms = put_alarms(m, in);
	for (unsigned int i = 0; i < 4; i++)
		m->bytes[at + i] = (uint8_t)(alarms >> (24 - 8 * i));
	sim_be32(m, FIXED);
	put_place(m, in);
	put_word(m, in, "=18");
	put_word(m, in, "=20");
	put_time(m, in->time_ns);
	e = sim_expect(m, in, CV_KIND_STATE);
	e->name = "vehicle.state";
	e->text = "acc, fixed";
	sim_expect_number(e, FIXED);
	put_extras(m, in);
	for (unsigned int i = from; i < m->expects; i++) {
		m->expect[i].time_ns = sim_seconds(in->time_ns);
		if (in->kind == HISTORY)
			m->expect[i].stage = CV_STAGE_HISTORY;
	}
}

static void put_body(struct sim_message *m, const struct sim_input *in)
{
	unsigned int at;

	switch (in->kind) {
	case REGISTER:
		put_register(m, in);
		break;
	case HEARTBEAT:
		sim_expect(m, in, CV_KIND_SESSION)->method = "heartbeat";
		break;
	case HISTORY:
		sim_be16(m, 1);
		sim_u8(m, 1);
		at = m->len;
		sim_be16(m, 0);
		put_position(m, in);
		m->bytes[at] = (uint8_t)((m->len - at - 2) >> 8);
		m->bytes[at + 1] = (uint8_t)(m->len - at - 2);
		break;
	default:
		put_position(m, in);
		break;
	}
}

/* What is there so far, with its check code, between flags and escaped. */
static void wrap(struct sim_message *m)
{
	uint8_t plain[SIM_BYTES_MAX / 2], sum = 0;
	unsigned int n = m->len;

	if (n >= sizeof(plain)) {
		m->overflow = true;
		return;
	}
	memcpy(plain, m->bytes, n);
	for (unsigned int i = 0; i < n; i++)
		sum ^= plain[i];
	plain[n++] = sum;
	m->len = 0;
	sim_u8(m, 0x7e);
	for (unsigned int i = 0; i < n; i++) {
		if (plain[i] == 0x7d || plain[i] == 0x7e) {
			sim_u8(m, 0x7d);
			sim_u8(m, plain[i] - 0x7cu);
		} else {
			sim_u8(m, plain[i]);
		}
	}
	sim_u8(m, 0x7e);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	unsigned int head, n;

	if (in->kind == ALARM && in->count == 0)
		return;
	sim_part(m, true);
	sim_be16(m, ids[in->kind]);
	sim_be16(m, 0);
	if (is_2019(in))
		sim_u8(m, 1);
	sim_bcd(m, 1380000000u + (uint64_t)in->device->index, is_2019(in) ? 20 : 12);
	sim_be16(m, in->serial % 65535 + 1);
	head = m->len;
	put_body(m, in);
	n = (m->len - head) | (is_2019(in) ? 0x4000 : 0);
	m->bytes[2] = (uint8_t)(n >> 8);
	m->bytes[3] = (uint8_t)n;
	wrap(m);
}

/* Heartbeats are alike: they are taken every time. */
static bool repeat(const struct sim_input *in, struct sim_message *m)
{
	return in->kind != HEARTBEAT;
}

/* Would the lowest bit make an escape or a flag of it, or is it part of one? */
static bool is_plain(const struct sim_message *m, unsigned int at)
{
	return (m->bytes[at] & 0xfc) != 0x7c && m->bytes[at - 1] != 0x7d;
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	unsigned int at = m->len - 2;

	if (damage == SIM_DAMAGE_CUT) {
		m->part[0].len = (uint16_t)(1 + in->random % (m->len - 2));
	} else {
		if (damage == SIM_DAMAGE_CONTENT)
			at = 5 + (unsigned int)(in->random % (m->len - 7));
		while (!is_plain(m, at))
			at--;
		m->bytes[at] ^= 1;
	}
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_jt808 = {
	.name = "jt808",
	.transports = SIM_TCP | SIM_UDP,
	.port = 7611, /* the standard has none */
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(CUT),
	.stream_damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT),
	.numbered = true,
	.repeat = repeat,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
