/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values in A-XDR: a tag, a count or length where the type needs one, the content. Nested values are
 * passed over without recursion: how many are still to come is a number, and each has a byte at least.
 */
#include <string.h>

#include "dataplane/decode/dlt698.h"
#include "dataplane/decode/meter_bcd.h"

/* Bytes of types that always have as many, plus one; 0 = another type. */
static const uint8_t fixed[] = {
	[DLT698_NULL] = 1 + 0,
	[DLT698_BOOL] = 1 + 1,
	[DLT698_INT32] = 1 + 4,
	[DLT698_UINT32] = 1 + 4,
	[DLT698_INT8] = 1 + 1,
	[DLT698_INT16] = 1 + 2,
	[DLT698_UINT8] = 1 + 1,
	[DLT698_UINT16] = 1 + 2,
	[DLT698_INT64] = 1 + 8,
	[DLT698_UINT64] = 1 + 8,
	[DLT698_ENUM] = 1 + 1,
	[DLT698_FLOAT32] = 1 + 4,
	[DLT698_FLOAT64] = 1 + 8,
	[DLT698_DATE_TIME] = 1 + 10,
	[26] = 1 + 5, /* date */
	[27] = 1 + 3, /* time */
	[DLT698_DATE_TIME_S] = 1 + 7,
	[80] = 1 + 2, /* OI */
	[81] = 1 + 4, /* OAD */
	[83] = 1 + 4, /* OMD */
	[84] = 1 + 3, /* TI */
	[89] = 1 + 2, /* scaler and unit */
	[95] = 1 + 5, /* COMDCB */
};

size_t dlt698_length(struct cv_reader *r)
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

static void skip_octets(struct cv_reader *r)
{
	cv_read_bytes(r, dlt698_length(r));
}

static void skip_road(struct cv_reader *r)
{
	cv_read_bytes(r, 4);
	cv_read_bytes(r, 4 * dlt698_length(r));
}

static void skip_one_csd(struct cv_reader *r)
{
	switch (cv_read_u8(r)) {
	case 0:
		cv_read_bytes(r, 4);
		break;
	case 1:
		skip_road(r);
		break;
	default:
		r->failed = true;
		break;
	}
}

void dlt698_skip_csd(struct cv_reader *r)
{
	for (size_t n = dlt698_length(r); n > 0 && !r->failed; n--)
		skip_one_csd(r);
}

/* Set of meters. */
static void skip_meters(struct cv_reader *r)
{
	size_t n;

	switch (cv_read_u8(r)) {
	case 0:
	case 1:
		break;
	case 2:
		skip_octets(r);
		break;
	case 3:
		for (n = dlt698_length(r); n > 0 && !r->failed; n--)
			skip_octets(r);
		break;
	case 4:
		cv_read_bytes(r, 2 * dlt698_length(r));
		break;
	default: /* regions: not met */
		r->failed = true;
		break;
	}
}

/* Selection of rows. @return values that follow. */
static size_t skip_selection(struct cv_reader *r)
{
	switch (cv_read_u8(r)) {
	case 0:
		return 0;
	case 1:
		cv_read_bytes(r, 4);
		return 1;
	case 2:
		cv_read_bytes(r, 4);
		return 3;
	case 4:
	case 5:
		cv_read_bytes(r, 7);
		skip_meters(r);
		return 0;
	case 6:
	case 7:
	case 8:
		cv_read_bytes(r, 7 + 7 + 3);
		skip_meters(r);
		return 0;
	case 9:
		cv_read_bytes(r, 1);
		return 0;
	case 10:
		cv_read_bytes(r, 1);
		skip_meters(r);
		return 0;
	default: /* 3, several selections of kind 2: not met */
		r->failed = true;
		return 0;
	}
}

/* Content of the types that are neither of fixed length nor nested. @return values that follow. */
static size_t skip_content(struct cv_reader *r, uint8_t type)
{
	switch (type) {
	case DLT698_BITS:
		cv_read_bytes(r, (dlt698_length(r) + 7) / 8);
		return 0;
	case DLT698_OCTETS:
	case DLT698_VISIBLE:
	case DLT698_UTF8:
	case DLT698_TSA:
	case DLT698_MAC:
	case DLT698_RN:
		skip_octets(r);
		return 0;
	case DLT698_SID_MAC:
		cv_read_bytes(r, 4);
		skip_octets(r);
		skip_octets(r);
		return 0;
	case DLT698_SID:
		cv_read_bytes(r, 4);
		skip_octets(r);
		return 0;
	case DLT698_ROAD:
		skip_road(r);
		return 0;
	case DLT698_CSD:
		skip_one_csd(r);
		return 0;
	case DLT698_RCSD:
		dlt698_skip_csd(r);
		return 0;
	case DLT698_MS:
		skip_meters(r);
		return 0;
	case DLT698_RSD:
		return skip_selection(r);
	case DLT698_REGION:
		cv_read_bytes(r, 1);
		return 2;
	default:
		r->failed = true;
		return 0;
	}
}

static bool has_length(uint8_t type)
{
	return type == DLT698_BITS || type == DLT698_OCTETS || type == DLT698_VISIBLE ||
	       type == DLT698_UTF8 || type == DLT698_TSA || type == DLT698_MAC || type == DLT698_RN;
}

/* One value without those in it. @return how many values are in it. */
static size_t skip_head(struct cv_reader *r)
{
	uint8_t type = cv_read_u8(r);

	if (type == DLT698_ARRAY || type == DLT698_STRUCTURE)
		return dlt698_length(r);
	if (type < sizeof(fixed) && fixed[type] != 0) {
		cv_read_bytes(r, fixed[type] - 1u);
		return 0;
	}
	return skip_content(r, type);
}

bool dlt698_read(struct cv_reader *r, struct dlt698_data *ret)
{
	struct cv_reader head = *r;
	struct dlt698_data data = {.whole = r->cur};
	size_t open = 1;

	data.type = cv_read_u8(&head);
	if (data.type == DLT698_ARRAY || data.type == DLT698_STRUCTURE)
		data.count = (uint32_t)dlt698_length(&head);
	else if (has_length(data.type))
		dlt698_length(&head);
	while (open > 0 && !r->failed) {
		open += skip_head(r) - 1;
		if (open > cv_reader_left(r))
			r->failed = true;
	}
	if (r->failed)
		return false;
	data.at = head.cur;
	data.len = (size_t)(r->cur - head.cur);
	data.whole_len = (size_t)(r->cur - data.whole);
	*ret = data;
	return true;
}

bool dlt698_integer(const struct dlt698_data *data, bool *negative, uint64_t *ret)
{
	bool has_sign = data->type == DLT698_INT8 || data->type == DLT698_INT16 ||
			data->type == DLT698_INT32 || data->type == DLT698_INT64;
	uint64_t number = 0;

	if (!has_sign && data->type != DLT698_UINT8 && data->type != DLT698_UINT16 &&
	    data->type != DLT698_UINT32 && data->type != DLT698_UINT64 &&
	    data->type != DLT698_ENUM && data->type != DLT698_BOOL)
		return false;
	for (size_t i = 0; i < data->len; i++)
		number = number << 8 | data->at[i];
	*negative = has_sign && data->at[0] & 0x80;
	if (*negative) /* the bits above are ones too */
		number = ~(number - 1) & (data->len < 8 ? (1ull << 8 * data->len) - 1 : ~0ull);
	*ret = number;
	return true;
}

uint8_t dlt698_time(const uint8_t *at, size_t len, int64_t *ret)
{
	bool milliseconds = len == 10; /* date_time: with weekday and milliseconds */
	size_t day = 3, hour = milliseconds ? 5 : 4;
	struct cv_civil c;

	*ret = 0;
	if (meter_missing(at, len))
		return CV_TIME_ABSENT;
	if (len != 7 && len != 10)
		return CV_TIME_IMPLAUSIBLE;
	c = (struct cv_civil){
		.year = (unsigned int)(at[0] << 8 | at[1]),
		.month = at[2],
		.day = at[day],
		.hour = at[hour],
		.minute = at[hour + 1],
		.second = at[hour + 2],
	};
	if (!cv_civil_time(&c, CV_BEIJING_S, ret)) {
		*ret = 0;
		return CV_TIME_IMPLAUSIBLE;
	}
	if (milliseconds && (at[8] << 8 | at[9]) < 1000)
		*ret += (int64_t)(at[8] << 8 | at[9]) * 1000000;
	return CV_TIME_DEVICE;
}

/* Feature byte (kind, logical address, length less one) and digits, high first. */
bool dlt698_tsa(const uint8_t *at, size_t len, struct dlt698_address *ret)
{
	static const char digit[] = "0123456789";
	struct dlt698_address a = {0};
	size_t skip = 1;

	if (len < 2 || at[0] >> 6 != 0 || len != (at[0] & 0xfu) + 2u)
		return false;
	a.logical = at[0] >> 4 & 1;
	if (at[0] & 0x20)
		a.logical = at[skip++];
	for (size_t i = 2 * skip; i < 2 * len; i++) {
		unsigned int d = i % 2 ? at[i / 2] & 0xfu : at[i / 2] >> 4;

		if (d == 0xf && i == 2 * len - 1)
			break;
		if (d > 9)
			return false;
		a.text[a.len++] = digit[d];
	}
	if (a.len == 0)
		return false;
	*ret = a;
	return true;
}
