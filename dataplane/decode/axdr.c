/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nested values are passed over without recursion: how many are still to come is a number, and each
 * has a byte at least.
 */
#include "dataplane/decode/axdr.h"

#include <string.h>

size_t cv_axdr_length(struct cv_reader *r)
{
	uint8_t first = cv_read_u8(r);

	if (first < 0x80)
		return first;
	if (first == 0x81)
		return cv_read_u8(r);
	if (first == 0x82)
		return cv_read_be16(r);
	r->failed = true;
	return 0;
}

void cv_axdr_octets(struct cv_reader *r)
{
	cv_read_bytes(r, cv_axdr_length(r));
}

static bool has_length(uint8_t type)
{
	return type == AXDR_BITS || type == AXDR_OCTETS || type == AXDR_VISIBLE ||
	       type == AXDR_UTF8 || (type >= 85 && type <= 87); /* addresses and codes of 698.45 */
}

/* One value without those in it. @return how many values are in it. */
static size_t skip_head(struct cv_reader *r, const struct cv_axdr_types *types)
{
	uint8_t type = cv_read_u8(r);

	if (type == AXDR_ARRAY || type == AXDR_STRUCTURE)
		return cv_axdr_length(r);
	if (type < types->count && types->fixed[type] != 0) {
		cv_read_bytes(r, types->fixed[type] - 1u);
		return 0;
	}
	switch (type) {
	case AXDR_BITS:
		cv_read_bytes(r, (cv_axdr_length(r) + 7) / 8);
		return 0;
	case AXDR_OCTETS:
	case AXDR_VISIBLE:
	case AXDR_UTF8:
		cv_axdr_octets(r);
		return 0;
	default:
		return types->content(r, type);
	}
}

bool cv_axdr_read(struct cv_reader *r, const struct cv_axdr_types *types, struct cv_axdr *ret)
{
	struct cv_reader head = *r;
	struct cv_axdr value = {.whole = r->cur};
	size_t open = 1;

	value.type = cv_read_u8(&head);
	if (value.type == AXDR_ARRAY || value.type == AXDR_STRUCTURE)
		value.count = (uint32_t)cv_axdr_length(&head);
	else if (has_length(value.type))
		cv_axdr_length(&head);
	while (open > 0 && !r->failed) {
		open += skip_head(r, types) - 1;
		if (open > cv_reader_left(r))
			r->failed = true;
	}
	if (r->failed)
		return false;
	value.at = head.cur < r->cur ? head.cur : r->cur;
	value.len = (size_t)(r->cur - value.at);
	value.whole_len = (size_t)(r->cur - value.whole);
	*ret = value;
	return true;
}

bool cv_axdr_integer(const struct cv_axdr *value, bool *negative, uint64_t *ret)
{
	bool has_sign = value->type == AXDR_INT8 || value->type == AXDR_INT16 ||
			value->type == AXDR_INT32 || value->type == AXDR_INT64;
	uint64_t number = 0;

	if (!has_sign && value->type != AXDR_UINT8 && value->type != AXDR_UINT16 &&
	    value->type != AXDR_UINT32 && value->type != AXDR_UINT64 && value->type != AXDR_ENUM &&
	    value->type != AXDR_BOOL)
		return false;
	for (size_t i = 0; i < value->len; i++)
		number = number << 8 | value->at[i];
	*negative = has_sign && value->at[0] & 0x80;
	if (*negative) /* the bits above are ones too */
		number = ~(number - 1) & (value->len < 8 ? (1ull << 8 * value->len) - 1 : ~0ull);
	*ret = number;
	return true;
}

bool cv_axdr_float(const struct cv_axdr *value, double *ret)
{
	uint64_t bits = 0;
	uint32_t few;
	float narrow;

	if (value->type != AXDR_FLOAT32 && value->type != AXDR_FLOAT64)
		return false;
	for (size_t i = 0; i < value->len; i++)
		bits = bits << 8 | value->at[i];
	if (value->type == AXDR_FLOAT64) {
		memcpy(ret, &bits, sizeof(bits));
		return true;
	}
	few = (uint32_t)bits;
	memcpy(&narrow, &few, sizeof(narrow));
	*ret = narrow;
	return true;
}
