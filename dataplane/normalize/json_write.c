/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/json_write.h"

#include <math.h>
#include <string.h>

#define EXACT_MAX (UINT64_C(1) << 53)

/* "00" to "99" */
static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031"
			    "3233343536373839404142434445464748495051525354555657585960616263"
			    "6465666768697071727374757677787980818283848586878889909192939495"
			    "96979899";

/* Room for @p len bytes, which the caller fills and steps over; NULL = failed. */
static char *take_room(struct cv_json *j, size_t len)
{
	if (j->failed || (size_t)(j->end - j->at) < len) {
		j->failed = true;
		return NULL;
	}
	return j->at;
}

static void put_char(struct cv_json *j, char c)
{
	cv_json_put(j, &c, 1);
}

void cv_json_open(struct cv_json *j, char c)
{
	if (j->comma)
		put_char(j, ',');
	put_char(j, c);
	j->comma = false;
}

void cv_json_close(struct cv_json *j, char c)
{
	put_char(j, c);
	j->comma = true;
}

static void value_begin(struct cv_json *j)
{
	if (j->comma)
		put_char(j, ',');
	j->comma = true;
}

size_t cv_utf8_length(const uint8_t *p, size_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (left < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * The same for eight bytes: a byte is less than n where, without its top bit, subtracting n borrows
 * ("Bit Twiddling Hacks", hasless and haszero). A borrow may tell of a byte above one that is not
 * plain, too; none that is not plain stays untold.
 */
static bool are_plain(uint64_t v)
{
	uint64_t odd = v | (v - EACH(0x20));

	odd |= (v ^ EACH('"')) - EACH(1);
	odd |= (v ^ EACH('\\')) - EACH(1);
	odd |= (v ^ EACH(0x7f)) - EACH(1);
	return (odd & EACH(0x80)) == 0;
}

/* The plain bytes at @p p, up to @p end. */
static size_t plain_run(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *at = p;
	uint64_t v;

	for (; end - at >= (ptrdiff_t)sizeof(v); at += sizeof(v)) {
		memcpy(&v, at, sizeof(v));
		if (!are_plain(v))
			break;
	}
	while (at < end && is_plain(*at))
		at++;
	return (size_t)(at - p);
}

/* One character that cannot stand as it is: " \ and controls (RFC 8259 section 7), and DEL. */
static void put_escape(struct cv_json *j, uint8_t c)
{
	static const char digit[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15]};
	static const char in[] = "\"\\\b\f\n\r\t", out[] = "\"\\bfnrt";

	for (size_t i = 0; i < sizeof(in) - 1; i++) {
		if (c == (uint8_t)in[i]) {
			text[1] = out[i];
			cv_json_put(j, text, 2);
			return;
		}
	}
	cv_json_put(j, text, sizeof(text));
}

void cv_json_escaped(struct cv_json *j, const void *text, size_t len)
{
	const uint8_t *p = text, *end = len ? p + len : p;

	while (p < end) {
		size_t n = plain_run(p, end);

		cv_json_put(j, p, n);
		p += n;
		if (p == end)
			break;
		n = cv_utf8_length(p, (size_t)(end - p));
		if (n == 0)
			cv_json_lit(j, "\xef\xbf\xbd");
		else if (n == 1)
			put_escape(j, *p);
		else
			cv_json_put(j, p, n);
		p += n ? n : 1;
	}
}

/* Decimal digits of @p v: its bits times log10(2), corrected by a look at the power of ten there. */
static unsigned int count_digits(uint64_t v)
{
	static const uint64_t power[] = {0,
					 10,
					 100,
					 1000,
					 10000,
					 100000,
					 1000000,
					 10000000,
					 100000000,
					 1000000000,
					 10000000000,
					 100000000000,
					 1000000000000,
					 10000000000000,
					 100000000000000,
					 1000000000000000,
					 10000000000000000,
					 100000000000000000,
					 1000000000000000000,
					 10000000000000000000u};
	unsigned int n = (64 - (unsigned int)__builtin_clzll(v | 1)) * 1233 >> 12;

	return n + (v >= power[n]);
}

/* The digits of @p v, which end before @p end. @return the first. */
static inline char *write_digits(char *end, uint64_t v)
{
	/* Four at a time: each step waits for the division before it. */
	for (; v >= 10000; v /= 10000) {
		uint32_t four = (uint32_t)(v % 10000);

		memcpy(end -= 2, pairs + four % 100 * 2, 2);
		memcpy(end -= 2, pairs + four / 100 * 2, 2);
	}
	for (; v >= 100; v /= 100)
		memcpy(end -= 2, pairs + v % 100 * 2, 2);
	if (v >= 10)
		memcpy(end -= 2, pairs + v * 2, 2);
	else
		*--end = (char)('0' + v);
	return end;
}

void cv_json_digits(struct cv_json *j, uint64_t v, unsigned int width)
{
	static const char zeros[] = "00000000000000000000";
	unsigned int digits, n;
	char *at;

	if (v < 10 && width <= 1) {
		put_char(j, (char)('0' + v));
		return;
	}
	digits = count_digits(v);
	n = digits > width ? digits : width;
	at = take_room(j, n);
	if (!at)
		return;
	if (n == sizeof(zeros) - 1)
		memcpy(at, zeros, sizeof(zeros) - 1); /* a sequence: stores instead of a call */
	else if (n > digits)
		memset(at, '0', n - digits);
	write_digits(at + n, v);
	j->at = at + n;
}

void cv_json_hex(struct cv_json *j, const uint8_t *data, size_t len)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		char pair[2] = {digit[data[i] >> 4], digit[data[i] & 15]};

		cv_json_put(j, pair, sizeof(pair));
	}
}

void cv_json_string(struct cv_json *j, const void *text, size_t len)
{
	const uint8_t *p = text;
	char *at;

	if (len != 0 && plain_run(p, p + len) != len) {
		value_begin(j);
		put_char(j, '"');
		cv_json_escaped(j, text, len);
		put_char(j, '"');
		return;
	}
	at = take_room(j, len + 2 + j->comma);
	if (!at)
		return;
	if (j->comma)
		*at++ = ',';
	*at++ = '"';
	if (len != 0)
		memcpy(at, text, len);
	at[len] = '"';
	j->at = at + len + 1;
	j->comma = true;
}

static void put_integer(struct cv_json *j, bool negative, uint64_t magnitude)
{
	bool quoted = magnitude > EXACT_MAX;

	value_begin(j);
	if (quoted)
		put_char(j, '"');
	if (negative)
		put_char(j, '-');
	cv_json_digits(j, magnitude, 1);
	if (quoted)
		put_char(j, '"');
}

void cv_json_u64(struct cv_json *j, uint64_t v)
{
	put_integer(j, false, v);
}

void cv_json_i64(struct cv_json *j, int64_t v)
{
	put_integer(j, v < 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void cv_json_f64(struct cv_json *j, double v)
{
	char text[CV_DOUBLE_TEXT_MAX];

	value_begin(j);
	if (isfinite(v))
		cv_json_put(j, text, cv_double_text(v, text));
	else
		cv_json_lit(j, "null");
}

/* Two digits and what follows them. */
static char *write_pair(char *at, uint32_t v, char next)
{
	memcpy(at, pairs + v * 2, 2);
	at[2] = next;
	return at + 3;
}

/*
 * Days since 1970-01-01 to a date of the proleptic Gregorian calendar. Counting years from March
 * puts the leap day at the end, so that month lengths follow one linear formula; 400 years are
 * 146097 days.
 */
static char *write_date(char *at, int64_t days)
{
	int64_t shifted = days + 719468; /* from 0000-03-01 */
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	uint32_t doe = (uint32_t)(shifted - era * 146097);
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint32_t mp = (5 * doy + 2) / 153;
	uint32_t day = doy - (153 * mp + 2) / 5 + 1;
	uint32_t month = mp < 10 ? mp + 3 : mp - 9;
	uint32_t year =
		yoe + (uint32_t)(era * 400) + (month <= 2); /* 1677 to 2262 by int64 of ns */

	memcpy(at, pairs + year / 100 * 2, 2);
	at = write_pair(at + 2, year % 100, '-');
	at = write_pair(at, month, '-');
	return write_pair(at, day, 'T');
}

void cv_json_time(struct cv_json *j, int64_t ns)
{
	const int64_t day_ns = INT64_C(86400) * 1000000000;
	int64_t days = ns / day_ns - (ns % day_ns < 0);
	/* Subtracting remainders first: days * day_ns may lie outside of int64. */
	uint64_t rest = (uint64_t)(ns % day_ns < 0 ? ns % day_ns + day_ns : ns % day_ns);
	uint32_t seconds = (uint32_t)(rest / 1000000000), below = (uint32_t)(rest % 1000000000);
	char *at;

	value_begin(j);
	at = take_room(j, sizeof("\"2026-05-04T03:02:01.000000000Z\"") - 1);
	if (!at)
		return;
	*at++ = '"';
	at = write_date(at, days);
	at = write_pair(at, seconds / 3600, ':');
	at = write_pair(at, seconds / 60 % 60, ':');
	at = write_pair(at, seconds % 60, '.');
	memcpy(at, pairs + below / 10000000 * 2, 2);
	memcpy(at + 2, pairs + below / 100000 % 100 * 2, 2);
	memcpy(at + 4, pairs + below / 1000 % 100 * 2, 2);
	memcpy(at + 6, pairs + below / 10 % 100 * 2, 2);
	at[8] = (char)('0' + below % 10);
	at[9] = 'Z';
	at[10] = '"';
	j->at = at + 11;
}

static char *write_octet(char *at, unsigned int v)
{
	if (v >= 100) {
		*at++ = (char)('0' + v / 100);
		v %= 100;
	} else if (v < 10) {
		*at = (char)('0' + v);
		return at + 1;
	}
	memcpy(at, pairs + v * 2, 2);
	return at + 2;
}

void cv_json_ipv4(struct cv_json *j, const uint8_t *addr)
{
	char text[sizeof("255.255.255.255")];
	/* Where the longest fits it is written in place. */
	bool fits = !j->failed && (size_t)(j->end - j->at) >= sizeof(text);
	char *from = fits ? j->at : text, *at = from;

	for (int i = 0; i < 4; i++) {
		at = write_octet(at, addr[i]);
		*at++ = '.';
	}
	if (fits)
		j->at = at - 1;
	else
		cv_json_put(j, text, (size_t)(at - text) - 1);
}

/* First of the longest run of two or more zero groups (RFC 5952 4.2), length in *ret_len. */
static int zero_run(const uint8_t *addr, int *ret_len)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && addr[2 * (i + n)] == 0 && addr[2 * (i + n) + 1] == 0)
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
		i += n;
	}
	*ret_len = best_len;
	return best;
}

static void put_ipv6(struct cv_json *j, const uint8_t *addr)
{
	static const char digit[] = "0123456789abcdef";
	int run_len, run = zero_run(addr, &run_len);

	for (int i = 0; i < 8; i++) {
		unsigned int group = (unsigned int)(addr[2 * i] << 8 | addr[2 * i + 1]);
		int shift = 12;

		if (i == run) {
			cv_json_lit(j, "::");
			i += run_len - 1;
			continue;
		}
		if (i > 0 && i != run + run_len)
			put_char(j, ':');
		while (shift > 0 && group >> shift == 0)
			shift -= 4;
		for (; shift >= 0; shift -= 4)
			put_char(j, digit[group >> shift & 15]);
	}
}

void cv_json_address(struct cv_json *j, unsigned int family, const uint8_t *addr)
{
	value_begin(j);
	put_char(j, '"');
	if (family == 4)
		cv_json_ipv4(j, addr);
	else
		put_ipv6(j, addr);
	put_char(j, '"');
}
