/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS: records (RFC 6347 4.1, RFC 9147 4, RFC 9146), handshakes in clear (RFC 6347 4.2.2). */
#include "dataplane/explain/explain.h"

void cv_explain_dtls(struct cv_explain *x);

enum content { CHANGE_CIPHER = 20, ALERT, HANDSHAKE, APPLICATION, HEARTBEAT, CONNECTION_ID };
#define UNIFIED(byte) (((byte)&0xe0) == 0x20)

static uint32_t be24(struct cv_explain *x, const char *name)
{
	const uint8_t *at = cv_explain_take(x, 3, name);
	uint32_t n = at ? (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2] : 0;

	cv_explain_value(x, "%u", n);
	return n;
}

static void version(struct cv_explain *x, const char *name)
{
	uint32_t v = cv_explain_be16(x, name);

	cv_explain_value(x, "0x%04x", v);
	cv_explain_meaning(x, v == 0xfefd ? "DTLS 1.2" : v == 0xfeff ? "DTLS 1.0" : "");
}

/* A length of one or two bytes and as many bytes. */
static void vector(struct cv_explain *x, unsigned int bytes, const char *name)
{
	uint32_t len;

	cv_explain_begin(x, name);
	len = bytes == 1 ? cv_explain_u8(x, "length") : cv_explain_be16(x, "length");
	if (len != 0)
		cv_explain_take(x, len, "content");
	cv_explain_end(x);
}

static void extensions(struct cv_explain *x)
{
	static const char *const names[] = {
		[0] = "server name",
		[1] = "maximum fragment length",
		[10] = "groups",
		[11] = "point formats",
		[13] = "signatures",
		[16] = "application protocols",
		[22] = "encrypt then MAC",
		[23] = "extended master secret",
		[43] = "versions",
		[51] = "key share",
		[54] = "connection identifier",
	};

	if (cv_explain_left(x) < 2)
		return;
	cv_explain_be16(x, "length of the extensions");
	while (cv_explain_left(x) != 0) {
		uint32_t type;

		cv_explain_begin(x, "extension");
		type = cv_explain_be16(x, "type");
		cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(names, type, ""));
		vector(x, 2, "data");
		cv_explain_end(x);
	}
}

static void suites(struct cv_explain *x)
{
	uint32_t len;

	cv_explain_begin(x, "cipher suites");
	len = cv_explain_be16(x, "length");
	for (uint32_t i = 0; i + 1 < len && !x->failed; i += 2) {
		uint32_t suite = cv_explain_be16(x, "suite");

		cv_explain_value(x, "0x%04x", suite);
	}
	cv_explain_end(x);
}

static void hello(struct cv_explain *x, bool client)
{
	uint32_t suite;

	version(x, "version");
	cv_explain_take(x, 32, "random");
	vector(x, 1, "session");
	if (client) {
		vector(x, 1, "cookie");
		suites(x);
		vector(x, 1, "compression");
	} else {
		suite = cv_explain_be16(x, "cipher suite");
		cv_explain_value(x, "0x%04x", suite);
		cv_explain_u8(x, "compression");
	}
	extensions(x);
}

/* RFC 4279 2: an identity alone; of other key exchanges the form is not told by the message. */
static void key_exchange(struct cv_explain *x)
{
	size_t left = cv_explain_left(x);

	if (left < 2 || left != 2u + (cv_explain_peek(x, 0) << 8 | cv_explain_peek(x, 1)))
		return;
	cv_explain_be16(x, "length");
	cv_explain_text(x, left - 2, "identity, or a secret");
}

static void handshake(struct cv_explain *x)
{
	static const char *const types[] = {
		[0] = "hello request",	      [1] = "client hello",
		[2] = "server hello",	      [3] = "hello verify request",
		[4] = "new session ticket",   [11] = "certificate",
		[12] = "server key exchange", [13] = "certificate request",
		[14] = "server hello done",   [15] = "certificate verify",
		[16] = "client key exchange", [20] = "finished",
	};
	uint32_t type, offset, len;
	size_t whole;

	cv_explain_begin(x, "handshake");
	type = cv_explain_u8(x, "type");
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(types, type, "reserved"));
	be24(x, "length");
	cv_explain_be16(x, "message");
	offset = be24(x, "offset of this piece");
	len = be24(x, "length of this piece");
	whole = cv_explain_narrow(x, len);
	if (offset == 0 && (type == 1 || type == 2))
		hello(x, type == 1);
	else if (offset == 0 && type == 16)
		key_exchange(x);
	cv_explain_widen(x, whole, "content");
	cv_explain_end(x);
}

static void alert(struct cv_explain *x)
{
	uint32_t level = cv_explain_u8(x, "level");

	cv_explain_meaning(x, level == 2 ? "fatal" : "warning");
	cv_explain_u8(x, "description");
}

/* A record of 1.3 whose number and length are as short as its first byte says. */
static void unified(struct cv_explain *x)
{
	uint32_t first = cv_explain_u8(x, "head of DTLS 1.3");

	cv_explain_value(x, "0x%02x", first);
	if (cv_explain_left(x) != 0)
		cv_explain_take(x, cv_explain_left(x), "number and what is encrypted");
}

void cv_explain_dtls(struct cv_explain *x)
{
	static const char *const contents[] = {"change cipher", "alert",
					       "handshake",	"application",
					       "heartbeat",	"connection identifier"};
	uint32_t type, epoch, len;
	size_t whole;

	if (UNIFIED(cv_explain_peek(x, 0))) {
		unified(x);
		return;
	}
	type = cv_explain_u8(x, "content");
	cv_explain_meaning(x, "%s",
			   type >= CHANGE_CIPHER && type <= CONNECTION_ID
				   ? contents[type - CHANGE_CIPHER]
				   : "wrong: none of the standard");
	version(x, "version");
	epoch = cv_explain_be16(x, "epoch");
	cv_explain_meaning(x, epoch == 0 ? "in clear" : "encrypted");
	cv_explain_take(x, 6, "sequence number");
	if (type == CONNECTION_ID) {
		cv_explain_take(x, cv_explain_left(x), "identifier, length, encrypted");
		return;
	}
	len = cv_explain_be16(x, "length");
	if (cv_explain_left(x) < len) {
		cv_explain_take(x, len, "content");
		return;
	}
	whole = cv_explain_narrow(x, len);
	if (epoch == 0 && type == ALERT && len == 2)
		alert(x);
	while (epoch == 0 && type == HANDSHAKE && cv_explain_left(x) != 0)
		handshake(x);
	cv_explain_widen(x, whole, epoch == 0 ? "content" : "encrypted");
}
