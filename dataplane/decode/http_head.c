/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/http_head.h"

#include <string.h>

#define METHOD_MAX 16

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct cv_http_text trim(const uint8_t *data, size_t len)
{
	while (len > 0 && is_blank(data[0])) {
		data++;
		len--;
	}
	while (len > 0 && is_blank(data[len - 1]))
		len--;
	return (struct cv_http_text){data, len};
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool same(const uint8_t *text, const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (lower(text[i]) != lower((uint8_t)word[i]))
			return false;
	}
	return true;
}

/* METHOD SP TARGET SP VERSION, or VERSION SP STATUS SP REASON. */
static bool start_line(struct cv_http_head *h, const char *version, const uint8_t *line, size_t len)
{
	size_t n = strlen(version);
	const uint8_t *one = memchr(line, ' ', len), *two;

	if (one == NULL)
		return false;
	if (len > n && memcmp(line, version, n) == 0) {
		for (size_t i = 1; i <= 3; i++) {
			if (one + i >= line + len || one[i] < '0' || one[i] > '9')
				return false;
			h->status = 10 * h->status + (one[i] - (unsigned int)'0');
		}
		h->reason = trim(one + 4, (size_t)(line + len - one) - 4);
		return h->status >= 100 && h->status < 700;
	}
	for (const uint8_t *p = line; p < one; p++) {
		if ((*p < 'A' || *p > 'Z') && *p != '-')
			return false;
	}
	h->method = (struct cv_http_text){line, (size_t)(one - line)};
	two = memchr(one + 1, ' ', (size_t)(line + len - one) - 1);
	if (two == NULL || h->method.len == 0 || h->method.len > METHOD_MAX || two == one + 1)
		return false;
	h->target = (struct cv_http_text){one + 1, (size_t)(two - one) - 1};
	return (size_t)(line + len - two) - 1 >= n && memcmp(two + 1, version, n) == 0;
}

/* Could @p data be the beginning of a start line? */
static bool begins(const char *version, const uint8_t *data, size_t len)
{
	size_t n = strlen(version), i = 0;

	if (memcmp(data, version, len < n ? len : n) == 0)
		return true;
	while (i < len && i < METHOD_MAX && ((data[i] >= 'A' && data[i] <= 'Z') || data[i] == '-'))
		i++;
	return i == len || (i > 0 && data[i] == ' ');
}

enum cv_http cv_http_head(struct cv_http_head *ret, const char *version, const uint8_t *data,
			  size_t len)
{
	const uint8_t *end = data + len, *at, *line;
	size_t n;

	*ret = (struct cv_http_head){0};
	line = memchr(data, '\n', len);
	if (line == NULL)
		return begins(version, data, len) && len < CV_HTTP_HEAD_MAX ? CV_HTTP_MORE
									    : CV_HTTP_BAD;
	n = (size_t)(line - data);
	if (n > 0 && data[n - 1] == '\r')
		n--;
	if (!start_line(ret, version, data, n))
		return CV_HTTP_BAD;
	ret->fields.data = line + 1;
	for (at = line + 1; at < end; at = line + 1) {
		line = memchr(at, '\n', (size_t)(end - at));
		if (line == NULL)
			break;
		if (line == at || (line == at + 1 && *at == '\r')) {
			ret->fields.len = (size_t)(at - ret->fields.data);
			ret->len = (size_t)(line + 1 - data);
			return ret->len <= CV_HTTP_HEAD_MAX ? CV_HTTP_OK : CV_HTTP_BAD;
		}
	}
	return len < CV_HTTP_HEAD_MAX ? CV_HTTP_MORE : CV_HTTP_BAD;
}

bool cv_http_field(const struct cv_http_head *h, const char *name, char brief,
		   struct cv_http_text *ret)
{
	const uint8_t *at = h->fields.data, *end = at + h->fields.len;
	size_t n = strlen(name);

	while (at < end) {
		const uint8_t *line = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *stop = line ? line : end;
		const uint8_t *colon = memchr(at, ':', (size_t)(stop - at));

		if (colon != NULL) {
			struct cv_http_text key = trim(at, (size_t)(colon - at));

			if ((key.len == n && same(key.data, name, n)) ||
			    (brief != 0 && key.len == 1 && lower(key.data[0]) == (uint8_t)brief)) {
				*ret = trim(colon + 1, (size_t)(stop - colon) - 1);
				return true;
			}
		}
		at = stop + 1;
	}
	return false;
}

int cv_http_length(const struct cv_http_head *h, char brief, size_t *ret)
{
	struct cv_http_text text;
	size_t value = 0;

	if (!cv_http_field(h, "content-length", brief, &text))
		return 0;
	if (text.len == 0 || text.len > 9)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		value = 10 * value + (text.data[i] - (size_t)'0');
	}
	*ret = value;
	return 1;
}

bool cv_http_has(struct cv_http_text text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.len; i++) {
		if (same(text.data + i, word, n))
			return true;
	}
	return false;
}

const uint8_t *cv_text_find(struct cv_http_text text, const char *word)
{
	size_t n = strlen(word);
	const uint8_t *at = text.data, *end = at + text.len;

	while ((size_t)(end - at) >= n && (at = memchr(at, word[0], (size_t)(end - at))) != NULL) {
		if ((size_t)(end - at) >= n && memcmp(at, word, n) == 0)
			return at;
		at++;
	}
	return NULL;
}

/* Local name of the tag at @p at, behind its '<'. */
static struct cv_http_text local_name(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = at;

	while (at < end && !is_blank(*at) && *at != '>' && *at != '/') {
		if (*at++ == ':')
			start = at;
	}
	return (struct cv_http_text){start, (size_t)(at - start)};
}

bool cv_xml_text(struct cv_http_text xml, const char *name, struct cv_http_text *ret,
		 struct cv_http_text *rest)
{
	const uint8_t *at = xml.data, *end = at + xml.len;
	size_t n = strlen(name);

	while (at < end && (at = memchr(at, '<', (size_t)(end - at))) != NULL) {
		struct cv_http_text local = local_name(++at, end);
		const uint8_t *close = memchr(at, '>', (size_t)(end - at)), *next;

		if (close == NULL)
			return false;
		if (local.len != n || memcmp(local.data, name, n) != 0) {
			at = close + 1;
			continue;
		}
		*rest = (struct cv_http_text){close + 1, (size_t)(end - close) - 1};
		next = memchr(close, '<', (size_t)(end - close));
		*ret = close[-1] == '/' || next == NULL
			       ? (struct cv_http_text){close, 0}
			       : trim(close + 1, (size_t)(next - close) - 1);
		return true;
	}
	return false;
}
