/* SPDX-License-Identifier: Apache-2.0 */
/* HJ 212-2017, as stations for air, water and noise and continuous monitors of
 * stacks send it. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Factors of annex B, with the units that docs/protocols/hj212.md states. */
static const struct sim_point air[] = {
	{"a34004", "air.pm2_5", "ug/m3", 1, 0, SIM_CURVE_RUSH, 50, 2400},
	{"a34002", "air.pm10", "ug/m3", 1, 0, SIM_CURVE_RUSH, 100, 4000},
	{"a21026", "air.so2", "ug/m3", 1, 0, SIM_CURVE_DAY, 20, 400},
	{"a21004", "air.no2", "ug/m3", 1, 0, SIM_CURVE_RUSH, 50, 1500},
	{"a21005", "air.co", "mg/m3", 3, 0, SIM_CURVE_RUSH, 200, 3000},
	{"a05024", "air.o3", "ug/m3", 1, 0, SIM_CURVE_DAY, 100, 2600},
	{"a01001", "weather.temperature", "Cel", 1, 0, SIM_CURVE_DAY, -150, 400},
	{"a01002", "weather.humidity", "%RH", 1, 0, SIM_CURVE_NIGHT, 150, 1000},
	{"a01006", "weather.pressure", "hPa", 2, 1, SIM_CURVE_STEADY, 9800, 10400}, /* kPa */
	{"a01007", "weather.wind_speed", "m/s", 1, 0, SIM_CURVE_DAY, 0, 120},
	{"a01008", "weather.wind_direction", "deg", 0, 0, SIM_CURVE_STEADY, 0, 359},
	{"SB1", "raw.SB1", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};

static const struct sim_point water[] = {
	{"w01001", "water.ph", "pH", 2, 0, SIM_CURVE_STEADY, 640, 880},
	{"w01010", "water.temperature", "Cel", 1, 0, SIM_CURVE_DAY, 20, 320},
	{"w01009", "water.dissolved_oxygen", "mg/l", 2, 0, SIM_CURVE_DAY, 200, 1200},
	{"w01014", "water.conductivity", "uS/cm", 1, 0, SIM_CURVE_STEADY, 1500, 9000},
	{"w01003", "water.turbidity", "NTU", 1, 0, SIM_CURVE_STEADY, 10, 900},
	{"w01019", "water.permanganate_index", "mg/l", 2, 0, SIM_CURVE_STEADY, 100, 900},
	{"w21003", "water.ammonia_nitrogen", "mg/l", 3, 0, SIM_CURVE_STEADY, 20, 2500},
	{"w21011", "water.total_phosphorus", "mg/l", 3, 0, SIM_CURVE_STEADY, 10, 500},
	{"w21001", "water.total_nitrogen", "mg/l", 2, 0, SIM_CURVE_STEADY, 50, 600},
	{"SB1", "raw.SB1", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};

static const struct sim_point noise[] = {
	{"LA", "noise.level", "dB", 1, 0, SIM_CURVE_RUSH, 350, 850},
	{"Leq", "noise.equivalent", "dB", 1, 0, SIM_CURVE_RUSH, 380, 820},
	{"LMx", "noise.max", "dB", 1, 0, SIM_CURVE_RUSH, 500, 1050},
	{"LMn", "noise.min", "dB", 1, 0, SIM_CURVE_RUSH, 280, 600},
};

static const struct sim_point stack[] = {
	{"a21026", "flue.so2", "mg/m3", 2, 0, SIM_CURVE_STEADY, 100, 9000},
	{"a21002", "flue.nox", "mg/m3", 2, 0, SIM_CURVE_STEADY, 500, 15000},
	{"a34013", "flue.dust", "mg/m3", 2, 0, SIM_CURVE_STEADY, 10, 3000},
	{"a19001", "flue.oxygen", "/100", 2, 0, SIM_CURVE_STEADY, 300, 1900},
	{"a01011", "flue.velocity", "m/s", 2, 0, SIM_CURVE_STEADY, 300, 2500},
	{"a01012", "flue.temperature", "Cel", 1, 0, SIM_CURVE_STEADY, 500, 1800},
	{"a01013", "flue.pressure", "Pa", 3, 3, SIM_CURVE_STEADY, -900, 900}, /* kPa */
	{"SB1", "raw.SB1", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"SB2", "raw.SB2", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};

/* tag: the system type (table 5). */
static const struct sim_profile profiles[] = {
	{"air-station", "ambient air quality station", air, SIM_COUNT(air), 22},
	{"water-station", "surface water quality station", water, SIM_COUNT(water), 21},
	{"noise-meter", "noise meter", noise, SIM_COUNT(noise), 23},
	{"stack", "continuous monitor of a stack", stack, SIM_COUNT(stack), 31},
};

enum { RESTART, DATA, MINUTE, HOUR, STATE, KINDS };
static const struct sim_kind kinds[] = {
	[RESTART] = {"restart", SIM_ON_OPEN, 0},    [DATA] = {"data", SIM_ON_TIME, 20},
	[MINUTE] = {"minute-data", SIM_ON_TIME, 5}, [HOUR] = {"hour-data", SIM_ON_TIME, 1},
	[STATE] = {"state", SIM_ON_ALARM, 0},
};
static const struct {
	unsigned int cn;
	uint8_t stage;
} commands[KINDS] = {
	[RESTART] = {2081, CV_STAGE_REALTIME}, [DATA] = {2011, CV_STAGE_REALTIME},
	[MINUTE] = {2051, CV_STAGE_MINUTE},    [HOUR] = {2061, CV_STAGE_HOUR},
	[STATE] = {2021, CV_STAGE_REALTIME},
};

/* Annex A. */
static unsigned int check_code(const uint8_t *data, size_t len)
{
	unsigned int crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc = crc >> 8 ^ data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	return crc;
}

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%08" PRIX32 "%04X%012" PRIX64, dev->index + 1,
		 profile->tag, dev->key & 0xffffffffffff);
}

static void put_time(struct sim_message *m, const char *key, const struct sim_civil *t)
{
	sim_printf(m, "%s=%04d%02d%02d%02d%02d%02d", key, t->year, t->month, t->day, t->hour,
		   t->minute, t->second);
}

/* One value of a factor, and its record. */
static void value(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r,
		  const char *stat)
{
	struct sim_expect *e = sim_expect_reading(m, in, r);

	sim_printf(m, "%s-%s=%s,", r->point->code, stat, sim_decimal(r->raw, r->point->decimals));
	e->stage = commands[in->kind].stage;
	e->time_ns = sim_seconds(in->time_ns);
	e->quality = r->faulty ? CV_QUALITY_BAD : CV_QUALITY_GOOD;
	e->code = sim_text(m, "%s-%s", r->point->code, stat);
	e->method = stat;
}

/* Smallest, mean and highest value of a period stand around the value given. */
static void factor(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r)
{
	if (in->kind == DATA) {
		value(m, in, r, "Rtd");
	} else {
		struct sim_reading low = *r, high = *r;

		low.raw -= (int64_t)(in->random % 7);
		high.raw += (int64_t)(in->random % 5);
		value(m, in, &low, "Min");
		value(m, in, r, "Avg");
		value(m, in, &high, "Max");
	}
	sim_printf(m, "%s-Flag=%c", r->point->code, r->faulty ? 'D' : 'N');
}

/* Running state of a facility (table 7): 1 = running, 4 = alarm. */
static void state(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r)
{
	struct sim_expect *e = sim_expect(m, in, r->raw ? CV_KIND_ALARM : CV_KIND_STATE);

	sim_printf(m, "%s-RS=%d", r->point->code, r->raw ? 4 : 1);
	e->name = r->point->name;
	e->sub = r->point->code;
	e->method = "device-state";
	e->time_ns = sim_seconds(in->time_ns);
	sim_expect_number(e, r->raw ? 4 : 1);
	e->text = r->raw ? "alarm" : "running";
}

static void restart(struct sim_message *m, const struct sim_input *in, const struct sim_civil *t)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	sim_u8(m, ';');
	put_time(m, "RestartTime", t);
	e->name = "raw.RestartTime";
	e->time_ns = sim_seconds(in->time_ns);
	e->method = "restart";
	sim_expect_text(e, sim_text(m, "%04d%02d%02d%02d%02d%02d", t->year, t->month, t->day,
				    t->hour, t->minute, t->second));
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	struct sim_civil t = sim_civil(in->time_ns, SIM_BEIJING_S);
	char length[8];
	unsigned int n;

	if (in->kind != RESTART && in->count == 0)
		return;
	sim_part(m, true);
	sim_printf(m, "##0000");
	put_time(m, "QN", &t);
	sim_printf(m, "%03d;ST=%u;CN=%u;PW=123456;MN=%s;Flag=4;CP=&&", t.ms, in->profile->tag,
		   commands[in->kind].cn, in->device->id);
	put_time(m, "DataTime", &t);
	for (unsigned int i = 0; i < in->count && in->kind != RESTART; i++) {
		sim_u8(m, ';');
		if (in->kind == STATE)
			state(m, in, &in->reading[i]);
		else
			factor(m, in, &in->reading[i]);
	}
	if (in->kind == RESTART)
		restart(m, in, &t);
	sim_printf(m, "&&");
	n = m->len - 6;
	snprintf(length, sizeof(length), "%04u", n % 10000);
	memcpy(m->bytes + 2, length, 4);
	sim_printf(m, "%04X\r\n", check_code(m->bytes + 6, n));
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	unsigned int segment = m->len - 6 - 6;

	switch (damage) {
	case SIM_DAMAGE_CHECK:
		m->bytes[m->len - 3] = m->bytes[m->len - 3] == '0' ? '1' : '0';
		break;
	case SIM_DAMAGE_CONTENT: /* the last digit before the closing "&&" or
                              somewhere before it */
		m->bytes[6 + in->random % segment] ^= 1;
		break;
	case SIM_DAMAGE_LENGTH:
		memcpy(m->bytes + 2, "0000", 4);
		break;
	case SIM_DAMAGE_CUT:
		m->part[0].len = (uint16_t)(6 + in->random % segment);
		break;
	default:
		break;
	}
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_hj212 = {
	.name = "hj212",
	.transports = SIM_TCP | SIM_UDP,
	.port = 8212, /* the standard has none */
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(LENGTH) | SIM_BIT(CUT),
	.stream_damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT) | SIM_BIT(LENGTH),
	.numbered = true,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
