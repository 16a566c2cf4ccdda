/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a slot that is left, and how its configuration comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/update/generation.h"

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

static const struct cv_update_self on_a = {.slot = "A", .other = "B", .version = "1"};
static const struct cv_update_self on_b = {.slot = "B", .other = "A", .version = "2"};

static const char *config(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/culvert.yaml", dir);
	return path;
}

static void put_config(const char *text)
{
	FILE *f = fopen(config(), "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void config_is(const char *path, const char *text)
{
	char found[64] = "";
	FILE *f = fopen(path, "re");

	if (!text) {
		assert_null(f);
		return;
	}
	assert_non_null(f);
	(void)!fread(found, 1, sizeof(found) - 1, f);
	fclose(f);
	assert_string_equal(found, text);
}

static void generation_is(const char *slot, const char *version, uint64_t number, bool closed,
			  const char *text)
{
	struct cv_update_generation g = {0};

	assert_int_equal(cv_update_generation_read(dir, slot, version, &g), 0);
	assert_int_equal(g.number, number);
	assert_int_equal(g.closed, closed);
	if (text)
		assert_string_equal(g.config, text);
	else
		assert_null(g.config);
	cv_update_generation_release(&g);
}

/* From one slot to the other, as install (restore: false) and rollback do. */
static struct cv_update_attempt leave(const struct cv_update_self *self, bool restore)
{
	struct cv_update_attempt a = {.phase = CV_UPDATE_TRIAL, .boot = "before"};

	a.restore = restore;
	snprintf(a.slot, sizeof(a.slot), "%s", self->other);
	assert_int_equal(cv_update_generation_leave(dir, config(), self), 0);
	assert_int_equal(cv_update_write(dir, &a), 0);
	return a;
}

static int enter(const struct cv_update_self *self, struct cv_update_attempt *a)
{
	return cv_update_generation_enter(dir, config(), self, a);
}

/* An upgrade from A with "one" to B, where the configuration becomes "two". */
static void upgrade(void)
{
	struct cv_update_attempt a;

	put_config("one");
	assert_int_equal(cv_update_generation_number(dir, &on_a), 1);
	a = leave(&on_a, false);
	generation_is("A", "1", 1, false, "one");
	assert_int_equal(enter(&on_b, &a), 0);
	assert_int_equal(cv_update_generation_number(dir, &on_b), 2);
	assert_int_equal(cv_update_generation_good(dir, &on_b), 0);
	generation_is("B", "2", 2, false, NULL);
	put_config("two");
}

static void test_kept(void **state)
{
	struct cv_update_generation g = {0};
	struct cv_update_attempt a;
	struct stat st;
	char path[128];

	put_config("first");
	a = leave(&on_a, false);
	/* Changed between the command and the reboot. */
	put_config("one");
	assert_int_equal(enter(&on_b, &a), 0);
	generation_is("A", "1", 1, true, "one");
	/* Changed on trial, and the hook runs again. */
	put_config("two");
	assert_int_equal(enter(&on_b, &a), 0);
	generation_is("A", "1", 1, true, "one");
	/* Another system lies there now. */
	assert_int_equal(cv_update_generation_read(dir, "A", "3", &g), -ENOENT);
	snprintf(path, sizeof(path), "%s/generations/A.json", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	cv_update_generation_forget(dir, "A");
	assert_int_equal(cv_update_generation_read(dir, "A", NULL, &g), -ENOENT);
}

static void test_rolled_back(void **state)
{
	struct cv_update_attempt a, on_disk;

	upgrade();
	a = leave(&on_b, true);
	config_is(config(), "two");
	assert_int_equal(enter(&on_a, &a), 1);
	config_is(config(), "one");
	generation_is("B", "2", 2, true, "two");
	assert_int_equal(cv_update_read(dir, &on_disk), 0);
	assert_false(on_disk.restore);
	/* What the older system's operator changes stays, also when it starts on trial once more. */
	put_config("one and more");
	assert_int_equal(enter(&on_a, &a), 0);
	config_is(config(), "one and more");
	/* It is good, which is said twice. */
	assert_int_equal(cv_update_generation_good(dir, &on_a), 0);
	assert_int_equal(cv_update_generation_good(dir, &on_a), 0);
	assert_int_equal(cv_update_generation_number(dir, &on_a), 3);
	/* The rollback of the rollback. */
	a = leave(&on_a, true);
	assert_int_equal(enter(&on_b, &a), 1);
	config_is(config(), "two");
	generation_is("A", "1", 3, true, "one and more");
	assert_int_equal(cv_update_generation_good(dir, &on_b), 0);
	assert_int_equal(cv_update_generation_number(dir, &on_b), 4);
}

static void test_configuration_stays(void **state)
{
	struct cv_update_attempt a;

	upgrade();
	a = leave(&on_b, false);
	assert_int_equal(enter(&on_a, &a), 0);
	config_is(config(), "two");
	/* Of the slot nothing is known. */
	cv_update_generation_forget(dir, "A");
	a = leave(&on_b, true);
	assert_int_equal(enter(&on_a, &a), -ENOENT);
	config_is(config(), "two");
}

static void test_undone(void **state)
{
	struct cv_update_attempt a;
	char replaced[160];

	upgrade();
	snprintf(replaced, sizeof(replaced), "%s.replaced", config());
	a = leave(&on_b, true);
	assert_int_equal(enter(&on_a, &a), 1);
	assert_int_equal(cv_update_generation_return(dir, config(), &on_b), 1);
	config_is(config(), "two");
	config_is(replaced, NULL); /* it is A's, and kept */
	generation_is("A", "1", 1, true, "one");
	/* Changed since; and the next start, the trial being noted or not. */
	put_config("two and more");
	assert_int_equal(cv_update_generation_return(dir, config(), &on_b), 0);
	config_is(config(), "two and more");
	/* On trial the older one changed it. */
	a = leave(&on_b, true);
	assert_int_equal(enter(&on_a, &a), 1);
	put_config("one in haste");
	assert_int_equal(cv_update_generation_return(dir, config(), &on_b), 1);
	config_is(config(), "two and more");
	config_is(replaced, "one in haste");
}

/* The power is cut behind each write of the older system's first start, and the newer one comes back. */
static void test_cuts(void **state)
{
	struct cv_update_attempt a;

	/* Before the older one was started at all: changes since then stay. */
	upgrade();
	(void)leave(&on_b, true);
	put_config("two b");
	assert_int_equal(cv_update_generation_return(dir, config(), &on_b), 0);
	config_is(config(), "two b");
	/* Behind the closing of the generation: as if there was nothing to bring back. */
	a = leave(&on_b, false);
	assert_int_equal(enter(&on_a, &a), 0);
	assert_int_equal(cv_update_generation_return(dir, config(), &on_b), 0);
	config_is(config(), "two b");
	/* Behind the file: the note is still there when it starts again. */
	a = leave(&on_b, true);
	assert_int_equal(enter(&on_a, &a), 1);
	a.restore = true;
	assert_int_equal(cv_update_write(dir, &a), 0);
	assert_int_equal(enter(&on_a, &a), 0);
	config_is(config(), "one");
	generation_is("B", "2", 2, true, "two b");
	/* Behind the file, and the newer one starts; its way back is cut behind the file, too. */
	put_config("two b");
	assert_int_equal(cv_update_generation_return(dir, config(), &on_b), 0);
	config_is(config(), "two b");
	generation_is("B", "2", 2, false, "two b");
}

/* Nothing is written where it cannot be written whole; and what is there may be anything. */
static void test_no_room(void **state)
{
	struct cv_update_generation g = {0};
	struct cv_update_attempt a;
	char path[128];
	FILE *f;

	assert_int_equal(cv_update_generation_leave("/nonexistent/update", config(), &on_a),
			 -ENOENT);
	/* No configuration, and one that is no text. */
	a = leave(&on_a, false);
	generation_is("A", "1", 1, false, NULL);
	put_config("\xff\xfe");
	a = leave(&on_a, false);
	generation_is("A", "1", 1, false, NULL);
	/* Without a generation of what is left nothing is brought back. */
	upgrade();
	a = leave(&on_b, true);
	snprintf(path, sizeof(path), "%s/generations/B.json", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs("{\"number\": 0, \"version\": \"2\", \"closed\": false}", f);
	fclose(f);
	assert_int_equal(cv_update_generation_read(dir, "B", NULL, &g), -EBADMSG);
	assert_int_equal(enter(&on_a, &a), -EBADMSG);
	config_is(config(), "two");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(enter(&on_a, &a), -ENOENT);
	config_is(config(), "two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_rolled_back, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_configuration_stays, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_undone, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_cuts, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_no_room, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
