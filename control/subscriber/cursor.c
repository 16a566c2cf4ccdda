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

size_t cv_member_cursor_format(const struct cv_member_cursor *c, char *buf)
{
	size_t len = cv_cursor_format(&c->at, buf);
	struct cv_json j = cv_json(buf + len, CV_CURSOR_TEXT_MAX - 1 - len);

	if (c->epoch == 0)
		return len;
	cv_json_lit(&j, "-");
	cv_json_digits(&j, c->epoch, 1);
	cv_json_lit(&j, "-");
	cv_json_digits(&j, c->slot, 1);
	*j.at = '\0';
	return (size_t)(j.at - buf);
}

int cv_member_cursor_parse(const char *text, struct cv_member_cursor *ret)
{
	struct cv_member_cursor c = {.epoch = 0};
	size_t len = strcspn(text, "-"), epoch;
	char lanes[CV_CURSOR_TEXT_MAX];
	uint64_t slot = 0;

	if (len >= sizeof(lanes))
		return -EINVAL;
	memcpy(lanes, text, len);
	lanes[len] = '\0';
	if (cv_cursor_parse(lanes, &c.at) < 0)
		return -EINVAL;
	if (text[len] == '-') {
		text += len + 1;
		epoch = strcspn(text, "-");
		if (cv_sequence_parse(text, epoch, &c.epoch) < 0 || c.epoch == 0 ||
		    text[epoch] != '-' ||
		    cv_sequence_parse(text + epoch + 1, strlen(text + epoch + 1), &slot) < 0 ||
		    slot > UINT32_MAX)
			return -EINVAL;
		c.slot = (uint32_t)slot;
	}
	*ret = c;
	return 0;
}
