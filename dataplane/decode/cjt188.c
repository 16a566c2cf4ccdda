/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CJ/T 188-2004 and -2018: meters of water, heat and gas, on M-Bus or RS-485 lines behind a serial
 * server or DTU, or by themselves over NB-IoT; TCP or UDP.
 *
 *     [FE...] 68 T A0..A6 C L DATA CS 16
 *
 * Address BCD, low byte first; CS is the sum of all before it from 68 on. The standards' text was not
 * at hand: facts are those on which independent implementations agree (docs/protocols/cjt188.md).
 */
#include "dataplane/decode/cjt188.h"

#include <string.h>

#include "dataplane/decode/judge.h"
#include "dataplane/decode/meter_bcd.h"

#define START 0x68
#define END 0x16
#define WILDCARD 0xaa
#define HEAD 11 /* up to and with L */
#define TAIL 2
#define DLT645_START 7 /* where a frame of DL/T 645 has its second start byte */
/* Most bytes in front of a frame that are none: leaders, heartbeats, texts of DTUs and modules. */
#define PREFIX_MAX 300

const char *cjt188_function_name(unsigned int function)
{
#define ROW(id, number, name) [number] = name,
	static const char *const names[CJT188_FUNCTION + 1] = {CJT188_FUNCTIONS(ROW)};
#undef ROW

	return names[function & CJT188_FUNCTION];
}

/* There is one start byte only: HEAD bytes have to look like a frame's. */
static bool plausible_head(const uint8_t *data)
{
	unsigned int kind = data[1] >> 4;

	if (data[0] != START || cjt188_function_name(data[9]) == NULL)
		return false;
	if (data[1] != WILDCARD && (kind < CJT188_WATER || kind > CJT188_ELECTRICITY))
		return false;
	for (size_t i = 2; i < 9; i++)
		if (data[i] != WILDCARD && (data[i] >> 4 > 9 || (data[i] & 0xf) > 9))
			return false;
	return true;
}

/*
 * Offset of the first head.
 *
 * @param sure out: it is one; else more bytes would tell.
 * @return offset, or len when there is none.
 */
static size_t find_head(const uint8_t *data, size_t len, bool *sure)
{
	const uint8_t *at = data, *end = data + len;

	*sure = false;
	while (at < end && (at = memchr(at, START, (size_t)(end - at))) != NULL) {
		if (end - at < HEAD)
			return (size_t)(at - data);
		if (plausible_head(at)) {
			*sure = true;
			return (size_t)(at - data);
		}
		at++;
	}
	return len;
}

static void read_frame(struct cjt188_frame *f, const uint8_t *frame)
{
	f->type = frame[1];
	f->control = frame[9];
	f->len = frame[10];
	f->data = frame + HEAD;
	f->size = HEAD + (uint32_t)f->len + TAIL;
	meter_digits(frame + 2, 7, f->address);
	f->named = true;
	for (size_t i = 0; i < CJT188_ADDRESS_DIGITS; i++)
		f->named = f->named && f->address[i] <= '9';
}

/* The function is that of the answer too, so that one list is for both directions. */
static void facts(const struct cjt188_frame *f)
{
	const struct cv_app_fact address = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)f->address,
		.len = sizeof(f->address),
	};

	if ((f->control & (CJT188_ANSWER | CJT188_ABNORMAL)) == CJT188_ABNORMAL)
		cv_judge_malformed(f->d->judge);
	cv_judge_type(f->d->judge, f->control & CJT188_FUNCTION);
	cv_judge_fact(f->d->judge, &address);
}

/* Content of a frame whose check code is right. @return its reason of rejection. */
static enum cv_reject content(struct cv_decode *d, const uint8_t *frame)
{
	struct cjt188_frame f = {.d = d};
	enum cv_reject reject;

	read_frame(&f, frame);
	reject = cjt188_records(&f);
	if (reject == CV_REJECT_NONE && d->judge != NULL)
		facts(&f);
	return reject;
}

static int64_t cjt188_decode(struct cv_decode *d, const uint8_t *data, size_t len)
{
	size_t window = len < PREFIX_MAX + HEAD ? len : PREFIX_MAX + HEAD;
	enum cv_reject reject;
	size_t start, total;
	bool sure;

	start = find_head(data, window, &sure);
	if (start > PREFIX_MAX)
		return CV_REJECTED(CV_REJECT_BAD_HEADER);
	if (start == window)
		return cv_decode_want(d, 0, CV_REJECT_BAD_HEADER);
	if (!sure)
		return cv_decode_want(d, start + HEAD,
				      start == 0 || data[start - 1] == METER_LEADER
					      ? CV_REJECT_TRUNCATED
					      : CV_REJECT_BAD_HEADER);
	total = start + HEAD + (size_t)data[start + HEAD - 1] + TAIL;
	if (len < total)
		return cv_decode_want(d, total, CV_REJECT_TRUNCATED);
	if (data[total - 1] != END) {
		/* Cut off, or none: look inside for the next. What stood in front is done with. */
		d->skip = (uint32_t)start + 1;
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	}
	reject = meter_sum_matches(data + start, total - start) ? content(d, data + start)
								: CV_REJECT_BAD_CHECKSUM;
	if (reject != CV_REJECT_NONE) {
		d->skip = (uint32_t)total;
		return CV_REJECTED(reject);
	}
	if (d->datagram)
		total += meter_padding(data + total, data + len);
	return (int64_t)total;
}

/* One whole frame. */
static enum cv_probe cjt188_probe(const uint8_t *data, size_t len, bool datagram)
{
	enum cv_probe more = datagram ? CV_PROBE_NO : CV_PROBE_MORE;
	size_t at = meter_leaders(data, len), total;

	if (at == len)
		return more;
	data += at;
	len -= at;
	if (data[0] != START)
		return CV_PROBE_NO;
	if (len < HEAD)
		return more;
	if (!plausible_head(data) || data[DLT645_START] == START)
		return CV_PROBE_NO;
	total = HEAD + (size_t)data[HEAD - 1] + TAIL;
	if (len < total)
		return more;
	return data[total - 1] == END && meter_sum_matches(data, total) ? CV_PROBE_YES
									: CV_PROBE_NO;
}

static size_t cjt188_resync(const uint8_t *data, size_t len)
{
	for (size_t at = 1; at + HEAD <= len; at++) {
		if (plausible_head(data + at))
			return at;
	}
	return len;
}

const struct cv_decoder cv_decoder_cjt188 = {
	.name = "cjt188",
	.proto = CV_PROTO_CJT188,
	.transports = CV_TRANSPORT_TCP | CV_TRANSPORT_UDP,
	.probe = cjt188_probe,
	.decode = cjt188_decode,
	.resync = cjt188_resync,
};
