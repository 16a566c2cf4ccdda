/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle is strtod() in the C locale, which glibc rounds correctly. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "dataplane/decode/decimal.h"
#include "tests/random.h"

#define ROUNDS 2000000

static uint64_t seed;

static uint64_t next_random(void)
{
	return next_random_of(&seed);
}

static int parse(const char *text, double *ret)
{
	/* Not terminated, so that ASan sees a read behind the end. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int r;

	memcpy(copy, text, len);
	r = cv_decimal_parse(copy, len, 0, ret);
	free(copy);
	return r;
}

static void same_as_strtod(const char *text)
{
	double want = strtod(text, NULL), got = -1.0;
	int r = parse(text, &got);

	if (isinf(want)) {
		if (r != -ERANGE)
			fail_msg("%s: %d, want -ERANGE", text, r);
		return;
	}
	if (r != 0 || memcmp(&want, &got, sizeof(want)) != 0)
		fail_msg("%s: %d, %a, want %a", text, r, got, want);
}

static void digits(char *text, unsigned int count)
{
	size_t at = strlen(text);

	for (unsigned int i = 0; i < count; i++)
		text[at++] = (char)('0' + next_random() % 10);
	text[at] = '\0';
}

static void random_text(char *text)
{
	unsigned int whole =
		(unsigned int)(next_random() % 4 ? next_random() % 6 : next_random() % 25);
	unsigned int part =
		(unsigned int)(next_random() % 4 ? next_random() % 6 : next_random() % 25);

	text[0] = '\0';
	if (next_random() % 4 == 0)
		strcat(text, next_random() % 4 ? "-" : "+");
	digits(text, whole + (part == 0));
	if (part) {
		strcat(text, ".");
		digits(text, part);
	}
	if (next_random() % 3 == 0)
		sprintf(text + strlen(text), "e%d", (int)(next_random() % 700) - 350);
}

static void random_texts_agree_with_strtod(void **state)
{
	char text[128];

	for (int i = 0; i < ROUNDS / 2; i++) {
		random_text(text);
		same_as_strtod(text);
	}
}

static void printed_doubles_come_back(void **state)
{
	char text[128];

	for (int i = 0; i < ROUNDS / 4; i++) {
		uint64_t bits = next_random();
		double value;

		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		sprintf(text, "%.*g", 15 + (int)(next_random() % 8), value);
		same_as_strtod(text);
	}
}

/* Numbers exactly between two doubles, and one digit off: the hardest to round. */
static void halfway_numbers_round_to_even(void **state)
{
	char text[128];

	for (int i = 0; i < ROUNDS / 4; i++) {
		uint64_t mantissa = (1ull << 53) | (next_random() >> 11) | 1;
		int exponent = (int)(next_random() % 8);

		sprintf(text, "%" PRIu64, mantissa << exponent);
		if (next_random() % 2)
			strcat(text, next_random() % 2 ? ".000000000000000000000001" : ".0");
		same_as_strtod(text);
		sprintf(text, "%" PRIu64 ".5", mantissa >> 1);
		same_as_strtod(text);
	}
}

static void edges_of_the_range(void **state)
{
	static const char *const texts[] = {
		"0",
		"-0",
		"0.0e999",
		"1e308",
		"1.7976931348623157e308",
		"1.7976931348623158e308",
		"1.7976931348623159e308",
		"1e309",
		"-1e400",
		"1e99999999999",
		"4.9e-324",
		"2.4703282292062327e-324",
		"2.4703282292062328e-324",
		"2.2250738585072011e-308",
		"2.2250738585072014e-308",
		"1e-400",
		"1e-99999999999",
		"9007199254740993",
		"9007199254740992.5",
		"0.000000000000000000000000000000000000000000000000000000001",
		"1000000000000000000000000000000000000000000000000000000000e-57",
		"5.",
		".5",
		"+7",
		"8.41",
		"-0.000",
		"123456789012345678901234567890",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		same_as_strtod(texts[i]);
}

static void other_texts_are_refused(void **state)
{
	static const char *const texts[] = {"",	     "-",   "+",   "--",  " 1",	 "1 ",	  "0x10",
					    "inf",   "nan", "NaN", "1e",  "1e+", "1e5.",  "1,5",
					    "1.2.3", ".",   "e5",  "1_0", "+-1", "1e--5", "5-"};
	double value = 42.0;
	char longest[CV_DECIMAL_MAX + 2];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(parse(texts[i], &value), -EINVAL);
	memset(longest, '7', sizeof(longest));
	longest[CV_DECIMAL_MAX + 1] = '\0';
	assert_int_equal(parse(longest, &value), -E2BIG);
	assert_true(value == 42.0);
	longest[CV_DECIMAL_MAX] = '\0';
	same_as_strtod(longest);
}

static void shift_moves_the_point_exactly(void **state)
{
	double value;

	assert_int_equal(cv_decimal_parse("0.427", 5, 3, &value), 0);
	assert_true(value == 427.0);
	assert_int_equal(cv_decimal_parse("1425", 4, -4, &value), 0);
	assert_true(value == 0.1425);
	assert_int_equal(cv_decimal_parse("0", 1, 99, &value), 0);
	assert_true(value == 0.0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_texts_agree_with_strtod),
		cmocka_unit_test(printed_doubles_come_back),
		cmocka_unit_test(halfway_numbers_round_to_even),
		cmocka_unit_test(edges_of_the_range),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(shift_moves_the_point_exactly),
	};

	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	printf("seed %" PRIu64 " (test_decimal SEED repeats it)\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
