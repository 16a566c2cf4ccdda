/* SPDX-License-Identifier: Apache-2.0 */
/* GB/T 32960.3-2016: electric cars and buses. */
#include "tools/citysim/encode.h"

#include <stdio.h>
#include <string.h>

/* code: item and number of the field, as the standard's tables have them; "bit N" of the alarm word. */
#define VEHICLE                                                                                    \
	{"01.4", "vehicle.speed", "km/h", 1, 0, SIM_CURVE_RUSH, 0, 2200},                          \
		{"01.5", "vehicle.mileage", "km", 1, 0, SIM_CURVE_TOTAL, 0, 9999999},              \
		{"01.6", "vehicle.voltage", "V", 1, 0, SIM_CURVE_STEADY, 0, 10000},                \
		{"01.7", "vehicle.current", "A", 1, 0, SIM_CURVE_RUSH, -10000, 10000},             \
		{"01.8", "vehicle.charge", "%EL", 0, 0, SIM_CURVE_NIGHT, 0, 100},                  \
		{"01.11", "vehicle.insulation", "Ohm", 0, 3, SIM_CURVE_STEADY, 0, 60000},          \
		{"01.12", "vehicle.accelerator", "/100", 0, 0, SIM_CURVE_RUSH, 0, 100},            \
	{                                                                                          \
		"01.13", "vehicle.brake", "/100", 0, 0, SIM_CURVE_STEADY, 0, 100                   \
	}
#define MOTOR                                                                                      \
	{"02.3", "motor.controller_temperature", "Cel", 0, 0, SIM_CURVE_DAY, -40, 210},            \
		{"02.4", "motor.speed", "1/min", 0, 0, SIM_CURVE_RUSH, -20000, 45531},             \
		{"02.5", "motor.torque", "Nm", 1, 0, SIM_CURVE_RUSH, -20000, 45531},               \
		{"02.6", "motor.temperature", "Cel", 0, 0, SIM_CURVE_DAY, -40, 210},               \
		{"02.7", "motor.voltage", "V", 1, 0, SIM_CURVE_STEADY, 0, 60000},                  \
	{                                                                                          \
		"02.8", "motor.current", "A", 1, 0, SIM_CURVE_RUSH, -10000, 10000                  \
	}
#define BATTERY                                                                                    \
	{"06.3", "battery.cell_voltage_max", "V", 3, 0, SIM_CURVE_STEADY, 0, 15000},               \
		{"06.6", "battery.cell_voltage_min", "V", 3, 0, SIM_CURVE_STEADY, 0, 15000},       \
		{"06.9", "battery.temperature_max", "Cel", 0, 0, SIM_CURVE_DAY, -40, 210},         \
	{                                                                                          \
		"06.12", "battery.temperature_min", "Cel", 0, 0, SIM_CURVE_DAY, -40, 210           \
	}
static const struct sim_point car[] = {
	VEHICLE,
	MOTOR,
	BATTERY,
	{"bit 1", "battery.hot", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 4", "battery.charge_low", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 11", "vehicle.insulation_alarm", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point bus[] = {
	VEHICLE,
	BATTERY,
	{"bit 13", "vehicle.brake_alarm", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"bit 16", "vehicle.interlock_alarm", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
/* tag: does it report its motor? */
static const struct sim_profile profiles[] = {
	{"electric-car", "electric car", car, SIM_COUNT(car), 1},
	{"electric-bus", "electric bus", bus, SIM_COUNT(bus), 0},
};

enum { LOGIN, REALTIME, REISSUE, HEARTBEAT, ALARM, KINDS };
static const struct sim_kind kinds[KINDS] = {
	[LOGIN] = {"login", SIM_ON_OPEN, 0},	 [REALTIME] = {"realtime", SIM_ON_TIME, 20},
	[REISSUE] = {"reissue", SIM_ON_TIME, 1}, [HEARTBEAT] = {"heartbeat", SIM_ON_TIME, 1},
	[ALARM] = {"alarm", SIM_ON_ALARM, 0},
};
static const uint8_t commands[KINDS] = {
	[LOGIN] = 1, [REALTIME] = 2, [REISSUE] = 3, [HEARTBEAT] = 7, [ALARM] = 2,
};

#define HEAD 24
#define LENGTH 22

/* A field of an item. What has no point is a state: always the same. */
struct field {
	const char *code;
	unsigned int size; /* bytes */
	int64_t more; /* on the wire than it is */
	const char *name, *text; /* of a state */
	unsigned int state;
};
static const struct field vehicle[] = {
	{"01.1", 1, 0, "vehicle.power_state", "started", 1},
	{"01.2", 1, 0, "vehicle.charging", "not", 3},
	{"01.3", 1, 0, "vehicle.energy_mode", "electric", 1},
	{"01.4", 2, 0, "vehicle.speed", NULL, 0},
	{"01.5", 4, 0, "vehicle.mileage", NULL, 0},
	{"01.6", 2, 0, "vehicle.voltage", NULL, 0},
	{"01.7", 2, 10000, "vehicle.current", NULL, 0},
	{"01.8", 1, 0, "vehicle.charge", NULL, 0},
	{"01.9", 1, 0, "vehicle.dcdc", "on", 1},
	{"01.10", 1, 0, "vehicle.gear", "drive", 14},
	{"01.11", 2, 0, "vehicle.insulation", NULL, 0},
	{"01.12", 1, 0, "vehicle.accelerator", NULL, 0},
	{"01.13", 1, 0, "vehicle.brake", NULL, 0},
};
static const struct field motor[] = {
	{"02.2", 1, 0, "motor.state", "consuming", 1},
	{"02.3", 1, 40, "motor.controller_temperature", NULL, 0},
	{"02.4", 2, 20000, "motor.speed", NULL, 0},
	{"02.5", 2, 20000, "motor.torque", NULL, 0},
	{"02.6", 1, 40, "motor.temperature", NULL, 0},
	{"02.7", 2, 0, "motor.voltage", NULL, 0},
	{"02.8", 2, 10000, "motor.current", NULL, 0},
};
static const struct field extremes[] = {
	{"06.3", 2, 0, "battery.cell_voltage_max", NULL, 0},
	{"06.6", 2, 0, "battery.cell_voltage_min", NULL, 0},
	{"06.9", 1, 40, "battery.temperature_max", NULL, 0},
	{"06.12", 1, 40, "battery.temperature_min", NULL, 0},
};

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "LSIM%c%012u", profile->tag ? 'C' : 'B', dev->index);
}

static void put_time(struct sim_message *m, int64_t time_ns)
{
	struct sim_civil t = sim_civil(time_ns, SIM_BEIJING_S);
	const int part[] = {t.year - 2000, t.month, t.day, t.hour, t.minute, t.second};

	for (unsigned int i = 0; i < SIM_COUNT(part); i++)
		sim_u8(m, (unsigned int)part[i]);
}

static const struct sim_reading *reading(const struct sim_input *in, const char *code)
{
	for (unsigned int i = 0; i < in->count; i++)
		if (strcmp(in->reading[i].point->code, code) == 0)
			return &in->reading[i];
	return NULL;
}

static void put_number(struct sim_message *m, uint64_t number, unsigned int size)
{
	while (size-- > 0)
		sim_u8(m, (unsigned int)(number >> 8 * size & 0xff));
}

/* All ones: there is no value. One less: there is one, and it is no good. */
static void put_field(struct sim_message *m, const struct sim_input *in, const struct field *f,
		      const char *sub)
{
	const struct sim_reading *r = reading(in, f->code);
	struct sim_expect *e;

	if (f->text != NULL) {
		sim_u8(m, f->state);
		e = sim_expect(m, in, CV_KIND_STATE);
		sim_expect_number(e, f->state);
		e->text = f->text;
	} else if (r == NULL || r->faulty) {
		put_number(m, r ? UINT64_MAX - 1 : UINT64_MAX, f->size);
		e = sim_expect(m, in, CV_KIND_MEASUREMENT);
		e->quality = CV_QUALITY_BAD;
	} else {
		put_number(m, (uint64_t)(r->raw + f->more), f->size);
		e = sim_expect_reading(m, in, r);
	}
	e->name = f->name;
	e->code = f->code;
	e->sub = sub;
}

static void put_position(struct sim_message *m, const struct sim_input *in)
{
	uint32_t lat = 31000000 + (uint32_t)(in->random % 500000);
	uint32_t lon = 121000000 + (uint32_t)(in->random / 500000 % 500000);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_MEASUREMENT);

	e->name = "vehicle.position";
	e->quality = CV_QUALITY_GOOD;
	e->placed = true;
	e->position = (struct cv_position){
		.lat = (int32_t)lat * 10, .lon = (int32_t)lon * 10, .alt = CV_POSITION_NONE};
	sim_u8(m, 5);
	sim_u8(m, 0);
	sim_be32(m, lon);
	sim_be32(m, lat);
}

static void put_extremes(struct sim_message *m, const struct sim_input *in)
{
	sim_u8(m, 6);
	for (unsigned int i = 0; i < SIM_COUNT(extremes); i++) {
		sim_u8(m, 1);
		sim_u8(m, 10 + i);
		put_field(m, in, &extremes[i], sim_text(m, "battery-1-%u", 10 + i));
	}
}

/* The highest level is 2 where there is an alarm; no numbers of faults. */
static void put_alarms(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *level = sim_expect(m, in, CV_KIND_STATE);
	uint32_t word = 0;

	level->name = "vehicle.alarm_level";
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
		e->code = sim_text(m, "07.bit-%u", bit);
		sim_expect_number(e, 1);
	}
	sim_expect_number(level, word ? 2 : 0);
	sim_u8(m, 7);
	sim_u8(m, word ? 2 : 0);
	sim_be32(m, word);
	sim_be32(m, 0);
}

static void put_items(struct sim_message *m, const struct sim_input *in)
{
	sim_u8(m, 1);
	for (unsigned int i = 0; i < SIM_COUNT(vehicle); i++)
		put_field(m, in, &vehicle[i], "");
	if (in->profile->tag) {
		sim_u8(m, 2);
		sim_u8(m, 1);
		sim_u8(m, 1);
		for (unsigned int i = 0; i < SIM_COUNT(motor); i++)
			put_field(m, in, &motor[i], "motor-1");
	}
	put_position(m, in);
	put_extremes(m, in);
	put_alarms(m, in);
}

/* Serial number, SIM card, one battery pack. */
static void put_login(struct sim_message *m, const struct sim_input *in)
{
	const char *sim = sim_text(m, "898600%014u", (unsigned int)in->device->index);
	const char *pack = sim_text(m, "PACK%08u", (unsigned int)(in->device->key % 100000000));
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

	e->method = "login";
	sim_be16(m, in->serial % 65531 + 1);
	sim_put(m, sim, 20);
	sim_u8(m, 1);
	sim_u8(m, (unsigned int)strlen(pack));
	sim_put(m, pack, strlen(pack));
	e = sim_expect(m, in, CV_KIND_STATE);
	e->name = "device.sim";
	sim_expect_text(e, sim);
	e = sim_expect(m, in, CV_KIND_STATE);
	e->name = "battery.code";
	e->sub = "battery-1";
	sim_expect_text(e, pack);
}

static void put_data(struct sim_message *m, const struct sim_input *in)
{
	if (in->kind == HEARTBEAT) { /* has no data */
		sim_expect(m, in, CV_KIND_SESSION)->method = "heartbeat";
		return;
	}
	put_time(m, in->time_ns);
	if (in->kind == LOGIN)
		put_login(m, in);
	else
		put_items(m, in);
	for (unsigned int i = 0; i < m->expects; i++) {
		m->expect[i].time_ns = sim_seconds(in->time_ns);
		if (in->kind == REISSUE)
			m->expect[i].stage = CV_STAGE_HISTORY;
	}
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	unsigned int n;
	uint8_t sum = 0;

	if (in->kind == ALARM && in->count == 0)
		return;
	sim_part(m, true);
	sim_put(m, "##", 2);
	sim_u8(m, commands[in->kind]);
	sim_u8(m, 0xfe);
	sim_put(m, in->device->id, 17);
	sim_u8(m, 1);
	sim_be16(m, 0);
	put_data(m, in);
	n = m->len - HEAD;
	m->bytes[LENGTH] = (uint8_t)(n >> 8);
	m->bytes[LENGTH + 1] = (uint8_t)n;
	for (unsigned int i = 2; i < m->len; i++)
		sum ^= m->bytes[i];
	sim_u8(m, sum);
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	unsigned int at = 4 + (unsigned int)(in->random % (m->len - 5));

	switch (damage) {
	case SIM_DAMAGE_CHECK:
		m->bytes[m->len - 1] ^= 0x80;
		break;
	case SIM_DAMAGE_CONTENT: /* not how it is encrypted and how long it is */
		m->bytes[at >= LENGTH - 1 && at < HEAD ? 4 : at] ^= 0x80;
		break;
	case SIM_DAMAGE_LENGTH:
		m->bytes[LENGTH] = m->bytes[LENGTH + 1] = 0xff;
		break;
	case SIM_DAMAGE_HEADER:
		m->bytes[LENGTH - 1] = 0x77; /* no encryption that there is */
		break;
	case SIM_DAMAGE_CUT:
		m->part[0].len = (uint16_t)(4 + in->random % (m->len - 4));
		break;
	default:
		break;
	}
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_gb32960 = {
	.name = "gb32960",
	.transports = SIM_TCP | SIM_UDP,
	.port = 32960, /* the standard has none */
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(LENGTH) | SIM_BIT(HEADER) |
		   SIM_BIT(CUT),
	.stream_damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(LENGTH) | SIM_BIT(HEADER),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
