/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in JSON (RFC 8428 5): reads the text once, left to right, and keeps no tree. */
#include <errno.h>
#include <string.h>

#include "dataplane/decode/decimal.h"
#include "dataplane/decode/senml.h"

#define DEPTH_MAX 8 /* nesting of values that are skipped */

struct json {
	const uint8_t *at;
	const uint8_t *end;
};

static inline void space(struct json *j)
{
	while (j->at < j->end &&
	       (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t'))
		j->at++;
}

static inline bool accept(struct json *j, uint8_t c)
{
	if (j->at == j->end || *j->at != c)
		return false;
	j->at++;
	return true;
}

/* The same with white space before and behind. */
static inline bool token(struct json *j, uint8_t c)
{
	space(j);
	if (!accept(j, c))
		return false;
	space(j);
	return true;
}

static bool word(struct json *j, const char *text, size_t len)
{
	if ((size_t)(j->end - j->at) < len || memcmp(j->at, text, len) != 0)
		return false;
	j->at += len;
	return true;
}

static bool string(struct json *j, struct cv_senml_text *t)
{
	bool escaped = false;

	if (!accept(j, '"'))
		return false;
	t->data = j->at;
	for (; j->at < j->end && *j->at != '"'; j->at++) {
		if (*j->at < 0x20) /* RFC 8259 7: must be escaped */
			return false;
		if (*j->at == '\\') {
			escaped = true;
			if (++j->at == j->end)
				return false;
		}
	}
	t->len = (uint32_t)(j->at - t->data);
	t->form = escaped ? CV_SENML_ESCAPED : CV_SENML_PLAIN;
	return accept(j, '"') && cv_senml_text_valid(t);
}

static bool digits(struct json *j)
{
	const uint8_t *start = j->at;

	while (j->at < j->end && (uint8_t)(*j->at - '0') <= 9)
		j->at++;
	return j->at != start;
}

/* RFC 8259 6. */
static bool skip_number(struct json *j)
{
	const uint8_t *integer;

	accept(j, '-');
	integer = j->at;
	if (!digits(j) || (*integer == '0' && j->at != integer + 1))
		return false;
	if (accept(j, '.') && !digits(j))
		return false;
	if (j->at < j->end && (*j->at | 0x20) == 'e') {
		j->at++;
		if (!accept(j, '-'))
			accept(j, '+');
		if (!digits(j))
			return false;
	}
	return true;
}

static bool number(struct json *j, double *ret)
{
	const uint8_t *start = j->at;

	return skip_number(j) &&
	       cv_decimal_parse((const char *)start, (size_t)(j->at - start), 0, ret) == 0;
}

/* A value without parts, or the beginning of one with parts: 1, else 0; -1 malformed. */
static int skip_one(struct json *j, uint64_t *objects, int depth)
{
	struct cv_senml_text text;

	if (j->at == j->end)
		return -1;
	switch (*j->at) {
	case '"':
		return string(j, &text) ? 0 : -1;
	case 't':
		return word(j, "true", 4) ? 0 : -1;
	case 'f':
		return word(j, "false", 5) ? 0 : -1;
	case 'n':
		return word(j, "null", 4) ? 0 : -1;
	case '{':
	case '[':
		if (depth == DEPTH_MAX)
			return -1;
		*objects = *objects << 1 | (*j->at++ == '{');
		return 1;
	default:
		return skip_number(j) ? 0 : -1;
	}
}

static bool key(struct json *j)
{
	struct cv_senml_text text;

	space(j);
	return string(j, &text) && token(j, ':');
}

/* Close what ends here; false when what follows is neither an end nor another part. */
static bool close_parts(struct json *j, uint64_t *objects, int *depth)
{
	while (*depth > 0) {
		if (token(j, ',')) {
			return !(*objects & 1) || key(j);
		} else if (!token(j, *objects & 1 ? '}' : ']')) {
			return false;
		}
		*objects >>= 1;
		--*depth;
	}
	return true;
}

/* Any value, for fields that are not SenML's. Bit 0 of objects: is the innermost an object? */
static bool skip(struct json *j)
{
	uint64_t objects = 0;
	int depth = 0;

	do {
		int nested;

		space(j);
		nested = skip_one(j, &objects, depth);
		if (nested < 0)
			return false;
		if (nested) {
			depth++;
			if (token(j, objects & 1 ? '}' : ']')) {
				objects >>= 1;
				depth--;
			} else {
				if ((objects & 1) && !key(j))
					return false;
				continue;
			}
		}
		if (depth > 0 && !close_parts(j, &objects, &depth))
			return false;
	} while (depth > 0);
	return true;
}

static bool typed(struct json *j, struct cv_senml_reader *r, int field)
{
	struct cv_senml_text *text = &r->text[field];

	switch (cv_senml_types[field]) {
	case CV_SENML_TYPE_NUMBER:
		return number(j, &r->number[field]);
	case CV_SENML_TYPE_TEXT:
		return string(j, text);
	case CV_SENML_TYPE_BOOLEAN:
		if (word(j, "true", 4))
			r->number[field] = 1;
		else if (word(j, "false", 5))
			r->number[field] = 0;
		else
			return false;
		return true;
	default:
		if (!string(j, text) || text->form != CV_SENML_PLAIN)
			return false;
		text->form = CV_SENML_BASE64URL;
		return cv_senml_text_valid(text);
	}
}

static int label(const struct cv_senml_text *t)
{
	uint8_t plain[64]; /* a longer label is not SenML's, but its end matters */
	bool cut = false;
	size_t len;

	if (t->form == CV_SENML_PLAIN)
		return cv_senml_label(t->data, t->len);
	len = cv_senml_text_copy(t, plain, sizeof(plain), &cut);
	return cut ? -EBADMSG : cv_senml_label(plain, len);
}

static bool member(struct json *j, struct cv_senml_reader *r)
{
	struct cv_senml_text name;
	int field;

	if (!string(j, &name) || !token(j, ':'))
		return false;
	field = label(&name);
	if (field == -ENOENT)
		return skip(j);
	if (field < 0 || (r->seen & (uint32_t)1 << field))
		return false;
	r->seen |= (uint32_t)1 << field;
	return typed(j, r, field);
}

static int record(struct json *j, struct cv_senml_reader *r)
{
	r->seen = 0;
	if (!token(j, '{'))
		return -EBADMSG;
	if (!accept(j, '}')) {
		do {
			if (!member(j, r))
				return -EBADMSG;
		} while (token(j, ','));
		if (!accept(j, '}'))
			return -EBADMSG;
	}
	return cv_senml_record(r);
}

int cv_senml_json(struct cv_senml_pack *pack, const uint8_t *data, size_t len, bool stream)
{
	struct cv_senml_reader r;
	struct json j = {.at = data, .end = data + len};
	int err;

	pack->count = 0;
	cv_senml_begin(&r, pack);
	if (!token(&j, '['))
		return -EBADMSG;
	do {
		if (stream && j.at == j.end) /* cut behind a comma */
			break;
		err = record(&j, &r);
		if (err)
			return err;
	} while (token(&j, ','));
	if (!accept(&j, ']') && !(stream && j.at == j.end))
		return -EBADMSG;
	space(&j);
	return j.at == j.end && pack->count != 0 ? 0 : -EBADMSG;
}
