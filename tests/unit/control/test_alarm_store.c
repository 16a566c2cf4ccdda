/* SPDX-License-Identifier: Apache-2.0 */
/* What of alarms outlives a control: taken, written, read again; and files that are damaged. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "control/alarm/store.h"
#include "dataplane/normalize/emit.h"
#include "tests/random.h"

static char dir[64], path[96];

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/culvert-alarm-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/" CV_ALARM_FILE, dir);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static struct cv_alarm_store *open_store(int expected)
{
	struct cv_alarm_store *s = NULL;
	const char *why = "";

	assert_int_equal(cv_alarm_store_open(path, &s, &why), expected);
	return s;
}

/* The nth alarm's record, with a value. */
static const struct cv_record *record(unsigned int n, enum cv_alarm_change change, double value)
{
	static _Alignas(8) uint8_t memory[2 * CV_RECORD_MAX];
	static const struct cv_origin origin = {.ts_rx_ns = 5};
	struct cv_alarm_note note = {.change = (uint8_t)change, .grade = 1, .devices = 1};
	struct cv_sink sink = {0};
	struct cv_record *rec;
	struct cv_emit e;
	char id[32];

	sink.lane[CV_LANE_ALARM].cur = memory;
	sink.lane[CV_LANE_ALARM].end = memory + sizeof(memory);
	cv_emit_init(&e, &sink);
	e.origin = &origin;
	rec = cv_emit_begin(&e, CV_LANE_ALARM, CV_KIND_ALARM);
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = value;
	snprintf(id, sizeof(id), "alarm:r:%u:1", n);
	cv_emit_tlv(&e, CV_TLV_CORRELATION, id, strlen(id));
	cv_emit_tlv(&e, CV_TLV_ALARM, &note, sizeof(note));
	cv_emit_end(&e);
	cv_emit_finish(&e);
	return rec;
}

struct seen {
	double value[64]; /* by n; 0 = not active */
};

static void see(void *owner, const struct cv_record *rec)
{
	struct cv_tlv_view id = cv_record_tlv(rec, CV_TLV_CORRELATION);
	struct seen *seen = owner;
	unsigned int n = 0;

	assert_int_equal(sscanf((const char *)id.data, "alarm:r:%u:", &n), 1);
	assert_true(n < 64 && seen->value[n] == 0);
	seen->value[n] = rec->value.f64;
}

static void is_as(const struct cv_alarm_store *s, const struct seen *wanted)
{
	struct seen seen = {0};

	cv_alarm_store_each(s, see, &seen);
	assert_memory_equal(&seen, wanted, sizeof(seen));
}

/* Any order of raises, updates and clears, written now and then, closed and opened: the same. */
static void what_is_active_is_what_is_read(void **state)
{
	struct cv_alarm_store *s = open_store(1);
	struct seen wanted = {0};
	uint64_t seed = 11;

	for (int i = 1; i <= 3000; i++) {
		unsigned int n = (unsigned int)(next_random_of(&seed) % 64);
		bool cleared = next_random_of(&seed) % 3 == 0;

		cv_alarm_store_take(s, record(n, cleared ? CV_ALARM_CLEARED : CV_ALARM_UPDATED, i));
		cv_alarm_store_up_to(s, (uint64_t)i);
		wanted.value[n] = cleared ? 0 : i;
		if (next_random_of(&seed) % 20 == 0)
			assert_int_equal(cv_alarm_store_flush(s), 0);
		if (next_random_of(&seed) % 200 != 0)
			continue;
		is_as(s, &wanted);
		cv_alarm_store_close(s);
		s = open_store(0);
		assert_int_equal(cv_alarm_store_seq(s), i);
		is_as(s, &wanted);
	}
	cv_alarm_store_close(s);
}

/* A file of before there were versions is taken, one of a newer Culvert is let be. */
static void newer_is_refused(void **state)
{
	sqlite3 *db = NULL;

	cv_alarm_store_close(open_store(1));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 0", NULL, NULL, NULL), SQLITE_OK);
	cv_alarm_store_close(open_store(1));
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
	assert_null(open_store(-EPROTO));
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 1", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	cv_alarm_store_close(open_store(1));
}

static void rules_are_kept(void **state)
{
	struct cv_alarm_kept rules = {.number = 3,
				      .version = 9,
				      .text = "a\nb",
				      .len = 3,
				      .who = "anna",
				      .config = "abc"};
	struct cv_alarm_store *s = open_store(1);

	assert_int_equal(cv_alarm_store_rules(s).number, 0);
	assert_int_equal(cv_alarm_store_keep_rules(s, &rules), 0);
	rules.number = 4;
	rules.text = "";
	rules.len = 0;
	assert_int_equal(cv_alarm_store_keep_rules(s, &rules), 0);
	/* A number is taken once. */
	assert_true(cv_alarm_store_keep_rules(s, &rules) < 0);
	cv_alarm_store_close(s);
	s = open_store(1);
	rules = cv_alarm_store_rules(s);
	assert_int_equal(rules.number, 4);
	assert_int_equal(rules.version, 9);
	assert_int_equal(rules.len, 0);
	assert_string_equal(rules.who, "anna");
	assert_string_equal(rules.config, "abc");
	cv_alarm_store_close(s);
}

/* No database: it is put aside. Records that are none: they are passed over. */
static void damage_is_put_aside(void **state)
{
	struct cv_alarm_store *s;
	char aside[128], command[400];
	struct seen wanted = {0};
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	for (int i = 0; i < 5000; i++)
		fputs("not a database ", f);
	fclose(f);
	s = open_store(1);
	cv_alarm_store_take(s, record(7, CV_ALARM_RAISED, 1));
	cv_alarm_store_up_to(s, 1);
	cv_alarm_store_close(s);
	snprintf(aside, sizeof(aside), "%s.damaged", path);
	assert_int_equal(access(aside, F_OK), 0);
	snprintf(command, sizeof(command),
		 "sqlite3 '%s' \"INSERT INTO active VALUES ('x', x'00'), ('y', zeroblob(128)), "
		 "('z', randomblob(2048)), ('w', randomblob(5000))\"",
		 path);
	if (system("command -v sqlite3 >/dev/null") == 0)
		assert_int_equal(system(command), 0);
	s = open_store(0);
	wanted.value[7] = 1;
	is_as(s, &wanted);
	cv_alarm_store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_active_is_what_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(rules_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_put_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(newer_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
