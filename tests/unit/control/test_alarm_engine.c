/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of alarm rules: what the model (model_alarm.c) does not ask. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/alarm/record.h"
#include "control/alarm/table.h"
#include "tests/random.h"
#include "tests/unit/control/alarm_help.h"

#define SECOND INT64_C(1000000000)
#define START (1777863720 * SECOND)

#define HIGH "- { id: high, grade: 1, match: { names: tank.pressure }, threshold: { above: 10 }"

static void told(size_t i, enum cv_alarm_change change, const char *subject, int64_t at)
{
	char wanted[CV_ALARM_NAME_MAX];

	assert_true(i < help.n);
	snprintf(wanted, sizeof(wanted), "alarm:%s:", subject);
	assert_int_equal(help.told[i].change, change);
	assert_memory_equal(help.told[i].id, wanted, strlen(wanted));
	assert_int_equal(help.told[i].at, at);
}

/* From raise to clear it is one alarm; the next one is another. */
static void one_identity(void **state)
{
	help_begin("rules:\n" HIGH ", update: 60s }\n");
	help_event(1, CV_NAME_TANK_PRESSURE, 11, START);
	help_event(1, CV_NAME_TANK_PRESSURE, 12, START + 59 * SECOND);
	help_event(1, CV_NAME_TANK_PRESSURE, 13, START + 60 * SECOND);
	assert_int_equal(cv_alarm_engine_ack(help.engine, help.told[0].id, "anna", "seen",
					     START + 61 * SECOND),
			 0);
	assert_int_equal(
		cv_alarm_engine_ack(help.engine, help.told[0].id, "anna", "", START + 61 * SECOND),
		-EALREADY);
	help_event(1, CV_NAME_TANK_PRESSURE, 10, START + 62 * SECOND);
	assert_int_equal(help.n, 4);
	told(0, CV_ALARM_RAISED, "high:urn:dev:x:1", START);
	told(1, CV_ALARM_UPDATED, "high:urn:dev:x:1", START + 60 * SECOND);
	assert_true(help.told[1].value == 13);
	told(2, CV_ALARM_ACKNOWLEDGED, "high:urn:dev:x:1", START + 61 * SECOND);
	told(3, CV_ALARM_CLEARED, "high:urn:dev:x:1", START + 62 * SECOND);
	for (size_t i = 1; i < help.n; i++)
		assert_string_equal(help.told[i].id, help.told[0].id);
	assert_int_equal(cv_alarm_engine_active(help.engine), 0);
	assert_int_equal(cv_alarm_engine_ack(help.engine, help.told[0].id, "a", "", START),
			 -ENOENT);
	help_event(1, CV_NAME_TANK_PRESSURE, 11, START + 63 * SECOND);
	assert_string_not_equal(help.told[4].id, help.told[0].id);
	help_end();
}

/* What is no number that was measured now by the device raises nothing. */
static void what_is_not_looked_at(void **state)
{
	static const struct {
		uint8_t quality, stage, direction, kind;
		uint32_t flags;
		double value;
	} rows[] = {
		{CV_QUALITY_BAD, 0, 0, CV_KIND_MEASUREMENT, 0, 11},
		{0, CV_STAGE_HISTORY, 0, CV_KIND_MEASUREMENT, 0, 11},
		{0, CV_STAGE_DAY, 0, CV_KIND_MEASUREMENT, 0, 11},
		{0, CV_STAGE_RETAINED, 0, CV_KIND_MEASUREMENT, 0, 11},
		{0, 0, CV_DIR_DOWN, CV_KIND_MEASUREMENT, 0, 11},
		{0, 0, 0, CV_KIND_COMMAND, 0, 11},
		{0, 0, 0, CV_KIND_MEASUREMENT, CV_FLAG_RANGE, 11},
		{0, 0, 0, CV_KIND_MEASUREMENT, CV_FLAG_DENIED, 11},
		{0, 0, 0, CV_KIND_MEASUREMENT, 0, INFINITY},
		{0, 0, 0, CV_KIND_MEASUREMENT, 0, NAN},
	};

	help_begin("rules:\n" HIGH " }\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cv_record rec = help_record(CV_NAME_TANK_PRESSURE, rows[i].value);

		rec.quality = rows[i].quality;
		rec.stage = rows[i].stage;
		rec.direction = rows[i].direction;
		rec.kind = rows[i].kind;
		rec.flags = rows[i].flags;
		cv_alarm_engine_event(help.engine, 1, &rec, 1, START);
	}
	assert_int_equal(help.n, 0);
	help_event(1, CV_NAME_TANK_PRESSURE, 11, START);
	assert_int_equal(help.n, 1);
	help_end();
}

/* The host takes nothing for a while: afterwards it learns all that happened, in order. */
static void the_host_is_busy(void **state)
{
	help_begin("rules:\n" HIGH " }\n");
	help_event(1, CV_NAME_TANK_PRESSURE, 11, START);
	help.full = true;
	help_event(1, CV_NAME_TANK_PRESSURE, 9, START + SECOND);
	help_event(2, CV_NAME_TANK_PRESSURE, 11, START + 2 * SECOND);
	help_event(3, CV_NAME_TANK_PRESSURE, 11, START + 2 * SECOND);
	help_event(3, CV_NAME_TANK_PRESSURE, 9, START + 3 * SECOND);
	assert_int_equal(help.n, 1);
	assert_false(cv_alarm_engine_retell(help.engine));
	assert_int_equal(cv_alarm_engine_active(help.engine), 1);
	help.full = false;
	assert_true(cv_alarm_engine_retell(help.engine));
	assert_int_equal(help.n, 5);
	told(1, CV_ALARM_CLEARED, "high:urn:dev:x:1", START + 3 * SECOND);
	told(2, CV_ALARM_RAISED, "high:urn:dev:x:2", START + 3 * SECOND);
	told(3, CV_ALARM_RAISED, "high:urn:dev:x:3", START + 3 * SECOND);
	told(4, CV_ALARM_CLEARED, "high:urn:dev:x:3", START + 3 * SECOND);
	assert_int_equal(cv_alarm_engine_counts(help.engine)[CV_ALARM_COUNT_PUT_OFF], 4);
	help_end();
}

static void bounds_are_kept_and_counted(void **state)
{
	const uint64_t *counts;

	help_begin("capacity: 2\nactive: 1\nrules:\n" HIGH " }\n");
	counts = cv_alarm_engine_counts(help.engine);
	for (uint32_t device = 1; device <= 3; device++)
		help_event(device, CV_NAME_TANK_PRESSURE, 11, START);
	assert_int_equal(help.n, 1);
	assert_int_equal(counts[CV_ALARM_COUNT_STATES_FULL], 1);
	assert_int_equal(counts[CV_ALARM_COUNT_ACTIVE_FULL], 1);
	/* The one that found no room ends without a word, and is raised when there is room. */
	help_event(2, CV_NAME_TANK_PRESSURE, 9, START);
	help_event(1, CV_NAME_TANK_PRESSURE, 9, START);
	help_event(2, CV_NAME_TANK_PRESSURE, 11, START);
	assert_int_equal(help.n, 3);
	told(1, CV_ALARM_CLEARED, "high:urn:dev:x:1", START);
	told(2, CV_ALARM_RAISED, "high:urn:dev:x:2", START);
	help_end();
}

/* A hit counts up to its end and not at it. */
static void a_count_at_its_edge(void **state)
{
	help_begin("rules:\n- { id: two, grade: 1, match: { names: tank.leak }, "
		   "count: { at_least: 2, within: 64s } }\n");
	help_event(1, CV_NAME_TANK_LEAK, 1, START);
	help_event(2, CV_NAME_TANK_LEAK, 1, START + 64 * SECOND);
	assert_int_equal(help.n, 0);
	help_event(1, CV_NAME_TANK_LEAK, 1, START + 128 * SECOND - 1);
	assert_int_equal(help.n, 1);
	told(0, CV_ALARM_RAISED, "two:all", START + 128 * SECOND - 1);
	help_end();
}

/* Silence by the interval that the registry expects, which may change. */
static void silence_by_interval(void **state)
{
	help_begin("rules:\n- { id: gone, grade: 4, silence: { factor: 2 } }\n");
	help.interval[1] = 100;
	help.interval[2] = 0;
	help_event(1, 0, 1, START);
	help_event(2, 0, 1, START);
	cv_alarm_engine_advance(help.engine, START + 199 * SECOND);
	assert_int_equal(help.n, 0);
	cv_alarm_engine_advance(help.engine, START + 201 * SECOND);
	assert_int_equal(help.n, 1);
	told(0, CV_ALARM_RAISED, "gone:urn:dev:x:1", START + 200 * SECOND);
	help.interval[1] = 10;
	help.interval[2] = 50;
	help.version++;
	help_event(1, 0, 1, START + 300 * SECOND);
	told(1, CV_ALARM_CLEARED, "gone:urn:dev:x:1", START + 300 * SECOND);
	cv_alarm_engine_advance(help.engine, START + 321 * SECOND);
	told(2, CV_ALARM_RAISED, "gone:urn:dev:x:1", START + 320 * SECOND);
	/* One that is expected and never comes. */
	cv_alarm_engine_expect(help.engine, 3, help.version, START + 321 * SECOND);
	help.interval[3] = 10;
	help.version++;
	cv_alarm_engine_expect(help.engine, 3, help.version, START + 322 * SECOND);
	cv_alarm_engine_advance(help.engine, START + 400 * SECOND);
	assert_int_equal(help.n, 3);
	cv_alarm_engine_expect(help.engine, 4, help.version, START + 400 * SECOND);
	help.interval[4] = 10;
	cv_alarm_engine_expect(help.engine, 5, help.version, START + 400 * SECOND);
	help_end();
	memset(help.interval, 0, sizeof(help.interval));
}

/* More ways to choose devices than are remembered: all the same. */
static void many_scopes(void **state)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "rules:\n");
	for (int i = 1; i <= 200; i++)
		fprintf(out,
			"- { id: r%d, grade: 1, match: { names: tank.pressure, devices: "
			"'urn:dev:x:%d' }, threshold: { above: 10 } }\n",
			i, i);
	fclose(out);
	help_begin(text);
	for (uint32_t device = 1; device <= 200; device++)
		help_event(device, CV_NAME_TANK_PRESSURE, 11, START + device * SECOND);
	assert_int_equal(help.n, 200);
	for (uint32_t i = 0; i < 200; i++) {
		char subject[64];

		snprintf(subject, sizeof(subject), "r%u:urn:dev:x:%u", i + 1, i + 1);
		told(i, CV_ALARM_RAISED, subject, START + (i + 1) * SECOND);
	}
	help_end();
	free(text);
}

/* ---- restart -------------------------------------------------------------------------------- */

static const char *urn_of(void *owner, uint32_t device, size_t *ret_len)
{
	struct cv_alarm_device d;

	help_device(NULL, device, &d);
	*ret_len = d.urn_len;
	return d.urn;
}

static uint32_t device_of(void *owner, const char *urn, size_t len)
{
	return (uint32_t)strtoul(urn + strlen("urn:dev:x:"), NULL, 10);
}

/* Everything active, as the log would have it: raised, and acknowledged where it was. */
static void restart(const char *text)
{
	static const struct cv_alarm_urns urns = {.urn = urn_of, .device = device_of};
	static _Alignas(8) uint8_t memory[64][CV_ALARM_RECORD_ROOM];
	struct cv_record *records[64];
	struct cv_alarm_told t;
	size_t n = 0;

	for (uint32_t i = 1; i < cv_alarm_engine_end(help.engine); i++) {
		const struct cv_alarm *a = cv_alarm_engine_at(help.engine, i);

		if (a) {
			records[n] = cv_alarm_record(help.engine, a, CV_ALARM_UPDATED, a->told_ns,
						     &urns, memory[n]);
			assert_int_equal(cv_record_check(records[n], CV_RECORD_MAX), 0);
			n++;
		}
	}
	help_end();
	help_begin(text);
	for (size_t i = 0; i < n; i++) {
		assert_true(cv_alarm_record_read(records[i], &urns, &t));
		assert_int_equal(t.change, CV_ALARM_UPDATED);
		assert_int_equal(cv_alarm_engine_restore(help.engine, &t.past), 0);
		assert_int_equal(cv_alarm_engine_restore(help.engine, &t.past), -EEXIST);
	}
	assert_int_equal(cv_alarm_engine_active(help.engine), n);
	assert_int_equal(help.n, 0);
}

static void alarms_outlive_a_restart(void **state)
{
	static const char text[] =
		"rules:\n" HIGH ", update: never }\n"
		"- { id: any, grade: 2, match: { names: air.* }, threshold: { above: 10 } }\n"
		"- { id: street, grade: 3, match: { names: water.level }, threshold: { above: 10 "
		"},\n"
		"    merge: { by: area, within: 60s } }\n"
		"- { id: gone, grade: 4, match: { tags: new }, silence: { after: 90s } }\n"
		"- { id: two, grade: 1, count: { of: high, at_least: 2, within: 1h, group: street "
		"} }\n";
	char ids[8][CV_ALARM_NAME_MAX];

	help_begin(text);
	help_event(1, CV_NAME_TANK_PRESSURE, 11, START);
	help_event(1, CV_NAME_AIR_CO, 11, START);
	help_event(3, CV_NAME_WATER_LEVEL, 11, START);
	help_event(1, CV_NAME_WATER_LEVEL, 11, START);
	help_event(2, CV_NAME_TANK_PRESSURE, 11, START + 10 * SECOND);
	cv_alarm_engine_advance(help.engine, START + 101 * SECOND);
	/* high 1, any 1/air.co, street, its update, high 2, two, gone 2. */
	assert_int_equal(help.n, 7);
	for (size_t i = 0; i < 7; i++)
		snprintf(ids[i], sizeof(ids[i]), "%s", help.told[i].id);
	assert_int_equal(cv_alarm_engine_ack(help.engine, ids[1], "anna", "I go there", START), 0);
	restart(text);
	assert_int_equal(cv_alarm_engine_ack(help.engine, ids[1], "bob", "", START), -EALREADY);
	assert_string_equal(cv_alarm_engine_find(help.engine, ids[1])->comment, "I go there");
	/* What goes on is told to nobody; what is over ends what was raised before. */
	help_event(1, CV_NAME_TANK_PRESSURE, 12, START + 200 * SECOND);
	help_event(1, CV_NAME_WATER_LEVEL, 12, START + 200 * SECOND);
	help_event(3, CV_NAME_WATER_LEVEL, 9, START + 200 * SECOND);
	assert_int_equal(help.n, 0);
	help_event(2, CV_NAME_TANK_PRESSURE, 9, START + 201 * SECOND);
	assert_int_equal(help.n, 2);
	help_event(1, CV_NAME_AIR_CO, 9, START + 202 * SECOND);
	assert_int_equal(help.n, 3);
	assert_string_equal(help.told[2].id, ids[1]);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(help.told[i].change, CV_ALARM_CLEARED);
		assert_true(strcmp(help.told[i].id, ids[4]) == 0 ||
			    strcmp(help.told[i].id, ids[6]) == 0);
	}
	help_event(1, CV_NAME_WATER_LEVEL, 9, START + 203 * SECOND);
	cv_alarm_engine_advance(help.engine, START + 264 * SECOND);
	assert_string_equal(help.told[help.n - 1].id, ids[2]);
	assert_int_equal(help.told[help.n - 1].change, CV_ALARM_CLEARED);
	/* The count ends an hour after it was told. */
	cv_alarm_engine_advance(help.engine, START + 3700 * SECOND);
	assert_string_equal(help.told[help.n - 1].id, ids[5]);
	assert_int_equal(help.told[help.n - 1].change, CV_ALARM_CLEARED);
	help_end();
}

/* Rules that are gone take their alarms with them; texts of any length are cut, not overrun. */
static void records_are_bounded(void **state)
{
	static const struct cv_alarm_urns urns = {.urn = urn_of, .device = device_of};
	static _Alignas(8) uint8_t memory[CV_ALARM_RECORD_ROOM];
	static char comment[5000];
	struct cv_alarm_told t;
	struct cv_record *rec;

	help_begin("rules:\n" HIGH ", merge: { by: area } }\n");
	for (uint32_t device = 1; device <= 3; device++)
		help_event(device, CV_NAME_TANK_PRESSURE, 11, START);
	memset(comment, 'x', sizeof(comment) - 1);
	assert_int_equal(cv_alarm_engine_ack(help.engine, help.told[0].id, comment, comment, START),
			 0);
	rec = cv_alarm_record(help.engine, cv_alarm_engine_at(help.engine, 1),
			      CV_ALARM_ACKNOWLEDGED, START, &urns, memory);
	assert_int_equal(cv_record_check(rec, CV_RECORD_MAX), 0);
	assert_true(cv_alarm_record_read(rec, &urns, &t));
	assert_int_equal(strlen(t.who), 127);
	assert_true(strlen(t.comment) > 100);
	assert_string_equal(t.area, "310115001");
	assert_int_equal(t.past.n_named, 3);
	help_end();
	help_begin("rules: []\n");
	assert_int_equal(cv_alarm_engine_restore(help.engine, &t.past), -ENOENT);
	help_end();
}

/* ---- parts ---------------------------------------------------------------------------------- */

static struct {
	struct cv_wheel_node node;
	int64_t asked, called;
} timers[2000];

static struct cv_wheel_node *timer_node(void *owner, uint32_t id)
{
	return &timers[id].node;
}

static void timer_due(void *owner, uint32_t id)
{
	timers[id].called = *(int64_t *)owner;
}

/* Never early, at most a tick late, however far away: beyond what the wheel reaches, too. */
static void the_wheel_keeps_time(void **state)
{
	uint64_t seed = 7;
	int64_t now = START;
	struct cv_wheel w = {.node = timer_node, .due = timer_due, .owner = &now};

	cv_wheel_advance(&w, now);
	memset(timers, 0, sizeof(timers));
	for (uint32_t i = 1; i < 2000; i++) {
		uint64_t bits = 20 + next_random_of(&seed) % 40; /* 1 ms to 18 years */

		timers[i].asked = now + 1 + (int64_t)(next_random_of(&seed) & ((1ull << bits) - 1));
		cv_wheel_arm(&w, i, timers[i].asked);
		cv_wheel_arm(&w, i, now); /* it is in it once */
	}
	/* Small steps at first, then each next deadline. */
	for (int i = 0; i < 20000; i++) {
		now += CV_WHEEL_TICK / 4;
		cv_wheel_advance(&w, now);
	}
	while (true) {
		int64_t next = INT64_MAX;

		for (uint32_t i = 1; i < 2000; i++) {
			if (timers[i].called == 0 && timers[i].asked < next)
				next = timers[i].asked;
		}
		if (next == INT64_MAX)
			break;
		now = next - 1 > now ? next - 1 : now;
		cv_wheel_advance(&w, now);
		now = next + CV_WHEEL_TICK;
		cv_wheel_advance(&w, now);
	}
	for (uint32_t i = 1; i < 2000; i++) {
		assert_true(timers[i].called >= timers[i].asked);
		assert_true(timers[i].called <= timers[i].asked + CV_WHEEL_TICK * 5 / 4);
	}
	/* A thousand years in one step, with something in it. */
	cv_wheel_arm(&w, 1, now + SECOND);
	timers[1].called = 0;
	now += INT64_C(200) * 365 * 86400 * SECOND;
	cv_wheel_advance(&w, now);
	assert_int_equal(timers[1].called, now);
}

/* Put in and taken out at random, with keys that meet: what is in it is found. */
static void a_table_finds_what_is_in_it(void **state)
{
	struct cv_alarm_table t = {0};
	uint32_t number[512] = {0};
	uint64_t seed = 3;

	for (int i = 0; i < 200000; i++) {
		uint32_t k = (uint32_t)(next_random_of(&seed) % 512);
		uint64_t key = (uint64_t)k << 32 | (k % 7 + 1);

		if (next_random_of(&seed) % 2) {
			number[k] = 1 + (uint32_t)i;
			assert_int_equal(cv_alarm_table_set(&t, key, number[k]), 0);
		} else {
			cv_alarm_table_remove(&t, key);
			number[k] = 0;
		}
		k = (uint32_t)(next_random_of(&seed) % 512);
		assert_int_equal(cv_alarm_table_find(&t, (uint64_t)k << 32 | (k % 7 + 1)),
				 number[k]);
	}
	free(t.slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_identity),
		cmocka_unit_test(what_is_not_looked_at),
		cmocka_unit_test(the_host_is_busy),
		cmocka_unit_test(bounds_are_kept_and_counted),
		cmocka_unit_test(a_count_at_its_edge),
		cmocka_unit_test(silence_by_interval),
		cmocka_unit_test(many_scopes),
		cmocka_unit_test(alarms_outlive_a_restart),
		cmocka_unit_test(records_are_bounded),
		cmocka_unit_test(the_wheel_keeps_time),
		cmocka_unit_test(a_table_finds_what_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
