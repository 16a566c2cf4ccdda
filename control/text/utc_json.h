/* SPDX-License-Identifier: Apache-2.0 */
/* Times and texts of documents. */
#ifndef CV_UTC_JSON_H
#define CV_UTC_JSON_H

#include <jansson.h>
#include <stdint.h>

/** Time as RFC 3339 has it, whole seconds. @param ns since the Unix epoch. */
json_t *cv_utc_json(int64_t ns);

/** The same with milliseconds; null = no such year. */
json_t *cv_utc_json_ms(int64_t ns);

/** A text that came from outside: one that is not UTF-8 says so. */
json_t *cv_text_json(const char *text);

#endif
