/* SPDX-License-Identifier: Apache-2.0 */
/* BACnet/IP: a controller of a building that announces itself and reports changes of value. */
#include "tools/citysim/encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNICAST 0x0a
#define BROADCAST 0x0b
#define ANALOG_INPUT 0
#define DEVICE 8
#define FAULT 0x40

/* code: the instance of the analog input; an alarm is that it leaves its limits */
static const struct sim_point air[] = {
	{"1", "raw.analog-input.1.present-value", "", 1, 0, SIM_CURVE_DAY, 180, 280},
	{"2", "raw.analog-input.2.present-value", "", 0, 0, SIM_CURVE_RUSH, 400, 1800},
	{"3", "raw.analog-input.3.present-value", "", 1, 0, SIM_CURVE_NIGHT, 200, 800},
	{"1", "raw.analog-input.1.event-5", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"room", "room controller: temperature, carbon dioxide, humidity", air, SIM_COUNT(air), 0},
};

enum { I_AM, CHANGE, EVENT };
static const struct sim_kind kinds[] = {
	[I_AM] = {"i-am", SIM_ON_OPEN, 0},
	[CHANGE] = {"change-of-value", SIM_ON_TIME, 1},
	[EVENT] = {"event", SIM_ON_ALARM, 0},
};

static uint32_t instance(const struct sim_device *dev)
{
	return 1000 + dev->index % 4000000;
}

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	(void)profile;
	snprintf(dev->id, sizeof(dev->id), "%u", instance(dev));
}

/* The link and network layer. @return where the length goes. */
static unsigned int begin(struct sim_message *m, unsigned int function)
{
	unsigned int at;

	sim_part(m, true);
	sim_u8(m, 0x81);
	sim_u8(m, function);
	at = m->len;
	sim_be16(m, 0);
	sim_be16(m, 0x0100);
	return at;
}

static void end(struct sim_message *m, unsigned int at)
{
	unsigned int len = m->len - (at - 2);

	if (m->overflow)
		return;
	m->bytes[at] = (uint8_t)(len >> 8);
	m->bytes[at + 1] = (uint8_t)len;
}

static void put_object(struct sim_message *m, unsigned int tag, unsigned int type, uint32_t number)
{
	sim_u8(m, tag);
	sim_be32(m, (uint32_t)type << 22 | number);
}

static void put_real(struct sim_message *m, const struct sim_reading *r)
{
	float value = (float)sim_value(r);
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	sim_u8(m, 0x44);
	sim_be32(m, bits);
}

static void announce(const struct sim_input *in, struct sim_message *m)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);
	unsigned int at = begin(m, BROADCAST);

	sim_be16(m, 0x1000);
	put_object(m, 0xc4, DEVICE, instance(in->device));
	sim_u8(m, 0x22);
	sim_be16(m, 1476);
	sim_be16(m, 0x9103); /* no segmentation */
	sim_be16(m, 0x2163); /* vendor 99 */
	end(m, at);
	e->device = in->device->id;
	e->text = "vendor 99, max-apdu 1476, segmentation 3";
}

/* Present value and status flags of one object. */
static void report(const struct sim_input *in, struct sim_message *m, const struct sim_reading *r)
{
	struct sim_expect *e = sim_expect_reading(m, in, r);
	unsigned int at = begin(m, UNICAST);

	sim_be16(m, 0x1002);
	sim_be16(m, 0x0901); /* process 1 */
	put_object(m, 0x1c, DEVICE, instance(in->device));
	put_object(m, 0x2c, ANALOG_INPUT, (uint32_t)strtoul(r->point->code, NULL, 10));
	sim_be16(m, 0x3900);
	sim_u8(m, 0x4e);
	sim_be16(m, 0x0955);
	sim_u8(m, 0x2e);
	put_real(m, r);
	sim_u8(m, 0x2f);
	sim_be16(m, 0x096f);
	sim_u8(m, 0x2e);
	sim_be16(m, 0x8204);
	sim_u8(m, r->faulty ? FAULT : 0);
	sim_u8(m, 0x2f);
	sim_u8(m, 0x4f);
	end(m, at);
	e->device = in->device->id;
	e->sub = sim_text(m, "analog-input-%s", r->point->code);
	e->code = r->point->name + 4;
	e->quality = r->faulty ? CV_QUALITY_BAD : CV_QUALITY_GOOD;
	sim_expect_number(e, (double)(float)sim_value(r));
	e = sim_expect(m, in, CV_KIND_STATE);
	e->name = sim_text(m, "raw.analog-input.%s.status-flags", r->point->code);
	sim_expect_text(e, r->faulty ? "0100" : "0000");
}

/* Out of range (event type 5), to high limit or back to normal. */
static void alarm(const struct sim_input *in, struct sim_message *m, const struct sim_reading *r)
{
	struct sim_civil t = sim_civil(in->time_ns, SIM_BEIJING_S);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_ALARM);
	unsigned int at = begin(m, BROADCAST);

	sim_be16(m, 0x1003);
	sim_be16(m, 0x0901);
	put_object(m, 0x1c, DEVICE, instance(in->device));
	put_object(m, 0x2c, ANALOG_INPUT, (uint32_t)strtoul(r->point->code, NULL, 10));
	sim_be16(m, 0x3e2e);
	sim_u8(m, 0xa4);
	sim_u8(m, (unsigned int)(t.year - 1900));
	sim_u8(m, (unsigned int)t.month);
	sim_u8(m, (unsigned int)t.day);
	sim_u8(m, (unsigned int)(t.weekday ? t.weekday : 7));
	sim_u8(m, 0xb4);
	sim_u8(m, (unsigned int)t.hour);
	sim_u8(m, (unsigned int)t.minute);
	sim_u8(m, (unsigned int)t.second);
	sim_u8(m, (unsigned int)(t.ms / 10));
	sim_be16(m, 0x2f3f);
	sim_be32(m, 0x49035964); /* class 3, priority 100 */
	sim_be16(m, 0x6905);
	sim_be32(m, 0x8900a900); /* an alarm; not to be acknowledged */
	sim_be16(m, r->raw ? 0xb903 : 0xb900);
	end(m, at);
	e->name = r->point->name;
	e->device = in->device->id;
	e->time_ns = in->time_ns / 10000000 * 10000000;
	sim_expect_number(e, r->raw ? 3 : 0);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == I_AM)
		announce(in, m);
	else if (in->count != 0 && in->kind == CHANGE)
		report(in, m, &in->reading[in->serial % in->count]);
	else if (in->count != 0)
		alarm(in, m, &in->reading[0]);
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	uint8_t *bytes = m->bytes + m->part[0].at;
	unsigned int len = m->part[0].len;

	switch (damage) {
	case SIM_DAMAGE_CONTENT: /* the first tag is another */
		bytes[8] = 0xf7;
		break;
	case SIM_DAMAGE_LENGTH:
		bytes[2] = 0xff;
		break;
	case SIM_DAMAGE_CUT:
		m->part[0].len = (uint16_t)(1 + in->random % (len - 1));
		break;
	default:
		bytes[4] = 9; /* a version of the network layer */
		break;
	}
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_bacnet = {
	.name = "bacnet",
	.transports = SIM_UDP,
	.port = 47808,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(CONTENT) | SIM_BIT(LENGTH) | SIM_BIT(CUT) | SIM_BIT(HEADER),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
