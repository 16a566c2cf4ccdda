/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of Chinese field protocols: GB 18030 in a field of fixed length, filled up with anything. */
#ifndef CV_GB_TEXT_H
#define CV_GB_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/emit.h"

/** Longest text that is told, bytes; the rest is cut. */
#define CV_GB_TEXT_MAX 510

/** Length of a text without what fills its field up: up to the first zero, without blanks behind. */
size_t cv_gb_trim(const uint8_t *text, size_t len);

/**
 * TLV text from GB 18030, up to the first zero and without the blanks that fill it up; nothing where
 * nothing is left. What is not GB 18030 becomes TLV bytes, and the record is flagged for its encoding.
 */
void cv_gb_text(struct cv_emit *e, struct cv_record *rec, const uint8_t *text, size_t len);

#endif
