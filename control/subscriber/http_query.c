/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_query.h"

#include <errno.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* Append text[0..len) decoded, and a zero. @return where it ends, or NULL. */
static char *decode(const char *text, size_t len, char *at)
{
	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			if (len - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
				return NULL;
			c = hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]);
			i += 2;
		}
		if (c == 0)
			return NULL;
		*at++ = (char)c;
	}
	*at++ = '\0';
	return at;
}

int cv_http_query_parse(const char *text, size_t len, struct cv_http_query *ret)
{
	const char *end = text + len;
	char *at = ret->text;

	ret->asker = NULL;
	ret->count = 0;
	/* Each pair ends in '&' or at the end and becomes two strings: at most two bytes more. */
	if (len + 2 > sizeof(ret->text))
		return -E2BIG;
	while (text < end) {
		const char *stop = memchr(text, '&', (size_t)(end - text));
		const char *equals;
		struct cv_http_param *p = &ret->param[ret->count];

		if (!stop)
			stop = end;
		if (stop == text) {
			text++;
			continue;
		}
		if (ret->count == CV_HTTP_PARAMS_MAX)
			return -E2BIG;
		equals = memchr(text, '=', (size_t)(stop - text));
		p->key = at;
		at = decode(text, (size_t)((equals ? equals : stop) - text), at);
		p->value = at ? (equals ? at : at - 1) : NULL;
		if (at && equals)
			at = decode(equals + 1, (size_t)(stop - equals - 1), at);
		if (!at)
			return -EINVAL;
		ret->count++;
		text = stop < end ? stop + 1 : end;
	}
	return 0;
}

const char *cv_http_query_get(const struct cv_http_query *q, const char *key)
{
	for (unsigned int i = 0; i < q->count; i++) {
		if (strcmp(q->param[i].key, key) == 0)
			return q->param[i].value;
	}
	return NULL;
}

const struct cv_scope *cv_http_query_scope(const struct cv_http_query *q)
{
	return q->asker ? q->asker->scope : NULL;
}

bool cv_http_query_is_for_node(const struct cv_http_query *q)
{
	return !q->asker || q->asker->node;
}

void cv_http_query_hide(const struct cv_http_query *q)
{
	if (q->asker)
		q->asker->out_of_scope = true;
}
