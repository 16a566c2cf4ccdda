/* SPDX-License-Identifier: Apache-2.0 */
/* Syslog of switches and cabinets, in the form of RFC 5424; a line each over TCP (RFC 6587 3.4.2). */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>

static const struct sim_point cabinet[] = {
	{"temperature", "", "", 1, 0, SIM_CURVE_DAY, -100, 650},
	{"port", "", "", 0, 0, SIM_CURVE_STEADY, 1, 48},
	{"power", "", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"switch", "network switch in a street cabinet", cabinet, SIM_COUNT(cabinet), 0},
};

enum { START, NOTICE, ALARM };
static const struct sim_kind kinds[] = {
	[START] = {"start", SIM_ON_OPEN, 0},
	[NOTICE] = {"notice", SIM_ON_TIME, 1},
	[ALARM] = {"power", SIM_ON_ALARM, 0},
};

/* RFC 5424 6.2.1: facility local0, and the severities in use. */
#define LOCAL0 16
enum { ALERT = 1, NOTICE_SEVERITY = 5 };

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "sw-%08" PRIu32 ".city.example", dev->index);
}

static const char *text(struct sim_message *m, const struct sim_input *in)
{
	const struct sim_reading *r = in->count ? &in->reading[in->random % in->count] : NULL;

	if (in->kind == START)
		return "cold start";
	if (in->kind == ALARM)
		return r->raw ? "main power lost" : "main power back";
	return sim_text(m, "%s is %s", r->point->code, sim_decimal(r->raw, r->point->decimals));
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	struct sim_civil t = sim_civil(in->time_ns, 0);
	bool alert = in->kind == ALARM && in->count != 0 && in->reading[0].raw;
	const char *said;
	struct sim_expect *e;

	if (in->kind != START && in->count == 0)
		return;
	said = text(m, in);
	e = sim_expect(m, in, alert ? CV_KIND_ALARM : CV_KIND_STATE);
	sim_part(m, true);
	sim_printf(m, "<%u>1 %04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s systemd %u MSG%u - %s",
		   LOCAL0 * 8u + (alert ? ALERT : NOTICE_SEVERITY), t.year, t.month, t.day, t.hour,
		   t.minute, t.second, t.ms, in->device->id, 100 + in->serial % 900, in->serial,
		   said);
	if (in->tcp)
		sim_u8(m, '\n');
	e->name = "log.message";
	e->sub = "systemd";
	e->code = alert ? "local0.alert" : "local0.notice";
	e->method = "rfc5424";
	e->time_ns = in->time_ns / 1000000 * 1000000;
	e->direction = CV_DIR_UNKNOWN;
	sim_expect_text(e, said);
}

/* There is no check code: what is wrong is the priority, or that there is none. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	bool header = damage == SIM_DAMAGE_HEADER;

	sim_damage_first(in, m, damage, header ? 0 : 1, header ? '{' : '9');
}

const struct sim_encoder sim_encoder_syslog = {
	.name = "syslog",
	.transports = SIM_TCP | SIM_UDP,
	.port = 514,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(HEADER) | SIM_BIT(CONTENT),
	.stream_damages = SIM_BIT(HEADER) | SIM_BIT(CONTENT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
