/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SL 651-2014, hydrological telemetry: framing (6.4, 6.5). A frame is hexadecimal (7E 7E, bytes as
 * they are) or ASCII (01, bytes of the head as two digits each); head, body and check code are the
 * same in both. Station and centre stand the other way round in frames to the station, so that
 * nothing of the head can be read before its direction.
 */
#include "dataplane/decode/sl651.h"

#include <string.h>

#include "dataplane/decode/judge.h"

#define SOH 0x01
#define HEX_START 0x7e
#define STX 0x02
#define SYN 0x16
#define HEX_HEAD 14 /* start, station, centre, password, function, length, STX */
#define HEX_TAIL 3 /* end, check code */
#define ASCII_HEAD 24
#define ASCII_TAIL 5
/*
 * Registration texts and heartbeat bytes of serial-to-network boxes stand in front of frames; they
 * are passed over as part of the message.
 */
#define PREFIX_MAX 256

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Value of digits, -1 when one is none. At most seven. */
static int32_t hex_number(const uint8_t *at, unsigned int digits)
{
	int32_t n = 0;

	for (unsigned int i = 0; i < digits; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return -1;
		n = n << 4 | digit;
	}
	return n;
}

/*
 * Does a frame begin here? As far as CV_RESYNC_KEEP bytes tell: the head of a hexadecimal frame
 * ends with its 14th byte, an ASCII head has digits only.
 */
static enum cv_probe starts(const uint8_t *at, size_t len)
{
	if (at[0] == HEX_START) {
		if (len > 1 && at[1] != HEX_START)
			return CV_PROBE_NO;
		if (len < HEX_HEAD)
			return CV_PROBE_MORE;
		return at[HEX_HEAD - 1] == STX || at[HEX_HEAD - 1] == SYN ? CV_PROBE_YES
									  : CV_PROBE_NO;
	}
	if (at[0] != SOH)
		return CV_PROBE_NO;
	for (size_t i = 1; i < CV_RESYNC_KEEP; i++) {
		if (i == len)
			return CV_PROBE_MORE;
		if (hex_digit(at[i]) < 0)
			return CV_PROBE_NO;
	}
	return CV_PROBE_YES;
}

/* Offset of the first place from @p from where a frame begins, or may when more is known, or len. */
static size_t find_start(const uint8_t *data, size_t from, size_t len, enum cv_probe *ret)
{
	for (size_t at = from; at < len; at++) {
		*ret = starts(data + at, len - at);
		if (*ret != CV_PROBE_NO)
			return at;
	}
	*ret = CV_PROBE_NO;
	return len;
}

/*
 * Direction and length of the body. Packets going up may use all sixteen bits for their length
 * (table 22), so there only the very nibble of the other direction says that it is one.
 */
static enum cv_reject take_length(struct sl651_head *h, uint32_t word)
{
	unsigned int nibble = word >> 12;

	h->up = nibble != 8;
	if (h->up && nibble != 0 && (!h->packets || h->ascii))
		return CV_REJECT_BAD_HEADER;
	h->len = nibble == 8 ? word & 0xfff : word;
	return h->len == 0 ? CV_REJECT_BAD_LENGTH : CV_REJECT_NONE;
}

static enum cv_reject hex_head(const uint8_t *at, struct sl651_head *h)
{
	enum cv_reject reject;

	h->packets = at[13] == SYN;
	h->fn = at[10];
	reject = take_length(h, (uint32_t)at[11] << 8 | at[12]);
	sl651_digits(at + (h->up ? 3 : 2), SL651_STATION, h->station);
	h->body = at + HEX_HEAD;
	h->size = (uint32_t)(HEX_HEAD + h->len + HEX_TAIL);
	return reject;
}

static enum cv_reject ascii_head(const uint8_t *at, struct sl651_head *h)
{
	enum cv_reject reject;

	if (at[23] != STX && at[23] != SYN)
		return CV_REJECT_BAD_HEADER;
	for (size_t i = 1; i < ASCII_HEAD - 1; i++)
		if (hex_digit(at[i]) < 0)
			return CV_REJECT_BAD_HEADER;
	h->ascii = true;
	h->packets = at[23] == SYN;
	h->fn = (uint8_t)hex_number(at + 17, 2);
	reject = take_length(h, (uint32_t)hex_number(at + 19, 4));
	for (size_t i = 0; i < SL651_STATION; i++) {
		uint8_t c = at[(h->up ? 3 : 1) + i];

		h->station[i] = (char)(c >= 'a' ? c - 0x20 : c);
	}
	h->body = at + ASCII_HEAD;
	h->size = (uint32_t)(ASCII_HEAD + h->len + ASCII_TAIL);
	return reject;
}

static bool is_end(uint8_t c)
{
	return c == SL651_ETX || c == SL651_ETB || c == SL651_ENQ || c == SL651_EOT ||
	       c == SL651_ACK || c == SL651_NAK || c == SL651_ESC;
}

/* What is behind the head, all of it there. */
static enum cv_reject take_rest(const uint8_t *at, struct sl651_head *h)
{
	const uint8_t *end = h->body + h->len;
	size_t covered = (size_t)(end + 1 - at);
	size_t numbers = h->ascii ? 6 : 3;
	int32_t crc = h->ascii ? hex_number(end + 1, 4) : end[1] << 8 | end[2];
	int32_t packet;

	h->end = end[0];
	if (!is_end(h->end))
		return CV_REJECT_BAD_LENGTH;
	if (crc != sl651_crc(at, covered))
		return CV_REJECT_BAD_CHECKSUM;
	if (!h->packets)
		return CV_REJECT_NONE;
	if (h->len < numbers)
		return CV_REJECT_BAD_LENGTH;
	packet =
		h->ascii ? hex_number(h->body, 6) : h->body[0] << 16 | h->body[1] << 8 | h->body[2];
	if (packet < 0)
		return CV_REJECT_BAD_VALUE;
	h->total = (uint16_t)(packet >> 12);
	h->index = packet & 0xfff;
	h->body += numbers;
	h->len -= numbers;
	return h->index == 0 || h->index > h->total ? CV_REJECT_BAD_VALUE : CV_REJECT_NONE;
}

/* Padding behind the last frame of a datagram. */
static size_t padding(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;

	while (p < end && (*p == '\r' || *p == '\n' || *p == '\0'))
		p++;
	return p == end ? (size_t)(p - at) : 0;
}

static void facts(struct cv_decode *d, const struct sl651_head *h)
{
	const struct cv_app_fact station = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)h->station,
		.len = SL651_STATION,
	};

	cv_judge_type(d->judge, h->fn);
	cv_judge_fact(d->judge, &station);
}

/*
 * A station sends again what the centre did not confirm, serial number and time included (6.6.4). The
 * packets of a picture are put in order by their own index.
 */
static bool is_repeat(struct cv_decode *d, const uint8_t *frame, const struct sl651_head *h)
{
	return h->total == 1 &&
	       cv_repeated(d->repeats, cv_decode_print(d, false, frame, h->size), CV_REPEAT_HOUR);
}

static int64_t sl651_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	struct sl651_head h = {.total = 1, .index = 1};
	enum cv_probe found;
	enum cv_reject reject;
	size_t near = PREFIX_MAX + CV_RESYNC_KEEP, head, start;

	start = find_start(data, 0, len < near ? len : near, &found);
	if (start > PREFIX_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (found != CV_PROBE_YES)
		return cv_decode_want(d, 0,
				      start == len ? CV_REJECT_BAD_HEADER : CV_REJECT_TRUNCATED);
	if (start > 0) /* else the search for the next start would find this one again */
		d->skip = (uint32_t)start + 1;
	head = data[start] == SOH ? ASCII_HEAD : HEX_HEAD;
	if (len - start < head)
		return cv_decode_want(d, start + head, CV_REJECT_TRUNCATED);
	reject = data[start] == SOH ? ascii_head(data + start, &h) : hex_head(data + start, &h);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	if (!d->datagram && h.size + PREFIX_MAX > CV_STREAM_WINDOW)
		return CV_REJECTED(CV_REJECT_TOO_LARGE);
	if (len - start < h.size)
		return cv_decode_want(d, start + h.size, CV_REJECT_TRUNCATED);
	reject = take_rest(data + start, &h);
	if (reject == CV_REJECT_NONE || reject == CV_REJECT_BAD_VALUE)
		d->skip = (uint32_t)(start + h.size);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	if (d->judge != NULL)
		facts(d, &h);
	reject = is_repeat(d, data + start, &h) ? CV_REJECT_NONE : sl651_body(d, &h);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	start += h.size;
	if (d->datagram)
		start += padding(data + start, data + len);
	return (int64_t)start;
}

/* A whole frame, check code and all: 7E 7E are also two ends of other protocols' frames. */
static enum cv_probe sl651_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	struct sl651_head h = {.total = 1, .index = 1};
	enum cv_probe first;
	size_t head;

	if (len == 0)
		return more;
	first = starts(data, len);
	if (first != CV_PROBE_YES)
		return first == CV_PROBE_MORE ? more : CV_PROBE_NO;
	head = data[0] == SOH ? ASCII_HEAD : HEX_HEAD;
	if (len < head)
		return more;
	if ((data[0] == SOH ? ascii_head(data, &h) : hex_head(data, &h)) != CV_REJECT_NONE ||
	    h.size > CV_STREAM_WINDOW - PREFIX_MAX)
		return CV_PROBE_NO;
	if (len < h.size)
		return more;
	return take_rest(data, &h) == CV_REJECT_NONE ? CV_PROBE_YES : CV_PROBE_NO;
}

static size_t sl651_resync(const uint8_t *data, size_t len)
{
	enum cv_probe found;
	size_t at = find_start(data, 1, len, &found);

	return found == CV_PROBE_YES ? at : len;
}

const struct cv_decoder cv_decoder_sl651 = {
	.name = "sl651",
	.proto = CV_PROTO_SL651,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.flow_size = sizeof(struct sl651_transfer),
	.probe = sl651_probe,
	.decode = sl651_decode,
	.resync = sl651_resync,
};
