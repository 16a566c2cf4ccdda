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

/** Room for the text of a cursor, also of a member's, bytes, with a terminating zero. */
#define CV_CURSOR_TEXT_MAX (CV_LANE_COUNT * 21 + 32)

/**
 * Place of a member of a consumer group (group.h): it means something only while the members are
 * those of the epoch.
 */
struct cv_member_cursor {
	struct cv_cursor at;
	uint64_t epoch; /* 0 = of no group */
	uint32_t slot; /* which member */
	uint32_t pad; /* 0 */
};

/** @return length of the text, which ends in zero. */
size_t cv_cursor_format(const struct cv_cursor *c, char *buf);

/** @return 0 or -EINVAL: not exactly one number for each lane. */
int cv_cursor_parse(const char *text, struct cv_cursor *ret);

/** The same with "-<epoch>-<slot>" behind it where it is of a group. */
size_t cv_member_cursor_format(const struct cv_member_cursor *c, char *buf);

/** @return 0 or -EINVAL; a cursor of no group has epoch 0. */
int cv_member_cursor_parse(const char *text, struct cv_member_cursor *ret);

/** Decimal digits and nothing else. @return 0 or -EINVAL. */
int cv_sequence_parse(const char *text, size_t len, uint64_t *ret);

#endif
