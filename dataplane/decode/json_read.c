/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/json_read.h"

#define DEPTH_MAX 8 /* nesting of values that are skipped */

/* A value without parts, or the beginning of one with parts: 1, else 0; -1 malformed. */
static int skip_one(struct cv_json_in *j, uint64_t *objects, int depth)
{
	struct cv_senml_text text;

	if (j->at == j->end)
		return -1;
	switch (*j->at) {
	case '"':
		return cv_json_in_string(j, &text) ? 0 : -1;
	case 't':
		return cv_json_in_word(j, "true", 4) ? 0 : -1;
	case 'f':
		return cv_json_in_word(j, "false", 5) ? 0 : -1;
	case 'n':
		return cv_json_in_word(j, "null", 4) ? 0 : -1;
	case '{':
	case '[':
		if (depth == DEPTH_MAX)
			return -1;
		*objects = *objects << 1 | (*j->at++ == '{');
		return 1;
	default:
		return cv_json_in_skip_number(j) ? 0 : -1;
	}
}

static bool key(struct cv_json_in *j)
{
	struct cv_senml_text text;

	cv_json_in_space(j);
	return cv_json_in_string(j, &text) && cv_json_in_token(j, ':');
}

/* Close what ends here; false when what follows is neither an end nor another part. */
static bool close_parts(struct cv_json_in *j, uint64_t *objects, int *depth)
{
	while (*depth > 0) {
		if (cv_json_in_token(j, ',')) {
			return !(*objects & 1) || key(j);
		} else if (!cv_json_in_token(j, *objects & 1 ? '}' : ']')) {
			return false;
		}
		*objects >>= 1;
		--*depth;
	}
	return true;
}

/* Any value, for fields that are not SenML's. Bit 0 of objects: is the innermost an object? */
bool cv_json_in_skip(struct cv_json_in *j)
{
	uint64_t objects = 0;
	int depth = 0;

	do {
		int nested;

		cv_json_in_space(j);
		nested = skip_one(j, &objects, depth);
		if (nested < 0)
			return false;
		if (nested) {
			depth++;
			if (cv_json_in_token(j, objects & 1 ? '}' : ']')) {
				objects >>= 1;
				depth--;
			} else {
				if ((objects & 1) && !key(j))
					return false;
				continue;
			}
		}
		if (depth > 0 && !close_parts(j, &objects, &depth))
			return false;
	} while (depth > 0);
	return true;
}

static int part(struct cv_json_in *j, bool *first, uint8_t end)
{
	bool was_first = *first;

	*first = false;
	cv_json_in_space(j);
	if (cv_json_in_accept(j, end))
		return 0;
	if (was_first)
		return 1;
	return cv_json_in_token(j, ',') ? 1 : -1;
}

int cv_json_in_member(struct cv_json_in *j, bool *first, struct cv_senml_text *name)
{
	int ret = part(j, first, '}');

	if (ret != 1)
		return ret;
	return cv_json_in_string(j, name) && cv_json_in_token(j, ':') ? 1 : -1;
}

int cv_json_in_item(struct cv_json_in *j, bool *first)
{
	return part(j, first, ']');
}
