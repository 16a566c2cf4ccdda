/* SPDX-License-Identifier: Apache-2.0 */
/* DNP3 (IEEE 1815-2012): an outstation of a waterworks that its master polls and operates. */
#include "tools/citysim/encode.h"

#include <stdio.h>
#include <string.h>

static const struct sim_point works[] = {
	{"0", "", "", 0, 0, SIM_CURVE_DAY, 0, 32000},
	{"1", "", "", 0, 0, SIM_CURVE_RUSH, 0, 32000},
	{"2", "", "", 0, 0, SIM_CURVE_TOTAL, 0, 32000},
};
static const struct sim_profile profiles[] = {
	{"outstation", "outstation of a waterworks", works, SIM_COUNT(works), 0},
};

enum { START, POLL, OPERATE };
static const struct sim_kind kinds[] = {
	[START] = {"start", SIM_ON_OPEN, 0},
	[POLL] = {"poll", SIM_ON_TIME, 9},
	[OPERATE] = {"operate", SIM_ON_TIME, 1},
};

#define MASTER 1
#define FROM_MASTER 0xc4 /* primary, unconfirmed data */
#define FROM_OUTSTATION 0x44
enum { READ = 1, DIRECT_OPERATE = 5, RESPONSE = 129 };

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%u", 2 + dev->index % 65000);
}

static unsigned int address(const struct sim_input *in)
{
	return 2 + in->device->index % 65000;
}

/* 9.2.6: polynomial 3D65, reflected, complemented; low byte first. */
static void crc(struct sim_message *m, unsigned int from)
{
	unsigned int crc = 0;

	for (unsigned int i = from; i < m->len; i++) {
		crc ^= m->bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa6bc : crc >> 1;
	}
	sim_le16(m, ~crc & 0xffff);
}

/* A frame whose data fit its blocks of 16. */
static void frame(struct sim_message *m, const struct sim_input *in, bool from_master,
		  const uint8_t *data, unsigned int len)
{
	unsigned int start = m->len, block;

	sim_part(m, !from_master);
	sim_be16(m, 0x0564);
	sim_u8(m, len + 5);
	sim_u8(m, from_master ? FROM_MASTER : FROM_OUTSTATION);
	sim_le16(m, from_master ? address(in) : MASTER);
	sim_le16(m, from_master ? MASTER : address(in));
	crc(m, start);
	for (; len > 0; data += block, len -= block) {
		start = m->len;
		block = len < 16 ? len : 16;
		sim_put(m, data, block);
		crc(m, start);
	}
}

/* Classes 0 to 3 are asked for; 16-bit analog inputs with a flag (group 30, variation 2) answer. */
static void poll(struct sim_message *m, const struct sim_input *in)
{
	unsigned int sequence = in->serial & 15, n = 10;
	uint8_t ask[] = {
		0xc0, (uint8_t)(0xc0 | sequence), READ, 60, 2, 6, 60, 3, 6, 60, 4, 6, 60, 1, 6};
	uint8_t answer[64] = {0xc0, (uint8_t)(0xc0 | sequence), RESPONSE, 0, 0, 30, 2, 0, 0, 0};

	answer[9] = (uint8_t)(in->count ? in->count - 1 : 0);
	for (unsigned int i = 0; i < in->count; i++) {
		answer[n++] = 1; /* on line */
		answer[n++] = (uint8_t)in->reading[i].raw;
		answer[n++] = (uint8_t)(in->reading[i].raw >> 8);
	}
	frame(m, in, true, ask, sizeof(ask));
	frame(m, in, false, answer, in->count ? n : 5);
}

/* A relay output block (group 12): latch on point 3, and the answer repeats it. */
static void operate(struct sim_message *m, const struct sim_input *in)
{
	uint8_t sequence = (uint8_t)(0xc0 | (in->serial & 15));
	uint8_t block[] = {12, 1, 40, 1, 0, 3, 0, 3, 1, 100, 0, 0, 0, 100, 0, 0, 0, 0};
	uint8_t ask[3 + sizeof(block)] = {0xc0, sequence, DIRECT_OPERATE};
	uint8_t answer[5 + sizeof(block)] = {0xc0, sequence, RESPONSE, 0, 0};

	memcpy(ask + 3, block, sizeof(block));
	memcpy(answer + 5, block, sizeof(block));
	frame(m, in, true, ask, sizeof(ask));
	frame(m, in, false, answer, sizeof(answer));
}

static struct sim_expect *expect(struct sim_message *m, const struct sim_input *in,
				 enum cv_kind kind, const char *method, bool down)
{
	struct sim_expect *e = sim_expect(m, in, kind);

	e->method = method;
	e->direction = down ? CV_DIR_DOWN : CV_DIR_UP;
	return e;
}

/* What a master asks again and again is told once on a connection, what it changes every time. */
static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == OPERATE) {
		operate(m, in);
		expect(m, in, CV_KIND_COMMAND, "direct-operate", true);
		return;
	}
	poll(m, in);
	if (in->kind == START) {
		expect(m, in, CV_KIND_STATE, "read", true);
		expect(m, in, CV_KIND_STATE, "response", false);
	}
}

/* The master's frame alone, with a CRC or a byte of its data that is another. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	unsigned int data = m->part[0].len - 2u;

	if (damage == SIM_DAMAGE_CONTENT)
		data = 10 + (unsigned int)(in->random % 10);
	sim_damage_first(in, m, damage, data, m->bytes[data] ^ 1u);
}

const struct sim_encoder sim_encoder_dnp3 = {
	.name = "dnp3",
	.transports = SIM_TCP,
	.port = 20000,
	.device_listens = true,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(CHECK) | SIM_BIT(CONTENT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
