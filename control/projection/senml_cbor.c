/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SenML in CBOR (RFC 8428 section 6): an array of indefinite length, so that it can go on. Numbers
 * are the shortest that is exact, a time with a fraction is a decimal fraction (RFC 8949 3.4.4).
 */
#include <math.h>
#include <string.h>

#include "control/projection/senml.h"

/* Labels of RFC 8428 table 4. */
enum {
	LABEL_NAME,
	LABEL_UNIT,
	LABEL_VALUE,
	LABEL_TEXT,
	LABEL_BOOL,
	LABEL_TIME = 6,
	LABEL_DATA = 8
};

/* Major types of RFC 8949 3.1. */
enum { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG };

static void put_byte(struct cv_json *j, uint8_t byte)
{
	cv_json_put(j, &byte, 1);
}

static void put_big_endian(struct cv_json *j, uint64_t v, unsigned int bytes)
{
	while (bytes-- > 0)
		put_byte(j, (uint8_t)(v >> (8 * bytes)));
}

static void put_head(struct cv_json *j, unsigned int major, uint64_t v)
{
	uint8_t top = (uint8_t)(major << 5);

	if (v < 24) {
		put_byte(j, (uint8_t)(top | v));
	} else if (v <= UINT8_MAX) {
		put_byte(j, top | 24);
		put_big_endian(j, v, 1);
	} else if (v <= UINT16_MAX) {
		put_byte(j, top | 25);
		put_big_endian(j, v, 2);
	} else if (v <= UINT32_MAX) {
		put_byte(j, top | 26);
		put_big_endian(j, v, 4);
	} else {
		put_byte(j, top | 27);
		put_big_endian(j, v, 8);
	}
}

static void put_i64(struct cv_json *j, int64_t v)
{
	if (v < 0)
		put_head(j, NEGATIVE, (uint64_t)(-1 - v));
	else
		put_head(j, UNSIGNED, (uint64_t)v);
}

static void put_f64(struct cv_json *j, double v)
{
	float single;
	uint64_t wide;
	uint32_t narrow;

	if (v == rint(v) && fabs(v) <= 9007199254740992.0 && !(v == 0 && signbit(v))) {
		put_i64(j, (int64_t)v);
		return;
	}
	single = fabs(v) <= 3.4028234663852886e38 ? (float)v : 0;
	if (single == v) {
		memcpy(&narrow, &single, sizeof(narrow));
		put_byte(j, 0xfa);
		put_big_endian(j, narrow, 4);
		return;
	}
	memcpy(&wide, &v, sizeof(wide));
	put_byte(j, 0xfb);
	put_big_endian(j, wide, 8);
}

/* As in JSON, a byte that is no part of UTF-8 becomes U+FFFD. */
static void put_text(struct cv_json *j, struct cv_senml_text text)
{
	const uint8_t *p = text.data;
	size_t len = 0, n;

	for (size_t i = 0; i < text.len; i += n ? n : 1) {
		n = cv_utf8_length(p + i, text.len - i);
		len += n ? n : 3;
	}
	put_head(j, TEXT, len);
	for (size_t i = 0; i < text.len; i += n ? n : 1) {
		n = cv_utf8_length(p + i, text.len - i);
		cv_json_put(j, n ? (const char *)p + i : "\xef\xbf\xbd", n ? n : 3);
	}
}

static void put_word(struct cv_json *j, const char *word)
{
	put_text(j, (struct cv_senml_text){word, strlen(word)});
}

static void put_time(struct cv_json *j, int64_t ns)
{
	put_head(j, UNSIGNED, LABEL_TIME);
	if (ns % 1000000000 == 0) {
		put_i64(j, ns / 1000000000);
		return;
	}
	put_head(j, TAG, 4);
	put_head(j, ARRAY, 2);
	put_i64(j, -9);
	put_i64(j, ns);
}

static void put_value(struct cv_json *j, const struct cv_senml_item *item)
{
	static const uint8_t labels[] = {LABEL_VALUE, LABEL_VALUE, LABEL_VALUE,
					 LABEL_BOOL,  LABEL_TEXT,  LABEL_DATA};

	put_head(j, UNSIGNED, labels[item->type]);
	switch (item->type) {
	case CV_SENML_F64:
		put_f64(j, item->value.f64);
		break;
	case CV_SENML_I64:
		put_i64(j, item->value.i64);
		break;
	case CV_SENML_U64:
		put_head(j, UNSIGNED, item->value.u64);
		break;
	case CV_SENML_BOOL:
		put_byte(j, item->value.u64 ? 0xf5 : 0xf4);
		break;
	case CV_SENML_TEXT:
		put_text(j, item->value.text);
		break;
	case CV_SENML_DATA:
		put_head(j, BYTES, item->value.text.len);
		cv_json_put(j, item->value.text.data ? item->value.text.data : "",
			    item->value.text.len);
		break;
	}
}

static void put_item(struct cv_json *out, const struct cv_senml_item *item)
{
	put_head(out, MAP,
		 3u + (item->unit.len > 0) + (item->time_ns != 0) + (item->quality != NULL) +
			 (item->area.len > 0) + (item->gap ? 3 : 0));
	put_head(out, UNSIGNED, LABEL_NAME);
	put_text(out, item->name);
	if (item->unit.len > 0) {
		put_head(out, UNSIGNED, LABEL_UNIT);
		put_text(out, item->unit);
	}
	put_value(out, item);
	if (item->time_ns != 0)
		put_time(out, item->time_ns);
	put_word(out, "id");
	put_text(out, item->id);
	if (item->quality) {
		put_word(out, "quality");
		put_word(out, item->quality);
	}
	if (item->area.len > 0) {
		put_word(out, "area");
		put_text(out, item->area);
	}
	if (item->gap) {
		put_word(out, "reason");
		put_word(out, item->gap->reason);
		put_word(out, "from");
		put_head(out, UNSIGNED, item->gap->from);
		put_word(out, "to");
		put_head(out, UNSIGNED, item->gap->to);
	}
}

static void begin(struct cv_json *out)
{
	put_byte(out, 0x9f);
}

static void put_record(struct cv_json *out, const struct cv_projection_at *at,
		       const struct cv_record *rec)
{
	cv_senml_put_record(out, at, rec, put_item);
}

static void put_gap(struct cv_json *out, const struct cv_projection_at *at,
		    const struct cv_log_gap *gap, enum cv_gap_reason reason)
{
	cv_senml_put_gap(out, at, gap, put_item);
}

static void end(struct cv_json *out)
{
	put_byte(out, 0xff);
}

const struct cv_projection_ops cv_projection_senml_cbor = {
	.begin = begin,
	.record = put_record,
	.gap = put_gap,
	.end = end,
};
