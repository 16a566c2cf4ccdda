/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that wait for their series (CV_EMIT_AHEAD): whoever reads them sees each once, in order, and
 * what is said of it is what would be said without waiting. Random records, random sizes of the sink's
 * memory, held back and released as under a policy, with moments at which all must be through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/normalize/emit.h"
#include "dataplane/normalize/vocabulary.h"

#define RECORDS 3000
#define SECOND 1000000000ll
#define START (1700000000 * SECOND)
#define ROOM (16 * CV_RECORD_MAX)

static struct {
	struct cv_sink sink;
	struct cv_emit emit;
	struct cv_series series;
	struct cv_origin origin;
	_Alignas(8) uint8_t memory[CV_LANE_COUNT][ROOM];
	_Alignas(8) uint8_t stage[CV_EMIT_STAGE];
	size_t room; /* of a lane, in use */
	struct cv_record seen[RECORDS];
	unsigned int count;
} w;

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	/* Whoever published the block may write over it. */
	if (sink->lane[lane].cur != NULL)
		memset(w.memory[lane], 0xee, w.room);
	sink->lane[lane].cur = w.memory[lane];
	sink->lane[lane].end = w.memory[lane] + w.room;
}

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	(void)sink;
	assert_true(w.count < RECORDS);
	w.seen[w.count++] = *rec;
}

static void begin(size_t room, bool told)
{
	memset(&w, 0, sizeof(w));
	w.room = room;
	w.sink.refill = refill;
	w.sink.committed = told ? committed : NULL;
	cv_emit_init(&w.emit, &w.sink);
	w.emit.origin = &w.origin;
	w.emit.stage = w.stage;
	assert_int_equal(cv_series_setup(&w.series, 64, 1, 5 * SECOND), 0);
	w.emit.series = &w.series;
}

static void make(struct cv_record *rec, unsigned int i)
{
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = rand() % 20;
	rec->name_id = CV_NAME_WATER_LEVEL;
	rec->device_end = CV_DEVICE_END_SRC;
	rec->ts_rx_ns = START + i * SECOND;
	rec->ts_device_ns = rec->ts_rx_ns - rand() % 4 * 3 * SECOND;
	rec->time_quality = CV_TIME_DEVICE;
	rec->src[3] = (uint8_t)(rand() % 90); /* more than there is room for */
	rec->seq = i;
}

/* All records at once, one after the other, with nobody waiting. */
static void expect(struct cv_record want[RECORDS], unsigned int seed)
{
	struct cv_series s = {0};

	srand(seed);
	assert_int_equal(cv_series_setup(&s, 64, 1, 5 * SECOND), 0);
	for (unsigned int i = 0; i < RECORDS; i++) {
		unsigned int kind = (unsigned int)rand() % 8;

		want[i] = (struct cv_record){
			.version = CV_RECORD_VERSION,
			.size = sizeof(struct cv_record),
			.lane = kind == 0 ? CV_LANE_STATUS : CV_LANE_MEASUREMENT,
			.kind = kind == 0 ? CV_KIND_STATE : CV_KIND_MEASUREMENT,
		};
		make(&want[i], i);
		cv_series_look(&s, &want[i]);
	}
	cv_series_release(&s);
}

static void play(unsigned int seed, unsigned int finish)
{
	uint64_t dice = seed;

	srand(seed);
	for (unsigned int i = 0; i < RECORDS; i++) {
		unsigned int kind = (unsigned int)rand() % 8;

		dice = dice * 6364136223846793005u + 1442695040888963407u;
		if (dice >> 33 & 1) /* the policy judges this frame */
			cv_emit_hold(&w.emit);
		make(cv_emit_begin(&w.emit, kind == 0 ? CV_LANE_STATUS : CV_LANE_MEASUREMENT,
				   kind == 0 ? CV_KIND_STATE : CV_KIND_MEASUREMENT),
		     i);
		cv_emit_end(&w.emit);
		cv_emit_release(&w.emit, CV_EMIT_HAPPENED);
		if (finish != 0 && i % finish == 0)
			cv_emit_finish(&w.emit);
	}
	cv_emit_finish(&w.emit);
}

static void waiting_changes_nothing(void **state)
{
	static const size_t rooms[] = {CV_RECORD_MAX, 2 * CV_RECORD_MAX, ROOM};
	static struct cv_record want[RECORDS];
	unsigned int late = 0, rate = 0;

	(void)state;
	for (unsigned int seed = 1; seed <= 12; seed++) {
		expect(want, seed);
		begin(rooms[seed % 3], true);
		play(seed, seed % 4 * 7);
		assert_int_equal(w.count, RECORDS);
		for (unsigned int i = 0; i < RECORDS; i++) {
			assert_memory_equal(&w.seen[i], &want[i], sizeof(want[i]));
			late += (want[i].flags & CV_FLAG_LATE) != 0;
			rate += (want[i].flags & CV_FLAG_RATE) != 0;
		}
		assert_int_equal(w.sink.lane[CV_LANE_MEASUREMENT].produced +
					 w.sink.lane[CV_LANE_STATUS].produced,
				 RECORDS);
		cv_series_release(&w.series);
	}
	assert_true(late > 100 && rate > 100);
}

/* Where nobody is called, what lies in the memory is through once emit says so, or asks for more. */
static void memory_is_through(void **state)
{
	static struct cv_record want[RECORDS];
	const struct cv_record *rec;
	unsigned int i = 0;

	(void)state;
	expect(want, 5);
	begin(ROOM, false);
	srand(5);
	for (; i < 200; i++) {
		unsigned int kind = (unsigned int)rand() % 8;

		make(cv_emit_begin(&w.emit, kind == 0 ? CV_LANE_STATUS : CV_LANE_MEASUREMENT,
				   kind == 0 ? CV_KIND_STATE : CV_KIND_MEASUREMENT),
		     i);
		cv_emit_end(&w.emit);
	}
	cv_emit_finish(&w.emit);
	rec = (const struct cv_record *)(const void *)w.memory[CV_LANE_MEASUREMENT];
	for (i = 0; i < 200; i++)
		if (want[i].kind == CV_KIND_MEASUREMENT)
			assert_memory_equal(rec++, &want[i], sizeof(want[i]));
	cv_series_release(&w.series);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiting_changes_nothing),
		cmocka_unit_test(memory_is_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
