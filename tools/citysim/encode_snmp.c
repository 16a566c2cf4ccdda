/* SPDX-License-Identifier: Apache-2.0 */
/* SNMP (RFC 3416, 1157): an uninterruptible power supply that is polled and reports its line. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>

static const struct sim_point supply[] = {
	{"1.2.4.0", "", "", 0, 0, SIM_CURVE_NIGHT, 20, 100}, /* upsEstimatedChargeRemaining */
	{"1.3.3.1.3.1", "", "", 0, 0, SIM_CURVE_STEADY, 205, 242}, /* upsInputVoltage */
	{"line", "", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"ups", "power supply of a street cabinet", supply, SIM_COUNT(supply), 0},
};

enum { START, POLL, LINE };
static const struct sim_kind kinds[] = {
	[START] = {"start", SIM_ON_OPEN, 0},
	[POLL] = {"poll", SIM_ON_TIME, 1},
	[LINE] = {"line", SIM_ON_ALARM, 0},
};

#define PUBLIC "public"
enum { GET = 0xa0, RESPONSE = 0xa2, TRAP_V1 = 0xa4, TRAP_V2 = 0xa7 };
enum { COLD_START = 0, LINK_DOWN = 2, LINK_UP = 3 }; /* RFC 1157 4.1.6, less one of RFC 3418 */

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "ups-%08" PRIu32, dev->index);
}

/* The first version has traps of its own; one device in three speaks it. */
static bool is_v1(const struct sim_input *in)
{
	return in->device->key % 3 == 0;
}

/* A tag and a length of two bytes, which sim_fill_be16() fills in. */
static unsigned int begin(struct sim_message *m, unsigned int tag)
{
	sim_u8(m, tag);
	sim_u8(m, 0x82);
	sim_be16(m, 0);
	return m->len;
}

static void integer(struct sim_message *m, unsigned int tag, uint32_t v)
{
	sim_u8(m, tag);
	sim_u8(m, 5);
	sim_u8(m, 0);
	sim_be32(m, v);
}

static void object(struct sim_message *m, const uint8_t *oid, unsigned int len)
{
	sim_u8(m, 6);
	sim_u8(m, len);
	sim_put(m, oid, len);
}

static const uint8_t uptime_oid[] = {0x2b, 6, 1, 2, 1, 1, 3, 0};
static const uint8_t trap_oid[] = {0x2b, 6, 1, 6, 3, 1, 1, 4, 1, 0};
static const uint8_t charge_oid[] = {0x2b, 6, 1, 2, 1, 33, 1, 2, 4, 0};
static const uint8_t voltage_oid[] = {0x2b, 6, 1, 2, 1, 33, 1, 3, 3, 1, 3, 1};
static const uint8_t index_oid[] = {0x2b, 6, 1, 2, 1, 2, 2, 1, 1, 2};
static const uint8_t enterprise[] = {0x2b, 6, 1, 4, 1, 0x81, 0xf4, 0x69}; /* 31337 */

static void binding(struct sim_message *m, const uint8_t *oid, unsigned int len, unsigned int tag,
		    uint32_t value)
{
	unsigned int at = begin(m, 0x30);

	object(m, oid, len);
	if (tag == 5)
		sim_be16(m, 0x0500);
	else
		integer(m, tag, value);
	sim_fill_be16(m, at);
}

static uint32_t ticks(const struct sim_input *in)
{
	return 6000 + in->serial * 6000;
}

static void standard_trap(struct sim_message *m, const struct sim_input *in, unsigned int generic)
{
	uint8_t which[] = {0x2b, 6, 1, 6, 3, 1, 1, 5, (uint8_t)(generic + 1)};
	unsigned int pdu = begin(m, TRAP_V2), list, at;

	integer(m, 2, in->serial);
	integer(m, 2, 0);
	integer(m, 2, 0);
	list = begin(m, 0x30);
	binding(m, uptime_oid, sizeof(uptime_oid), 0x43, ticks(in));
	at = begin(m, 0x30);
	object(m, trap_oid, sizeof(trap_oid));
	object(m, which, sizeof(which));
	sim_fill_be16(m, at);
	if (generic != COLD_START)
		binding(m, index_oid, sizeof(index_oid), 2, 2);
	sim_fill_be16(m, list);
	sim_fill_be16(m, pdu);
}

static void first_trap(struct sim_message *m, const struct sim_input *in, unsigned int generic)
{
	unsigned int pdu = begin(m, TRAP_V1), list;

	object(m, enterprise, sizeof(enterprise));
	sim_be16(m, 0x4004);
	sim_be32(m, 0); /* nobody else */
	integer(m, 2, generic);
	integer(m, 2, 0);
	integer(m, 0x43, ticks(in));
	list = begin(m, 0x30);
	if (generic != COLD_START)
		binding(m, index_oid, sizeof(index_oid), 2, 2);
	sim_fill_be16(m, list);
	sim_fill_be16(m, pdu);
}

static unsigned int message(struct sim_message *m, const struct sim_input *in, bool from_device)
{
	unsigned int at;

	sim_part(m, from_device);
	at = begin(m, 0x30);
	integer(m, 2, is_v1(in) ? 0 : 1);
	sim_u8(m, 4);
	sim_u8(m, sizeof(PUBLIC) - 1);
	sim_put(m, PUBLIC, sizeof(PUBLIC) - 1);
	return at;
}

static struct sim_expect *expect(struct sim_message *m, const struct sim_input *in,
				 enum cv_kind kind, const char *name)
{
	struct sim_expect *e = sim_expect(m, in, kind);

	e->device = "";
	e->name = name;
	return e;
}

static void trap(struct sim_message *m, const struct sim_input *in, unsigned int generic)
{
	static const char *const names[] = {"network.device_start", NULL, "network.link_down",
					    "network.link_up"};
	static const char *const texts[] = {"coldStart", NULL, "linkDown", "linkUp"};
	unsigned int at = message(m, in, true);
	struct sim_expect *e =
		expect(m, in, generic == LINK_DOWN ? CV_KIND_ALARM : CV_KIND_STATE, names[generic]);

	e->text = texts[generic];
	e->code = sim_text(m, "1.3.6.1.6.3.1.1.5.%u", generic + 1);
	e->method = is_v1(in) ? "trap-v1" : "trap";
	if (is_v1(in))
		first_trap(m, in, generic);
	else
		standard_trap(m, in, generic);
	sim_fill_be16(m, at);
	e = expect(m, in, CV_KIND_STATE, "device.uptime");
	e->unit = "s";
	sim_expect_number(e, ticks(in) / 100.0);
	if (generic == COLD_START)
		return;
	e = expect(m, in, CV_KIND_STATE, "raw.1.3.6.1.2.1.2.2.1.1.2");
	sim_expect_number(e, 2);
}

/* What a manager asks for, and that it was answered, are told; the values are not. */
static void poll(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = expect(m, in, CV_KIND_STATE, "");

	for (int answer = 0; answer < 2; answer++) {
		unsigned int at = message(m, in, answer), pdu = begin(m, answer ? RESPONSE : GET),
			     list;

		integer(m, 2, in->serial);
		integer(m, 2, 0);
		integer(m, 2, 0);
		list = begin(m, 0x30);
		for (unsigned int i = 0; i < in->count; i++) {
			bool charge = in->reading[i].point == &supply[0];

			binding(m, charge ? charge_oid : voltage_oid,
				charge ? sizeof(charge_oid) : sizeof(voltage_oid), answer ? 2 : 5,
				(uint32_t)in->reading[i].raw);
		}
		sim_fill_be16(m, list);
		sim_fill_be16(m, pdu);
		sim_fill_be16(m, at);
	}
	e->method = "response";
	e->value_type = CV_VALUE_U64;
	e->any_value = true;
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == START)
		trap(m, in, COLD_START);
	else if (in->count != 0 && in->kind == POLL)
		poll(m, in);
	else if (in->count != 0)
		trap(m, in, in->reading[0].raw ? LINK_DOWN : LINK_UP);
}

/* No sequence, or a version that does not exist. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	bool header = damage == SIM_DAMAGE_HEADER;

	sim_damage_first(in, m, damage, header ? 0 : 10, header ? 0x31 : 9);
}

const struct sim_encoder sim_encoder_snmp = {
	.name = "snmp",
	.transports = SIM_UDP,
	.port = 161,
	.device_listens = true,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(HEADER) | SIM_BIT(CONTENT) | SIM_BIT(CUT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
