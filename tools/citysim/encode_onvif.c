/* SPDX-License-Identifier: Apache-2.0 */
/* ONVIF: cameras that post what they see (WS-BaseNotification in SOAP over HTTP). */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point camera[] = {
	{"tns1:Device/HardwareFailure/FanFailure", "video.event", "", 0, 0, SIM_CURVE_STEADY, 0, 1},
	{"tns1:Device/Trigger/Relay", "video.event", "", 0, 0, SIM_CURVE_STEADY, 0, 1},
	{"tns1:RuleEngine/TamperDetector/Tamper", "video.alarm", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
	{"tns1:RuleEngine/CellMotionDetector/Motion", "video.alarm", "", 0, 0, SIM_CURVE_ALARM, 0,
	 1},
};
static const struct sim_profile profiles[] = {
	{"dome", "camera that reports events", camera, SIM_COUNT(camera), 0},
};

enum { EVENT, ALARM };
static const struct sim_kind kinds[] = {
	[EVENT] = {"event", SIM_ON_TIME, 1},
	[ALARM] = {"alarm", SIM_ON_ALARM, 0},
};

#define HEAD                                                                                       \
	"<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "                         \
	"xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\"><s:Body><wsnt:Notify>"
#define TAIL "</wsnt:Notify></s:Body></s:Envelope>\r\n"

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "cam-%08" PRIu32, dev->index);
}

/* @return the text so far with one more notification. */
static const char *notification(struct sim_message *m, const struct sim_input *in,
				const struct sim_reading *r, const char *before)
{
	struct sim_civil t = sim_civil(in->time_ns, 0);
	bool alarm = r->point->curve == SIM_CURVE_ALARM && r->raw;
	struct sim_expect *e = sim_expect(m, in, alarm ? CV_KIND_ALARM : CV_KIND_STATE);

	e->name = alarm ? "video.alarm" : "video.event";
	e->device = "";
	e->code = r->point->code;
	e->method = "Notify";
	e->value_type = CV_VALUE_BOOL;
	e->time_ns = sim_seconds(in->time_ns);
	return sim_text(m,
			"%s<wsnt:NotificationMessage><wsnt:Topic>%s</wsnt:Topic><wsnt:Message>"
			"<tt:Message UtcTime=\"%04d-%02d-%02dT%02d:%02d:%02dZ\" "
			"PropertyOperation=\"Changed\"><tt:Source><tt:SimpleItem Name=\"Token\" "
			"Value=\"1\"/></tt:Source><tt:Data><tt:SimpleItem Name=\"State\" "
			"Value=\"%s\"/></tt:Data></tt:Message></wsnt:Message>"
			"</wsnt:NotificationMessage>",
			before, r->point->code, t.year, t.month, t.day, t.hour, t.minute, t.second,
			r->raw ? "true" : "false");
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	const char *body = "";

	for (unsigned int i = 0; i < in->count; i++)
		body = notification(m, in, &in->reading[i], body);
	if (in->count == 0)
		return;
	sim_part(m, true);
	sim_printf(m, "POST /notify HTTP/1.1\r\nHost: platform.example\r\n");
	sim_printf(m, "Content-Type: application/soap+xml\r\nContent-Length: %zu\r\n\r\n",
		   strlen(HEAD) + strlen(body) + strlen(TAIL));
	sim_put(m, HEAD, strlen(HEAD));
	sim_put(m, body, strlen(body));
	sim_put(m, TAIL, strlen(TAIL));
	sim_part(m, false);
	sim_printf(m, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

/* No method of HTTP. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	sim_damage_first(in, m, damage, 0, 1);
}

const struct sim_encoder sim_encoder_onvif = {
	.name = "onvif",
	.transports = SIM_TCP,
	.port = 8010,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(HEADER),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
