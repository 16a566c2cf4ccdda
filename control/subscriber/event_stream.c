/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/event_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/projection/text_memo.h"
#include "control/subscriber/device_text.h"
#include "control/subscriber/event_output.h"

/* Blocks looked through in one go when hardly anything matches; others get their turn then. */
#define PUMP_BLOCKS 32

struct cv_event_stream {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	struct cv_event_query query;
	const struct cv_glob_list *wanted; /* of the query: devices; NULL = others, too */
	struct cv_device_hashes *devices; /* not owned */
	cv_http_stream_ready *ready;
	void *owner;

	struct cv_member_cursor cursor;
	struct cv_cursor until; /* without follow: where each lane ends */
	uint64_t left; /* events until the limit */
	unsigned int lane; /* read last */
	struct cv_log_read read;
	struct cv_op yield;
	bool pumping, sending, ended;
	bool rewind; /* the member has a new start */
	struct cv_event_stream_stats stats;
	struct cv_event_output out;
};

static size_t used(const struct cv_event_stream *s)
{
	return cv_event_output_used(&s->out);
}

/* A member's share; holes are everybody's. */
static bool is_mine(const struct cv_event_stream *s, const struct cv_record *rec)
{
	const struct cv_event_member *m = s->query.member;

	return !m || m->count <= 1 || rec->kind == CV_KIND_GAP ||
	       cv_event_share(rec, m->count) == m->start.slot;
}

/* Tell the group how far this is; who asks batch by batch may be given the same again. */
static void note_read(struct cv_event_stream *s, unsigned int lane, bool given)
{
	struct cv_event_member *m = s->query.member;
	uint64_t at = s->cursor.at.next[lane];

	if (m && m->read.next[lane] < at)
		m->read.next[lane] = at;
	if (m && given && m->given.next[lane] < at)
		m->given.next[lane] = at;
}

static void put_record(struct cv_event_stream *s, const struct cv_record *rec, uint64_t seq,
		       bool plain)
{
	note_read(s, rec->lane, true);
	cv_event_output_record(&s->out, rec, seq, plain, &s->cursor);
	s->stats.sent++;
	if (s->left != 0 && --s->left == 0)
		s->ended = true;
}

/* The cursor already points to the hole; then it points behind it. */
static void put_gap(struct cv_event_stream *s, unsigned int lane, uint64_t to,
		    enum cv_gap_reason reason)
{
	struct cv_log_gap gap = {
		.lane = lane,
		.from = s->cursor.at.next[lane],
		.to = to,
		.ts_ns = cv_loop_wall_ns(s->loop),
	};

	s->cursor.at.next[lane] = to;
	note_read(s, lane, true);
	cv_event_output_gap(&s->out, &gap, reason, &s->cursor);
	s->stats.sent++;
	s->stats.gaps++;
}

/* Refused records leave a hole that the log's own gap record, right behind it, accounts for. */
static bool is_told(const struct cv_block *block, uint64_t hole)
{
	const struct cv_record *first = (const struct cv_record *)(const void *)(block + 1);

	return block->worker == CV_WORKER_CONTROL && first->kind == CV_KIND_GAP &&
	       first->value.u64 >= hole;
}

/* What the device alone keeps from this stream: with many subscribers who want few, most of the log. */
static bool is_of_others(const struct cv_event_stream *s, const struct cv_record *rec, uint64_t seq)
{
	return s->wanted && rec->kind != CV_KIND_GAP &&
	       !cv_glob_list_may_match(s->wanted, cv_device_hash(s->devices, rec, seq));
}

static void take_block(struct cv_event_stream *s, unsigned int lane, const struct cv_block *block)
{
	const uint8_t *at = (const uint8_t *)(block + 1);
	uint64_t seq = block->first_seq, end = seq + block->count;

	if (!s->query.follow && end > s->until.next[lane])
		end = s->until.next[lane];
	if (seq > s->cursor.at.next[lane] && is_told(block, seq - s->cursor.at.next[lane]))
		s->cursor.at.next[lane] = seq;
	else if (seq > s->cursor.at.next[lane])
		put_gap(s, lane, seq, CV_GAP_DAMAGED);
	for (; seq < end && !s->ended; seq++) {
		const struct cv_record *rec = (const struct cv_record *)(const void *)at, *seen;

		at += rec->size;
		if (seq < s->cursor.at.next[lane])
			continue;
		if (is_of_others(s, rec, seq)) {
			s->cursor.at.next[lane] = seq + 1;
			continue;
		}
		if (!cv_event_output_has_room(&s->out))
			break;
		s->cursor.at.next[lane] = seq + 1;
		seen = cv_event_query_see(&s->query, rec);
		if (seen && is_mine(s, seen))
			put_record(s, seen, seq, seen == rec);
	}
	note_read(s, lane, false);
}

static void on_read(struct cv_log_read *rd, const struct cv_block *block, int res)
{
	struct cv_event_stream *s = rd->owner;
	unsigned int lane = rd->lane;
	uint64_t next = s->cursor.at.next[lane];
	uint64_t to = res == -ESTALE	? cv_eventlog_begin(s->log, rd->lane)
		      : res == -EBADMSG ? rd->skip_to
					: next;

	if (s->rewind) {
		/* What was read is not what is wanted now. */
	} else if (res == 0) {
		take_block(s, lane, block);
	} else if (to > next && res == -EBADMSG && rd->told) {
		s->cursor.at.next[lane] = to; /* the gap record there tells of the hole */
	} else if (to > next) {
		put_gap(s, lane, to, res == -ESTALE ? CV_GAP_RETENTION : CV_GAP_DAMAGED);
	} else {
		/* No way forward is known: say so and end, the subscriber comes back. */
		put_gap(s, lane, next, CV_GAP_READ_ERROR);
		s->ended = true;
	}
	if (!s->pumping)
		cv_event_stream_pump(s);
}

static void on_yield(struct cv_op *op, int res, uint32_t flags)
{
	cv_event_stream_pump(op->owner);
}

static uint64_t lane_end(const struct cv_event_stream *s, unsigned int lane)
{
	return s->query.follow ? cv_eventlog_end(s->log, (enum cv_lane)lane) : s->until.next[lane];
}

/* The next lane in turn that has events to read, -1 = none. */
static int next_lane(const struct cv_event_stream *s)
{
	for (unsigned int i = 1; i <= CV_LANE_COUNT; i++) {
		unsigned int lane = (s->lane + i) % CV_LANE_COUNT;

		if ((s->query.lanes & 1u << lane) && s->cursor.at.next[lane] < lane_end(s, lane))
			return (int)lane;
	}
	return -1;
}

/* All is read: give back what reading and writing took, until there is more. */
static void rest(struct cv_event_stream *s)
{
	s->stats.up_to_date_ns = cv_loop_mono_ns(s->loop);
	cv_eventlog_read_free(&s->read);
	if (used(s) == 0)
		cv_event_output_sent(&s->out);
}

static void read_next(struct cv_event_stream *s)
{
	int lane = -1;
	bool room = true;

	for (int blocks = 0; !s->ended && !s->read.busy; blocks++) {
		lane = next_lane(s);
		if (lane < 0 || blocks == PUMP_BLOCKS)
			break;
		room = cv_event_output_has_room(&s->out);
		if (!room)
			break;
		s->lane = (unsigned int)lane;
		cv_eventlog_read(s->log, &s->read, (enum cv_lane)lane, s->cursor.at.next[lane]);
	}
	if (s->read.busy || s->ended)
		return;
	if (lane < 0)
		rest(s);
	if ((lane < 0 && !s->query.follow) || (!room && used(s) == 0))
		s->ended = true; /* the end; or no memory to go on with: it comes back */
	else if (lane >= 0 && s->out.events == 0)
		io_uring_prep_nop(cv_loop_sqe(s->loop, &s->yield));
}

static void restart(struct cv_event_stream *s)
{
	unsigned int dropped;

	s->rewind = false;
	if (s->ended)
		return;
	dropped = cv_event_output_drop(&s->out);
	s->stats.sent -= dropped;
	s->left += s->left != 0 ? dropped : 0;
	s->cursor = s->query.member->start;
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (!(cv_scope_lanes(s->query.scope) & 1u << lane))
			s->cursor.at.next[lane] = 0; /* as start_of_lane() says */
	}
}

void cv_event_stream_pump(struct cv_event_stream *s)
{
	if (s->pumping || s->sending || s->read.busy || s->yield.pending)
		return;
	if (s->rewind)
		restart(s);
	if (!s->ended) {
		s->pumping = true;
		read_next(s);
		s->pumping = false;
	}
	if (!s->read.busy && !s->yield.pending && (used(s) != 0 || s->ended))
		s->ready(s->owner);
}

void cv_event_stream_heartbeat(struct cv_event_stream *s)
{
	if (s->sending || s->read.busy || s->yield.pending || used(s) != 0)
		return;
	cv_event_output_idle(&s->out);
	cv_event_stream_pump(s);
}

const char *cv_event_stream_output(struct cv_event_stream *s, size_t *ret_len)
{
	const char *data;

	if (s->sending || s->read.busy)
		return NULL;
	data = cv_event_output_take(&s->out, s->ended, &s->cursor, ret_len);
	if (!data)
		return NULL;
	s->sending = true;
	s->stats.bytes += *ret_len;
	return data;
}

void cv_event_stream_sent(struct cv_event_stream *s)
{
	s->sending = false;
	cv_event_output_sent(&s->out);
}

void cv_event_stream_cursor(const struct cv_event_stream *s, char *buf)
{
	cv_member_cursor_format(&s->cursor, buf);
}

/* Not at once: whoever asks goes through a list of streams. */
static void pump_later(struct cv_event_stream *s)
{
	if (!s->sending && !s->read.busy && !s->yield.pending)
		io_uring_prep_nop(cv_loop_sqe(s->loop, &s->yield));
}

void cv_event_stream_rewind(struct cv_event_stream *s)
{
	s->rewind = true;
	pump_later(s);
}

void cv_event_stream_end(struct cv_event_stream *s)
{
	s->ended = true;
	pump_later(s);
}

void cv_event_stream_stop(struct cv_event_stream *s)
{
	s->ended = true;
}

bool cv_event_stream_ended(const struct cv_event_stream *s)
{
	return s->ended;
}

const struct cv_event_query *cv_event_stream_query(const struct cv_event_stream *s)
{
	return &s->query;
}

struct cv_event_stream_stats cv_event_stream_stats(const struct cv_event_stream *s)
{
	struct cv_event_stream_stats stats = s->stats;

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if ((s->query.lanes & 1u << lane) && s->cursor.at.next[lane] < lane_end(s, lane))
			stats.lag += lane_end(s, lane) - s->cursor.at.next[lane];
	}
	return stats;
}

bool cv_event_stream_busy(const struct cv_event_stream *s)
{
	return s->read.busy || s->yield.pending;
}

void cv_event_stream_destroy(struct cv_event_stream *s)
{
	if (!s)
		return;
	cv_eventlog_read_free(&s->read);
	cv_event_output_sent(&s->out);
	if (s->out.memo)
		cv_text_memo_leave(s->out.memo);
	cv_event_query_release(&s->query);
	free(s);
}

static uint64_t start_of_lane(struct cv_event_stream *s, enum cv_lane lane)
{
	uint64_t begin = cv_eventlog_begin(s->log, lane), end = cv_eventlog_end(s->log, lane);

	if (!(cv_scope_lanes(s->query.scope) & 1u << lane))
		return 0; /* cursors do not tell how far such a lane is */
	switch (s->query.from) {
	case CV_FROM_EARLIEST:
		return begin;
	case CV_FROM_LATEST:
		return end;
	case CV_FROM_TIME:
		return cv_eventlog_seek(s->log, lane, s->query.from_ns);
	default:
		return s->query.cursor.next[lane];
	}
}

/*
 * A cursor ahead of the log is from a log that has been lost since: waiting for its number would
 * pass over everything until then in silence.
 */
static int resolve_start(struct cv_event_stream *s)
{
	if (cv_event_output_begin(&s->out) < 0)
		return -ENOMEM;
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		uint64_t end = cv_eventlog_end(s->log, (enum cv_lane)lane);

		s->cursor.at.next[lane] = start_of_lane(s, (enum cv_lane)lane);
		s->until.next[lane] = end;
	}
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if ((s->query.lanes & 1u << lane) &&
		    s->cursor.at.next[lane] > s->until.next[lane]) {
			if (!cv_event_output_has_room(&s->out))
				return -ENOMEM;
			s->cursor.at.next[lane] = s->until.next[lane];
			put_gap(s, lane, s->until.next[lane], CV_GAP_LOG_IS_SHORTER);
		}
	}
	return 0;
}

int cv_event_stream_create(const struct cv_event_source *source, const struct cv_event_query *query,
			   bool chunked, cv_http_stream_ready *ready, void *owner,
			   struct cv_event_stream **ret)
{
	struct cv_event_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = source->loop;
	s->log = source->log;
	s->query = *query;
	s->wanted = source->devices ? cv_event_query_devices(query) : NULL;
	s->devices = source->devices;
	s->ready = ready;
	s->owner = owner;
	s->left = query->limit;
	s->lane = CV_LANE_COUNT - 1;
	s->read.done = on_read;
	s->read.owner = s;
	s->read.fd = -1;
	s->yield.done = on_yield;
	s->yield.owner = s;
	cv_event_output_init(&s->out, cv_projections[query->format].ops, source->node, chunked);
	s->out.registry = query->registry;
	s->out.no_place = query->scope && (query->scope->masks & 1u << CV_MASK_POSITION);
	if (source->memo && s->out.ops->keeps) {
		s->out.memo = source->memo;
		cv_text_memo_join(source->memo);
	}
	if (query->member)
		s->cursor = query->member->start;
	if (resolve_start(s) < 0) {
		s->query.filter = NULL; /* still the caller's, as is the member */
		s->query.member = NULL;
		cv_event_stream_destroy(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}
