/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/vocabulary.h"

#include <math.h>

#include "unit_hash.h" /* generated: unit_words, unit_slots */

_Static_assert(CV_UNIT_COUNT <= UINT8_MAX, "unit_slots holds unit numbers in bytes");

#define ANY NAN

/* A number without a name is all zeros. Two rows of one number do not compile. */
static const struct name {
	const char *text;
	const char *quantity;
	double min, max; /* NaN = no bound */
	uint8_t unit;
	uint8_t lane;
} names[CV_NAME_COUNT] = {
#define NAME(number, id, text, quantity, unit, min, max, lane)                                     \
	[number] = {text, quantity, min, max, CV_UNIT_##unit, CV_LANE_##lane},
#include "dataplane/normalize/vocabulary_names.h"
#undef NAME
};

static const char *const unit_texts[] = {
	"",
#define UNIT(id, text) text,
#include "dataplane/normalize/vocabulary_units.h"
#undef UNIT
};

/* Per second; NaN = no bound. */
static const struct rate {
	float fall, rise;
	bool known;
} rates[CV_NAME_COUNT] = {
#define RATE(id, fall, rise) [CV_NAME_##id] = {fall, rise, true},
#include "dataplane/normalize/vocabulary_rates.h"
#undef RATE
};

static const struct name *name_of(unsigned int name)
{
	return &names[name < CV_NAME_COUNT ? name : CV_NAME_NONE];
}

static const char *text_or_none(const char *text)
{
	return text ? text : "";
}

const char *cv_name_text(unsigned int name)
{
	return text_or_none(name_of(name)->text);
}

unsigned int cv_name_unit(unsigned int name)
{
	return name_of(name)->unit;
}

const char *cv_name_quantity(unsigned int name)
{
	return text_or_none(name_of(name)->quantity);
}

enum cv_lane cv_name_lane(unsigned int name)
{
	return (enum cv_lane)name_of(name)->lane;
}

bool cv_name_in_range(unsigned int name, double value)
{
	const struct name *n = name_of(name);

	return n->text == NULL || !(value < n->min || value > n->max);
}

bool cv_name_can_change(unsigned int name, double from, double to, double seconds)
{
	const struct rate *r = &rates[name < CV_NAME_COUNT ? name : CV_NAME_NONE];

	return !r->known || !(to - from < -r->fall * seconds || to - from > r->rise * seconds);
}

const char *cv_unit_text(unsigned int unit)
{
	return unit < CV_UNIT_COUNT ? unit_texts[unit] : "";
}

unsigned int cv_unit_by_text(const char *text, size_t len)
{
	uint64_t word = 0;
	unsigned int unit;

	if (len == 0 || len > CV_UNIT_TEXT_MAX)
		return CV_UNIT_NONE;
	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)(unsigned char)text[i] << 8 * i;
	unit = unit_slots[(word * UNIT_HASH_MULTIPLIER) >> UNIT_HASH_SHIFT];
	/* A zero byte inside the text must not pass for the padding behind a shorter unit. */
	return unit != CV_UNIT_NONE && unit_words[unit] == word && text[len - 1] != '\0'
		       ? unit
		       : CV_UNIT_NONE;
}
