/* SPDX-License-Identifier: Apache-2.0 */
/* Types of values beside those that DLMS has, addresses, times. */
#include <string.h>

#include "dataplane/decode/dlt698.h"
#include "dataplane/decode/meter_bcd.h"

/* Bytes of types that always have as many, plus one; 0 = another type. */
static const uint8_t fixed[] = {
	[AXDR_NULL] = 1 + 0,
	[AXDR_BOOL] = 1 + 1,
	[AXDR_INT32] = 1 + 4,
	[AXDR_UINT32] = 1 + 4,
	[AXDR_INT8] = 1 + 1,
	[AXDR_INT16] = 1 + 2,
	[AXDR_UINT8] = 1 + 1,
	[AXDR_UINT16] = 1 + 2,
	[AXDR_INT64] = 1 + 8,
	[AXDR_UINT64] = 1 + 8,
	[AXDR_ENUM] = 1 + 1,
	[AXDR_FLOAT32] = 1 + 4,
	[AXDR_FLOAT64] = 1 + 8,
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

static void skip_road(struct cv_reader *r)
{
	cv_read_bytes(r, 4);
	cv_read_bytes(r, 4 * cv_axdr_length(r));
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
	for (size_t n = cv_axdr_length(r); n > 0 && !r->failed; n--)
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
		cv_axdr_octets(r);
		break;
	case 3:
		for (n = cv_axdr_length(r); n > 0 && !r->failed; n--)
			cv_axdr_octets(r);
		break;
	case 4:
		cv_read_bytes(r, 2 * cv_axdr_length(r));
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
	case DLT698_TSA:
	case DLT698_MAC:
	case DLT698_RN:
		cv_axdr_octets(r);
		return 0;
	case DLT698_SID_MAC:
		cv_read_bytes(r, 4);
		cv_axdr_octets(r);
		cv_axdr_octets(r);
		return 0;
	case DLT698_SID:
		cv_read_bytes(r, 4);
		cv_axdr_octets(r);
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

bool dlt698_read(struct cv_reader *r, struct cv_axdr *ret)
{
	static const struct cv_axdr_types types = {fixed, sizeof(fixed), skip_content};

	return cv_axdr_read(r, &types, ret);
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
