/* SPDX-License-Identifier: Apache-2.0 */
#include "control/capture/capture_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/capture/pcapng_write.h"

/* Kept free for the statistics of all interfaces, which end the file. */
#define TRAILER_ROOM (CV_PORTS_MAX * 128u)

static uint8_t *filling_at(struct cv_capture_stream *s)
{
	struct cv_capture_buffer *b = &s->buffer[s->filling];

	return (uint8_t *)b->room + CV_HTTP_CHUNK_ROOM + b->used;
}

static size_t filling_room(const struct cv_capture_stream *s)
{
	return CV_CAPTURE_BUFFER - s->buffer[s->filling].used;
}

static void wrote(struct cv_capture_stream *s, size_t n)
{
	s->buffer[s->filling].used += n;
}

/* The buffer is empty and larger than all of it. */
static void write_head(struct cv_capture_stream *s, const char *node, const char *version,
		       const struct cv_capture_port *ports)
{
	const char *filter = s->query.expression[0] ? s->query.expression : NULL;
	char application[64], comment[256];

	snprintf(application, sizeof(application), "culvert %s", version);
	snprintf(comment, sizeof(comment),
		 "culvert: dropped frames of node %.100s, at most %u a second of each reason on "
		 "each CPU",
		 node, s->query.rate);
	wrote(s, cv_pcapng_section(filling_at(s), filling_room(s), application, comment));
	for (unsigned int i = 0; i < s->ports; i++)
		wrote(s, cv_pcapng_interface(filling_at(s), filling_room(s), ports[i].name,
					     ports[i].description, s->query.snap, filter));
}

int cv_capture_stream_create(struct cv_capture_hub *hub, const struct cv_capture_query *query,
			     const struct cv_http_stream_request *request, const char *node,
			     const char *version, const struct cv_capture_port *ports,
			     unsigned int port_count, struct cv_capture_stream **ret)
{
	struct cv_capture_stream *s = malloc(sizeof(*s));

	if (!s)
		return -ENOMEM;
	memset(s, 0, offsetof(struct cv_capture_stream, buffer));
	s->buffer[0].used = s->buffer[1].used = 0;
	s->hub = hub;
	s->query = *query;
	s->chunked = request->chunked;
	s->ready = request->ready;
	s->owner = request->owner;
	s->ports = port_count;
	write_head(s, node, version, ports);
	*ret = s;
	return 0;
}

static bool write_packet(struct cv_capture_stream *s, const struct cv_evidence_note *note,
			 const struct cv_sample *sample, const uint8_t *data)
{
	char comment[CV_EVIDENCE_COMMENT_MAX];
	struct cv_pcapng_packet p = {
		.data = data,
		.len = sample->len < s->query.snap ? sample->len : s->query.snap,
		.wire_len = sample->wire_len,
		.interface = sample->port,
		.ts_ns = sample->ts_ns,
		.dropped = s->port[sample->port].missed,
		.comment = comment,
		.xdp = note->judge == CV_JUDGE_XDP,
	};
	size_t room = filling_room(s), n = 0;

	cv_evidence_comment(note, comment);
	if (room > TRAILER_ROOM)
		n = cv_pcapng_packet(filling_at(s), room - TRAILER_ROOM, &p);
	wrote(s, n);
	return n != 0;
}

void cv_capture_stream_offer(struct cv_capture_stream *s, const struct cv_evidence_note *note,
			     const struct cv_sample *sample, const uint8_t *data,
			     struct cv_capture_totals *totals)
{
	if (sample->port >= s->ports || s->ended ||
	    (s->query.count && s->written == s->query.count))
		return;
	totals->offered++;
	s->port[sample->port].offered++;
	s->port[sample->port].missed += sample->missed;
	if (!cv_capture_query_matches(&s->query, note, sample, data)) {
		totals->filtered++;
		s->port[sample->port].filtered++;
	} else if (write_packet(s, note, sample, data)) {
		totals->written++;
		s->port[sample->port].written++;
		s->port[sample->port].missed = 0;
		s->written++;
	} else {
		totals->lost++;
		s->port[sample->port].lost++;
		s->port[sample->port].missed++;
	}
}

bool cv_capture_stream_is_full(const struct cv_capture_stream *s, uint64_t mono_ns)
{
	return (s->query.count && s->written == s->query.count) ||
	       (s->until_ns && mono_ns >= s->until_ns);
}

void cv_capture_stream_finish(struct cv_capture_stream *s, const uint64_t seen[CV_PORTS_MAX],
			      int64_t wall_ns)
{
	for (unsigned int i = 0; i < s->ports; i++) {
		uint64_t received = seen[i] - s->port[i].seen_before;
		struct cv_pcapng_statistics isb = {
			.interface = i,
			.start_ns = (uint64_t)s->begun_ns,
			.end_ns = (uint64_t)wall_ns,
			.accepted = s->port[i].offered - s->port[i].filtered,
			.os_dropped = s->port[i].lost,
			.delivered = s->port[i].written,
		};

		/* A judge that was replaced meanwhile counts from zero again. */
		if (seen[i] < s->port[i].seen_before || received < s->port[i].offered)
			received = s->port[i].offered;
		isb.received = received;
		isb.dropped = received - s->port[i].offered;
		wrote(s, cv_pcapng_statistics(filling_at(s), filling_room(s), &isb));
	}
	s->ended = true;
}

void cv_capture_stream_flush(struct cv_capture_stream *s)
{
	if (!s->sending && (s->buffer[s->filling].used != 0 || s->ended))
		s->ready(s->owner);
}

void cv_capture_stream_destroy(struct cv_capture_stream *s)
{
	if (!s)
		return;
	if (s->attached)
		cv_capture_hub_leave(s->hub, s);
	cv_capture_query_free(&s->query);
	free(s);
}

/* ---- as the connection sees it ------------------------------------------------------------- */

static const char *stream_output(void *stream, size_t *ret_len)
{
	struct cv_capture_stream *s = stream;
	struct cv_capture_buffer *b = &s->buffer[s->filling];
	char *from = b->room + CV_HTTP_CHUNK_ROOM;
	size_t n = b->used;

	if (s->sending || (n == 0 && (!s->ended || s->last_chunk_done)))
		return NULL;
	if (s->chunked)
		from = cv_http_chunk(from, n, s->ended, &n);
	s->last_chunk_done = s->ended;
	s->sending = true;
	s->filling ^= 1;
	*ret_len = n;
	return n == 0 ? NULL : from;
}

static void stream_sent(void *stream)
{
	struct cv_capture_stream *s = stream;

	s->sending = false;
	s->buffer[s->filling ^ 1].used = 0;
}

static void stream_pump(void *stream)
{
	cv_capture_stream_flush(stream);
}

static void stream_hangup(void *stream)
{
	struct cv_capture_stream *s = stream;

	if (s->attached)
		cv_capture_hub_finish(s->hub, s);
	cv_capture_stream_flush(s);
}

static void stream_stop(void *stream)
{
	struct cv_capture_stream *s = stream;

	if (s->attached)
		cv_capture_hub_leave(s->hub, s);
	s->ended = true;
}

static bool stream_ended(const void *stream)
{
	const struct cv_capture_stream *s = stream;

	return s->ended;
}

static void stream_destroy(void *stream)
{
	cv_capture_stream_destroy(stream);
}

const struct cv_http_stream_ops cv_capture_stream_ops = {
	.output = stream_output,
	.sent = stream_sent,
	.pump = stream_pump,
	.hangup = stream_hangup,
	.stop = stream_stop,
	.ended = stream_ended,
	.destroy = stream_destroy,
};
