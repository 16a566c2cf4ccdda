/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP/1.1 server in front of the event log: a Unix socket and a TCP listener on the loop.
 * /v1/events is a stream (event_stream.h); every other resource is a row in a table whose handlers
 * make a JSON document or change something. Changes are taken on the Unix socket, where the kernel says
 * who asks; by TCP those only that a credential has a right of its own to. One thread (control's loop).
 */
#ifndef CV_HTTP_SERVER_H
#define CV_HTTP_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/access/access.h"
#include "control/access/tls.h"
#include "control/eventlog/eventlog.h"
#include "control/loop/loop.h"
#include "control/subscriber/event_slow.h"
#include "control/subscriber/http_peer.h"
#include "control/subscriber/http_peers.h"
#include "control/subscriber/http_refusal.h"
#include "control/subscriber/http_request.h"
#include "control/subscriber/http_stream.h"

#define CV_HTTP_CONNECTIONS_DEFAULT 256

struct cv_http_server;
struct cv_groups;
struct cv_registry_live;

/**
 * Make the document of a resource.
 *
 * @param query parameters of the request; a handler that takes none ignores it.
 * @return a new reference; NULL is answered with 500.
 */
typedef json_t *cv_http_json(void *owner, const struct cv_http_query *query);

/** As cv_http_json, and says with which status; @p ret_status is 200 where it does not. */
typedef json_t *cv_http_document(void *owner, const struct cv_http_query *query, int *ret_status);

/** As cv_http_document, for a path that ends in an asterisk. @param tail what stands there. */
typedef json_t *cv_http_item(void *owner, const char *tail, const struct cv_http_query *query,
			     int *ret_status);

/** Make the text of a resource, malloc'ed; NULL is answered with 500. */
typedef char *cv_http_text(void *owner);

/**
 * May hold the answer back, so that a document can wait for something without a thread.
 *
 * @param held_ns how long it was held back already.
 * @return ns to wait before this is called again, 0 = answer now.
 */
typedef uint64_t cv_http_hold(void *owner, const struct cv_http_query *query, uint64_t held_ns);

/** What a stream is asked for. */
struct cv_http_stream_request {
	const struct cv_http_query *query;
	bool head; /* check only: no stream is wanted */
	bool is_local; /* by the Unix socket */
	bool chunked; /* frame the output as HTTP/1.1 chunks */
	cv_http_stream_ready *ready;
	void *owner; /* for ready() */
};

/**
 * Begin the stream of a resource.
 *
 * @param ret set on success, unless head.
 * @return 0; with @p why filled -EINVAL (400), -EPERM (403) or -EBUSY (503); -ENOMEM (503).
 */
typedef int cv_http_open_stream(void *owner, const struct cv_http_stream_request *request,
				struct cv_http_stream *ret, struct cv_http_refusal *why);

/** A request that changes something. Valid during the call only. */
struct cv_http_call {
	uint64_t id; /* of the request; a request that was held comes again with the same */
	uint64_t held_ns; /* how long it was held already */
	enum cv_http_method method; /* POST, PUT or DELETE */
	const struct cv_http_query *query;
	const char *tail; /* of the path, where the route's ends in an asterisk; else "" */
	const char *body; /* "" when there is none; zero-terminated */
	size_t body_len;
	const char *if_match; /* header, "" = none */
	const struct cv_http_peer *peer;
};

struct cv_http_answer {
	int status; /* 200 where the handler does not say otherwise */
	uint64_t wait_ns; /* > 0: no answer yet, come again after so long */
};

/**
 * Do what a request asks for.
 *
 * @param answer zero but for status.
 * @return a new reference; NULL with wait_ns > 0: not yet; NULL otherwise is answered with 500.
 */
typedef json_t *cv_http_change(void *owner, const struct cv_http_call *call,
			       struct cv_http_answer *answer);

/** What a credential must be for. */
enum cv_http_right {
	CV_HTTP_NODE, /* the node's documents; changes: nobody by TCP */
	CV_HTTP_SCOPE, /* everybody who is let in: what is told is within the scope */
	CV_HTTP_GROUPS, /* consumer groups; which ones is for the handler to look at */
	CV_HTTP_ACK, /* alarms: the handler looks whether it is in scope */
};

/**
 * A resource. Paths are compared whole, up to an asterisk at the end, which stands for one
 * character and more; "/" lists them all.
 */
struct cv_http_route {
	const char *path; /* "/v1/status" */
	const char *summary; /* one line for the list */
	bool local; /* as if it were not there but on the Unix socket */
	uint8_t reads, changes; /* enum cv_http_right that it takes by TCP */
	cv_http_json *json; /* GET, HEAD; NULL = 405 */
	cv_http_document *document; /* in place of json */
	cv_http_item *item; /* likewise */
	cv_http_hold *hold; /* NULL = answer at once */
	cv_http_open_stream *stream; /* not NULL: the resource is a stream, json is not asked */
	const char *stream_type; /* its content type */
	const char *text; /* in place of json: always this */
	cv_http_text *make_text; /* in place of text: made for each request */
	const char *text_type; /* its content type */
	cv_http_change *change; /* POST, PUT, DELETE; NULL = 405 */
	void *owner;
};

struct cv_http_config {
	const char *node; /* must outlive the server */
	const char *unix_path; /* NULL = none; mode 0660; a stale socket file is replaced */
	const char *tcp; /* "ADDRESS:PORT", "[ADDRESS]:PORT"; NULL = none; port 0 = any free */
	struct cv_access *access; /* NULL = tokens are unknown; must outlive the server */
	bool tcp_needs_token; /* nobody is let in by TCP without; else who has none sees all */
	const char *tls; /* address for TLS, any; NULL = none; a credential is always needed */
	struct cv_tls *tls_context; /* for it; must outlive the server */
	bool tcp_public; /* allow a TCP address that is not loopback */
	struct cv_event_slow slow; /* what becomes of subscribers who do not keep up */
	const struct cv_registry_live *registry; /* NULL = there is none; must outlive the server */
	struct cv_groups *groups; /* NULL = there are none; must outlive the server */
	unsigned int max_connections; /* 0 = CV_HTTP_CONNECTIONS_DEFAULT */
	struct cv_peer_limits peer; /* of one address by TCP */
	const struct cv_http_route *routes; /* must outlive the server */
	unsigned int route_count;
};

/**
 * Listen and serve.
 *
 * @param why set on failure to a sentence with the remedy; valid until the next call.
 * @return 0, -EADDRINUSE, -EINVAL (address), -EPERM (not loopback) or negative errno.
 */
int cv_http_server_create(struct cv_loop *loop, struct cv_eventlog *log,
			  const struct cv_http_config *config, struct cv_http_server **ret,
			  const char **why);

/** From now on: connections at a time, those of one address, and what becomes of the slow. */
void cv_http_server_limit(struct cv_http_server *server, unsigned int max_connections,
			  const struct cv_peer_limits *peer, const struct cv_event_slow *slow);

/** TCP port in use, 0 = no TCP listener. */
unsigned int cv_http_server_port(const struct cv_http_server *server);

/** The same for TLS. */
unsigned int cv_http_server_tls_port(const struct cv_http_server *server);

/**
 * For /v1/stats: {"connections", "peers", "accepted", "refused", "requests", "too_slow", "refusals",
 * "subscribers": [{"id", "peer", "principal", "format", "group", "lanes", "sent", "bytes", "gaps", "lag", "since"}]}. lag: events
 * in the log that the subscriber has not been given yet, over its lanes; too_slow: subscribers that
 * were disconnected for it.
 *
 * @return a new reference, NULL when memory is short.
 */
json_t *cv_http_server_stats(const struct cv_http_server *server);

/**
 * Close listeners and connections, run the loop until nothing is in flight, free. Not from inside
 * a completion. NULL is fine.
 */
void cv_http_server_destroy(struct cv_http_server *server);

#endif
