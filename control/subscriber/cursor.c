/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/cursor.h"

#include <errno.h>
#include <string.h>

#include "dataplane/normalize/json_write.h"

size_t cv_cursor_format(const struct cv_cursor *c, char *buf)
{
	struct cv_json j = cv_json(buf, CV_CURSOR_TEXT_MAX - 1);

	for (int lane = 0; lane < CV_LANE_COUNT; lane++) {
		if (lane > 0)
			cv_json_lit(&j, ".");
		cv_json_digits(&j, c->next[lane], 1);
	}
	*j.at = '\0';
	return (size_t)(j.at - buf);
}

int cv_sequence_parse(const char *text, size_t len, uint64_t *ret)
{
	uint64_t v = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(text[i] - '0'), &v))
			return -EINVAL;
	}
	*ret = v;
	return 0;
}

int cv_cursor_parse(const char *text, struct cv_cursor *ret)
{
	struct cv_cursor c;

	for (int lane = 0; lane < CV_LANE_COUNT; lane++) {
		size_t len = strcspn(text, ".");
		char stop = lane + 1 < CV_LANE_COUNT ? '.' : '\0';

		if (text[len] != stop || cv_sequence_parse(text, len, &c.next[lane]) < 0)
			return -EINVAL;
		text += len + (stop != '\0');
	}
	*ret = c;
	return 0;
}
