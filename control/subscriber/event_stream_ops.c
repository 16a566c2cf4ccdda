/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of events as the connection sees it. */
#include "control/subscriber/event_stream.h"

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
