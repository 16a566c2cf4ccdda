/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Debian 12 has http-parser, Debian 13 its successor llhttp; meson defines CV_LLHTTP. */
#if CV_LLHTTP
#include <llhttp.h>
typedef llhttp_t parser_type;
typedef llhttp_settings_t settings_type;
#else
#include <http_parser.h>
typedef http_parser parser_type;
typedef http_parser_settings settings_type;
#endif
_Static_assert(sizeof(parser_type) <= sizeof(((struct cv_http_request *)0)->parser),
	       "room for the parser");

static struct cv_http_request *request_of(parser_type *p)
{
	return p->data;
}

static int refuse(struct cv_http_request *r, int status)
{
	if (r->status == 0)
		r->status = status;
	return -1;
}

static int on_url(parser_type *p, const char *at, size_t len)
{
	struct cv_http_request *r = request_of(p);

	if (len > CV_HTTP_TARGET_MAX - r->target_len)
		return refuse(r, 414);
	memcpy(r->target + r->target_len, at, len);
	r->target_len += len;
	r->target[r->target_len] = '\0';
	return 0;
}

static int on_header_field(parser_type *p, const char *at, size_t len)
{
	struct cv_http_request *r = request_of(p);

	if (r->head_done) /* trailers of a chunked body (RFC 9112 7.1.2): nobody needs them here */
		return refuse(r, 400);
	if (r->in_value) {
		r->in_value = false;
		r->name_len = 0;
	}
	for (size_t i = 0; i < len; i++) {
		char c = at[i];

		if (c == ' ' || c == '\t') /* RFC 9112 5.1; http-parser lets it pass */
			return refuse(r, 400);
		if (r->name_len < sizeof(r->name))
			r->name[r->name_len] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		r->name_len++;
	}
	return 0;
}

static bool is_named(const struct cv_http_request *r, const char *name)
{
	return r->name_len == strlen(name) && memcmp(r->name, name, r->name_len) == 0;
}

static int append(struct cv_http_request *r, const char *at, size_t len)
{
	struct cv_http_header *h = r->into;

	if (len >= sizeof(h->text) - h->len)
		return refuse(r, 431);
	memcpy(h->text + h->len, at, len);
	h->len += len;
	h->text[h->len] = '\0';
	return 0;
}

static int on_header_value(parser_type *p, const char *at, size_t len)
{
	struct cv_http_request *r = request_of(p);

	if (!r->in_value) {
		r->in_value = true;
		r->into = is_named(r, "host")		 ? &r->host
			  : is_named(r, "accept")	 ? &r->accept
			  : is_named(r, "last-event-id") ? &r->last_event_id
			  : is_named(r, "if-match")	 ? &r->if_match
			  : is_named(r, "expect")	 ? &r->expect
			  : is_named(r, "authorization") ? &r->authorization
							 : NULL;
		if (r->into && r->into->count++ > 0) {
			if (r->into != &r->accept) /* RFC 9112 3.2: two hosts are an attack */
				return refuse(r, 400);
			if (append(r, ",", 1) < 0)
				return -1;
		}
	}
	return r->into ? append(r, at, len) : 0;
}

static enum cv_http_method method_of(const parser_type *p)
{
	switch (p->method) {
	case HTTP_GET:
		return CV_HTTP_GET;
	case HTTP_HEAD:
		return CV_HTTP_HEAD;
	case HTTP_POST:
		return CV_HTTP_POST;
	case HTTP_PUT:
		return CV_HTTP_PUT;
	case HTTP_DELETE:
		return CV_HTTP_DELETE;
	default:
		return CV_HTTP_OTHER;
	}
}

static int on_headers_complete(parser_type *p)
{
	struct cv_http_request *r = request_of(p);
	bool sized = !(p->flags & F_CHUNKED) && p->content_length != UINT64_MAX;
	bool changing;

	if (p->http_major != 1)
		return refuse(r, 505);
	r->method = method_of(p);
	changing = r->method != CV_HTTP_GET && r->method != CV_HTTP_HEAD;
	if (r->method == CV_HTTP_OTHER || (changing && !r->body_room))
		return refuse(r, 405);
	if (!changing && ((p->flags & F_CHUNKED) || (sized && p->content_length != 0)))
		return refuse(r, 413);
	if (sized && p->content_length > r->body_max)
		return refuse(r, 413);
	/* Who is known has no need of chunks for so little, and they can be read in many ways. */
	if ((p->flags & F_CHUNKED) && r->body_max == CV_HTTP_BODY_SMALL)
		return refuse(r, 411);
	r->minor = p->http_minor;
	r->expects_continue = r->minor >= 1 && strcasecmp(r->expect.text, "100-continue") == 0;
	r->head_done = true;
	return 0;
}

/* Room for @p len more bytes and a zero, doubling; all requests together have a bound. */
static int make_room(struct cv_http_request *r, size_t len)
{
	size_t size = r->body_size ? r->body_size : 4096;
	char *grown;

	while (size < r->body_len + len + 1)
		size *= 2;
	if (size == r->body_size)
		return 0;
	if (size - r->body_size > *r->body_room)
		return refuse(r, 503);
	grown = realloc(r->body, size);
	if (!grown)
		return refuse(r, 503);
	*r->body_room -= size - r->body_size;
	r->body = grown;
	r->body_size = size;
	return 0;
}

static int on_body(parser_type *p, const char *at, size_t len)
{
	struct cv_http_request *r = request_of(p);

	if (len > r->body_max - r->body_len)
		return refuse(r, 413);
	if (make_room(r, len) < 0)
		return -1;
	memcpy(r->body + r->body_len, at, len);
	r->body_len += len;
	r->body[r->body_len] = '\0';
	return 0;
}

static int on_message_complete(parser_type *p)
{
	struct cv_http_request *r = request_of(p);

	r->complete = true;
#if CV_LLHTTP
	r->keep_alive = llhttp_should_keep_alive(p) && !p->upgrade;
	return HPE_PAUSED;
#else
	r->keep_alive = http_should_keep_alive(p) && !p->upgrade;
	http_parser_pause(p, 1);
	return 0;
#endif
}

static void set_callbacks(settings_type *s)
{
	s->on_url = on_url;
	s->on_header_field = on_header_field;
	s->on_header_value = on_header_value;
	s->on_headers_complete = on_headers_complete;
	s->on_body = on_body;
	s->on_message_complete = on_message_complete;
}

/* @return bytes taken; *ret_bad when the parser gave up. */
static size_t execute(parser_type *p, const char *data, size_t len, bool *ret_bad)
{
#if CV_LLHTTP
	llhttp_errno_t res = llhttp_execute(p, data, len);

	*ret_bad = res != HPE_OK && res != HPE_PAUSED && res != HPE_PAUSED_UPGRADE;
	return res == HPE_OK ? len : (size_t)(llhttp_get_error_pos(p) - data);
#else
	settings_type settings;
	size_t used;

	http_parser_settings_init(&settings);
	set_callbacks(&settings);
	used = http_parser_execute(p, &settings, data, len);
	*ret_bad = HTTP_PARSER_ERRNO(p) != HPE_OK && HTTP_PARSER_ERRNO(p) != HPE_PAUSED;
	return used;
#endif
}

void cv_http_request_release(struct cv_http_request *r)
{
	if (r->body_room)
		*r->body_room += r->body_size;
	free(r->body);
	r->body = NULL;
	r->body_len = r->body_size = 0;
}

void cv_http_request_init(struct cv_http_request *r, size_t *body_room, size_t body_max)
{
	parser_type *p = (parser_type *)(void *)r->parser;

	memset(r, 0, sizeof(*r));
	r->body_room = body_room;
	r->body_max = body_max;
#if CV_LLHTTP
	static settings_type settings; /* the parser keeps a pointer to it */

	llhttp_settings_init(&settings);
	set_callbacks(&settings);
	llhttp_init(p, HTTP_REQUEST, &settings);
#else
	http_parser_init(p, HTTP_REQUEST);
#endif
	p->data = r;
}

/*
 * What the parsers let pass and others read otherwise: a line that goes on in the next one (RFC 9112
 * 5.2), and one that ends without a carriage return (2.2). Looks at the head only.
 */
static bool is_ambiguous(struct cv_http_request *r, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !r->head_seen; i++) {
		if (r->line_len == 0 && r->lines > 0 && (data[i] == ' ' || data[i] == '\t'))
			return true;
		if (data[i] == '\n' && !r->at_return)
			return true;
		r->at_return = data[i] == '\r';
		if (data[i] == '\n') {
			r->head_seen = r->line_len == 0 && r->lines > 0;
			r->lines += r->line_len > 0;
			r->line_len = 0;
		} else if (data[i] != '\r') {
			r->line_len++;
		}
	}
	return false;
}

int cv_http_request_feed(struct cv_http_request *r, const char *data, size_t len, size_t *ret_used)
{
	size_t room = r->head_done ? len : CV_HTTP_HEAD_MAX - r->head_len;
	bool bad;

	*ret_used = 0;
	if (r->status != 0)
		return r->status;
	if (is_ambiguous(r, data, len < room ? len : room)) {
		r->status = 400;
		return 400;
	}
	*ret_used = execute((parser_type *)(void *)r->parser, data, len < room ? len : room, &bad);
	r->head_len += *ret_used;
	if (bad || r->status != 0)
		r->status = r->status ? r->status : 400;
	else if (!r->head_done && r->head_len == CV_HTTP_HEAD_MAX)
		r->status = 431;
	return r->status ? r->status : r->complete;
}
