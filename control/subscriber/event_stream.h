/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subscriber's stream: a cursor on the log, and one bounded buffer that events are written to as
 * they are to be sent. The buffer is either being filled or being sent, so a slow receiver holds
 * one buffer and nothing else. A hole in a lane becomes a gap event, never silence.
 */
#ifndef CV_EVENT_STREAM_H
#define CV_EVENT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "control/eventlog/eventlog.h"
#include "control/loop/loop.h"
#include "control/subscriber/event_query.h"
#include "control/subscriber/http_stream.h"

struct cv_event_stream;

struct cv_event_stream_stats {
	uint64_t sent; /* events given to the connection, gap events included */
	uint64_t bytes;
	uint64_t gaps; /* gap events that the stream itself made */
	uint64_t up_to_date_ns; /* monotonic; when it last had read everything, 0 = never yet */
	uint64_t lag; /* events in the log that are still to be read, over the lanes */
};

/** What streams are of. */
struct cv_event_source {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	const char *node;
	struct cv_text_memo *memo; /* NULL = none */
	struct cv_device_hashes *devices; /* of the log; shared by its streams */
};

/**
 * @param query   copied, and on success the stream's to release. Positions are resolved now.
 * @param chunked frame output as HTTP/1.1 chunks.
 * @return 0 or -ENOMEM.
 */
int cv_event_stream_create(const struct cv_event_source *source, const struct cv_event_query *query,
			   bool chunked, cv_http_stream_ready *ready, void *owner,
			   struct cv_event_stream **ret);

/** Fill the buffer if it is free and there is something to read; may call ready() at once. */
void cv_event_stream_pump(struct cv_event_stream *s);

/** Write a heartbeat comment if nothing else is on its way (SSE only). */
void cv_event_stream_heartbeat(struct cv_event_stream *s);

/**
 * What to send now, and the buffer is locked until cv_event_stream_sent().
 *
 * @return NULL when there is nothing.
 */
const char *cv_event_stream_output(struct cv_event_stream *s, size_t *ret_len);

/** The output has been sent whole: unlock. The caller then pumps. */
void cv_event_stream_sent(struct cv_event_stream *s);

/**
 * The stream's member has a new start: drop what was not given to the connection yet and go on
 * from there, in a later turn of the loop.
 */
void cv_event_stream_rewind(struct cv_event_stream *s);

/** End in order, in a later turn of the loop. */
void cv_event_stream_end(struct cv_event_stream *s);

/** Where it is: text of the place behind what was put out; CV_CURSOR_TEXT_MAX bytes. */
void cv_event_stream_cursor(const struct cv_event_stream *s, char *buf);

/** Read no more and end, as if the limit had been reached. */
void cv_event_stream_stop(struct cv_event_stream *s);

/** All there is has been put out: the last output ends the response. */
bool cv_event_stream_ended(const struct cv_event_stream *s);

struct cv_event_stream_stats cv_event_stream_stats(const struct cv_event_stream *s);
const struct cv_event_query *cv_event_stream_query(const struct cv_event_stream *s);

/** A read is in flight: it must not be destroyed yet; ready() follows. */
bool cv_event_stream_busy(const struct cv_event_stream *s);
/** NULL is fine. */
void cv_event_stream_destroy(struct cv_event_stream *s);

/** How a connection drives it. */
extern const struct cv_http_stream_ops cv_event_stream_ops;

#endif
