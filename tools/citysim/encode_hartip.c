/* SPDX-License-Identifier: Apache-2.0 */
/* HART-IP (HCF_SPEC-085): a pressure transmitter behind a gateway, which a host reads. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point transmitter[] = {
	{"pv", "", "kPa", 1, 0, SIM_CURVE_STEADY, 0, 16000},
	{"sv", "", "Cel", 1, 0, SIM_CURVE_DAY, -200, 800},
};
static const struct sim_profile profiles[] = {
	{"transmitter", "pressure transmitter of a tank", transmitter, SIM_COUNT(transmitter), 0},
};

enum { OPEN, READ, ALIVE };
static const struct sim_kind kinds[] = {
	[OPEN] = {"open", SIM_ON_OPEN, 0},
	[READ] = {"read", SIM_ON_TIME, 9},
	[ALIVE] = {"keep-alive", SIM_ON_TIME, 1},
};

enum { REQUEST, RESPONSE };
enum { INITIATE, KEEP_ALIVE = 2, TOKEN_PASSING };
#define READ_DYNAMIC 3 /* universal command: current and four variables */

/* Manufacturer, type and number: ten digits. */
static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "2606%06" PRIx32, dev->index & 0xffffff);
}

static void head(struct sim_message *m, const struct sim_input *in, unsigned int type,
		 unsigned int id, unsigned int content)
{
	sim_part(m, type == RESPONSE);
	sim_u8(m, 1);
	sim_u8(m, type);
	sim_u8(m, id);
	sim_u8(m, 0);
	sim_be16(m, in->serial & 0xffff);
	sim_be16(m, 8 + content);
}

/* Delimiter, address with the bit of the primary master, command, data, longitudinal parity. */
static void frame(struct sim_message *m, const struct sim_input *in, unsigned int type,
		  const uint8_t *data, unsigned int len)
{
	unsigned int start, parity = 0;

	head(m, in, type, TOKEN_PASSING, 9 + len);
	start = m->len;
	sim_u8(m, type == REQUEST ? 0x82 : 0x86);
	sim_be16(m, 0x8000 | 0x2606);
	sim_u8(m, in->device->index >> 16 & 0xff);
	sim_be16(m, in->device->index & 0xffff);
	sim_u8(m, READ_DYNAMIC);
	sim_u8(m, len);
	sim_put(m, data, len);
	for (unsigned int i = start; i < m->len; i++)
		parity ^= m->bytes[i];
	sim_u8(m, parity);
}

static void put_float(uint8_t *at, double value)
{
	float f = (float)value;
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(bits >> (24 - 8 * i));
}

/* Two bytes of status, the loop's current, and unit and value of each variable. */
static void read(struct sim_message *m, const struct sim_input *in)
{
	uint8_t answer[2 + 4 + 5 * SIM_COUNT(transmitter)] = {0};
	unsigned int n = 6;

	put_float(answer + 2, 12);
	for (unsigned int i = 0; i < in->count; i++, n += 5) {
		answer[n] = in->reading[i].point == &transmitter[0] ? 12 : 32; /* kPa, Cel */
		put_float(answer + n + 1, sim_value(&in->reading[i]));
	}
	frame(m, in, REQUEST, NULL, 0);
	frame(m, in, RESPONSE, answer, n);
}

static void initiate(struct sim_message *m, const struct sim_input *in)
{
	for (unsigned int type = REQUEST; type <= RESPONSE; type++) {
		head(m, in, type, INITIATE, 5);
		sim_u8(m, 1); /* primary */
		sim_be32(m, 60000);
	}
}

static void expect(struct sim_message *m, const struct sim_input *in, enum cv_kind kind,
		   const char *method, bool down)
{
	struct sim_expect *e = sim_expect(m, in, kind);

	e->method = method;
	e->direction = down ? CV_DIR_DOWN : CV_DIR_UP;
	e->code = kind == CV_KIND_STATE ? "3" : "";
	if (kind == CV_KIND_SESSION)
		e->device = "";
}

/* A command is told once on a connection. */
static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == ALIVE) {
		head(m, in, REQUEST, KEEP_ALIVE, 0);
		head(m, in, RESPONSE, KEEP_ALIVE, 0);
		return;
	}
	if (in->kind == OPEN) {
		initiate(m, in);
		expect(m, in, CV_KIND_SESSION, "initiate", true);
		expect(m, in, CV_KIND_SESSION, "initiate-answer", false);
		expect(m, in, CV_KIND_STATE, "command", true);
		expect(m, in, CV_KIND_STATE, "command-answer", false);
	}
	read(m, in);
}

/* A reading's answer with another parity, also in the place of a keep-alive, which has none. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	if (in->kind == ALIVE) {
		sim_message_reset(m);
		read(m, in);
	}
	sim_keep_last(m);
	m->bytes[m->part[0].at + m->part[0].len - 1u] ^= 0x10;
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_hartip = {
	.name = "hartip",
	.transports = SIM_TCP,
	.port = 5094,
	.device_listens = true,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(CHECK),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
