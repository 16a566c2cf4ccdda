/* SPDX-License-Identifier: Apache-2.0 */
/* What handshake messages say in clear: hellos, and the identity of a pre-shared key. */
#include "dataplane/decode/dtls.h"
#include "dataplane/decode/judge.h"
#include "dataplane/decode/text.h"

#define RANDOM 32
#define SUITES_LOOK 256 /* of a longer list the first ones are looked at */

/* Extensions, RFC 6066, 7301, 8446, 9146. */
enum extension { SERVER_NAME = 0, ALPN = 16, SUPPORTED_VERSIONS = 43, CID = 54 };

struct hello {
	uint16_t version;
	const uint8_t *random;
	unsigned int suites; /* offered; of a server's hello 1 */
	uint16_t suite; /* chosen */
	bool psk, ccm8; /* among those offered */
	bool coap; /* by ALPN */
	bool has_cid;
	const uint8_t *name, *cid;
	size_t name_len, cid_len;
};

static uint32_t hash(const uint8_t *p, size_t len)
{
	uint32_t h = 0x811c9dc5u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x01000193u;
	return h | 1;
}

static size_t vector(struct cv_reader *r, int bytes, const uint8_t **ret)
{
	size_t len = bytes == 1 ? cv_read_u8(r) : cv_read_be16(r);

	*ret = cv_read_bytes(r, len);
	return *ret ? len : 0;
}

/* Key exchange by pre-shared key, as the first octets of the suite's number say (IANA registry). */
static bool is_psk(uint16_t suite)
{
	return (suite >= 0x2c && suite <= 0x2e) || (suite >= 0x8a && suite <= 0x95) ||
	       (suite >= 0xa8 && suite <= 0xb9) || (suite >= 0xc033 && suite <= 0xc03b) ||
	       (suite >= 0xc064 && suite <= 0xc071) || (suite >= 0xc08e && suite <= 0xc09b) ||
	       (suite >= 0xc0a4 && suite <= 0xc0ab) || (suite >= 0xccab && suite <= 0xccae) ||
	       (suite >= 0xd001 && suite <= 0xd005);
}

static bool is_ecdhe_psk(uint16_t suite)
{
	return (suite >= 0xc033 && suite <= 0xc03b) || suite == 0xccac ||
	       (suite >= 0xd001 && suite <= 0xd005);
}

static void take_suites(struct hello *h, const uint8_t *p, size_t len)
{
	h->suites = (unsigned int)(len / 2);
	for (size_t i = 0; i + 1 < len && i < SUITES_LOOK; i += 2) {
		uint16_t suite = (uint16_t)(p[i] << 8 | p[i + 1]);

		h->psk |= is_psk(suite);
		/* TLS_..._CCM_8, RFC 6655, 7251, 8446 */
		h->ccm8 |= (suite >= 0xc0a0 && suite <= 0xc0a3) ||
			   (suite >= 0xc0a8 && suite <= 0xc0ab) ||
			   (suite >= 0xc0ae && suite <= 0xc0af) || suite == 0x1305;
	}
}

static void take_extension(struct hello *h, unsigned int type, const uint8_t *p, size_t len,
			   bool client)
{
	struct cv_reader r = cv_reader(p, len);

	switch (type) {
	case SERVER_NAME:
		cv_read_be16(&r);
		if (cv_read_u8(&r) == 0)
			h->name_len = vector(&r, 2, &h->name);
		break;
	case ALPN:
		cv_read_be16(&r);
		h->coap |= cv_read_u8(&r) == 4 && len >= 7 && memcmp(r.cur, "coap", 4) == 0;
		break;
	case SUPPORTED_VERSIONS:
		if (client)
			cv_read_u8(&r);
		for (int i = 0; i < 8 && cv_reader_left(&r) >= 2; i++) {
			if (cv_read_be16(&r) == 0xfefc)
				h->version = 0xfefc;
		}
		break;
	case CID:
		h->has_cid = true;
		h->cid_len = vector(&r, 1, &h->cid);
		break;
	default:
		break;
	}
}

static void take_extensions(struct hello *h, struct cv_reader *r, bool client)
{
	if (cv_reader_left(r) < 2)
		return;
	cv_read_be16(r);
	while (cv_reader_left(r) >= 4) {
		unsigned int type = cv_read_be16(r);
		const uint8_t *p;
		size_t len = vector(r, 2, &p);

		if (p == NULL)
			return; /* the rest is in another piece */
		take_extension(h, type, p, len, client);
	}
}

/* @return false where not even the suites are there. */
static bool take_hello(struct hello *h, const struct dtls_handshake_part *part, bool client)
{
	struct cv_reader r = cv_reader(part->body, part->len);
	const uint8_t *p;
	size_t len;

	*h = (struct hello){.version = cv_read_be16(&r)};
	h->random = cv_read_bytes(&r, RANDOM);
	vector(&r, 1, &p); /* session */
	if (client) {
		vector(&r, 1, &p); /* cookie */
		len = vector(&r, 2, &p);
		if (p != NULL)
			take_suites(h, p, len);
		vector(&r, 1, &p); /* compression */
	} else {
		h->suite = cv_read_be16(&r);
		cv_read_u8(&r);
	}
	if (r.failed)
		return false;
	take_extensions(h, &r, client);
	return true;
}

static const char *version_name(uint16_t version)
{
	return version == 0xfefc ? "dtls1.3" : version == 0xfefd ? "dtls1.2" : "dtls1.0";
}

/* "dtls1.2 suites 5 psk ccm8 cid 0a0b". */
static void put_flags(struct cv_decode *d, const struct hello *h, bool client)
{
	struct cv_label l = {0};

	cv_label_str(&l, version_name(h->version));
	if (client) {
		cv_label_str(&l, " suites ");
		cv_label_u32(&l, h->suites);
	}
	if (h->psk)
		cv_label_str(&l, " psk");
	if (h->ccm8)
		cv_label_str(&l, " ccm8");
	if (h->coap || d->origin->sport == 5684 || d->origin->dport == 5684)
		cv_label_str(&l, " coaps");
	if (h->has_cid)
		cv_label_str(&l, " cid");
	if (h->cid_len != 0)
		cv_label_str(&l, " ");
	for (size_t i = 0; i < h->cid_len && i < 16; i++)
		cv_label_hex(&l, h->cid[i], 2);
	cv_put_label(d, CV_TLV_FLAG, &l);
}

/* A hello comes again when its cookie is asked for, and when it was lost: told once by its random. */
static void hello(struct dtls_handshake_part *part, bool client)
{
	struct dtls_flow *flow = part->flow;
	uint32_t *told = client ? &flow->client_random : &flow->server_random, random;
	struct cv_label code = {0};
	struct cv_record *rec;
	struct hello h;

	if (!take_hello(&h, part, client))
		return;
	random = hash(h.random, RANDOM);
	if (client && random != *told) {
		flow->psk_len = 0;
		flow->suite = 0;
		flow->key_exchange = 0;
	}
	if (!client) {
		flow->suite = h.suite;
		take_suites(&h, (const uint8_t[]){(uint8_t)(h.suite >> 8), (uint8_t)h.suite}, 2);
	}
	if (random == *told)
		return;
	*told = random;
	rec = dtls_begin(part->d, CV_KIND_SESSION, client ? "client-hello" : "server-hello",
			 part->size);
	rec->status = part->type;
	if (!part->whole)
		rec->flags |= CV_FLAG_PARTIAL;
	if (!client) {
		cv_label_hex(&code, h.suite, 4);
		cv_put_label(part->d, CV_TLV_CODE, &code);
	}
	put_flags(part->d, &h, client);
	if (h.name_len != 0)
		cv_emit_tlv(part->d->emit, CV_TLV_TEXT, h.name, cv_utf8_prefix(h.name, h.name_len));
	cv_emit_end(part->d->emit);
}

static bool printable(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f)
			return false;
	}
	return cv_utf8_valid(p, len);
}

/*
 * The identity in a key exchange (RFC 4279 2 to 4, RFC 5489 2). Where the suite is not known the same
 * bytes could be an encrypted secret, which is not printable.
 */
static size_t identity_of(const struct dtls_handshake_part *part, const uint8_t **ret)
{
	uint16_t suite = part->flow->suite;
	struct cv_reader r = cv_reader(part->body, part->len);
	size_t len = vector(&r, 2, ret), left;

	if (r.failed || len == 0 || !part->whole)
		return 0;
	left = cv_reader_left(&r);
	if (suite != 0 && !is_psk(suite))
		return 0;
	if (is_ecdhe_psk(suite) && left != 1u + cv_read_u8(&r))
		return 0;
	if (suite == 0 && (left != 0 || !printable(*ret, len)))
		return 0;
	return len;
}

/* Text as it is, anything else in hexadecimal. */
static void keep_identity(struct dtls_flow *flow, const uint8_t *id, size_t len)
{
	size_t n = len < DTLS_PSK_MAX ? len : DTLS_PSK_MAX;

	if (printable(id, len)) {
		n = cv_utf8_prefix(id, n);
		memcpy(flow->psk, id, n);
		flow->psk_len = (uint8_t)n;
		return;
	}
	n = len < DTLS_PSK_MAX / 2 ? len : DTLS_PSK_MAX / 2;
	for (size_t i = 0; i < n; i++) {
		flow->psk[2 * i] = (uint8_t) "0123456789abcdef"[id[i] >> 4];
		flow->psk[2 * i + 1] = (uint8_t) "0123456789abcdef"[id[i] & 15];
	}
	flow->psk_len = (uint8_t)(2 * n);
}

static void key_exchange(struct dtls_handshake_part *part)
{
	struct dtls_flow *flow = part->flow;
	struct cv_app_fact device = {.kind = CV_APP_IDENTITY};
	const uint8_t *id;
	size_t len = identity_of(part, &id);
	struct cv_record *rec;

	if (len == 0)
		return;
	keep_identity(flow, id, len);
	if (part->d->judge != NULL) {
		device.text = flow->psk;
		device.len = flow->psk_len;
		device.unclear = len > flow->psk_len && printable(id, len);
		cv_judge_fact(part->d->judge, &device);
	}
	if (hash(id, len) == flow->key_exchange)
		return;
	flow->key_exchange = hash(id, len);
	rec = dtls_begin(part->d, CV_KIND_SESSION, "psk-identity", part->size);
	rec->status = part->type;
	cv_emit_end(part->d->emit);
}

void dtls_handshake(struct dtls_handshake_part *h)
{
	if (h->type == DTLS_CLIENT_HELLO || h->type == DTLS_SERVER_HELLO)
		hello(h, h->type == DTLS_CLIENT_HELLO);
	else if (h->type == DTLS_CLIENT_KEY_EXCHANGE)
		key_exchange(h);
}
