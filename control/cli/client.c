/* SPDX-License-Identifier: Apache-2.0 */
#include "control/cli/client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control/cli/command.h"

struct buffer {
	char *data;
	size_t len, max;
};

struct cv_client {
	CURL *get, *stream;
	CURLM *multi;
	char *socket;
	struct buffer answer, partial;
	cv_client_line *line; /* one of the two */
	cv_client_bytes *bytes;
	void *owner;
	int stream_fd; /* -1 = not connected */
	bool quiet, stopped;
	char why[512];
};

static bool append(struct buffer *b, const char *data, size_t len)
{
	char *grown;

	if (len > b->max - b->len)
		return false;
	grown = realloc(b->data, b->len + len + 1);
	if (!grown)
		return false;
	b->data = grown;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = 0;
	return true;
}

static size_t take_answer(char *data, size_t size, size_t n, void *user)
{
	struct cv_client *c = user;

	return append(&c->answer, data, size * n) ? size * n : 0;
}

/* Cut what came into lines; a refusal is one JSON answer and is kept whole. */
static size_t take_stream(char *data, size_t size, size_t n, void *user)
{
	struct cv_client *c = user;
	size_t len = size * n;
	long status = 0;
	char *end;

	curl_easy_getinfo(c->stream, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return append(&c->answer, data, len) ? len : 0;
	if (c->bytes) {
		c->stopped = !c->bytes(c->owner, data, len);
		return c->stopped ? 0 : len;
	}
	while (len && !c->stopped && (end = memchr(data, '\n', len))) {
		size_t part = (size_t)(end - data);

		if (!append(&c->partial, data, part))
			return 0;
		if (c->partial.len && !c->line(c->owner, c->partial.data, c->partial.len))
			c->stopped = true;
		c->partial.len = 0;
		data += part + 1;
		len -= part + 1;
	}
	if (c->stopped || !append(&c->partial, data, len))
		return 0;
	return size * n;
}

static int remember_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
	struct cv_client *c = user;

	c->stream_fd = fd;
	return CURL_SOCKOPT_OK;
}

static CURL *make_handle(struct cv_client *c, curl_write_callback take)
{
	CURL *h = curl_easy_init();

	if (!h)
		return NULL;
	curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, 3000L);
	curl_easy_setopt(h, CURLOPT_USERAGENT, "culvert");
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http");
	return h;
}

int cv_client_create(const char *socket, bool quiet, struct cv_client **ret)
{
	struct cv_client *c = calloc(1, sizeof(*c));

	if (!c)
		return CV_CLI_UNREACHABLE;
	c->quiet = quiet;
	c->stream_fd = -1;
	c->socket = strdup(socket);
	c->answer.max = CV_CLIENT_ANSWER_MAX;
	c->partial.max = CV_CLIENT_LINE_MAX;
	c->multi = curl_multi_init();
	if (c->socket)
		c->get = make_handle(c, take_answer);
	if (c->socket)
		c->stream = make_handle(c, take_stream);
	if (!c->socket || !c->multi || !c->get || !c->stream) {
		cv_client_destroy(c);
		return CV_CLI_UNREACHABLE;
	}
	curl_easy_setopt(c->get, CURLOPT_TIMEOUT_MS, 15000L);
	curl_easy_setopt(c->stream, CURLOPT_SOCKOPTFUNCTION, remember_socket);
	curl_easy_setopt(c->stream, CURLOPT_SOCKOPTDATA, c);
	*ret = c;
	return CV_CLI_OK;
}

void cv_client_destroy(struct cv_client *c)
{
	if (!c)
		return;
	if (c->multi && c->stream)
		curl_multi_remove_handle(c->multi, c->stream);
	curl_easy_cleanup(c->get);
	curl_easy_cleanup(c->stream);
	curl_multi_cleanup(c->multi);
	free(c->socket);
	free(c->answer.data);
	free(c->partial.data);
	free(c);
}

const char *cv_client_why(const struct cv_client *c)
{
	return c->why;
}

static int fail(struct cv_client *c, int code)
{
	if (!c->quiet)
		fprintf(stderr, "culvert: %s\n", c->why);
	return code;
}

static int unreachable(struct cv_client *c, CURL *h, CURLcode code)
{
	long os = 0;

	curl_easy_getinfo(h, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_COULDNT_CONNECT)
		snprintf(c->why, sizeof(c->why),
			 "cannot reach control at %s%s%s: is culvert-control running, and may this "
			 "user use the socket? (--socket PATH names another)",
			 c->socket, os ? ": " : "", os ? strerror((int)os) : "");
	else if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
		 code == CURLE_GOT_NOTHING)
		snprintf(c->why, sizeof(c->why),
			 "control at %s went away in the middle of its answer; %s", c->socket,
			 c->bytes ? "what came until then is whole"
				  : "nothing is lost: ask again when it is back (events: with "
				    "--from seq:LANE:NUMBER)");
	else
		snprintf(c->why, sizeof(c->why), "control at %s: %s", c->socket,
			 curl_easy_strerror(code));
	return fail(c, CV_CLI_UNREACHABLE);
}

/* An answer that is not 200: {"error": ..., "hint": ...}. */
static int refused(struct cv_client *c, long status)
{
	json_t *body = c->answer.data ? json_loadb(c->answer.data, c->answer.len, 0, NULL) : NULL;
	const char *error = json_string_value(json_object_get(body, "error"));
	const char *hint = json_string_value(json_object_get(body, "hint"));

	snprintf(c->why, sizeof(c->why), "control says: %.300s%s%.180s%s",
		 error ? error : "no reason given", hint ? " (" : "", hint ? hint : "",
		 hint ? ")" : "");
	if (!error)
		snprintf(c->why, sizeof(c->why), "control answered with HTTP status %ld", status);
	json_decref(body);
	return fail(c, status >= 400 && status < 500 ? CV_CLI_INPUT : CV_CLI_UNREACHABLE);
}

static bool set_url(CURL *h, const char *path)
{
	char *url = NULL;
	bool done;

	if (asprintf(&url, "http://localhost%s", path) < 0)
		return false;
	done = curl_easy_setopt(h, CURLOPT_URL, url) == CURLE_OK;
	free(url);
	return done;
}

/* One request on c->get, already set up but for its address. */
static int ask(struct cv_client *c, const char *path, long *ret_status)
{
	CURLcode code;

	c->answer.len = 0;
	if (!set_url(c->get, path))
		return unreachable(c, c->get, CURLE_OUT_OF_MEMORY);
	code = curl_easy_perform(c->get);
	if (code != CURLE_OK)
		return unreachable(c, c->get, code);
	curl_easy_getinfo(c->get, CURLINFO_RESPONSE_CODE, ret_status);
	return CV_CLI_OK;
}

static int read_document(struct cv_client *c, const char *path, json_t **ret)
{
	json_error_t wrong;

	*ret = json_loadb(c->answer.data ? c->answer.data : "", c->answer.len, 0, &wrong);
	if (json_is_object(*ret))
		return CV_CLI_OK;
	json_decref(*ret);
	*ret = NULL;
	snprintf(c->why, sizeof(c->why), "%s at %s did not answer as control does: %s", path,
		 c->socket, wrong.text);
	return fail(c, CV_CLI_UNREACHABLE);
}

int cv_client_get(struct cv_client *c, const char *path, json_t **ret)
{
	long status = 0;
	int r = ask(c, path, &status);

	if (r != CV_CLI_OK)
		return r;
	return status == 200 ? read_document(c, path, ret) : refused(c, status);
}

int cv_client_post(struct cv_client *c, const char *path, const void *body, size_t len,
		   const char *if_match, long *ret_status, json_t **ret)
{
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/octet-stream");
	char match[64];
	int r;

	if (if_match && headers) {
		snprintf(match, sizeof(match), "If-Match: \"%.20s\"", if_match);
		headers = curl_slist_append(headers, match);
	}
	curl_easy_setopt(c->get, CURLOPT_POST, 1L);
	curl_easy_setopt(c->get, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt(c->get, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(c->get, CURLOPT_HTTPHEADER, headers);
	/* Control compiles the policy and has the dataplane build it before it answers. */
	curl_easy_setopt(c->get, CURLOPT_TIMEOUT_MS, 300000L);
	r = ask(c, path, ret_status);
	curl_easy_setopt(c->get, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(c->get, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(c->get, CURLOPT_TIMEOUT_MS, 15000L);
	curl_slist_free_all(headers);
	return r == CV_CLI_OK ? read_document(c, path, ret) : r;
}

int cv_client_delete(struct cv_client *c, const char *path)
{
	long status = 0;
	int r;

	curl_easy_setopt(c->get, CURLOPT_CUSTOMREQUEST, "DELETE");
	r = ask(c, path, &status);
	curl_easy_setopt(c->get, CURLOPT_CUSTOMREQUEST, NULL);
	if (r != CV_CLI_OK)
		return r;
	return status == 200 ? CV_CLI_OK : refused(c, status);
}

static int start_stream(struct cv_client *c, const char *path, void *owner)
{
	curl_multi_remove_handle(c->multi, c->stream);
	c->answer.len = c->partial.len = 0;
	c->stopped = false;
	c->owner = owner;
	c->stream_fd = -1;
	if (!set_url(c->stream, path) || curl_multi_add_handle(c->multi, c->stream) != CURLM_OK)
		return unreachable(c, c->stream, CURLE_OUT_OF_MEMORY);
	return CV_CLI_OK;
}

int cv_client_stream(struct cv_client *c, const char *path, cv_client_line *line, void *owner)
{
	c->line = line;
	c->bytes = NULL;
	return start_stream(c, path, owner);
}

int cv_client_stream_bytes(struct cv_client *c, const char *path, cv_client_bytes *bytes,
			   void *owner)
{
	c->bytes = bytes;
	return start_stream(c, path, owner);
}

void cv_client_hangup(struct cv_client *c)
{
	if (c->stream_fd >= 0)
		(void)shutdown(c->stream_fd, SHUT_WR);
}

static int stream_ended(struct cv_client *c, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(c->stream, CURLINFO_RESPONSE_CODE, &status);
	if (c->stopped)
		return CV_CLI_OK;
	if (code != CURLE_OK)
		return unreachable(c, c->stream, code);
	if (status != 200)
		return refused(c, status);
	return CV_CLI_OK;
}

int cv_client_poll(struct cv_client *c, int timeout_ms, bool *done)
{
	int running = 0, left = 0;
	CURLMsg *msg;

	*done = false;
	curl_multi_poll(c->multi, NULL, 0, timeout_ms, NULL);
	if (curl_multi_perform(c->multi, &running) != CURLM_OK)
		return unreachable(c, c->stream, CURLE_OUT_OF_MEMORY);
	while ((msg = curl_multi_info_read(c->multi, &left))) {
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		*done = true;
		curl_multi_remove_handle(c->multi, c->stream);
		return stream_ended(c, code);
	}
	return CV_CLI_OK;
}

char *cv_client_escape(const char *text)
{
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char *out = malloc(strlen(text) * 3 + 1), *at = out;

	if (!out)
		return NULL;
	for (; *text; text++) {
		if (strchr(unreserved, *text))
			*at++ = *text;
		else
			at += sprintf(at, "%%%02X", (unsigned char)*text);
	}
	*at = 0;
	return out;
}

void cv_client_put(FILE *out, const char *key, const char *value)
{
	char *escaped = value ? cv_client_escape(value) : NULL;

	if (escaped)
		fprintf(out, "&%s=%s", key, escaped);
	free(escaped);
}
