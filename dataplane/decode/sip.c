/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP (RFC 3261) as cameras and video platforms speak it, and what GB/T 28181 says in its messages:
 * who registers, who calls whom, what a MANSCDP message is about. Media and descriptions are not read.
 */
#include "dataplane/decode/sip.h"

#include "dataplane/decode/judge.h"

#define VERSION "SIP/2.0"
#define GB_ID 20 /* digits of a GB/T 28181 identity */

/* RFC 3261 and its extensions; the place in the list is the number for policies. */
static const char *const methods[] = {"REGISTER", "INVITE",  "ACK",	  "BYE",    "CANCEL",
				      "OPTIONS",  "MESSAGE", "SUBSCRIBE", "NOTIFY", "INFO",
				      "PRACK",	  "UPDATE",  "REFER",	  "PUBLISH"};
#define METHODS (sizeof(methods) / sizeof(methods[0]))

/* User of "Name" <sip:USER@host>;tag=...; empty where there is none. */
static struct cv_http_text user_of(struct cv_http_text address)
{
	const uint8_t *end = address.data + address.len, *at = cv_text_find(address, "sip:"), *stop;

	if (at == NULL)
		at = cv_text_find(address, "sips:");
	if (at == NULL)
		return (struct cv_http_text){0};
	at = (const uint8_t *)memchr(at, ':', (size_t)(end - at)) + 1;
	for (stop = at; stop < end && *stop != '@'; stop++) {
		if (*stop == '>' || *stop == ';' || *stop == ' ')
			return (struct cv_http_text){0};
	}
	return stop == end ? (struct cv_http_text){0}
			   : (struct cv_http_text){at, (size_t)(stop - at)};
}

/* GB/T 28181 appendix D: digits 11 to 13 say what it is; 200 to 299 are servers of the platform. */
static bool is_platform(struct cv_http_text user)
{
	if (user.len != GB_ID)
		return false;
	for (size_t i = 0; i < user.len; i++) {
		if (user.data[i] < '0' || user.data[i] > '9')
			return false;
	}
	return user.data[10] == '2';
}

static void take_device(struct sip_message *m)
{
	bool from_platform = is_platform(m->from) && !is_platform(m->to);

	m->device = from_platform ? m->to : m->from;
	m->up = from_platform == (m->head.status != 0);
	if (m->device.len > SIP_DEVICE_MAX)
		m->device.len = SIP_DEVICE_MAX;
}

static void take_method(struct sip_message *m)
{
	for (unsigned int i = 0; i < METHODS && m->head.status == 0; i++) {
		if (m->head.method.len == strlen(methods[i]) &&
		    memcmp(m->head.method.data, methods[i], m->head.method.len) == 0)
			m->method = i + 1;
	}
}

/* Fields that every message has (8.1.1). */
static bool take_fields(struct sip_message *m)
{
	struct cv_http_text from, to;

	if (!cv_http_field(&m->head, "from", 'f', &from) ||
	    !cv_http_field(&m->head, "to", 't', &to) ||
	    !cv_http_field(&m->head, "call-id", 'i', &m->call) ||
	    !cv_http_field(&m->head, "cseq", 0, &m->sequence))
		return false;
	m->from = user_of(from);
	m->to = user_of(to);
	take_device(m);
	take_method(m);
	return true;
}

static void facts(const struct sip_message *m)
{
	struct cv_app_fact device = {.kind = CV_APP_IDENTITY};

	if (m->head.status != 0)
		return;
	cv_judge_type(m->d->judge, m->method);
	device.text = m->device.data;
	device.len = m->device.len;
	if (device.len != 0)
		cv_judge_fact(m->d->judge, &device);
}

/* Empty lines between messages keep connections alive (RFC 5626 3.5.1); some add a zero. */
static bool is_empty(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && (data[n] == '\r' || data[n] == '\n' || data[n] == '\0'))
		n++;
	return n == len;
}

/* Some send blanks in a datagram of their own for it. */
static bool is_blank(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && (data[n] == ' ' || is_empty(data + n, 1)))
		n++;
	return n == len;
}

/* Bytes of a body that are at hand; 0 with *want set when more are needed. */
static bool body_ready(struct sip_message *m, size_t len, size_t *want)
{
	size_t window = m->size < CV_STREAM_WINDOW ? m->size : CV_STREAM_WINDOW;

	*want = window;
	if (len < window && !m->d->window_full)
		return false;
	m->body.len = (len < window ? len : window) - m->head.len;
	return true;
}

static enum cv_reject take_length(struct sip_message *m, size_t len)
{
	size_t body = 0;
	int has = cv_http_length(&m->head, 'l', &body);

	if (has < 0)
		return CV_REJECT_BAD_LENGTH;
	if (m->d->datagram && has == 0)
		body = len - m->head.len;
	m->size = m->head.len + body;
	m->body.len = body;
	return m->d->datagram && m->size > len ? CV_REJECT_TRUNCATED : CV_REJECT_NONE;
}

static int64_t sip_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct sip_message m = {.d = d};
	enum cv_reject reject;
	size_t want;

	if (d->datagram && is_blank(data, len))
		return (int64_t)len;
	if (!d->datagram && is_empty(data, 1)) {
		if (data[0] == '\r' && len == 1)
			return cv_decode_want(d, 2, CV_REJECT_TRUNCATED);
		return data[0] == '\r' && data[1] == '\n' ? 2 : 1;
	}
	switch (cv_http_head(&m.head, VERSION, data, len)) {
	case CV_HTTP_BAD:
		return CV_REJECTED(m.head.fields.data ? CV_REJECT_TOO_LARGE : CV_REJECT_BAD_HEADER);
	case CV_HTTP_MORE:
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	case CV_HTTP_OK:
		break;
	}
	m.body.data = data + m.head.len;
	reject = take_length(&m, len);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	if (!d->datagram && !body_ready(&m, len, &want))
		return cv_decode_want(d, want, CV_REJECT_TRUNCATED);
	if (!take_fields(&m)) {
		d->skip = (uint32_t)m.size;
		return CV_REJECTED(CV_REJECT_BAD_OPTION);
	}
	if (d->judge != NULL)
		facts(&m);
	sip_emit(&m);
	return d->datagram ? (int64_t)len : (int64_t)m.size;
}

/* A whole start line with its version. */
static enum cv_probe sip_probe(const uint8_t *data, size_t len, bool datagram)
{
	struct cv_http_head h;
	enum cv_http found = cv_http_head(&h, VERSION, data, len);
	size_t scheme;

	if (found == CV_HTTP_BAD)
		return CV_PROBE_NO;
	if (h.fields.data == NULL)
		return datagram || len > 256 ? CV_PROBE_NO : CV_PROBE_MORE;
	if (h.status != 0)
		return CV_PROBE_YES;
	scheme = h.target.len < 5 ? 0 : 5;
	if (scheme == 0 ||
	    (memcmp(h.target.data, "sip:", 4) != 0 && memcmp(h.target.data, "sips:", 5) != 0 &&
	     memcmp(h.target.data, "tel:", 4) != 0))
		return CV_PROBE_NO;
	return CV_PROBE_YES;
}

/* "SIP/2.0" of an answer, or a request's method with its blank and scheme. */
static size_t sip_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + 14 <= len; at++) {
		if (data[at - 1] != '\n')
			continue;
		if (memcmp(data + at, VERSION " ", 8) == 0)
			return at;
		for (size_t i = 0; i < METHODS; i++) {
			size_t n = strlen(methods[i]);

			if (memcmp(data + at, methods[i], n) == 0 &&
			    memcmp(data + at + n, " sip", 4) == 0)
				return at;
		}
	}
	return len;
}

const struct cv_decoder cv_decoder_sip = {
	.name = "sip",
	.proto = CV_PROTO_SIP,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.udp_ports = {5060},
	.tcp_ports = {5060},
	.flow_size = sizeof(struct sip_flow),
	.probe = sip_probe,
	.decode = sip_decode,
	.resync = sip_resync,
};
