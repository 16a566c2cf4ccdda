/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/senml_oracle.h"
#include "tests/random.h"

uint64_t seed;

uint64_t next_random(void)
{
	return next_random_of(&seed);
}

unsigned int below(unsigned int n)
{
	return (unsigned int)(next_random() % n);
}

#define NAME_ROW(id, name, type) name,
const char *const labels[CV_SENML_FIELD_COUNT] = {CV_SENML_FIELDS(NAME_ROW)};

int field_of(const char *label, size_t len)
{
	for (int i = 0; i < CV_SENML_FIELD_COUNT; i++) {
		if (strlen(labels[i]) == len && memcmp(labels[i], label, len) == 0)
			return i;
	}
	return -1;
}

void set_text(struct model *m, int field, const void *text, size_t len)
{
	assert_true(len < sizeof(m->text[0]));
	memcpy(m->text[field], text, len);
	m->len[field] = len;
	m->has[field] = true;
}

void set_number(struct model *m, int field, double value)
{
	m->number[field] = value;
	m->has[field] = true;
}

static void same_number(double got, double want)
{
	if (got != want && !(isnan(got) && isnan(want)))
		fail_msg("seed %#llx: %a, want %a", (unsigned long long)seed, got, want);
}

static void same_text(const struct cv_senml_text *got, const char *want, size_t len)
{
	uint8_t room[1024];
	bool cut = false;
	size_t n = cv_senml_text_copy(got, room, sizeof(room), &cut);

	assert_false(cut);
	assert_int_equal(n, len);
	assert_memory_equal(room, want, len);
}

/* RFC 8428 4.5 once more, in the plainest way; base is a record that only grows. */
static void same_record(const struct cv_senml_entry *e, const struct model *m,
			const struct model *base)
{
	double bv = base->has[CV_SENML_BASE_VALUE] ? base->number[CV_SENML_BASE_VALUE] : 0;
	double bt = base->has[CV_SENML_BASE_TIME] ? base->number[CV_SENML_BASE_TIME] : 0;

	same_text(&e->base_name, base->text[CV_SENML_BASE_NAME], base->len[CV_SENML_BASE_NAME]);
	same_text(&e->name, m->text[CV_SENML_NAME], m->len[CV_SENML_NAME]);
	if (m->has[CV_SENML_UNIT])
		same_text(&e->unit, m->text[CV_SENML_UNIT], m->len[CV_SENML_UNIT]);
	same_number(e->time, (m->has[CV_SENML_TIME] ? m->number[CV_SENML_TIME] : 0) + bt);
	if (m->has[CV_SENML_STRING]) {
		assert_int_equal(e->type, CV_VALUE_TEXT);
		same_text(&e->text, m->text[CV_SENML_STRING], m->len[CV_SENML_STRING]);
	} else if (m->has[CV_SENML_BOOLEAN]) {
		assert_int_equal(e->type, CV_VALUE_BOOL);
		same_number(e->value, m->number[CV_SENML_BOOLEAN]);
	} else if (m->has[CV_SENML_DATA]) {
		assert_int_equal(e->type, CV_VALUE_BYTES);
	} else if (m->has[CV_SENML_VALUE] || base->has[CV_SENML_BASE_VALUE]) {
		assert_int_equal(e->type, CV_VALUE_F64);
		same_number(e->value,
			    (m->has[CV_SENML_VALUE] ? m->number[CV_SENML_VALUE] : 0) + bv);
	} else {
		assert_int_equal(e->type, CV_VALUE_NONE);
	}
}

static bool is_base(int field)
{
	return labels[field][0] == 'b';
}

/* Step over the pack along the tree's records. */
void same_next(const struct cv_senml_pack *pack, uint32_t *at, const struct model *m,
	       struct model *base)
{
	bool regular = false;

	for (int i = 0; i < CV_SENML_FIELD_COUNT; i++) {
		if (!m->has[i])
			continue;
		if (!is_base(i)) {
			regular = true;
			continue;
		}
		base->has[i] = true;
		base->number[i] = m->number[i];
		memcpy(base->text[i], m->text[i], m->len[i]);
		base->len[i] = m->len[i];
	}
	if (!regular)
		return;
	assert_true(*at < pack->count);
	same_record(&pack->entry[(*at)++], m, base);
}

double random_number(void)
{
	uint64_t bits = next_random();
	double d;

	switch (below(4)) {
	case 0:
		return (double)below(1000);
	case 1:
		return (double)(int)(below(200000) - 100000) / 100;
	case 2:
		return (double)(bits >> below(64));
	default:
		memcpy(&d, &bits, sizeof(d));
		return isfinite(d) ? d : 0.5;
	}
}

const char *random_text(char *room)
{
	static const char *const parts[] = {"a",
					    "urn:dev:ow:1:",
					    "/",
					    "\xc3\xa9",
					    "\xe2\x82\xac",
					    "\xf0\x9f\x98\x80",
					    "\"",
					    "\\",
					    "\n",
					    "x7",
					    "\x7f"};
	unsigned int n = below(5);

	room[0] = '\0';
	for (unsigned int i = 0; i < n; i++)
		strcat(room, parts[below(sizeof(parts) / sizeof(parts[0]))]);
	return room;
}

/* Which fields a record gets: valid by construction when the first one names everything. */
uint32_t random_fields(bool first)
{
	static const uint8_t values[] = {CV_SENML_VALUE, CV_SENML_STRING, CV_SENML_BOOLEAN,
					 CV_SENML_DATA, CV_SENML_SUM};
	uint32_t fields = (uint32_t)1 << values[below(2) ? 0 : below(5)];

	for (int i = 0; i < CV_SENML_FIELD_COUNT; i++) {
		bool free_choice = is_base(i) || i == CV_SENML_NAME || i == CV_SENML_UNIT ||
				   i == CV_SENML_TIME || i == CV_SENML_UPDATE || i == CV_SENML_SUM;

		if (free_choice && i != CV_SENML_BASE_VERSION && i != CV_SENML_BASE_NAME &&
		    below(4) == 0)
			fields |= (uint32_t)1 << i;
	}
	return first ? fields | (uint32_t)1 << CV_SENML_BASE_NAME : fields;
}
