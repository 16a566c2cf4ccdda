/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/coap_payload.h"
#include "dataplane/decode/coap_context.h"

#include <errno.h>
#include <string.h>

#include "dataplane/decode/text.h"

static void set_method(struct coap_context *c, uint8_t code)
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

static void set_format(struct coap_context *c, uint32_t format)
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

static void set_token(struct coap_context *c)
{
	static const char hex[] = "0123456789abcdef";

	for (uint8_t i = 0; i < c->m->token_len; i++) {
		c->token[c->token_len++] = hex[c->m->token[i] >> 4];
		c->token[c->token_len++] = hex[c->m->token[i] & 15];
	}
}

static void use_path(struct coap_context *c, const uint8_t *path, size_t len, bool cut)
{
	c->name = len ? path : (const uint8_t *)"/"; /* the root resource has no segment */
	c->name_len = len ? len : 1;
	if (cut)
		c->flags |= CV_FLAG_TRUNCATED;
}

/* A response names no resource: the path comes from its request. */
static void set_name(struct coap_context *c, struct cv_decode *d)
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
static void set_kind(struct coap_context *c, uint8_t direction)
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
static void set_block(struct coap_context *c)
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

/*
 * The device is the end that registered; messages to it ask it for something. Without a side of the
 * port that tells the direction too.
 */
static void set_device(struct coap_context *c, struct cv_decode *d)
{
	const struct lwm2m_devices *devices = &((struct cv_coap_worker *)d->worker)->devices;

	c->direction = d->origin->direction;
	c->device = devices->any ? lwm2m_device_of(devices, d->origin, true) : NULL;
	if (c->device != NULL) {
		c->device_end = CV_DEVICE_END_SRC;
		if (c->direction == CV_DIR_UNKNOWN)
			c->direction = CV_DIR_UP;
		return;
	}
	c->device = devices->any ? lwm2m_device_of(devices, d->origin, false) : NULL;
	if (c->device == NULL)
		return;
	c->device_end = CV_DEVICE_END_DST;
	if (c->direction == CV_DIR_UNKNOWN)
		c->direction = CV_DIR_DOWN;
	if (c->kind == CV_KIND_MEASUREMENT) {
		c->lane = CV_LANE_STATUS;
		c->kind = cv_coap_is_request(c->m) ? CV_KIND_COMMAND : CV_KIND_STATE;
	}
}

static void set_context(struct coap_context *c, struct cv_decode *d, const struct cv_coap *m)
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
	set_device(c, d);
	set_name(c, d);
}

void coap_complete(void *arg, struct cv_record *rec)
{
	const struct coap_context *c = arg;

	rec->device_end = c->device_end;
	rec->direction = c->direction;
	rec->flags |= c->flags;
	rec->seq = c->seq;
	rec->status = c->m->code;
	rec->raw_len = c->m->length;
	cv_emit_tlv(c->emit, CV_TLV_METHOD, c->method, c->method_len);
	if (c->token_len != 0)
		cv_emit_tlv(c->emit, CV_TLV_CORRELATION, c->token, c->token_len);
}

static struct cv_record *begin(struct coap_context *c)
{
	struct cv_record *rec = cv_emit_begin(c->emit, c->lane, c->kind);

	coap_complete(c, rec);
	if (c->device != NULL)
		cv_emit_tlv(c->emit, CV_TLV_DEVICE, c->device->ep, c->device->ep_len);
	cv_emit_tlv(c->emit, CV_TLV_NAME, c->name, c->name_len);
	if (c->format_len != 0)
		cv_emit_tlv(c->emit, CV_TLV_CODE, c->format, c->format_len);
	return rec;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_text(const struct coap_context *c)
{
	size_t whole;

	return coap_is_piece(c) ? cv_utf8_cut_valid(c->m->payload, c->m->payload_len, &whole)
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
static void emit_carried(struct coap_context *c, enum cv_reject reject)
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
	if (text && plain && !coap_is_piece(c) && c->kind != CV_KIND_ERROR &&
	    cv_text_number(m->payload, m->payload_len, &rec->value.f64)) {
		rec->value_type = CV_VALUE_F64;
	} else {
		rec->value_type = text ? CV_VALUE_TEXT : CV_VALUE_BYTES;
		cv_emit_tlv(c->emit, text ? CV_TLV_TEXT : CV_TLV_BYTES, m->payload, m->payload_len);
	}
	cv_emit_end(c->emit);
}

static void emit_payload(struct coap_context *c, struct cv_decode *d)
{
	struct cv_coap_worker *w = d->worker;
	bool senml = c->m->format - CV_COAP_SENML_JSON <= CV_COAP_SENSML_CBOR - CV_COAP_SENML_JSON;
	bool bad = false;
	int err = 0;

	if (coap_may_be_json(c->m->format) && !coap_is_piece(c) && c->kind != CV_KIND_ERROR &&
	    coap_emit_json(c, d->gen, &bad))
		return;
	if (!coap_is_piece(c) && c->kind != CV_KIND_ERROR) {
		err = coap_emit_resources(c, &w->resources);
		if (err > 0)
			return;
	}
	if (senml && !coap_is_piece(c) && c->kind != CV_KIND_ERROR) {
		err = coap_emit_senml(c, &w->pack);
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

/* @return true: the request was about a registration, and that is told. */
static bool registration(struct cv_decode *d, const struct cv_coap *m)
{
	struct cv_coap_worker *w = d->worker;
	const struct lwm2m_device *device = NULL;
	enum lwm2m_event event = lwm2m_follow_request(&w->devices, m, d->origin, &device);
	struct coap_context c;

	if (event == LWM2M_NOTHING)
		return false;
	set_context(&c, d, m);
	c.device = device;
	c.device_end = CV_DEVICE_END_SRC;
	coap_emit_registration(&c, event != LWM2M_GONE);
	return true;
}

/* A response may be the server's answer to POST /rd. */
static void registered(struct cv_decode *d, const struct cv_coap *m)
{
	struct cv_coap_worker *w = d->worker;
	const struct cv_coap_pair *pair;

	if (!w->devices.any)
		return;
	pair = cv_coap_pairs_find(&w->pairs, m, d->origin);
	if (pair != NULL && pair->path_len == 2 && memcmp(pair->path, "rd", 2) == 0)
		lwm2m_follow_response(&w->devices, m, d->origin);
}

void cv_coap_message(struct cv_decode *d, const struct cv_coap *m)
{
	struct cv_coap_worker *w = d->worker;
	struct coap_context c;
	uint8_t class = CV_COAP_CLASS(m->code);

	if (m->code == CV_COAP_EMPTY || class == CV_COAP_SIGNAL)
		return;
	if (class == CV_COAP_REQUEST) {
		cv_coap_pairs_add(&w->pairs, m, d->origin);
		if (registration(d, m))
			return;
		if (asks_only(m->code) || !m->payload)
			return;
	} else if (m->code == CV_COAP_CREATED || class == CV_COAP_CLIENT_ERROR)
		registered(d, m);
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
