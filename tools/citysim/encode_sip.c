/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GB/T 28181-2016: cameras that register with their platform, say every minute that they are there (9.6),
 * and tell what they see (9.4).
 */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point camera[] = {
	{"5", "video.alarm", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"camera", "camera of a video network", camera, SIM_COUNT(camera), 0},
};

enum { REGISTER, KEEPALIVE, ALARM };
static const struct sim_kind kinds[] = {
	[REGISTER] = {"register", SIM_ON_OPEN, 0},
	[KEEPALIVE] = {"keepalive", SIM_ON_TIME, 1},
	[ALARM] = {"alarm", SIM_ON_ALARM, 0},
};

#define PLATFORM "34020000002000000001"
#define DOMAIN "3402000000"

/* Appendix D: centre, trade, type 132 (camera), network, number. */
static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "%08" PRIu32 "001320%06" PRIu32,
		 34020000 + dev->index / 1000000, dev->index % 1000000);
}

/* Fields of a request and of its answer alike. */
static void fields(struct sim_message *m, const struct sim_input *in, const char *method)
{
	const char *to = in->kind == REGISTER ? in->device->id : PLATFORM;

	sim_printf(m, "Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK%016" PRIx64 "\r\n",
		   in->random);
	sim_printf(m, "From: <sip:%s@" DOMAIN ">;tag=%08" PRIx32 "\r\nTo: <sip:%s@" DOMAIN ">\r\n",
		   in->device->id, (uint32_t)in->device->key, to);
	sim_printf(m, "Call-ID: %016" PRIx64 "@10.0.0.1\r\nCSeq: %" PRIu32 " %s\r\n", in->random,
		   in->serial + 1, method);
}

static void exchange(struct sim_message *m, const struct sim_input *in, const char *method,
		     const char *more, const char *body)
{
	sim_part(m, true);
	sim_printf(m, "%s sip:" PLATFORM "@" DOMAIN " SIP/2.0\r\n", method);
	fields(m, in, method);
	sim_printf(m, "Max-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s", more, strlen(body),
		   body);
	sim_part(m, false);
	sim_printf(m, "SIP/2.0 200 OK\r\n");
	fields(m, in, method);
	sim_printf(m, "Content-Length: 0\r\n\r\n");
}

static const char *notify(struct sim_message *m, const struct sim_input *in, const char *command,
			  const char *more)
{
	return sim_text(m,
			"<?xml version=\"1.0\" encoding=\"GB2312\"?>\r\n<Notify>\r\n"
			"<CmdType>%s</CmdType>\r\n<SN>%" PRIu32 "</SN>\r\n"
			"<DeviceID>%s</DeviceID>\r\n%s</Notify>\r\n",
			command, in->serial, in->device->id, more);
}

#define XML "Content-Type: Application/MANSCDP+xml\r\n"

static void encode(const struct sim_input *in, struct sim_message *m)
{
	struct sim_expect *e;

	if (in->kind == REGISTER) {
		e = sim_expect(m, in, CV_KIND_SESSION);
		e->text = "citysim";
		e->method = "REGISTER";
		exchange(m, in, "REGISTER", "User-Agent: citysim\r\nExpires: 3600\r\n", "");
	} else if (in->kind == KEEPALIVE) {
		e = sim_expect(m, in, CV_KIND_STATE);
		e->text = "OK";
		e->code = "Keepalive";
		exchange(m, in, "MESSAGE", XML,
			 notify(m, in, "Keepalive", "<Status>OK</Status>\r\n"));
	} else if (in->count != 0 && in->reading[0].raw != 0) { /* an end is not told */
		e = sim_expect(m, in, CV_KIND_ALARM);
		e->name = in->reading[0].point->name;
		e->code = "Alarm";
		e->value_type = CV_VALUE_BOOL;
		e->number = 1;
		exchange(m, in, "MESSAGE", XML,
			 notify(m, in, "Alarm",
				"<AlarmPriority>4</AlarmPriority>\r\n"
				"<AlarmMethod>5</AlarmMethod>\r\n"));
	}
}

static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	const uint8_t *line = memchr(m->bytes, '\r', m->len);

	sim_damage_first(in, m, damage, (unsigned int)(line - m->bytes) - 1, '1'); /* SIP/2.1 */
}

const struct sim_encoder sim_encoder_sip = {
	.name = "sip",
	.transports = SIM_UDP,
	.port = 5060,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(HEADER) | SIM_BIT(CUT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
