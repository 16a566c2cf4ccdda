/* SPDX-License-Identifier: Apache-2.0 */
/* Sparkplug B 3.0 over MQTT: an edge node of a plant that is born, and then sends what changed. */
#include "tools/citysim/encode_mqtt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point node[] = {
	{"Pump/Flow", "Pump/Flow", "m3/s", 3, 0, SIM_CURVE_RUSH, 0, 9000},
	{"Pump/Pressure", "Pump/Pressure", "Pa", -2, 0, SIM_CURVE_STEADY, 0, 9000},
	{"Tank/Level", "Tank/Level", "m", 3, 0, SIM_CURVE_DAY, 0, 5000},
	{"Pump/Fault", "Pump/Fault", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"edge-node", "edge node of a pumping station", node, SIM_COUNT(node), 0},
};

enum { BIRTH, DATA, ALARM };
static const struct sim_kind kinds[] = {
	[BIRTH] = {"birth", SIM_ON_OPEN, 0},
	[DATA] = {"data", SIM_ON_TIME, 1},
	[ALARM] = {"alarm", SIM_ON_ALARM, 0},
};

#define GROUP "city"
/* Fields of sparkplug_b.proto with their wire types. */
enum { TIMESTAMP = 0x08, METRIC = 0x12, SEQ = 0x18 };
enum {
	NAME = 0x0a,
	ALIAS = 0x10,
	DATATYPE = 0x20,
	PROPERTIES = 0x4a,
	LONG = 0x58,
	DOUBLE = 0x69,
	BOOLEAN = 0x70
};
enum { UINT64 = 8, DOUBLE_TYPE = 10, BOOLEAN_TYPE = 11, STRING_TYPE = 12 };

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), GROUP "/edge-%08" PRIu32, dev->index);
}

static void varint(struct sim_message *m, unsigned int tag, uint64_t v)
{
	sim_u8(m, tag);
	for (; v >= 128; v >>= 7)
		sim_u8(m, 0x80 | (unsigned int)(v & 127));
	sim_u8(m, (unsigned int)v);
}

/* Of less than 128 bytes. */
static void bytes(struct sim_message *m, unsigned int tag, const char *s)
{
	sim_u8(m, tag);
	sim_u8(m, (unsigned int)strlen(s));
	sim_put(m, s, strlen(s));
}

static unsigned int open_field(struct sim_message *m, unsigned int tag)
{
	sim_u8(m, tag);
	sim_u8(m, 0);
	return m->len;
}

static void close_field(struct sim_message *m, unsigned int at)
{
	m->bytes[at - 1] = (uint8_t)(m->len - at);
}

static void engineering_unit(struct sim_message *m, const char *unit)
{
	unsigned int set = open_field(m, PROPERTIES), value;

	bytes(m, 0x0a, "engUnit");
	value = open_field(m, 0x12);
	varint(m, 0x08, STRING_TYPE);
	bytes(m, 0x42, unit);
	close_field(m, value);
	close_field(m, set);
}

/* At birth with name, type and unit, later with the alias alone. */
static void metric(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r)
{
	bool birth = in->kind == BIRTH, alarm = r->point->curve == SIM_CURVE_ALARM;
	unsigned int alias = (unsigned int)(r->point - node) + 1, at = open_field(m, METRIC);
	struct sim_expect *e = sim_expect_reading(m, in, r);
	double value = sim_value(r);
	uint64_t bits;

	if (birth)
		bytes(m, NAME, r->point->name);
	varint(m, ALIAS, alias);
	varint(m, DATATYPE, alarm ? BOOLEAN_TYPE : DOUBLE_TYPE);
	if (birth && r->point->unit[0])
		engineering_unit(m, r->point->unit);
	if (alarm) {
		varint(m, BOOLEAN, r->raw != 0);
	} else {
		memcpy(&bits, &value, sizeof(bits));
		sim_u8(m, DOUBLE);
		sim_le32(m, (uint32_t)bits);
		sim_le32(m, (uint32_t)(bits >> 32));
	}
	close_field(m, at);
	e->kind = CV_KIND_MEASUREMENT;
	e->lane = CV_LANE_MEASUREMENT;
	e->code = sim_text(m, "%u", alias);
	e->method = "PUBLISH";
	e->any_quality = true; /* behind a message that was lost all is uncertain */
	e->time_ns = in->time_ns / 1000000 * 1000000;
}

/* bdSeq, which ties births to deaths (6.4.8): no value of the plant, and told by nobody. */
static void session_number(struct sim_message *m)
{
	unsigned int at = open_field(m, METRIC);

	bytes(m, NAME, "bdSeq");
	varint(m, DATATYPE, UINT64);
	varint(m, LONG, 3);
	close_field(m, at);
}

static void publish(struct sim_message *m, const struct sim_input *in, const char *type)
{
	unsigned int body = sim_mqtt_begin(m, true, 0x30);

	sim_mqtt_text(m,
		      sim_text(m, "spBv1.0/" GROUP "/%s/%s", type, in->device->id + sizeof(GROUP)));
	varint(m, TIMESTAMP, (uint64_t)(in->time_ns / 1000000));
	if (in->kind == BIRTH) {
		struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

		e->name = "device.state";
		e->time_ns = in->time_ns / 1000000 * 1000000;
		sim_expect_text(e, "online");
		session_number(m);
		for (unsigned int i = 0; i < SIM_COUNT(node); i++)
			metric(m, in, &(struct sim_reading){.point = &node[i], .raw = node[i].low});
	}
	for (unsigned int i = 0; in->kind != BIRTH && i < in->count; i++)
		metric(m, in, &in->reading[i]);
	varint(m, SEQ, in->kind == BIRTH ? 0 : in->serial & 255);
	sim_mqtt_end(m, body);
}

static void connect(struct sim_message *m, const struct sim_input *in)
{
	unsigned int body = sim_mqtt_begin(m, true, 0x10);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

	sim_mqtt_text(m, "MQTT");
	sim_u8(m, 4);
	sim_u8(m, 0x02);
	sim_be16(m, 60);
	sim_mqtt_text(m, in->device->id + sizeof(GROUP));
	sim_mqtt_end(m, body);
	e->device = NULL;
	e->method = "CONNECT";
	e->any_value = true;
	e = sim_expect(m, in, CV_KIND_SESSION);
	e->direction = CV_DIR_DOWN;
	e->device = NULL;
	e->method = "CONNACK";
	e->any_value = true;
	body = sim_mqtt_begin(m, false, 0x20);
	sim_be16(m, 0);
	sim_mqtt_end(m, body);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == BIRTH)
		connect(m, in);
	publish(m, in, in->kind == BIRTH ? "NBIRTH" : "NDATA");
}

/* Quality of service 0 is not sent again. */
static bool repeat(const struct sim_input *in, struct sim_message *m)
{
	return false;
}

/* A protocol that does not exist, a quality of service that does not. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_damage_first(in, m, damage, in->kind == BIRTH ? 4 : 0, in->kind == BIRTH ? 0x58 : 0x36);
}

const struct sim_encoder sim_encoder_sparkplug = {
	.name = "sparkplug",
	.decoder = "mqtt",
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
