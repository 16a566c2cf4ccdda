/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the newest events are in memory: those of small appends always, those of large ones while
 * somebody reads there. Where they come from changes nothing of what is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/eventlog/log_fixture.h"

#define LANE CV_LANE_STATUS
#define SEGMENT (4u << 20)

static struct fixture fx;
static uint64_t events; /* appended */

static void append(unsigned int blocks)
{
	for (unsigned int i = 0; i < blocks; i++)
		events += fx_block(&fx, i, LANE, events + 1, events + 1, 1000, 100);
	assert_int_equal(fx_append(&fx, LANE, blocks), 0);
}

/* @return whether the answer came at once, without the disk. */
static bool is_in_memory(uint64_t seq)
{
	bool at_once;

	cv_eventlog_read(fx.log, &fx.read, LANE, seq);
	at_once = !fx.read.busy;
	while (fx.read.busy)
		assert_int_equal(cv_loop_turn(fx.loop), 0);
	assert_int_equal(fx.read_res, 0);
	assert_int_equal(fx_value(fx.copy, seq), seq);
	return at_once;
}

/* Forget what the read itself holds. */
static void read_the_first(void)
{
	assert_int_equal(fx_read(&fx, LANE, 1), 0);
}

static void test_small_appends_are_kept(void **state)
{
	append(1);
	read_the_first();
	fx_wait(&fx, 1100000000);
	append(1);
	assert_true(is_in_memory(events));
	assert_true(is_in_memory(1));
}

static void test_large_appends_are_kept_for_readers(void **state)
{
	uint64_t before;

	append(4);
	read_the_first();
	fx_wait(&fx, 1100000000);
	append(4); /* nobody has read lately */
	before = events;
	assert_false(is_in_memory(before));
	append(4);
	assert_true(is_in_memory(events));
	assert_true(is_in_memory(before + 1));
	read_the_first();
	assert_false(is_in_memory(before)); /* and nothing is missing between */
	fx_wait(&fx, 1100000000);
	append(2);
	append(1); /* behind what was not kept */
	assert_true(is_in_memory(events));
	for (uint64_t seq = 1; seq <= events; seq = fx.copy->first_seq + fx.copy->count)
		assert_int_equal(fx_read(&fx, LANE, seq), 0);
}

static int setup(void **state)
{
	const char *why = "";

	events = 0;
	fx_init(&fx, SEGMENT);
	if (fx_open(&fx, &why) < 0)
		fail_msg("open: %s", why);
	return 0;
}

static int teardown(void **state)
{
	fx_destroy(&fx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_small_appends_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_appends_are_kept_for_readers, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
