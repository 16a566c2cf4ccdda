/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/http_stream.h"

#include <string.h>

#define VERSION "HTTP/1."
#define CHUNK_LINE_MAX 64
/* A body without a length ends with the connection: longer than any is. */
#define TO_THE_END 0x0fffffffu

enum place { AT_HEAD, AT_CHUNK, AT_TRAILER };

static size_t at_hand(size_t total, size_t len)
{
	size_t window = total < CV_STREAM_WINDOW ? total : CV_STREAM_WINDOW;

	return len < window ? len : window;
}

/* Body length; @return false malformed. */
static bool body_length(const struct cv_http_head *h, size_t *ret, bool *chunked)
{
	struct cv_http_text text;
	int has = cv_http_length(h, 0, ret);

	*chunked = cv_http_field(h, "transfer-encoding", 0, &text) && cv_http_has(text, "chunked");
	if (has < 0)
		return false;
	if (has == 0)
		*ret = h->status == 0 || h->status < 200 || h->status == 204 || h->status == 304
			       ? 0
			       : TO_THE_END;
	if (*chunked)
		*ret = 0;
	return true;
}

static int64_t head(struct cv_decode *d, const uint8_t *data, size_t len, cv_http_tell tell)
{
	struct cv_http_stream *s = d->flow;
	struct cv_http_head h;
	size_t body, total;
	bool chunked;

	switch (cv_http_head(&h, VERSION, data, len)) {
	case CV_HTTP_BAD:
		return CV_REJECTED(h.fields.data ? CV_REJECT_TOO_LARGE : CV_REJECT_BAD_HEADER);
	case CV_HTTP_MORE:
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	case CV_HTTP_OK:
		break;
	}
	if (!body_length(&h, &body, &chunked))
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	total = h.len + body;
	if (body != TO_THE_END && len < at_hand(total, SIZE_MAX) && !d->window_full)
		return cv_decode_want(d, at_hand(total, SIZE_MAX), CV_REJECT_TRUNCATED);
	if (body ==
	    TO_THE_END) /* how much of it is at hand depends on segments: none is looked at */
		len = h.len;
	if (chunked)
		s->at[d->from_client] = AT_CHUNK;
	tell(d, &h, (struct cv_http_text){data + h.len, at_hand(total, len) - h.len}, total);
	return (int64_t)total;
}

/* Size in hexadecimal, perhaps an extension, the data, an end of line (7.1). */
static int64_t chunk(struct cv_decode *d, const uint8_t *data, size_t len, cv_http_tell tell)
{
	const uint8_t *end = memchr(data, '\n', len < CHUNK_LINE_MAX ? len : CHUNK_LINE_MAX);
	struct cv_http_stream *s = d->flow;
	size_t size = 0, digits = 0, line, total;

	if (end == NULL && len < CHUNK_LINE_MAX)
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	for (; digits < 7 && digits < len; digits++) {
		uint8_t c = data[digits] | 0x20;

		if (data[digits] >= '0' && data[digits] <= '9')
			size = size << 4 | (data[digits] - (size_t)'0');
		else if (c >= 'a' && c <= 'f')
			size = size << 4 | (c - (size_t)'a' + 10);
		else
			break;
	}
	if (end == NULL || digits == 0 || digits == 7) {
		s->at[d->from_client] = AT_HEAD;
		return CV_REJECTED(CV_REJECT_BAD_LENGTH);
	}
	line = (size_t)(end + 1 - data);
	if (size == 0) {
		s->at[d->from_client] = AT_TRAILER;
		return (int64_t)line;
	}
	total = line + size + 2;
	if (len < at_hand(total, SIZE_MAX) && !d->window_full)
		return cv_decode_want(d, at_hand(total, SIZE_MAX), CV_REJECT_TRUNCATED);
	len = at_hand(total, len);
	tell(d, NULL, (struct cv_http_text){data + line, len - line < size ? len - line : size},
	     total);
	return (int64_t)total;
}

/* Fields behind the last chunk, up to an empty line. */
static int64_t trailer(struct cv_decode *d, const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	struct cv_http_stream *s = d->flow;

	if (end == NULL)
		return cv_decode_want(d, 0, CV_REJECT_TRUNCATED);
	if (end == data || (end == data + 1 && data[0] == '\r'))
		s->at[d->from_client] = AT_HEAD;
	return end + 1 - data;
}

int64_t cv_http_decode(struct cv_decode *d, const uint8_t *data, size_t len, cv_http_tell tell)
{
	const struct cv_http_stream *s = d->flow;

	switch (s->at[d->from_client]) {
	case AT_CHUNK:
		return chunk(d, data, len, tell);
	case AT_TRAILER:
		return trailer(d, data, len);
	default:
		return head(d, data, len, tell);
	}
}

size_t cv_http_resync(const uint8_t *data, size_t len)
{
	static const char *const starts[] = {"HTTP/1.", "POST /", "GET /"};

	for (size_t at = 1; at + 8 <= len; at++) {
		if (data[at - 1] != '\n') /* else the version behind a target would do */
			continue;
		for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
			if (memcmp(data + at, starts[i], strlen(starts[i])) == 0)
				return at;
		}
	}
	return len;
}

enum cv_probe cv_http_probe_post(const uint8_t *data, size_t len, const char *mark)
{
	struct cv_http_text all = {data, len}, text;
	struct cv_http_head h;
	enum cv_http found = cv_http_head(&h, VERSION, data, len);
	size_t body = 0;
	bool chunked;

	if (found == CV_HTTP_BAD || memcmp(data, "POST ", len < 5 ? len : 5) != 0)
		return CV_PROBE_NO;
	if (found == CV_HTTP_MORE)
		return CV_PROBE_MORE;
	if (!cv_http_field(&h, "content-type", 0, &text) || !cv_http_has(text, "xml"))
		return CV_PROBE_NO;
	if (cv_text_find(all, mark) != NULL)
		return CV_PROBE_YES;
	if (!body_length(&h, &body, &chunked) || (!chunked && len >= h.len + body) || len >= 2048)
		return CV_PROBE_NO;
	return CV_PROBE_MORE;
}
