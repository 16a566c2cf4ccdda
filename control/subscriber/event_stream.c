/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/event_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/normalize/cloudevent.h"
#include "dataplane/normalize/json_write.h"

#define HEAD_ROOM CV_HTTP_CHUNK_ROOM
#define TAIL_ROOM CV_HTTP_CHUNK_ROOM
#define EVENT_ROOM (CV_CLOUDEVENT_MAX + CV_CURSOR_TEXT_MAX + 128)
#define BUFFER_SIZE (128 * 1024)
/* Blocks looked through in one go when hardly anything matches; others get their turn then. */
#define PUMP_BLOCKS 32

struct cv_event_stream {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	const char *node;
	struct cv_event_query query;
	bool chunked;
	cv_http_stream_ready *ready;
	void *owner;

	struct cv_cursor cursor;
	struct cv_cursor until; /* without follow: where each lane ends */
	uint64_t left; /* events until the limit */
	unsigned int lane; /* read last */
	struct cv_log_read read;
	struct cv_op yield;
	bool pumping, sending, ended, last_chunk_done;
	struct cv_event_stream_stats stats;
	struct cv_json out; /* into buffer, behind HEAD_ROOM */
	char buffer[BUFFER_SIZE];
};

static void reset_output(struct cv_event_stream *s)
{
	s->out = cv_json(s->buffer + HEAD_ROOM, BUFFER_SIZE - HEAD_ROOM - TAIL_ROOM);
}

static size_t used(const struct cv_event_stream *s)
{
	return (size_t)(s->out.at - s->buffer) - HEAD_ROOM;
}

static bool has_room(const struct cv_event_stream *s)
{
	return (size_t)(s->out.end - s->out.at) >= EVENT_ROOM;
}

/* What stands before an event and after it. The cursor already points behind the event. */
static void begin_event(struct cv_event_stream *s, const char *kind)
{
	char cursor[CV_CURSOR_TEXT_MAX];

	if (s->query.format != CV_EVENT_SSE)
		return;
	cv_json_lit(&s->out, "id: ");
	cv_json_put(&s->out, cursor, cv_cursor_format(&s->cursor, cursor));
	cv_json_lit(&s->out, "\nevent: city.culvert.");
	cv_json_put(&s->out, kind, strlen(kind));
	cv_json_lit(&s->out, ".v1\ndata: ");
}

static void end_event(struct cv_event_stream *s)
{
	cv_json_lit(&s->out, "\n");
	if (s->query.format == CV_EVENT_SSE)
		cv_json_lit(&s->out, "\n");
	s->stats.sent++;
}

static void put_record(struct cv_event_stream *s, const struct cv_record *rec, uint64_t seq)
{
	begin_event(s, cv_kind_name(rec->kind));
	s->out.at +=
		cv_cloudevent_json(rec, s->node, seq, s->out.at, (size_t)(s->out.end - s->out.at));
	end_event(s);
	if (s->left != 0 && --s->left == 0)
		s->ended = true;
}

static void put_gap(struct cv_event_stream *s, unsigned int lane, uint64_t to, const char *reason)
{
	struct cv_log_gap gap = {
		.lane = lane,
		.from = s->cursor.next[lane],
		.to = to,
		.reason = reason,
		.ts_ns = cv_loop_wall_ns(s->loop),
	};

	s->cursor.next[lane] = to;
	begin_event(s, cv_kind_name(CV_KIND_GAP));
	s->out.at +=
		cv_cloudevent_gap_json(&gap, s->node, s->out.at, (size_t)(s->out.end - s->out.at));
	end_event(s);
	s->stats.gaps++;
}

/* Refused records leave a hole that the log's own gap record, right behind it, accounts for. */
static bool is_told(const struct cv_block *block, uint64_t hole)
{
	const struct cv_record *first = (const struct cv_record *)(const void *)(block + 1);

	return block->worker == CV_WORKER_CONTROL && first->kind == CV_KIND_GAP &&
	       first->value.u64 >= hole;
}

static void take_block(struct cv_event_stream *s, unsigned int lane, const struct cv_block *block)
{
	const uint8_t *at = (const uint8_t *)(block + 1);
	uint64_t seq = block->first_seq, end = seq + block->count;

	if (!s->query.follow && end > s->until.next[lane])
		end = s->until.next[lane];
	if (seq > s->cursor.next[lane] && is_told(block, seq - s->cursor.next[lane]))
		s->cursor.next[lane] = seq;
	else if (seq > s->cursor.next[lane])
		put_gap(s, lane, seq, "damaged");
	for (; seq < end && !s->ended && has_room(s); seq++) {
		const struct cv_record *rec = (const struct cv_record *)(const void *)at;

		at += rec->size;
		if (seq < s->cursor.next[lane])
			continue;
		s->cursor.next[lane] = seq + 1;
		if (cv_event_query_matches(&s->query, rec))
			put_record(s, rec, seq);
	}
}

static void on_read(struct cv_log_read *rd, const struct cv_block *block, int res)
{
	struct cv_event_stream *s = rd->owner;
	unsigned int lane = rd->lane;
	uint64_t next = s->cursor.next[lane];
	uint64_t to = res == -ESTALE	? cv_eventlog_begin(s->log, rd->lane)
		      : res == -EBADMSG ? rd->skip_to
					: next;

	if (res == 0) {
		take_block(s, lane, block);
	} else if (to > next && res == -EBADMSG && rd->told) {
		s->cursor.next[lane] = to; /* the gap record there tells of the hole */
	} else if (to > next) {
		put_gap(s, lane, to, res == -ESTALE ? "retention" : "damaged");
	} else {
		/* No way forward is known: say so and end, the subscriber comes back. */
		put_gap(s, lane, next, "read-error");
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

		if ((s->query.lanes & 1u << lane) && s->cursor.next[lane] < lane_end(s, lane))
			return (int)lane;
	}
	return -1;
}

static void read_next(struct cv_event_stream *s)
{
	int lane = -1;

	for (int blocks = 0; !s->ended && !s->read.busy && has_room(s); blocks++) {
		lane = next_lane(s);
		if (lane < 0)
			break;
		if (blocks == PUMP_BLOCKS)
			break;
		s->lane = (unsigned int)lane;
		cv_eventlog_read(s->log, &s->read, (enum cv_lane)lane, s->cursor.next[lane]);
	}
	if (s->read.busy || s->ended)
		return;
	if (lane < 0 && !s->query.follow && has_room(s))
		s->ended = true;
	else if (lane >= 0 && used(s) == 0)
		io_uring_prep_nop(cv_loop_sqe(s->loop, &s->yield));
}

void cv_event_stream_pump(struct cv_event_stream *s)
{
	if (s->pumping || s->sending || s->read.busy || s->yield.pending)
		return;
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
	if (s->query.format != CV_EVENT_SSE || s->sending || s->read.busy || used(s) != 0)
		return;
	cv_json_lit(&s->out, ":\n\n");
	cv_event_stream_pump(s);
}

const char *cv_event_stream_output(struct cv_event_stream *s, size_t *ret_len)
{
	char *from = s->buffer + HEAD_ROOM;
	size_t n = used(s);

	if (s->sending || s->read.busy || (n == 0 && (!s->ended || s->last_chunk_done)))
		return NULL;
	if (s->chunked)
		from = cv_http_chunk(from, n, s->ended, &n);
	s->last_chunk_done = s->ended;
	s->sending = true;
	s->stats.bytes += n;
	*ret_len = n;
	return n == 0 ? NULL : from;
}

void cv_event_stream_sent(struct cv_event_stream *s)
{
	s->sending = false;
	reset_output(s);
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
		if ((s->query.lanes & 1u << lane) && s->cursor.next[lane] < lane_end(s, lane))
			stats.lag += lane_end(s, lane) - s->cursor.next[lane];
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
	cv_event_query_release(&s->query);
	free(s);
}

static uint64_t start_of_lane(struct cv_event_stream *s, enum cv_lane lane)
{
	uint64_t begin = cv_eventlog_begin(s->log, lane), end = cv_eventlog_end(s->log, lane);

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
static void resolve_start(struct cv_event_stream *s)
{
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		uint64_t end = cv_eventlog_end(s->log, (enum cv_lane)lane);

		s->cursor.next[lane] = start_of_lane(s, (enum cv_lane)lane);
		s->until.next[lane] = end;
	}
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if ((s->query.lanes & 1u << lane) && s->cursor.next[lane] > s->until.next[lane]) {
			s->cursor.next[lane] = s->until.next[lane];
			put_gap(s, lane, s->until.next[lane], "log-is-shorter");
		}
	}
}

int cv_event_stream_create(struct cv_loop *loop, struct cv_eventlog *log, const char *node,
			   const struct cv_event_query *query, bool chunked,
			   cv_http_stream_ready *ready, void *owner, struct cv_event_stream **ret)
{
	struct cv_event_stream *s = malloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	memset(s, 0, offsetof(struct cv_event_stream, buffer));
	s->loop = loop;
	s->log = log;
	s->node = node;
	s->query = *query;
	s->chunked = chunked;
	s->ready = ready;
	s->owner = owner;
	s->left = query->limit;
	s->lane = CV_LANE_COUNT - 1;
	s->read.done = on_read;
	s->read.owner = s;
	s->read.fd = -1;
	s->yield.done = on_yield;
	s->yield.owner = s;
	reset_output(s);
	if (query->format == CV_EVENT_SSE)
		cv_json_lit(&s->out, "retry: 1000\n\n");
	resolve_start(s);
	*ret = s;
	return 0;
}

/* ---- as the connection sees it ------------------------------------------------------------- */

static const char *stream_output(void *s, size_t *ret_len)
{
	return cv_event_stream_output(s, ret_len);
}

static void stream_sent(void *s)
{
	cv_event_stream_sent(s);
}

static void stream_pump(void *s)
{
	cv_event_stream_pump(s);
}

static void stream_heartbeat(void *s)
{
	cv_event_stream_heartbeat(s);
}

static void stream_stop(void *s)
{
	cv_event_stream_stop(s);
}

static bool stream_ended(const void *s)
{
	return cv_event_stream_ended(s);
}

static bool stream_busy(const void *s)
{
	return cv_event_stream_busy(s);
}

static void stream_destroy(void *s)
{
	cv_event_stream_destroy(s);
}

const struct cv_http_stream_ops cv_event_stream_ops = {
	.output = stream_output,
	.sent = stream_sent,
	.pump = stream_pump,
	.heartbeat = stream_heartbeat,
	.stop = stream_stop,
	.ended = stream_ended,
	.busy = stream_busy,
	.destroy = stream_destroy,
};
