/* SPDX-License-Identifier: Apache-2.0 */
/* DLMS/COSEM in the wrapper (IEC 62056-4-7): meters that a head-end opens and reads. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* code: C and D of the OBIS code; the wire has the unit of the Blue Book, whose number is the tag's */
static const struct sim_point electricity[] = {
	{"1.8", "power.energy_import", "kWh", 0, -3, SIM_CURVE_TOTAL, 0, 99999999},
	{"1.7", "power.active", "W", 0, 0, SIM_CURVE_RUSH, 0, 9000},
	{"12.7", "power.voltage", "V", 1, 0, SIM_CURVE_STEADY, 2050, 2420},
	{"11.7", "power.current", "A", 2, 0, SIM_CURVE_RUSH, 0, 6000},
	{"14.7", "power.frequency", "Hz", 2, 0, SIM_CURVE_STEADY, 4980, 5020},
};
static const uint8_t units[] = {30, 27, 35, 33, 44}; /* Wh, W, V, A, Hz */
static const struct sim_profile profiles[] = {
	{"dlms-meter", "electricity meter", electricity, SIM_COUNT(electricity), 0},
};

enum { OPEN, READ };
static const struct sim_kind kinds[] = {
	[OPEN] = {"open", SIM_ON_OPEN, 0},
	[READ] = {"read", SIM_ON_TIME, 1},
};

#define METER 1
#define HEAD_END 16
enum { GET = 0xc0, GET_ANSWER = 0xc4 };
enum { STRUCTURE = 2, UINT32 = 6, OCTETS = 9, INT8 = 15, ENUM = 22 };
#define CLASS_DATA 1
#define CLASS_REGISTER 3

/* Logical device name: three letters of the maker and a number. */
static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "CSM%013" PRIu32, dev->index);
}

static unsigned int begin(struct sim_message *m, bool from_device)
{
	sim_part(m, from_device);
	sim_be16(m, 1);
	sim_be16(m, from_device ? METER : HEAD_END);
	sim_be16(m, from_device ? HEAD_END : METER);
	sim_be16(m, 0);
	return m->len;
}

/* Association by logical names without a password (62056-5-3, 7.2), and that it is taken. */
static void associate(struct sim_message *m, const struct sim_input *in)
{
	static const uint8_t ask[] = {0x60, 0x1d, 0xa1, 0x09, 0x06, 0x07, 0x60, 0x85,
				      0x74, 0x05, 0x08, 0x01, 0x01, 0xbe, 0x10, 0x04,
				      0x0e, 0x01, 0x00, 0x00, 0x00, 0x06, 0x5f, 0x1f,
				      0x04, 0x00, 0x00, 0x10, 0x1d, 0x04, 0x00};
	static const uint8_t taken[] = {0x61, 0x29, 0xa1, 0x09, 0x06, 0x07, 0x60, 0x85, 0x74,
					0x05, 0x08, 0x01, 0x01, 0xa2, 0x03, 0x02, 0x01, 0x00,
					0xa3, 0x05, 0xa1, 0x03, 0x02, 0x01, 0x00, 0xbe, 0x10,
					0x04, 0x0e, 0x08, 0x00, 0x06, 0x5f, 0x1f, 0x04, 0x00,
					0x00, 0x10, 0x1d, 0x04, 0x00, 0x00, 0x07};
	unsigned int at = begin(m, false);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

	sim_put(m, ask, sizeof(ask));
	sim_fill_be16(m, at);
	e->direction = CV_DIR_DOWN;
	e->device = NULL; /* on a connection that is there already the name is known */
	e->method = "associate";
	e->text = "lowest";
	e->any_value = true;
	at = begin(m, true);
	sim_put(m, taken, sizeof(taken));
	sim_fill_be16(m, at);
	e = sim_expect(m, in, CV_KIND_SESSION);
	e->device = NULL;
	e->method = "associate";
	e->text = "accepted";
	e->any_value = true;
}

/* Class, OBIS code, attribute, no selection. */
static void attribute(struct sim_message *m, unsigned int class, const uint8_t *obis,
		      unsigned int number)
{
	sim_be16(m, class);
	sim_put(m, obis, 6);
	sim_u8(m, number);
	sim_u8(m, 0);
}

static void name(struct sim_message *m, const struct sim_input *in)
{
	static const uint8_t obis[] = {0, 0, 42, 0, 0, 255};
	unsigned int at = begin(m, false);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	sim_u8(m, GET);
	sim_be16(m, 0x01c1);
	attribute(m, CLASS_DATA, obis, 2);
	sim_fill_be16(m, at);
	at = begin(m, true);
	sim_u8(m, GET_ANSWER);
	sim_be16(m, 0x01c1);
	sim_be16(m, OCTETS); /* data */
	sim_u8(m, (unsigned int)strlen(in->device->id));
	sim_put(m, in->device->id, strlen(in->device->id));
	sim_fill_be16(m, at);
	e->name = "raw.0-0:42.0.0*255/2";
	e->code = "1/0-0:42.0.0*255/2";
	e->method = "get";
	sim_expect_text(e, in->device->id);
}

static void obis_of(const struct sim_reading *r, uint8_t *ret)
{
	unsigned int c = 0, d = 0;

	sscanf(r->point->code, "%u.%u", &c, &d);
	memcpy(ret, (uint8_t[]){1, 0, (uint8_t)c, (uint8_t)d, 0, 255}, 6);
}

static void expect_both(struct sim_message *m, const struct sim_input *in,
			const struct sim_reading *r)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_STATE);

	e->name = sim_text(m, "raw.1-0:%s.0*255/3", r->point->code);
	e->text = "power of ten";
	e->any_value = true;
	e = sim_expect_reading(m, in, r);
	e->code = sim_text(m, "3/1-0:%s.0*255/2", r->point->code);
	e->method = "get";
}

/* Power of ten and unit, and then the value, of each register in one list. */
static void read(struct sim_message *m, const struct sim_input *in)
{
	unsigned int invoke = 0xc0 | (in->serial & 15), at = begin(m, false);
	uint8_t obis[6];

	sim_u8(m, GET);
	sim_u8(m, 3);
	sim_u8(m, invoke);
	sim_u8(m, 2 * in->count);
	for (unsigned int i = 0; i < 2 * in->count; i++) {
		obis_of(&in->reading[i / 2], obis);
		attribute(m, CLASS_REGISTER, obis, i % 2 ? 2 : 3);
	}
	sim_fill_be16(m, at);
	at = begin(m, true);
	sim_u8(m, GET_ANSWER);
	sim_u8(m, 3);
	sim_u8(m, invoke);
	sim_u8(m, 2 * in->count);
	for (unsigned int i = 0; i < in->count; i++) {
		const struct sim_reading *r = &in->reading[i];

		sim_be16(m, STRUCTURE);
		sim_be16(m, 0x0200 | INT8);
		sim_u8(m, (unsigned int)-r->point->decimals & 0xff);
		sim_be16(m, ENUM << 8 | units[r->point - electricity]);
		sim_be16(m, UINT32);
		sim_be32(m, (uint32_t)r->raw);
		expect_both(m, in, r);
	}
	sim_fill_be16(m, at);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == OPEN) {
		associate(m, in);
		name(m, in);
	} else if (in->count != 0) {
		read(m, in);
	}
}

/* The last answer: a choice that does not exist. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_keep_last(m);
	m->bytes[m->part[0].at + 8 + (in->kind == OPEN ? 3 : 4)] = 9;
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_dlms = {
	.name = "dlms",
	.transports = SIM_TCP,
	.port = 4059,
	.device_listens = true,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(CONTENT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
