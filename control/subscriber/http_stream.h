/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A response without a known end, as the connection sees it: something that offers one piece of
 * output after the other. One thread (control's loop).
 */
#ifndef CV_HTTP_STREAM_H
#define CV_HTTP_STREAM_H

#include <stdbool.h>
#include <stddef.h>

/** There is output, or the stream has ended, or it was stopped and is idle. */
typedef void cv_http_stream_ready(void *owner);

struct cv_http_stream_ops {
	/** What to send now, locked until sent(); NULL: nothing. */
	const char *(*output)(void *stream, size_t *ret_len);
	/** The output has been sent whole: unlock. pump() follows. */
	void (*sent)(void *stream);
	/** Look whether there is something to offer; may call ready() at once. */
	void (*pump)(void *stream);
	/** Nothing was sent for a while; may be NULL. */
	void (*heartbeat)(void *stream);
	/**
	 * The client sends no more, which it says to end the stream in order: offer what is left,
	 * then end. NULL: the connection is closed instead.
	 */
	void (*hangup)(void *stream);
	/** Offer nothing more and end. */
	void (*stop)(void *stream);
	/** All there is has been put out: the last output ends the response. */
	bool (*ended)(const void *stream);
	/** Something is in flight: not to be destroyed yet, ready() follows. NULL: never. */
	bool (*busy)(const void *stream);
	void (*destroy)(void *stream);
};

/** A stream and how to drive it; ops NULL = none. */
struct cv_http_stream {
	const struct cv_http_stream_ops *ops;
	void *self;
};

/** Room that a stream leaves before and behind its output for the frame of a chunk, bytes. */
#define CV_HTTP_CHUNK_ROOM 16

/**
 * Frame output as a chunk (RFC 9112 7.1), in the room around it.
 *
 * @param data @p len bytes with CV_HTTP_CHUNK_ROOM before and behind them.
 * @param last the last chunk follows at once.
 * @param ret_len bytes to send.
 * @return where they begin.
 */
char *cv_http_chunk(char *data, size_t len, bool last, size_t *ret_len);

#endif
