/* SPDX-License-Identifier: Apache-2.0 */
/* What the Chinese meter protocols share: BCD with the low byte first, a sum for a check code, time. */
#ifndef CV_METER_BCD_H
#define CV_METER_BCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/decode/byte_sum.h"
#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/decoder.h"
#include "dataplane/normalize/record.h"
#include "dataplane/normalize/vocabulary.h"

/** Does the sum of all bytes of a frame but its last two, the check code and the end, match? */
static inline bool meter_sum_matches(const uint8_t *frame, size_t total)
{
	return frame[total - 2] == cv_byte_sum(frame, total - 2);
}

/**
 * Number of up to 19 digits, low byte first.
 *
 * @param ret set when true.
 * @return false when a digit is none: the meter has no value.
 */
static inline bool meter_bcd(const uint8_t *data, size_t len, uint64_t *ret)
{
	uint64_t number = 0;

	for (size_t i = len; i-- > 0;) {
		unsigned int high = data[i] >> 4, low = data[i] & 0xf;

		if (high > 9 || low > 9)
			return false;
		number = number * 100 + high * 10 + low;
	}
	*ret = number;
	return true;
}

/** Digits as text, high first; what is no digit stands as 'a' to 'f'. @p out: 2 * @p len. */
static inline void meter_digits(const uint8_t *data, size_t len, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = data[len - 1 - i];

		out[2 * i] = digit[byte >> 4];
		out[2 * i + 1] = digit[byte & 0xf];
	}
}

/** Times a power of ten, from -9 to 9, rounded once: both factors are exact doubles below 2^53. */
static inline double meter_scale(uint64_t number, int exponent)
{
	static const double ten[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

	return exponent < 0 ? (double)number / ten[-exponent] : (double)number * ten[exponent];
}

/**
 * Time of a meter, Beijing time, as the record's; implausible where it is none.
 *
 * @param second of one byte, NULL = 0.
 * @param minute minute and hour.
 * @param date day, month and year of the century.
 */
static inline void meter_time(struct cv_record *rec, const uint8_t *second, const uint8_t *minute,
			      const uint8_t *date)
{
	uint64_t s = 0, m, h, day, month, year;
	struct cv_civil c;

	rec->time_quality = CV_TIME_IMPLAUSIBLE;
	if ((second != NULL && !meter_bcd(second, 1, &s)) || !meter_bcd(minute, 1, &m) ||
	    !meter_bcd(minute + 1, 1, &h) || !meter_bcd(date, 1, &day) ||
	    !meter_bcd(date + 1, 1, &month) || !meter_bcd(date + 2, 1, &year))
		return;
	c = (struct cv_civil){
		.year = 2000 + (unsigned int)year,
		.month = (unsigned int)month,
		.day = (unsigned int)day,
		.hour = (unsigned int)h,
		.minute = (unsigned int)m,
		.second = (unsigned int)s,
	};
	if (cv_civil_time(&c, CV_BEIJING_S, &rec->ts_device_ns))
		rec->time_quality = CV_TIME_DEVICE;
}

/** The same, where the time is the record's value too (device.clock). */
static inline void meter_clock(struct cv_record *rec, const uint8_t *second, const uint8_t *minute,
			       const uint8_t *date)
{
	rec->name_id = CV_NAME_DEVICE_CLOCK;
	rec->unit_id = CV_UNIT_OF_DEVICE_CLOCK;
	meter_time(rec, second, minute, date);
	if (rec->time_quality != CV_TIME_DEVICE) {
		rec->quality = CV_QUALITY_BAD;
		return;
	}
	rec->value_type = CV_VALUE_I64;
	rec->value.i64 = rec->ts_device_ns / 1000000000;
}

/** All FF: what a meter has no value for. */
static inline bool meter_missing(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] != 0xff)
			return false;
	return true;
}

/** Bytes that devices and serial-to-network boxes put behind a frame. */
static inline bool meter_is_padding(uint8_t byte)
{
	return byte == 0xfe || byte == 0x00 || byte == '\r' || byte == '\n' || byte == ' ';
}

/** Bytes that wake the receiver, in front of the frame; a stream keeps no more than these. */
#define METER_LEADER 0xfe

/** How many of them the bytes begin with. */
static inline size_t meter_leaders(const uint8_t *data, size_t len)
{
	size_t at = 0;

	while (at < len && at < CV_RESYNC_KEEP && data[at] == METER_LEADER)
		at++;
	return at;
}

/** Padding behind the last frame of a datagram: all of what is left, or 0. */
static inline size_t meter_padding(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;

	while (p < end && meter_is_padding(*p))
		p++;
	return p == end ? (size_t)(p - at) : 0;
}

#endif
