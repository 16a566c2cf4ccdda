/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 of a real writer, again and again on one log: everything it was told is durable is there
 * afterwards, in order and right. Replay the moments with CV_SEED=N (they depend on timing all
 * the same).
 */
#include "tests/eventlog/log_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define KILLS 30
#define SEGMENT (4u * CV_BLOCK_SIZE)
#define APPENDS 150 /* of one writer, which then waits for its kill */
#define KEPT 48 /* segments of a lane: more than one writer fills */

struct acknowledged {
	uint32_t lane, pad;
	uint64_t end;
};

/* Append to all lanes by turns, tell each acknowledgement. */
static void writer(struct fixture *fx, int out, uint32_t seed)
{
	const char *why = "";

	if (cv_loop_create(64, &fx->loop) < 0 || fx_open(fx, &why) < 0) {
		fprintf(stderr, "writer: %s\n", why);
		_exit(1);
	}
	for (int i = 0; i < APPENDS; i++) {
		enum cv_lane lane = (enum cv_lane)((seed = seed * 1664525 + 1013904223) >> 16 & 3);
		unsigned int n = 1 + (seed >> 20) % 4;
		uint64_t value = cv_eventlog_end(fx->log, lane);
		struct acknowledged ack = {.lane = lane};

		for (unsigned int b = 0; b < n; b++)
			value += fx_block(fx, b, lane, value, value, 1 + (seed >> 8) % 300, 100);
		if (fx_append(fx, lane, n) != 0)
			_exit(2);
		ack.end = cv_eventlog_end(fx->log, lane);
		if (write(out, &ack, sizeof(ack)) != (ssize_t)sizeof(ack))
			_exit(3);
	}
	for (;;)
		pause();
}

/* @return the process; its acknowledgements come out of *in. */
static pid_t start_writer(struct fixture *fx, int *in, uint32_t seed)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		writer(fx, ends[1], seed);
	}
	close(ends[1]);
	*in = ends[0];
	return pid;
}

/* @param before what was told up to the kill before: newer events are not yet for retention. */
static void verify(struct fixture *fx, const uint64_t *told, uint64_t *before)
{
	const char *why = "";

	if (cv_loop_create(64, &fx->loop) < 0 || fx_open(fx, &why) < 0)
		fail_msg("recovery: %s", why);
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		enum cv_lane lane = (enum cv_lane)i;
		uint64_t seq = cv_eventlog_begin(fx->log, lane);

		assert_true(cv_eventlog_end(fx->log, lane) >= told[i]);
		assert_true(seq <= before[i]);
		before[i] = told[i];
		while (seq < cv_eventlog_end(fx->log, lane)) {
			assert_int_equal(fx_read(fx, lane, seq), 0);
			for (; seq < fx->copy->first_seq + fx->copy->count; seq++)
				assert_int_equal(fx_value(fx->copy, seq), seq);
		}
	}
	assert_int_equal(cv_eventlog_counters(fx->log)->bad_blocks, 0);
	fx_close(fx);
	cv_loop_destroy(fx->loop);
}

static void test_kill(void **state)
{
	const char *given = getenv("CV_SEED");
	uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 0) : (uint32_t)time(NULL);
	uint64_t told[CV_LANE_COUNT] = {1, 1, 1, 1}, before[CV_LANE_COUNT] = {1, 1, 1, 1};
	uint64_t events = 0;
	struct fixture fx;

	printf("test_kill: CV_SEED=%u\n", seed);
	srand(seed);
	fx_init(&fx, SEGMENT);
	for (int i = 0; i < CV_LANE_COUNT; i++)
		fx.config.retain_bytes[i] = KEPT * SEGMENT;
	/* A ring must not cross fork(): each process makes its own. */
	cv_loop_destroy(fx.loop);
	for (int round = 0; round < KILLS; round++) {
		struct acknowledged ack;
		int in, status;
		pid_t pid = start_writer(&fx, &in, seed + (uint32_t)round);

		/* Not before the first acknowledgement, then at any moment. */
		assert_int_equal(read(in, &ack, sizeof(ack)), sizeof(ack));
		told[ack.lane] = ack.end;
		usleep((useconds_t)(rand() % 40000));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		while (read(in, &ack, sizeof(ack)) == (ssize_t)sizeof(ack))
			told[ack.lane] = ack.end;
		close(in);
		verify(&fx, told, before);
	}
	for (int i = 0; i < CV_LANE_COUNT; i++)
		events += told[i] - 1;
	printf("test_kill: %d kills, %llu acknowledged events, none lost\n", KILLS,
	       (unsigned long long)events);
	fx.loop = NULL;
	fx_destroy(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
