/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One capture: a filter and two buffers, one being filled while the other is being sent. What finds
 * no room is lost and counted: a slow receiver holds two buffers and nothing else. The stream is a
 * pcapng file that is valid wherever it ends behind a block.
 */
#ifndef CV_CAPTURE_STREAM_H
#define CV_CAPTURE_STREAM_H

#include "control/capture/capture_hub.h"
#include "control/capture/capture_query.h"

/** Bytes of each of the two buffers. */
#define CV_CAPTURE_BUFFER (128u * 1024)

struct cv_capture_port {
	char name[40], description[256];
};

struct cv_capture_stream {
	struct cv_capture_stream *next; /* the hub's list, while attached */
	struct cv_capture_hub *hub;
	bool attached;
	struct cv_capture_query query;
	bool chunked;
	cv_http_stream_ready *ready;
	void *owner;
	int64_t begun_ns; /* wall clock */
	uint64_t until_ns; /* monotonic; 0 = no end */
	unsigned int ports;
	struct {
		uint64_t seen_before; /* by all judges when it began */
		uint64_t missed; /* not told in an epb_dropcount yet */
		uint64_t offered, filtered, written, lost;
	} port[CV_PORTS_MAX];
	uint64_t written;
	unsigned int filling; /* buffer[filling] takes blocks; the other may be on its way */
	bool sending, ended, last_chunk_done;
	struct cv_capture_buffer {
		size_t used;
		char room[CV_HTTP_CHUNK_ROOM + CV_CAPTURE_BUFFER + CV_HTTP_CHUNK_ROOM];
	} buffer[2];
};

/**
 * The head of the file is written at once.
 *
 * @param query owned by the stream on success.
 * @return 0 or -ENOMEM.
 */
int cv_capture_stream_create(struct cv_capture_hub *hub, const struct cv_capture_query *query,
			     const struct cv_http_stream_request *request, const char *node,
			     const char *version, const struct cv_capture_port *ports,
			     unsigned int port_count, struct cv_capture_stream **ret);

/** Filter a copy and write it, or lose it. */
void cv_capture_stream_offer(struct cv_capture_stream *s, const struct cv_evidence_note *note,
			     const struct cv_sample *sample, const uint8_t *data,
			     struct cv_capture_totals *totals);

/** It has all the frames, or all the time, that it asked for. */
bool cv_capture_stream_is_full(const struct cv_capture_stream *s, uint64_t mono_ns);

/** Write the interface statistics and end. @param seen by all judges, per port, now. */
void cv_capture_stream_finish(struct cv_capture_stream *s, const uint64_t seen[CV_PORTS_MAX],
			      int64_t wall_ns);

/** Tell the connection if there is output. */
void cv_capture_stream_flush(struct cv_capture_stream *s);

void cv_capture_stream_destroy(struct cv_capture_stream *s);

extern const struct cv_http_stream_ops cv_capture_stream_ops;

/* ---- the hub, for its streams -------------------------------------------------------------- */

/** Offer what is in the rings, then end it in order. */
void cv_capture_hub_finish(struct cv_capture_hub *hub, struct cv_capture_stream *s);
/** It wants no more; sampling goes off with the last one. */
void cv_capture_hub_leave(struct cv_capture_hub *hub, struct cv_capture_stream *s);

#endif
