/* SPDX-License-Identifier: Apache-2.0 */
/* The record of the last upgrade, and small questions to a system. The rest runs in tests/vm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/update/update.h"

static char dir[64];

static int make_dir(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/cvupdateXXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void put(const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/attempt.json", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_nothing_attempted(void **state)
{
	struct cv_update_attempt a = {.phase = CV_UPDATE_FAILED};

	assert_int_equal(cv_update_read(dir, &a), 0);
	assert_int_equal(a.phase, CV_UPDATE_NONE);
}

static void test_written_is_read(void **state)
{
	for (int phase = 0; phase < CV_UPDATE_PHASE_COUNT; phase++) {
		const struct cv_update_attempt a = {
			.phase = (enum cv_update_phase)phase,
			.slot = "B",
			.version = "0.2.0+20261122.1",
			.from = "0.1.0",
			.boot = "4c1c5e0e-0000-4000-8000-000000000001",
			.since = 1795320000,
			.restore = phase % 2 != 0,
		};
		struct cv_update_attempt b = {0};

		assert_int_equal(cv_update_write(dir, &a), 0);
		assert_int_equal(cv_update_read(dir, &b), 0);
		assert_int_equal(b.phase, phase);
		assert_string_equal(b.slot, "B");
		assert_string_equal(b.version, "0.2.0+20261122.1");
		assert_string_equal(b.from, "0.1.0");
		assert_string_equal(b.boot, a.boot);
		assert_int_equal(b.since, 1795320000);
		assert_int_equal(b.restore, a.restore);
	}
}

/* What is no such file leaves the caller's record as it was. */
static void test_damaged(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{\"phase\": \"trial\"}",
		"{\"phase\": \"soon\", \"slot\": \"B\", \"version\": \"2\", \"from\": \"1\"}",
		"{\"phase\": \"trial\", \"slot\": \"BBBBBBBBB\", \"version\": \"2\", \"from\": "
		"\"1\"}",
		"{\"phase\": \"trial\", \"slot\": 1, \"version\": \"2\", \"from\": \"1\"}",
		"{\"phase\": \"trial\", \"phase\": \"none\", \"slot\": \"B\", \"version\": \"2\", "
		"\"from\": \"1\"}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cv_update_attempt a = {.since = 7};

		put(bad[i]);
		assert_int_equal(cv_update_read(dir, &a), -EBADMSG);
		assert_int_equal(a.since, 7);
	}
}

static void test_no_folder(void **state)
{
	const struct cv_update_attempt a = {0};

	assert_int_equal(cv_update_write("/nonexistent/update", &a), -ENOENT);
}

static void test_versions(void **state)
{
	assert_true(cv_update_older("0.1.0", "0.2.0"));
	assert_true(cv_update_older("0.9.0", "0.10.0"));
	assert_true(cv_update_older("0.1.0+20261122.035000.aaaaaaaa",
				    "0.1.0+20261122.035001.00000000"));
	assert_true(cv_update_older("0.1.0", "0.1.0+20261122"));
	assert_true(cv_update_older("1.0.0-rc1", "1.0.0"));
	assert_true(cv_update_older("1.0.0~rc1", "1.0.0"));
	assert_true(cv_update_older("1.0.0-rc9", "1.0.0-rc10"));
	assert_true(cv_update_older("1.0.0-rc1+b1", "1.0.0"));
	assert_false(cv_update_older("1.0.0", "1.0.0-rc1"));
	assert_false(cv_update_older("1.0.0-rc1", "0.9.9"));
	assert_false(cv_update_older("", ""));
	assert_false(cv_update_older("0.2.0", "0.2.0"));
	assert_false(cv_update_older("1.0", "0.99"));
}

static void test_command_line(void **state)
{
	char word[8] = "x";

	assert_int_equal(cv_update_word("ro rauc.slot=B quiet\n", "rauc.slot", word, sizeof(word)),
			 0);
	assert_string_equal(word, "B");
	assert_int_equal(cv_update_word("rauc.slot=A", "rauc.slot", word, sizeof(word)), 0);
	assert_string_equal(word, "A");
	assert_int_equal(cv_update_word("xrauc.slot=B rauc.slots=B rauc.slot", "rauc.slot", word,
					sizeof(word)),
			 -ENOENT);
	assert_int_equal(cv_update_word("rauc.slot=far-too-long", "rauc.slot", word, sizeof(word)),
			 -ENOENT);
	assert_int_equal(cv_update_word("", "rauc.slot", word, sizeof(word)), -ENOENT);
	assert_string_equal(word, "A");
}

static void test_trial(void **state)
{
	const struct cv_update_self self = {.slot = "B", .other = "A", .version = "2"};
	struct cv_update_attempt a = {.phase = CV_UPDATE_TRIAL, .slot = "B"};

	assert_true(cv_update_on_trial(&self, &a));
	snprintf(a.slot, sizeof(a.slot), "A");
	assert_false(cv_update_on_trial(&self, &a));
	snprintf(a.slot, sizeof(a.slot), "B");
	/* The power was cut when the firmware knew and the disk did not. */
	a.phase = CV_UPDATE_INSTALLING;
	assert_true(cv_update_on_trial(&self, &a));
	a.phase = CV_UPDATE_FAILED;
	assert_false(cv_update_on_trial(&self, &a));
	a.phase = CV_UPDATE_NONE;
	assert_false(cv_update_on_trial(&self, &a));
}

static void test_run(void **state)
{
	static const char *const json[] = {"echo", "{\"a\": 1}", NULL};
	static const char *const none[] = {"true", NULL};
	static const char *const fails[] = {"sh", "-c", "exit 3", NULL};
	static const char *const absent[] = {"/nonexistent/rauc", NULL};
	json_t *doc;

	assert_int_equal(cv_update_run(json, &doc), 0);
	assert_int_equal(json_integer_value(json_object_get(doc, "a")), 1);
	json_decref(doc);
	assert_int_equal(cv_update_run(none, &doc), 0);
	assert_null(doc);
	assert_int_equal(cv_update_run(fails, NULL), 3);
	assert_int_equal(cv_update_run(absent, &doc), 127);
	assert_null(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_attempted, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_written_is_read, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_damaged, make_dir, remove_dir),
		cmocka_unit_test(test_no_folder),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_trial),
		cmocka_unit_test(test_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
