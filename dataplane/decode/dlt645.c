/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DL/T 645-2007 and -1997, electricity meters: on an RS-485 line, and from there through a serial
 * server or DTU as raw bytes in TCP or UDP. The network side asks, meters answer.
 *
 *     [FE...] 68 A0..A5 68 C L DATA CS 16
 *
 * Address BCD, low byte first (AA = any digits, 99 = everybody); each data byte has 33H added; CS is
 * the sum of all before it from the first 68 on. The standards' text was not at hand: facts are those
 * on which independent implementations agree (docs/protocols/dlt645.md).
 */
#include "dataplane/decode/dlt645.h"

#include <string.h>

#include "dataplane/decode/judge.h"
#include "dataplane/decode/meter_bcd.h"

#define START 0x68
#define END 0x16
#define SECOND_START 7 /* offset in the frame */
#define HEAD 10 /* up to and with L */
#define TAIL 2
/*
 * Most bytes in front of a frame that are none: leaders, heartbeats, registration texts. More than a
 * frame is long, so that the rest of a damaged frame can be passed over as such.
 */
#define PREFIX_MAX 300

/*
 * Offset of the first pair of start bytes.
 *
 * @param sure out: the second one is there too; else more bytes would tell.
 * @return offset, or len when there is none.
 */
static size_t find_start(const uint8_t *data, size_t len, bool *sure)
{
	const uint8_t *at = data, *end = data + len;

	*sure = false;
	while (at < end && (at = memchr(at, START, (size_t)(end - at))) != NULL) {
		if (end - at <= SECOND_START)
			return (size_t)(at - data);
		if (at[SECOND_START] == START) {
			*sure = true;
			return (size_t)(at - data);
		}
		at++;
	}
	return len;
}

static bool known_function(uint8_t control)
{
#define BIT(id, number, name) | 1u << (number)
	return (0u DLT645_FUNCTIONS(BIT)) >> (control & DLT645_FUNCTION) & 1;
#undef BIT
}

/* Digits, or a wildcard. */
static bool address_byte(uint8_t byte)
{
	return byte == 0xaa || byte == 0xff || (byte >> 4 <= 9 && (byte & 0xf) <= 9);
}

/* HEAD bytes that are a frame's to everybody. */
static bool plausible_head(const uint8_t *data)
{
	if (data[0] != START || data[SECOND_START] != START || !known_function(data[8]))
		return false;
	for (size_t i = 1; i < SECOND_START; i++)
		if (!address_byte(data[i]))
			return false;
	return true;
}

static void read_frame(struct dlt645_frame *f, const uint8_t *frame)
{
	f->control = frame[8];
	f->len = frame[9];
	f->size = HEAD + (uint32_t)f->len + TAIL;
	f->named = false;
	meter_digits(frame + 1, 6, f->address);
	for (size_t i = 0; i < f->len; i++)
		f->data[i] = (uint8_t)(frame[HEAD + i] - 0x33);
	for (size_t i = 0; i < DLT645_ADDRESS_DIGITS; i++) {
		if (f->address[i] > '9')
			return;
		if (f->address[i] != '9')
			f->named = true;
	}
}

/* The function is that of the answer too, so that one list is for both directions. */
static void facts(const struct dlt645_frame *f)
{
	const struct cv_app_fact address = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)f->address,
		.len = sizeof(f->address),
	};

	if (!(f->control & DLT645_ANSWER) && f->control & (DLT645_ABNORMAL | DLT645_MORE))
		cv_judge_malformed(f->d->judge);
	cv_judge_type(f->d->judge, dlt645_function(f));
	cv_judge_fact(f->d->judge, &address);
}

static int64_t dlt645_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t window = len < PREFIX_MAX + HEAD ? len : PREFIX_MAX + HEAD;
	struct dlt645_frame f = {.d = d};
	enum cv_reject reject;
	size_t start, total;
	bool sure;

	start = find_start(data, window, &sure);
	if (start > PREFIX_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (start == window)
		return cv_decode_want(d, 0, CV_REJECT_BAD_HEADER);
	if (!sure && start != 0 && data[start - 1] != METER_LEADER)
		return cv_decode_want(d, start + HEAD, CV_REJECT_BAD_HEADER);
	if (len < start + HEAD)
		return cv_decode_want(d, start + HEAD, CV_REJECT_TRUNCATED);
	total = HEAD + (size_t)data[start + 9] + TAIL;
	if (len < start + total)
		return cv_decode_want(d, start + total, CV_REJECT_TRUNCATED);
	if (data[start + total - 1] != END) {
		/* Cut off, or none: look inside for the next. What stood in front is done with. */
		d->skip = (uint32_t)start + 1;
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	}
	if (!meter_sum_matches(data + start, total)) {
		d->skip = (uint32_t)(start + total);
		return CV_REJECTED(CV_REJECT_BAD_CHECKSUM);
	}
	read_frame(&f, data + start);
	reject = dlt645_records(&f);
	total += start;
	if (reject != CV_REJECT_NONE) {
		d->skip = (uint32_t)total;
		return CV_REJECTED(reject);
	}
	if (d->judge != NULL)
		facts(&f);
	if (d->datagram)
		total += meter_padding(data + total, data + len);
	return (int64_t)total;
}

/* One whole frame: the pairs of start bytes alone are too little. */
static enum cv_probe dlt645_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	size_t at = meter_leaders(data, len), total;

	if (at == len)
		return more;
	if (data[at] != START)
		return CV_PROBE_NO;
	data += at;
	len -= at;
	if (len > SECOND_START && data[SECOND_START] != START)
		return CV_PROBE_NO;
	if (len < HEAD)
		return more;
	if (!plausible_head(data))
		return CV_PROBE_NO;
	total = HEAD + (size_t)data[9] + TAIL;
	if (len < total)
		return more;
	return data[total - 1] == END && meter_sum_matches(data, total) ? CV_PROBE_YES
									: CV_PROBE_NO;
}

static size_t dlt645_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + HEAD <= len; at++) {
		if (plausible_head(data + at))
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_dlt645 = {
	.name = "dlt645",
	.proto = CV_PROTO_DLT645,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.probe = dlt645_probe,
	.decode = dlt645_decode,
	.resync = dlt645_resync,
};
