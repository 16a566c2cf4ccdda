/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms that somebody clears: told once, not raised by what goes on, and their places come back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/control/alarm_help.h"

#define SECOND INT64_C(1000000000)
#define START (1777863720 * SECOND)

#define HIGH "- { id: high, grade: 1, match: { names: tank.pressure }, threshold: { above: 10 }"

static void pressure(uint32_t device, double value, int64_t second)
{
	help_event(device, CV_NAME_TANK_PRESSURE, value, START + second * SECOND);
}

static int clear(const char *id, int64_t second)
{
	return cv_alarm_engine_clear(help.engine, id, "anna", "was taken away",
				     START + second * SECOND);
}

static void what_goes_on_raises_nothing(void **state)
{
	help_begin("rules:\n" HIGH ", update: 60s }\n");
	pressure(1, 11, 0);
	assert_int_equal(clear("alarm:high:none:1", 1), -ENOENT);
	assert_int_equal(clear(help.told[0].id, 1), 0);
	assert_int_equal(help.n, 2);
	assert_int_equal(help.told[1].change, CV_ALARM_CLEARED);
	assert_int_equal(help.told[1].at, START + SECOND);
	assert_string_equal(help.told[1].id, help.told[0].id);
	assert_int_equal(clear(help.told[0].id, 2), -ENOENT);
	assert_int_equal(cv_alarm_engine_active(help.engine), 0);
	/* It goes on, long enough for an update, and ends. */
	pressure(1, 12, 3);
	pressure(1, 13, 100);
	pressure(1, 9, 101);
	assert_int_equal(help.n, 2);
	pressure(1, 11, 102);
	assert_int_equal(help.n, 3);
	assert_int_equal(help.told[2].change, CV_ALARM_RAISED);
	assert_string_not_equal(help.told[2].id, help.told[0].id);
	help_end();
}

static void who_joins_later_raises_another(void **state)
{
	help_begin("rules:\n" HIGH ", update: never, merge: { by: area } }\n");
	pressure(1, 11, 0);
	pressure(2, 11, 1); /* an update: it joins */
	assert_int_equal(clear(help.told[0].id, 2), 0);
	pressure(3, 11, 3);
	assert_int_equal(help.n, 4);
	assert_int_equal(help.told[3].change, CV_ALARM_RAISED);
	assert_int_equal(help.told[3].devices, 1);
	/* Those of the one that was cleared end, and the other goes on. */
	pressure(1, 9, 4);
	pressure(2, 9, 5);
	assert_int_equal(help.n, 4);
	pressure(3, 9, 6);
	assert_int_equal(help.n, 5);
	assert_int_equal(help.told[4].change, CV_ALARM_CLEARED);
	assert_string_equal(help.told[4].id, help.told[3].id);
	help_end();
}

/* It had ended, and would have been cleared if nothing came back. */
static void nothing_is_cleared_twice(void **state)
{
	help_begin("rules:\n" HIGH ", merge: { by: area, within: 60s } }\n");
	pressure(1, 11, 0);
	pressure(1, 9, 1);
	assert_int_equal(clear(help.told[0].id, 2), 0);
	assert_int_equal(help.n, 2);
	cv_alarm_engine_advance(help.engine, START + 200 * SECOND);
	assert_int_equal(help.n, 2);
	help_end();
}

/* A group's count goes on under a place of its own, too. */
static void a_count(void **state)
{
	help_begin(
		"rules:\n" HIGH ", update: never }\n"
		"- { id: two, grade: 1, count: { of: high, at_least: 2, within: 60s, group: street "
		"} }\n");
	pressure(1, 11, 0);
	pressure(2, 11, 1);
	assert_int_equal(help.n, 3);
	assert_int_equal(clear(help.told[2].id, 2), 0);
	pressure(3, 11, 3); /* of the group: it goes on */
	assert_int_equal(help.n, 5);
	cv_alarm_engine_advance(help.engine, START + 300 * SECOND);
	assert_int_equal(help.n, 5);
	assert_int_equal(cv_alarm_engine_active(help.engine), 3);
	help_end();
}

/* The device of before a restart is never heard again. */
static void a_device_that_is_gone(void **state)
{
	const struct cv_alarm_past past = {
		.id = "alarm:high:urn:dev:x:1:1",
		.rule = "high",
		.area = "",
		.name = "tank.pressure",
		.who = "",
		.comment = "",
		.device = 1,
		.devices = {1},
		.n_named = 1,
		.n_devices = 1,
		.since_ns = START - SECOND,
		.raised_ns = START - SECOND,
		.told_ns = START - SECOND,
		.value = 11,
	};
	uint32_t end;

	help_begin("active: 1\nrules:\n" HIGH " }\n");
	assert_int_equal(cv_alarm_engine_restore(help.engine, &past), 0);
	end = cv_alarm_engine_end(help.engine);
	assert_int_equal(clear(past.id, 0), 0);
	assert_int_equal(help.n, 1);
	assert_int_equal(help.told[0].change, CV_ALARM_CLEARED);
	/* Its place is free; if it is heard after all, that is another alarm. */
	pressure(1, 11, 1);
	assert_int_equal(help.n, 2);
	assert_int_equal(help.told[1].change, CV_ALARM_RAISED);
	assert_int_equal(cv_alarm_engine_end(help.engine), end);
	help_end();
}

/* Whether the host takes it before it ends or after, it is told once and its place comes back. */
static void the_host_is_busy(void **state)
{
	uint32_t end = 0;

	help_begin("rules:\n" HIGH ", update: never }\n");
	for (int i = 0; i < 100; i++) {
		char id[CV_ALARM_NAME_MAX];

		help.n = 0;
		pressure(1, 11, 10 * i);
		snprintf(id, sizeof(id), "%s", help.told[0].id);
		help.full = true;
		assert_int_equal(clear(id, 10 * i + 1), 0);
		help.full = i % 2;
		cv_alarm_engine_retell(help.engine);
		pressure(1, 9, 10 * i + 2);
		help.full = false;
		assert_true(cv_alarm_engine_retell(help.engine));
		assert_int_equal(help.n, 2);
		assert_int_equal(help.told[1].change, CV_ALARM_CLEARED);
		assert_string_equal(help.told[1].id, id);
		if (i == 0)
			end = cv_alarm_engine_end(help.engine);
	}
	assert_int_equal(cv_alarm_engine_end(help.engine), end);
	help_end();
}

/* Who has acknowledged it is told until somebody else says that it is over. */
static void who_clears_it_is_told(void **state)
{
	const struct cv_alarm *a;

	help_begin("rules:\n" HIGH " }\n");
	pressure(1, 11, 0);
	assert_int_equal(cv_alarm_engine_ack(help.engine, help.told[0].id, "bob", "I look", START),
			 0);
	a = cv_alarm_engine_at(help.engine, 1);
	assert_int_equal(clear(help.told[0].id, 1), 0);
	assert_int_equal(help.n, 3);
	assert_string_equal(a->who, "anna");
	assert_string_equal(a->comment, "was taken away");
	help_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_on_raises_nothing),
		cmocka_unit_test(who_joins_later_raises_another),
		cmocka_unit_test(nothing_is_cleared_twice),
		cmocka_unit_test(a_count),
		cmocka_unit_test(a_device_that_is_gone),
		cmocka_unit_test(the_host_is_busy),
		cmocka_unit_test(who_clears_it_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
