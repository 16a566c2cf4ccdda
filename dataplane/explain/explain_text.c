/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/explain/explain_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENTS_MAX 900 /* there is room for some more fields */

/* Does the text at hand begin with @p word, in any case? */
static bool begins(const struct cv_explain *x, const char *word)
{
	size_t i = 0;

	while (word[i] != '\0' && (cv_explain_peek(x, i) | 0x20) == (word[i] | 0x20))
		i++;
	return word[i] == '\0';
}

/* A secret: what proves who somebody is. */
static bool is_secret(const struct cv_explain *x)
{
	static const char *const names[] = {
		"authorization:", "proxy-authorization:", "cookie:", "set-cookie:", "x-api-key:"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (begins(x, names[i]))
			return true;
	return false;
}

static size_t number_behind(const struct cv_explain *x, size_t at, int base)
{
	char digits[12];
	size_t n = 0;

	while (cv_explain_peek(x, at) == ' ')
		at++;
	for (; n < sizeof(digits) - 1 && cv_explain_peek(x, at + n) > ' '; n++)
		digits[n] = (char)cv_explain_peek(x, at + n);
	digits[n] = '\0';
	return strtoul(digits, NULL, base);
}

struct cv_explain_head cv_explain_head(struct cv_explain *x)
{
	struct cv_explain_head h = {0};
	bool first = true;

	while (cv_explain_left(x) != 0) {
		bool secret = is_secret(x);
		size_t len;

		if (begins(x, "content-length:") || begins(x, "l:")) {
			h.stated = true;
			h.len = number_behind(x, begins(x, "l:") ? 2 : 15, 10);
		}
		h.chunked |= begins(x, "transfer-encoding: chunked");
		len = cv_explain_line(x, first ? "start line"
					 : cv_explain_peek(x, 0) == '\r' ||
							 cv_explain_peek(x, 0) == '\n'
						 ? "end of the head"
						 : "field");
		if (secret)
			cv_explain_withhold(x);
		if (len == 0)
			break;
		first = false;
	}
	return h;
}

/* Bytes up to the next element that begins, so that an element's end is a part of it. */
static size_t element_len(const struct cv_explain *x)
{
	size_t left = cv_explain_left(x), n = 1;

	while (n < left &&
	       !(cv_explain_peek(x, n) == '<' && n + 1 < left && cv_explain_peek(x, n + 1) != '/'))
		n++;
	return n;
}

static bool contains(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

/*
 * A tag, its attributes as the meaning and the text behind it as the value. *@p secret: what the next
 * value belongs to is one, as of a parameter's name and value.
 */
static void element(struct cv_explain *x, bool *secret)
{
	const char *at = (const char *)x->data + x->at;
	size_t len = element_len(x), name = 1, tag, text;
	char local[40];

	while (name < len && strchr(" \t\r\n/>", at[name]) == NULL)
		name++;
	for (tag = name; tag < len && at[tag] != '>'; tag++)
		;
	snprintf(local, sizeof(local), "%.*s", (int)(name - 1), at + 1);
	for (text = tag < len ? tag + 1 : len; text < len && at[text] != '<'; text++)
		;
	cv_explain_take(x, len, local[0] > ' ' ? local : "element");
	if (text > tag + 1)
		cv_explain_value(x, "%.*s", (int)(text - tag - 1 < 150 ? text - tag - 1 : 150),
				 at + tag + 1);
	if (tag > name + 1)
		cv_explain_meaning(x, "%.*s", (int)(tag - name - 1 < 150 ? tag - name - 1 : 150),
				   at + name + 1);
	if (contains(local, "assword") || contains(local, "Nonce") ||
	    (*secret && contains(local, "Value")))
		cv_explain_withhold(x);
	if (contains(local, "Name") && !x->failed && x->count > 0) {
		const char *value = x->field[x->count - 1].value;

		*secret = contains(value, "assword") || contains(value, "assphrase") ||
			  contains(value, "Key");
	}
}

/* Text between elements that says nothing. */
static bool is_blank(const struct cv_explain *x, size_t n)
{
	return n < cv_explain_left(x) && cv_explain_peek(x, n) <= ' ';
}

void cv_explain_body(struct cv_explain *x, size_t len)
{
	size_t whole = cv_explain_narrow(x, len), lead = 0;
	bool secret = false;

	while (is_blank(x, lead))
		lead++;
	if (cv_explain_peek(x, lead) == '<') {
		if (lead != 0)
			cv_explain_take(x, lead, "blanks");
		for (unsigned int i = 0; i < ELEMENTS_MAX && cv_explain_left(x) != 0; i++)
			element(x, &secret);
	}
	while (cv_explain_left(x) != 0 && x->count < ELEMENTS_MAX)
		cv_explain_line(x, "body");
	cv_explain_widen(x, whole, "more of the body");
}

/* RFC 9112 7.1 */
static void chunks(struct cv_explain *x)
{
	size_t len = 1;

	while (len != 0 && cv_explain_left(x) != 0) {
		len = number_behind(x, 0, 16);
		cv_explain_line(x, "length of the chunk");
		if (len > cv_explain_left(x)) {
			cv_explain_take(x, len, "chunk");
			return;
		}
		cv_explain_body(x, len);
		cv_explain_line(x, len ? "end of the chunk" : "end of the chunks");
	}
}

void cv_explain_http(struct cv_explain *x)
{
	struct cv_explain_head h = cv_explain_head(x);
	size_t left = cv_explain_left(x);

	if (h.chunked) {
		chunks(x);
	} else if (h.stated) {
		cv_explain_body(x, h.len);
		if (left < h.len)
			cv_explain_take(x, h.len - left, "more of the body");
	}
}
