/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HJ 212: framing (6.3). ## and four digits, the data segment of that many bytes, four hexadecimal
 * digits of check code, CR LF. Versions 2005, 2017 and 2025 share the frame.
 */
#include "dataplane/decode/hj212.h"
#include "dataplane/decode/hj212_crc.h"
#include "dataplane/decode/judge.h"

#include <string.h>

#define HEAD 6 /* "##" and the length */
#define CHECK 4 /* check code */
/*
 * The standard stops at 1024; devices with many factors do not. A whole frame and what may stand
 * before it has to fit the stream window.
 */
#define SEGMENT_MAX 3800
/*
 * Blank lines, heartbeat bytes and the registration texts of serial-to-network boxes stand in front
 * of frames; they are passed over as part of the message.
 */
#define PREFIX_MAX 256

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Offset of the first "##", or of a last byte that may become one, or len. */
static size_t find_start(const uint8_t *data, size_t len)
{
	const uint8_t *at = data, *end = data + len;

	while (at < end && (at = memchr(at, '#', (size_t)(end - at))) != NULL) {
		if (at + 1 == end || at[1] == '#')
			return (size_t)(at - data);
		at++;
	}
	return len;
}

/* Length of the data segment, or -1 when the four bytes are not digits. */
static int segment_length(const uint8_t *digits)
{
	int n = 0;

	for (int i = 0; i < 4; i++) {
		if (!is_digit(digits[i]))
			return -1;
		n = n * 10 + (digits[i] - '0');
	}
	return n;
}

static bool crc_matches(const uint8_t *segment, size_t len)
{
	uint16_t crc = cv_hj212_crc(segment, len);

	for (int i = 0; i < CHECK; i++)
		if (hex_digit(segment[len + (size_t)i]) != (crc >> (12 - 4 * i) & 0xf))
			return false;
	return true;
}

/* Line end behind a frame: as much of CR LF as is there; -1 when its first byte is not known yet. */
static int line_end(const uint8_t *at, size_t left, bool complete)
{
	if (left == 0)
		return complete ? 0 : -1;
	if (at[0] == '\n')
		return 1;
	if (at[0] != '\r')
		return 0;
	if (left == 1)
		return complete ? 1 : -1;
	return at[1] == '\n' ? 2 : 1;
}

/* Blank lines and padding behind the last frame of a datagram. */
static size_t padding(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;

	while (p < end && (*p == '\r' || *p == '\n' || *p == ' ' || *p == '\0'))
		p++;
	return p == end ? (size_t)(p - at) : 0;
}

/* Both ends name the device; the other end's command numbers may have a list of their own. */
static void facts(struct cv_decode *d, const struct hj212_segment *s)
{
	const struct cv_app_fact mn = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)s->mn.data,
		.len = s->mn.len,
	};

	if (s->twice)
		cv_judge_malformed(d->judge);
	cv_judge_type(d->judge, s->cn);
	cv_judge_fact(d->judge, &mn);
}

static int64_t hj212_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t start = find_start(data, len < PREFIX_MAX + 2 ? len : PREFIX_MAX + 2);
	size_t total;
	const uint8_t *segment;
	struct hj212_segment s;
	enum cv_reject reject;
	int n, eol;

	if (start > PREFIX_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (start == len)
		return cv_decode_want(d, 0, CV_REJECT_BAD_HEADER);
	if (len < start + HEAD)
		return cv_decode_want(d, start + HEAD, CV_REJECT_TRUNCATED);
	n = segment_length(data + start + 2);
	if (n < 0)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (n == 0)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	if (n > SEGMENT_MAX)
		return CV_REJECTED(CV_REJECT_TOO_LARGE);
	total = start + HEAD + (size_t)n + CHECK;
	if (len < total)
		return cv_decode_want(d, total, CV_REJECT_TRUNCATED);
	segment = data + start + HEAD;
	if (!crc_matches(segment, (size_t)n))
		return CV_REJECTED(CV_REJECT_BAD_CHECKSUM);
	eol = line_end(data + total, len - total, d->datagram || d->window_full);
	if (eol < 0)
		return cv_decode_want(d, total + 2, CV_REJECT_TRUNCATED);
	total += (size_t)eol;
	reject = hj212_segment_parse(segment, (size_t)n, &s);
	if (reject != CV_REJECT_NONE) {
		d->skip = (uint32_t)total;
		return CV_REJECTED(reject);
	}
	s.size = (uint32_t)(total - start);
	if (d->judge != NULL)
		facts(d, &s);
	/* QN is the time of the request to a millisecond: a device's own number (6.3.4). */
	if (s.qn.len == 0 ||
	    !cv_repeated(d->repeats, cv_decode_print(d, false, segment, (size_t)n), CV_REPEAT_HOUR))
		hj212_records(d, &s);
	if (d->datagram)
		total += padding(data + total, data + len);
	return (int64_t)total;
}

/* A frame's first bytes with one of the header fields behind them (6.3.3). */
static enum cv_probe hj212_probe(const uint8_t *data, size_t len, bool datagram)
{
	static const char fields[][4] = {"QN=", "ST=", "CN=", "PW=", "MN="};
	static const char pattern[] = "##0000";
	size_t at = 0;

	while (at < len && at < 16 && (data[at] == '\r' || data[at] == '\n' || data[at] == ' '))
		at++;
	for (size_t i = 0; i < HEAD; i++, at++) {
		if (at >= len)
			return datagram ? CV_PROBE_NO : CV_PROBE_MORE;
		if (pattern[i] == '#' ? data[at] != '#' : !is_digit(data[at]))
			return CV_PROBE_NO;
	}
	if (len - at < 3)
		return datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (memcmp(data + at, fields[i], 3) == 0)
			return CV_PROBE_YES;
	return CV_PROBE_NO;
}

static size_t hj212_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at < len; at++) {
		at += find_start(data + at, len - at);
		if (len - at < HEAD)
			return len;
		if (segment_length(data + at + 2) >= 0)
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_hj212 = {
	.name = "hj212",
	.proto = CV_PROTO_HJ212,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.probe = hj212_probe,
	.decode = hj212_decode,
	.resync = hj212_resync,
};
