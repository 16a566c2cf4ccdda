/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text (RFC 8259) into a caller's buffer: no allocation, no locale, the same input gives the
 * same bytes. A write that does not fit sets failed, which sticks; the caller checks once at the
 * end. Commas are the writer's business, braces the caller's.
 */
#ifndef CV_JSON_WRITE_H
#define CV_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cv_json {
	char *at;
	char *end;
	bool comma; /* the next member or element needs one in front */
	bool failed;
};

/** Longest result of cv_double_text(), bytes, without a terminating zero. */
#define CV_DOUBLE_TEXT_MAX 32

static inline struct cv_json cv_json(char *buf, size_t size)
{
	return (struct cv_json){.at = buf, .end = buf + size};
}

/** Bytes as they are. */
static inline void cv_json_put(struct cv_json *j, const void *data, size_t len)
{
	if (j->failed || (size_t)(j->end - j->at) < len) {
		j->failed = true;
		return;
	}
	memcpy(j->at, data, len);
	j->at += len;
}
/** A string literal as it is. */
#define cv_json_lit(j, text) cv_json_put(j, text, sizeof(text) - 1)

/**
 * Length of the well-formed UTF-8 character at @p p (RFC 3629 section 4: no overlong forms, no
 * surrogates, nothing beyond U+10FFFF), 0 when there is none. @param left bytes at @p p, > 0.
 */
size_t cv_utf8_length(const uint8_t *p, size_t left);

/** '{', '}', '[' or ']'. */
void cv_json_open(struct cv_json *j, char c);
void cv_json_close(struct cv_json *j, char c);
/** "name": with the comma in front where one is due. @p name needs no escaping. */
static inline void cv_json_key(struct cv_json *j, const char *name)
{
	/* Of a literal the compiler knows the length, and copies without a call. */
	size_t len = strlen(name);
	char *at = j->at;

	if (j->failed || (size_t)(j->end - at) < len + 3 + j->comma) {
		j->failed = true;
		return;
	}
	*at = ',';
	at += j->comma;
	*at++ = '"';
	memcpy(at, name, len);
	at[len] = '"';
	at[len + 1] = ':';
	j->at = at + len + 2;
	j->comma = false;
}

/** Inside of a string: escaped; a byte that is no part of valid UTF-8 becomes U+FFFD. */
void cv_json_escaped(struct cv_json *j, const void *text, size_t len);
/** Digits of @p v, at least @p width of them (zeros in front), at most 20. */
void cv_json_digits(struct cv_json *j, uint64_t v, unsigned int width);
/** "192.0.2.1" */
void cv_json_ipv4(struct cv_json *j, const uint8_t *addr);
/** Lower-case hexadecimal, two digits a byte. */
void cv_json_hex(struct cv_json *j, const uint8_t *data, size_t len);

/* Whole values. */
void cv_json_string(struct cv_json *j, const void *text, size_t len);
/**
 * Integers. Beyond 2^53, where readers that keep numbers as doubles lose digits, a decimal string
 * (RFC 7493 2.2).
 */
void cv_json_u64(struct cv_json *j, uint64_t v);
void cv_json_i64(struct cv_json *j, int64_t v);
/** Shortest text that reads back as the same double; null when not finite. */
void cv_json_f64(struct cv_json *j, double v);
/** "2026-05-04T03:02:01.000000000Z" (RFC 3339) in quotes. @p ns since the Unix epoch. */
void cv_json_time(struct cv_json *j, int64_t ns);
/** Address as text (RFC 5952) in quotes. @p family 4 or 6. */
void cv_json_address(struct cv_json *j, unsigned int family, const uint8_t *addr);

/**
 * Shortest decimal text of a finite double that reads back as the same double; a whole number has
 * neither point nor exponent up to 10^16.
 *
 * @return length, bytes, <= CV_DOUBLE_TEXT_MAX.
 */
size_t cv_double_text(double v, char *buf);

#endif
