/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/eventlog/log_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define LANE CV_LANE_STATUS
#define SEGMENT (4u * CV_BLOCK_SIZE)

static void open_log(struct fixture *fx)
{
	const char *why = "no reason given";
	int res = fx_open(fx, &why);

	if (res < 0)
		fail_msg("open: %s", why);
}

/* Every event from begin to end in order, its value is its sequence; @return how many. */
static uint64_t read_all(struct fixture *fx)
{
	uint64_t seq = cv_eventlog_begin(fx->log, LANE), n = 0;

	while (seq < cv_eventlog_end(fx->log, LANE)) {
		assert_int_equal(fx_read(fx, LANE, seq), 0);
		assert_string_equal(fx->copy->node, "node-7");
		for (; seq < fx->copy->first_seq + fx->copy->count; seq++, n++)
			assert_int_equal(fx_value(fx->copy, seq), seq);
	}
	assert_int_equal(fx_read(fx, LANE, seq), -ENODATA);
	return n;
}

static void append_small(struct fixture *fx, uint64_t from, unsigned int count)
{
	fx_block(fx, 0, LANE, from, from, count, 20);
	assert_int_equal(fx_append(fx, LANE, 1), 0);
}

static void test_append_read_and_reopen(void **state)
{
	struct fixture fx;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	assert_int_equal(cv_eventlog_begin(fx.log, LANE), 1);
	assert_int_equal(cv_eventlog_end(fx.log, LANE), 1);
	append_small(&fx, 1, 10);
	append_small(&fx, 11, 5);
	assert_int_equal(cv_eventlog_end(fx.log, LANE), 16);
	assert_int_equal(read_all(&fx), 15);
	assert_int_equal(fx_read(&fx, LANE, 0), -ESTALE);
	assert_int_equal(cv_eventlog_counters(fx.log)->logged[LANE], 15);
	assert_int_equal(cv_eventlog_counters(fx.log)->bytes, 8192);
	fx_close(&fx);

	open_log(&fx);
	assert_int_equal(cv_eventlog_end(fx.log, LANE), 16);
	assert_int_equal(read_all(&fx), 15); /* from the file now */
	assert_int_equal(cv_eventlog_last_source(fx.log, FX_INCARNATION, 3, LANE), 11);
	assert_int_equal(cv_eventlog_last_source(fx.log, FX_INCARNATION, 2, LANE), 0);
	assert_int_equal(cv_eventlog_counters(fx.log)->cut_bytes, 0);
	append_small(&fx, 16, 3);
	assert_int_equal(read_all(&fx), 18);
	fx_destroy(&fx);
}

/* Groups of full and partly filled blocks, over many segments, larger than a segment. */
static void test_groups_roll_over_segments(void **state)
{
	struct fixture fx;
	uint64_t value = 1;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	for (unsigned int round = 1; round <= 20; round++) {
		unsigned int n = round % 9 + 1;

		for (unsigned int i = 0; i < n; i++)
			value += fx_block(&fx, i, LANE, round * 100 + i, value,
					  round % 3 ? 1000 : round, 100);
		assert_int_equal(fx_append(&fx, LANE, n), 0);
		assert_int_equal(cv_eventlog_end(fx.log, LANE), value);
	}
	assert_true(cv_eventlog_bytes(fx.log, LANE) > 10 * SEGMENT);
	assert_int_equal(read_all(&fx), value - 1);
	fx_close(&fx);
	open_log(&fx);
	assert_int_equal(read_all(&fx), value - 1);
	assert_int_equal(cv_eventlog_counters(fx.log)->bad_blocks, 0);
	fx_destroy(&fx);
}

static void test_seek_by_time(void **state)
{
	struct fixture fx;
	uint64_t value = 1;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	for (unsigned int i = 0; i < 30; i++) {
		value += fx_block(&fx, 0, LANE, i + 1, value, 100, 200);
		assert_int_equal(fx_append(&fx, LANE, 1), 0);
	}
	for (uint64_t want = 1; want < value; want += 37) {
		/* Values are microseconds; all before the answer is older, and it is near. */
		uint64_t seq = cv_eventlog_seek(fx.log, LANE, (int64_t)want * 1000);

		assert_true(seq <= want);
		assert_true(want - seq <= 400);
	}
	assert_int_equal(cv_eventlog_seek(fx.log, LANE, INT64_MAX), value);
	assert_int_equal(cv_eventlog_seek(fx.log, LANE, INT64_MIN), 1);
	fx_destroy(&fx);
}

static void test_retention(void **state)
{
	struct fixture fx;
	uint64_t value = 1;

	fx_init(&fx, SEGMENT);
	fx.config.retain_bytes[LANE] = 3 * SEGMENT;
	open_log(&fx);
	for (unsigned int i = 0; i < 40; i++) {
		value += fx_block(&fx, 0, LANE, i + 1, value, 1000, 100);
		assert_int_equal(fx_append(&fx, LANE, 1), 0);
	}
	assert_true(cv_eventlog_bytes(fx.log, LANE) <= 3 * SEGMENT);
	assert_true(cv_eventlog_begin(fx.log, LANE) > 1);
	assert_int_equal(fx_read(&fx, LANE, 1), -ESTALE);
	assert_int_equal(read_all(&fx), value - cv_eventlog_begin(fx.log, LANE));
	fx_destroy(&fx);
}

/* A reader who is behind keeps the log from shrinking, up to a bound. */
static void test_retention_holds_for_readers(void **state)
{
	struct fixture fx;
	uint64_t value = 1;
	bool held = false;

	fx_init(&fx, SEGMENT);
	fx.config.retain_bytes[LANE] = 3 * SEGMENT;
	fx.config.hold_bytes = 4 * SEGMENT;
	open_log(&fx);
	cv_eventlog_hold(fx.log, LANE, 1);
	for (unsigned int i = 0; i < 100; i++) {
		value += fx_block(&fx, 0, LANE, i + 1, value, 1000, 100);
		assert_int_equal(fx_append(&fx, LANE, 1), 0);
		held = held || (cv_eventlog_bytes(fx.log, LANE) > 4 * SEGMENT &&
				cv_eventlog_begin(fx.log, LANE) == 1);
	}
	assert_true(held);
	assert_true(cv_eventlog_bytes(fx.log, LANE) <= 8 * SEGMENT);
	assert_true(cv_eventlog_begin(fx.log, LANE) > 1);
	assert_int_equal(fx_read(&fx, LANE, 1), -ESTALE); /* which is what the reader is told */
	cv_eventlog_hold(fx.log, LANE, UINT64_MAX);
	fx_wait(&fx, 1500000000);
	assert_true(cv_eventlog_bytes(fx.log, LANE) <= 3 * SEGMENT);
	fx_destroy(&fx);
}

static void test_refused_records_leave_a_told_hole(void **state)
{
	struct fixture fx;
	const struct cv_record *gap;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	append_small(&fx, 1, 10);
	cv_eventlog_refuse(fx.log, LANE, CV_REFUSAL_REPEATED, 5); /* no hole */
	cv_eventlog_refuse(fx.log, LANE, CV_REFUSAL_BAD_BLOCK, 7);
	cv_eventlog_refuse(fx.log, LANE, CV_REFUSAL_BAD_BLOCK, 2);
	append_small(&fx, 21, 1); /* 11-19 refused, 20 is the gap record */
	assert_int_equal(cv_eventlog_end(fx.log, LANE), 22);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(fx_read(&fx, LANE, 11), -EBADMSG);
		assert_int_equal(fx.read.skip_to, 20);
		assert_true(fx.read.told);
		assert_int_equal(fx_read(&fx, LANE, 19), -EBADMSG);
		assert_int_equal(fx_read(&fx, LANE, 20), 0);
		gap = (const struct cv_record *)(const void *)(fx.copy + 1);
		assert_int_equal(gap->kind, CV_KIND_GAP);
		assert_int_equal(gap->value.u64, 9);
		assert_true(cv_record_tlv(gap, CV_TLV_TEXT).len > 0);
		assert_int_equal(fx_read(&fx, LANE, 21), 0);
		assert_int_equal(fx_value(fx.copy, 21), 21);
		fx_close(&fx);
		open_log(&fx);
	}
	/* A lane that falls silent still tells. */
	cv_eventlog_refuse(fx.log, LANE, CV_REFUSAL_BAD_BLOCK, 3);
	for (int i = 0; i < 50 && cv_eventlog_end(fx.log, LANE) == 22; i++)
		fx_wait(&fx, 100000000);
	assert_int_equal(cv_eventlog_end(fx.log, LANE), 26);
	assert_int_equal(cv_eventlog_counters(fx.log)->gaps[LANE], 1);
	assert_int_equal(cv_eventlog_counters(fx.log)->refused[LANE][CV_REFUSAL_BAD_BLOCK], 3);
	fx_destroy(&fx);
}

static void patch(struct fixture *fx, uint64_t first, uint64_t off, const void *data, size_t len)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%020llu.log", fx->dir, cv_lane_name(LANE),
		 (unsigned long long)first);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, len, (off_t)off), len);
	close(fd);
}

/* Damage found at recovery and damage found later, at the read. */
static void test_damage_in_the_middle(void **state)
{
	struct fixture fx;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	for (uint64_t i = 0; i < 5; i++)
		append_small(&fx, 1 + i * 10, 10);
	fx_close(&fx);
	patch(&fx, 1, 4096 + 300, "damage", 6); /* events 11-20 */
	fx_forget_index(&fx, LANE);
	open_log(&fx);
	assert_int_equal(cv_eventlog_counters(fx.log)->bad_blocks, 1);
	assert_int_equal(cv_eventlog_counters(fx.log)->cut_bytes, 0);
	assert_int_equal(cv_eventlog_end(fx.log, LANE), 51);
	assert_int_equal(fx_read(&fx, LANE, 11), -EBADMSG);
	assert_int_equal(fx.read.skip_to, 21);
	assert_false(fx.read.told);
	assert_int_equal(fx_read(&fx, LANE, 21), 0);

	patch(&fx, 1, 3 * 4096 + 300, "damage", 6); /* events 31-40 */
	cv_eventlog_read_free(&fx.read);
	assert_int_equal(fx_read(&fx, LANE, 10), 0);
	assert_int_equal(fx_read(&fx, LANE, 30), 0);
	assert_int_equal(fx_read(&fx, LANE, 35), -EBADMSG);
	assert_int_equal(fx.read.skip_to, 41);
	assert_int_equal(fx_read(&fx, LANE, 41), 0);
	fx_destroy(&fx);
}

/* A flipped bit in a head does not make the file one of another version. */
static void test_damage_to_a_version(void **state)
{
	uint16_t version = CV_BLOCK_VERSION ^ 0x40;
	struct fixture fx;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	for (uint64_t i = 0; i < 3; i++)
		append_small(&fx, 1 + i * 10, 10);
	fx_close(&fx);
	patch(&fx, 1, 4, &version, sizeof(version)); /* events 1-10 */
	fx_forget_index(&fx, LANE);
	open_log(&fx);
	assert_int_equal(cv_eventlog_counters(fx.log)->bad_blocks, 1);
	assert_int_equal(cv_eventlog_end(fx.log, LANE), 31);
	assert_int_equal(fx_read(&fx, LANE, 1), -EBADMSG);
	assert_int_equal(fx.read.skip_to, 11);
	assert_int_equal(fx_read(&fx, LANE, 11), 0);
	fx_destroy(&fx);
}

static void test_torn_tail_is_cut(void **state)
{
	struct fixture fx;
	struct cv_block torn;
	char path[512];
	int fd;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	append_small(&fx, 1, 10);
	fx_close(&fx);
	snprintf(path, sizeof(path), "%s/%s/%020d.log", fx.dir, cv_lane_name(LANE), 1);
	fd = open(path, O_RDONLY);
	assert_int_equal(pread(fd, &torn, sizeof(torn), 0), sizeof(torn));
	close(fd);
	patch(&fx, 1, 4096, &torn, sizeof(torn));
	patch(&fx, 1, 69632, &torn, sizeof(torn));
	open_log(&fx);
	assert_int_equal(cv_eventlog_counters(fx.log)->cut_bytes, 8192);
	assert_int_equal(cv_eventlog_counters(fx.log)->bad_blocks, 0);
	append_small(&fx, 11, 10);
	fx_close(&fx);
	open_log(&fx);
	assert_int_equal(cv_eventlog_counters(fx.log)->cut_bytes, 0);
	assert_int_equal(read_all(&fx), 20);
	fx_destroy(&fx);
}

static void expect_refusal(struct fixture *fx, int want, const char *text)
{
	const char *why = NULL;
	int res = fx_open(fx, &why);

	assert_int_equal(res, want);
	assert_non_null(why);
	if (!strstr(why, text))
		fail_msg("\"%s\" does not say \"%s\"", why, text);
	fx->log = NULL;
}

static void test_open_says_what_is_wrong(void **state)
{
	struct fixture fx, second;
	char path[512], missing[300];
	uint16_t version = CV_BLOCK_VERSION + 1;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	append_small(&fx, 1, 10);
	fx_init(&second, SEGMENT);
	second.config.dir = fx.dir;
	expect_refusal(&second, -EBUSY, "another culvert-control");
	fx_close(&fx);

	snprintf(missing, sizeof(missing), "%s/a/b/c", second.dir);
	second.config.dir = missing;
	open_log(&second); /* folders are made */
	fx_close(&second);
	snprintf(path, sizeof(path), "%s/file", second.dir);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	second.config.dir = path;
	expect_refusal(&second, -ENOTDIR, "set another log.dir");
	second.config.dir = second.dir;
	second.config.segment_size = 1ull << 50;
	expect_refusal(&second, -ENOSPC, "MiB free");
	second.config.segment_size = 1000;
	expect_refusal(&second, -EINVAL, "multiple of 64 KiB");
	fx_destroy(&second);

	patch(&fx, 1, 4, &version, sizeof(version));
	expect_refusal(&fx, -EPROTO, "another version");
	patch(&fx, 1, 0, "#!/bin/sh\n", 10);
	expect_refusal(&fx, -ENOMSG, "not an event log");
	snprintf(path, sizeof(path), "%s/%s/%020d.log", fx.dir, cv_lane_name(LANE), 1);
	assert_int_equal(truncate(path, 5000), 0);
	expect_refusal(&fx, -ENOMSG, "not an event log");
	fx_destroy(&fx);
}

static void test_unwritable_folder(void **state)
{
	struct fixture fx;
	const char *why;

	if (geteuid() == 0) {
		/* /proc refuses root too. */
		fx_init(&fx, SEGMENT);
		fx.config.dir = "/proc/culvert";
		assert_true(fx_open(&fx, &why) < 0);
		assert_non_null(strstr(why, "/proc/culvert"));
		fx.log = NULL;
		fx_destroy(&fx);
		return;
	}
	fx_init(&fx, SEGMENT);
	assert_int_equal(chmod(fx.dir, 0500), 0);
	expect_refusal(&fx, -EACCES, "may write to");
	chmod(fx.dir, 0700);
	fx_destroy(&fx);
}

struct counting {
	struct cv_log_watch watch;
	unsigned int calls;
};

static void grown(struct cv_log_watch *w, enum cv_lane lane)
{
	struct counting *c = (struct counting *)(void *)w;

	assert_int_equal(lane, LANE);
	c->calls++;
}

static void test_watch(void **state)
{
	struct counting c = {.watch = {.grown = grown}};
	struct fixture fx;

	fx_init(&fx, SEGMENT);
	open_log(&fx);
	cv_eventlog_watch(fx.log, &c.watch);
	append_small(&fx, 1, 1);
	assert_int_equal(c.calls, 1);
	cv_eventlog_unwatch(fx.log, &c.watch);
	append_small(&fx, 2, 1);
	assert_int_equal(c.calls, 1);
	fx_destroy(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_append_read_and_reopen),
		cmocka_unit_test(test_groups_roll_over_segments),
		cmocka_unit_test(test_seek_by_time),
		cmocka_unit_test(test_retention),
		cmocka_unit_test(test_retention_holds_for_readers),
		cmocka_unit_test(test_refused_records_leave_a_told_hole),
		cmocka_unit_test(test_damage_in_the_middle),
		cmocka_unit_test(test_damage_to_a_version),
		cmocka_unit_test(test_torn_tail_is_cut),
		cmocka_unit_test(test_open_says_what_is_wrong),
		cmocka_unit_test(test_unwritable_folder),
		cmocka_unit_test(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
