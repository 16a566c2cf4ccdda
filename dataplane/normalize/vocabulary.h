/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipped vocabulary: canonical names with quantity, SenML unit (RFC 8428 section 12.1), valid
 * range and lane. One table each (vocabulary_names.h, vocabulary_units.h) feeds the numbers in the
 * records and everything that is known about them.
 */
#ifndef CV_VOCABULARY_H
#define CV_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

/** Longest unit text, bytes: looked up as one 64-bit word. */
#define CV_UNIT_TEXT_MAX 8

enum cv_unit {
	CV_UNIT_NONE,
#define UNIT(id, text) CV_UNIT_##id,
#include "dataplane/normalize/vocabulary_units.h"
#undef UNIT
	CV_UNIT_COUNT
};

/** One more than the highest number that a name may have; not all of them are in use. */
#define CV_NAME_COUNT 1600

enum cv_name {
	CV_NAME_NONE,
#define NAME(number, id, text, quantity, unit, min, max, lane) CV_NAME_##id = number,
#include "dataplane/normalize/vocabulary_names.h"
#undef NAME
};

/** Unit of a name as a constant, for tables: CV_UNIT_OF_AIR_CO == CV_UNIT_MG_M3. */
enum cv_unit_of_name {
#define NAME(number, id, text, quantity, unit, min, max, lane) CV_UNIT_OF_##id = CV_UNIT_##unit,
#include "dataplane/normalize/vocabulary_names.h"
#undef NAME
};

/** Text of a canonical name; "" for CV_NAME_NONE or an unknown number. Never NULL. */
const char *cv_name_text(unsigned int name);
/** Unit (enum cv_unit) that values of a canonical name have. */
unsigned int cv_name_unit(unsigned int name);
/** What a canonical name measures ("mass concentration"); "" for an unknown number. Never NULL. */
const char *cv_name_quantity(unsigned int name);
/** Lane (enum cv_lane) of a canonical name's records. */
enum cv_lane cv_name_lane(unsigned int name);
/** Can the quantity have this value? A name without a range has any; no number has none. */
bool cv_name_in_range(unsigned int name, double value);
/**
 * Can the quantity go from one value to the other in that time? True where no bound is known, and
 * where @p from is no number.
 */
bool cv_name_can_change(unsigned int name, double from, double to, double seconds);
/** Text of a unit; "" for CV_UNIT_NONE or an unknown number. Never NULL. */
const char *cv_unit_text(unsigned int unit);
/** Unit by its SenML text, or CV_UNIT_NONE. */
unsigned int cv_unit_by_text(const char *text, size_t len);

#endif
