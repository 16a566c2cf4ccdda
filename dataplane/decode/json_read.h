/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON (RFC 8259) once, left to right, without a tree: a cursor that the caller leads through
 * the members it knows. Every function returns false, or -1, where the text is not JSON there; the
 * cursor is then of no more use.
 */
#ifndef CV_JSON_READ_H
#define CV_JSON_READ_H

#include <string.h>

#include "dataplane/decode/decimal.h"
#include "dataplane/decode/senml.h"

/** What is left of the text. */
struct cv_json_in {
	const uint8_t *at;
	const uint8_t *end;
};

/** White space, if any. */
static inline void cv_json_in_space(struct cv_json_in *j)
{
	while (j->at < j->end && *j->at <= ' ' &&
	       (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t'))
		j->at++;
}

/** This character, here. */
static inline bool cv_json_in_accept(struct cv_json_in *j, uint8_t c)
{
	if (j->at == j->end || *j->at != c)
		return false;
	j->at++;
	return true;
}

/* The same with white space before and behind. */
static inline bool cv_json_in_token(struct cv_json_in *j, uint8_t c)
{
	cv_json_in_space(j);
	if (!cv_json_in_accept(j, c))
		return false;
	cv_json_in_space(j);
	return true;
}

/** These characters, here. */
static inline bool cv_json_in_word(struct cv_json_in *j, const char *text, size_t len)
{
	if ((size_t)(j->end - j->at) < len || memcmp(j->at, text, len) != 0)
		return false;
	j->at += len;
	return true;
}

/** A string; @p t points into the text and keeps its escapes. */
bool cv_json_in_string(struct cv_json_in *j, struct cv_senml_text *t);

static inline bool cv_json_in_digits(struct cv_json_in *j)
{
	const uint8_t *start = j->at;

	while (j->at < j->end && (uint8_t)(*j->at - '0') <= 9)
		j->at++;
	return j->at != start;
}

/* RFC 8259 6. */
static inline bool cv_json_in_skip_number(struct cv_json_in *j)
{
	const uint8_t *integer;

	cv_json_in_accept(j, '-');
	integer = j->at;
	if (!cv_json_in_digits(j) || (*integer == '0' && j->at != integer + 1))
		return false;
	if (cv_json_in_accept(j, '.') && !cv_json_in_digits(j))
		return false;
	if (j->at < j->end && (*j->at | 0x20) == 'e') {
		j->at++;
		if (!cv_json_in_accept(j, '-'))
			cv_json_in_accept(j, '+');
		if (!cv_json_in_digits(j))
			return false;
	}
	return true;
}

/** A number. */
bool cv_json_in_number(struct cv_json_in *j, double *ret);
/** Any value, nested up to eight deep. */
bool cv_json_in_skip(struct cv_json_in *j);
/**
 * A member's name and its colon.
 *
 * @param first in and out: true before the first member of the object, behind its brace.
 * @return 1: the value is next; 0: the object ended; -1.
 */
int cv_json_in_member(struct cv_json_in *j, bool *first, struct cv_senml_text *name);
/** The same for the next value of an array: 1 it is next, 0 the array ended, -1. */
int cv_json_in_item(struct cv_json_in *j, bool *first);

#endif
