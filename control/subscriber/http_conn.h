/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection of the HTTP server: requests one after the other, or a stream until its end.
 * At most one receive and one send are in flight. Private to the server.
 */
#ifndef CV_HTTP_CONN_H
#define CV_HTTP_CONN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/access/access.h"
#include "control/access/tls.h"
#include "control/loop/loop.h"
#include "control/subscriber/event_stream.h"
#include "control/subscriber/http_peer.h"
#include "control/subscriber/http_request.h"
#include "control/subscriber/http_server.h"
#include "control/subscriber/http_stream.h"

enum cv_http_conn_state {
	CV_CONN_READING, /* a request, or waiting for one */
	CV_CONN_REPLYING,
	CV_CONN_HOLDING, /* the request waits; it is dispatched again */
	CV_CONN_WAITING, /* the stream waits for events to answer with (http_batch.c) */
	CV_CONN_STREAMING,
	CV_CONN_LINGERING, /* all is sent; wait for the peer to close, so that nothing is lost */
	CV_CONN_CLOSING, /* wait for what is in flight, then free */
};

/** What a connection is one too many of. */
enum cv_http_over { CV_OVER_NONE, CV_OVER_ALL, CV_OVER_PEER_CONNECTIONS, CV_OVER_PEER_REQUESTS };

struct cv_http_conn {
	struct cv_http_server *server;
	struct cv_http_conn *next;
	struct cv_http_conn **link; /* what points to us */
	uint64_t id;
	int fd;
	bool is_tcp;
	struct cv_http_tls *tls; /* NULL = plain */
	enum cv_http_over over; /* gets 503 or 429 whatever it asks */
	struct cv_peer *from; /* by TCP: its address's account */
	enum cv_http_conn_state state;
	struct cv_http_peer peer;
	struct cv_principal *principal; /* who asked last; NULL = the peer is all that is known */
	struct cv_op recv, send;
	uint64_t deadline_ns; /* monotonic; UINT64_MAX = none */
	uint64_t quiet_since_ns; /* last send of a stream, monotonic */
	int64_t since_ns; /* wall clock */

	struct cv_http_request request;
	size_t own_room; /* what the body of one by TCP may take, bytes */
	char in[4096];
	size_t in_at, in_len;

	uint32_t number; /* of the request in hand, from 1 */
	bool asked_for_body;
	const char *allow; /* methods for a 405; NULL = GET and HEAD */
	uint64_t held_ns; /* how long the request in hand has waited */
	bool keep_alive;
	char *reply; /* head and body, heap; NULL = none */
	const char *out; /* what is being sent */
	size_t out_len;
	struct cv_http_stream stream;
	const char *batch_type; /* content type, while waiting */
	const struct cv_event_stream *events; /* the stream, where it is one of events */
};

struct cv_http_tls;

/** Take over @p fd, join @p list and begin to read. @param tls NULL = plain. @return NULL: no memory, fd not closed. */
struct cv_http_conn *cv_http_conn_open(struct cv_http_server *server, struct cv_http_conn **list,
				       int fd, bool is_tcp, struct cv_tls *tls,
				       enum cv_http_over over);

/**
 * Answer the request in hand.
 *
 * @param body   sent as JSON; reference taken. NULL = none.
 */
void cv_http_conn_reply(struct cv_http_conn *c, int status, json_t *body);

/** Answer the request in hand with what is wrong with it, and what to do. */
void cv_http_conn_refuse(struct cv_http_conn *c, int status, const char *error, const char *hint);

/** Answer the request in hand with a text, which is copied. */
void cv_http_conn_text(struct cv_http_conn *c, const char *content_type, const char *text);

/** Answer with a stream, which becomes the connection's; without ops only the head is sent. */
void cv_http_conn_stream(struct cv_http_conn *c, struct cv_http_stream stream,
			 const char *content_type, bool chunked);

/**
 * Answer with what a stream of events puts out first, or with what it has after @p wait_ns. The
 * stream becomes the connection's.
 */
void cv_http_conn_batch(struct cv_http_conn *c, struct cv_http_stream stream,
			const struct cv_event_stream *events, const char *content_type,
			uint64_t wait_ns);

/** Dispatch the request in hand again after @p ns. */
void cv_http_conn_hold(struct cv_http_conn *c, uint64_t ns);

/** Give up; freed as soon as nothing is in flight. */
void cv_http_conn_close(struct cv_http_conn *c);

/** Events may have come, or a read has ended. */
void cv_http_conn_ready(void *conn);

/** Time goes on: deadlines and heartbeats. */
void cv_http_conn_tick(struct cv_http_conn *c, uint64_t now_ns);

/* ---- between the connection's files -------------------------------------------------------- */

/** The stream of a batch has something, or its time is over. */
void cv_http_conn_batch_ready(struct cv_http_conn *c);
/** "Date: ..." with the end of its line. @return buf. */
const char *cv_http_conn_date(const struct cv_http_conn *c, char *buf, size_t size);

void cv_http_conn_receive(struct cv_http_conn *c);
/** Send what stays where it is until it is sent. */
void cv_http_conn_send(struct cv_http_conn *c, const char *data, size_t len);
/** Say that all is sent, and wait for the peer. */
void cv_http_conn_linger(struct cv_http_conn *c);

/* ---- what the server does for its connections ---------------------------------------------- */

/** A request is complete, or was given up on with a status: exactly one reply must follow. */
void cv_http_server_dispatch(struct cv_http_server *server, struct cv_http_conn *c, int refused);
struct cv_loop *cv_http_server_loop(struct cv_http_server *server);
/** Bytes that bodies of all requests together may still take. */
size_t *cv_http_server_body_room(struct cv_http_server *server);
/** One request without credential. @return false: its address has sent too many. */
bool cv_http_server_may_ask(struct cv_http_server *server, struct cv_http_conn *c);
/** What came is no good TLS. */
void cv_http_server_bad_tls(struct cv_http_server *server, const struct cv_http_conn *c,
			    const char *why);
/** The connection is about to be freed. */
void cv_http_server_closed(struct cv_http_server *server, struct cv_http_conn *c);

#endif
