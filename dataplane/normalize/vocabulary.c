/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/normalize/vocabulary.h"

#include "unit_hash.h" /* generated: unit_words, unit_slots */

#define NAME_TEXT_ROW(id, text, unit) text,
#define NAME_UNIT_ROW(id, text, unit) unit,
#define UNIT_TEXT_ROW(id, text) text,

static const char *const name_texts[] = {"", CV_NAMES(NAME_TEXT_ROW)};
_Static_assert(CV_UNIT_COUNT <= UINT8_MAX, "unit_slots holds unit numbers in bytes");

static const uint16_t name_units[] = {CV_UNIT_NONE, CV_NAMES(NAME_UNIT_ROW)};
static const char *const unit_texts[] = {"", CV_UNITS(UNIT_TEXT_ROW)};

const char *cv_name_text(unsigned int name)
{
	return name < CV_NAME_COUNT ? name_texts[name] : "";
}

unsigned int cv_name_unit(unsigned int name)
{
	return name < CV_NAME_COUNT ? name_units[name] : CV_UNIT_NONE;
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
