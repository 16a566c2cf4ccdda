/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GB/T 32960.3-2016, what electric vehicles and platforms say to each other: framing (6.3). "##",
 * command, answer, VIN, encryption, length, data, XOR of all behind the start. HJ 212 begins with the
 * same two characters and goes on with digits, which are no commands. The standard's text was not at
 * hand: the facts are those on which several open implementations and their tests agree.
 */
#include <string.h>

#include "dataplane/decode/gb32960.h"
#include "dataplane/decode/judge.h"

#define START '#'
#define HEAD 24 /* bytes up to the data */
#define TAIL 1
#define DATA_MAX 65531
/* What may stand before a frame: registration texts and heartbeats of serial-to-network boxes. */
#define PREFIX_MAX 256

enum offset { COMMAND = 2, ANSWER, VIN, ENCRYPTION = VIN + GB32960_VIN, LENGTH };

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* 6.3.2: 01 to 0A and 80 to FE are commands or kept for them. */
static bool is_command(uint8_t c)
{
	return (c >= 0x01 && c <= 0x0a) || (c >= 0x80 && c <= 0xfe);
}

static bool is_answer(uint8_t c)
{
	return (c >= 0x01 && c <= 0x03) || c == GB32960_IS_COMMAND;
}

static bool is_encryption(uint8_t c)
{
	return c <= 0x03 || c >= 0xfe;
}

/* Does a frame begin here? As far as CV_RESYNC_KEEP bytes tell. */
static enum cv_probe starts(const uint8_t *at, size_t len)
{
	if (at[0] != START || (len > 1 && at[1] != START) ||
	    (len > COMMAND && !is_command(at[COMMAND])))
		return CV_PROBE_NO;
	if (len <= ANSWER)
		return CV_PROBE_MORE;
	return is_answer(at[ANSWER]) ? CV_PROBE_YES : CV_PROBE_NO;
}

/* Offset of the first place from @p from where a frame begins, or may when more is known, or len. */
static size_t find_start(const uint8_t *data, size_t from, size_t len, enum cv_probe *ret)
{
	const uint8_t *end = data + len, *at = data + from;

	while (at < end && (at = memchr(at, START, (size_t)(end - at))) != NULL) {
		*ret = starts(at, (size_t)(end - at));
		if (*ret != CV_PROBE_NO)
			return (size_t)(at - data);
		at++;
	}
	*ret = CV_PROBE_NO;
	return len;
}

static uint8_t exclusive_or(const uint8_t *data, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum ^= data[i];
	return sum;
}

static bool sound(const uint8_t *frame, size_t total)
{
	return exclusive_or(frame + COMMAND, total - COMMAND - TAIL) == frame[total - TAIL];
}

/* Printable characters up to the first zero, without blanks; others as hexadecimal digits of all. */
static void take_device(struct gb32960_frame *f, const uint8_t *vin)
{
	static const char digit[] = "0123456789abcdef";
	size_t len = cv_gb_trim(vin, GB32960_VIN), i = 0;

	while (i < len && vin[i] > ' ' && vin[i] < 0x7f)
		i++;
	if (i == len) {
		memcpy(f->device, vin, len);
		f->device_len = (uint8_t)len;
		return;
	}
	for (i = 0; i < GB32960_VIN; i++) {
		f->device[2 * i] = digit[vin[i] >> 4];
		f->device[2 * i + 1] = digit[vin[i] & 15];
	}
	f->device_len = sizeof(f->device);
}

/* An answer goes the other way. Some vehicles state a result in data of their own. */
static uint8_t direction_of(const struct gb32960_frame *f)
{
	bool from_platform = f->command >= GB32960_QUERY;
	bool data = (f->command == GB32960_REALTIME || f->command == GB32960_REISSUE) &&
		    f->len > GB32960_TIME;

	if (f->answer != GB32960_IS_COMMAND && !data)
		from_platform = !from_platform;
	return from_platform ? CV_DIR_DOWN : CV_DIR_UP;
}

static void facts(const struct gb32960_frame *f)
{
	const struct cv_app_fact device = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)f->device,
		.len = f->device_len,
	};

	cv_judge_type(f->d->judge, f->command);
	cv_judge_fact(f->d->judge, &device);
}

static void take(struct cv_decode *d, const uint8_t *frame, size_t total)
{
	struct gb32960_frame f = {
		.d = d,
		.data = frame + HEAD,
		.len = be16(frame + LENGTH),
		.size = (uint32_t)total,
		.command = frame[COMMAND],
		.answer = frame[ANSWER],
		.encryption = frame[ENCRYPTION],
	};

	take_device(&f, frame + VIN);
	f.direction = direction_of(&f);
	if (d->judge != NULL)
		facts(&f);
	if (!gb32960_body(&f) && d->judge != NULL)
		cv_judge_malformed(d->judge);
}

static int64_t gb32960_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	enum cv_probe first;
	size_t most = PREFIX_MAX + ANSWER + 1;
	size_t start = find_start(data, 0, len < most ? len : most, &first), total;

	if (first == CV_PROBE_NO && len >= most)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (first != CV_PROBE_YES)
		return cv_decode_want(d, 0, CV_REJECT_BAD_HEADER);
	if (len - start < HEAD)
		return cv_decode_want(d, start + HEAD, CV_REJECT_TRUNCATED);
	if (!is_encryption(data[start + ENCRYPTION]))
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (be16(data + start + LENGTH) > DATA_MAX)
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	total = HEAD + (size_t)be16(data + start + LENGTH) + TAIL;
	if (!d->datagram && total + PREFIX_MAX > CV_STREAM_WINDOW)
		return CV_REJECTED(CV_REJECT_TOO_LARGE);
	if (len - start < total)
		return cv_decode_want(d, start + total, CV_REJECT_TRUNCATED);
	if (!sound(data + start, total))
		return CV_REJECTED(CV_REJECT_BAD_CHECKSUM);
	take(d, data + start, total);
	return (int64_t)(start + total);
}

/* A whole frame, check code and all. */
static enum cv_probe gb32960_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	enum cv_probe first = len != 0 ? starts(data, len) : CV_PROBE_MORE;
	size_t total;

	if (first != CV_PROBE_YES)
		return first == CV_PROBE_MORE ? more : CV_PROBE_NO;
	if (len < HEAD)
		return more;
	total = HEAD + (size_t)be16(data + LENGTH) + TAIL;
	if (!is_encryption(data[ENCRYPTION]) || total > CV_STREAM_WINDOW - PREFIX_MAX)
		return CV_PROBE_NO;
	if (len < total)
		return more;
	return sound(data, total) ? CV_PROBE_YES : CV_PROBE_NO;
}

static size_t gb32960_resync(const uint8_t *data, size_t len)
{
	enum cv_probe found;
	size_t at = find_start(data, 1, len, &found);

	return found == CV_PROBE_YES ? at : len;
}

const struct cv_decoder cv_decoder_gb32960 = {
	.name = "gb32960",
	.proto = CV_PROTO_GB32960,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.probe = gb32960_probe,
	.decode = gb32960_decode,
	.resync = gb32960_resync,
};
