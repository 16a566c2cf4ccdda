/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/json_read.h"

#include <endian.h>

#define DEPTH_MAX 8 /* nesting of values that are skipped */

#define EACH(byte) ((byte)*0x0101010101010101ull)
/* The highest bit of each byte that is below @p than, which is at most 80H;
 * above the lowest such byte, by its borrow, of others too. */
#define BELOW(word, than) (((word)-EACH(than)) & ~(word)&EACH(0x80))

/* Eight bytes: the highest bit of the first that is a quote, a backslash, a
 * control character or not ASCII; 0 when none is. */
static uint64_t special(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	word = le64toh(word);
	return BELOW(word ^ EACH('"'), 1) | BELOW(word ^ EACH('\\'), 1) | BELOW(word, 0x20) |
	       (word & EACH(0x80));
}

/* What is not only printable ASCII, from where the cursor is. */
static bool rest_of_string(struct cv_json_in *j, struct cv_senml_text *t)
{
	bool escaped = false;

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
	return cv_json_in_accept(j, '"') && cv_senml_text_valid(t);
}

bool cv_json_in_string(struct cv_json_in *j, struct cv_senml_text *t)
{
	if (!cv_json_in_accept(j, '"'))
		return false;
	t->data = j->at;
	while (j->end - j->at >= 8) {
		uint64_t found = special(j->at);

		if (found == 0) {
			j->at += 8;
			continue;
		}
		j->at += __builtin_ctzll(found) / 8;
		if (*j->at != '"')
			break;
		t->len = (uint32_t)(j->at++ - t->data);
		t->form = CV_SENML_PLAIN;
		return true;
	}
	return rest_of_string(j, t);
}

/* Digits from @p at on, added to *head. @return behind them. */
static const uint8_t *digits(const uint8_t *at, const uint8_t *end, uint64_t *head)
{
	for (; at < end && (uint8_t)(*at - '0') <= 9; at++)
		*head = *head * 10 + (uint8_t)(*at - '0');
	return at;
}

/*
 * One of few digits and without an exponent, as most are. false: the cursor is
 * where it was, and it may be another number or none.
 */
static bool short_number(struct cv_json_in *j, double *ret)
{
	const uint8_t *end = j->end - j->at > CV_DECIMAL_SMALL ? j->at + CV_DECIMAL_SMALL : j->end;
	bool negative = j->at < end && *j->at == '-';
	const uint8_t *integer = j->at + negative, *at, *fraction;
	uint64_t head = 0;
	double value;

	at = fraction = digits(integer, end, &head);
	if (at == integer || (*integer == '0' && at != integer + 1))
		return false;
	if (at < end && *at == '.') {
		fraction = at + 1;
		at = digits(fraction, end, &head);
		if (at == fraction)
			return false;
	}
	if (at == end || (*at | 0x20) == 'e')
		return false;
	value = cv_decimal_small(head, -(int)(at - fraction));
	*ret = negative ? -value : value;
	j->at = at;
	return true;
}

bool cv_json_in_number(struct cv_json_in *j, double *ret)
{
	const uint8_t *start = j->at;

	if (short_number(j, ret))
		return true;
	return cv_json_in_skip_number(j) &&
	       cv_decimal_parse((const char *)start, (size_t)(j->at - start), 0, ret) == 0;
}

/* A value without parts, or the beginning of one with parts: 1, else 0; -1 malformed. */
static int skip_one(struct cv_json_in *j, uint64_t *objects, int depth)
{
	struct cv_senml_text text;

	if (j->at == j->end)
		return -1;
	switch (*j->at) {
	case '"':
		return cv_json_in_string(j, &text) ? 0 : -1;
	case 't':
		return cv_json_in_word(j, "true", 4) ? 0 : -1;
	case 'f':
		return cv_json_in_word(j, "false", 5) ? 0 : -1;
	case 'n':
		return cv_json_in_word(j, "null", 4) ? 0 : -1;
	case '{':
	case '[':
		if (depth == DEPTH_MAX)
			return -1;
		*objects = *objects << 1 | (*j->at++ == '{');
		return 1;
	default:
		return cv_json_in_skip_number(j) ? 0 : -1;
	}
}

static bool key(struct cv_json_in *j)
{
	struct cv_senml_text text;

	cv_json_in_space(j);
	return cv_json_in_string(j, &text) && cv_json_in_token(j, ':');
}

/* Close what ends here; false when what follows is neither an end nor another part. */
static bool close_parts(struct cv_json_in *j, uint64_t *objects, int *depth)
{
	while (*depth > 0) {
		if (cv_json_in_token(j, ',')) {
			return !(*objects & 1) || key(j);
		} else if (!cv_json_in_token(j, *objects & 1 ? '}' : ']')) {
			return false;
		}
		*objects >>= 1;
		--*depth;
	}
	return true;
}

/* Any value, for fields that are not SenML's. Bit 0 of objects: is the innermost an object? */
bool cv_json_in_skip(struct cv_json_in *j)
{
	uint64_t objects = 0;
	int depth = 0;

	cv_json_in_space(j);
	if (j->at < j->end && *j->at != '{' && *j->at != '[')
		return skip_one(j, &objects, depth) == 0;
	do {
		int nested;

		cv_json_in_space(j);
		nested = skip_one(j, &objects, depth);
		if (nested < 0)
			return false;
		if (nested) {
			depth++;
			if (cv_json_in_token(j, objects & 1 ? '}' : ']')) {
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

static int part(struct cv_json_in *j, bool *first, uint8_t end)
{
	bool was_first = *first;

	*first = false;
	cv_json_in_space(j);
	if (cv_json_in_accept(j, end))
		return 0;
	if (was_first)
		return 1;
	return cv_json_in_token(j, ',') ? 1 : -1;
}

int cv_json_in_member(struct cv_json_in *j, bool *first, struct cv_senml_text *name)
{
	int ret = part(j, first, '}');

	if (ret != 1)
		return ret;
	return cv_json_in_string(j, name) && cv_json_in_token(j, ':') ? 1 : -1;
}

int cv_json_in_item(struct cv_json_in *j, bool *first)
{
	return part(j, first, ']');
}
