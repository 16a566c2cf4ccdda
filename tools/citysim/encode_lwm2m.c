/* SPDX-License-Identifier: Apache-2.0 */
/* LwM2M 1.1 over CoAP: sensors that register and are read, an object instance at a time, in TLV. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* code: the object (IPSO); its value is resource 5700 */
static const struct sim_point sensor[] = {
	{"3303", "weather.temperature", "Cel", 1, 0, SIM_CURVE_DAY, -200, 450},
	{"3304", "weather.humidity", "%RH", 1, 0, SIM_CURVE_NIGHT, 200, 1000},
	{"3324", "noise.level", "dB", 1, 0, SIM_CURVE_RUSH, 300, 1100},
};
static const struct sim_profile profiles[] = {
	{"lwm2m-sensor", "weather and noise on a lamp pole", sensor, SIM_COUNT(sensor), 0},
};

enum { REGISTER, READ, BATTERY };
static const struct sim_kind kinds[] = {
	[REGISTER] = {"register", SIM_ON_OPEN, 0},
	[READ] = {"read", SIM_ON_TIME, 9},
	[BATTERY] = {"battery", SIM_ON_TIME, 1},
};

enum { CON, NON, ACK };
enum { GET = 0x01, POST = 0x02, CREATED = 0x41, CONTENT = 0x45 };
enum { LOCATION_PATH = 8, URI_PATH = 11, CONTENT_FORMAT = 12, URI_QUERY = 15 };
#define LINK_FORMAT 40
#define TLV_FORMAT 11542
#define OBJECTS "</3/0>,</3303/0>,</3304/0>,</3324/0>"

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "urn:imei:86%013" PRIu32, dev->index);
}

static void head(struct sim_message *m, const struct sim_input *in, bool from_device,
		 unsigned int type, unsigned int code)
{
	sim_part(m, from_device);
	sim_u8(m, 0x40 | type << 4 | 2);
	sim_u8(m, code);
	sim_be16(m, in->serial & 0xffff);
	sim_be16(m, in->serial & 0xffff); /* token */
}

/* RFC 7252 3.1, deltas and lengths below 269. @return its number, for the next. */
static unsigned int option(struct sim_message *m, unsigned int last, unsigned int number,
			   const void *value, size_t len)
{
	sim_u8(m, (number - last) << 4 | (len < 13 ? (unsigned int)len : 13));
	if (len >= 13)
		sim_u8(m, (unsigned int)len - 13);
	sim_put(m, value, len);
	return number;
}

static unsigned int text_option(struct sim_message *m, unsigned int last, unsigned int number,
				const char *text)
{
	return option(m, last, number, text, strlen(text));
}

static void enroll(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);
	unsigned int last;

	head(m, in, true, CON, POST);
	last = text_option(m, 0, URI_PATH, "rd");
	last = option(m, last, CONTENT_FORMAT, &(uint8_t){LINK_FORMAT}, 1);
	last = text_option(m, last, URI_QUERY, sim_text(m, "ep=%s", in->device->id));
	last = text_option(m, last, URI_QUERY, "lt=86400");
	text_option(m, last, URI_QUERY, "lwm2m=1.1");
	sim_u8(m, 0xff);
	sim_put(m, OBJECTS, strlen(OBJECTS));
	head(m, in, false, ACK, CREATED);
	last = text_option(m, 0, LOCATION_PATH, "rd");
	text_option(m, last, LOCATION_PATH, sim_text(m, "%08" PRIx32, in->device->index));
	e->name = "device.state";
	e->code = OBJECTS;
	sim_expect_text(e, "online");
}

/* The question for an object's instance and the head of its answer. */
static void ask(struct sim_message *m, const struct sim_input *in, const char *object)
{
	unsigned int last;

	head(m, in, false, CON, GET);
	last = text_option(m, 0, URI_PATH, object);
	text_option(m, last, URI_PATH, "0");
	head(m, in, true, ACK, CONTENT);
	option(m, 0, CONTENT_FORMAT, (uint8_t[]){TLV_FORMAT >> 8, TLV_FORMAT & 255}, 2);
	sim_u8(m, 0xff);
}

/* A resource of 16 bits of number, one byte of length, a double. */
static void read(struct sim_message *m, const struct sim_input *in, const struct sim_reading *r)
{
	double value = sim_value(r);
	struct sim_expect *e = sim_expect_reading(m, in, r);
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	ask(m, in, r->point->code);
	sim_u8(m, 0xe8);
	sim_be16(m, 5700);
	sim_u8(m, 8);
	sim_be32(m, (uint32_t)(bits >> 32));
	sim_be32(m, (uint32_t)bits);
	e->device = NULL; /* as long as the registration is remembered */
	e->code = sim_text(m, "/%s/0/5700", r->point->code);
}

/* 3/0/9: a resource of one byte, the level in per cent. */
static void battery(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_MEASUREMENT);

	ask(m, in, "3");
	sim_be16(m, 0xc109);
	sim_u8(m, (unsigned int)(in->random % 101));
	e->device = NULL;
	e->name = "device.battery";
	e->code = "/3/0/9";
	e->value_type = CV_VALUE_I64;
	e->any_value = true;
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == REGISTER)
		enroll(m, in);
	else if (in->kind == BATTERY)
		battery(m, in);
	else if (in->count != 0)
		read(m, in, &in->reading[in->serial % in->count]);
}

/* A version that does not exist. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_damage_first(in, m, damage, 0, 0xc2);
}

const struct sim_encoder sim_encoder_lwm2m = {
	.name = "lwm2m",
	.decoder = "coap",
	.transports = SIM_UDP,
	.port = 5683,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(HEADER),
	.numbered = true,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
