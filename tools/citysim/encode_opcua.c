/* SPDX-License-Identifier: Apache-2.0 */
/* OPC UA over TCP (IEC 62541-6): a controller that is a server, and a client that subscribes to it. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point controller[] = {
	{"ns=2;s=Flow", "", "", 1, 0, SIM_CURVE_RUSH, 0, 9000},
	{"overload", "", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"controller", "controller of a plant", controller, SIM_COUNT(controller), 0},
};

enum { OPEN, PUBLISH, REFUSED };
static const struct sim_kind kinds[] = {
	[OPEN] = {"open", SIM_ON_OPEN, 0},
	[PUBLISH] = {"publish", SIM_ON_TIME, 1},
	[REFUSED] = {"refused", SIM_ON_ALARM, 0},
};

#define TOO_MANY_OPERATIONS 0x80100000u
#define REASON "too many operations"

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "plc-%08" PRIu32, dev->index);
}

/* Type and piece, and a length that end() fills in. */
static unsigned int begin(struct sim_message *m, bool from_device, const char *type)
{
	sim_part(m, from_device);
	sim_put(m, type, 4);
	sim_le32(m, 0);
	return m->len - 8;
}

static void end(struct sim_message *m, unsigned int at)
{
	unsigned int len = m->len - at;

	m->bytes[at + 4] = (uint8_t)len;
	m->bytes[at + 5] = (uint8_t)(len >> 8);
}

static void string(struct sim_message *m, const char *text)
{
	sim_le32(m, (uint32_t)strlen(text));
	sim_put(m, text, strlen(text));
}

static void sizes(struct sim_message *m)
{
	sim_le32(m, 0);
	sim_le32(m, 65536);
	sim_le32(m, 65536);
	sim_le32(m, 0);
	sim_le32(m, 0);
}

static void open_channel(struct sim_message *m, bool from_device)
{
	unsigned int at = begin(m, from_device, "OPNF");

	sim_le32(m, 7);
	string(m, "http://opcfoundation.org/UA/SecurityPolicy#None");
	sim_le32(m, UINT32_MAX); /* no certificates */
	sim_le32(m, UINT32_MAX);
	sim_le32(m, 1);
	sim_le32(m, 1);
	end(m, at);
}

static void connect(struct sim_message *m, const struct sim_input *in)
{
	const char *url = sim_text(m, "opc.tcp://%s:4840", in->device->id);
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);
	unsigned int at = begin(m, false, "HELF");

	sizes(m);
	string(m, url);
	end(m, at);
	e->method = "hello";
	e->text = url;
	e->device = "";
	e->direction = CV_DIR_DOWN;
	at = begin(m, true, "ACKF");
	sizes(m);
	end(m, at);
	open_channel(m, false);
	open_channel(m, true);
	e = sim_expect(m, in, CV_KIND_SESSION);
	e->method = "open-channel";
	e->device = "";
	e->direction = CV_DIR_DOWN;
}

/* What is in it is the services', which nobody reads on the way. */
static void publish(struct sim_message *m, const struct sim_input *in)
{
	for (int answer = 0; answer < 2; answer++) {
		unsigned int at = begin(m, answer, "MSGF");

		sim_le32(m, 7);
		sim_le32(m, 1);
		sim_le32(m, in->serial + 2);
		sim_le32(m, in->serial + 2);
		for (unsigned int i = 0; answer && i < in->count; i++) {
			string(m, in->reading[i].point->code);
			sim_le32(m, (uint32_t)in->reading[i].raw);
		}
		end(m, at);
	}
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	struct sim_expect *e;
	unsigned int at;

	if (in->kind == OPEN) {
		connect(m, in);
	} else if (in->kind == PUBLISH) {
		publish(m, in);
	} else if (in->count != 0 && in->reading[0].raw != 0) {
		at = begin(m, true, "ERRF");
		sim_le32(m, TOO_MANY_OPERATIONS);
		string(m, REASON);
		end(m, at);
		e = sim_expect(m, in, CV_KIND_ERROR);
		e->device = "";
		e->code = "80100000";
		e->text = REASON;
		e->method = "error";
	}
}

/* No such type, or shorter than its own head. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	bool length = damage == SIM_DAMAGE_LENGTH;

	sim_damage_first(in, m, damage, length ? 4 : 0, length ? 7 : 'X');
	if (length)
		m->bytes[m->part[0].at + 5] = 0;
}

const struct sim_encoder sim_encoder_opcua = {
	.name = "opcua",
	.transports = SIM_TCP,
	.port = 4840,
	.device_listens = true,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.stream_damages = SIM_BIT(HEADER) | SIM_BIT(LENGTH),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
