/* SPDX-License-Identifier: Apache-2.0 */
/* NTP 4 (RFC 5905): a time server of the network, which a node of the platform asks. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>

static const struct sim_point server[] = {
	{"delay", "clock.delay", "s", 6, 0, SIM_CURVE_STEADY, 0, 200000},
	{"lost", "", "", 0, 0, SIM_CURVE_ALARM, 0, 1}, /* satellites out of sight */
};
static const struct sim_profile profiles[] = {
	{"time-server", "time server with a satellite receiver", server, SIM_COUNT(server), 0},
};

enum { ASK, KISS, LOST };
static const struct sim_kind kinds[] = {
	[ASK] = {"ask", SIM_ON_TIME, 9},
	[KISS] = {"kiss", SIM_ON_TIME, 1},
	[LOST] = {"lost", SIM_ON_ALARM, 0},
};

#define EPOCH_1970 2208988800u
#define CLIENT 3
#define SERVER 4

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "ntp-%08" PRIu32, dev->index);
}

/* Seconds since 1900 and a fraction, here of 256ths, so that it is a whole number of nanoseconds. */
static void stamp(struct sim_message *m, int64_t time_ns)
{
	sim_be32(m, (uint32_t)(time_ns / 1000000000 + EPOCH_1970));
	sim_be32(m, (uint32_t)(time_ns % 1000000000 / 3906250) << 24);
}

static void packet(struct sim_message *m, const struct sim_input *in, unsigned int leap,
		   unsigned int mode, unsigned int stratum, const char *reference)
{
	sim_part(m, mode == SERVER);
	sim_u8(m, leap << 6 | 4 << 3 | mode);
	sim_u8(m, stratum);
	sim_be16(m, 0x06ec); /* every 64 s, a microsecond */
	sim_be32(m, 0);
	sim_be32(m, 0x00000042);
	sim_put(m, reference, 4);
	stamp(m, mode == SERVER ? in->time_ns - 5000000000 : 0);
	if (mode == CLIENT) {
		sim_be32(m, 0);
		sim_be32(m, 0);
		sim_be32(m, 0);
		sim_be32(m, 0);
	} else {
		stamp(m, in->time_ns); /* what was asked under */
		stamp(m, in->time_ns);
	}
	stamp(m, in->time_ns);
}

static struct sim_expect *expect(struct sim_message *m, const struct sim_input *in,
				 enum cv_kind kind, const char *name, bool good)
{
	struct sim_expect *e = sim_expect(m, in, kind);

	e->name = name;
	e->device = "";
	e->method = "server";
	e->any_value = true;
	e->quality = good ? CV_QUALITY_GOOD : CV_QUALITY_BAD;
	e->time_ns = in->time_ns / 3906250 * 3906250;
	return e;
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	bool lost = in->kind == LOST && in->count != 0 && in->reading[0].raw;
	struct sim_expect *e;

	if (in->kind == LOST && in->count == 0)
		return;
	packet(m, in, 0, CLIENT, 0, "\0\0\0\0");
	if (in->kind == KISS) {
		packet(m, in, 3, SERVER, 0, "RATE");
		e = expect(m, in, CV_KIND_ERROR, "", false);
		e->code = "RATE";
		e->time_ns = 0;
		return;
	}
	packet(m, in, lost ? 3 : 0, SERVER, lost ? 16 : 1, lost ? "\0\0\0\0" : "BDS\0");
	expect(m, in, CV_KIND_MEASUREMENT, "clock.offset", !lost)->unit = "s";
	expect(m, in, CV_KIND_MEASUREMENT, "clock.delay", !lost)->unit = "s";
	e = expect(m, in, CV_KIND_STATE, "clock.stratum", !lost);
	e->any_value = false;
	e->text = lost ? "0.0.0.0" : "BDS";
	sim_expect_number(e, lost ? 16 : 1);
}

/* The question alone: version 0, mode 0, or not all there. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_damage_first(in, m, damage, 0, damage == SIM_DAMAGE_HEADER ? CLIENT : 4 << 3);
}

const struct sim_encoder sim_encoder_ntp = {
	.name = "ntp",
	.transports = SIM_UDP,
	.port = 123,
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
