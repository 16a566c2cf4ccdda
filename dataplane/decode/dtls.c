/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DTLS 1.0, 1.2 (RFC 6347) and 1.3 (RFC 9147), under CoAPS, LwM2M and whatever else: who begins a
 * session and how it is secured, as far as that is in clear. What is encrypted is counted, not told.
 */
#include "dataplane/decode/dtls.h"
#include "dataplane/decode/judge.h"

#define HEAD 13
#define HANDSHAKE_HEAD 12
#define CONTENT_MAX (16384 + 2048) /* 4.1 */

/* Content types, 4.1 and RFC 9146. */
enum content { CHANGE_CIPHER = 20, ALERT, HANDSHAKE, APPLICATION, HEARTBEAT, CONNECTION_ID };
#define UNIFIED(byte) (((byte)&0xe0) == 0x20) /* RFC 9147 4 */
#define ALERT_FATAL 2

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* 1.0, 1.2, and what OpenSSL 0.9.8 had for a number. */
static bool version_known(uint16_t version)
{
	return version == 0xfeff || version == 0xfefd || version == 0x0100;
}

/* What else shares a port with DTLS: STUN, TURN channels, RTP (RFC 7983). */
static bool is_neighbour(uint8_t byte)
{
	return byte <= 3 || (byte >= 64 && byte <= 79) || (byte >= 128 && byte <= 191);
}

/* Length of the record at @p p; 0 when it is none. One with an identifier fills the datagram. */
static size_t record_length(const uint8_t *p, size_t len, enum cv_reject *reject)
{
	size_t content;

	*reject = CV_REJECT_BAD_HEADER;
	if (UNIFIED(p[0]))
		return len > 2 ? len : 0;
	if (p[0] < CHANGE_CIPHER || p[0] > CONNECTION_ID)
		return 0;
	*reject = CV_REJECT_TRUNCATED;
	if (len < HEAD)
		return 0;
	*reject = CV_REJECT_BAD_HEADER;
	if (!version_known(be16(p + 1)))
		return 0;
	if (p[0] == CONNECTION_ID)
		return len;
	content = be16(p + 11);
	*reject = CV_REJECT_BAD_LENGTH;
	if (content > CONTENT_MAX)
		return 0;
	*reject = CV_REJECT_TRUNCATED;
	return content <= len - HEAD ? HEAD + content : 0;
}

struct cv_record *dtls_begin(struct cv_decode *d, enum cv_kind kind, const char *method,
			     uint32_t size)
{
	const struct dtls_flow *flow = d->flow;
	struct cv_record *rec = cv_session_begin(d, kind, d->from_client, method, size);

	if (flow->psk_len != 0)
		cv_emit_tlv(d->emit, CV_TLV_DEVICE, flow->psk, flow->psk_len);
	return rec;
}

/* In clear only before there are keys: why a handshake failed. */
static void alert(struct cv_decode *d, const uint8_t *p, size_t len, uint32_t size)
{
	struct cv_label code = {0};
	struct cv_record *rec;

	if (len != 2)
		return;
	rec = dtls_begin(d, p[0] == ALERT_FATAL ? CV_KIND_ERROR : CV_KIND_SESSION, "alert", size);
	rec->status = p[1];
	cv_label_u32(&code, p[1]);
	cv_put_label(d, CV_TLV_CODE, &code);
	cv_emit_end(d->emit);
}

/* The messages of one record in epoch 0, 4.2.2. Those with a middle part of another are passed. */
static bool handshakes(struct cv_decode *d, const uint8_t *p, size_t len, uint32_t size)
{
	while (len != 0) {
		struct dtls_handshake_part h = {.d = d, .flow = d->flow, .size = size};
		uint32_t whole, offset, part;

		if (len < HANDSHAKE_HEAD)
			return false;
		whole = be24(p + 1);
		offset = be24(p + 6);
		part = be24(p + 9);
		if (part > len - HANDSHAKE_HEAD || offset > whole || part > whole - offset)
			return false;
		h.type = p[0];
		h.whole = part == whole;
		h.body = p + HANDSHAKE_HEAD;
		h.len = part;
		if (offset == 0) {
			if (d->judge != NULL)
				cv_judge_type(d->judge, h.type);
			dtls_handshake(&h);
		}
		p += HANDSHAKE_HEAD + part;
		len -= HANDSHAKE_HEAD + part;
	}
	return true;
}

static enum cv_reject record(struct cv_decode *d, const uint8_t *p, size_t len, uint32_t size)
{
	if (UNIFIED(p[0]) || p[0] == CONNECTION_ID || be16(p + 3) != 0)
		return CV_REJECT_NONE; /* encrypted */
	if (p[0] == ALERT)
		alert(d, p + HEAD, len - HEAD, size);
	if (p[0] == HANDSHAKE && !handshakes(d, p + HEAD, len - HEAD, size))
		return CV_REJECT_BAD_PAYLOAD;
	return CV_REJECT_NONE;
}

static int64_t dtls_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct dtls_flow *flow = d->flow;
	enum cv_reject reject;
	size_t at = 0;

	if (len == 0)
		return CV_REJECTED(CV_REJECT_TRUNCATED);
	if (is_neighbour(data[0]) && flow->seen)
		return (int64_t)len;
	/* All of the datagram first: what is not whole says nothing. */
	while (at < len) {
		size_t n = record_length(data + at, len - at, &reject);

		if (n == 0)
			return CV_REJECTED(reject);
		at += n;
	}
	flow->seen = 1;
	for (at = 0; at < len;) {
		size_t n = record_length(data + at, len - at, &reject);

		reject = record(d, data + at, n, (uint32_t)len);
		if (reject != CV_REJECT_NONE)
			return CV_REJECTED(reject);
		at += n;
	}
	return (int64_t)len;
}

/*
 * Records that fill the datagram to the byte; the first one a hello that begins, or protected ones
 * with their epoch and version. The unified head of 1.3 alone is too little.
 */
static enum cv_probe dtls_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_reject reject;
	size_t at = 0;

	if (!datagram || len < HEAD || data[0] < CHANGE_CIPHER || data[0] > APPLICATION ||
	    !version_known(be16(data + 1)) || be16(data + 3) > 16)
		return CV_PROBE_NO;
	while (at < len) {
		size_t n = record_length(data + at, len - at, &reject);

		if (n == 0 || (at != 0 && UNIFIED(data[at])))
			return CV_PROBE_NO;
		at += n;
	}
	if (data[0] == HANDSHAKE && be16(data + 3) == 0 &&
	    (be16(data + 11) < HANDSHAKE_HEAD || data[HEAD] > 25 ||
	     be24(data + HEAD + 9) > (uint32_t)be16(data + 11) - HANDSHAKE_HEAD))
		return CV_PROBE_NO;
	return CV_PROBE_YES;
}

const struct cv_decoder cv_decoder_dtls = {
	.name = "dtls",
	.proto = CV_PROTO_DTLS,
	.transports = CV_TRANSPORT_UDP,
	.udp_ports = {5684},
	.flow_size = sizeof(struct dtls_flow),
	.probe = dtls_probe,
	.decode = dtls_decode,
};
