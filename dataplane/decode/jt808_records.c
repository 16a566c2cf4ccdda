/* SPDX-License-Identifier: Apache-2.0 */
/* What all records of a frame have, and the pieces that most have. */
#include <string.h>

#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/jt808.h"
#include "dataplane/normalize/vocabulary.h"

void jt808_put(const struct jt808_frame *f, enum cv_tlv_tag tag, const struct cv_label *l)
{
	cv_emit_tlv(f->d->emit, tag, l->text, l->len);
}

void jt808_put_str(const struct jt808_frame *f, enum cv_tlv_tag tag, const char *text)
{
	cv_emit_tlv(f->d->emit, tag, text, strlen(text));
}

/* "position", "message-f123". */
static void put_method(const struct jt808_frame *f)
{
	const char *name = jt808_name(f->id);
	struct cv_label l = {0};

	if (name != NULL) {
		jt808_put_str(f, CV_TLV_METHOD, name);
		return;
	}
	cv_label_str(&l, "message-");
	cv_label_hex(&l, f->id, 4);
	jt808_put(f, CV_TLV_METHOD, &l);
}

struct cv_record *jt808_begin(const struct jt808_frame *f, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(f->d->emit, lane, kind);

	rec->direction = f->direction;
	rec->device_end = f->direction == CV_DIR_UP ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->quality = f->uncertain ? CV_QUALITY_UNCERTAIN : CV_QUALITY_UNSTATED;
	rec->raw_len = f->size;
	rec->seq = f->serial;
	rec->status = f->id;
	rec->stage = f->stage;
	rec->ts_device_ns = f->ts;
	rec->time_quality = f->time_quality;
	cv_emit_tlv(f->d->emit, CV_TLV_DEVICE, f->device, f->device_len);
	put_method(f);
	return rec;
}

struct cv_record *jt808_named(const struct jt808_frame *f, unsigned int name)
{
	static const uint8_t kinds[CV_LANE_COUNT] = {
		[CV_LANE_ALARM] = CV_KIND_ALARM,
		[CV_LANE_MEASUREMENT] = CV_KIND_MEASUREMENT,
		[CV_LANE_STATUS] = CV_KIND_STATE,
	};
	enum cv_lane lane = cv_name_lane(name);
	struct cv_record *rec = jt808_begin(
		f, lane, f->direction == CV_DIR_DOWN ? CV_KIND_COMMAND : (enum cv_kind)kinds[lane]);

	rec->name_id = (uint16_t)name;
	return rec;
}

void jt808_end(const struct jt808_frame *f)
{
	cv_emit_end(f->d->emit);
}

void jt808_value(const struct jt808_frame *f, unsigned int name, double value, const char *code)
{
	struct cv_record *rec = jt808_named(f, name);

	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = value;
	rec->unit_id = (uint16_t)cv_name_unit(name);
	if (code != NULL)
		jt808_put_str(f, CV_TLV_CODE, code);
	jt808_end(f);
}

void jt808_number(const struct jt808_frame *f, unsigned int name, uint64_t value, const char *code,
		  const struct cv_label *text)
{
	struct cv_record *rec = jt808_named(f, name);

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = value;
	if (code != NULL)
		jt808_put_str(f, CV_TLV_CODE, code);
	if (text != NULL && text->len != 0)
		jt808_put(f, CV_TLV_TEXT, text);
	jt808_end(f);
}

void jt808_text(const struct jt808_frame *f, unsigned int name, const uint8_t *text, size_t len)
{
	struct cv_record *rec;

	if (cv_gb_trim(text, len) == 0)
		return;
	rec = jt808_named(f, name);
	rec->value_type = CV_VALUE_TEXT;
	cv_gb_text(f->d->emit, rec, text, len);
	if (rec->flags & CV_FLAG_ENCODING)
		rec->value_type = CV_VALUE_BYTES;
	jt808_end(f);
}

/*
 * Authentication codes, parameters (dial-up, card server), orders to the terminal (dial-up, upgrade:
 * the first byte says which order) and where to upload films (FTP).
 */
size_t jt808_tellable(const struct jt808_frame *f)
{
	switch (f->id) {
	case 0x0102:
	case 0x0104:
	case 0x8100:
	case 0x8103:
	case 0x9206:
		return 0;
	case 0x8105:
		return f->len != 0;
	default:
		return f->len;
	}
}

void jt808_raw(const struct jt808_frame *f, const char *text)
{
	bool down = f->direction == CV_DIR_DOWN;
	struct cv_record *rec =
		jt808_begin(f, CV_LANE_STATUS, down ? CV_KIND_COMMAND : CV_KIND_STATE);

	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	if (text == NULL && jt808_tellable(f) < f->len)
		text = "withheld";
	if (text != NULL)
		jt808_put_str(f, CV_TLV_TEXT, text);
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, f->body, jt808_tellable(f));
	jt808_end(f);
}

void jt808_bare(const struct jt808_frame *f, enum cv_kind kind)
{
	jt808_begin(f, CV_LANE_STATUS, kind);
	jt808_end(f);
}

uint8_t jt808_time(const uint8_t *bcd, int64_t *ret)
{
	unsigned int part[JT808_TIME], any = 0;
	struct cv_civil c;

	*ret = 0;
	for (unsigned int i = 0; i < JT808_TIME; i++) {
		any |= bcd[i];
		if (bcd[i] >> 4 > 9 || (bcd[i] & 15) > 9)
			return CV_TIME_IMPLAUSIBLE;
		part[i] = (bcd[i] >> 4) * 10u + (bcd[i] & 15);
	}
	if (any == 0)
		return CV_TIME_ABSENT;
	c = (struct cv_civil){
		.year = 2000 + part[0],
		.month = part[1],
		.day = part[2],
		.hour = part[3],
		.minute = part[4],
		.second = part[5],
	};
	return cv_civil_time(&c, CV_BEIJING_S, ret) ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
}

static void put_alarm(const struct jt808_frame *f, unsigned int name, unsigned int bit,
		      const char *code, uint32_t word)
{
	struct cv_record *rec = jt808_named(f, name);
	struct cv_label l = {0}, flag = {0};

	rec->value_type = CV_VALUE_BOOL;
	rec->value.u64 = 1;
	cv_label_str(&l, code);
	cv_label_u32(&l, bit);
	jt808_put(f, CV_TLV_CODE, &l);
	cv_label_hex(&flag, word, 8);
	jt808_put(f, CV_TLV_FLAG, &flag);
	jt808_end(f);
}

void jt808_alarms(const struct jt808_frame *f, uint32_t word, const uint16_t *names,
		  unsigned int count, const char *code)
{
	for (uint32_t left = word; left != 0; left &= left - 1) {
		unsigned int bit = (unsigned int)__builtin_ctz(left);

		if (bit < count && names[bit] != CV_NAME_NONE)
			put_alarm(f, names[bit], bit, code, word);
	}
}

void jt808_bits(struct cv_label *l, uint32_t word, const char *const *names, unsigned int count)
{
	for (; word != 0; word &= word - 1) {
		unsigned int bit = (unsigned int)__builtin_ctz(word);

		if (bit >= count || names[bit] == NULL)
			continue;
		if (l->len != 0)
			cv_label_str(l, ", ");
		cv_label_str(l, names[bit]);
	}
}
