/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define REQUEST_NS (10 * SECOND) /* from the first wait to the whole request: slow loris */
#define IDLE_NS (30 * SECOND) /* between requests */
#define REPLY_NS (30 * SECOND)
#define LINGER_NS (2 * SECOND)
#define HEARTBEAT_NS (15 * SECOND)
/* Seconds until a silent TCP peer is asked, between questions, and how many go unanswered. */
#define KEEP_IDLE 30
#define KEEP_INTERVAL 10
#define KEEP_COUNT 3

static void read_requests(struct cv_http_conn *c);

static bool stream_busy(const struct cv_http_conn *c)
{
	const struct cv_http_stream *s = &c->stream;

	return s->ops && s->ops->busy && s->ops->busy(s->self);
}

static void set_deadline(struct cv_http_conn *c, uint64_t ns)
{
	c->deadline_ns = cv_loop_mono_ns(cv_http_server_loop(c->server)) + ns;
}

/* Free once nothing is in flight. Every completion of a closing connection comes here. */
static void release(struct cv_http_conn *c)
{
	if (c->recv.pending || c->send.pending || stream_busy(c))
		return;
	cv_http_server_closed(c->server, c);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	close(c->fd);
	if (c->stream.ops)
		c->stream.ops->destroy(c->stream.self);
	free(c->reply);
	free(c);
}

void cv_http_conn_close(struct cv_http_conn *c)
{
	if (c->state == CV_CONN_CLOSING)
		return;
	if (c->state == CV_CONN_HOLDING)
		cv_loop_cancel(cv_http_server_loop(c->server), &c->send);
	c->state = CV_CONN_CLOSING;
	if (c->stream.ops)
		c->stream.ops->stop(c->stream.self);
	shutdown(c->fd, SHUT_RDWR); /* ends what is in flight */
}

static void receive(struct cv_http_conn *c)
{
	struct io_uring_sqe *sqe = cv_loop_sqe(cv_http_server_loop(c->server), &c->recv);

	io_uring_prep_recv(sqe, c->fd, c->in, sizeof(c->in), 0);
}

static void send_out(struct cv_http_conn *c, const char *data, size_t len)
{
	struct io_uring_sqe *sqe = cv_loop_sqe(cv_http_server_loop(c->server), &c->send);

	c->out = data;
	c->out_len = len;
	io_uring_prep_send(sqe, c->fd, data, len, MSG_NOSIGNAL);
}

/* Say that all is sent, and wait for the peer: closing with unread input would reset. */
static void linger(struct cv_http_conn *c)
{
	c->state = CV_CONN_LINGERING;
	set_deadline(c, LINGER_NS);
	shutdown(c->fd, SHUT_WR);
	if (!c->recv.pending)
		receive(c);
}

static void next_request(struct cv_http_conn *c)
{
	free(c->reply);
	c->reply = NULL;
	if (!c->keep_alive) {
		linger(c);
		return;
	}
	cv_http_request_init(&c->request);
	c->state = CV_CONN_READING;
	set_deadline(c, IDLE_NS);
	read_requests(c);
}

static void send_output(struct cv_http_conn *c)
{
	size_t len;
	const char *data = c->stream.ops->output(c->stream.self, &len);

	if (data)
		send_out(c, data, len);
	else if (c->stream.ops->ended(c->stream.self))
		linger(c);
}

void cv_http_conn_ready(void *conn)
{
	struct cv_http_conn *c = conn;

	if (c->state == CV_CONN_CLOSING)
		release(c);
	else if (c->state == CV_CONN_STREAMING && !c->send.pending)
		send_output(c);
}

/* The send is idle while a request is held, so its op serves as the timer. */
void cv_http_conn_hold(struct cv_http_conn *c, uint64_t ns)
{
	c->state = CV_CONN_HOLDING;
	c->held_ns += ns;
	cv_loop_timer(cv_http_server_loop(c->server), &c->send, ns);
}

static void on_sent(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_http_conn *c = op->owner;

	if (c->state == CV_CONN_HOLDING) {
		c->state = CV_CONN_REPLYING;
		cv_http_server_dispatch(c->server, c, 0);
		return;
	}
	if (res <= 0)
		cv_http_conn_close(c);
	if (c->state == CV_CONN_CLOSING) {
		release(c);
		return;
	}
	if ((size_t)res < c->out_len) {
		send_out(c, c->out + res, c->out_len - (size_t)res);
		return;
	}
	c->quiet_since_ns = cv_loop_mono_ns(cv_http_server_loop(c->server));
	if (!c->stream.ops) {
		next_request(c);
		return;
	}
	if (c->reply) { /* that was the head; the stream follows */
		free(c->reply);
		c->reply = NULL;
	} else {
		c->stream.ops->sent(c->stream.self);
	}
	if (c->stream.ops->ended(c->stream.self))
		send_output(c);
	else
		c->stream.ops->pump(c->stream.self);
}

static void on_received(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_http_conn *c = op->owner;

	if (res == 0 && c->state == CV_CONN_STREAMING && c->stream.ops->hangup) {
		c->stream.ops->hangup(c->stream.self);
		return; /* lingering listens again */
	}
	if (res <= 0)
		cv_http_conn_close(c);
	switch (c->state) {
	case CV_CONN_CLOSING:
		release(c);
		break;
	case CV_CONN_READING:
		if (c->request.head_len == 0)
			set_deadline(c, REQUEST_NS);
		c->in_at = 0;
		c->in_len = (size_t)res;
		read_requests(c);
		break;
	default: /* what a client says while it is being served a stream goes unheard */
		receive(c);
		break;
	}
}

/* Feed what was received to the request; when it is complete the server replies. */
static void read_requests(struct cv_http_conn *c)
{
	size_t used;
	int res = 0;

	if (c->in_at < c->in_len) {
		res = cv_http_request_feed(&c->request, c->in + c->in_at, c->in_len - c->in_at,
					   &used);
		c->in_at += used;
	}
	if (res == 0) {
		c->in_at = c->in_len = 0;
		receive(c);
		return;
	}
	c->keep_alive = res == 1 && c->request.keep_alive;
	c->state = CV_CONN_REPLYING;
	c->held_ns = 0;
	set_deadline(c, REPLY_NS);
	cv_http_server_dispatch(c->server, c, res == 1 ? 0 : res);
}

/* RFC 9110 5.6.7; the program stays in the C locale. */
static const char *date_header(const struct cv_http_conn *c, char *buf, size_t size)
{
	time_t now = (time_t)(cv_loop_wall_ns(cv_http_server_loop(c->server)) / 1000000000);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(buf, size, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
	return buf;
}

static const char *reason_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{200, "OK"},
		{400, "Bad Request"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{421, "Misdirected Request"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Error";
}

void cv_http_conn_reply(struct cv_http_conn *c, int status, json_t *body)
{
	char *text = body ? json_dumps(body, JSON_INDENT(2)) : NULL;
	const char *extra = status == 405   ? "Allow: GET, HEAD\r\n"
			    : status == 503 ? "Retry-After: 5\r\n"
					    : "";
	char date[64];
	int len;

	json_decref(body);
	if (text)
		len = asprintf(&c->reply,
			       "HTTP/1.1 %d %s\r\n%sContent-Type: application/json\r\n"
			       "Content-Length: %zu\r\nCache-Control: no-store\r\n%s%s\r\n%s%s",
			       status, reason_phrase(status), date_header(c, date, sizeof(date)),
			       strlen(text) + 1, extra,
			       c->keep_alive ? "" : "Connection: close\r\n",
			       c->request.method == CV_HTTP_HEAD ? "" : text,
			       c->request.method == CV_HTTP_HEAD ? "" : "\n");
	else
		len = asprintf(&c->reply,
			       "HTTP/1.1 500 Internal Server Error\r\n%sContent-Length: 0"
			       "\r\n%s\r\n",
			       date_header(c, date, sizeof(date)),
			       c->keep_alive ? "" : "Connection: close\r\n");
	free(text);
	if (len >= 0) {
		send_out(c, c->reply, (size_t)len);
		return;
	}
	/* No memory for an answer. Nothing is in flight that would bring us to release(). */
	c->reply = NULL;
	c->keep_alive = false;
	linger(c);
}

void cv_http_conn_stream(struct cv_http_conn *c, struct cv_http_stream stream,
			 const char *content_type, bool chunked)
{
	char date[64];
	int len = asprintf(&c->reply,
			   "HTTP/1.1 200 OK\r\n%sContent-Type: %s\r\nCache-Control: no-store\r\n"
			   "X-Accel-Buffering: no\r\n%sConnection: close\r\n\r\n",
			   date_header(c, date, sizeof(date)), content_type,
			   chunked ? "Transfer-Encoding: chunked\r\n" : "");

	c->keep_alive = false;
	if (len < 0) {
		c->reply = NULL;
		if (stream.ops)
			stream.ops->destroy(stream.self);
		linger(c);
		return;
	}
	c->stream = stream;
	if (stream.ops) {
		c->state = CV_CONN_STREAMING;
		c->deadline_ns = UINT64_MAX;
		receive(c); /* only to notice that the subscriber has gone */
	}
	send_out(c, c->reply, (size_t)len);
}

void cv_http_conn_tick(struct cv_http_conn *c, uint64_t now_ns)
{
	if (now_ns >= c->deadline_ns && c->state == CV_CONN_READING && c->request.head_len > 0) {
		c->keep_alive = false;
		c->state = CV_CONN_REPLYING;
		set_deadline(c, REPLY_NS);
		cv_http_server_dispatch(c->server, c, 408);
	} else if (now_ns >= c->deadline_ns) {
		cv_http_conn_close(c);
	} else if (c->state == CV_CONN_STREAMING && now_ns - c->quiet_since_ns >= HEARTBEAT_NS) {
		if (c->stream.ops->heartbeat)
			c->stream.ops->heartbeat(c->stream.self);
	}
}

static void describe_peer(struct cv_http_conn *c)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char text[INET6_ADDRSTRLEN];
	struct ucred cred;

	if (!c->is_tcp) {
		len = sizeof(cred);
		if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
			snprintf(c->peer, sizeof(c->peer), "unix:pid=%d,uid=%u", (int)cred.pid,
				 (unsigned int)cred.uid);
		return;
	}
	if (getpeername(c->fd, (struct sockaddr *)&from, &len) < 0)
		return;
	if (from.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&from;

		snprintf(c->peer, sizeof(c->peer), "[%s]:%u",
			 inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)),
			 ntohs(in6->sin6_port));
	} else {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)&from;

		snprintf(c->peer, sizeof(c->peer), "%s:%u",
			 inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text)),
			 ntohs(in4->sin_port));
	}
}

/*
 * An event must leave at once, and a peer that is gone without a word must be noticed. No
 * TCP_USER_TIMEOUT: it also ends peers that live but do not read, and those may lag.
 */
static void set_tcp_options(int fd)
{
	int on = 1, idle = KEEP_IDLE, interval = KEEP_INTERVAL, count = KEEP_COUNT;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

struct cv_http_conn *cv_http_conn_open(struct cv_http_server *server, struct cv_http_conn **list,
				       int fd, bool is_tcp, bool over_limit)
{
	struct cv_http_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->server = server;
	c->fd = fd;
	c->is_tcp = is_tcp;
	c->over_limit = over_limit;
	c->recv.done = on_received;
	c->recv.owner = c;
	c->send.done = on_sent;
	c->send.owner = c;
	c->since_ns = cv_loop_wall_ns(cv_http_server_loop(server));
	c->link = list;
	c->next = *list;
	if (c->next)
		c->next->link = &c->next;
	*list = c;
	cv_http_request_init(&c->request);
	describe_peer(c);
	if (is_tcp)
		set_tcp_options(fd);
	set_deadline(c, REQUEST_NS);
	receive(c);
	return c;
}
