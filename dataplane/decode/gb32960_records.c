/* SPDX-License-Identifier: Apache-2.0 */
/* What all records of a frame have, and values. */
#include <string.h>

#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/gb32960.h"
#include "dataplane/normalize/vocabulary.h"

void gb32960_put(const struct gb32960_frame *f, enum cv_tlv_tag tag, const struct cv_label *l)
{
	cv_emit_tlv(f->d->emit, tag, l->text, l->len);
}

void gb32960_put_str(const struct gb32960_frame *f, enum cv_tlv_tag tag, const char *text)
{
	cv_emit_tlv(f->d->emit, tag, text, strlen(text));
}

void gb32960_end(const struct gb32960_frame *f)
{
	cv_emit_end(f->d->emit);
}

static void put_method(const struct gb32960_frame *f)
{
	const char *name = gb32960_name(f->command);
	struct cv_label l = {0};

	if (name != NULL) {
		gb32960_put_str(f, CV_TLV_METHOD, name);
		return;
	}
	cv_label_str(&l, "command-");
	cv_label_hex(&l, f->command, 2);
	gb32960_put(f, CV_TLV_METHOD, &l);
}

struct cv_record *gb32960_begin(const struct gb32960_frame *f, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(f->d->emit, lane, kind);

	rec->direction = f->direction;
	rec->device_end = f->direction == CV_DIR_UP ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	/* 0 is no way of encryption; what sends it does not encrypt. */
	rec->quality = f->encryption == 0 ? CV_QUALITY_UNCERTAIN : CV_QUALITY_UNSTATED;
	rec->raw_len = f->size;
	rec->seq = f->serial;
	rec->status = f->command;
	rec->stage = f->stage;
	rec->ts_device_ns = f->ts;
	rec->time_quality = f->time_quality;
	if (f->device_len != 0)
		cv_emit_tlv(f->d->emit, CV_TLV_DEVICE, f->device, f->device_len);
	put_method(f);
	return rec;
}

struct cv_record *gb32960_named(const struct gb32960_frame *f, unsigned int name, const char *code,
				const struct cv_label *sub)
{
	static const uint8_t kinds[CV_LANE_COUNT] = {
		[CV_LANE_ALARM] = CV_KIND_ALARM,
		[CV_LANE_MEASUREMENT] = CV_KIND_MEASUREMENT,
		[CV_LANE_STATUS] = CV_KIND_STATE,
	};
	enum cv_lane lane = cv_name_lane(name);
	struct cv_record *rec = gb32960_begin(f, lane, (enum cv_kind)kinds[lane]);

	rec->name_id = (uint16_t)name;
	rec->unit_id = (uint16_t)cv_name_unit(name);
	if (code != NULL)
		gb32960_put_str(f, CV_TLV_CODE, code);
	if (sub != NULL)
		gb32960_put(f, CV_TLV_SUB, sub);
	return rec;
}

void gb32960_raw(const struct gb32960_frame *f, const char *text, const uint8_t *at, size_t len)
{
	bool down = f->direction == CV_DIR_DOWN;
	struct cv_record *rec =
		gb32960_begin(f, CV_LANE_STATUS, down ? CV_KIND_COMMAND : CV_KIND_STATE);

	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	if (text != NULL)
		gb32960_put_str(f, CV_TLV_TEXT, text);
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, at, len);
	gb32960_end(f);
}

void gb32960_value(const struct gb32960_frame *f, const struct gb32960_field *field, uint32_t raw,
		   const char *code, const struct cv_label *sub)
{
	uint32_t invalid = UINT32_MAX >> 8 * (4 - field->width);
	struct cv_record *rec = gb32960_named(f, field->name, code, sub);

	if (raw >= invalid - 1) {
		rec->quality = CV_QUALITY_BAD;
		gb32960_put_str(f, CV_TLV_FLAG, raw == invalid ? "invalid" : "abnormal");
	} else if (field->word) {
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = raw;
		if (raw < field->count && field->texts[raw] != NULL)
			gb32960_put_str(f, CV_TLV_TEXT, field->texts[raw]);
	} else {
		/* One division of two whole numbers: rounded once. */
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = (double)((int64_t)raw * field->times - field->offset) / field->by;
	}
	gb32960_end(f);
}

static uint32_t read_width(struct cv_reader *r, unsigned int width)
{
	return width == 1 ? cv_read_u8(r) : width == 2 ? cv_read_be16(r) : cv_read_be32(r);
}

void gb32960_fields(const struct gb32960_frame *f, const struct gb32960_field *fields,
		    unsigned int count, unsigned int item, const struct cv_label *sub,
		    struct cv_reader *r)
{
	for (unsigned int i = 0; i < count; i++) {
		uint32_t raw = read_width(r, fields[i].width);
		struct cv_label code = {0};

		if (r->failed)
			return;
		if (fields[i].name == CV_NAME_NONE)
			continue;
		cv_label_hex(&code, item >> 8, 2);
		cv_label_str(&code, ".");
		cv_label_u32(&code, (item & 0xff) + i);
		cv_label_bytes(&code, "", 1);
		gb32960_value(f, &fields[i], raw, code.text, sub);
	}
}

uint8_t gb32960_time(const uint8_t *at, int64_t *ret)
{
	const struct cv_civil c = {
		.year = 2000u + at[0],
		.month = at[1],
		.day = at[2],
		.hour = at[3],
		.minute = at[4],
		.second = at[5],
	};

	*ret = 0;
	if ((at[0] | at[1] | at[2] | at[3] | at[4] | at[5]) == 0)
		return CV_TIME_ABSENT;
	return cv_civil_time(&c, CV_BEIJING_S, ret) ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
}
