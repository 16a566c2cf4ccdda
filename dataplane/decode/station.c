/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LoRa Basics Station's LNS protocol in clear: an HTTP upgrade, then WebSocket frames (RFC 6455 5), the
 * gateway's masked.
 */
#include "dataplane/decode/station.h"

#include "dataplane/decode/judge.h"

#define LENGTH_SANE (1u << 30)

enum opcode { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG };

struct frame {
	uint8_t opcode;
	bool last;
	bool masked;
	const uint8_t *mask;
	size_t head, len;
};

/* @return 1 the head is there, 0 more is wanted (*need in all), else CV_REJECTED(). */
static int64_t read_frame(struct frame *f, const uint8_t *p, size_t len, size_t *need)
{
	unsigned int size, extra;

	*need = 2;
	if (len < 2)
		return 0;
	f->opcode = p[0] & 15;
	f->last = (p[0] & 0x80) != 0;
	f->masked = (p[1] & 0x80) != 0;
	size = p[1] & 0x7f;
	/* No extension is agreed on; control frames are short and whole (5.5). */
	if ((p[0] & 0x70) != 0 || (f->opcode > BINARY && f->opcode < CLOSE) || f->opcode > PONG)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (f->opcode >= CLOSE && (!f->last || size > 125))
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	extra = size == 126 ? 2 : size == 127 ? 8 : 0;
	f->head = 2 + extra + (f->masked ? 4u : 0u);
	*need = f->head;
	if (len < f->head)
		return 0;
	f->len = extra ? 0 : size;
	for (unsigned int i = 0; i < extra; i++) {
		if (f->len > LENGTH_SANE)
			return CV_REJECTED(CV_REJECT_BAD_LENGTH);
		f->len = f->len << 8 | p[2 + i];
	}
	if (f->len > LENGTH_SANE)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	f->mask = p + 2 + extra;
	return 1;
}

static void unmask(uint8_t *to, const uint8_t *from, const struct frame *f)
{
	for (size_t i = 0; i < f->len; i++)
		to[i] = f->masked ? from[i] ^ f->mask[i % 4] : from[i];
}

/* A message in pieces: all of them have to be in the window, control frames between them passed. */
static int64_t pieces(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct station_worker *w = d->worker;
	size_t at = 0, used = 0, need;
	enum cv_reject reject;
	struct frame f;
	bool done = false;

	while (!done) {
		int64_t got = read_frame(&f, data + at, len - at, &need);

		if (got < 0)
			return got;
		if (got == 1)
			need = f.head + f.len;
		if (at + need > CV_STREAM_WINDOW) {
			read_frame(&f, data, len, &need);
			d->skip = (uint32_t)(f.head + f.len);
			return CV_REJECTED(CV_REJECT_TOO_LARGE);
		}
		if (got == 0 || len - at < need)
			return cv_decode_want(d, at + need, CV_REJECT_TRUNCATED);
		if (f.opcode < CLOSE) {
			if (at != 0 && f.opcode != CONTINUATION) {
				d->skip = (uint32_t)at;
				return CV_REJECTED(CV_REJECT_BAD_STATE);
			}
			unmask(w->text + used, data + at + f.head, &f);
			used += f.len;
			done = f.last;
		}
		at += need;
	}
	reject = station_message(d, w->text, used, at);
	if (reject != CV_REJECT_NONE) {
		d->skip = (uint32_t)at;
		return CV_REJECTED(reject);
	}
	return (int64_t)at;
}

static int64_t framed(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct frame f;
	size_t need;
	int64_t got = read_frame(&f, data, len, &need);

	if (got < 0)
		return got;
	if (got == 0)
		return cv_decode_want(d, need, CV_REJECT_TRUNCATED);
	if (f.opcode == TEXT)
		return pieces(d, data, len);
	return (int64_t)(f.head +
			 f.len); /* control, binary, what a message too large left behind */
}

/* Sixteen hexadecimal digits at the end of the path, as servers have gateways name themselves. */
static uint64_t gateway_of(struct cv_http_text target)
{
	uint64_t eui = 0;
	int digits = 0;

	for (size_t i = target.len; i > 0 && digits < 16; i--) {
		uint8_t c = target.data[i - 1], low = c | 0x20;
		unsigned int value = c <= '9' ? c - 48u : low - 97u + 10u;

		if ((c == '-' || c == ':') && digits != 0)
			continue;
		if (!(c >= '0' && c <= '9') && !(low >= 'a' && low <= 'f'))
			break;
		eui |= (uint64_t)value << 4 * digits++;
	}
	return digits == 16 ? eui : 0;
}

static int64_t handshake(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct station_flow *flow = d->flow;
	struct cv_http_head h;
	struct cv_http_text text;

	switch (cv_http_head(&h, "HTTP/1.", data, len)) {
	case CV_HTTP_BAD:
		return CV_REJECTED(h.fields.data ? CV_REJECT_TOO_LARGE : CV_REJECT_BAD_HEADER);
	case CV_HTTP_MORE:
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	case CV_HTTP_OK:
		break;
	}
	if (!cv_http_field(&h, "upgrade", 0, &text) || !cv_http_has(text, "websocket") ||
	    (h.status != 0 && h.status != 101))
		return CV_REJECTED(CV_REJECT_BAD_STATE);
	flow->framed[d->from_client] = true;
	if (h.status == 0)
		flow->gateway = gateway_of(h.target);
	return (int64_t)h.len;
}

static int64_t station_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	const struct station_flow *flow = d->flow;

	return flow->framed[d->from_client] ? framed(d, data, len) : handshake(d, data, len);
}

static bool path_known(struct cv_http_text target)
{
	static const char *const paths[] = {"/router-", "/traffic/eui-", "/gateway/",
					    "/api/v3/gs/"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		size_t n = strlen(paths[i]);

		if (target.len > n && memcmp(target.data, paths[i], n) == 0)
			return i == 0 || gateway_of(target) != 0;
	}
	return false;
}

/* An upgrade to WebSocket under a path that stations ask for. */
static enum cv_probe station_probe(const uint8_t *data, size_t len, bool datagram)
{
	struct cv_http_head h;
	struct cv_http_text text;
	enum cv_http found = cv_http_head(&h, "HTTP/1.", data, len);

	if (datagram || found == CV_HTTP_BAD || memcmp(data, "GET /", len < 5 ? len : 5) != 0)
		return CV_PROBE_NO;
	if (h.fields.data != NULL && !path_known(h.target))
		return CV_PROBE_NO;
	if (found == CV_HTTP_MORE)
		return CV_PROBE_MORE;
	return cv_http_field(&h, "upgrade", 0, &text) && cv_http_has(text, "websocket")
		       ? CV_PROBE_YES
		       : CV_PROBE_NO;
}

const struct cv_decoder cv_decoder_station = {
	.name = "station",
	.proto = CV_PROTO_STATION,
	.transports = CV_TRANSPORT_TCP,
	.tcp_ports = {1887},
	.flow_size = sizeof(struct station_flow),
	.worker_size = sizeof(struct station_worker),
	.probe = station_probe,
	.decode = station_decode,
};
