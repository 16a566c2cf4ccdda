/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/json_write.h"

#include <math.h>
#include <string.h>

#define EXACT_MAX (UINT64_C(1) << 53)

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

void cv_json_key(struct cv_json *j, const char *name)
{
	if (j->comma)
		put_char(j, ',');
	put_char(j, '"');
	cv_json_put(j, name, strlen(name));
	cv_json_lit(j, "\":");
	j->comma = false;
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
		const uint8_t *run = p;
		size_t n;

		while (p < end && is_plain(*p))
			p++;
		cv_json_put(j, run, (size_t)(p - run));
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

void cv_json_digits(struct cv_json *j, uint64_t v, unsigned int width)
{
	static const char pairs[] =
		"0001020304050607080910111213141516171819202122232425262728293031"
		"3233343536373839404142434445464748495051525354555657585960616263"
		"6465666768697071727374757677787980818283848586878889909192939495"
		"96979899";
	char text[20];
	unsigned int at = sizeof(text);

	for (; v >= 100; v /= 100)
		memcpy(text + (at -= 2), pairs + v % 100 * 2, 2);
	if (v >= 10)
		memcpy(text + (at -= 2), pairs + v * 2, 2);
	else
		text[--at] = (char)('0' + v);
	while (sizeof(text) - at < width && at > 0)
		text[--at] = '0';
	cv_json_put(j, text + at, sizeof(text) - at);
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
	value_begin(j);
	put_char(j, '"');
	cv_json_escaped(j, text, len);
	put_char(j, '"');
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

/*
 * Days since 1970-01-01 to a date of the proleptic Gregorian calendar. Counting years from March
 * puts the leap day at the end, so that month lengths follow one linear formula; 400 years are
 * 146097 days.
 */
static void put_date(struct cv_json *j, int64_t days)
{
	int64_t shifted = days + 719468; /* from 0000-03-01 */
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	uint64_t doe = (uint64_t)(shifted - era * 146097);
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint64_t mp = (5 * doy + 2) / 153;
	uint64_t day = doy - (153 * mp + 2) / 5 + 1;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;
	uint64_t year = yoe + (uint64_t)(era * 400) + (month <= 2);

	cv_json_digits(j, year, 4);
	put_char(j, '-');
	cv_json_digits(j, month, 2);
	put_char(j, '-');
	cv_json_digits(j, day, 2);
}

void cv_json_time(struct cv_json *j, int64_t ns)
{
	const int64_t day_ns = INT64_C(86400) * 1000000000;
	int64_t days = ns / day_ns - (ns % day_ns < 0);
	/* Subtracting remainders first: days * day_ns may lie outside of int64. */
	uint64_t rest = (uint64_t)(ns % day_ns < 0 ? ns % day_ns + day_ns : ns % day_ns);
	uint64_t seconds = rest / 1000000000;

	value_begin(j);
	put_char(j, '"');
	put_date(j, days);
	put_char(j, 'T');
	cv_json_digits(j, seconds / 3600, 2);
	put_char(j, ':');
	cv_json_digits(j, seconds / 60 % 60, 2);
	put_char(j, ':');
	cv_json_digits(j, seconds % 60, 2);
	put_char(j, '.');
	cv_json_digits(j, rest % 1000000000, 9);
	cv_json_lit(j, "Z\"");
}

static void put_ipv4(struct cv_json *j, const uint8_t *addr)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			put_char(j, '.');
		cv_json_digits(j, addr[i], 1);
	}
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
		put_ipv4(j, addr);
	else
		put_ipv6(j, addr);
	put_char(j, '"');
}
