/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OPC UA over TCP (IEC 62541-6, 7.1 and 6.7): which endpoint a client wants, how the channel is secured,
 * and what went wrong. Services and values are not read.
 */
#include "dataplane/decode/judge.h"
#include "dataplane/decode/reader.h"
#include "dataplane/decode/session.h"
#include "dataplane/decode/text.h"

#define HEAD 8
#define HELLO_MIN 32 /* head, five numbers, length of the URL */
#define SIZE_MAX_SANE (64u << 20)
#define WANT 512 /* bytes of a message that are looked at */

/* Message types, 6.7.2.2 and 7.1.2.2: place in this list plus one is the number for policies. */
static const char types[][4] = {"HEL", "ACK", "ERR", "RHE", "OPN", "MSG", "CLO"};
enum type { HELLO, ACKNOWLEDGE, ERROR_MESSAGE, REVERSE_HELLO, OPEN, MESSAGE, CLOSE, TYPE_COUNT };

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Which type begins with these bytes, up to three: TYPE_COUNT = none. */
static unsigned int find_type(const uint8_t *data, size_t len)
{
	unsigned int type = 0;

	while (type < TYPE_COUNT && memcmp(types[type], data, len < 3 ? len : 3) != 0)
		type++;
	return type;
}

static enum cv_reject check_head(const uint8_t *data, unsigned int *type)
{
	uint32_t size = le32(data + 4);

	*type = find_type(data, 3);
	if (*type == TYPE_COUNT)
		return CV_REJECT_BAD_HEADER;
	/* Only messages come in pieces; an abort is the last of them. */
	if (data[3] != 'F' && (*type != MESSAGE || (data[3] != 'C' && data[3] != 'A')))
		return CV_REJECT_BAD_HEADER;
	return size < HEAD || size > SIZE_MAX_SANE ? CV_REJECT_BAD_LENGTH : CV_REJECT_NONE;
}

/* A string of Part 6, 5.2.2.4: its length, -1 for none. */
static const uint8_t *string(struct cv_reader *r, size_t *len)
{
	const uint8_t *p = cv_read_bytes(r, 4);
	uint32_t n = p ? le32(p) : 0;

	*len = n == UINT32_MAX ? 0 : n;
	p = cv_read_bytes(r, *len);
	return p ? p : (const uint8_t *)"";
}

static struct cv_record *begin(struct cv_decode *d, enum cv_kind kind, unsigned int type,
			       uint32_t size)
{
	static const char *const methods[TYPE_COUNT] = {"hello",	 "acknowledge",	 "error",
							"reverse-hello", "open-channel", "message",
							"close-channel"};
	struct cv_record *rec = cv_session_begin(d, kind, !d->from_client, methods[type], size);

	rec->status = (uint16_t)(type + 1);
	return rec;
}

static void put_text(struct cv_decode *d, struct cv_record *rec, enum cv_tlv_tag tag,
		     const uint8_t *text, size_t len)
{
	size_t whole = cv_utf8_prefix(text, len);

	if (whole < len)
		rec->flags |= CV_FLAG_ENCODING;
	if (whole != 0)
		cv_emit_tlv(d->emit, tag, text, whole);
}

/* HEL: the endpoint; RHE: of the server that calls, which has a name. */
static void hello(struct cv_decode *d, unsigned int type, struct cv_reader *r, uint32_t size)
{
	const uint8_t *text, *name = NULL;
	struct cv_record *rec;
	size_t len, name_len = 0;

	if (type == HELLO)
		cv_read_bytes(r, 20);
	else
		name = string(r, &name_len);
	text = string(r, &len);
	if (r->failed)
		return;
	rec = begin(d, CV_KIND_SESSION, type, size);
	if (name_len != 0)
		put_text(d, rec, CV_TLV_DEVICE, name, name_len);
	put_text(d, rec, CV_TLV_TEXT, text, len);
	cv_emit_end(d->emit);
}

/* OPN: the security policy, of which the part behind '#' is its name. */
static void open_channel(struct cv_decode *d, struct cv_reader *r, uint32_t size)
{
	const uint8_t *uri, *hash;
	struct cv_record *rec;
	size_t len;

	cv_read_bytes(r, 4);
	uri = string(r, &len);
	if (r->failed || !d->from_client)
		return;
	rec = begin(d, CV_KIND_SESSION, OPEN, size);
	hash = len != 0 ? memchr(uri, '#', len) : NULL;
	if (hash != NULL) {
		len -= (size_t)(hash + 1 - uri);
		uri = hash + 1;
	}
	put_text(d, rec, CV_TLV_FLAG, uri, len);
	cv_emit_end(d->emit);
}

static void error(struct cv_decode *d, struct cv_reader *r, uint32_t size)
{
	const uint8_t *code = cv_read_bytes(r, 4), *reason;
	struct cv_label l = {0};
	struct cv_record *rec;
	size_t len;

	reason = string(r, &len);
	if (r->failed)
		return;
	rec = begin(d, CV_KIND_ERROR, ERROR_MESSAGE, size);
	cv_label_hex(&l, le32(code), 8);
	cv_put_label(d, CV_TLV_CODE, &l);
	put_text(d, rec, CV_TLV_TEXT, reason, len);
	cv_emit_end(d->emit);
}

static int64_t opcua_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	enum cv_reject reject;
	struct cv_reader r;
	unsigned int type;
	uint32_t size;
	size_t want;

	if (len < HEAD)
		return cv_decode_want(d, HEAD, CV_REJECT_TRUNCATED);
	reject = check_head(data, &type);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	size = le32(data + 4);
	want = size < WANT ? size : WANT;
	if (type == MESSAGE)
		want = HEAD; /* as long as it says, unseen */
	if (len < want)
		return cv_decode_want(d, want, CV_REJECT_TRUNCATED);
	r = cv_reader(data + HEAD, want - HEAD);
	if (d->judge != NULL)
		cv_judge_type(d->judge, type + 1);
	if (type == HELLO || type == REVERSE_HELLO) {
		hello(d, type, &r, size);
	} else if (type == OPEN) {
		open_channel(d, &r, size);
	} else if (type == ERROR_MESSAGE) {
		error(d, &r, size);
	} else if (type == CLOSE) {
		begin(d, CV_KIND_SESSION, CLOSE, size);
		cv_emit_end(d->emit);
	}
	if (r.failed) {
		d->skip = size;
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	}
	return size;
}

/* What a connection begins with: a hello, a reverse hello, or in the middle a channel's opening. */
static enum cv_probe opcua_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_reject reject;
	unsigned int type;

	if (datagram || find_type(data, len) == TYPE_COUNT)
		return CV_PROBE_NO;
	if (len < HEAD)
		return len > 3 && data[3] != 'F' && data[3] != 'C' && data[3] != 'A'
			       ? CV_PROBE_NO
			       : CV_PROBE_MORE;
	reject = check_head(data, &type);
	if (reject != CV_REJECT_NONE || (type == HELLO && le32(data + 4) < HELLO_MIN))
		return CV_PROBE_NO;
	return CV_PROBE_YES;
}

static size_t opcua_resync(const uint8_t *data, size_t len)
{
	unsigned int type;

	for (size_t at = 1; at + HEAD <= len; at++) {
		if (check_head(data + at, &type) == CV_REJECT_NONE)
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_opcua = {
	.name = "opcua",
	.proto = CV_PROTO_OPCUA,
	.transports = CV_TRANSPORT_TCP,
	.tcp_ports = {4840},
	.probe = opcua_probe,
	.decode = opcua_decode,
	.resync = opcua_resync,
};
