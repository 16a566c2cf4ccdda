/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/normalize/json_write.h"

static uint64_t prng;

static uint64_t next_random(void)
{
	prng ^= prng << 13;
	prng ^= prng >> 7;
	prng ^= prng << 17;
	return prng;
}

static const char *double_text(double v)
{
	static char buf[CV_DOUBLE_TEXT_MAX + 1];
	size_t n = cv_double_text(v, buf);

	assert_true(n <= CV_DOUBLE_TEXT_MAX);
	buf[n] = '\0';
	return buf;
}

static void test_double_known(void **state)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
		{0, "0"},
		{-0.0, "0"},
		{1, "1"},
		{-1, "-1"},
		{21.5, "21.5"},
		{0.1, "0.1"},
		{1.0 / 3, "0.3333333333333333"},
		{2.0 / 3, "0.6666666666666666"},
		{0.1 + 0.2, "0.30000000000000004"},
		{100, "100"},
		{123456789012345680.0, "1.2345678901234568e17"},
		{1e21, "1e21"},
		{1e15, "1000000000000000"},
		{1e-6, "0.000001"},
		{1e-7, "1e-7"},
		{5e-324, "5e-324"},
		{DBL_MAX, "1.7976931348623157e308"},
		{DBL_MIN, "2.2250738585072014e-308"},
		{-1.2345e-300, "-1.2345e-300"},
		{9007199254740992.0, "9007199254740992"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(double_text(rows[i].v), rows[i].text);
}

/* Significant digits of a decimal text. */
static int significant(const char *text)
{
	int n = 0, zeros = 0;

	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9' || (n == 0 && *text == '0'))
			continue;
		zeros = *text == '0' ? zeros + 1 : 0;
		n++;
	}
	return n - zeros;
}

/* Reads back as the same double, and printf finds no shorter decimal that does. */
static void check_double(double v)
{
	const char *text = double_text(v);
	int shortest = 1;
	char other[64];

	if (strtod(text, NULL) != v)
		fail_msg("%a printed as %s", v, text);
	while (snprintf(other, sizeof(other), "%.*e", shortest - 1, v), strtod(other, NULL) != v)
		shortest++;
	if (v != 0 && significant(text) > shortest)
		fail_msg("%a printed as %s, but %s is enough", v, text, other);
}

static void test_double_random(void **state)
{
	for (int i = 0; i < 30000; i++) {
		uint64_t bits = next_random();
		double v;

		memcpy(&v, &bits, sizeof(v));
		if (isfinite(v))
			check_double(v);
		check_double((double)(int64_t)(next_random() % 2000001 - 1000000) / 1000);
		check_double((float)(next_random() % 1000000) / 7.0f);
		check_double((double)next_random());
	}
	for (int e = -1074; e < 1024; e++) {
		check_double(ldexp(1, e));
		check_double(nextafter(ldexp(1, e), 0));
		check_double(nextafter(ldexp(1, e), INFINITY));
	}
}

static void test_double_locale(void **state)
{
	static const char *const with_comma[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};

	for (size_t i = 0; i < 3; i++) {
		if (setlocale(LC_ALL, with_comma[i]))
			break;
	}
	assert_string_equal(double_text(21.5), "21.5");
	setlocale(LC_ALL, "C");
}

static const char *json_text(void (*write)(struct cv_json *, const void *, size_t),
			     const void *data, size_t len)
{
	static char buf[4096];
	struct cv_json j = cv_json(buf, sizeof(buf) - 1);

	write(&j, data, len);
	assert_false(j.failed);
	*j.at = '\0';
	return buf;
}

static void test_strings(void **state)
{
	assert_string_equal(json_text(cv_json_string, "", 0), "\"\"");
	assert_string_equal(json_text(cv_json_string, "a\"b\\c/\n\t\x01\x7f", 11),
			    "\"a\\\"b\\\\c/\\n\\t\\u0001\\u007f\\u0000\"");
	assert_string_equal(json_text(cv_json_string, "水位", 6), "\"水位\"");
	/* Overlong, surrogate, beyond U+10FFFF, cut sequence: one U+FFFD a byte. */
	assert_string_equal(json_text(cv_json_string, "\xc0\xaf", 2), "\"��\"");
	assert_string_equal(json_text(cv_json_string, "\xed\xa0\x80", 3), "\"���\"");
	assert_string_equal(json_text(cv_json_string, "\xf4\x90\x80\x80", 4), "\"����\"");
	assert_string_equal(json_text(cv_json_string, "x\xe6\xb0", 3), "\"x��\"");
}

/* Every byte at every place of texts around eight bytes, which are looked at together. */
static void test_strings_at_every_place(void **state)
{
	char text[20], want[64];

	for (size_t len = 1; len <= sizeof(text); len++) {
		for (size_t i = 0; i < len * 256; i++) {
			uint8_t c = (uint8_t)(i % 256);
			size_t at = i / 256;
			const char *escaped = c == '"'	  ? "\\\""
					      : c == '\\' ? "\\\\"
					      : c == '\b' ? "\\b"
					      : c == '\f' ? "\\f"
					      : c == '\n' ? "\\n"
					      : c == '\r' ? "\\r"
					      : c == '\t' ? "\\t"
					      : c >= 0x80 ? "\xef\xbf\xbd"
							  : NULL;
			char one[8] = {(char)c};

			if (!escaped && (c < 0x20 || c == 0x7f))
				snprintf(one, sizeof(one), "\\u%04x", c);
			memset(text, ' ' + (int)(i % 2), sizeof(text));
			text[at] = (char)c;
			snprintf(want, sizeof(want), "\"%.*s%s%.*s\"", (int)at, text,
				 escaped ? escaped : one, (int)(len - at - 1), text + at + 1);
			assert_string_equal(json_text(cv_json_string, text, len), want);
		}
	}
}

static const char *time_text(int64_t ns)
{
	static char buf[64];
	struct cv_json j = cv_json(buf, sizeof(buf) - 1);

	cv_json_time(&j, ns);
	*j.at = '\0';
	return buf;
}

static void test_time(void **state)
{
	assert_string_equal(time_text(0), "\"1970-01-01T00:00:00.000000000Z\"");
	assert_string_equal(time_text(-1), "\"1969-12-31T23:59:59.999999999Z\"");
	assert_string_equal(time_text(951782400000000001), "\"2000-02-29T00:00:00.000000001Z\"");
	assert_string_equal(time_text(INT64_MAX), "\"2262-04-11T23:47:16.854775807Z\"");
	assert_string_equal(time_text(INT64_MIN), "\"1677-09-21T00:12:43.145224192Z\"");
	for (int i = 0; i < 20000; i++) {
		int64_t ns = (int64_t)next_random();
		int64_t floor_s = ns / 1000000000 - (ns % 1000000000 < 0);
		time_t s = (time_t)floor_s;
		char want[64], date[32];
		struct tm tm;

		gmtime_r(&s, &tm);
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want, sizeof(want), "\"%s.%09" PRId64 "Z\"", date,
			 (ns % 1000000000 + 1000000000) % 1000000000);
		assert_string_equal(time_text(ns), want);
	}
}

static void test_address(void **state)
{
	static char buf[64];

	for (int i = 0; i < 20000; i++) {
		struct cv_json j = cv_json(buf, sizeof(buf) - 1);
		char want[INET6_ADDRSTRLEN];
		uint8_t addr[16];

		for (int k = 0; k < 16; k += 2) {
			uint16_t group = (uint16_t)(next_random() % 3 ? 0 : next_random());

			if (k < 12 && group == 0) /* inet_ntop shows ::a.b.c.d as IPv4 */
				group = (uint16_t)(k == 0 || next_random() % 4 == 0);
			addr[k] = (uint8_t)(group >> 8);
			addr[k + 1] = (uint8_t)group;
		}
		cv_json_address(&j, 6, addr);
		j.at[-1] = '\0';
		inet_ntop(AF_INET6, addr, want, sizeof(want));
		assert_string_equal(buf + 1, want);
		j = cv_json(buf, sizeof(buf) - 1);
		cv_json_address(&j, 4, addr);
		j.at[-1] = '\0';
		inet_ntop(AF_INET, addr, want, sizeof(want));
		assert_string_equal(buf + 1, want);
	}
}

static const char *integer_text(bool is_signed, uint64_t v)
{
	static char buf[64];
	struct cv_json j = cv_json(buf, sizeof(buf) - 1);

	if (is_signed)
		cv_json_i64(&j, (int64_t)v);
	else
		cv_json_u64(&j, v);
	*j.at = '\0';
	return buf;
}

static void test_integers(void **state)
{
	assert_string_equal(integer_text(false, 0), "0");
	assert_string_equal(integer_text(false, 9007199254740992), "9007199254740992");
	assert_string_equal(integer_text(false, 9007199254740993), "\"9007199254740993\"");
	assert_string_equal(integer_text(false, UINT64_MAX), "\"18446744073709551615\"");
	assert_string_equal(integer_text(true, (uint64_t)-5), "-5");
	assert_string_equal(integer_text(true, (uint64_t)INT64_MIN), "\"-9223372036854775808\"");
}

/* Around every power of ten, and in any length. */
static void test_digits(void **state)
{
	char buf[64], want[64];

	for (uint64_t power = 1; power != 0; power = power < UINT64_MAX / 10 ? power * 10 : 0) {
		for (uint64_t v = power - 1; v <= power + 1; v++) {
			for (unsigned int width = 0; width <= 20; width++) {
				int n = snprintf(want, sizeof(want), "%0*" PRIu64, (int)width, v);
				struct cv_json j = cv_json(buf, (size_t)n);

				cv_json_digits(&j, v, width);
				assert_false(j.failed);
				assert_int_equal(j.at - buf, n);
				assert_memory_equal(buf, want, (size_t)n);
				j = cv_json(buf, (size_t)n - 1);
				cv_json_digits(&j, v, width);
				assert_true(j.failed);
			}
		}
	}
	for (unsigned int i = 0; i < 256; i++) {
		uint8_t addr[4] = {(uint8_t)i, (uint8_t)(255 - i), 0, (uint8_t)i};
		int n = snprintf(want, sizeof(want), "%u.%u.0.%u", i, 255 - i, i);
		struct cv_json j = cv_json(buf, (size_t)n);

		cv_json_ipv4(&j, addr);
		assert_false(j.failed);
		assert_memory_equal(buf, want, (size_t)n);
	}
}

static void test_does_not_fit(void **state)
{
	char buf[8] = "????????";
	struct cv_json j = cv_json(buf, 4);

	cv_json_string(&j, "abcdef", 6);
	assert_true(j.failed);
	cv_json_lit(&j, "x");
	assert_true(j.failed);
	assert_memory_equal(buf + 4, "????", 4);
}

int main(void)
{
	const char *given = getenv("CV_TEST_SEED");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_double_known),  cmocka_unit_test(test_double_random),
		cmocka_unit_test(test_double_locale), cmocka_unit_test(test_strings),
		cmocka_unit_test(test_time),	      cmocka_unit_test(test_address),
		cmocka_unit_test(test_integers),      cmocka_unit_test(test_does_not_fit),
		cmocka_unit_test(test_digits),	      cmocka_unit_test(test_strings_at_every_place),
	};

	prng = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u | 1;
	print_message("CV_TEST_SEED=%" PRIu64 "\n", prng);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
