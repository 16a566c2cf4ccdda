/* SPDX-License-Identifier: Apache-2.0 */
/* A disk that is really full: a small tmpfs in a mount namespace of its own. */
#include "tests/eventlog/log_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cmocka.h>

#define SEGMENT (2u * CV_BLOCK_SIZE)

static uint64_t appended_events;

static int append_full_block(struct fixture *fx, enum cv_lane lane)
{
	appended_events += fx_block(fx, 0, lane, 1, 1, 1000, 200);
	return fx_append(fx, lane, 1);
}

static uint64_t logged(const struct fixture *fx, enum cv_lane lane)
{
	return cv_eventlog_counters(fx->log)->logged[lane];
}

static uint64_t refused(const struct fixture *fx, enum cv_lane lane)
{
	return cv_eventlog_counters(fx->log)->refused[lane][CV_REFUSAL_DISK_FULL];
}

/* Read a lane through; @return events plus what its gap records tell of. */
static uint64_t account(struct fixture *fx, enum cv_lane lane)
{
	uint64_t seq = cv_eventlog_begin(fx->log, lane), events = 0, told = 0, missing = 0;

	while (seq < cv_eventlog_end(fx->log, lane)) {
		const struct cv_record *rec;

		if (fx_read(fx, lane, seq) != 0) {
			assert_int_equal(fx->read_res, -EBADMSG);
			assert_true(fx->read.told);
			missing += fx->read.skip_to - seq;
			seq = fx->read.skip_to;
			continue;
		}
		rec = (const struct cv_record *)(const void *)(fx->copy + 1);
		if (rec->kind == CV_KIND_GAP)
			told += rec->value.u64;
		else
			events += fx->copy->count;
		seq = fx->copy->first_seq + fx->copy->count;
	}
	assert_int_equal(told, missing);
	return events + told;
}

static void fill_up(struct fixture *fx)
{
	int refusals = 0;

	appended_events = 0;
	for (int i = 0; i < 300 && refusals < 5; i++)
		if (append_full_block(fx, CV_LANE_MEASUREMENT) < 0)
			refusals++;
	assert_int_equal(refusals, 5);
}

static void test_measurement_is_shed_and_told(void **state)
{
	struct fixture *fx = *state;
	char ballast[300];

	snprintf(ballast, sizeof(ballast), "%s/ballast", fx->dir);
	fill_up(fx);
	assert_true(cv_eventlog_full(fx->log, CV_LANE_MEASUREMENT));
	assert_true(refused(fx, CV_LANE_MEASUREMENT) > 0);
	assert_int_equal(logged(fx, CV_LANE_MEASUREMENT) + refused(fx, CV_LANE_MEASUREMENT),
			 appended_events);
	assert_int_equal(cv_eventlog_counters(fx->log)->gaps[CV_LANE_MEASUREMENT], 0);

	unlink(ballast); /* somebody makes room */
	for (int i = 0; i < 50 && cv_eventlog_full(fx->log, CV_LANE_MEASUREMENT); i++)
		fx_wait(fx, 100000000);
	assert_false(cv_eventlog_full(fx->log, CV_LANE_MEASUREMENT));
	assert_int_equal(append_full_block(fx, CV_LANE_MEASUREMENT), 0);
	assert_true(cv_eventlog_counters(fx->log)->gaps[CV_LANE_MEASUREMENT] >= 1);
	assert_int_equal(account(fx, CV_LANE_MEASUREMENT), appended_events);
}

static void test_alarm_takes_the_place_of_measurement(void **state)
{
	struct fixture *fx = *state;
	uint64_t before, begin;

	fill_up(fx);
	begin = cv_eventlog_begin(fx->log, CV_LANE_MEASUREMENT);
	before = cv_eventlog_bytes(fx->log, CV_LANE_MEASUREMENT);
	for (int i = 0; i < 20; i++)
		assert_int_equal(append_full_block(fx, CV_LANE_ALARM), 0);
	assert_int_equal(refused(fx, CV_LANE_ALARM), 0);
	assert_true(cv_eventlog_bytes(fx->log, CV_LANE_MEASUREMENT) < before);
	assert_true(cv_eventlog_begin(fx->log, CV_LANE_MEASUREMENT) > begin);
	assert_int_equal(account(fx, CV_LANE_ALARM), logged(fx, CV_LANE_ALARM));
}

static void test_recovers_on_a_full_disk(void **state)
{
	struct fixture *fx = *state;
	const char *why = "";
	uint64_t end;

	fill_up(fx);
	end = cv_eventlog_end(fx->log, CV_LANE_MEASUREMENT);
	fx_close(fx);
	if (fx_open(fx, &why) < 0)
		fail_msg("%s", why);
	assert_int_equal(cv_eventlog_end(fx->log, CV_LANE_MEASUREMENT), end);
	assert_int_equal(fx_read(fx, CV_LANE_MEASUREMENT, end - 1), 0);
}

/* Control ends while the disk is full: the next one still owes the gap record. */
static void test_a_gap_outlives_control(void **state)
{
	struct fixture *fx = *state;
	const char *why = "";
	char ballast[300];

	snprintf(ballast, sizeof(ballast), "%s/ballast", fx->dir);
	fill_up(fx);
	for (int i = 0; i < 2; i++) {
		fx_close(fx);
		unlink(ballast);
		if (fx_open(fx, &why) < 0)
			fail_msg("%s", why);
		if (i == 0)
			fx_wait(fx, 2500000000u); /* the gap record goes by itself */
	}
	/* Once, and also after the second start. */
	assert_int_equal(account(fx, CV_LANE_MEASUREMENT), appended_events);
	assert_int_equal(append_full_block(fx, CV_LANE_MEASUREMENT), 0);
	assert_int_equal(account(fx, CV_LANE_MEASUREMENT), appended_events);
	assert_int_equal(cv_eventlog_counters(fx->log)->gaps[CV_LANE_MEASUREMENT], 0);
}

static int setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));
	char ballast[300];
	const char *why = "";
	int fd;

	fx_init(fx, SEGMENT);
	if (mount("tmpfs", fx->dir, "tmpfs", 0, "size=6m") < 0 || fx_open(fx, &why) < 0) {
		fprintf(stderr, "setup: %s\n", why);
		return -1;
	}
	snprintf(ballast, sizeof(ballast), "%s/ballast", fx->dir);
	fd = open(ballast, O_CREAT | O_WRONLY, 0600);
	if (posix_fallocate(fd, 0, 2 << 20) != 0)
		return -1;
	close(fd);
	*state = fx;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fx = *state;

	fx_close(fx);
	umount(fx->dir);
	fx_destroy(fx);
	free(fx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_measurement_is_shed_and_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alarm_takes_the_place_of_measurement, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_recovers_on_a_full_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_gap_outlives_control, setup, teardown),
	};

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		printf("SKIP: cannot mount a tmpfs here (%s)\n", strerror(errno));
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
