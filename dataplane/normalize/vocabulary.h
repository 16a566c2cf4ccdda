/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipped vocabulary: canonical names and SenML units (RFC 8428 section 12.1). One list feeds
 * the numbers in the records and their texts. Append-only: numbers are in the event log.
 */
#ifndef CV_VOCABULARY_H
#define CV_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/vocabulary_list.h" /* CV_NAMES(X) and CV_UNITS(X) */

#define CV_NAME_ROW(id, text, unit) CV_NAME_##id,
#define CV_UNIT_ROW(id, text) CV_UNIT_##id,
enum cv_name { CV_NAME_NONE, CV_NAMES(CV_NAME_ROW) CV_NAME_COUNT };
enum cv_unit { CV_UNIT_NONE, CV_UNITS(CV_UNIT_ROW) CV_UNIT_COUNT };

/** Text of a canonical name; "" for CV_NAME_NONE or an unknown number. Never NULL. */
const char *cv_name_text(unsigned int name);
/** Unit (enum cv_unit) that values of a canonical name have. */
unsigned int cv_name_unit(unsigned int name);
/** Text of a unit; "" for CV_UNIT_NONE or an unknown number. Never NULL. */
const char *cv_unit_text(unsigned int unit);
/** Unit by its SenML text, or CV_UNIT_NONE. */
unsigned int cv_unit_by_text(const char *text, size_t len);

#endif
