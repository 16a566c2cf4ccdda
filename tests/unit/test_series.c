/* SPDX-License-Identifier: Apache-2.0 */
/* What the values before it say of a value: late, too fast, and how far its time can be trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/normalize/series.h"
#include "dataplane/normalize/vocabulary.h"

#define SECOND 1000000000ll
#define START (1700000000 * SECOND)

struct made {
	struct cv_record head;
	uint8_t tail[64];
};

/* A water level of a device at an address, @p rx and @p device seconds after the start. */
static struct made level(uint8_t address, double value, int64_t rx, int64_t device)
{
	struct made m = {.head = {
				 .size = sizeof(struct cv_record),
				 .version = CV_RECORD_VERSION,
				 .kind = CV_KIND_MEASUREMENT,
				 .stage = CV_STAGE_REALTIME,
				 .value_type = CV_VALUE_F64,
				 .time_quality = CV_TIME_DEVICE,
				 .device_end = CV_DEVICE_END_SRC,
				 .family = 4,
				 .ts_rx_ns = START + rx * SECOND,
				 .ts_device_ns = START + device * SECOND,
				 .value.f64 = value,
				 .name_id = CV_NAME_WATER_LEVEL,
				 .src = {10, 0, 0, address},
			 }};

	return m;
}

static struct cv_series watch(uint32_t count)
{
	struct cv_series s = {0};

	assert_int_equal(cv_series_setup(&s, count, 1, 5 * SECOND), 0);
	return s;
}

static uint32_t flags(struct cv_series *s, struct made m)
{
	cv_series_look(s, &m.head);
	assert_int_equal(m.head.stage,
			 m.head.flags & CV_FLAG_LATE ? CV_STAGE_HISTORY : CV_STAGE_REALTIME);
	return m.head.flags;
}

static void test_rate(void **state)
{
	struct cv_series s = watch(64);
	struct made m;

	assert_int_equal(flags(&s, level(1, 2.0, 0, 0)), 0);
	assert_int_equal(flags(&s, level(1, 4.9, 60, 60)), 0);
	assert_int_equal(flags(&s, level(1, 90.0, 120, 120)), CV_FLAG_RATE);
	assert_int_equal(flags(&s, level(2, 4.9, 120, 120)), 0); /* another device */
	assert_int_equal(flags(&s, level(1, 4.9, 180, 180)), CV_FLAG_RATE);
	assert_int_equal(flags(&s, level(1, 5.0, 240, 240)), 0);
	/* What cannot be trusted is not compared with. */
	m = level(1, 900, 300, 300);
	m.head.flags = CV_FLAG_RANGE;
	assert_int_equal(flags(&s, m), CV_FLAG_RANGE);
	m = level(1, 900, 310, 310);
	m.head.quality = CV_QUALITY_BAD;
	assert_int_equal(flags(&s, m), 0);
	assert_int_equal(flags(&s, level(1, 5.1, 320, 320)), 0);
	/* Within one second as after one. */
	assert_int_equal(flags(&s, level(1, 5.5, 320, 320)), 0);
	assert_int_equal(flags(&s, level(1, 6.5, 320, 320)), CV_FLAG_RATE);
	cv_series_release(&s);
}

static void test_bounds(void **state)
{
	/* A counter does not fall; a combined one may. */
	assert_false(cv_name_can_change(CV_NAME_POWER_ENERGY_IMPORT, 10, 9.9, 3600));
	assert_true(cv_name_can_change(CV_NAME_POWER_ENERGY_IMPORT, 10, 10, 3600));
	assert_true(cv_name_can_change(CV_NAME_POWER_ENERGY, 10, 9.9, 3600));
	assert_true(cv_name_can_change(CV_NAME_NOISE_LEVEL, 0, 1e9, 1)); /* no bound */
	assert_true(cv_name_can_change(CV_NAME_COUNT + 5, 0, 1e9, 1));
}

static void test_late(void **state)
{
	struct cv_series s = watch(64);

	assert_int_equal(flags(&s, level(1, 2.0, 100, 100)), 0);
	assert_int_equal(flags(&s, level(1, 2.0, 101, 40)), CV_FLAG_LATE);
	assert_int_equal(flags(&s, level(1, 2.0, 102, 100)), 0); /* as new as the newest */
	assert_int_equal(flags(&s, level(1, 2.0, 103, 99)), CV_FLAG_LATE);
	assert_int_equal(flags(&s, level(2, 2.0, 103, 40)), 0);
	/* Ahead by an hour: what comes after it at the right time is not late. */
	assert_int_equal(flags(&s, level(1, 2.0, 110, 3710)), 0);
	assert_int_equal(flags(&s, level(1, 2.0, 120, 120)), 0);
	/* A clock that was set back by a day is believed after an hour. */
	assert_int_equal(flags(&s, level(1, 2.0, 130, 130 - 86400)), CV_FLAG_LATE);
	assert_int_equal(flags(&s, level(1, 2.0, 3719, 3719 - 86400)), CV_FLAG_LATE);
	assert_int_equal(flags(&s, level(1, 2.0, 3721, 3721 - 86400)), 0);
	assert_int_equal(flags(&s, level(1, 2.0, 3730, 3730 - 86400)), 0);
	cv_series_release(&s);
}

/* Periods and history are told by the protocol; other kinds have no order. */
static void test_not_followed(void **state)
{
	struct cv_series s = watch(64);
	struct made m = level(1, 2.0, 0, 0);

	assert_int_equal(flags(&s, m), 0);
	m = level(1, 99, 1, -50);
	m.head.stage = CV_STAGE_HOUR;
	cv_series_look(&s, &m.head);
	assert_int_equal(m.head.flags, 0);
	assert_int_equal(m.head.stage, CV_STAGE_HOUR);
	assert_int_equal(m.head.time_quality, CV_TIME_DEVICE);
	m = level(1, 99, 1, -50);
	m.head.kind = CV_KIND_STATE;
	cv_series_look(&s, &m.head);
	assert_int_equal(m.head.flags, 0);
	m = level(1, 99, 1, -50);
	m.head.device_end = CV_DEVICE_END_NONE;
	cv_series_look(&s, &m.head);
	assert_int_equal(m.head.flags, 0);
	cv_series_release(&s);
}

static unsigned int quality(struct cv_series *s, int64_t rx, int64_t device)
{
	struct made m = level(1, 1, rx, device);

	cv_series_look(s, &m.head);
	assert_true((m.head.time_quality == CV_TIME_IMPLAUSIBLE) == (m.head.ts_device_ns == 0));
	return m.head.time_quality;
}

static void test_clock(void **state)
{
	struct cv_series s = watch(0); /* nothing else is watched */

	assert_int_equal(quality(&s, 0, 0), CV_TIME_SYNCHRONISED);
	assert_int_equal(quality(&s, 0, 5), CV_TIME_SYNCHRONISED);
	assert_int_equal(quality(&s, 0, -5), CV_TIME_SYNCHRONISED);
	assert_int_equal(quality(&s, 0, 6), CV_TIME_SKEWED);
	assert_int_equal(quality(&s, 0, -8 * 3600), CV_TIME_SKEWED);
	assert_int_equal(quality(&s, 0, 86401), CV_TIME_IMPLAUSIBLE);
	assert_int_equal(quality(&s, 0, 946684799 - 1700000000), CV_TIME_IMPLAUSIBLE);
	assert_int_equal(quality(&s, 0, 946684801 - 1700000000), CV_TIME_SKEWED);
	cv_series_release(&s);
}

/* More series than there is room for: the one silent for longest goes, none is mixed up. */
static void test_full(void **state)
{
	struct cv_series s = watch(CV_SERIES_WAYS);

	for (uint8_t i = 0; i <= CV_SERIES_WAYS; i++)
		assert_int_equal(flags(&s, level(i, 100.0 * i, i, i)), 0);
	assert_int_equal(flags(&s, level(1, 900, 50, 50)), CV_FLAG_RATE);
	assert_int_equal(flags(&s, level(0, 900, 60, 60)), 0); /* forgotten */
	cv_series_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),  cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_late),  cmocka_unit_test(test_not_followed),
		cmocka_unit_test(test_clock), cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
