/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed segments: the same events from them, also where one is damaged or half made. */
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

#include "control/eventlog/image.h"
#include "tests/eventlog/log_fixture.h"

#define LANE CV_LANE_MEASUREMENT
#define SEGMENT (4u * CV_BLOCK_SIZE)
#define PER_BLOCK 100
#define BLOCKS 40
#define EVENTS ((uint64_t)BLOCKS * PER_BLOCK)

struct seen {
	unsigned int of[CV_FINDING_COUNT], wrong;
	uint64_t records;
};

static void must_open(struct fixture *fx)
{
	const char *why = "";

	if (fx_open(fx, &why) < 0)
		fail_msg("%s", why);
}

static int setup_with(void **state, bool compress)
{
	struct fixture *fx = malloc(sizeof(*fx));

	fx_init(fx, SEGMENT);
	fx->config.compress[LANE] = compress;
	must_open(fx);
	for (uint64_t i = 0; i < BLOCKS; i++) {
		assert_int_equal(fx_block(fx, 0, LANE, i + 1, 1 + i * PER_BLOCK, PER_BLOCK, 250),
				 PER_BLOCK);
		assert_int_equal(fx_append(fx, LANE, 1), 0);
	}
	*state = fx;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, true);
}

static int setup_plain(void **state)
{
	return setup_with(state, false);
}

static int teardown(void **state)
{
	fx_destroy(*state);
	free(*state);
	return 0;
}

/* Until all but the newest two are packed. */
static void wait_packed(struct fixture *fx)
{
	uint64_t packed = 0;

	for (int i = 0; i < 200; i++) {
		fx_wait(fx, 50000000);
		if (i % 25 == 24 && packed == cv_eventlog_counters(fx->log)->packed)
			return;
		if (i % 25 == 24)
			packed = cv_eventlog_counters(fx->log)->packed;
	}
}

/* @return events that the log serves. */
static uint64_t read_all(struct fixture *fx)
{
	uint64_t seq = cv_eventlog_begin(fx->log, LANE), events = 0;

	while (seq < cv_eventlog_end(fx->log, LANE)) {
		if (fx_read(fx, LANE, seq) != 0) {
			assert_int_equal(fx->read_res, -EBADMSG);
			assert_true(fx->read.skip_to > seq);
			seq = fx->read.skip_to;
			continue;
		}
		for (; seq < fx->copy->first_seq + fx->copy->count; seq++, events++)
			assert_int_equal(fx_value(fx->copy, seq), seq);
	}
	return events;
}

static void on_finding(void *owner, const struct cv_finding *f)
{
	struct seen *seen = owner;

	seen->of[f->kind]++;
	seen->wrong += cv_finding_is_wrong(f->kind);
}

static struct seen verify(const struct fixture *fx)
{
	struct seen seen = {0};
	const struct cv_walk walk = {.owner = &seen, .finding = on_finding};
	struct cv_log_image *image;
	struct cv_walked walked;
	const char *why;

	assert_int_equal(cv_log_image_open(fx->dir, &image, &why), 0);
	assert_int_equal(cv_log_image_walk(image, LANE, &walk, &walked), 0);
	seen.records = walked.records;
	cv_log_image_close(image);
	return seen;
}

static void path_of(const struct fixture *fx, const char *name, char path[512])
{
	snprintf(path, 512, "%s/%s/%s", fx->dir, cv_lane_name(LANE), name);
}

static off_t size_of(const struct fixture *fx, const char *name)
{
	struct stat st;
	char path[512];

	path_of(fx, name, path);
	return stat(path, &st) < 0 ? -1 : st.st_size;
}

static void flip(const struct fixture *fx, const char *name, off_t at)
{
	char path[512];
	uint8_t byte;
	int fd;

	path_of(fx, name, path);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

#define FIRST "00000000000000000001"

static void the_same_events_in_less_room(void **state)
{
	struct fixture *fx = *state;
	const struct cv_eventlog_counters *c = cv_eventlog_counters(fx->log);

	wait_packed(fx);
	assert_true(c->packed >= 3);
	assert_true(c->packed_to * 3 < c->packed_from);
	assert_int_equal(size_of(fx, FIRST ".log"), -1);
	assert_int_equal(size_of(fx, FIRST ".idx"), -1);
	assert_true(size_of(fx, FIRST ".zst") > 0);
	assert_int_equal(read_all(fx), EVENTS);
	assert_int_equal(verify(fx).wrong, 0);
	fx_close(fx);
	must_open(fx);
	assert_int_equal(read_all(fx), EVENTS);
	assert_int_equal(fx_read(fx, LANE, PER_BLOCK + 7), 0);
	assert_int_equal(fx->copy->first_seq, PER_BLOCK + 1);
	assert_true(cv_eventlog_seek(fx->log, LANE, 150 * 1000) <= 150);
	assert_int_equal(verify(fx).records, EVENTS);
}

static void a_damaged_frame_costs_its_own_events(void **state)
{
	struct fixture *fx = *state;
	struct seen seen;
	uint64_t left;

	wait_packed(fx);
	fx_close(fx);
	flip(fx, FIRST ".zst", 100);
	seen = verify(fx);
	assert_int_equal(seen.of[CV_FINDING_DAMAGE], 1);
	assert_int_equal(seen.wrong, 1);
	assert_true(seen.records < EVENTS && seen.records >= EVENTS - 3 * PER_BLOCK);
	must_open(fx);
	left = read_all(fx);
	assert_int_equal(left, seen.records);
}

static void a_damaged_table_costs_nothing(void **state)
{
	struct fixture *fx = *state;

	wait_packed(fx);
	fx_close(fx);
	flip(fx, FIRST ".zst", size_of(fx, FIRST ".zst") - 100);
	assert_int_equal(verify(fx).of[CV_FINDING_INDEX], 1);
	assert_int_equal(verify(fx).records, EVENTS);
	must_open(fx);
	assert_int_equal(read_all(fx), EVENTS);
}

/* Control ended between the two: the plain file counts. */
static void both_files_are_one_segment(void **state)
{
	struct fixture *fx = *state;
	char plain[512], kept[512];

	path_of(fx, FIRST ".log", plain);
	path_of(fx, "../kept", kept);
	fx_close(fx);
	assert_int_equal(link(plain, kept), 0);
	fx->config.compress[LANE] = true;
	must_open(fx);
	wait_packed(fx);
	fx_close(fx);
	assert_true(size_of(fx, FIRST ".zst") > 0);
	assert_int_equal(link(kept, plain), 0);
	assert_int_equal(verify(fx).records, EVENTS);
	assert_int_equal(verify(fx).wrong, 0);
	fx->config.compress[LANE] = false;
	must_open(fx);
	assert_int_equal(size_of(fx, FIRST ".zst"), -1);
	assert_int_equal(read_all(fx), EVENTS);
}

static void a_damaged_segment_is_packed_as_it_is(void **state)
{
	struct fixture *fx = *state;

	fx_close(fx);
	flip(fx, FIRST ".log", 5000);
	fx->config.compress[LANE] = true;
	must_open(fx);
	wait_packed(fx);
	assert_true(size_of(fx, FIRST ".zst") > 0);
	assert_int_equal(read_all(fx), EVENTS - PER_BLOCK);
	assert_int_equal(verify(fx).of[CV_FINDING_DAMAGE], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_same_events_in_less_room, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_frame_costs_its_own_events, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_damaged_table_costs_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(both_files_are_one_segment, setup_plain, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_segment_is_packed_as_it_is, setup_plain,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
