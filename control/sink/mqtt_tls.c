/* SPDX-License-Identifier: Apache-2.0 */
/* TLS of the MQTT connector, from what is in memory: the library itself only takes files. */
#include "control/sink/mqtt_tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <arpa/inet.h>

static int add_authorities(SSL_CTX *tls, const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert;
	int n = 0;

	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		n += X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), cert);
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	return n > 0 ? 0 : -EINVAL;
}

/* Our certificate, and those between it and an authority behind it. */
static int use_certificate(SSL_CTX *tls, const char *pem, const char *key_pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1), *key_bio = BIO_new_mem_buf(key_pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
	int res = -EINVAL;

	if (cert && key && SSL_CTX_use_certificate(tls, cert) == 1 &&
	    SSL_CTX_use_PrivateKey(tls, key) == 1 && SSL_CTX_check_private_key(tls) == 1)
		res = 0;
	X509_free(cert);
	EVP_PKEY_free(key);
	while (res == 0 && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (SSL_CTX_add_extra_chain_cert(tls, cert) != 1) {
			X509_free(cert);
			res = -EINVAL;
		}
	}
	BIO_free(bio);
	BIO_free(key_bio);
	ERR_clear_error();
	return res;
}

/* The name that the server's certificate must have. */
static int expect_host(SSL_CTX *tls, const char *host)
{
	X509_VERIFY_PARAM *verify = SSL_CTX_get0_param(tls);
	unsigned char address[16];
	bool is_address =
		inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;

	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if ((is_address ? X509_VERIFY_PARAM_set1_ip_asc(verify, host)
			: X509_VERIFY_PARAM_set1_host(verify, host, 0)) != 1)
		return -EINVAL;
	return 0;
}

int cv_mqtt_tls_create(const struct cv_sink_secrets *secrets, const char *host, SSL_CTX **ret)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
	int res = tls ? 0 : -ENOMEM;

	if (res == 0 && SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1)
		res = -EINVAL;
	if (res == 0)
		res = expect_host(tls, host);
	if (res == 0 && secrets->ca)
		res = add_authorities(tls, secrets->ca);
	else if (res == 0 && SSL_CTX_set_default_verify_paths(tls) != 1)
		res = -EINVAL;
	if (res == 0 && secrets->cert)
		res = use_certificate(tls, secrets->cert, secrets->key);
	if (res < 0)
		SSL_CTX_free(tls);
	else
		*ret = tls;
	return res;
}
