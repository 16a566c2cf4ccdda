/* SPDX-License-Identifier: Apache-2.0 */
/* The data segment: header fields, then CP=&&...&& (6.3.3). */
#include <string.h>

#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/hj212.h"
#include "dataplane/decode/text.h"

#define NUMBER_MAX 9999

static uint16_t number(struct hj212_text t)
{
	uint32_t n = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (t.data[i] < '0' || t.data[i] > '9' || n > NUMBER_MAX)
			return 0;
		n = n * 10 + (uint32_t)(t.data[i] - '0');
	}
	return n > NUMBER_MAX ? 0 : (uint16_t)n;
}

/* In place, so that the compiler knows the length. */
static inline __attribute__((always_inline)) bool is(struct hj212_text key, const char *name)
{
	size_t len = strlen(name);

	return key.len == len && memcmp(key.data, name, len) == 0;
}

/* Receivers differ in which of two they take, and some read keys without regard to case. */
static void note_repeat(struct hj212_segment *s, struct hj212_text key, unsigned int *seen)
{
	unsigned int bit;

	if (key.len != 2 || (key.data[1] | 0x20) != 'n')
		return;
	bit = (key.data[0] | 0x20) == 'c' ? 1 : (key.data[0] | 0x20) == 'm' ? 2 : 0;
	s->twice |= (*seen & bit) != 0;
	*seen |= bit;
}

static void header_field(struct hj212_segment *s, struct hj212_text key, struct hj212_text value)
{
	if (is(key, "QN"))
		s->qn = value;
	else if (is(key, "MN"))
		s->mn = value;
	else if (is(key, "CN"))
		s->cn = number(value);
	else if (is(key, "ST"))
		s->st = number(value);
	else if (is(key, "Flag"))
		s->flag = (uint8_t)number(value);
	else if (is(key, "PNUM"))
		s->packets = number(value);
}

/* Everything between CP=&& and the last && of the segment. */
static bool take_cp(struct hj212_segment *s, const char *at, const char *end)
{
	if (end - at < 2 || memcmp(at, "&&", 2) != 0)
		return false;
	at += 2;
	if (end - at < 2 || memcmp(end - 2, "&&", 2) != 0)
		return false;
	s->cp = (struct hj212_text){at, (size_t)(end - 2 - at)};
	return true;
}

enum cv_reject hj212_segment_parse(const uint8_t *data, size_t len, struct hj212_segment *ret)
{
	struct hj212_segment s = {.text_valid = cv_utf8_valid(data, len)};
	const char *at = (const char *)data, *end = at + len;
	unsigned int seen = 0;

	while (at < end && s.cp.data == NULL) {
		const char *equals = memchr(at, '=', (size_t)(end - at));
		const char *stop;
		struct hj212_text key;

		if (equals == NULL)
			return CV_REJECT_BAD_PAYLOAD;
		key = (struct hj212_text){at, (size_t)(equals - at)};
		at = equals + 1;
		if (is(key, "CP")) {
			if (!take_cp(&s, at, end))
				return CV_REJECT_BAD_PAYLOAD;
			break;
		}
		for (stop = at; stop < end && *stop != ';' && *stop != ','; stop++)
			;
		note_repeat(&s, key, &seen);
		header_field(&s, key, (struct hj212_text){at, (size_t)(stop - at)});
		at = stop + 1;
	}
	if (s.cp.data == NULL || s.cn == 0)
		return CV_REJECT_BAD_PAYLOAD;
	*ret = s;
	return CV_REJECT_NONE;
}

bool hj212_time(struct hj212_text text, int64_t *ret)
{
	static const uint8_t widths[] = {4, 2, 2, 2, 2, 2, 3};
	unsigned int part[7] = {0};
	const char *at = text.data;

	if (text.len != 14 && text.len != 17)
		return false;
	for (size_t i = 0; i < (text.len == 14 ? 6u : 7u); i++) {
		for (unsigned int n = 0; n < widths[i]; n++, at++) {
			if (*at < '0' || *at > '9')
				return false;
			part[i] = part[i] * 10 + (unsigned int)(*at - '0');
		}
	}
	if (!cv_civil_time(&(struct cv_civil){part[0], part[1], part[2], part[3], part[4], part[5]},
			   CV_BEIJING_S, ret))
		return false;
	*ret += (int64_t)part[6] * 1000000;
	return true;
}
