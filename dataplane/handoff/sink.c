/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Producer side of the handoff: records are built in place in the open block of their lane. Runs
 * on the worker's lcore: no syscall, no allocation, one store per published block that control
 * can see.
 */
#include "dataplane/handoff/handoff.h"

#include <string.h>

/* Blocks that may wait for control before partly filled ones are held back. */
#define EARLY_BLOCKS 2

static uint8_t *block_start(struct cv_block *b)
{
	return (uint8_t *)(b + 1);
}

static bool has_free_block(struct cv_handoff_sink *s, enum cv_lane lane, uint64_t head)
{
	const struct cv_channel *ch = cv_handoff_channel(s->handoff, s->worker, lane);
	uint32_t blocks = s->handoff->block_count;

	if (head - s->lane[lane].tail < blocks)
		return true;
	/* Acquire: the consumer has finished reading what it gave back. */
	s->lane[lane].tail = __atomic_load_n(&ch->tail, __ATOMIC_ACQUIRE);
	return head - s->lane[lane].tail < blocks;
}

/* What was shed is told as the first record after the hole (D8), in the lane it concerns. */
static void report_gap(struct cv_handoff_sink *s, enum cv_lane lane)
{
	struct cv_sink_lane *l = &s->sink.lane[lane];
	uint64_t missing = l->shed - s->lane[lane].shed_reported;
	struct cv_record *rec = (struct cv_record *)(void *)l->cur;
	static const char why[] = "no free handoff block";
	struct cv_tlv tlv = {.tag = CV_TLV_TEXT, .len = sizeof(why) - 1};
	size_t tail = sizeof(tlv) + ((sizeof(why) + 2) & ~(size_t)3);

	tail = (tail + 7) & ~(size_t)7;
	memset(rec, 0, sizeof(*rec) + tail);
	rec->size = (uint16_t)(sizeof(*rec) + tail);
	rec->version = CV_RECORD_VERSION;
	rec->lane = (uint8_t)lane;
	rec->kind = CV_KIND_GAP;
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = missing;
	rec->ts_rx_ns = s->now_ns;
	memcpy(rec + 1, &tlv, sizeof(tlv));
	memcpy((uint8_t *)(rec + 1) + sizeof(tlv), why, sizeof(why) - 1);
	l->cur += rec->size;
	if (rec->ts_rx_ns > l->newest_ns)
		l->newest_ns = rec->ts_rx_ns;
	l->produced++;
	s->lane[lane].shed_reported = l->shed;
}

static void open_block(struct cv_handoff_sink *s, enum cv_lane lane)
{
	struct cv_channel *ch = cv_handoff_channel(s->handoff, s->worker, lane);
	struct cv_sink_lane *l = &s->sink.lane[lane];
	uint64_t head = ch->head; /* own position */
	struct cv_block *b;

	if (!has_free_block(s, lane, head)) {
		s->lane[lane].open = NULL;
		l->cur = l->end = NULL;
		return;
	}
	b = cv_handoff_block(s->handoff, s->worker, lane, head);
	s->lane[lane].open = b;
	s->lane[lane].opened_tsc = 0;
	s->lane[lane].committed = l->produced - l->shed;
	l->cur = block_start(b);
	l->end = (uint8_t *)b + CV_BLOCK_SIZE;
	if (l->shed != s->lane[lane].shed_reported)
		report_gap(s, lane);
}

static void publish(struct cv_handoff_sink *s, enum cv_lane lane)
{
	struct cv_channel *ch = cv_handoff_channel(s->handoff, s->worker, lane);
	struct cv_sink_lane *l = &s->sink.lane[lane];
	struct cv_block *b = s->lane[lane].open;
	uint64_t count = l->produced - l->shed - s->lane[lane].committed;

	*b = (struct cv_block){
		.magic = CV_BLOCK_MAGIC,
		.version = CV_BLOCK_VERSION,
		.lane = (uint8_t)lane,
		.worker = (uint8_t)s->worker,
		.used = (uint32_t)(l->cur - (uint8_t *)b),
		.count = (uint32_t)count,
		.incarnation = s->handoff->header->incarnation,
		.source_seq = ch->head + 1,
		.first_ts_ns = ((const struct cv_record *)(const void *)block_start(b))->ts_rx_ns,
		.last_ts_ns = l->newest_ns,
	};
	l->newest_ns = 0;
	cv_count_records(s->counters, &s->sink, lane);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	cv_count(&s->counters->handed[lane], count);
	cv_count(&s->counters->shed_told[lane],
		 s->lane[lane].shed_reported - s->counters->shed_told[lane]);
	s->lane[lane].open = NULL;
	/* Release: block and ledger are visible before the new head is. */
	__atomic_store_n(&ch->head, ch->head + 1, __ATOMIC_RELEASE);
}

static bool is_empty(const struct cv_handoff_sink *s, enum cv_lane lane)
{
	const struct cv_sink_lane *l = &s->sink.lane[lane];

	return l->produced - l->shed == s->lane[lane].committed;
}

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	struct cv_handoff_sink *s = (struct cv_handoff_sink *)(void *)sink;

	if (s->lane[lane].open)
		publish(s, lane);
	open_block(s, lane);
}

void cv_handoff_sink_init(struct cv_handoff_sink *s, const struct cv_handoff *h,
			  unsigned int worker, uint64_t flush_cycles)
{
	*s = (struct cv_handoff_sink){
		.sink = {.refill = refill},
		.handoff = h,
		.counters = &h->counters[worker],
		.worker = worker,
		.flush_cycles = flush_cycles,
	};
}

/*
 * Old enough to go, and somebody is there to take it: while control is still busy with earlier
 * blocks an early one gains nobody anything and costs a block of the ring, so the open block goes
 * on filling. A slow disk thus makes blocks fuller instead of using them up.
 */
static bool is_due(struct cv_handoff_sink *s, enum cv_lane lane, uint64_t now_tsc)
{
	const struct cv_channel *ch = cv_handoff_channel(s->handoff, s->worker, lane);

	if (s->lane[lane].opened_tsc == 0)
		s->lane[lane].opened_tsc = now_tsc;
	if (now_tsc - s->lane[lane].opened_tsc < s->flush_cycles)
		return false;
	s->lane[lane].tail = __atomic_load_n(&ch->tail, __ATOMIC_ACQUIRE);
	return ch->head - s->lane[lane].tail < EARLY_BLOCKS;
}

/* A lane that sheds and then falls silent still owes its gap record. */
static bool owes_gap(const struct cv_handoff_sink *s, enum cv_lane lane)
{
	return !s->lane[lane].open && s->sink.lane[lane].shed != s->lane[lane].shed_reported;
}

void cv_handoff_flush(struct cv_handoff_sink *s, uint64_t now_tsc, int64_t ts_ns, bool force)
{
	s->now_ns = ts_ns;
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (owes_gap(s, lane))
			open_block(s, lane);
		if (s->lane[lane].open && !is_empty(s, lane) &&
		    (force || is_due(s, lane, now_tsc))) {
			publish(s, lane);
			open_block(s, lane);
		}
		cv_count_records(s->counters, &s->sink, lane);
	}
}
