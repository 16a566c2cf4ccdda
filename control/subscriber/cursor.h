/* SPDX-License-Identifier: Apache-2.0 */
/* A subscriber's place: the next sequence of every lane, as "<alarm>.<measurement>.<...>". */
#ifndef CV_CURSOR_H
#define CV_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

struct cv_cursor {
	uint64_t next[CV_LANE_COUNT];
};

/** Room for its text, bytes, with a terminating zero. */
#define CV_CURSOR_TEXT_MAX (CV_LANE_COUNT * 21)

/** @return length of the text, which ends in zero. */
size_t cv_cursor_format(const struct cv_cursor *c, char *buf);

/** @return 0 or -EINVAL: not exactly one number for each lane. */
int cv_cursor_parse(const char *text, struct cv_cursor *ret);

/** Decimal digits and nothing else. @return 0 or -EINVAL. */
int cv_sequence_parse(const char *text, size_t len, uint64_t *ret);

#endif
