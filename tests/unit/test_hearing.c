/* SPDX-License-Identifier: Apache-2.0 */
/* Radio frames that several gateways hear: who waits, what is told of them, and the account. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/normalize/hearing.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/unit/flow_harness.h"

#define MS 1000000ll
#define HOLD (200 * MS)
#define TOLD_MAX 20000

/* The memory of a worker, and a list of what is told. */
static struct {
	struct cv_emit emit;
	struct cv_sink sink;
	struct cv_origin origin;
	struct cv_repeats repeats;
	struct cv_hearings hearings;
	uint8_t memory[CV_LANE_COUNT][2 * CV_RECORD_MAX];
	bool full;
	unsigned int told;
	struct fh_record *record;
} w;

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	sink->lane[lane].cur = w.full ? NULL : w.memory[lane];
	sink->lane[lane].end = w.full ? NULL : w.memory[lane] + sizeof(w.memory[lane]);
}

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	(void)sink;
	assert_int_equal(cv_record_check(rec, rec->size), 0);
	assert_int_equal(rec->heard, 0);
	assert_true(w.told < TOLD_MAX);
	memcpy(&w.record[w.told++], rec, rec->size);
}

static void begin(uint32_t max, int64_t hold_ns)
{
	memset(&w, 0, sizeof(w));
	w.record = calloc(TOLD_MAX, sizeof(*w.record));
	assert_non_null(w.record);
	w.sink.refill = refill;
	w.sink.committed = committed;
	cv_emit_init(&w.emit, &w.sink);
	w.emit.origin = &w.origin;
	assert_int_equal(cv_repeats_setup(&w.repeats, 1 << 14, 7), 0);
	assert_int_equal(cv_hearings_setup(&w.hearings, max, hold_ns, &w.repeats), 0);
	w.emit.hearings = &w.hearings;
}

static void end(void)
{
	cv_hearings_drain(&w.hearings, &w.emit);
	assert_int_equal(w.hearings.count, 0);
	assert_int_equal(w.hearings.heard, w.hearings.told + w.hearings.copies);
	cv_hearings_release(&w.hearings);
	cv_repeats_release(&w.repeats);
	free(w.record);
}

static void at(int64_t now_ns)
{
	w.hearings.now_ns = w.repeats.now_ns = now_ns;
	cv_hearings_age(&w.hearings, &w.emit);
}

/* As a decoder does it; the frame's number stands for all that it says. */
static void hear(uint64_t frame, uint64_t gateway, double rssi, double snr)
{
	bool again = cv_repeat_part(&w.repeats, frame, 60000 * MS);
	struct cv_record *rec = cv_emit_begin(&w.emit, CV_LANE_STATUS, CV_KIND_STATE);

	rec->seq = (uint32_t)frame;
	rec->flags = again ? CV_FLAG_DUPLICATE : 0;
	rec->ts_rx_ns = w.hearings.now_ns;
	rec->packet = gateway; /* whose record it is */
	cv_emit_tlv(&w.emit, CV_TLV_DEVICE, "26000001", 8);
	cv_emit_tlv(&w.emit, CV_TLV_TEXT, "SF7", 3);
	cv_emit_tlv(&w.emit, CV_TLV_BYTES, &frame, sizeof(frame));
	cv_hearing_gateway(&w.emit, gateway, rssi, snr);
	cv_hearing_mark(&w.emit, frame);
	cv_emit_end(&w.emit);
	cv_repeats_settle(&w.repeats, true);
}

static unsigned int told(struct cv_gateway g[CV_GATEWAYS_MAX])
{
	const struct cv_record *rec = &w.record[0].head;

	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_int_equal(rec->flags & CV_FLAG_DUPLICATE, 0);
	return cv_record_gateways(rec, g);
}

static void the_best_is_told_with_all_that_heard_it(void **state)
{
	struct cv_gateway g[CV_GATEWAYS_MAX];

	(void)state;
	begin(8, HOLD);
	at(1000 * MS);
	hear(1, 0xa, -80, 5);
	hear(1, 0xb, -70, -12.5); /* -82.5: mostly noise */
	at(1100 * MS);
	hear(1, 0xc, -60, 9.25);
	hear(1, 0xc, -90, 1); /* the same gateway by another antenna */
	hear(1, 0xd, NAN, NAN);
	at(1200 * MS - 1);
	assert_int_equal(w.told, 0);
	at(1200 * MS);
	assert_int_equal(w.told, 3);
	assert_int_equal(told(g), 4);
	assert_int_equal(g[0].id, 0xc);
	assert_true(g[0].rssi == -60 && g[0].snr == 9.25);
	assert_int_equal(g[1].id, 0xa);
	assert_int_equal(g[2].id, 0xb);
	assert_int_equal(g[3].id, 0xd);
	assert_true(isnan(g[3].rssi) && isnan(g[3].snr));
	assert_int_equal(w.record[0].head.packet, 0xc);
	assert_int_equal(w.record[0].head.ts_rx_ns, 1100 * MS);
	for (unsigned int i = 1; i < 3; i++) {
		const struct cv_record *rec = &w.record[i].head;

		assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
		assert_int_equal(rec->name_id, i == 1 ? CV_NAME_DEVICE_RSSI : CV_NAME_DEVICE_SNR);
		assert_true(rec->value.f64 == (i == 1 ? -60 : 9.25));
		assert_int_equal(rec->packet, 0xc);
		assert_int_equal(cv_record_tlv(rec, CV_TLV_DEVICE).len, 8);
		assert_null(cv_record_tlv(rec, CV_TLV_TEXT).data);
		assert_null(cv_record_tlv(rec, CV_TLV_BYTES).data);
	}
	assert_int_equal(w.hearings.copies, 4);
	end();
}

/* A copy that comes late, or a device that repeats itself, is counted and not told. */
static void late_copies_are_counted(void **state)
{
	(void)state;
	begin(8, HOLD);
	at(0);
	hear(1, 0xa, -80, 5);
	at(300 * MS);
	hear(1, 0xb, -50, 5);
	at(600 * MS);
	assert_int_equal(w.told, 3);
	assert_int_equal(w.hearings.copies, 1);
	at(61000 * MS); /* its lifetime is over: a device that begins to count anew */
	hear(1, 0xb, -50, 5);
	at(62000 * MS);
	assert_int_equal(w.told, 6);
	assert_int_equal(w.hearings.told, 2);
	end();
}

static void without_hold_the_first_is_told_at_once(void **state)
{
	struct cv_gateway g[CV_GATEWAYS_MAX];

	(void)state;
	begin(8, 0);
	at(0);
	hear(1, 0xa, -80, 5);
	assert_int_equal(w.told, 3);
	hear(1, 0xb, -50, 5);
	assert_int_equal(w.told, 3);
	assert_int_equal(told(g), 1);
	assert_int_equal(w.hearings.copies, 1);
	assert_int_equal(w.hearings.early, 0);
	end();
}

/* More frames than may wait: the oldest are told early, and none is lost. */
static void a_full_table_tells_early(void **state)
{
	(void)state;
	begin(8, HOLD);
	at(0);
	for (uint64_t frame = 1; frame <= 1000; frame++) {
		hear(frame, 0xa, -80, NAN);
		hear(frame, 0xb, -70, NAN);
	}
	assert_int_equal(w.hearings.early, 992);
	assert_int_equal(w.hearings.count, 8);
	assert_int_equal(w.told, 992 * 2);
	hear(5, 0xc, -10, NAN); /* told already */
	assert_int_equal(w.hearings.copies, 1001);
	cv_hearings_drain(&w.hearings, &w.emit);
	assert_int_equal(w.told, 2000);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(w.record[2 * i].head.seq, i + 1);
		assert_int_equal(cv_record_tlv(&w.record[2 * i].head, CV_TLV_GATEWAYS).len, 48);
		assert_true(w.record[2 * i + 1].head.value.f64 == -70);
	}
	end();
}

/* What found no memory was not told: the next time is the first. */
static void what_is_shed_is_not_told(void **state)
{
	(void)state;
	begin(8, HOLD);
	at(0);
	hear(1, 0xa, -80, 5);
	w.full = true;
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		refill(&w.sink, lane);
	at(300 * MS);
	assert_int_equal(w.sink.lane[CV_LANE_STATUS].shed, 3);
	hear(2, 0xa, -80, 5); /* may wait all the same */
	w.full = false;
	hear(1, 0xa, -80, 5);
	at(600 * MS);
	assert_int_equal(w.told, 6);
	assert_int_equal(w.hearings.copies, 0);
	end();
}

static void more_gateways_than_can_be_listed(void **state)
{
	struct cv_gateway g[CV_GATEWAYS_MAX];

	(void)state;
	begin(8, HOLD);
	at(0);
	for (unsigned int i = 0; i < 100; i++) /* 37 and 100 have no factor in common */
		hear(1, 1 + i * 37 % 100, -100 + (double)(i * 37 % 100), NAN);
	at(HOLD);
	assert_int_equal(told(g), CV_GATEWAYS_MAX);
	assert_true(w.record[0].head.flags & CV_FLAG_TRUNCATED);
	for (unsigned int i = 0; i < CV_GATEWAYS_MAX; i++)
		assert_int_equal(g[i].id, 100 - i);
	assert_int_equal(w.hearings.copies, 99);
	end();
}

#define FRAMES 40
#define COPIES 200

/* Who hears which frame how well; whole numbers, so that some are equal. */
struct copy {
	uint64_t frame, gateway;
	double rssi, snr;
};

static void shuffle(struct copy *c, unsigned int n)
{
	for (unsigned int i = n - 1; i > 0; i--) {
		unsigned int k = (unsigned int)rand() % (i + 1);
		struct copy t = c[i];

		c[i] = c[k];
		c[k] = t;
	}
}

/* What became of each frame in one order of the copies. */
static void play(const struct copy *c, struct cv_gateway list[FRAMES][CV_GATEWAYS_MAX],
		 unsigned int count[FRAMES])
{
	begin(64, HOLD);
	memset(count, 0, FRAMES * sizeof(*count));
	for (unsigned int i = 0; i < COPIES; i++) {
		at(i * MS / 2);
		hear(c[i].frame + 1, c[i].gateway, c[i].rssi, c[i].snr);
	}
	cv_hearings_drain(&w.hearings, &w.emit);
	for (unsigned int i = 0; i < w.told; i++) {
		const struct cv_record *rec = &w.record[i].head;
		unsigned int frame = rec->seq - 1;

		if (rec->kind != CV_KIND_STATE)
			continue;
		assert_true(frame < FRAMES);
		assert_int_equal(count[frame], 0); /* one event */
		count[frame] = cv_record_gateways(rec, list[frame]);
		assert_int_equal(rec->packet, list[frame][0].id); /* the best one's record */
	}
	assert_int_equal(w.hearings.heard, COPIES);
	end();
}

static void any_order_of_copies_gives_the_same_event(void **state)
{
	static struct cv_gateway list[2][FRAMES][CV_GATEWAYS_MAX];
	unsigned int count[2][FRAMES];
	struct copy c[COPIES];

	(void)state;
	for (unsigned int seed = 1; seed <= 30; seed++) {
		srand(seed);
		for (unsigned int i = 0; i < COPIES; i++)
			c[i] = (struct copy){(uint64_t)rand() % FRAMES, 1 + (uint64_t)rand() % 9,
					     -(double)(rand() % 8), (double)(rand() % 8 - 4)};
		play(c, list[0], count[0]);
		shuffle(c, COPIES);
		play(c, list[1], count[1]);
		for (unsigned int f = 0; f < FRAMES; f++) {
			assert_int_equal(count[0][f], count[1][f]);
			assert_memory_equal(list[0][f], list[1][f],
					    count[0][f] * sizeof(list[0][f][0]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_is_told_with_all_that_heard_it),
		cmocka_unit_test(late_copies_are_counted),
		cmocka_unit_test(without_hold_the_first_is_told_at_once),
		cmocka_unit_test(a_full_table_tells_early),
		cmocka_unit_test(what_is_shed_is_not_told),
		cmocka_unit_test(more_gateways_than_can_be_listed),
		cmocka_unit_test(any_order_of_copies_gives_the_same_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
