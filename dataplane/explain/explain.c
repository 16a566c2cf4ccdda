/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/explain/explain.h"

#include "decoder_list.h"

typedef void layout(struct cv_explain *x);

#define EXPLAIN(id, name) layout cv_explain_##name;
#include "dataplane/explain/explain_list.h"
#undef EXPLAIN

static layout *layout_of(unsigned int proto)
{
	switch (proto) {
#define EXPLAIN(id, name)                                                                          \
	case CV_PROTO_##id:                                                                        \
		return cv_explain_##name;
#include "dataplane/explain/explain_list.h"
#undef EXPLAIN
	default:
		return NULL;
	}
}

bool cv_explain_knows(unsigned int proto)
{
	return layout_of(proto) != NULL;
}

void cv_explain_message(struct cv_explain *x, unsigned int proto, const struct cv_generation *gen,
			const uint8_t *data, size_t len, bool stream)
{
	layout *explain = layout_of(proto);

	memset(x, 0, offsetof(struct cv_explain, field));
	x->gen = gen;
	x->data = data;
	x->len = len;
	x->stream = stream;
	while (explain != NULL && x->at < len && !x->failed) {
		size_t before = x->at;

		explain(x);
		while (x->depth > 0)
			cv_explain_end(x);
		if (x->at == before)
			break;
	}
	x->failed = false;
	if (x->at == len)
		return;
	if (x->count == CV_EXPLAIN_FIELDS_MAX) /* the last field gives way to the rest */
		x->at = x->field[--x->count].at;
	cv_explain_take(x, len - x->at, x->at != 0 ? "rest" : "message");
}

/* Texts may have bytes of the message in them; what is shown is ASCII. */
static void clean(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			*text = '?';
}

static struct cv_explain_field *add(struct cv_explain *x, size_t len, const char *name)
{
	struct cv_explain_field *f;

	if (x->count == CV_EXPLAIN_FIELDS_MAX)
		return NULL;
	f = &x->field[x->count++];
	memset(f, 0, sizeof(*f));
	f->at = (uint32_t)x->at;
	f->len = (uint32_t)len;
	f->depth = (uint8_t)x->depth;
	snprintf(f->name, sizeof(f->name), "%s", name[0] ? name : "item");
	clean(f->name);
	return f;
}

const uint8_t *cv_explain_take(struct cv_explain *x, size_t len, const char *name)
{
	size_t left = cv_explain_left(x);
	const uint8_t *at = x->data + x->at;
	struct cv_explain_field *f;

	if (x->failed || len == 0)
		return x->failed ? NULL : at;
	if (left < len) {
		f = left ? add(x, left, name) : NULL;
		if (f != NULL) {
			f->cut = true;
			snprintf(f->meaning, sizeof(f->meaning), "ends early: %zu of %zu bytes",
				 left, len);
			x->at = x->len;
		}
		if (left == 0)
			snprintf(x->missing, sizeof(x->missing), "%s", name);
		x->failed = true;
		return NULL;
	}
	f = add(x, len, name);
	if (f == NULL) {
		x->failed = true;
		return NULL;
	}
	x->at += len;
	return at;
}

uint8_t cv_explain_peek(const struct cv_explain *x, size_t ahead)
{
	return cv_explain_left(x) > ahead ? x->data[x->at + ahead] : 0;
}

static void say(struct cv_explain *x, size_t member, size_t size, const char *fmt, va_list ap)
{
	char *text;

	if (x->failed || x->count == 0)
		return;
	text = (char *)&x->field[x->count - 1] + member;
	vsnprintf(text, size, fmt, ap);
	clean(text);
}

void cv_explain_value(struct cv_explain *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(x, offsetof(struct cv_explain_field, value), sizeof(x->field[0].value), fmt, ap);
	va_end(ap);
}

void cv_explain_meaning(struct cv_explain *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(x, offsetof(struct cv_explain_field, meaning), sizeof(x->field[0].meaning), fmt, ap);
	va_end(ap);
}

void cv_explain_withhold(struct cv_explain *x)
{
	cv_explain_value(x, "withheld");
	if (!x->failed && x->count > 0)
		x->field[x->count - 1].secret = true;
}

void cv_explain_begin(struct cv_explain *x, const char *name)
{
	struct cv_explain_field *f = x->failed ? NULL : add(x, 0, name);

	if (f == NULL || x->depth == CV_EXPLAIN_DEPTH_MAX) {
		x->failed = true;
		return;
	}
	f->group = true;
	x->open[x->depth++] = x->count - 1;
}

void cv_explain_end(struct cv_explain *x)
{
	struct cv_explain_field *f;

	if (x->depth == 0)
		return;
	f = &x->field[x->open[--x->depth]];
	f->len = (uint32_t)(x->at - f->at);
}

static uint32_t number(struct cv_explain *x, size_t len, bool little, const char *name)
{
	const uint8_t *at = cv_explain_take(x, len, name);
	uint32_t n = 0;

	if (at == NULL)
		return 0;
	for (size_t i = 0; i < len; i++)
		n = n << 8 | at[little ? len - 1 - i : i];
	cv_explain_value(x, "%u", n);
	return n;
}

uint32_t cv_explain_u8(struct cv_explain *x, const char *name)
{
	return number(x, 1, false, name);
}

uint32_t cv_explain_be16(struct cv_explain *x, const char *name)
{
	return number(x, 2, false, name);
}

uint32_t cv_explain_be32(struct cv_explain *x, const char *name)
{
	return number(x, 4, false, name);
}

uint32_t cv_explain_le16(struct cv_explain *x, const char *name)
{
	return number(x, 2, true, name);
}

uint32_t cv_explain_le32(struct cv_explain *x, const char *name)
{
	return number(x, 4, true, name);
}

void cv_explain_bcd(struct cv_explain *x, size_t len, bool little, const char *name)
{
	const uint8_t *at = cv_explain_take(x, len, name);
	char digits[64];

	if (at == NULL || len == 0 || 2 * len >= sizeof(digits))
		return;
	for (size_t i = 0; i < len; i++)
		snprintf(digits + 2 * i, 3, "%02x", at[little ? len - 1 - i : i]);
	cv_explain_value(x, "%s", digits);
}

void cv_explain_text(struct cv_explain *x, size_t len, const char *name)
{
	const uint8_t *at = cv_explain_take(x, len, name);
	char text[sizeof(x->field[0].value) - 4];
	size_t n = 0;

	if (at == NULL || len == 0)
		return;
	while (n < len && n + 1 < sizeof(text)) {
		text[n] = (char)(at[n] >= 0x20 && at[n] < 0x7f ? at[n] : '.');
		n++;
	}
	text[n] = '\0';
	cv_explain_value(x, "%s%s", text, n < len ? "..." : "");
}

static bool stands_at(const struct cv_explain *x, size_t ahead, const char *mark, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (cv_explain_peek(x, ahead + i) != (uint8_t)mark[i])
			return false;
	}
	return true;
}

bool cv_explain_before(struct cv_explain *x, const char *mark, size_t len)
{
	size_t before = 0, left = cv_explain_left(x);

	while (before + len <= left && !stands_at(x, before, mark, len))
		before++;
	if (before + len > left)
		return false;
	cv_explain_text(x, before, "before the frame");
	return true;
}

size_t cv_explain_line(struct cv_explain *x, const char *name)
{
	size_t left = cv_explain_left(x), len = 0, end;

	while (len < left && cv_explain_peek(x, len) != '\n')
		len++;
	end = len < left ? 1 : 0;
	if (end != 0 && len != 0 && cv_explain_peek(x, len - 1) == '\r')
		end++;
	len = len + (end != 0) - end;
	if (len + end == 0)
		return 0;
	cv_explain_text(x, len + end, name);
	if (!x->failed && x->count > 0 && len + end < sizeof(x->field[0].value) - 4)
		x->field[x->count - 1].value[len] = '\0'; /* not the end of the line */
	return len;
}

size_t cv_explain_narrow(struct cv_explain *x, size_t len)
{
	size_t whole = x->len;

	if (len < cv_explain_left(x))
		x->len = x->at + len;
	return whole;
}

void cv_explain_widen(struct cv_explain *x, size_t whole, const char *name)
{
	if (cv_explain_left(x) != 0)
		cv_explain_take(x, cv_explain_left(x), name);
	x->len = whole;
}

void cv_explain_check(struct cv_explain *x, size_t len, bool little, uint32_t wanted,
		      const char *name)
{
	bool there = cv_explain_left(x) >= len;
	uint32_t n = number(x, len, little, name);

	if (!there)
		return;
	cv_explain_value(x, "0x%0*x", (int)(2 * len), n);
	if (n == wanted)
		cv_explain_meaning(x, "right");
	else
		cv_explain_meaning(x, "wrong: the bytes before it want 0x%0*x", (int)(2 * len),
				   wanted);
}
