/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP/1.x request, byte by byte: the packaged parser (http-parser or llhttp) behind it keeps
 * to RFC 9112, the bounds are ours.
 */
#ifndef CV_HTTP_REQUEST_H
#define CV_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "control/subscriber/http_query.h"

#define CV_HTTP_HEAD_MAX 16384 /* request line and headers, bytes; longer is 431 */
/* A policy bundle with its list files, bytes; longer is 413. */
#define CV_HTTP_BODY_MAX ((size_t)128 << 20)
/* What somebody sends who is not known yet, bytes; with its zero one block of what bodies take. */
#define CV_HTTP_BODY_SMALL ((size_t)4095)

enum cv_http_method {
	CV_HTTP_GET,
	CV_HTTP_HEAD,
	CV_HTTP_POST,
	CV_HTTP_PUT,
	CV_HTTP_DELETE,
	CV_HTTP_OTHER
};

/* A header we look at; text ends in zero, several of a name are joined by ','. */
struct cv_http_header {
	char text[256];
	unsigned int count; /* lines of that name */
	size_t len;
};

struct cv_http_request {
	enum cv_http_method method;
	char target[CV_HTTP_TARGET_MAX + 1];
	size_t target_len;
	struct cv_http_header host, accept, last_event_id, if_match, expect, authorization;
	unsigned int minor; /* of HTTP/1.x */
	bool keep_alive;
	bool head_done; /* the body is next */
	bool expects_continue; /* the client waits to be asked for the body */
	char *body; /* heap, zero-terminated for convenience; NULL = none */
	size_t body_len;

	/* Private. */
	struct cv_http_header *into; /* header whose value is being read, NULL = not ours */
	char name[32]; /* header name in lower case; longer ones are not ours */
	size_t name_len;
	bool in_value;
	bool head_seen; /* to its empty line; these four by is_ambiguous() */
	bool at_return; /* the byte before was one */
	size_t lines, line_len; /* of the head so far; of the line in hand, bytes */
	bool complete;
	size_t body_size; /* allocated, taken from *body_room */
	size_t *body_room;
	size_t body_max;
	int status; /* why it was given up on, 0 = not */
	size_t head_len; /* bytes taken so far */
	_Alignas(16) unsigned char parser[192];
};

/**
 * @param body_room bytes that the bodies of all requests together may still take, changed by what
 *        this one takes; NULL = no changing requests here, they are 405.
 * @param body_max of this one, bytes.
 */
void cv_http_request_init(struct cv_http_request *r, size_t *body_room, size_t body_max);

/** Free the body and give its room back. Before the next init, and at the end. */
void cv_http_request_release(struct cv_http_request *r);

/**
 * Take the next bytes.
 *
 * @param ret_used bytes that belong to this request; what follows belongs to the next.
 * @return 0 wants more, 1 complete, or the HTTP status of a refusal (400, 405, 411, 413, 414, 431,
 *         503, 505), after which the connection cannot go on.
 */
int cv_http_request_feed(struct cv_http_request *r, const char *data, size_t len, size_t *ret_used);

#endif
