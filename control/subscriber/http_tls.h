/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS below a connection: between what the ring receives and sends and what the connection reads and
 * says. Private to the server.
 */
#ifndef CV_HTTP_TLS_H
#define CV_HTTP_TLS_H

#include "control/access/tls.h"
#include "control/subscriber/http_conn.h"

/** @return NULL: no memory. */
struct cv_http_tls *cv_http_tls_create(struct cv_tls *tls);
/** NULL is fine. */
void cv_http_tls_destroy(struct cv_http_tls *t);

/** Receive; c->in is filled by cv_http_tls_received(). */
void cv_http_tls_receive(struct cv_http_conn *c);

/**
 * c->recv has completed.
 *
 * @return bytes in c->in; 0: the peer has ended; -EAGAIN: it goes on by itself; other negative errno.
 */
int cv_http_tls_received(struct cv_http_conn *c, int res);

/** Send the next of c->out, of which cv_http_tls_sent() has sent some. */
void cv_http_tls_send(struct cv_http_conn *c);

/**
 * c->send has completed.
 *
 * @return c->out_len: all is sent; -EAGAIN: more is under way; other negative errno.
 */
int cv_http_tls_sent(struct cv_http_conn *c, int res);

/** Say a few bytes at once, while nothing is being sent; what has no room is lost. */
void cv_http_tls_say(struct cv_http_conn *c, const char *data, size_t len);

/** Say that nothing follows. */
void cv_http_tls_end(struct cv_http_conn *c);

/** As cv_tls_conn_subject(). */
bool cv_http_tls_subject(const struct cv_http_conn *c, unsigned int i, char *buf, size_t size);

#endif
