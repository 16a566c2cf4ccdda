/* SPDX-License-Identifier: Apache-2.0 */
#include "control/update/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_SECONDS 20L
/* A line that moves nothing for so long is given up. */
#define STALL_SECONDS 60L
#define TEXT_SECONDS 120L

struct transfer {
	CURL *curl;
	char error[CURL_ERROR_SIZE];
	char *url;
	char *text; /* of a small file */
	size_t len, max;
	int fd; /* of a large one, -1 = none */
	uint64_t got, size;
	crypto_hash_sha256_state hash;
	const char *put;
	int failed; /* why we gave up: a negative errno */
};

static void release(struct transfer *t)
{
	curl_easy_cleanup(t->curl);
	free(t->url);
	t->curl = NULL;
	t->url = NULL;
}

static CURLcode set_server(CURL *c, const struct cv_fetch_server *s)
{
	CURLcode r = CURLE_OK;

	if (*s->ca) {
		r = curl_easy_setopt(c, CURLOPT_CAINFO, s->ca);
		curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (r == CURLE_OK && *s->cert)
		r = curl_easy_setopt(c, CURLOPT_SSLCERT, s->cert);
	if (r == CURLE_OK && *s->key)
		r = curl_easy_setopt(c, CURLOPT_SSLKEY, s->key);
	return r;
}

static int begin(struct transfer *t, const struct cv_fetch_server *s, const char *name)
{
	size_t len = strlen(s->url);
	CURL *c = curl_easy_init();

	t->curl = c;
	t->fd = -1;
	if (!c || asprintf(&t->url, "%s%s%s", s->url, len && s->url[len - 1] == '/' ? "" : "/",
			   name) < 0) {
		t->url = NULL;
		return -ENOMEM;
	}
	curl_easy_setopt(c, CURLOPT_URL, t->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "culvert");
	return set_server(c, s) == CURLE_OK ? 0 : -ENOMEM;
}

/* Do it. @return 0, or negative errno with @p why. */
static int perform(struct transfer *t, const char *name, char *why)
{
	CURLcode code = curl_easy_perform(t->curl);
	long status = 0;

	if (t->failed == -EFBIG) {
		snprintf(why, CV_FETCH_WHY, "%s is larger than it may be", name);
		return -EFBIG;
	}
	if (t->failed) {
		snprintf(why, CV_FETCH_WHY, "%s cannot be kept: %s", name, strerror(-t->failed));
		return t->failed;
	}
	if (code != CURLE_OK) {
		snprintf(why, CV_FETCH_WHY, "%s: %.250s", name,
			 t->error[0] ? t->error : curl_easy_strerror(code));
		return -EIO;
	}
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status / 100 == 2)
		return 0;
	snprintf(why, CV_FETCH_WHY, "%s: the server answers %ld%s", name, status,
		 status / 100 == 3 ? " and sends elsewhere, which is not followed" : "");
	return -EIO;
}

/* ---- small files ------------------------------------------------------------------------------ */

static size_t take_text(char *data, size_t one, size_t n, void *owner)
{
	struct transfer *t = owner;

	(void)one;
	if (n > t->max - t->len) {
		t->failed = -EFBIG;
		return 0;
	}
	memcpy(t->text + t->len, data, n);
	t->len += n;
	return n;
}

int cv_fetch_text(const struct cv_fetch_server *server, const char *name, size_t max, char **ret,
		  size_t *ret_len, char *why)
{
	struct transfer t = {.max = max, .text = malloc(max + 1)};
	int r = t.text ? begin(&t, server, name) : -ENOMEM;

	snprintf(why, CV_FETCH_WHY, "out of memory");
	if (r == 0) {
		curl_easy_setopt(t.curl, CURLOPT_WRITEFUNCTION, take_text);
		curl_easy_setopt(t.curl, CURLOPT_WRITEDATA, &t);
		curl_easy_setopt(t.curl, CURLOPT_TIMEOUT, TEXT_SECONDS);
		r = perform(&t, name, why);
	}
	release(&t);
	if (r < 0) {
		free(t.text);
		return r;
	}
	t.text[t.len] = '\0';
	*ret = t.text;
	*ret_len = t.len;
	return 0;
}

static size_t give_text(char *data, size_t one, size_t n, void *owner)
{
	struct transfer *t = owner;
	size_t left = t->len - t->got;

	(void)one;
	n = n < left ? n : left;
	memcpy(data, t->put + t->got, n);
	t->got += n;
	return n;
}

/* What a server says to a report is of no concern. */
static size_t drop(char *data, size_t one, size_t n, void *owner)
{
	(void)data;
	(void)owner;
	return one * n;
}

int cv_fetch_put(const struct cv_fetch_server *server, const char *name, const char *text,
		 size_t len, char *why)
{
	struct transfer t = {.put = text, .len = len};
	int r = begin(&t, server, name);

	snprintf(why, CV_FETCH_WHY, "out of memory");
	if (r == 0) {
		curl_easy_setopt(t.curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(t.curl, CURLOPT_READFUNCTION, give_text);
		curl_easy_setopt(t.curl, CURLOPT_READDATA, &t);
		curl_easy_setopt(t.curl, CURLOPT_WRITEFUNCTION, drop);
		curl_easy_setopt(t.curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)len);
		curl_easy_setopt(t.curl, CURLOPT_TIMEOUT, TEXT_SECONDS);
		r = perform(&t, name, why);
	}
	release(&t);
	return r;
}

/* ---- large files ------------------------------------------------------------------------------ */

static size_t take_block(char *data, size_t one, size_t n, void *owner)
{
	struct transfer *t = owner;

	(void)one;
	if (n > t->size - t->got) {
		t->failed = -EFBIG;
		return 0;
	}
	for (size_t done = 0; done < n;) {
		ssize_t wrote = write(t->fd, data + done, n - done);

		if (wrote <= 0) {
			t->failed = wrote < 0 ? -errno : -ENOSPC;
			return 0;
		}
		done += (size_t)wrote;
	}
	crypto_hash_sha256_update(&t->hash, (const unsigned char *)data, n);
	t->got += n;
	return n;
}

static int check(struct transfer *t, const char *name, const char *sha256, char *why)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	char text[2 * sizeof(hash) + 1];

	crypto_hash_sha256_final(&t->hash, hash);
	sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
	if (t->got == t->size && strcmp(text, sha256) == 0)
		return 0;
	snprintf(why, CV_FETCH_WHY, "%s is not the file that the index describes", name);
	return -EBADMSG;
}

int cv_fetch_file(const struct cv_fetch_server *server, const char *name, const char *path,
		  uint64_t size, const char *sha256, char *why)
{
	struct transfer t = {.size = size};
	int r = begin(&t, server, name);

	snprintf(why, CV_FETCH_WHY, "out of memory");
	if (r == 0) {
		t.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
		r = t.fd < 0 ? -errno : 0;
		snprintf(why, CV_FETCH_WHY, "%.200s: %s", path, strerror(-r));
	}
	if (r == 0) {
		crypto_hash_sha256_init(&t.hash);
		curl_easy_setopt(t.curl, CURLOPT_WRITEFUNCTION, take_block);
		curl_easy_setopt(t.curl, CURLOPT_WRITEDATA, &t);
		r = perform(&t, name, why);
	}
	if (r == 0)
		r = check(&t, name, sha256, why);
	if (t.fd >= 0 && close(t.fd) < 0 && r == 0) {
		r = -errno;
		snprintf(why, CV_FETCH_WHY, "%.200s: %s", path, strerror(errno));
	}
	if (r < 0)
		(void)unlink(path);
	release(&t);
	return r;
}
