/* SPDX-License-Identifier: Apache-2.0 */
/* What goes back: status line, head, document; or the head of a stream. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/subscriber/http_conn.h"

/* RFC 9110 5.6.7; the program stays in the C locale. */
const char *cv_http_conn_date(const struct cv_http_conn *c, char *buf, size_t size)
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
		{201, "Created"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{411, "Length Required"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{421, "Misdirected Request"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
		{507, "Insufficient Storage"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Error";
}

/* What asprintf() made of c->reply. */
static void send_reply(struct cv_http_conn *c, int len)
{
	if (len >= 0) {
		cv_http_conn_send(c, c->reply, (size_t)len);
		return;
	}
	/* No memory for an answer. Nothing is in flight that would bring us to release(). */
	c->reply = NULL;
	c->keep_alive = false;
	cv_http_conn_linger(c);
}

void cv_http_conn_reply(struct cv_http_conn *c, int status, json_t *body)
{
	/* More digits than a double has for sure would show 0.1 as 0.10000000000000001. */
	char *text = body ? json_dumps(body, JSON_INDENT(2) | JSON_REAL_PRECISION(DBL_DIG)) : NULL;
	char date[64], extra[64] = "";
	int len;

	if (status == 405)
		snprintf(extra, sizeof(extra), "Allow: %s\r\n", c->allow ? c->allow : "GET, HEAD");
	else if (status == 401) /* RFC 9110 15.5.2 */
		snprintf(extra, sizeof(extra), "WWW-Authenticate: Bearer realm=\"culvert\"\r\n");
	else if (status == 429)
		snprintf(extra, sizeof(extra), "Retry-After: 1\r\n");
	else if (status == 503)
		snprintf(extra, sizeof(extra), "Retry-After: 5\r\n");

	json_decref(body);
	if (text)
		len = asprintf(&c->reply,
			       "HTTP/1.1 %d %s\r\n%sContent-Type: application/json\r\n"
			       "Content-Length: %zu\r\nCache-Control: no-store\r\n%s%s\r\n%s%s",
			       status, reason_phrase(status),
			       cv_http_conn_date(c, date, sizeof(date)), strlen(text) + 1, extra,
			       c->keep_alive ? "" : "Connection: close\r\n",
			       c->request.method == CV_HTTP_HEAD ? "" : text,
			       c->request.method == CV_HTTP_HEAD ? "" : "\n");
	else
		len = asprintf(&c->reply,
			       "HTTP/1.1 500 Internal Server Error\r\n%sContent-Length: 0"
			       "\r\n%s\r\n",
			       cv_http_conn_date(c, date, sizeof(date)),
			       c->keep_alive ? "" : "Connection: close\r\n");
	free(text);
	send_reply(c, len);
}

/* What a client wrote is quoted in errors and may be no UTF-8, or was cut inside a character. */
static json_t *safe_string(const char *text)
{
	json_t *string = json_string(text);
	char plain[512];

	if (string)
		return string;
	snprintf(plain, sizeof(plain), "%s", text);
	for (char *p = plain; *p; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	return json_string(plain);
}

void cv_http_conn_refuse(struct cv_http_conn *c, int status, const char *error, const char *hint)
{
	cv_http_conn_reply(c, status,
			   json_pack("{s:o, s:s}", "error", safe_string(error), "hint", hint));
}

void cv_http_conn_text(struct cv_http_conn *c, const char *content_type, const char *text)
{
	char date[64];
	int len =
		asprintf(&c->reply,
			 "HTTP/1.1 200 OK\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n%s",
			 cv_http_conn_date(c, date, sizeof(date)), content_type, strlen(text),
			 c->keep_alive ? "" : "Connection: close\r\n",
			 c->request.method == CV_HTTP_HEAD ? "" : text);

	send_reply(c, len);
}

void cv_http_conn_stream(struct cv_http_conn *c, struct cv_http_stream stream,
			 const char *content_type, bool chunked)
{
	char date[64];
	int len = asprintf(&c->reply,
			   "HTTP/1.1 200 OK\r\n%sContent-Type: %s\r\nCache-Control: no-store\r\n"
			   "X-Accel-Buffering: no\r\n%sConnection: close\r\n\r\n",
			   cv_http_conn_date(c, date, sizeof(date)), content_type,
			   chunked ? "Transfer-Encoding: chunked\r\n" : "");

	c->keep_alive = false;
	if (len < 0) {
		c->reply = NULL;
		if (stream.ops)
			stream.ops->destroy(stream.self);
		cv_http_conn_linger(c);
		return;
	}
	c->stream = stream;
	if (stream.ops) {
		c->state = CV_CONN_STREAMING;
		c->deadline_ns = UINT64_MAX;
		cv_http_conn_receive(c); /* only to notice that the subscriber has gone */
	}
	cv_http_conn_send(c, c->reply, (size_t)len);
}
