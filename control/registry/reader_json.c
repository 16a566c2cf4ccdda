/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device as one JSON object on a line (RFC 8259): members named as the columns, texts as strings,
 * numbers as numbers, tags also as an array of strings; null clears a field. Own code: every fault
 * is told with its column, and nothing is allocated for 3 million of them.
 */
#include <errno.h>
#include <string.h>

#include "control/registry/reader.h"

struct scan {
	struct cv_registry_reader *r;
	unsigned int at; /* in r->text */
	unsigned int column;
	char value[CV_REGISTRY_TEXT_MAX * 2]; /* decoded */
	unsigned int len;
	bool too_long; /* the value did not fit */
	unsigned int value_column;
};

static int refuse(const struct scan *s, unsigned int column, const char *hint, const char *text)
{
	return cv_registry_reader_tell(s->r, s->r->row_line, column, hint, "%s", text);
}

static char peek(const struct scan *s)
{
	return s->at < s->r->used ? s->r->text[s->at] : '\0';
}

static void step(struct scan *s)
{
	s->at++;
	/* Columns are characters. */
	if (((unsigned char)peek(s) & 0xc0) != 0x80)
		s->column++;
}

static void blanks(struct scan *s)
{
	while (peek(s) == ' ' || peek(s) == '\t')
		step(s);
}

static int expect(struct scan *s, char c)
{
	char text[] = "no ' ' here";

	blanks(s);
	if (peek(s) == c) {
		step(s);
		return 0;
	}
	text[4] = c;
	return refuse(s, s->column, "one JSON object per line: {\"id\":\"urn:...\", ...}", text);
}

static void put(struct scan *s, const char *data, unsigned int len)
{
	if (s->len + len > sizeof(s->value)) {
		s->too_long = true;
		return;
	}
	memcpy(s->value + s->len, data, len);
	s->len += len;
}

/* ---- strings -------------------------------------------------------------------------------- */

/* @return the four hexadecimal digits at the cursor, -1 = they are none. */
static int hex4(struct scan *s)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = peek(s);
		int digit = c >= '0' && c <= '9'		     ? c - '0'
			    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
								     : -1;

		if (digit < 0)
			return -1;
		v = v * 16 + digit;
		step(s);
	}
	return v;
}

static void put_character(struct scan *s, unsigned int v)
{
	char text[4];

	if (v < 0x80) {
		text[0] = (char)v;
		put(s, text, 1);
	} else if (v < 0x800) {
		text[0] = (char)(0xc0 | v >> 6);
		text[1] = (char)(0x80 | (v & 0x3f));
		put(s, text, 2);
	} else if (v < 0x10000) {
		text[0] = (char)(0xe0 | v >> 12);
		text[1] = (char)(0x80 | (v >> 6 & 0x3f));
		text[2] = (char)(0x80 | (v & 0x3f));
		put(s, text, 3);
	} else {
		text[0] = (char)(0xf0 | v >> 18);
		text[1] = (char)(0x80 | (v >> 12 & 0x3f));
		text[2] = (char)(0x80 | (v >> 6 & 0x3f));
		text[3] = (char)(0x80 | (v & 0x3f));
		put(s, text, 4);
	}
}

/* Behind "\u"; two of them for what is beyond U+FFFF. */
static int unicode(struct scan *s)
{
	int low, high = hex4(s);

	if (high < 0 || (high >= 0xdc00 && high < 0xe000))
		return -EINVAL;
	if (high < 0xd800 || high >= 0xe000) {
		put_character(s, (unsigned int)high);
		return 0;
	}
	if (peek(s) != '\\')
		return -EINVAL;
	step(s);
	if (peek(s) != 'u')
		return -EINVAL;
	step(s);
	low = hex4(s);
	if (low < 0xdc00 || low >= 0xe000)
		return -EINVAL;
	put_character(s, 0x10000u + (unsigned int)((high - 0xd800) << 10 | (low - 0xdc00)));
	return 0;
}

static int escape(struct scan *s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	unsigned int column = s->column;
	const char *found;
	char c;

	step(s);
	c = peek(s);
	found = c ? strchr(from, c) : NULL;
	if (found) {
		put(s, &to[found - from], 1);
		step(s);
		return 0;
	}
	if (c == 'u') {
		step(s);
		if (unicode(s) == 0)
			return 0;
	}
	return refuse(s, column, "see RFC 8259 section 7", "a wrong escape in a string");
}

/* The string at the cursor, appended to value. */
static int string(struct scan *s)
{
	unsigned int begin = s->column;

	if (expect(s, '"') < 0)
		return -EINVAL;
	while (s->at < s->r->used && peek(s) != '"') {
		char c = peek(s);

		if (c == '\\') {
			if (escape(s) < 0)
				return -EINVAL;
			continue;
		}
		put(s, &c, 1);
		step(s);
	}
	if (s->at == s->r->used)
		return refuse(s, begin, NULL, "the string does not end");
	step(s);
	return 0;
}

/* ---- values --------------------------------------------------------------------------------- */

static int array_of_tags(struct scan *s)
{
	unsigned int begin, column;
	bool first = true;

	step(s);
	blanks(s);
	while (peek(s) != ']') {
		if (!first && expect(s, ',') < 0)
			return -EINVAL;
		if (!first)
			put(s, ",", 1);
		blanks(s);
		begin = s->len;
		column = s->column;
		if (string(s) < 0)
			return -EINVAL;
		if (memchr(s->value + begin, ',', s->len - begin))
			return refuse(s, column, "give each its own string", "a tag with a comma");
		first = false;
		blanks(s);
	}
	step(s);
	return 0;
}

static int bare(struct scan *s, bool is_number)
{
	unsigned int begin = s->column;

	while (peek(s) && !strchr(" \t,}]", peek(s))) {
		char c = peek(s);

		put(s, &c, 1);
		step(s);
	}
	if (s->len == 4 && memcmp(s->value, "null", 4) == 0) {
		s->len = 0;
		return 0;
	}
	if (is_number && s->len > 0)
		return 0;
	return refuse(s, begin, is_number ? NULL : "put it in quotes",
		      is_number ? "no number here" : "no string here");
}

static int value(struct scan *s, unsigned int field)
{
	bool is_number = cv_registry_fields[field].is_number;

	blanks(s);
	s->len = 0;
	s->too_long = false;
	s->value_column = s->column;
	if (!is_number && peek(s) == '"')
		return string(s);
	if (field == CV_REGISTRY_FIELD_TAGS && peek(s) == '[')
		return array_of_tags(s);
	return bare(s, is_number);
}

static int take(struct scan *s, struct cv_registry_device *d, unsigned int field)
{
	const char *why = "a shorter text: this one is too long";

	if (!s->too_long && cv_registry_field_set(d, field, s->value, s->len, &why) == 0)
		return 0;
	return cv_registry_reader_tell(s->r, s->r->row_line, s->value_column, why,
				       "%s is wrong: \"%.*s\"", cv_registry_fields[field].name,
				       s->len < 60 ? (int)s->len : 60, s->value);
}

static int member_name(struct scan *s, const struct cv_registry_device *d, unsigned int *ret)
{
	unsigned int column;
	const char *near;
	char name[64], hint[64];
	int field;

	blanks(s);
	column = s->column;
	s->len = 0;
	s->too_long = false;
	if (string(s) < 0)
		return -EINVAL;
	snprintf(name, sizeof(name), "%.*s", (int)s->len, s->value);
	field = s->too_long ? -ENOENT : cv_registry_field_find(s->value, s->len);
	if (field < 0) {
		near = cv_registry_field_nearest(name);
		snprintf(hint, sizeof(hint), "did you mean \"%s\"?", near ? near : "");
		return cv_registry_reader_tell(s->r, s->r->row_line, column,
					       near ? hint
						    : "culvert help registry import lists "
						      "the members",
					       "no member \"%s\"", name);
	}
	if (d->given & 1u << field)
		return cv_registry_reader_tell(s->r, s->r->row_line, column, NULL,
					       "the member %s comes twice", name);
	*ret = (unsigned int)field;
	return expect(s, ':');
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* @return 1; 0: there are no more; -EINVAL. */
static int read_line(struct cv_registry_reader *r)
{
	int c;

	do { /* an empty line is no row */
		r->row_line = r->line;
		c = cv_registry_reader_byte(r);
	} while (c == '\n');
	if (c < 0)
		return 0;
	for (r->used = 0; c >= 0 && c != '\n'; c = cv_registry_reader_byte(r)) {
		unsigned int column = r->column > 1 ? r->column - 1 : 1;

		if (c != 0 && r->used < CV_REGISTRY_ROW_MAX) {
			r->text[r->used++] = (char)c;
			continue;
		}
		cv_registry_reader_pass(r);
		if (c == 0)
			return cv_registry_reader_tell(r, r->row_line, column,
						       "a text file in UTF-8",
						       "a zero byte, or a damaged byte order mark");
		return cv_registry_reader_tell(r, r->row_line, 1, "one object per line",
					       "the line is longer than %d bytes",
					       CV_REGISTRY_ROW_MAX);
	}
	r->text[r->used] = '\0';
	return 1;
}

int cv_registry_json_row(struct cv_registry_reader *r, struct cv_registry_device *d)
{
	struct scan s = {.r = r, .column = 1};
	unsigned int field = 0;
	int res = read_line(r), good = 1;

	if (res <= 0)
		return res;
	if (expect(&s, '{') < 0)
		return -EINVAL;
	blanks(&s);
	for (bool first = true; peek(&s) != '}'; first = false) {
		if (!first && expect(&s, ',') < 0)
			return -EINVAL;
		if (member_name(&s, d, &field) < 0 || value(&s, field) < 0)
			return -EINVAL;
		if (take(&s, d, field) < 0)
			good = -EINVAL; /* the other members may be wrong as well */
		blanks(&s);
	}
	step(&s);
	blanks(&s);
	if (s.at < r->used)
		return refuse(&s, s.column, "one object per line", "text behind the object");
	return good;
}
