/* SPDX-License-Identifier: Apache-2.0 */
/* SenML in JSON (RFC 8428 section 5); an array that goes on is a SensML stream (section 4.8). */
#include <string.h>

#include "control/projection/senml.h"

static void put_i64(struct cv_json *j, int64_t v)
{
	if (v < 0)
		cv_json_lit(j, "-");
	cv_json_digits(j, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 1);
}

/* base64url without padding (RFC 4648 section 5). */
static void put_base64(struct cv_json *j, const uint8_t *data, size_t len)
{
	static const char digit[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)data[i] << 16;
		char text[4];

		v |= n > 1 ? (uint32_t)data[i + 1] << 8 : 0;
		v |= n > 2 ? data[i + 2] : 0;
		for (int k = 0; k < 4; k++)
			text[k] = digit[v >> (18 - 6 * k) & 63];
		cv_json_put(j, text, n + 1);
	}
}

/* Seconds with all the digits there are: a double would lose some. */
static void put_time(struct cv_json *j, int64_t ns)
{
	uint64_t left = (uint64_t)ns % 1000000000;
	unsigned int width = 9;

	cv_json_digits(j, (uint64_t)ns / 1000000000, 1);
	if (left == 0)
		return;
	for (; left % 10 == 0; left /= 10)
		width--;
	cv_json_lit(j, ".");
	cv_json_digits(j, left, width);
}

static void put_value(struct cv_json *j, const struct cv_senml_item *item)
{
	static const char *const keys[] = {"v", "v", "v", "vb", "vs", "vd"};

	cv_json_key(j, keys[item->type]);
	switch (item->type) {
	case CV_SENML_F64:
		cv_json_f64(j, item->value.f64);
		break;
	case CV_SENML_I64:
		put_i64(j, item->value.i64);
		break;
	case CV_SENML_U64:
		cv_json_digits(j, item->value.u64, 1);
		break;
	case CV_SENML_BOOL:
		if (item->value.u64)
			cv_json_lit(j, "true");
		else
			cv_json_lit(j, "false");
		break;
	case CV_SENML_TEXT:
		cv_json_string(j, item->value.text.data, item->value.text.len);
		break;
	case CV_SENML_DATA:
		cv_json_lit(j, "\"");
		put_base64(j, item->value.text.data, item->value.text.len);
		cv_json_lit(j, "\"");
		break;
	}
	j->comma = true;
}

static void put_text(struct cv_json *j, const char *key, struct cv_senml_text text)
{
	cv_json_key(j, key);
	cv_json_string(j, text.data, text.len);
}

static void put_number(struct cv_json *j, const char *key, uint64_t v)
{
	cv_json_key(j, key);
	cv_json_digits(j, v, 1);
	j->comma = true;
}

static void put_item(struct cv_json *out, const struct cv_senml_item *item)
{
	if (item->first)
		cv_json_lit(out, "\n");
	else
		cv_json_lit(out, ",\n");
	out->comma = false;
	cv_json_open(out, '{');
	put_text(out, "n", item->name);
	if (item->unit.len > 0)
		put_text(out, "u", item->unit);
	put_value(out, item);
	if (item->time_ns != 0) {
		cv_json_key(out, "t");
		put_time(out, item->time_ns);
		out->comma = true;
	}
	put_text(out, "id", item->id);
	if (item->quality)
		put_text(out, "quality",
			 (struct cv_senml_text){item->quality, strlen(item->quality)});
	if (item->area.len > 0)
		put_text(out, "area", item->area);
	if (item->gap) {
		put_text(out, "reason",
			 (struct cv_senml_text){item->gap->reason, strlen(item->gap->reason)});
		put_number(out, "from", item->gap->from);
		put_number(out, "to", item->gap->to);
	}
	cv_json_close(out, '}');
}

static void begin(struct cv_json *out)
{
	cv_json_lit(out, "[");
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
	cv_json_lit(out, "\n]\n");
}

const struct cv_projection_ops cv_projection_senml = {
	.begin = begin,
	.record = put_record,
	.gap = put_gap,
	.end = end,
};
