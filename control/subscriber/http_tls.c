/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A record with what TLS adds to it, and what a handshake may have left (RFC 8446 5.2). */
#define WIRE_MAX (CV_TLS_RECORD_MAX + 512)

struct cv_http_tls {
	struct cv_tls_conn *conn;
	char *wire; /* being sent, WIRE_MAX bytes, heap; NULL = nothing is */
	size_t wire_at, wire_len;
	size_t out_at; /* of the connection's out */
	bool ended; /* close_notify was said */
	bool again; /* a no-op was sent to the ring in place of a receive */
	char in[4096];
};

struct cv_http_tls *cv_http_tls_create(struct cv_tls *tls)
{
	struct cv_http_tls *t = calloc(1, sizeof(*t));

	if (t && cv_tls_conn_create(tls, &t->conn) < 0) {
		free(t);
		t = NULL;
	}
	return t;
}

void cv_http_tls_destroy(struct cv_http_tls *t)
{
	if (!t)
		return;
	cv_tls_conn_destroy(t->conn);
	free(t->wire);
	free(t);
}

static void receive(struct cv_http_conn *c)
{
	io_uring_prep_recv(cv_loop_sqe(cv_http_server_loop(c->server), &c->recv), c->fd, c->tls->in,
			   sizeof(c->tls->in), 0);
}

/* What was received may hold more than was read of it: then the ring has nothing to tell. */
void cv_http_tls_receive(struct cv_http_conn *c)
{
	c->tls->again = true;
	io_uring_prep_nop(cv_loop_sqe(cv_http_server_loop(c->server), &c->recv));
}

/*
 * What TLS itself has to say: a handshake, an alert. It is short and the socket is empty; a peer that
 * does not take it is none. While a record is being sent it waits in line behind it.
 */
static int flush(struct cv_http_conn *c)
{
	char wire[WIRE_MAX];
	size_t n;

	if (c->tls->wire)
		return 0;
	while ((n = cv_tls_conn_output(c->tls->conn, wire, sizeof(wire))) > 0) {
		if (send(c->fd, wire, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n)
			return -EPIPE;
	}
	return 0;
}

int cv_http_tls_received(struct cv_http_conn *c, int res)
{
	struct cv_http_tls *t = c->tls;
	char why[CV_TLS_WHY_MAX];
	int n;

	if (c->state == CV_CONN_CLOSING || (!t->again && res <= 0))
		return res;
	if (t->ended) { /* whatever the peer still says goes unheard, until it closes */
		t->again = false;
		receive(c);
		return -EAGAIN;
	}
	if (!t->again && cv_tls_conn_feed(t->conn, t->in, (size_t)res) < 0)
		return -ENOMEM;
	t->again = false;
	n = cv_tls_conn_read(t->conn, c->in, sizeof(c->in), why);
	if (flush(c) < 0)
		return -EPIPE;
	if (n == -EAGAIN)
		receive(c);
	else if (n == -EPROTO)
		cv_http_server_bad_tls(c->server, c, why);
	return n;
}

/* ---- sending -------------------------------------------------------------------------------- */

static void send_wire(struct cv_http_conn *c)
{
	struct cv_http_tls *t = c->tls;

	io_uring_prep_send(cv_loop_sqe(cv_http_server_loop(c->server), &c->send), c->fd,
			   t->wire + t->wire_at, t->wire_len - t->wire_at, MSG_NOSIGNAL);
}

/* One record after the other, so that a large output costs no large copy. */
static int next_record(struct cv_http_conn *c)
{
	struct cv_http_tls *t = c->tls;
	int n = cv_tls_conn_write(t->conn, c->out + t->out_at, c->out_len - t->out_at);

	if (n < 0)
		return n;
	t->out_at += (size_t)n;
	return 0;
}

void cv_http_tls_send(struct cv_http_conn *c)
{
	struct cv_http_tls *t = c->tls;

	t->out_at = t->wire_at = t->wire_len = 0;
	t->wire = malloc(WIRE_MAX);
	if (t->wire && next_record(c) == 0)
		t->wire_len = cv_tls_conn_output(t->conn, t->wire, WIRE_MAX);
	if (t->wire_len > 0) {
		send_wire(c);
		return;
	}
	/* No memory, or the peer has broken off: the completion finds an empty record, and closes. */
	io_uring_prep_nop(cv_loop_sqe(cv_http_server_loop(c->server), &c->send));
}

int cv_http_tls_sent(struct cv_http_conn *c, int res)
{
	struct cv_http_tls *t = c->tls;

	if (c->state == CV_CONN_CLOSING || res <= 0 || t->wire_len == 0)
		return res < 0 ? res : -EPIPE;
	t->wire_at += (size_t)res;
	if (t->wire_at == t->wire_len) {
		t->wire_at = 0;
		t->wire_len = cv_tls_conn_output(t->conn, t->wire, WIRE_MAX);
		if (t->wire_len == 0 && t->out_at < c->out_len) {
			if (next_record(c) < 0)
				return -EPIPE;
			t->wire_len = cv_tls_conn_output(t->conn, t->wire, WIRE_MAX);
		}
	}
	if (t->wire_len > 0) {
		send_wire(c);
		return -EAGAIN;
	}
	free(t->wire);
	t->wire = NULL;
	return (int)c->out_len;
}

void cv_http_tls_say(struct cv_http_conn *c, const char *data, size_t len)
{
	if (cv_tls_conn_write(c->tls->conn, data, len) == (int)len)
		(void)flush(c);
}

void cv_http_tls_end(struct cv_http_conn *c)
{
	c->tls->ended = true;
	cv_tls_conn_end(c->tls->conn);
	(void)flush(c);
}

bool cv_http_tls_subject(const struct cv_http_conn *c, unsigned int i, char *buf, size_t size)
{
	return cv_tls_conn_subject(c->tls->conn, i, buf, size);
}
