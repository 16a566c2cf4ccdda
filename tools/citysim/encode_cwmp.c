/* SPDX-License-Identifier: Apache-2.0 */
/* TR-069: home gateways that inform their server, and are told to set something. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point gateway[] = {
	{"uptime", "", "s", 0, 0, SIM_CURVE_TOTAL, 0, 9999999},
	{"line", "", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"home-gateway", "home gateway of a customer", gateway, SIM_COUNT(gateway), 0},
};

enum { BOOT, PERIODIC, SET, CHANGE };
static const struct sim_kind kinds[] = {
	[BOOT] = {"boot", SIM_ON_OPEN, 0},
	[PERIODIC] = {"periodic", SIM_ON_TIME, 9},
	[SET] = {"set", SIM_ON_TIME, 1},
	[CHANGE] = {"change", SIM_ON_ALARM, 0},
};

#define OUI "00147D"
#define CLASS "HGW-4"
#define MAKER "citysim"

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), OUI "-" CLASS "-HG%08" PRIu32, dev->index);
}

static const char *envelope(struct sim_message *m, const char *body)
{
	return sim_text(m,
			"<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" "
			"xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\"><soap:Body>%s</soap:Body>"
			"</soap:Envelope>\r\n",
			body);
}

static void post(struct sim_message *m, const char *body)
{
	sim_part(m, true);
	sim_printf(m, "POST /acs HTTP/1.1\r\nHost: acs.example\r\nContent-Type: text/xml\r\n");
	sim_printf(m, "Content-Length: %zu\r\n\r\n", strlen(body));
	sim_put(m, body, strlen(body));
}

static void answer(struct sim_message *m, const char *body)
{
	sim_part(m, false);
	sim_printf(m, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", body[0] ? "200 OK" : "204 None",
		   strlen(body));
	sim_put(m, body, strlen(body));
}

static void inform(struct sim_message *m, const struct sim_input *in, const char *code)
{
	struct sim_civil t = sim_civil(in->time_ns, 0);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);
	const char *body = sim_text(
		m,
		"<cwmp:Inform><DeviceId><Manufacturer>" MAKER "</Manufacturer><OUI>" OUI
		"</OUI><ProductClass>" CLASS "</ProductClass><SerialNumber>HG%08" PRIu32
		"</SerialNumber></DeviceId><Event><EventStruct><EventCode>%s</EventCode>"
		"<CommandKey/></EventStruct></Event><CurrentTime>%04d-%02d-%02dT%02d:%02d:%02dZ"
		"</CurrentTime><RetryCount>0</RetryCount></cwmp:Inform>",
		in->device->index, code, t.year, t.month, t.day, t.hour, t.minute, t.second);

	post(m, envelope(m, body));
	answer(m, envelope(m, "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes>"
			      "</cwmp:InformResponse>"));
	e->method = "Inform";
	e->code = code;
	e->text = MAKER;
	e->time_ns = sim_seconds(in->time_ns);
}

/* With nothing more to say the device asks by an empty POST what it shall do. */
static void set(struct sim_message *m, const struct sim_input *in)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_COMMAND);
	const char *body =
		sim_text(m,
			 "<cwmp:SetParameterValues><ParameterList><ParameterValueStruct><Name>"
			 "Device.ManagementServer.PeriodicInformInterval</Name><Value>%u</Value>"
			 "</ParameterValueStruct></ParameterList></cwmp:SetParameterValues>",
			 300 + (unsigned int)(in->random % 600));

	post(m, "");
	answer(m, envelope(m, body));
	post(m, envelope(m, "<cwmp:SetParameterValuesResponse><Status>0</Status>"
			    "</cwmp:SetParameterValuesResponse>"));
	answer(m, "");
	e->method = "SetParameterValues";
	e->direction = CV_DIR_DOWN;
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == BOOT)
		inform(m, in, "1 BOOT");
	else if (in->kind == PERIODIC)
		inform(m, in, "2 PERIODIC");
	else if (in->kind == SET)
		set(m, in);
	else if (in->count != 0)
		inform(m, in, "4 VALUE CHANGE");
}

/* No method, or a length that is no number. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	const char *length = strstr((const char *)m->bytes, "Content-Length: ");
	unsigned int at = length ? (unsigned int)(length - (const char *)m->bytes) + 16 : 0;

	if (damage == SIM_DAMAGE_HEADER)
		sim_damage_first(in, m, damage, 0, 1);
	else
		sim_damage_first(in, m, damage, at, 'x');
}

const struct sim_encoder sim_encoder_cwmp = {
	.name = "cwmp",
	.transports = SIM_TCP,
	.port = 7547,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(HEADER) | SIM_BIT(LENGTH),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
