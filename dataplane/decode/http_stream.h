/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 messages on a connection (RFC 9112), for decoders that look into their bodies. */
#ifndef CV_HTTP_STREAM_H
#define CV_HTTP_STREAM_H

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/http_head.h"

/** Where each direction is: struct cv_decode.flow, or its beginning. */
struct cv_http_stream {
	uint8_t at[2]; /* enum of http_stream.c */
};

/**
 * Told of each message, and of each chunk of one that comes in chunks.
 *
 * @param head NULL for a chunk.
 * @param body what is at hand of it, up to the stream's window.
 */
typedef void (*cv_http_tell)(struct cv_decode *d, const struct cv_http_head *head,
			     struct cv_http_text body, size_t size);

/** decode() of such a decoder. A chunk counts as a message. */
int64_t cv_http_decode(struct cv_decode *d, const uint8_t *data, size_t len, cv_http_tell tell);

/** resync() of such a decoder: where a head begins. */
size_t cv_http_resync(const uint8_t *data, size_t len);

/**
 * Is the beginning of a connection a POST whose body has @p mark in the window?
 *
 * Says no as soon as the head shows that no XML comes.
 */
enum cv_probe cv_http_probe_post(const uint8_t *data, size_t len, const char *mark);

#endif
