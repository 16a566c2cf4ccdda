/* SPDX-License-Identifier: Apache-2.0 */
/* The ways a text or byte string is written in SenML payloads, and their values. */
#include <string.h>

#include "dataplane/decode/senml.h"
#include "dataplane/decode/text.h"

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at s, or -1. */
static int32_t unit16(const uint8_t *s, const uint8_t *end)
{
	int32_t unit = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(s[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/*
 * The character behind "\u" at s (RFC 8259 7). U+0000 and lone surrogates are no text.
 *
 * @return code point, or 0; *next is behind it.
 */
static uint32_t unicode_escape(const uint8_t *s, const uint8_t *end, const uint8_t **next)
{
	int32_t high = unit16(s, end), low;

	*next = s + 4;
	if (high <= 0 || (high & 0xfc00) == 0xdc00)
		return 0;
	if ((high & 0xfc00) != 0xd800)
		return (uint32_t)high;
	if (end - s < 10 || s[4] != '\\' || s[5] != 'u')
		return 0;
	low = unit16(s + 6, end);
	if ((low & 0xfc00) != 0xdc00)
		return 0;
	*next = s + 10;
	return 0x10000 + ((uint32_t)(high & 0x3ff) << 10 | (uint32_t)(low & 0x3ff));
}

/* The character behind a backslash at s, 0 when malformed. */
static uint32_t escape(const uint8_t *s, const uint8_t *end, const uint8_t **next)
{
	static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";

	if (s == end)
		return 0;
	*next = s + 1;
	if (*s == 'u')
		return unicode_escape(s + 1, end, next);
	for (size_t i = 0; i < sizeof(letters) - 1; i++) {
		if (*s == (uint8_t)letters[i])
			return (uint8_t)values[i];
	}
	return 0;
}

static size_t encode(uint32_t c, uint8_t to[4])
{
	if (c < 0x80) {
		to[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (uint8_t)(0xc0 | c >> 6);
		to[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (uint8_t)(0xe0 | c >> 12);
		to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		to[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (uint8_t)(0xf0 | c >> 18);
	to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	to[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

static size_t copy_escaped(const struct cv_senml_text *t, uint8_t *to, size_t max, bool *cut)
{
	const uint8_t *at = t->data, *end = at + t->len;
	size_t n = 0;

	while (at < end) {
		uint8_t utf8[4];
		size_t len = 1;

		utf8[0] = *at++;
		if (utf8[0] == '\\')
			len = encode(escape(at, end, &at), utf8);
		if (len > max - n) {
			*cut = true;
			return n;
		}
		memcpy(to + n, utf8, len);
		n += len;
	}
	return n;
}

/* Value of a base64url digit (RFC 4648 5), the plain alphabet's two accepted as well; or -1. */
#define BASE64(c)                                                                                  \
	(int8_t)((c) >= 'A' && (c) <= 'Z'   ? (c) - 'A'                                            \
		 : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26                                       \
		 : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52                                       \
		 : (c) == '-' || (c) == '+' ? 62                                                   \
		 : (c) == '_' || (c) == '/' ? 63                                                   \
					    : -1)
#define BASE64_4(c) BASE64(c), BASE64((c) + 1), BASE64((c) + 2), BASE64((c) + 3)
#define BASE64_16(c) BASE64_4(c), BASE64_4((c) + 4), BASE64_4((c) + 8), BASE64_4((c) + 12)
#define BASE64_64(c) BASE64_16(c), BASE64_16((c) + 16), BASE64_16((c) + 32), BASE64_16((c) + 48)

static int base64_digit(uint8_t c)
{
	static const int8_t digit[256] = {BASE64_64(0), BASE64_64(64), BASE64_64(128),
					  BASE64_64(192)};

	return digit[c];
}

static size_t without_padding(const struct cv_senml_text *t)
{
	size_t len = t->len;

	for (int i = 0; i < 2 && len > 0 && t->data[len - 1] == '='; i++)
		len--;
	return len;
}

static size_t copy_base64(const struct cv_senml_text *t, uint8_t *to, size_t max, bool *cut)
{
	size_t len = without_padding(t), n = 0;
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 6 | (uint32_t)base64_digit(t->data[i]);
		held += 6;
		if (held < 8)
			continue;
		if (n == max) {
			*cut = true;
			return n;
		}
		held -= 8;
		to[n++] = (uint8_t)(bits >> held);
	}
	return n;
}

/* The length in a CBOR head that the CBOR reader has found well-formed; moves *at behind it. */
static size_t chunk_len(const uint8_t **at)
{
	uint8_t info = *(*at)++ & 0x1f;
	size_t len = 0;

	if (info < 24)
		return info;
	for (int i = 0; i < 1 << (info - 24); i++)
		len = len << 8 | *(*at)++;
	return len;
}

static size_t copy_chunks(const struct cv_senml_text *t, uint8_t *to, size_t max, bool *cut)
{
	const uint8_t *at = t->data, *end = at + t->len;
	size_t n = 0;

	while (at < end) {
		size_t len = chunk_len(&at), fit = len < max - n ? len : max - n;

		memcpy(to + n, at, fit);
		n += fit;
		if (fit < len) {
			*cut = true;
			return n;
		}
		at += len;
	}
	return n;
}

size_t cv_senml_text_copy(const struct cv_senml_text *t, uint8_t *to, size_t max, bool *cut)
{
	size_t n = t->len;

	switch (t->form) {
	case CV_SENML_ESCAPED:
		return copy_escaped(t, to, max, cut);
	case CV_SENML_BASE64URL:
		return copy_base64(t, to, max, cut);
	case CV_SENML_CHUNKS:
		return copy_chunks(t, to, max, cut);
	default:
		if (n > max) {
			n = max;
			*cut = true;
		}
		if (n != 0)
			memcpy(to, t->data, n);
		return n;
	}
}

static bool escapes_valid(const struct cv_senml_text *t)
{
	const uint8_t *at = t->data, *end = at + t->len;

	while (at < end) {
		if (*at++ == '\\' && escape(at, end, &at) == 0)
			return false;
	}
	return true;
}

static bool base64_valid(const struct cv_senml_text *t)
{
	size_t len = without_padding(t);
	int all = 0;

	for (size_t i = 0; i < len; i++)
		all |= base64_digit(t->data[i]);
	return all >= 0 && len % 4 != 1;
}

static bool chunks_valid(const struct cv_senml_text *t)
{
	const uint8_t *at = t->data, *end = at + t->len;

	while (at < end) {
		size_t len = chunk_len(&at);

		if (!cv_utf8_valid(at, len)) /* RFC 8949 3.2.3: each chunk by itself */
			return false;
		at += len;
	}
	return true;
}

bool cv_senml_text_valid(const struct cv_senml_text *t)
{
	switch (t->form) {
	case CV_SENML_ESCAPED:
		return cv_utf8_valid(t->data, t->len) && escapes_valid(t);
	case CV_SENML_BASE64URL:
		return base64_valid(t);
	case CV_SENML_CHUNKS:
		return chunks_valid(t);
	default:
		return cv_utf8_valid(t->data, t->len);
	}
}
