/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/access/tls_private.h"

struct cv_tls_conn {
	SSL *ssl;
	BIO *in, *out; /* the SSL's */
};

int cv_tls_conn_create(struct cv_tls *tls, struct cv_tls_conn **ret)
{
	struct cv_tls_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->ssl = cv_tls_new_ssl(tls);
	c->in = BIO_new(BIO_s_mem());
	c->out = BIO_new(BIO_s_mem());
	if (!c->ssl || !c->in || !c->out) {
		BIO_free(c->in);
		BIO_free(c->out);
		SSL_free(c->ssl);
		free(c);
		ERR_clear_error();
		return -ENOMEM;
	}
	BIO_set_mem_eof_return(c->in, -1); /* empty is not the end */
	SSL_set_bio(c->ssl, c->in, c->out);
	SSL_set_accept_state(c->ssl);
	*ret = c;
	return 0;
}

void cv_tls_conn_destroy(struct cv_tls_conn *c)
{
	if (!c)
		return;
	SSL_free(c->ssl); /* and both BIOs */
	free(c);
}

int cv_tls_conn_feed(struct cv_tls_conn *c, const void *data, size_t len)
{
	return BIO_write(c->in, data, (int)len) == (int)len ? 0 : -ENOMEM;
}

/* The certificate's fault is more of a help than "certificate verify failed". */
static int broken(const struct cv_tls_conn *c, char *why)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	long verdict = SSL_get_verify_result(c->ssl);

	if (verdict != X509_V_OK)
		reason = X509_verify_cert_error_string(verdict);
	snprintf(why, CV_TLS_WHY_MAX, "%s", reason ? reason : "broken off");
	ERR_clear_error();
	return -EPROTO;
}

int cv_tls_conn_read(struct cv_tls_conn *c, void *buf, size_t size, char why[CV_TLS_WHY_MAX])
{
	int n;

	ERR_clear_error();
	n = SSL_read(c->ssl, buf, (int)size);
	if (n > 0)
		return n;
	switch (SSL_get_error(c->ssl, n)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return broken(c, why);
	}
}

int cv_tls_conn_write(struct cv_tls_conn *c, const void *data, size_t len)
{
	int n;

	ERR_clear_error();
	n = SSL_write(c->ssl, data, (int)(len < CV_TLS_RECORD_MAX ? len : CV_TLS_RECORD_MAX));
	if (n > 0)
		return n;
	ERR_clear_error();
	return -EPROTO;
}

void cv_tls_conn_end(struct cv_tls_conn *c)
{
	if (SSL_is_init_finished(c->ssl))
		SSL_shutdown(c->ssl);
	ERR_clear_error();
}

size_t cv_tls_conn_output(struct cv_tls_conn *c, void *buf, size_t size)
{
	int n = BIO_read(c->out, buf, (int)size);

	return n > 0 ? (size_t)n : 0;
}

bool cv_tls_conn_is_open(const struct cv_tls_conn *c)
{
	return SSL_is_init_finished(c->ssl);
}

/* ---- names ---------------------------------------------------------------------------------- */

static void put_name(const char *form, const unsigned char *data, int len, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s:", form);

	if (len <= 0 || memchr(data, '\0', (size_t)len) || (size_t)n + (size_t)len >= size) {
		buf[0] = '\0';
		return;
	}
	memcpy(buf + n, data, (size_t)len);
	buf[n + len] = '\0';
}

static bool alternative_name(const X509 *cert, unsigned int i, char *buf, size_t size,
			     unsigned int *ret_count)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	*ret_count = names ? (unsigned int)sk_GENERAL_NAME_num(names) : 0;
	if (i < *ret_count) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, (int)i);
		const char *form = name->type == GEN_DNS     ? "dns"
				   : name->type == GEN_URI   ? "uri"
				   : name->type == GEN_EMAIL ? "email"
							     : NULL;

		buf[0] = '\0'; /* of a form that nobody is known by */
		if (form)
			put_name(form, ASN1_STRING_get0_data(name->d.ia5),
				 ASN1_STRING_length(name->d.ia5), buf, size);
		found = true;
	}
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return found;
}

static void common_name(const X509 *cert, char *buf, size_t size)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;
	int len;

	buf[0] = '\0';
	/* Two of them: which one was meant? */
	if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return;
	len = ASN1_STRING_to_UTF8(&text,
				  X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (len > 0)
		put_name("cn", text, len, buf, size);
	OPENSSL_free(text);
	ERR_clear_error();
}

bool cv_tls_conn_subject(const struct cv_tls_conn *c, unsigned int i, char *buf, size_t size)
{
	X509 *cert = SSL_get1_peer_certificate(c->ssl);
	unsigned int count;
	bool found;

	if (!cert)
		return false;
	found = alternative_name(cert, i, buf, size, &count);
	if (!found && i == count) {
		common_name(cert, buf, size);
		found = true;
	}
	X509_free(cert);
	return found;
}
