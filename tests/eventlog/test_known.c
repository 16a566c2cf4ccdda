/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a start knows without looking: how far a killed control had come, from shared memory, and what
 * is in complete segments, from their indexes. Right or wrong, no event may be missed for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/eventlog/log_fixture.h"

#define LANE CV_LANE_STATUS
#define SEGMENT (1u << 20)
#define MAP_SIZE 16384

static struct fixture fx;
/* Appended, and the blocks they came in; shared with children. */
static struct {
	uint64_t events, blocks;
} * done;

static void open_log(void)
{
	const char *why = "no reason given";

	if (fx_open(&fx, &why) < 0)
		fail_msg("open: %s", why);
}

/* Of 64 KiB each; fifteen make a segment. */
static void append_blocks(unsigned int blocks)
{
	for (unsigned int i = 0; i < blocks; i++) {
		done->events += fx_block(&fx, 0, LANE, ++done->blocks, done->events + 1, 1000, 100);
		assert_int_equal(fx_append(&fx, LANE, 1), 0);
	}
}

/* A control that appends and is killed. */
static void append_and_die(unsigned int blocks)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		const char *why;

		if (cv_loop_create(64, &fx.loop) < 0 || fx_open(&fx, &why) < 0)
			_exit(1);
		append_blocks(blocks);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void expect_all(void)
{
	uint64_t seq = 1;

	assert_int_equal(cv_eventlog_end(fx.log, LANE), done->events + 1);
	assert_int_equal(cv_eventlog_last_source(fx.log, FX_INCARNATION, 3, LANE), done->blocks);
	while (seq <= done->events) {
		assert_int_equal(fx_read(&fx, LANE, seq), 0);
		for (; seq < fx.copy->first_seq + fx.copy->count; seq++)
			assert_int_equal(fx_value(fx.copy, seq), seq);
	}
}

static unsigned int known(void)
{
	return cv_eventlog_counters(fx.log)->known;
}

static void shared_path(char *path, size_t size)
{
	struct stat st;

	assert_int_equal(stat(fx.dir, &st), 0);
	snprintf(path, size, "/dev/shm/culvert-log-%llx-%llx", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
}

static void shared(uint8_t *bytes, bool put)
{
	char path[128];
	int fd;

	shared_path(path, sizeof(path));
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	if (put)
		assert_int_equal(pwrite(fd, bytes, MAP_SIZE, 0), MAP_SIZE);
	else
		assert_int_equal(pread(fd, bytes, MAP_SIZE, 0), MAP_SIZE);
	close(fd);
}

static void test_after_a_kill_all_is_known(void **state)
{
	for (unsigned int i = 0; i < 4; i++) {
		append_and_die(10 + i); /* ends in any place of a segment, and without an index */
		open_log();
		assert_int_equal(known(), CV_LANE_COUNT);
		expect_all();
		append_blocks(3);
		fx_close(&fx);
	}
	open_log(); /* an orderly end leaves nothing in memory */
	assert_int_equal(known(), 0);
	expect_all();
}

static void test_one_kill_after_the_other(void **state)
{
	for (unsigned int i = 0; i < 40; i++)
		append_and_die(i % 4);
	open_log();
	assert_int_equal(known(), CV_LANE_COUNT);
	expect_all();
}

/* As where another control with another /dev/shm wrote in between. */
static void test_old_knowledge_is_not_believed(void **state)
{
	static uint8_t old[MAP_SIZE];

	for (unsigned int i = 1; i < 17; i += 5) {
		append_and_die(2);
		shared(old, false);
		append_and_die(i); /* in the same segment, up to its end, and beyond */
		shared(old, true);
		open_log();
		assert_int_equal(known(), CV_LANE_COUNT - 1);
		expect_all();
		fx_close(&fx);
	}
}

/* The log was removed and made anew where it was; what was noted of the old one is still there. */
static void test_another_log_is_not_known(void **state)
{
	static uint8_t old[MAP_SIZE];
	char key[300];

	append_and_die(0); /* noted: nothing is written */
	shared(old, false);
	/* The same inodes, as happens when files are made where others were just removed. */
	snprintf(key, sizeof(key), "%s/key", fx.dir);
	assert_int_equal(unlink(key), 0);
	append_and_die(3);
	shared(old, true);
	open_log();
	assert_int_equal(known(), 0);
	expect_all();
}

/* The file has less than was acknowledged: it is searched as after a power failure. */
static void test_lost_blocks_are_not_known(void **state)
{
	static uint8_t zeros[2 * CV_BLOCK_SIZE];
	char path[512];
	int fd;

	append_and_die(5);
	fd = fx_open_file(&fx, LANE, "00000000000000000001.log");
	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), 4l * CV_BLOCK_SIZE), sizeof(zeros));
	close(fd);
	fx_forget_index(&fx, LANE);
	snprintf(path, sizeof(path), "%s/acked", fx.dir);
	assert_int_equal(truncate(path, 0), 0);
	open_log();
	assert_int_equal(known(), CV_LANE_COUNT - 1);
	assert_true(cv_eventlog_end(fx.log, LANE) <= done->events);
	assert_int_equal(fx_read(&fx, LANE, 1), 0);
}

static void test_garbage_is_no_knowledge(void **state)
{
	static uint8_t bytes[MAP_SIZE];

	append_and_die(5);
	shared(bytes, false);
	for (size_t i = 0; i < sizeof(bytes); i += 8)
		bytes[i] ^= 0x40;
	shared(bytes, true);
	open_log();
	assert_int_equal(known(), 0);
	expect_all();
}

/* Memory that another user made, or everybody may write to, is not used. */
static void test_memory_of_others_is_not_used(void **state)
{
	char path[128];

	append_and_die(5);
	shared_path(path, sizeof(path));
	assert_int_equal(chmod(path, 0666), 0);
	open_log();
	assert_int_equal(known(), 0);
	expect_all();
	fx_close(&fx);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	open_log();
	assert_int_equal(known(), 0);
	expect_all();
	fx_close(&fx);
	assert_int_equal(unlink(path), 0);
	open_log();
}

/* Names and indexes of the complete segments, oldest first. */
static unsigned int complete(uint64_t *first, unsigned int max)
{
	unsigned int n = 0;

	for (uint64_t seq = 1; seq <= done->events && n < max; seq++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s/%020llu.idx", fx.dir, cv_lane_name(LANE),
			 (unsigned long long)seq);
		if (access(path, F_OK) == 0)
			first[n++] = seq;
	}
	return n;
}

static void damage_index(uint64_t first, bool remove)
{
	uint8_t byte = 0xa5;
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "%020llu.idx", (unsigned long long)first);
	fd = fx_open_file(&fx, LANE, name);
	assert_int_equal(pwrite(fd, &byte, 1, 70), 1);
	close(fd);
	if (remove) {
		char path[600];

		snprintf(path, sizeof(path), "%s/%s/%s", fx.dir, cv_lane_name(LANE), name);
		assert_int_equal(unlink(path), 0);
	}
}

/* Their indexes come when they are wanted, in whatever order, and damaged ones are made anew. */
static void test_complete_segments_are_known_when_wanted(void **state)
{
	uint64_t first[16];
	unsigned int n;

	open_log();
	append_blocks(150);
	fx_close(&fx);
	n = complete(first, 16);
	assert_true(n >= 8);
	for (unsigned int turn = 0; turn < 4; turn++) {
		damage_index(first[3], false);
		damage_index(first[4], false);
		damage_index(first[6], turn == 1);
		open_log();
		if (turn == 2)
			fx_wait(&fx, 100000000); /* nobody asks */
		if (turn == 3)
			assert_in_range(cv_eventlog_seek(fx.log, LANE, (int64_t)(first[5] * 1000)),
					first[4], first[5]);
		assert_int_equal(fx_read(&fx, LANE, first[5] + 1), 0);
		assert_int_equal(fx_value(fx.copy, first[5] + 1), first[5] + 1);
		assert_int_equal(fx_read(&fx, LANE, first[1] + 1), 0);
		expect_all();
		assert_int_equal(cv_eventlog_counters(fx.log)->bad_blocks, 0);
		fx_close(&fx);
		assert_int_equal(complete(first, 16), n);
	}
}

/* Retention takes segments that nobody has looked at yet. */
static void test_unknown_segments_are_given_up(void **state)
{
	uint64_t first[16];

	open_log();
	append_blocks(150);
	fx_close(&fx);
	assert_true(complete(first, 16) >= 8);
	fx.config.retain_bytes[LANE] = 4 * SEGMENT;
	fx.config.retain_ns[LANE] = 1; /* all of it is from 1970 */
	open_log();
	append_blocks(20);
	fx_wait(&fx, 100000000);
	assert_true(cv_eventlog_begin(fx.log, LANE) > first[4]);
	assert_int_equal(fx_read(&fx, LANE, cv_eventlog_begin(fx.log, LANE)), 0);
	assert_int_equal(fx_read(&fx, LANE, done->events), 0);
}

static int setup(void **state)
{
	memset(done, 0, sizeof(*done));
	fx_init(&fx, SEGMENT);
	return 0;
}

static int teardown(void **state)
{
	fx_destroy(&fx);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_after_a_kill_all_is_known),
		TEST(test_one_kill_after_the_other),
		TEST(test_old_knowledge_is_not_believed),
		TEST(test_another_log_is_not_known),
		TEST(test_lost_blocks_are_not_known),
		TEST(test_garbage_is_no_knowledge),
		TEST(test_memory_of_others_is_not_used),
		TEST(test_complete_segments_are_known_when_wanted),
		TEST(test_unknown_segments_are_given_up),
	};

	done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED)
		return 1;
	if (access("/dev/shm", W_OK) < 0) {
		fputs("test_known: SKIP: no /dev/shm\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
