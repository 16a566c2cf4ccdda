/* SPDX-License-Identifier: Apache-2.0 */
#include "control/registry/device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control/text/nearest.h"

#define EXPECTED_ROW(id, expected) [CV_REGISTRY_##id] = expected,
static const char *const expected_of[] = {CV_REGISTRY_TYPES(EXPECTED_ROW)};

#define FIELD_ROW(id, column, place, kind, most, text)                                             \
	[CV_REGISTRY_FIELD_##id] = {                                                               \
		.name = #column,                                                                   \
		.type = CV_REGISTRY_##kind,                                                        \
		.is_number = (most) == 0,                                                          \
		.offset = offsetof(struct cv_registry_device, column),                             \
		.max = (most),                                                                     \
		.help = (text),                                                                    \
	},
const struct cv_registry_field cv_registry_fields[CV_REGISTRY_FIELD_COUNT] = {
	CV_REGISTRY_FIELDS(FIELD_ROW)};

/* What numbers may be, and how many parts a whole one has in memory. */
static const struct {
	int64_t min, max, parts;
} ranges[CV_REGISTRY_TYPE_COUNT] = {
	[CV_REGISTRY_LATITUDE] = {-900000000, 900000000, 10000000},
	[CV_REGISTRY_LONGITUDE] = {-1800000000, 1800000000, 10000000},
	[CV_REGISTRY_METRES] = {-12000000, 100000000, 1000},
	[CV_REGISTRY_SECONDS] = {1, 31622400, 1},
};

const char *cv_registry_type_expected(enum cv_registry_type type)
{
	return expected_of[type];
}

void cv_registry_device_init(struct cv_registry_device *d)
{
	memset(d, 0, sizeof(*d));
	for (unsigned int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++) {
		if (cv_registry_fields[i].is_number)
			*cv_registry_field_number(d, i) = CV_REGISTRY_NONE;
	}
}

int32_t *cv_registry_field_number(struct cv_registry_device *d, unsigned int field)
{
	return (int32_t *)(void *)((char *)d + cv_registry_fields[field].offset);
}

char *cv_registry_field_text(struct cv_registry_device *d, unsigned int field)
{
	return (char *)d + cv_registry_fields[field].offset;
}

int cv_registry_field_find(const char *name, size_t len)
{
	for (int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++) {
		if (strlen(cv_registry_fields[i].name) == len &&
		    memcmp(cv_registry_fields[i].name, name, len) == 0)
			return i;
	}
	return -ENOENT;
}

const char *cv_registry_field_nearest(const char *name)
{
	struct cv_nearest nearest = cv_nearest_start(name);

	for (unsigned int i = 0; i < CV_REGISTRY_FIELD_COUNT; i++)
		cv_nearest_offer(&nearest, cv_registry_fields[i].name);
	return nearest.best;
}

/* ---- text ----------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Length of the character at s (RFC 3629 section 4), 0 = none. */
static size_t character(const uint8_t *s, size_t len)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n == 1)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ||
	    (s[0] == 0xc2 && s[1] < 0xa0)) /* C1 controls */
		return 0;
	return n;
}

bool cv_registry_text_is_clean(const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = character((const uint8_t *)text + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

/* RFC 8141: "urn:", a namespace of two or more, ':', something. */
static bool is_urn(const char *s, size_t len)
{
	static const char marks[] = "-._~!$&'()*+,;=:@/%";
	size_t at = 4;

	if (len < 8 || memcmp(s, "urn:", 4) != 0)
		return false;
	while (at < len && (is_alnum(s[at]) || s[at] == '-'))
		at++;
	if (at < 6 || at + 1 >= len || s[at] != ':')
		return false;
	while (at < len && (is_alnum(s[at]) || memchr(marks, s[at], sizeof(marks) - 1)))
		at++;
	return at == len;
}

static bool is_word(const char *s, size_t len, const char *marks, bool any_language)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_alnum(s[i]) && !strchr(marks, s[i]) &&
		    !(any_language && (unsigned char)s[i] >= 0x80))
			return false;
	}
	return len > 0;
}

static bool are_tags(const char *s, size_t len)
{
	while (true) {
		const char *comma = memchr(s, ',', len);
		size_t n = comma ? (size_t)(comma - s) : len;

		if (!is_word(s, n, "-._:", true))
			return false;
		if (!comma)
			return true;
		s += n + 1;
		len -= n + 1;
	}
}

static bool text_is_good(enum cv_registry_type type, const char *s, size_t len)
{
	switch (type) {
	case CV_REGISTRY_URN:
		return is_urn(s, len);
	case CV_REGISTRY_WORD:
		return is_word(s, len, "-._:", true);
	case CV_REGISTRY_CODE:
		return is_word(s, len, "-._", false);
	case CV_REGISTRY_TAGS:
		return are_tags(s, len);
	default:
		return true;
	}
}

/* ---- numbers -------------------------------------------------------------------------------- */

/*
 * A decimal without exponent, in parts; what is below a part is rounded.
 *
 * @return 0 or -EINVAL.
 */
static int read_parts(const char *s, size_t len, int64_t parts, int64_t *ret)
{
	bool negative = len > 0 && *s == '-';
	int64_t v = 0, scale = parts;
	size_t i = negative, digits = 0;

	for (; i < len && is_digit(s[i]); i++, digits++) {
		v = v * 10 + (s[i] - '0');
		if (v > INT32_MAX)
			return -EINVAL;
	}
	v *= parts;
	if (i < len && s[i] == '.' && digits > 0) {
		for (i++, digits = 0; i < len && is_digit(s[i]); i++, digits++) {
			if (scale >= 10)
				v += (s[i] - '0') * (scale / 10);
			else if (scale == 1 && parts > 1 && s[i] >= '5')
				v++;
			scale /= 10;
		}
		if (parts == 1)
			return -EINVAL;
	}
	if (i != len || digits == 0)
		return -EINVAL;
	*ret = negative ? -v : v;
	return 0;
}

static int set_number(struct cv_registry_device *d, unsigned int field, const char *text,
		      size_t len)
{
	enum cv_registry_type type = cv_registry_fields[field].type;
	int64_t v;

	if (read_parts(text, len, ranges[type].parts, &v) < 0 || v < ranges[type].min ||
	    v > ranges[type].max)
		return -EINVAL;
	*cv_registry_field_number(d, field) = (int32_t)v;
	return 0;
}

static void number_text(enum cv_registry_type type, int32_t value, char *buf)
{
	int64_t parts = ranges[type].parts, v = value;
	int n = snprintf(buf, CV_REGISTRY_TEXT_MAX, "%s%" PRId64, v < 0 ? "-" : "",
			 (v < 0 ? -v : v) / parts);
	int64_t rest = (v < 0 ? -v : v) % parts;

	if (rest == 0)
		return;
	buf[n++] = '.';
	for (; rest != 0; rest = rest % parts) {
		rest *= 10;
		buf[n++] = (char)('0' + rest / parts);
	}
	buf[n] = '\0';
}

/* ---- fields --------------------------------------------------------------------------------- */

int cv_registry_field_set(struct cv_registry_device *d, unsigned int field, const char *text,
			  size_t len, const char **why)
{
	const struct cv_registry_field *f = &cv_registry_fields[field];
	char *to = cv_registry_field_text(d, field);

	*why = expected_of[f->type];
	if (!f->is_number && len > f->max) {
		*why = "a shorter text: this one is too long";
		return -EINVAL;
	}
	if (!cv_registry_text_is_clean(text, len)) {
		*why = "valid UTF-8 without control characters";
		return -EINVAL;
	}
	if (len == 0 && field == CV_REGISTRY_FIELD_ID)
		return -EINVAL;
	if (f->is_number) {
		if (len == 0)
			*cv_registry_field_number(d, field) = CV_REGISTRY_NONE;
		else if (set_number(d, field, text, len) < 0)
			return -EINVAL;
	} else {
		if (len > 0 && !text_is_good(f->type, text, len))
			return -EINVAL;
		memcpy(to, text, len);
		to[len] = '\0';
	}
	d->given |= 1u << field;
	return 0;
}

const char *cv_registry_field_get(const struct cv_registry_device *d, unsigned int field, char *buf)
{
	const struct cv_registry_field *f = &cv_registry_fields[field];
	const char *at = (const char *)d + f->offset;
	int32_t number;

	if (!f->is_number)
		return at;
	memcpy(&number, at, sizeof(number));
	buf[0] = '\0';
	if (number != CV_REGISTRY_NONE)
		number_text(f->type, number, buf);
	return buf;
}

int cv_registry_device_check(const struct cv_registry_device *d, unsigned int *ret_field,
			     const char **why)
{
	if (d->id[0] == '\0') {
		*ret_field = CV_REGISTRY_FIELD_ID;
		*why = "the device has no id";
		return -EINVAL;
	}
	if ((d->lat == CV_REGISTRY_NONE) != (d->lon == CV_REGISTRY_NONE)) {
		*ret_field =
			d->lat == CV_REGISTRY_NONE ? CV_REGISTRY_FIELD_LAT : CV_REGISTRY_FIELD_LON;
		*why = "lat and lon go together: give both or neither";
		return -EINVAL;
	}
	return 0;
}
