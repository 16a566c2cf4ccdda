/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long poll: an answer of known length that is held back until there are events for it, or until
 * the time is over. The stream that makes it is an ordinary one; it ends with its first output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/subscriber/http_conn.h"

#define LATE_NS UINT64_C(30000000000) /* for the reply, once it is made */

static void forget_stream(struct cv_http_conn *c)
{
	c->stream.ops->destroy(c->stream.self);
	c->stream = (struct cv_http_stream){NULL, NULL};
	c->events = NULL;
}

/* The stream is stopped and idle: what it has is the answer. */
static void answer(struct cv_http_conn *c)
{
	char cursor[CV_CURSOR_TEXT_MAX], head[512], date[64];
	const char *body;
	size_t len = 0;
	int n;

	body = c->stream.ops->output(c->stream.self, &len);
	cv_event_stream_cursor(c->events, cursor);
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 200 OK\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n"
		     "Cache-Control: no-store\r\nCulvert-Cursor: %s\r\n%s\r\n",
		     cv_http_conn_date(c, date, sizeof(date)), c->batch_type, body ? len : 0,
		     cursor, c->keep_alive ? "" : "Connection: close\r\n");
	c->state = CV_CONN_REPLYING;
	c->reply = malloc((size_t)n + len);
	if (!c->reply) {
		cv_http_conn_close(c);
		cv_http_conn_ready(c); /* nothing may be in flight that would free it */
		return;
	}
	memcpy(c->reply, head, (size_t)n);
	if (body)
		memcpy(c->reply + n, body, len);
	forget_stream(c);
	cv_http_conn_send(c, c->reply, (size_t)n + (body ? len : 0));
}

void cv_http_conn_batch_ready(struct cv_http_conn *c)
{
	/* What stands before all events is not worth an answer while there is time. */
	if (c->send.pending && cv_event_stream_stats(c->events).sent == 0 &&
	    !c->stream.ops->ended(c->stream.self))
		return;
	c->stream.ops->stop(c->stream.self);
	if (c->send.pending)
		cv_loop_cancel(cv_http_server_loop(c->server), &c->send); /* the timer: then */
	else if (!c->stream.ops->busy(c->stream.self))
		answer(c);
}

void cv_http_conn_batch(struct cv_http_conn *c, struct cv_http_stream stream,
			const struct cv_event_stream *events, const char *content_type,
			uint64_t wait_ns)
{
	struct cv_loop *loop = cv_http_server_loop(c->server);

	c->stream = stream;
	c->events = events;
	c->batch_type = content_type;
	c->state = CV_CONN_WAITING;
	c->deadline_ns = cv_loop_mono_ns(loop) + wait_ns + LATE_NS;
	/* To notice that whoever asks has gone. Who has sent its next request ahead does not wait. */
	if (c->in_at == c->in_len)
		cv_http_conn_receive(c);
	else
		wait_ns = 0;
	cv_loop_timer(loop, &c->send, wait_ns ? wait_ns : 1);
	stream.ops->pump(stream.self);
}
