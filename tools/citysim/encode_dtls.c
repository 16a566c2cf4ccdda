/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS 1.2 (RFC 6347) under CoAPS: meters that open a session by a pre-shared key and then report. */
#include "tools/citysim/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct sim_point meter[] = {
	{"reading", "", "", 0, 0, SIM_CURVE_TOTAL, 0, 9999999}, /* encrypted: nobody sees it */
};
static const struct sim_profile profiles[] = {
	{"secure-meter", "meter that reports over CoAPS", meter, SIM_COUNT(meter), 0},
};

enum { HANDSHAKE, REPORT };
static const struct sim_kind kinds[] = {
	[HANDSHAKE] = {"handshake", SIM_ON_OPEN, 0},
	[REPORT] = {"report", SIM_ON_TIME, 1},
};

#define PSK_AES128_CCM_8 0xc0a8
enum { CHANGE_CIPHER = 20, MESSAGE = 22, APPLICATION = 23 };
enum { CLIENT_HELLO = 1, SERVER_HELLO = 2, HELLO_DONE = 14, KEY_EXCHANGE = 16 };

static void identity(struct sim_device *dev, const struct sim_profile *profile)
{
	snprintf(dev->id, sizeof(dev->id), "meter-%08" PRIu32, dev->index);
}

/* A record of one datagram; sim_fill_be16() fills in its length. */
static unsigned int record(struct sim_message *m, bool from_device, unsigned int type,
			   unsigned int epoch, uint32_t number)
{
	sim_part(m, from_device);
	sim_u8(m, type);
	sim_be16(m, 0xfefd);
	sim_be16(m, epoch);
	sim_be16(m, 0);
	sim_be32(m, number);
	sim_be16(m, 0);
	return m->len;
}

/* A handshake message in one piece, content of @p len bytes to come. */
static void message(struct sim_message *m, unsigned int type, unsigned int number, unsigned int len)
{
	sim_u8(m, type);
	sim_u8(m, 0);
	sim_be16(m, len);
	sim_be16(m, number);
	sim_u8(m, 0);
	sim_be16(m, 0);
	sim_u8(m, 0);
	sim_be16(m, len);
}

static void noise(struct sim_message *m, uint64_t random, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		sim_u8(m, (unsigned int)(sim_mix(random + i) & 0xff));
}

static struct sim_expect *expect(struct sim_message *m, const struct sim_input *in,
				 const char *method)
{
	struct sim_expect *e = sim_expect(m, in, CV_KIND_SESSION);

	e->method = method;
	e->device = "";
	return e;
}

static void handshake(struct sim_message *m, const struct sim_input *in)
{
	unsigned int id = (unsigned int)strlen(in->device->id), at;

	at = record(m, true, MESSAGE, 0, 0);
	message(m, CLIENT_HELLO, 0, 2 + 32 + 1 + 1 + 4 + 2);
	sim_be16(m, 0xfefd);
	noise(m, in->random, 32);
	sim_be16(m, 0); /* neither session nor cookie */
	sim_be16(m, 2);
	sim_be16(m, PSK_AES128_CCM_8);
	sim_be16(m, 0x0100);
	sim_fill_be16(m, at);
	expect(m, in, "client-hello");
	at = record(m, false, MESSAGE, 0, 0);
	message(m, SERVER_HELLO, 0, 2 + 32 + 1 + 2 + 1);
	sim_be16(m, 0xfefd);
	noise(m, ~in->random, 32);
	sim_u8(m, 0);
	sim_be16(m, PSK_AES128_CCM_8);
	sim_u8(m, 0);
	message(m, HELLO_DONE, 1, 0);
	sim_fill_be16(m, at);
	expect(m, in, "server-hello")->direction = CV_DIR_DOWN;
	m->expect[m->expects - 1].code = "c0a8";
	at = record(m, true, MESSAGE, 0, 1);
	message(m, KEY_EXCHANGE, 1, 2 + id);
	sim_be16(m, id);
	sim_put(m, in->device->id, id);
	sim_fill_be16(m, at);
	expect(m, in, "psk-identity")->device = in->device->id;
	at = record(m, true, CHANGE_CIPHER, 0, 2);
	sim_u8(m, 1);
	sim_fill_be16(m, at);
	at = record(m, true, MESSAGE, 1, 0);
	noise(m, in->random, 40); /* finished, encrypted */
	sim_fill_be16(m, at);
}

static void encode(const struct sim_input *in, struct sim_message *m)
{
	if (in->kind == HANDSHAKE) {
		handshake(m, in);
		return;
	}
	for (int answer = 0; answer < 2; answer++) {
		unsigned int at = record(m, !answer, APPLICATION, 1, in->serial);

		noise(m, in->random + (uint64_t)answer, 24 + 16);
		sim_fill_be16(m, at);
	}
}

/* A version that does not exist, a record longer than one may be, one that ends early. */
static void damage(const struct sim_input *in, struct sim_message *m, enum sim_damage damage)
{
	bool length = damage == SIM_DAMAGE_LENGTH;

	sim_damage_first(in, m, damage, length ? 11 : 1, length ? 0xff : 0x33);
}

const struct sim_encoder sim_encoder_dtls = {
	.name = "dtls",
	.transports = SIM_UDP,
	.port = 5684,
	.profiles = profiles,
	.profile_count = SIM_COUNT(profiles),
	.kinds = kinds,
	.kind_count = SIM_COUNT(kinds),
	.damages = SIM_BIT(HEADER) | SIM_BIT(LENGTH) | SIM_BIT(CUT),
	.identity = identity,
	.encode = encode,
	.damage = damage,
};
