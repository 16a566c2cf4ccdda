/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/text.h"

#include <string.h>

#include "dataplane/decode/decimal.h"

/* Bytes of the character at s, 0 when it is malformed or not complete (RFC 3629 section 4). */
static size_t multibyte(const uint8_t *s, size_t left)
{
	uint8_t lead = s[0];
	uint8_t low = 0x80, high = 0xbf; /* bounds of the second byte */
	size_t n;

	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	n = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

size_t cv_utf8_prefix(const uint8_t *s, size_t len)
{
	const uint64_t ones = 0x0101010101010101ull, tops = ones << 7;
	size_t i = 0;

	while (i < len) {
		uint64_t word;
		size_t n;

		if (len - i >= sizeof(word)) {
			memcpy(&word, s + i, sizeof(word));
			/* Neither a byte above 0x7f nor, by the borrow into its top bit, a zero. */
			if (((word | (word - ones)) & tops) == 0) {
				i += sizeof(word);
				continue;
			}
		}
		if (s[i] == 0)
			return i;
		n = s[i] < 0x80 ? 1 : multibyte(s + i, len - i);
		if (n == 0)
			return i;
		i += n;
	}
	return i;
}

bool cv_utf8_cut_valid(const uint8_t *s, size_t len, size_t *ret_len)
{
	size_t good = cv_utf8_prefix(s, len);
	uint8_t last[4] = {0x80, 0x80, 0x80, 0x80};
	size_t left = len - good;
	bool ok;

	if (left > 3)
		return false;
	/* The tail is the beginning of a character when some continuation completes it. */
	memcpy(last, s + good, left);
	ok = left == 0 || multibyte(last, 4) > left;
	if (!ok && left == 1) {
		last[1] = 0xbf; /* E0 and F0 want a high second byte */
		ok = multibyte(last, 4) > left;
	}
	if (ok)
		*ret_len = good;
	return ok;
}

static const uint8_t *skip_digits(const uint8_t *s, const uint8_t *end)
{
	while (s < end && *s >= '0' && *s <= '9')
		s++;
	return s;
}

/* RFC 8259 section 6: number = [ minus ] int [ frac ] [ exp ] */
static bool is_json_number(const uint8_t *s, const uint8_t *end)
{
	const uint8_t *digits;

	if (s < end && *s == '-')
		s++;
	digits = s;
	s = skip_digits(s, end);
	if (s == digits || (*digits == '0' && s - digits > 1))
		return false;
	if (s < end && *s == '.') {
		digits = ++s;
		s = skip_digits(s, end);
		if (s == digits)
			return false;
	}
	if (s < end && (*s | 0x20) == 'e') {
		s++;
		if (s < end && (*s == '+' || *s == '-'))
			s++;
		digits = s;
		s = skip_digits(s, end);
		if (s == digits)
			return false;
	}
	return s == end;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool cv_text_number(const uint8_t *s, size_t len, double *ret)
{
	const uint8_t *end = s + len;

	while (s < end && is_space(*s))
		s++;
	while (end > s && is_space(end[-1]))
		end--;
	return is_json_number(s, end) &&
	       cv_decimal_parse((const char *)s, (size_t)(end - s), 0, ret) == 0;
}
