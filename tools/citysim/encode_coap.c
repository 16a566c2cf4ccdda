/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP (RFC 7252, over TCP RFC 8323) with SenML and plain numbers: what small
 * sensors send. */
#include "tools/citysim/encode.h"
#include "tools/citysim/encode_senml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point manhole[] = {
	{"level", "level", "m", 3, 0, SIM_CURVE_STEADY, 0, 4000},
	{"tilt", "tilt", "deg", 1, 0, SIM_CURVE_STEADY, 0, 60},
	{"battery", "battery", "%EL", 0, 0, SIM_CURVE_STEADY, 5, 100},
	{"open", "open", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point bin[] = {
	{"fill", "fill", "%", 0, 0, SIM_CURVE_DAY, 0, 100},
	{"temperature", "temperature", "Cel", 1, 0, SIM_CURVE_DAY, -200, 600},
	{"battery", "battery", "%EL", 0, 0, SIM_CURVE_STEADY, 5, 100},
	{"overflow", "overflow", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_point parking[] = {
	{"field", "field", "A", 3, 0, SIM_CURVE_STEADY, -900, 900},
	{"battery", "battery", "%EL", 0, 0, SIM_CURVE_STEADY, 5, 100},
	{"occupied", "occupied", "", 0, 0, SIM_CURVE_ALARM, 0, 1},
};
static const struct sim_profile profiles[] = {
	{"manhole", "cover of a manhole", manhole, SIM_COUNT(manhole), 0x11},
	{"waste-bin", "waste bin", bin, SIM_COUNT(bin), 0x12},
	{"parking", "parking place", parking, SIM_COUNT(parking), 0x13},
};

enum { HELLO, JSON, CBOR, PLAIN, GET, ALARM };
static const struct sim_kind kinds[] = {
	[HELLO] = {"hello", SIM_ON_OPEN, 0},	 [JSON] = {"senml-json", SIM_ON_TIME, 3},
	[CBOR] = {"senml-cbor", SIM_ON_TIME, 6}, [PLAIN] = {"plain", SIM_ON_TIME, 2},
	[GET] = {"get", SIM_ON_TIME, 1},	 [ALARM] = {"alarm", SIM_ON_ALARM, 0},
};

enum { CON, NON, ACK, RST };
#define GET_CODE 0x01
#define POST_CODE 0x02
#define PUT_CODE 0x03
#define CHANGED 0x44
#define CONTENT 0x45
#define CSM 0xe1
#define TEXT_FORMAT 0
#define JSON_FORMAT 110
#define CBOR_FORMAT 112
#define NO_FORMAT -1

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "urn:dev:mac:00e04c%02xfe%08" PRIx32, profile->tag,
		 dev->index);
}

/* Over TCP the length stands in front: what head() wrote is moved back to make
 * room. */
static void finish(struct sim_message *m, const struct sim_input *in, unsigned int body)
{
	unsigned int start = m->part[m->parts - 1].at, n = m->len - body;
	unsigned int more = n < 13 ? 0 : n < 269 ? 1 : 2;
	uint8_t *at = m->bytes + start;

	if (!in->tcp)
		return;
	for (unsigned int i = 0; i < more; i++)
		sim_u8(m, 0);
	memmove(at + 1 + more, at + 1, m->len - start - 1 - more);
	at[0] = (uint8_t)((n < 13 ? n : 12 + more) << 4 | at[0]);
	if (more == 1)
		at[1] = (uint8_t)(n - 13);
	if (more == 2) {
		at[1] = (uint8_t)((n - 269) >> 8);
		at[2] = (uint8_t)(n - 269);
	}
}

/* @return where the options begin. */
static unsigned int head(struct sim_message *m, const struct sim_input *in, bool from_device,
			 unsigned int type, unsigned int code, unsigned int tokens)
{
	sim_part(m, from_device);
	sim_u8(m, in->tcp ? tokens : 0x40 | type << 4 | tokens);
	sim_u8(m, code);
	if (!in->tcp)
		sim_be16(m, in->serial & 0xffff);
	for (unsigned int i = 0; i < tokens; i++)
		sim_u8(m, in->serial >> 8 * i & 0xff);
	return m->len;
}

/* Path in one segment (option 11) and Content-Format (option 12). */
static void options(struct sim_message *m, const char *path, int format)
{
	unsigned int last = 0;

	if (path != NULL) {
		sim_u8(m, 11 << 4 | (unsigned int)strlen(path));
		sim_put(m, path, strlen(path));
		last = 11;
	}
	if (format > 0) {
		sim_u8(m, (12 - last) << 4 | 1);
		sim_u8(m, (unsigned int)format);
	} else if (format == 0) {
		sim_u8(m, (12 - last) << 4);
	}
}

static void bare(struct sim_message *m, const struct sim_input *in, bool from_device,
		 unsigned int type, unsigned int code, unsigned int tokens)
{
	finish(m, in, head(m, in, from_device, type, code, tokens));
}

/* Capabilities of both ends over TCP; a ping and its answer over UDP. */
static void hello(struct sim_message *m, const struct sim_input *in)
{
	bare(m, in, true, CON, in->tcp ? CSM : 0, 0);
	bare(m, in, false, RST, in->tcp ? CSM : 0, 0);
}

static void send(struct sim_message *m, const struct sim_input *in)
{
	bool confirmed = in->kind == ALARM || in->random & 1;
	unsigned int body = head(m, in, true, confirmed ? CON : NON, POST_CODE, 2);

	options(m, "dp", in->kind == JSON ? JSON_FORMAT : CBOR_FORMAT);
	sim_u8(m, 0xff);
	if (in->kind == JSON)
		sim_senml_json(m, in);
	else
		sim_senml_cbor(m, in);
	finish(m, in, body);
	sim_senml_expect(m, in);
	if (confirmed)
		bare(m, in, false, ACK, CHANGED, 2);
}

static void plain_value(struct sim_message *m, const struct sim_input *in,
			const struct sim_reading *r)
{
	struct sim_expect *e = sim_expect_reading(m, in, r);

	e->direction = CV_DIR_UNKNOWN;
	e->device = "";
	e->unit = "";
	sim_printf(m, "%s", sim_decimal(r->raw, r->point->decimals));
}

static void plain(struct sim_message *m, const struct sim_input *in)
{
	const struct sim_reading *r = &in->reading[in->random % in->count];
	unsigned int body = head(m, in, true, NON, PUT_CODE, 0);

	options(m, r->point->code, TEXT_FORMAT);
	sim_u8(m, 0xff);
	plain_value(m, in, r);
	finish(m, in, body);
}

/* The platform asks for one value; the answer is named by the question. */
static void get(struct sim_message *m, const struct sim_input *in)
{
	const struct sim_reading *r = &in->reading[in->random % in->count];
	unsigned int body = head(m, in, false, CON, GET_CODE, 4);

	options(m, r->point->code, NO_FORMAT);
	finish(m, in, body);
	body = head(m, in, true, ACK, CONTENT, 4);
	options(m, NULL, TEXT_FORMAT);
	sim_u8(m, 0xff);
	plain_value(m, in, r);
	finish(m, in, body);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == HELLO)
		hello(m, in);
	else if (in->count == 0)
		return;
	else if (in->kind == PLAIN)
		plain(m, in);
	else if (in->kind == GET)
		get(m, in);
	else
		send(m, in);
}

/* RFC 7252 4.2: over UDP; over TCP there are no message IDs and nothing is sent again. */
static bool repeat(const struct sim_input *in, struct sim_message *m)
{
	return !in->tcp;
}

/* The first message alone. There is no check code: what is wrong is its head.
 */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	uint8_t *bytes = m->bytes;

	sim_keep_first(m);
	switch (damage) {
	case SIM_DAMAGE_HEADER: /* version 3, or a token of 15 bytes */
		bytes[0] = (uint8_t)(in->random & 1 ? bytes[0] | 0xc0 : bytes[0] | 0x0f);
		break;
	case SIM_DAMAGE_CONTENT: /* an option whose length is reserved, in the place
                              of the rest */
		m->part[0].len = 4;
		bytes[0] = (uint8_t)(bytes[0] & 0xf0);
		bytes[1] = POST_CODE;
		bytes[4] = 0xbf;
		m->part[0].len = 5;
		break;
	case SIM_DAMAGE_CUT:
		m->part[0].len = (uint16_t)(1 + in->random % 3);
		break;
	default:
		break;
	}
	sim_damaged(m);
}

const struct sim_encoder sim_encoder_coap = {
	.name = "coap",
	.transports = SIM_TCP | SIM_UDP,
	.port = 5683,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(HEADER) | SIM_BIT(CONTENT) | SIM_BIT(CUT),
	.numbered = true,
	.repeat = repeat,
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
