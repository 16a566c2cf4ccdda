/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/normalize/record.h"
#include "dataplane/normalize/vocabulary.h"

static unsigned int by_text(const char *text)
{
	return cv_unit_by_text(text, strlen(text));
}

static void every_unit_is_found_by_its_text(void **state)
{
	for (unsigned int u = 1; u < CV_UNIT_COUNT; u++)
		assert_int_equal(by_text(cv_unit_text(u)), u);
	assert_string_equal(cv_unit_text(CV_UNIT_CEL), "Cel");
	assert_int_equal(by_text("%RH"), CV_UNIT_PERCENT_RH);
	assert_int_equal(by_text("beat/min"), CV_UNIT_BEAT_MIN);
}

static void strangers_are_not_units(void **state)
{
	static const char *const not_units[] = {"",	  "cel", "Celsius", "degC",	  "M", "kw",
						"ug/m3 ", "%rh", "furlong", "beat/minute"};

	for (size_t i = 0; i < sizeof(not_units) / sizeof(not_units[0]); i++)
		assert_int_equal(by_text(not_units[i]), CV_UNIT_NONE);
	assert_int_equal(cv_unit_by_text("m\0", 2), CV_UNIT_NONE);
	assert_int_equal(cv_unit_by_text("\0", 1), CV_UNIT_NONE);
	assert_int_equal(cv_unit_by_text("Cel", 2), CV_UNIT_NONE);
}

static void every_name_is_canonical(void **state)
{
	unsigned int found = 0;

	for (unsigned int n = 1; n < CV_NAME_COUNT; n++) {
		const char *text = cv_name_text(n);

		if (*text == '\0') /* numbers are in sections */
			continue;
		found++;
		assert_true(*cv_name_quantity(n) != '\0');
		assert_true(cv_name_lane(n) < CV_LANE_COUNT);
		assert_true(strlen(text) < CV_TLV_MAX);
		assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_."),
				 strlen(text));
		assert_non_null(strchr(text, '.'));
		assert_true(cv_name_unit(n) < CV_UNIT_COUNT);
		for (unsigned int m = n + 1; m < CV_NAME_COUNT; m++)
			assert_string_not_equal(text, cv_name_text(m));
	}
	assert_true(found > 114);
	assert_int_equal(cv_name_unit(CV_NAME_AIR_PM2_5), CV_UNIT_UG_M3);
}

/* Numbers are in the event log: these must never change. */
static void numbers_stay(void **state)
{
	assert_int_equal(CV_NAME_AIR_PM2_5, 1);
	assert_int_equal(CV_NAME_WATER_PH, 40);
	assert_int_equal(CV_NAME_DEVICE_UPTIME, 114);
	assert_int_equal(CV_NAME_FIRE_ALARM, 200);
	assert_int_equal(CV_UNIT_PER_L, 113);
}

static void ranges_and_lanes(void **state)
{
	assert_true(cv_name_in_range(CV_NAME_WATER_PH, 0));
	assert_true(cv_name_in_range(CV_NAME_WATER_PH, 14));
	assert_false(cv_name_in_range(CV_NAME_WATER_PH, 14.001));
	assert_false(cv_name_in_range(CV_NAME_WATER_PH, -0.1));
	assert_true(cv_name_in_range(CV_NAME_FIRE_STATE, -1e300)); /* no bound */
	assert_true(cv_name_in_range(CV_NAME_NONE, 1e300));
	assert_true(cv_name_in_range(UINT32_MAX, 1e300));
	assert_int_equal(cv_name_lane(CV_NAME_FIRE_ALARM), CV_LANE_ALARM);
	assert_int_equal(cv_name_lane(CV_NAME_WATER_PH), CV_LANE_MEASUREMENT);
	assert_int_equal(cv_name_lane(CV_NAME_DEVICE_UPTIME), CV_LANE_STATUS);
	assert_string_equal(cv_name_quantity(CV_NAME_AIR_CO), "mass concentration");
	assert_string_equal(cv_name_quantity(CV_NAME_COUNT), "");
}

static void unknown_numbers_give_empty_texts(void **state)
{
	assert_string_equal(cv_name_text(CV_NAME_NONE), "");
	assert_string_equal(cv_name_text(CV_NAME_COUNT), "");
	assert_string_equal(cv_unit_text(CV_UNIT_NONE), "");
	assert_string_equal(cv_unit_text(UINT32_MAX), "");
	assert_int_equal(cv_name_unit(UINT32_MAX), CV_UNIT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_unit_is_found_by_its_text),
		cmocka_unit_test(strangers_are_not_units),
		cmocka_unit_test(every_name_is_canonical),
		cmocka_unit_test(numbers_stay),
		cmocka_unit_test(ranges_and_lanes),
		cmocka_unit_test(unknown_numbers_give_empty_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
