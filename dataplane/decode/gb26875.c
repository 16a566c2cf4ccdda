/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GB/T 26875.3-2011, what fire-alarm transmission units and their monitoring centre say to each
 * other: framing (6.6). "@@", a head of 25 bytes with the length of the data unit, the data unit,
 * the sum of all bytes behind the start, "##". Numbers are little-endian.
 */
#include <string.h>

#include "dataplane/decode/byte_sum.h"
#include "dataplane/decode/gb26875.h"
#include "dataplane/decode/judge.h"

#define HEAD 27 /* bytes up to the data unit */
#define TAIL 3 /* sum and end */
#define START '@'
#define END '#'
#define APP_MAX 1024 /* 6.6.4 */
/* What may stand before a frame: registration texts and heartbeats of serial-to-network boxes. */
#define PREFIX_MAX 256

enum offset { SERIAL = 2, SENT = 6, SOURCE = 12, DESTINATION = 18, LENGTH = 24, COMMAND = 26 };

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

/* Offset of the first "@@", or of a last byte that may become one, or len. */
static size_t find_start(const uint8_t *data, size_t len)
{
	const uint8_t *at = data, *end = data + len;

	while (at < end && (at = memchr(at, START, (size_t)(end - at))) != NULL) {
		if (at + 1 == end || at[1] == START)
			return (size_t)(at - data);
		at++;
	}
	return len;
}

/* A whole frame of @p total bytes at hand. */
static enum cv_reject check(const uint8_t *frame, size_t total)
{
	if (frame[total - 2] != END || frame[total - 1] != END)
		return CV_REJECT_BAD_LENGTH;
	if (cv_byte_sum(frame + SERIAL, total - SERIAL - TAIL) != frame[total - TAIL])
		return CV_REJECT_BAD_CHECKSUM;
	return CV_REJECT_NONE;
}

/* Both ends confirm and deny; the device is the end that opens the connection. */
static uint8_t direction_of(const struct cv_decode *d, uint8_t command)
{
	if (command == GB26875_CONTROL || command == GB26875_REQUEST)
		return CV_DIR_DOWN;
	if (command == GB26875_SEND || command == GB26875_ANSWER)
		return CV_DIR_UP;
	if (d->origin->direction != CV_DIR_UNKNOWN)
		return d->origin->direction;
	if (!d->datagram)
		return d->from_client ? CV_DIR_UP : CV_DIR_DOWN;
	return command == GB26875_CONFIRM || command == GB26875_DENY ? CV_DIR_DOWN : CV_DIR_UP;
}

static void take_device(struct gb26875_frame *f, const uint8_t *address)
{
	static const char digit[] = "0123456789abcdef";
	uint8_t any = 0;

	for (int i = 0; i < GB26875_ADDRESS; i++) {
		uint8_t byte = address[GB26875_ADDRESS - 1 - i];

		f->device[2 * i] = digit[byte >> 4];
		f->device[2 * i + 1] = digit[byte & 15];
		any |= byte;
	}
	f->device_len = any ? sizeof(f->device) : 0;
}

/*
 * A unit sends again what was not confirmed within ten seconds, up to three times, under the same
 * serial number. The time it says it sends at may be a new one; of units that number nothing it has
 * to be the same. Heartbeats are alike.
 */
static bool is_repeat(const struct gb26875_frame *f, const uint8_t *frame)
{
	size_t from = f->serial != 0 ? SOURCE : SENT;
	uint64_t print;

	if (f->command != GB26875_SEND || f->app_len == 0)
		return false;
	print = cv_decode_print(f->d, f->device_len == 0, frame + SERIAL, SENT - SERIAL);
	print = cv_print_add(print, frame + from, f->size - TAIL - from);
	return cv_repeated(f->d->repeats, print, CV_REPEAT_MINUTE);
}

static void take_frame(struct gb26875_frame *f, const uint8_t *frame, size_t total)
{
	f->serial = le16(frame + SERIAL);
	f->command = frame[COMMAND];
	f->app = frame + HEAD;
	f->app_len = le16(frame + LENGTH);
	f->type = f->app_len ? f->app[0] : 0;
	f->size = (uint32_t)total;
	f->direction = direction_of(f->d, f->command);
	f->ts = 0;
	f->time_quality = CV_TIME_ABSENT; /* the centre's time is not the device's */
	if (f->direction == CV_DIR_UP)
		f->time_quality = gb26875_time(frame + SENT, &f->ts);
	take_device(f, frame + (f->direction == CV_DIR_UP ? SOURCE : DESTINATION));
}

static void facts(const struct gb26875_frame *f)
{
	const struct cv_app_fact device = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)f->device,
		.len = f->device_len,
	};

	if (!gb26875_fits(f))
		cv_judge_malformed(f->d->judge);
	cv_judge_type(f->d->judge, f->command * 1000u + f->type);
	cv_judge_fact(f->d->judge, &device);
}

static int64_t gb26875_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t start = find_start(data, len < PREFIX_MAX + 2 ? len : PREFIX_MAX + 2);
	struct gb26875_frame f = {.d = d};
	enum cv_reject reject;
	size_t total;

	if (start > PREFIX_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (start == len)
		return cv_decode_want(d, 0, CV_REJECT_BAD_HEADER);
	if (len < start + HEAD)
		return cv_decode_want(d, start + HEAD, CV_REJECT_TRUNCATED);
	if (le16(data + start + LENGTH) > APP_MAX)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	total = HEAD + (size_t)le16(data + start + LENGTH) + TAIL;
	if (len < start + total)
		return cv_decode_want(d, start + total, CV_REJECT_TRUNCATED);
	reject = check(data + start, total);
	if (reject != CV_REJECT_NONE)
		return CV_REJECTED(reject);
	take_frame(&f, data + start, total);
	if (f.app_len == 1) {
		d->skip = (uint32_t)(start + total);
		return CV_REJECTED(CV_REJECT_BAD_PAYLOAD);
	}
	if (d->judge != NULL)
		facts(&f);
	if (!is_repeat(&f, data + start))
		gb26875_records(&f);
	return (int64_t)(start + total);
}

/* Start, length, end and sum of a whole frame. CoAP begins with 40 40 as well, but has no code 40. */
static enum cv_probe gb26875_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	size_t total;

	for (size_t i = 0; i < 2; i++) {
		if (i == len)
			return more;
		if (data[i] != START)
			return CV_PROBE_NO;
	}
	if (len < HEAD)
		return more;
	if (le16(data + LENGTH) > APP_MAX)
		return CV_PROBE_NO;
	total = HEAD + (size_t)le16(data + LENGTH) + TAIL;
	if (len < total)
		return more;
	return check(data, total) == CV_REJECT_NONE ? CV_PROBE_YES : CV_PROBE_NO;
}

static size_t gb26875_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + 1 < len; at++) {
		if (data[at] == START && data[at + 1] == START)
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_gb26875 = {
	.name = "gb26875",
	.proto = CV_PROTO_GB26875,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.probe = gb26875_probe,
	.decode = gb26875_decode,
	.resync = gb26875_resync,
};
