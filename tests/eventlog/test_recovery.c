/* SPDX-License-Identifier: Apache-2.0 */
/* What recovery reads of segments larger than a write, and what it finds all the same. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/eventlog/log_fixture.h"

#define LANE CV_LANE_STATUS
#define SEGMENT (16u << 20)
/* The most that one write takes and may tear; see CV_TORN_MAX. */
#define TORN ((uint64_t)CV_APPEND_MAX * CV_BLOCK_SIZE + CV_BLOCK_ALIGN)

static struct fixture fx;
static uint64_t events; /* appended */

static void open_log(void)
{
	const char *why = "no reason given";

	if (fx_open(&fx, &why) < 0)
		fail_msg("open: %s", why);
}

/* Events by the number of blocks, 64 KiB each. */
static void append_blocks(unsigned int blocks)
{
	for (unsigned int done = 0, n; done < blocks; done += n) {
		n = blocks - done < CV_APPEND_MAX ? blocks - done : CV_APPEND_MAX;
		for (unsigned int i = 0; i < n; i++)
			events += fx_block(&fx, i, LANE, done + i + 1, events + 1, 1000, 100);
		assert_int_equal(fx_append(&fx, LANE, n), 0);
	}
}

static int setup(void **state)
{
	events = 0;
	fx_init(&fx, SEGMENT);
	open_log();
	append_blocks(40);
	return 0;
}

static int teardown(void **state)
{
	fx_destroy(&fx);
	return 0;
}

#define FIRST "00000000000000000001.log"

static void patch(uint64_t off, const void *data, size_t len)
{
	int fd = fx_open_file(&fx, LANE, FIRST);

	assert_int_equal(pwrite(fd, data, len, (off_t)off), len);
	close(fd);
}

/* Fill with what begins like blocks of the first segment, and goes on as nothing does. */
static void make_noise(uint8_t *noise, size_t len)
{
	int fd = fx_open_file(&fx, LANE, FIRST);

	memset(noise, 0x5a, len);
	for (size_t at = 0; at < len; at += CV_BLOCK_ALIGN)
		assert_int_equal(pread(fd, noise + at, sizeof(struct cv_block), 0),
				 sizeof(struct cv_block));
	close(fd);
}

/* As the kill of a second ago left it: the end of the log is older than what is on the disk. */
static void forget_acked(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/acked", fx.dir);
	assert_int_equal(truncate(path, 0), 0);
}

static uint64_t bytes_used(void)
{
	return cv_eventlog_counters(fx.log)->bytes;
}

static void expect_all(void)
{
	uint64_t seq = 1;

	assert_int_equal(cv_eventlog_end(fx.log, LANE), events + 1);
	while (seq <= events) {
		assert_int_equal(fx_read(&fx, LANE, seq), 0);
		for (; seq < fx.copy->first_seq + fx.copy->count; seq++)
			assert_int_equal(fx_value(fx.copy, seq), seq);
	}
}

static void test_same_with_and_without_index(void **state)
{
	fx_wait(&fx, 1500000000); /* until it is written */
	fx_close(&fx);
	for (int turn = 0; turn < 2; turn++) {
		open_log();
		expect_all();
		assert_int_equal(cv_eventlog_last_source(fx.log, FX_INCARNATION, 3, LANE), 40);
		assert_int_equal(cv_eventlog_counters(fx.log)->cut_bytes, 0);
		fx_close(&fx);
		fx_forget_index(&fx, LANE);
	}
	open_log();
	append_blocks(3);
	fx_close(&fx);
	open_log();
	expect_all();
}

/* The index is older than the log: what was appended since is found behind it. */
static void test_index_of_a_second_ago(void **state)
{
	char copy[65536];
	ssize_t len;
	int fd;

	fx_wait(&fx, 1500000000);
	fd = fx_open_file(&fx, LANE, "active.idx");
	len = pread(fd, copy, sizeof(copy), 0);
	assert_true(len > 64);
	append_blocks(70);
	fx_wait(&fx, 1500000000);
	fx_close(&fx);
	assert_int_equal(pwrite(fd, copy, (size_t)len, 0),
			 len); /* and what is behind is of later */
	close(fd);
	open_log();
	expect_all();
	assert_int_equal(cv_eventlog_last_source(fx.log, FX_INCARNATION, 3, LANE), 70);
}

static void test_damaged_index_is_no_index(void **state)
{
	/* Head: what it is, of which segment, how far, how many; entries. */
	static const off_t places[] = {0, 8, 12, 16, 24, 32, 56, 64, 100};
	uint8_t byte = 0xa5;

	fx_wait(&fx, 1500000000);
	fx_close(&fx);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int fd = fx_open_file(&fx, LANE, "active.idx");

		assert_int_equal(pwrite(fd, &byte, 1, places[i]), 1);
		close(fd);
		open_log();
		expect_all();
		fx_close(&fx);
	}
}

static void test_torn_write_is_cut(void **state)
{
	uint64_t used = bytes_used();
	static uint8_t noise[65536];

	fx_close(&fx);
	make_noise(noise, sizeof(noise));
	patch(used + TORN - sizeof(noise), noise, sizeof(noise)); /* the last it can have written */
	open_log();
	expect_all();
	assert_int_equal(cv_eventlog_counters(fx.log)->cut_bytes, sizeof(noise));
	fx_close(&fx);
	open_log();
	assert_int_equal(cv_eventlog_counters(fx.log)->cut_bytes, 0);
}

/* Nobody can have written there; whoever has, it is seen and goes. */
static void test_what_is_far_behind_is_seen(void **state)
{
	static uint8_t noise[2 << 20];
	uint64_t used = bytes_used();

	fx_close(&fx);
	make_noise(noise, sizeof(noise));
	patch(used + TORN + (3 << 20), noise, sizeof(noise));
	open_log();
	expect_all();
	assert_int_equal(cv_eventlog_counters(fx.log)->cut_bytes, sizeof(noise));
}

/* More is damaged than a write can tear, and good blocks that prove it are behind. */
static void check_large_damage(bool acked_says_so)
{
	static uint8_t zeros[6 << 20];
	uint64_t at = bytes_used(), good_end = events;

	append_blocks(120);
	fx_close(&fx);
	patch(at, zeros, sizeof(zeros));
	fx_forget_index(&fx, LANE);
	if (!acked_says_so)
		forget_acked();
	open_log();
	assert_int_equal(cv_eventlog_end(fx.log, LANE), events + 1);
	assert_int_equal(cv_eventlog_counters(fx.log)->bad_blocks, 1);
	assert_int_equal(fx_read(&fx, LANE, good_end), 0);
	assert_int_equal(fx_read(&fx, LANE, good_end + 1), -EBADMSG);
	assert_int_equal(fx_read(&fx, LANE, events), 0);
}

static void test_large_damage_known_by_acked(void **state)
{
	check_large_damage(true);
}

static void test_large_damage_seen_behind(void **state)
{
	check_large_damage(false);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_same_with_and_without_index), TEST(test_index_of_a_second_ago),
		TEST(test_damaged_index_is_no_index),	TEST(test_torn_write_is_cut),
		TEST(test_what_is_far_behind_is_seen),	TEST(test_large_damage_known_by_acked),
		TEST(test_large_damage_seen_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
