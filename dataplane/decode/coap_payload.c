/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/coap_payload.h"

#include <errno.h>
#include <string.h>

#include "dataplane/decode/json_map.h"
#include "dataplane/decode/text.h"

/* What all records of one message have in common. */
struct context {
	struct cv_emit *emit;
	const struct cv_coap *m;
	const uint8_t *name;
	size_t name_len;
	uint32_t flags;
	uint32_t seq;
	uint8_t lane; /* enum cv_lane */
	uint8_t kind; /* enum cv_kind */
	uint8_t device_end; /* enum cv_device_end */
	uint8_t method_len, format_len, token_len;
	char method[8];
	char format[8]; /* Content-Format in decimal; empty without one */
	char token[2 * CV_COAP_TOKEN_MAX]; /* hexadecimal */
	uint8_t token_name[sizeof("coap:token:") - 1 + 2 * CV_COAP_TOKEN_MAX];
};

static void set_method(struct context *c, uint8_t code)
{
	static const char methods[][8] = {"",	    "GET",   "POST",  "PUT",
					  "DELETE", "FETCH", "PATCH", "iPATCH"};
	static const uint8_t lengths[] = {0, 3, 4, 3, 6, 5, 5, 6};
	uint8_t detail = code & 0x1f;

	if (code < sizeof(lengths)) {
		memcpy(c->method, methods[code], sizeof(c->method));
		c->method_len = lengths[code];
		return;
	}
	c->method[0] = (char)('0' + (code >> 5)); /* c.dd, RFC 7252 3 */
	c->method[1] = '.';
	c->method[2] = (char)('0' + detail / 10);
	c->method[3] = (char)('0' + detail % 10);
	c->method_len = 4;
}

static void set_format(struct context *c, uint32_t format)
{
	char reversed[8];
	uint8_t n = 0;

	if (format == CV_COAP_FORMAT_NONE)
		return;
	do {
		reversed[n++] = (char)('0' + format % 10);
		format /= 10;
	} while (format != 0);
	while (n > 0)
		c->format[c->format_len++] = reversed[--n];
}

static void set_token(struct context *c)
{
	static const char hex[] = "0123456789abcdef";

	for (uint8_t i = 0; i < c->m->token_len; i++) {
		c->token[c->token_len++] = hex[c->m->token[i] >> 4];
		c->token[c->token_len++] = hex[c->m->token[i] & 15];
	}
}

static void use_path(struct context *c, const uint8_t *path, size_t len, bool cut)
{
	c->name = len ? path : (const uint8_t *)"/"; /* the root resource has no segment */
	c->name_len = len ? len : 1;
	if (cut)
		c->flags |= CV_FLAG_TRUNCATED;
}

/* A response names no resource: the path comes from its request. */
static void set_name(struct context *c, struct cv_decode *d)
{
	static const char prefix[] = "coap:token:";
	struct cv_coap_worker *w = d->worker;
	const struct cv_coap_pair *pair;

	if (cv_coap_is_request(c->m)) {
		use_path(c, c->m->path, c->m->path_len, c->m->has & CV_COAP_PATH_CUT);
		return;
	}
	pair = cv_coap_pairs_find(&w->pairs, c->m, d->origin);
	if (pair) {
		use_path(c, pair->path, pair->path_len, pair->path_cut);
		return;
	}
	c->flags |= CV_FLAG_UNPAIRED;
	memcpy(c->token_name, prefix, sizeof(prefix) - 1);
	memcpy(c->token_name + sizeof(prefix) - 1, c->token, c->token_len);
	c->name = c->token_name;
	c->name_len = sizeof(prefix) - 1 + c->token_len;
}

/*
 * The device is the end that has the resource's value: the sender, both of a request that pushes a
 * value and of a response, unless the port's side says that the message travels to the device.
 */
static void set_kind(struct context *c, uint8_t direction)
{
	uint8_t class = CV_COAP_CLASS(c->m->code);
	bool down = direction == CV_DIR_DOWN;

	c->device_end = down ? CV_DEVICE_END_DST : CV_DEVICE_END_SRC;
	c->lane = CV_LANE_STATUS;
	if (class == CV_COAP_CLIENT_ERROR || class == CV_COAP_SERVER_ERROR) {
		c->kind = CV_KIND_ERROR;
	} else if (class == CV_COAP_REQUEST && (down || c->m->code > CV_COAP_IPATCH)) {
		c->kind = CV_KIND_COMMAND;
	} else if (down || (class != CV_COAP_REQUEST && class != CV_COAP_SUCCESS)) {
		c->kind = CV_KIND_STATE;
	} else {
		c->lane = CV_LANE_MEASUREMENT;
		c->kind = CV_KIND_MEASUREMENT;
	}
}

/* Block1 describes the payload of a request, Block2 that of a response (RFC 7959 2.1). */
static void set_block(struct context *c)
{
	bool request = cv_coap_is_request(c->m);
	uint32_t block = request ? c->m->block1 : c->m->block2;

	if (!(c->m->has & (request ? CV_COAP_HAS_BLOCK1 : CV_COAP_HAS_BLOCK2)))
		return;
	if (CV_COAP_BLOCK_NUMBER(block) == 0 && !(block & CV_COAP_BLOCK_MORE))
		return; /* the only block is the whole */
	c->flags |= CV_FLAG_PARTIAL;
	c->seq = CV_COAP_BLOCK_NUMBER(block);
}

static void set_context(struct context *c, struct cv_decode *d, const struct cv_coap *m)
{
	c->emit = d->emit;
	c->m = m;
	c->flags = 0;
	c->format_len = c->token_len = 0;
	c->seq = m->message_id;
	if ((m->has & CV_COAP_HAS_OBSERVE) && !cv_coap_is_request(m)) {
		c->flags |= CV_FLAG_NOTIFICATION;
		c->seq = m->observe;
	}
	if (m->has & CV_COAP_CUT)
		c->flags |= CV_FLAG_TRUNCATED;
	set_method(c, m->code);
	set_format(c, m->format);
	set_token(c);
	set_kind(c, d->origin->direction);
	set_block(c);
	set_name(c, d);
}

static void complete(void *arg, struct cv_record *rec)
{
	const struct context *c = arg;

	rec->device_end = c->device_end;
	rec->flags |= c->flags;
	rec->seq = c->seq;
	rec->status = c->m->code;
	rec->raw_len = c->m->length;
	cv_emit_tlv(c->emit, CV_TLV_METHOD, c->method, c->method_len);
	if (c->token_len != 0)
		cv_emit_tlv(c->emit, CV_TLV_CORRELATION, c->token, c->token_len);
}

static struct cv_record *begin(struct context *c)
{
	struct cv_record *rec = cv_emit_begin(c->emit, c->lane, c->kind);

	complete(c, rec);
	cv_emit_tlv(c->emit, CV_TLV_NAME, c->name, c->name_len);
	if (c->format_len != 0)
		cv_emit_tlv(c->emit, CV_TLV_CODE, c->format, c->format_len);
	return rec;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A block or a cut payload: values in it may be cut in two. */
static bool is_piece(const struct context *c)
{
	return (c->flags & CV_FLAG_PARTIAL) || (c->m->has & CV_COAP_CUT);
}

static bool is_text(const struct context *c)
{
	size_t whole;

	return is_piece(c) ? cv_utf8_cut_valid(c->m->payload, c->m->payload_len, &whole)
			   : cv_utf8_valid(c->m->payload, c->m->payload_len);
}

/* Control characters that no text for people has: a payload of unstated format is binary then. */
static bool has_controls(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] < 0x20 && !is_space(s[i]))
			return true;
	}
	return false;
}

enum carry { CARRY_TEXT, CARRY_BYTES, CARRY_EITHER };

static enum carry carry_as(uint32_t format)
{
	switch (format) {
	case CV_COAP_TEXT:
	case CV_COAP_LINK:
	case CV_COAP_XML:
	case CV_COAP_JSON:
	case CV_COAP_JSON_PATCH:
	case CV_COAP_MERGE_PATCH:
	case CV_COAP_SENML_JSON:
	case CV_COAP_SENSML_JSON:
	case CV_COAP_LWM2M_JSON:
		return CARRY_TEXT;
	case CV_COAP_OCTETS:
	case CV_COAP_EXI:
	case CV_COAP_CBOR:
	case CV_COAP_SENML_CBOR:
	case CV_COAP_SENSML_CBOR:
	case CV_COAP_LWM2M_TLV:
	case CV_COAP_LWM2M_CBOR:
		return CARRY_BYTES;
	default:
		return CARRY_EITHER;
	}
}

/* One record with the payload as it is. */
static void emit_carried(struct context *c, enum cv_reject reject)
{
	const struct cv_coap *m = c->m;
	struct cv_record *rec = begin(c);
	enum carry carry = carry_as(m->format);
	bool text = carry != CARRY_BYTES && is_text(c);
	bool plain = m->format == CV_COAP_TEXT || m->format == CV_COAP_FORMAT_NONE;

	if (carry == CARRY_TEXT && !text)
		rec->flags |= CV_FLAG_ENCODING;
	if (carry == CARRY_EITHER && text)
		text = !has_controls(m->payload, m->payload_len);
	if (!text || !plain)
		rec->flags |= CV_FLAG_RAW;
	rec->reject = (uint8_t)reject;
	if (text && plain && !is_piece(c) && c->kind != CV_KIND_ERROR &&
	    cv_text_number(m->payload, m->payload_len, &rec->value.f64)) {
		rec->value_type = CV_VALUE_F64;
	} else {
		rec->value_type = text ? CV_VALUE_TEXT : CV_VALUE_BYTES;
		cv_emit_tlv(c->emit, text ? CV_TLV_TEXT : CV_TLV_BYTES, m->payload, m->payload_len);
	}
	cv_emit_end(c->emit);
}

/* 0, or why the payload is not SenML although it says so. */
static int emit_senml(struct context *c, struct cv_senml_pack *pack)
{
	const struct cv_coap *m = c->m;
	struct cv_senml_origin o = {
		.name = c->name,
		.name_len = c->name_len,
		.code = (const uint8_t *)c->name, /* names in packs are only unique below it */
		.code_len = c->name_len,
		.complete = complete,
		.arg = c,
		.lane = c->lane,
		.kind = c->kind,
	};
	bool stream = m->format == CV_COAP_SENSML_JSON || m->format == CV_COAP_SENSML_CBOR;
	int err;

	if (m->format == CV_COAP_SENML_JSON || m->format == CV_COAP_SENSML_JSON)
		err = cv_senml_json(pack, m->payload, m->payload_len, stream);
	else
		err = cv_senml_cbor(pack, m->payload, m->payload_len, stream);
	if (!err)
		cv_senml_emit(c->emit, pack, &o);
	return err;
}

/* Content-Formats that hold JSON, or do not say. */
static bool may_be_json(uint32_t format)
{
	return format == CV_COAP_TEXT || format == CV_COAP_JSON || format == CV_COAP_OCTETS ||
	       format == CV_COAP_FORMAT_NONE;
}

/* What the configuration says of the path; else a flat object by its members' names. */
static bool emit_json(struct context *c, const struct cv_generation *gen, bool *ret_bad)
{
	const struct cv_coap *m = c->m;
	struct cv_senml_origin o = {
		.name = c->name,
		.name_len = c->name_len,
		.code = c->name,
		.code_len = c->name_len,
		.complete = complete,
		.arg = c,
		.lane = c->lane,
		.kind = c->kind,
	};

	if (cv_json_map_emit(c->emit, gen, CV_PROTO_COAP, &o, m->payload, m->payload_len, ret_bad))
		return true;
	return m->format == CV_COAP_JSON &&
	       cv_json_flat_emit(c->emit, &o, m->payload, m->payload_len);
}

static void emit_payload(struct context *c, struct cv_decode *d)
{
	struct cv_coap_worker *w = d->worker;
	bool senml = c->m->format - CV_COAP_SENML_JSON <= CV_COAP_SENSML_CBOR - CV_COAP_SENML_JSON;
	bool bad = false;
	int err = 0;

	if (may_be_json(c->m->format) && !is_piece(c) && c->kind != CV_KIND_ERROR &&
	    emit_json(c, d->gen, &bad))
		return;
	if (senml && !is_piece(c) && c->kind != CV_KIND_ERROR) {
		err = emit_senml(c, &w->pack);
		if (!err)
			return;
	}
	emit_carried(c, err == 0 && !bad ? CV_REJECT_NONE
			: err == -E2BIG	 ? CV_REJECT_TOO_LARGE
					 : CV_REJECT_BAD_PAYLOAD);
}

/* Methods whose payload is a value; a FETCH payload is part of the question (RFC 8132 2). */
static bool asks_only(uint8_t code)
{
	return code == CV_COAP_GET || code == CV_COAP_DELETE || code == CV_COAP_FETCH;
}

void cv_coap_message(struct cv_decode *d, const struct cv_coap *m)
{
	struct cv_coap_worker *w = d->worker;
	struct context c;
	uint8_t class = CV_COAP_CLASS(m->code);

	if (m->code == CV_COAP_EMPTY || class == CV_COAP_SIGNAL)
		return;
	if (class == CV_COAP_REQUEST) {
		cv_coap_pairs_add(&w->pairs, m, d->origin);
		if (asks_only(m->code) || !m->payload)
			return;
	}
	if (!m->payload && class != CV_COAP_CLIENT_ERROR && class != CV_COAP_SERVER_ERROR) {
		if (m->has & CV_COAP_HAS_OBSERVE)
			cv_coap_pairs_find(&w->pairs, m, d->origin); /* keeps it from ageing */
		return;
	}
	set_context(&c, d, m);
	if (m->payload)
		emit_payload(&c, d);
	else {
		begin(&c);
		cv_emit_end(d->emit);
	}
}
