/* SPDX-License-Identifier: Apache-2.0 */
#include "control/access/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/access/tls_private.h"

/* AEAD with forward secrecy only; for TLS 1.3 OpenSSL's own are such. */
#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* What tells that a file is another. */
struct stamp {
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct cv_tls {
	struct cv_tls_files files;
	SSL_CTX *ctx;
	struct stamp stamp[3]; /* as last looked at */
};

static void openssl_text(char *buf, size_t size)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	snprintf(buf, size, "%s", reason ? reason : "unknown");
	ERR_clear_error();
}

static void take_stamps(const struct cv_tls_files *files, struct stamp ret[3])
{
	const char *const paths[] = {files->cert, files->key, files->client_ca};
	struct stat st;

	memset(ret, 0, 3 * sizeof(*ret));
	for (size_t i = 0; i < 3; i++) {
		if (paths[i] && *paths[i] && stat(paths[i], &st) == 0)
			ret[i] = (struct stamp){st.st_ino, st.st_size, st.st_mtim};
	}
}

static bool same_stamps(const struct stamp *a, const struct stamp *b)
{
	for (size_t i = 0; i < 3; i++) {
		if (a[i].ino != b[i].ino || a[i].size != b[i].size ||
		    a[i].mtime.tv_sec != b[i].mtime.tv_sec ||
		    a[i].mtime.tv_nsec != b[i].mtime.tv_nsec)
			return false;
	}
	return true;
}

/* ---- the files ------------------------------------------------------------------------------ */

/* @param others_forbidden mode bits that must not be set. */
static int check_file(const char *path, mode_t others_forbidden, const char *remedy, char *why)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		snprintf(why, CV_TLS_WHY_MAX, "%.200s cannot be read (%s)", path, strerror(errno));
		return -errno;
	}
	if (S_ISREG(st.st_mode) && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	    !(st.st_mode & others_forbidden))
		return 0;
	snprintf(why, CV_TLS_WHY_MAX, "%.200s %s", path, remedy);
	return -EPERM;
}

static int check_files(const struct cv_tls_files *files, char *why)
{
	static const char open_to_change[] = "can be changed by others: chown root, chmod go-w";
	int res = check_file(files->key, S_IRWXG | S_IRWXO,
			     "is a key that others can read: chown root, chmod 600", why);

	if (res == 0)
		res = check_file(files->cert, S_IWGRP | S_IWOTH, open_to_change, why);
	if (res == 0 && files->client_ca && *files->client_ca)
		res = check_file(files->client_ca, S_IWGRP | S_IWOTH, open_to_change, why);
	return res;
}

static int unusable(const char *path, char *why)
{
	char reason[120];

	openssl_text(reason, sizeof(reason));
	snprintf(why, CV_TLS_WHY_MAX, "%.180s cannot be used (%s)", path, reason);
	return -EINVAL;
}

static int load_client_ca(SSL_CTX *ctx, const struct cv_tls_files *files, char *why)
{
	STACK_OF(X509_NAME) * names;

	if (!files->client_ca || !*files->client_ca)
		return 0;
	if (SSL_CTX_load_verify_locations(ctx, files->client_ca, NULL) != 1)
		return unusable(files->client_ca, why);
	names = SSL_load_client_CA_file(files->client_ca);
	if (!names)
		return unusable(files->client_ca, why);
	SSL_CTX_set_client_CA_list(ctx, names); /* now its own */
	SSL_CTX_set_verify(ctx,
			   SSL_VERIFY_PEER |
				   (files->client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
			   NULL);
	return 0;
}

static int load_files(SSL_CTX *ctx, const struct cv_tls_files *files, char *why)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, files->cert) != 1)
		return unusable(files->cert, why);
	if (SSL_CTX_use_PrivateKey_file(ctx, files->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return unusable(files->key, why);
	return load_client_ca(ctx, files, why);
}

static int make_context(const struct cv_tls_files *files, SSL_CTX **ret, char *why)
{
	static const unsigned char id[] = "culvert";
	int res = check_files(files, why);
	SSL_CTX *ctx;

	if (res < 0)
		return res;
	snprintf(why, CV_TLS_WHY_MAX, "no memory for TLS");
	ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx)
		return -ENOMEM;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_max_cert_list(ctx, 32768);
	/* Without it sessions of clients with a certificate are not resumed. */
	SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
	res = SSL_CTX_set_cipher_list(ctx, CIPHERS_1_2) == 1 ? load_files(ctx, files, why) : -EIO;
	if (res == 0)
		*ret = ctx;
	else
		SSL_CTX_free(ctx);
	return res;
}

int cv_tls_create(const struct cv_tls_files *files, struct cv_tls **ret, char why[CV_TLS_WHY_MAX])
{
	struct cv_tls *tls = calloc(1, sizeof(*tls));
	int res;

	snprintf(why, CV_TLS_WHY_MAX, "no memory for TLS");
	if (!tls)
		return -ENOMEM;
	tls->files = *files;
	take_stamps(files, tls->stamp);
	res = make_context(files, &tls->ctx, why);
	if (res == 0)
		*ret = tls;
	else
		cv_tls_destroy(tls);
	return res;
}

void cv_tls_destroy(struct cv_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls);
}

int cv_tls_refresh(struct cv_tls *tls, char why[CV_TLS_WHY_MAX])
{
	struct stamp now[3];
	SSL_CTX *ctx = NULL;
	int res;

	take_stamps(&tls->files, now);
	if (same_stamps(now, tls->stamp))
		return 0;
	memcpy(tls->stamp, now, sizeof(now));
	res = make_context(&tls->files, &ctx, why);
	if (res < 0)
		return res;
	SSL_CTX_free(tls->ctx);
	tls->ctx = ctx;
	return 1;
}

int64_t cv_tls_expires(const struct cv_tls *tls)
{
	const X509 *cert = SSL_CTX_get0_certificate(tls->ctx);
	struct tm tm;

	if (!cert || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return 0;
	return timegm(&tm);
}

SSL *cv_tls_new_ssl(struct cv_tls *tls)
{
	return SSL_new(tls->ctx);
}
