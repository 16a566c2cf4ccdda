/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/text.h"

static bool valid(const char *s)
{
	return cv_utf8_valid((const uint8_t *)s, strlen(s));
}

static void test_utf8_table(void **state)
{
	assert_true(valid(""));
	assert_true(valid("sensors/temperature/0123456789"));
	assert_true(valid("\xe6\xb8\xa9\xe5\xba\xa6 \xc2\xb0"));
	assert_true(valid("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
	assert_false(valid("\xc0\xaf")); /* overlong */
	assert_false(valid("\xe0\x9f\xbf"));
	assert_false(valid("\xf0\x8f\xbf\xbf"));
	assert_false(valid("\xed\xa0\x80")); /* surrogate */
	assert_false(valid("\xf4\x90\x80\x80")); /* above U+10FFFF */
	assert_false(valid("\x80"));
	assert_false(valid("12345678\xff"));
	assert_false(valid("abc\xe6\xb8"));
	assert_int_equal(cv_utf8_prefix((const uint8_t *)"abcdefgh\0ijklmnop", 17), 8);
	assert_int_equal(cv_utf8_prefix((const uint8_t *)"abcdefgh\x01\0", 10), 9);
}

/* Every sequence of up to three bytes and a grid of four against the definition by code points. */
static size_t encode(uint32_t cp, uint8_t *out)
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (cp & 0x3f));
	return 4;
}

static void test_utf8_every_code_point(void **state)
{
	unsigned int accepted = 0;

	for (uint32_t cp = 1; cp < 0x200000; cp++) {
		bool good = cp < 0x110000 && (cp < 0xd800 || cp > 0xdfff);
		uint8_t s[4];
		size_t len = encode(cp, s), seen;

		if (cv_utf8_valid(s, len) != good)
			fail_msg("U+%04X", cp);
		accepted += good;
		for (size_t part = 1; good && part < len; part++) {
			assert_false(cv_utf8_valid(s, part));
			if (!cv_utf8_cut_valid(s, part, &seen) || seen != 0)
				fail_msg("U+%04X cut to %zu", cp, part);
		}
	}
	assert_int_equal(accepted, 0x10ffff - 0x800);
	/* Two bytes: as many as there are code points of two bytes, none else. */
	accepted = 0;
	for (unsigned int i = 0; i < 0x10000; i++) {
		uint8_t s[2] = {(uint8_t)(i >> 8), (uint8_t)i};

		accepted += s[0] >= 0x80 && cv_utf8_valid(s, 2);
	}
	assert_int_equal(accepted, 0x800 - 0x80);
}

static void test_cut(void **state)
{
	size_t len;

	assert_true(cv_utf8_cut_valid((const uint8_t *)"ab\xe6\xb8", 4, &len));
	assert_int_equal(len, 2);
	assert_true(cv_utf8_cut_valid((const uint8_t *)"abc", 3, &len));
	assert_int_equal(len, 3);
	assert_false(cv_utf8_cut_valid((const uint8_t *)"ab\xed\xa0", 4, &len));
	assert_false(cv_utf8_cut_valid((const uint8_t *)"ab\xff", 3, &len));
	assert_false(cv_utf8_cut_valid((const uint8_t *)"a\0b", 3, &len));
}

static void test_numbers(void **state)
{
	static const char *const good[] = {
		"0",
		"-0",
		"21.5",
		"-40",
		"1e3",
		"1E-3",
		"0.1",
		"1.5e+22",
		" 23.75\r\n",
		"123456789012345",
		"1e-300",
		"1.7e308",
		"5e-324",
		"9007199254740993",
		"0.30000000000000004",
		"3.14159265358979323846264338327950288419716939937510",
	};
	static const char *const bad[] = {
		"",	 " ",
		"-",	 "+1",
		"01",	 "1.",
		".5",	 "1e",
		"1e+",	 "0x1",
		"inf",	 "nan",
		"1 2",	 "1,5",
		"--1",	 "1e400",
		"21.5C", "1.2.3",
		"e5",	 "1e5.5",
		"00",	 "11111111111111111111111111111111111111111111111111111111111111111",
	};
	double value;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		double want = strtod(good[i], NULL);

		if (!cv_text_number((const uint8_t *)good[i], strlen(good[i]), &value))
			fail_msg("refused \"%s\"", good[i]);
		assert_memory_equal(&value, &want, sizeof(value));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (cv_text_number((const uint8_t *)bad[i], strlen(bad[i]), &value))
			fail_msg("took \"%s\" as %g", bad[i], value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_table),
		cmocka_unit_test(test_utf8_every_code_point),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
