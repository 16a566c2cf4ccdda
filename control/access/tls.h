/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS for connections of the loop: OpenSSL over memory, which never touches a socket. TLS 1.2 and
 * 1.3, no renegotiation, no compression; sessions are resumed by ticket. One thread.
 */
#ifndef CV_TLS_H
#define CV_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for a reason, bytes. */
#define CV_TLS_WHY_MAX 320
/** Most plain bytes that one cv_tls_conn_write() takes: a record (RFC 8446 5.1). */
#define CV_TLS_RECORD_MAX 16384

/** Paths; must outlive what is made from it. */
struct cv_tls_files {
	const char *cert; /* PEM: the certificate and what leads to its CA */
	const char *key; /* PEM; nobody else may read it */
	const char *client_ca; /* PEM: whose client certificates are taken; NULL or "" = nobody's */
	bool client_required; /* no handshake without a client certificate */
};

struct cv_tls;
struct cv_tls_conn;

/**
 * Read the files.
 *
 * @param why set on failure.
 * @return 0 or negative errno; -EPERM: others may read the key.
 */
int cv_tls_create(const struct cv_tls_files *files, struct cv_tls **ret, char why[CV_TLS_WHY_MAX]);

/** Connections may outlive it. NULL is fine. */
void cv_tls_destroy(struct cv_tls *tls);

/**
 * Read the files again if they have changed; new connections get what they say. What cannot be used
 * is not: the certificate before stays in use.
 *
 * @return 1: read again; 0: as before; negative errno with @p why filled, once for each change.
 */
int cv_tls_refresh(struct cv_tls *tls, char why[CV_TLS_WHY_MAX]);

/** End of the certificate in use, Unix time. */
int64_t cv_tls_expires(const struct cv_tls *tls);

/** A server's side of a connection. @return 0 or -ENOMEM. */
int cv_tls_conn_create(struct cv_tls *tls, struct cv_tls_conn **ret);

/** NULL is fine. */
void cv_tls_conn_destroy(struct cv_tls_conn *c);

/** Bytes from the peer have come. @return 0 or -ENOMEM. */
int cv_tls_conn_feed(struct cv_tls_conn *c, const void *data, size_t len);

/**
 * Take what they say.
 *
 * @return bytes; 0: the peer has ended in order; -EAGAIN: more is needed; -EPROTO: this is no TLS, or
 *         the certificate is not good, @p why says which; there may be output all the same.
 */
int cv_tls_conn_read(struct cv_tls_conn *c, void *buf, size_t size, char why[CV_TLS_WHY_MAX]);

/** Say something. @return bytes taken, at most CV_TLS_RECORD_MAX; -EPROTO. */
int cv_tls_conn_write(struct cv_tls_conn *c, const void *data, size_t len);

/** Say that nothing follows. */
void cv_tls_conn_end(struct cv_tls_conn *c);

/** Take bytes for the peer. @return bytes, 0 = there are none. */
size_t cv_tls_conn_output(struct cv_tls_conn *c, void *buf, size_t size);

/** Whether the handshake is over. */
bool cv_tls_conn_is_open(const struct cv_tls_conn *c);

/**
 * A name of the peer's certificate, which was checked: "dns:...", "uri:...", "email:...", "cn:...".
 *
 * @param i from 0.
 * @return false: there is no such name. One that is too long or holds a zero is "".
 */
bool cv_tls_conn_subject(const struct cv_tls_conn *c, unsigned int i, char *buf, size_t size);

#endif
