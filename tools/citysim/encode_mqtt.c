/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT 3.1.1 and 5: lamps, lifts and shelters that publish numbers and SenML
 * packs. */
#include "tools/citysim/encode_mqtt.h"
#include "tools/citysim/encode_senml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point lamp[] = {
	{"power", "power", "W", 1, 0, SIM_CURVE_NIGHT, 0, 2500},
	{"voltage", "voltage", "V", 1, 0, SIM_CURVE_NIGHT, 2050, 2420},
	{"level", "level", "%", 0, 0, SIM_CURVE_NIGHT, 0, 100},
	{"energy", "energy", "kWh", 2, 0, SIM_CURVE_TOTAL, 0, 9999999},
	{"fault", "fault", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point lift[] = {
	{"floor", "floor", "count", 0, 0, SIM_CURVE_RUSH, 1, 33},
	{"speed", "speed", "m/s", 2, 0, SIM_CURVE_RUSH, 0, 600},
	{"load", "load", "kg", 0, 0, SIM_CURVE_RUSH, 0, 1600},
	{"trapped", "trapped", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"ebike", "ebike", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point immersion[] = {
	{"depth", "depth", "m", 3, 0, SIM_CURVE_STEADY, 0, 1500},
	{"battery", "battery", "%EL", 0, 0, SIM_CURVE_STEADY, 5, 100},
	{"immersed", "immersed", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"street-lamp", "street lamp", lamp, SIM_COUNT(lamp), 0x21},
	{"elevator", "elevator", lift, SIM_COUNT(lift), 0x22},
	{"immersion", "sensor of water on the road", immersion, SIM_COUNT(immersion), 0x23},
};

enum { CONNECT, PUBLISH, SENML, PING, ALARM };
static const struct sim_kind kinds[] = {
	[CONNECT] = {"connect", SIM_ON_OPEN, 0}, [PUBLISH] = {"publish", SIM_ON_TIME, 4},
	[SENML] = {"senml", SIM_ON_TIME, 6},	 [PING] = {"ping", SIM_ON_TIME, 2},
	[ALARM] = {"alarm", SIM_ON_ALARM, 0},
};

#define PUBLISHES_MAX 4

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "urn:dev:mac:00e04c%02xfe%08" PRIx32, profile->tag,
		 dev->index);
}

/* One device in four speaks version 5. */
static bool is_v5(const struct sim_input *in)
{
	return in->device->key % 4 == 0;
}

void sim_mqtt_text(struct sim_message *m, const char *s)
{
	sim_be16(m, (unsigned int)strlen(s));
	sim_put(m, s, strlen(s));
}

/* Type and flags, with two bytes for the length, which end() fills in. */
unsigned int sim_mqtt_begin(struct sim_message *m, bool from_device, unsigned int first)
{
	sim_part(m, from_device);
	sim_u8(m, first);
	sim_be16(m, 0);
	return m->len;
}

void sim_mqtt_end(struct sim_message *m, unsigned int body)
{
	unsigned int n = m->len - body, at = body - 2;

	if (n < 128) { /* the shortest form is asked for: 1.5.5 */
		m->bytes[at] = (uint8_t)n;
		memmove(m->bytes + at + 1, m->bytes + body, n);
		m->len--;
		m->part[m->parts - 1].len--;
	} else {
		m->bytes[at] = (uint8_t)(0x80 | (n & 127));
		m->bytes[at + 1] = (uint8_t)(n >> 7);
	}
}

static void connect(struct sim_message *m, const struct sim_input *in)
{
	unsigned int body = sim_mqtt_begin(m, true, 0x10);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

	sim_mqtt_text(m, "MQTT");
	sim_u8(m, is_v5(in) ? 5 : 4);
	sim_u8(m, 0x02); /* clean */
	sim_be16(m, 300);
	if (is_v5(in))
		sim_u8(m, 0);
	sim_mqtt_text(m, in->device->id);
	sim_mqtt_end(m, body);
	e->method = "CONNECT";
	e->text = is_v5(in) ? "MQTT 5, keep alive 300 s, clean start"
			    : "MQTT 3.1.1, keep alive 300 s, clean session";
	e = sim_expect(m, in, CV_KIND_SESSION);
	e->direction = CV_DIR_DOWN;
	e->method = "CONNACK";
	e->any_value = true;
	body = sim_mqtt_begin(m, false, 0x20);
	sim_be16(m, 0);
	if (is_v5(in))
		sim_u8(m, 0);
	sim_mqtt_end(m, body);
}

static const char *topic(struct sim_message *m, const struct sim_input *in, const char *last)
{
	return sim_text(m, "city/%s/%08" PRIx32 "/%s", in->profile->name, in->device->index, last);
}

static unsigned int publish(struct sim_message *m, const struct sim_input *in, unsigned int qos,
			    const char *name)
{
	unsigned int body = sim_mqtt_begin(m, true, 0x30 | qos << 1);

	sim_mqtt_text(m, name);
	if (qos != 0)
		sim_be16(m, in->serial % 65535 + 1);
	if (is_v5(in))
		sim_u8(m, 0);
	return body;
}

static void one_value(struct sim_message *m, const struct sim_input *in,
		      const struct sim_reading *r, unsigned int qos)
{
	const char *name = topic(m, in, r->point->code);
	unsigned int body = publish(m, in, qos, name);
	struct sim_expect *e = sim_expect_reading(m, in, r);

	sim_printf(m, "%s", sim_decimal(r->raw, r->point->decimals));
	sim_mqtt_end(m, body);
	e->name = name;
	e->unit = "";
	e->method = "PUBLISH";
}

static void pack(struct sim_message *m, const struct sim_input *in)
{
	unsigned int body = publish(m, in, 0, topic(m, in, "senml"));

	sim_senml_json(m, in);
	sim_mqtt_end(m, body);
	sim_senml_expect(m, in);
}

static void acknowledged(struct sim_message *m, const struct sim_input *in)
{
	unsigned int body;

	one_value(m, in, &in->reading[0], 1);
	body = sim_mqtt_begin(m, false, 0x40);
	sim_be16(m, in->serial % 65535 + 1);
	sim_mqtt_end(m, body);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == CONNECT) {
		connect(m, in);
	} else if (in->kind == PING) {
		sim_mqtt_end(m, sim_mqtt_begin(m, true, 0xc0));
		sim_mqtt_end(m, sim_mqtt_begin(m, false, 0xd0));
	} else if (in->count == 0) {
		return;
	} else if (in->kind == SENML) {
		pack(m, in);
	} else if (in->kind == ALARM) {
		acknowledged(m, in);
	} else {
		for (unsigned int i = 0; i < in->count && i < PUBLISHES_MAX; i++)
			one_value(m, in, &in->reading[i], 0);
	}
}

/* 3.3.1.1: what has a QoS comes again with DUP, as after a lost PUBACK. */
static bool repeat(const struct sim_input *in, struct sim_message *m)
{
	sim_keep_first(m);
	m->messages = 1;
	m->bytes[0] |= 0x08;
	return in->kind == ALARM;
}

/* The first packet alone. Its length stays right, so that the next one is found
 * behind it. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	unsigned int first = m->bytes[0];

	if (first >> 4 == 1) /* no such protocol */
		sim_damage_first(in, m, damage, 4, 'X');
	else /* QoS 3, or flags that are reserved */
		sim_damage_first(in, m, damage, 0, first | (first >> 4 == 3 ? 0x06 : 0x05));
}

const struct sim_encoder sim_encoder_mqtt = {
	.name = "mqtt",
	.transports = SIM_TCP,
	.port = 1883,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(HEADER),
	.numbered = true,
	.repeat = repeat,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
