/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_conn.h"
#include "control/subscriber/http_tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define REQUEST_NS (10 * SECOND) /* from the first wait to the whole request: slow loris */
#define BODY_NS (60 * SECOND) /* from the head to the end of the body */
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

/* A body is read before it is known whose it is: by TCP a small one, out of nobody else's room. */
static void begin_request(struct cv_http_conn *c)
{
	if (c->is_tcp)
		cv_http_request_init(&c->request, &c->own_room, CV_HTTP_BODY_SMALL);
	else
		cv_http_request_init(&c->request, cv_http_server_body_room(c->server),
				     CV_HTTP_BODY_MAX);
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
	cv_http_tls_destroy(c->tls);
	if (c->stream.ops)
		c->stream.ops->destroy(c->stream.self);
	cv_principal_disconnect(c->principal); /* the stream had its scope */
	cv_http_request_release(&c->request);
	free(c->reply);
	free(c);
}

void cv_http_conn_close(struct cv_http_conn *c)
{
	if (c->state == CV_CONN_CLOSING)
		return;
	if (c->state == CV_CONN_HOLDING || c->state == CV_CONN_WAITING)
		cv_loop_cancel(cv_http_server_loop(c->server), &c->send);
	c->state = CV_CONN_CLOSING;
	if (c->stream.ops)
		c->stream.ops->stop(c->stream.self);
	shutdown(c->fd, SHUT_RDWR); /* ends what is in flight */
}

void cv_http_conn_receive(struct cv_http_conn *c)
{
	struct io_uring_sqe *sqe;

	if (c->recv.pending)
		return;
	if (c->tls) {
		cv_http_tls_receive(c);
		return;
	}
	sqe = cv_loop_sqe(cv_http_server_loop(c->server), &c->recv);
	io_uring_prep_recv(sqe, c->fd, c->in, sizeof(c->in), 0);
}

void cv_http_conn_send(struct cv_http_conn *c, const char *data, size_t len)
{
	struct io_uring_sqe *sqe;

	c->out = data;
	c->out_len = len;
	if (c->tls) {
		cv_http_tls_send(c);
		return;
	}
	sqe = cv_loop_sqe(cv_http_server_loop(c->server), &c->send);
	io_uring_prep_send(sqe, c->fd, data, len, MSG_NOSIGNAL);
}

/* Say that all is sent, and wait for the peer: closing with unread input would reset. */
void cv_http_conn_linger(struct cv_http_conn *c)
{
	c->state = CV_CONN_LINGERING;
	set_deadline(c, LINGER_NS);
	if (c->tls)
		cv_http_tls_end(c);
	shutdown(c->fd, SHUT_WR);
	cv_http_conn_receive(c);
}

static void next_request(struct cv_http_conn *c)
{
	free(c->reply);
	c->reply = NULL;
	c->allow = NULL;
	c->asked_for_body = false;
	cv_http_request_release(&c->request);
	if (!c->keep_alive) {
		cv_http_conn_linger(c);
		return;
	}
	begin_request(c);
	c->state = CV_CONN_READING;
	set_deadline(c, IDLE_NS);
	read_requests(c);
}

static void send_output(struct cv_http_conn *c)
{
	size_t len;
	const char *data = c->stream.ops->output(c->stream.self, &len);

	if (data)
		cv_http_conn_send(c, data, len);
	else if (c->stream.ops->ended(c->stream.self))
		cv_http_conn_linger(c);
}

void cv_http_conn_ready(void *conn)
{
	struct cv_http_conn *c = conn;

	if (c->state == CV_CONN_CLOSING)
		release(c);
	else if (c->state == CV_CONN_WAITING)
		cv_http_conn_batch_ready(c);
	else if (c->state == CV_CONN_STREAMING && !c->send.pending)
		send_output(c);
}

/* The send is idle while a request is held, so its op serves as the timer. */
void cv_http_conn_hold(struct cv_http_conn *c, uint64_t ns)
{
	c->state = CV_CONN_HOLDING;
	c->held_ns += ns;
	set_deadline(c, ns + REPLY_NS);
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
	if (c->state == CV_CONN_WAITING) {
		cv_http_conn_batch_ready(c);
		return;
	}
	if (c->tls) {
		res = cv_http_tls_sent(c, res);
		if (res == -EAGAIN)
			return;
	}
	if (res <= 0)
		cv_http_conn_close(c);
	if (c->state == CV_CONN_CLOSING) {
		release(c);
		return;
	}
	if ((size_t)res < c->out_len) {
		cv_http_conn_send(c, c->out + res, c->out_len - (size_t)res);
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

	if (c->tls) {
		res = cv_http_tls_received(c, res);
		if (res == -EAGAIN)
			return;
	}
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
	case CV_CONN_WAITING:
	case CV_CONN_REPLYING: /* sent ahead while a batch was waited for: the next request */
		c->in_at = 0;
		c->in_len = (size_t)res;
		break;
	default: /* what a client says while it is being served a stream goes unheard */
		cv_http_conn_receive(c);
		break;
	}
}

/*
 * The head is there, a body follows: it gets time of its own, and a client that waits to be asked
 * (RFC 9110 10.1.1) is asked. Nothing was sent on this turn, so the few bytes have room.
 */
static void ask_for_body(struct cv_http_conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	c->asked_for_body = true;
	set_deadline(c, c->is_tcp ? REQUEST_NS : BODY_NS);
	if (c->request.expects_continue && c->tls)
		cv_http_tls_say(c, go_on, sizeof(go_on) - 1);
	else if (c->request.expects_continue)
		(void)!send(c->fd, go_on, sizeof(go_on) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
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
		if (c->request.head_done && !c->asked_for_body)
			ask_for_body(c);
		cv_http_conn_receive(c);
		return;
	}
	c->number++;
	c->keep_alive = res == 1 && c->request.keep_alive;
	c->state = CV_CONN_REPLYING;
	c->held_ns = 0;
	set_deadline(c, REPLY_NS);
	cv_http_server_dispatch(c->server, c, res == 1 ? 0 : res);
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
				       int fd, bool is_tcp, struct cv_tls *tls,
				       enum cv_http_over over)
{
	struct cv_http_conn *c = calloc(1, sizeof(*c));

	if (c && tls)
		c->tls = cv_http_tls_create(tls);
	if (!c || (tls && !c->tls)) {
		free(c);
		return NULL;
	}
	c->server = server;
	c->fd = fd;
	c->is_tcp = is_tcp;
	c->over = over;
	c->own_room = CV_HTTP_BODY_SMALL + 1;
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
	begin_request(c);
	cv_http_peer_describe(fd, is_tcp, &c->peer);
	if (is_tcp)
		set_tcp_options(fd);
	set_deadline(c, REQUEST_NS);
	cv_http_conn_receive(c);
	return c;
}
