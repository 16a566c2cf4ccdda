/* SPDX-License-Identifier: Apache-2.0 */
/* Text inside messages: UTF-8 as the protocols want it, and numbers written as text. */
#ifndef CV_TEXT_H
#define CV_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * Length of the longest prefix of @p s that is well-formed UTF-8 (RFC 3629: shortest form, no
 * surrogates, nothing above U+10FFFF) without U+0000, which no text of any protocol here may hold.
 */
size_t cv_utf8_prefix(const uint8_t *s, size_t len);

/* Bytes 0x01-0x7f only? May say no when in doubt: a cheap first look at short texts. */
static inline bool cv_ascii_word(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101ull;

	return ((word | (word - ones)) & ones << 7) == 0;
}

static inline bool cv_ascii_text(const uint8_t *s, size_t len)
{
	uint64_t word;
	uint32_t head, tail;
	size_t i;

	if (len >= sizeof(word)) {
		for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
			memcpy(&word, s + i, sizeof(word));
			if (!cv_ascii_word(word))
				return false;
		}
		memcpy(&word, s + len - sizeof(word), sizeof(word)); /* overlaps what was seen */
		return cv_ascii_word(word);
	}
	if (len >= sizeof(head)) {
		memcpy(&head, s, sizeof(head));
		memcpy(&tail, s + len - sizeof(tail), sizeof(tail));
		return cv_ascii_word((uint64_t)head << 32 | tail);
	}
	for (i = 0; i < len; i++) {
		if ((uint8_t)(s[i] - 1) >= 0x7f)
			return false;
	}
	return true;
}

/** Is all of @p s such text? */
static inline bool cv_utf8_valid(const uint8_t *s, size_t len)
{
	return cv_ascii_text(s, len) || cv_utf8_prefix(s, len) == len;
}

/**
 * Is @p s, the beginning of something longer, such text as far as it can be seen?
 *
 * @param ret_len bytes up to the last complete character, set when true.
 */
bool cv_utf8_cut_valid(const uint8_t *s, size_t len, size_t *ret_len);

/**
 * Read a number by the JSON grammar (RFC 8259 section 6), white space around it allowed. Hex, inf,
 * nan, a leading zero or plus, and anything longer than CV_DECIMAL_MAX is text, not a number: it is more
 * often a serial number or a code.
 *
 * @param ret the value, correctly rounded; finite. Set when true.
 */
bool cv_text_number(const uint8_t *s, size_t len, double *ret);

#endif
