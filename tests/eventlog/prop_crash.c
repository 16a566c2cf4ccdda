/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power failures. A real log is driven while all it does to its files is recorded; then the disk
 * is built as a power failure at a random moment could have left it, and the log opened on it:
 * no acknowledged event may be missing, none may be there twice, none may be another than the one
 * appended. The next recording begins on such a disk, so that recovery is cut off, too.
 *
 *     prop_crash [STATES]        CV_SEED=N repeats a run
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "control/eventlog/image.h"
#include "tests/eventlog/log_fixture.h"
#include "tests/eventlog/trace.h"
#include "tests/random.h"

#define SEGMENT (2u * CV_BLOCK_SIZE)
#define STATES 200
#define STATES_PER_TRACE 100
#define APPENDS 120
#define SEQ_MAX (1u << 20)
#define PLAIN CV_LANE_MEASUREMENT /* its files serve again and again */

/* What a lane was told, over all traces. Event N of generation G has the value N + G << 32. */
struct ledger {
	uint16_t *generation; /* that acknowledged the event, 0 = nobody */
	struct {
		uint64_t at, begin, end;
	} acks[APPENDS * 8 + 2];
	size_t n_acks;
};

static struct ledger ledger[CV_LANE_COUNT];
static uint64_t seed;
static uint16_t generation;
static uint64_t checked;
static const struct trace *recording;

static unsigned int below(unsigned int n)
{
	return (unsigned int)(next_random_of(&seed) % n);
}

static void must_open(struct fixture *fx)
{
	const char *why = "";

	if (fx_open(fx, &why) < 0)
		fail_msg("open: %s", why);
}

static void note_ack(struct fixture *fx, enum cv_lane lane, int res)
{
	struct ledger *l = &ledger[lane];
	const struct trace *t = recording;

	assert_int_equal(res, 0);
	l->acks[l->n_acks].at = trace_now(t);
	l->acks[l->n_acks].begin = cv_eventlog_begin(fx->log, lane);
	l->acks[l->n_acks++].end = cv_eventlog_end(fx->log, lane);
}

static void append(struct fixture *fx)
{
	enum cv_lane lane = (enum cv_lane)below(3); /* one lane stays empty */
	uint64_t seq = cv_eventlog_end(fx->log, lane);
	unsigned int n = 1 + below(below(4) ? 2 : 5), behind = below(2) ? 1 + below(3) : 0;

	for (unsigned int i = 0; i < n + behind; i++)
		seq += fx_block(fx, i, lane, seq, seq | (uint64_t)generation << 32, 1 + below(60),
				below(400));
	if (behind)
		assert_int_equal(fx_append_two(fx, lane, n, behind), 0);
	else
		assert_int_equal(fx_append(fx, lane, n), 0);
}

/* What recovery serves although nobody was told of it, it must go on to serve. */
static void take_recovered(struct fixture *fx, uint64_t *acked_before)
{
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		uint64_t *seq = &acked_before[i];

		while (*seq < cv_eventlog_end(fx->log, (enum cv_lane)i)) {
			assert_int_equal(fx_read(fx, (enum cv_lane)i, *seq), 0);
			ledger[i].generation[*seq] = (uint16_t)(fx_value(fx->copy, *seq) >> 32);
			++*seq;
		}
	}
}

/* One generation: recovery, appends, sometimes an orderly end and another start. */
static struct trace *record(struct fixture *fx, uint64_t *acked_before)
{
	struct trace *t = trace_start(fx->dir);

	generation++;
	for (int i = 0; i < CV_LANE_COUNT; i++)
		ledger[i].n_acks = 0;
	must_open(fx);
	take_recovered(fx, acked_before);
	recording = t;
	fx->appended = note_ack;
	for (int i = 0; i < APPENDS; i++) {
		append(fx);
		if (below(8) == 0)
			fx_wait(fx, 3000000); /* the thread that packs gets on */
		if (below(40) == 0) {
			fx_close(fx);
			must_open(fx);
		} else if (below(60) == 0) {
			fx_wait(fx, 1100000000); /* past a tick */
		}
	}
	fx_close(fx);
	trace_stop(t);
	return t;
}

/* Moves what was told before the kill into the ledger that counts. @return where the lane ends. */
static uint64_t settle(struct ledger *l, uint64_t kill, uint64_t *begin)
{
	uint64_t end = 0;

	*begin = UINT64_MAX;
	for (size_t i = 0; i < l->n_acks; i++) {
		*begin = l->acks[i].begin;
		if (l->acks[i].at >= kill)
			break;
		end = l->acks[i].end;
	}
	return end;
}

static void read_lane(struct fixture *fx, enum cv_lane lane, uint64_t acked_before, uint64_t acked,
		      uint64_t begin)
{
	uint64_t seq = cv_eventlog_begin(fx->log, lane), end = cv_eventlog_end(fx->log, lane);

	if (end < acked)
		fail_msg("acknowledged up to %llu, the log ends at %llu", (unsigned long long)acked,
			 (unsigned long long)end);
	assert_true(seq <= begin);
	while (seq < end) {
		if (fx_read(fx, lane, seq) != 0)
			fail_msg("event %llu of %llu cannot be read (%d)", (unsigned long long)seq,
				 (unsigned long long)end, fx->read_res);
		for (; seq < fx->copy->first_seq + fx->copy->count; seq++) {
			uint64_t value = fx_value(fx->copy, seq);

			assert_int_equal(value & UINT32_MAX, seq);
			assert_true(value >> 32 <= generation);
			if (seq < acked_before)
				assert_int_equal(value >> 32, ledger[lane].generation[seq]);
			else if (seq < acked)
				assert_int_equal(value >> 32, generation);
			checked++;
		}
	}
}

static void on_finding(void *owner, const struct cv_finding *f)
{
	if (cv_finding_is_wrong(f->kind))
		fail_msg("verify: %s/%s at %llu: %s", cv_lane_name(f->lane), f->file,
			 (unsigned long long)f->off, cv_finding_text(f->kind));
}

static void verify_folder(const char *dir)
{
	const struct cv_walk walk = {.finding = on_finding};
	struct cv_log_image *image;
	struct cv_walked walked;
	const char *why = "";

	if (cv_log_image_open(dir, &image, &why) < 0)
		fail_msg("%s", why);
	for (int i = 0; i < CV_LANE_COUNT; i++)
		assert_int_equal(cv_log_image_walk(image, (enum cv_lane)i, &walk, &walked), 0);
	cv_log_image_close(image);
}

/* Open what a power failure at @p kill left, and hold it against what was told. */
static void check_state(struct fixture *fx, const uint64_t *acked_before, uint64_t kill)
{
	must_open(fx);
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		uint64_t begin, acked = settle(&ledger[i], kill, &begin);

		if (acked < acked_before[i])
			acked = acked_before[i];
		read_lane(fx, (enum cv_lane)i, acked_before[i], acked, begin);
	}
	assert_int_equal(cv_eventlog_counters(fx->log)->bad_blocks, 0);
	fx_close(fx);
	verify_folder(fx->dir);
}

/* From here on the disk of this kill is the truth. */
static void go_on_from(const struct trace *t, uint64_t kill, uint64_t *acked_before,
		       const char *dir)
{
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		uint64_t begin, acked = settle(&ledger[i], kill, &begin);

		for (uint64_t seq = acked_before[i]; seq < acked; seq++)
			ledger[i].generation[seq] = generation;
		if (acked > acked_before[i])
			acked_before[i] = acked;
	}
	trace_build(t, kill, &seed, dir);
}

static void run(unsigned int states)
{
	uint64_t acked_before[CV_LANE_COUNT] = {1, 1, 1, 1};
	struct fixture fx, crashed;

	fx_init(&fx, SEGMENT);
	fx_init(&crashed, SEGMENT);
	for (int i = 0; i < CV_LANE_COUNT; i++)
		fx.config.retain_bytes[i] = (i == PLAIN ? 3 : 5) * SEGMENT;
	fx.config.compress[CV_LANE_ALARM] = crashed.config.compress[CV_LANE_ALARM] = true;
	fx.config.compress[CV_LANE_STATUS] = crashed.config.compress[CV_LANE_STATUS] = true;
	for (unsigned int done = 0; done < states;) {
		struct trace *t = record(&fx, acked_before);
		uint64_t moments = trace_now(t);

		for (int i = 0; i < STATES_PER_TRACE && done < states; i++, done++) {
			uint64_t kill = 1 + next_random_of(&seed) % (moments + 1);

			trace_build(t, kill, &seed, crashed.dir);
			check_state(&crashed, acked_before, kill);
		}
		go_on_from(t, 1 + next_random_of(&seed) % (moments + 1), acked_before, fx.dir);
		trace_free(t);
	}
	fx_destroy(&fx);
	fx_destroy(&crashed);
}

static unsigned int wanted = STATES;

static void power_failures_lose_nothing(void **state)
{
	const char *given = getenv("CV_SEED");

	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	printf("prop_crash: CV_SEED=%llu\n", (unsigned long long)seed);
	for (int i = 0; i < CV_LANE_COUNT; i++)
		ledger[i].generation = calloc(SEQ_MAX, sizeof(uint16_t));
	run(wanted);
	for (int i = 0; i < CV_LANE_COUNT; i++)
		free(ledger[i].generation);
	printf("prop_crash: %llu kills in %u recordings; %llu writes lost, %llu torn, %llu short, "
	       "%llu "
	       "reordered, %llu changes of names lost; %llu events read, none lost, twice or "
	       "wrong\n",
	       (unsigned long long)trace_counts.states, generation,
	       (unsigned long long)trace_counts.writes_lost,
	       (unsigned long long)trace_counts.writes_torn,
	       (unsigned long long)trace_counts.writes_short,
	       (unsigned long long)trace_counts.reordered,
	       (unsigned long long)trace_counts.names_lost, (unsigned long long)checked);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(power_failures_lose_nothing)};

	if (argc > 1)
		wanted = (unsigned int)strtoul(argv[1], NULL, 10);
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
