/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MQTT-SN 1.2: small sensors without TCP, each value under a short topic name with quality of service 1,
 * which the gateway acknowledges.
 */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point ground[] = {
	{"oc", "oc", "", 0, 0, SIM_CURVE_RUSH, 0, 1},
	{"mg", "mg", "", 1, 0, SIM_CURVE_STEADY, -900, 900},
	{"tm", "tm", "", 1, 0, SIM_CURVE_DAY, -200, 450},
	{"vb", "vb", "", 2, 0, SIM_CURVE_STEADY, 280, 365},
};
static const struct sim_profile profiles[] = {
	{"ground-sensor", "sensor in a parking space", ground, SIM_COUNT(ground), 0},
};

enum { CONNECT, PUBLISH, PING };
static const struct sim_kind kinds[] = {
	[CONNECT] = {"connect", SIM_ON_OPEN, 0},
	[PUBLISH] = {"publish", SIM_ON_TIME, 5},
	[PING] = {"ping", SIM_ON_TIME, 1},
};

/* 5.2.2 */
enum { T_CONNECT = 4, T_CONNACK, T_PUBLISH = 0x0c, T_PUBACK, T_PINGREQ = 0x16, T_PINGRESP };
#define PUBLISHES_MAX 3
#define KEEP_ALIVE_S 600

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "ground-%08" PRIx32, dev->index);
}

static void connect(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

	sim_part(m, true);
	sim_u8(m, (unsigned int)(6 + strlen(in->device->id)));
	sim_u8(m, T_CONNECT);
	sim_u8(m, 0x04); /* clean session */
	sim_u8(m, 1);
	sim_be16(m, KEEP_ALIVE_S);
	sim_put(m, in->device->id, strlen(in->device->id));
	e->method = "connect";
	sim_expect_number(e, KEEP_ALIVE_S);
	sim_part(m, false);
	sim_u8(m, 3);
	sim_u8(m, T_CONNACK);
	sim_u8(m, 0);
}

static void publish(struct sim_message *m, const struct sim_input *in, unsigned int i)
{
	const struct sim_reading *r = &in->reading[i];
	const char *value = sim_decimal(r->raw, r->point->decimals);
	unsigned int id = (in->serial * PUBLISHES_MAX + i) % 0xffff + 1;
	struct sim_expect *e = sim_expect_reading(m, in, r);

	sim_part(m, true);
	sim_u8(m, (unsigned int)(7 + strlen(value)));
	sim_u8(m, T_PUBLISH);
	sim_u8(m, 0x22); /* quality of service 1, short name */
	sim_put(m, r->point->code, 2);
	sim_be16(m, id);
	sim_put(m, value, strlen(value));
	e->method = "publish";
	sim_part(m, false);
	sim_u8(m, 7);
	sim_u8(m, T_PUBACK);
	sim_put(m, r->point->code, 2);
	sim_be16(m, id);
	sim_u8(m, 0);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == CONNECT) {
		connect(m, in);
	} else if (in->kind == PUBLISH) {
		for (unsigned int i = 0; i < in->count && i < PUBLISHES_MAX; i++)
			publish(m, in, i);
	} else {
		sim_part(m, true);
		sim_u8(m, 2);
		sim_u8(m, T_PINGREQ);
		sim_part(m, false);
		sim_u8(m, 2);
		sim_u8(m, T_PINGRESP);
	}
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	bool header = damage == SIM_DAMAGE_HEADER; /* a type that is reserved */

	sim_damage_first(in, m, damage, header ? 1 : 0, header ? 0x03 : m->bytes[0] + 2u);
}

const struct sim_encoder sim_encoder_mqttsn = {
	.name = "mqttsn",
	.transports = SIM_UDP,
	.port = 1883,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(HEADER) | SIM_BIT(LENGTH) | SIM_BIT(CUT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
