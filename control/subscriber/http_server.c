/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/projection/text_memo.h"
#include "control/subscriber/device_text.h"
#include "control/subscriber/http_conn.h"
#include "control/subscriber/http_listen.h"
#include "control/subscriber/http_route.h"

#define TICK_NS UINT64_C(1000000000)
/* Connections beyond the limit that are told so; those beyond these are closed unheard. */
#define OVER_LIMIT_MAX 16
/* What the bodies of all requests may take together, bytes: the largest and some small ones. */
#define BODIES_MAX (2 * CV_HTTP_BODY_MAX)

enum { UNIX, TCP, TLS, LISTENERS };

struct listener {
	struct cv_op op;
	int fd;
	unsigned int kind;
};

struct cv_http_server {
	struct cv_loop *loop;
	struct cv_eventlog *log;
	struct cv_text_memo *memo;
	struct cv_device_hashes devices;
	struct cv_peers *peers;
	struct cv_http_config config;
	char *unix_path; /* to unlink */
	struct listener listener[LISTENERS];
	struct cv_op tick;
	struct cv_log_watch watch;
	struct cv_http_conn *connections;
	unsigned int connection_count;
	uint64_t accepted, refused, requests, too_slow;
	size_t body_room; /* bytes that bodies may still take */
	bool stopping;
	bool watching;
};

static char why_text[CV_HTTP_WHY_MAX];

static void accept_next(struct cv_http_server *s, struct listener *l)
{
	if (s->stopping || l->fd < 0 || l->op.pending)
		return;
	io_uring_prep_accept(cv_loop_sqe(s->loop, &l->op), l->fd, NULL, NULL, SOCK_CLOEXEC);
}

static void start_tick(struct cv_http_server *s)
{
	if (!s->stopping && !s->tick.pending)
		cv_loop_timer(s->loop, &s->tick, TICK_NS);
}

/* However many come by TCP, the Unix socket is within reach. */
static unsigned int most_connections(const struct cv_http_server *s, bool is_tcp)
{
	unsigned int most = s->config.max_connections;

	return is_tcp && s->listener[UNIX].fd >= 0 ? most - most / 8 : most;
}

/* Those that nobody is told of are counted where the others are. */
static void refuse_unheard(struct cv_http_server *s, const struct sockaddr_storage *from,
			   enum cv_peer_verdict verdict)
{
	char text[CV_HTTP_PEER_TEXT];

	cv_http_peer_text(from, text);
	if (s->config.access)
		cv_access_refuse(s->config.access, NULL,
				 verdict == CV_PEER_CONNECTIONS ? CV_ACCESS_PEER_CONNECTIONS
								: CV_ACCESS_PEER_RATE,
				 text, "a connection", cv_loop_mono_ns(s->loop));
}

/* @return false: nothing is said, it is closed. */
static bool join_peer(struct cv_http_server *s, int fd, struct cv_peer **ret,
		      enum cv_http_over *ret_over)
{
	static const enum cv_http_over over[] = {[CV_PEER_FINE] = CV_OVER_NONE,
						 [CV_PEER_CONNECTIONS] = CV_OVER_PEER_CONNECTIONS,
						 [CV_PEER_REQUESTS] = CV_OVER_PEER_REQUESTS};
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	enum cv_peer_verdict verdict;

	if (getpeername(fd, (struct sockaddr *)&from, &len) < 0)
		return true; /* gone already, which its first receive will tell */
	*ret = cv_peers_join(s->peers, &from, cv_loop_mono_ns(s->loop), &verdict);
	if (!*ret)
		refuse_unheard(s, &from, verdict);
	if (*ret_over == CV_OVER_NONE)
		*ret_over = over[verdict];
	return *ret != NULL;
}

static void open_connection(struct cv_http_server *s, int fd, unsigned int kind)
{
	unsigned int most = most_connections(s, kind != UNIX);
	enum cv_http_over over = s->connection_count >= most ? CV_OVER_ALL : CV_OVER_NONE;
	struct cv_http_conn *c = NULL;
	struct cv_peer *from = NULL;

	if (s->connection_count < most + OVER_LIMIT_MAX &&
	    (kind == UNIX || join_peer(s, fd, &from, &over)))
		c = cv_http_conn_open(s, &s->connections, fd, kind != UNIX,
				      kind == TLS ? s->config.tls_context : NULL, over);
	if (!c || over != CV_OVER_NONE)
		s->refused++;
	if (!c) {
		cv_peers_leave(from);
		close(fd);
		return;
	}
	c->from = from;
	s->connection_count++;
	c->id = ++s->accepted;
}

/* After an error (no file descriptors) the tick tries again: at once would be a busy loop. */
static void on_accepted(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_http_server *s = op->owner;
	struct listener *l = (struct listener *)(void *)op;

	if (res >= 0 && s->stopping)
		close(res);
	else if (res >= 0)
		open_connection(s, res, l->kind);
	start_tick(s);
	if (res >= 0 || res == -ECONNABORTED || res == -EINTR)
		accept_next(s, l);
}

/* The log's own mean stands for the size of what has not been read. */
static uint64_t mean_size(const struct cv_eventlog *log)
{
	const struct cv_eventlog_counters *n = cv_eventlog_counters(log);
	uint64_t events = 0;

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		events += n->logged[lane];
	return events ? n->bytes / events : sizeof(struct cv_record);
}

static bool is_too_slow(const struct cv_http_server *s, const struct cv_http_conn *c)
{
	uint64_t now = cv_loop_mono_ns(s->loop);
	struct cv_event_stream_stats stats;
	struct cv_event_slow slow;
	struct cv_event_lag lag;

	if (c->state != CV_CONN_STREAMING || !c->events)
		return false;
	slow = cv_event_slow_stricter(&s->config.slow, &cv_event_stream_query(c->events)->slow);
	if (!slow.disconnect)
		return false;
	stats = cv_event_stream_stats(c->events);
	lag = (struct cv_event_lag){
		.was_up_to_date = stats.up_to_date_ns != 0,
		.events = stats.lag,
		.bytes = stats.lag * mean_size(s->log),
		.ns = now - stats.up_to_date_ns,
		.stuck_ns = c->send.pending && c->quiet_since_ns ? now - c->quiet_since_ns : 0,
	};
	return cv_event_slow_is_beyond(&slow, &lag);
}

/* What somebody may no longer see ends, also what was begun when it might. */
static bool is_shut_out(const struct cv_http_server *s, const struct cv_http_conn *c)
{
	return c->principal &&
	       !cv_principal_is_valid(c->principal, cv_loop_wall_ns(s->loop) / 1000000000);
}

static void on_revoked(void *owner)
{
	struct cv_http_server *s = owner;

	for (struct cv_http_conn *c = s->connections, *next; c; c = next) {
		next = c->next;
		if (is_shut_out(s, c))
			cv_http_conn_close(c);
	}
}

static void on_tick(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_http_server *s = op->owner;
	struct cv_http_conn *c, *next;

	for (c = s->connections; c; c = next) {
		next = c->next;
		if (is_too_slow(s, c)) {
			s->too_slow++;
			cv_http_conn_close(c);
		} else if (is_shut_out(s, c)) {
			cv_http_conn_close(c);
		} else {
			cv_http_conn_tick(c, cv_loop_mono_ns(s->loop));
		}
	}
	for (size_t i = 0; i < LISTENERS; i++)
		accept_next(s, &s->listener[i]);
	if (s->connections)
		start_tick(s);
}

static void on_grown(struct cv_log_watch *w, enum cv_lane lane)
{
	struct cv_http_server *s =
		(struct cv_http_server *)(void *)((char *)w -
						  offsetof(struct cv_http_server, watch));
	struct cv_http_conn *c, *next;

	for (c = s->connections; c; c = next) {
		next = c->next;
		if (c->events && (c->state == CV_CONN_STREAMING || c->state == CV_CONN_WAITING))
			c->stream.ops->pump(c->stream.self);
	}
}

struct cv_loop *cv_http_server_loop(struct cv_http_server *server)
{
	return server->loop;
}

size_t *cv_http_server_body_room(struct cv_http_server *server)
{
	return &server->body_room;
}

void cv_http_server_bad_tls(struct cv_http_server *server, const struct cv_http_conn *c,
			    const char *why)
{
	if (server->config.access)
		cv_access_refuse(server->config.access, NULL, CV_ACCESS_TLS, c->peer.text, why,
				 cv_loop_mono_ns(server->loop));
}

bool cv_http_server_may_ask(struct cv_http_server *server, struct cv_http_conn *c)
{
	return cv_peers_request(server->peers, c->from, cv_loop_mono_ns(server->loop));
}

void cv_http_server_closed(struct cv_http_server *server, struct cv_http_conn *c)
{
	cv_peers_leave(c->from);
	server->connection_count--;
}

void cv_http_server_dispatch(struct cv_http_server *server, struct cv_http_conn *c, int refused)
{
	const struct cv_http_service service = {
		.loop = server->loop,
		.config = &server->config,
		.events = {.loop = server->loop,
			   .log = server->log,
			   .node = server->config.node,
			   .memo = server->memo,
			   .devices = &server->devices},
	};

	server->requests++;
	cv_http_route_request(&service, c, refused);
}

unsigned int cv_http_server_port(const struct cv_http_server *server)
{
	return server->listener[TCP].fd < 0 ? 0 : cv_http_listen_port(server->listener[TCP].fd);
}

unsigned int cv_http_server_tls_port(const struct cv_http_server *server)
{
	return server->listener[TLS].fd < 0 ? 0 : cv_http_listen_port(server->listener[TLS].fd);
}

static json_t *lane_names(uint32_t lanes)
{
	json_t *names = json_array();

	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (lanes & 1u << lane)
			json_array_append_new(names, json_string(cv_lane_name(lane)));
	}
	return names;
}

static json_t *subscriber_stats(const struct cv_http_conn *c)
{
	struct cv_event_stream_stats stats = cv_event_stream_stats(c->events);
	const struct cv_event_query *query = cv_event_stream_query(c->events);

	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I}", "id",
			 (json_int_t)c->id, "peer", c->peer.text, "principal",
			 c->principal ? c->principal->id : "", "format",
			 cv_projection_name(query->format), "group", query->group, "lanes",
			 lane_names(query->lanes), "sent", (json_int_t)stats.sent, "bytes",
			 (json_int_t)stats.bytes, "gaps", (json_int_t)stats.gaps, "lag",
			 (json_int_t)stats.lag, "since", (json_int_t)(c->since_ns / 1000000000));
}

void cv_http_server_limit(struct cv_http_server *server, unsigned int max_connections,
			  const struct cv_peer_limits *peer, const struct cv_event_slow *slow)
{
	cv_peers_limit(server->peers, peer);
	server->config.max_connections = max_connections;
	server->config.slow = *slow;
}

json_t *cv_http_server_stats(const struct cv_http_server *server)
{
	json_t *subscribers = json_array();

	for (const struct cv_http_conn *c = server->connections; c; c = c->next) {
		if (c->state == CV_CONN_STREAMING && c->events)
			json_array_append_new(subscribers, subscriber_stats(c));
	}
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:o*, s:o}", "connections",
		(json_int_t)server->connection_count, "peers",
		(json_int_t)cv_peers_count(server->peers), "accepted", (json_int_t)server->accepted,
		"refused", (json_int_t)server->refused, "requests", (json_int_t)server->requests,
		"too_slow", (json_int_t)server->too_slow, "refusals",
		server->config.access ? cv_access_refusals_json(server->config.access) : NULL,
		"subscribers", subscribers);
}

static bool in_flight(const struct cv_http_server *s)
{
	return s->connections || s->tick.pending || s->listener[UNIX].op.pending ||
	       s->listener[TCP].op.pending || s->listener[TLS].op.pending;
}

void cv_http_server_destroy(struct cv_http_server *s)
{
	struct cv_http_conn *c, *next;

	if (!s)
		return;
	s->stopping = true;
	if (s->config.access)
		cv_access_set_changed(s->config.access, NULL, NULL);
	if (s->watching)
		cv_eventlog_unwatch(s->log, &s->watch);
	cv_loop_cancel(s->loop, &s->tick);
	for (size_t i = 0; i < LISTENERS; i++)
		cv_loop_cancel(s->loop, &s->listener[i].op);
	for (c = s->connections; c; c = next) {
		next = c->next;
		cv_http_conn_close(c);
	}
	while (in_flight(s) && cv_loop_turn(s->loop) == 0)
		;
	for (size_t i = 0; i < LISTENERS; i++) {
		if (s->listener[i].fd >= 0)
			close(s->listener[i].fd);
	}
	if (s->unix_path)
		unlink(s->unix_path);
	free(s->unix_path);
	cv_peers_destroy(s->peers);
	cv_text_memo_destroy(s->memo);
	free(s);
}

static int start_listeners(struct cv_http_server *s)
{
	const struct cv_http_config *config = &s->config;

	if (config->unix_path) {
		s->listener[UNIX].fd = cv_http_listen_unix(config->unix_path, why_text);
		if (s->listener[UNIX].fd < 0)
			return s->listener[UNIX].fd;
		s->unix_path = strdup(config->unix_path);
		if (!s->unix_path)
			return -ENOMEM;
	}
	if (config->tcp) {
		s->listener[TCP].fd = cv_http_listen_tcp(config->tcp, config->tcp_public, why_text);
		if (s->listener[TCP].fd < 0)
			return s->listener[TCP].fd;
	}
	if (config->tls) {
		s->listener[TLS].fd = cv_http_listen_tcp(config->tls, true, why_text);
		if (s->listener[TLS].fd < 0)
			return s->listener[TLS].fd;
	}
	return 0;
}

int cv_http_server_create(struct cv_loop *loop, struct cv_eventlog *log,
			  const struct cv_http_config *config, struct cv_http_server **ret,
			  const char **why)
{
	struct cv_http_server *s = calloc(1, sizeof(*s));
	int res;

	strcpy(why_text, "out of memory");
	*why = why_text;
	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->log = log;
	s->config = *config;
	s->body_room = BODIES_MAX;
	if (s->config.max_connections == 0)
		s->config.max_connections = CV_HTTP_CONNECTIONS_DEFAULT;
	s->tick.done = on_tick;
	s->tick.owner = s;
	s->watch.grown = on_grown;
	for (size_t i = 0; i < LISTENERS; i++) {
		s->listener[i].op.done = on_accepted;
		s->listener[i].op.owner = s;
		s->listener[i].fd = -1;
		s->listener[i].kind = (unsigned int)i;
	}
	res = cv_text_memo_create(&s->memo);
	if (res == 0)
		res = cv_peers_create(&config->peer, &s->peers);
	if (res == 0)
		res = start_listeners(s);
	if (res < 0) {
		cv_http_server_destroy(s);
		return res;
	}
	if (s->config.access)
		cv_access_set_changed(s->config.access, on_revoked, s);
	cv_eventlog_watch(log, &s->watch);
	s->watching = true;
	for (size_t i = 0; i < LISTENERS; i++)
		accept_next(s, &s->listener[i]);
	*ret = s;
	return 0;
}
