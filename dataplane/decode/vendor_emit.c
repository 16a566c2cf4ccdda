/* SPDX-License-Identifier: Apache-2.0 */
/* Records of described frames, a field each. */
#include <math.h>
#include <string.h>

#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/device_time.h"
#include "dataplane/decode/judge.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/text.h"
#include "dataplane/decode/vendor.h"
#include "dataplane/normalize/vocabulary.h"

/* What all records of a frame share. */
struct frame {
	struct cv_decode *d;
	const struct cv_gen_vendor *v;
	const uint8_t *data;
	size_t len;
	uint32_t type;
	struct cv_label id; /* as text */
	bool has_time, time_known;
	int64_t time_ns;
};

static void put_hex(struct cv_label *l, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		const char pair[2] = {digits[data[i] >> 4], digits[data[i] & 15]};

		cv_label_bytes(l, pair, sizeof(pair));
	}
}

/* Up to a zero byte, without blanks at the end. */
static size_t text_length(const uint8_t *data, size_t size)
{
	const uint8_t *zero = memchr(data, 0, size);
	size_t len = zero ? (size_t)(zero - data) : size;

	while (len > 0 && data[len - 1] == ' ')
		len--;
	return len;
}

static void read_id(struct frame *f)
{
	const struct cv_gen_vendor *v = f->v;
	const uint8_t *at = f->data + v->id_at;
	size_t len = text_length(at, v->id_size);

	if (v->id_size == 0)
		return;
	if (v->id_format == CV_VENDOR_ID_UINT)
		cv_label_u64(&f->id, vendor_uint(at, v->id_size, v->id_big));
	else if (v->id_format == CV_VENDOR_ID_ASCII && cv_utf8_valid(at, len))
		cv_label_bytes(&f->id, at, len);
	else
		put_hex(&f->id, at, v->id_size < 44 ? v->id_size : 44);
}

static unsigned int bcd_byte(uint8_t byte)
{
	return (byte >> 4) * 10u + (byte & 15u);
}

static void read_time(struct frame *f)
{
	const uint8_t *at = f->data + f->v->time_at;
	struct cv_civil c;

	f->has_time = f->v->time_format != CV_VENDOR_TIME_NONE;
	if (f->v->time_format == CV_VENDOR_TIME_EPOCH) {
		f->time_known = true;
		f->time_ns = (int64_t)vendor_uint(at, 4, f->v->time_big) * 1000000000;
	}
	if (f->v->time_format != CV_VENDOR_TIME_BCD)
		return;
	for (int i = 0; i < 6; i++) {
		if ((at[i] & 15) > 9 || at[i] >> 4 > 9)
			return;
	}
	c = (struct cv_civil){2000 + bcd_byte(at[0]), bcd_byte(at[1]), bcd_byte(at[2]),
			      bcd_byte(at[3]),	      bcd_byte(at[4]), bcd_byte(at[5])};
	f->time_known = cv_civil_time(&c, CV_BEIJING_S, &f->time_ns);
}

static struct cv_record *begin(struct frame *f, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(f->d->emit, lane, kind);
	bool client = f->d->datagram || f->d->from_client;

	rec->raw_len = (uint32_t)f->len;
	rec->status = (uint16_t)f->type;
	if (rec->direction == CV_DIR_UNKNOWN && !f->d->datagram)
		rec->direction = client ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = rec->direction == CV_DIR_DOWN ? CV_DEVICE_END_DST : CV_DEVICE_END_SRC;
	if (f->has_time)
		cv_device_time_ns(rec, f->time_known, f->time_ns);
	if (f->id.len != 0)
		cv_emit_tlv(f->d->emit, CV_TLV_DEVICE, f->id.text, f->id.len);
	cv_emit_tlv(f->d->emit, CV_TLV_METHOD, f->v->name, strlen(f->v->name));
	return rec;
}

/* Integers and decimal digits; false where the digits are none. */
static bool number_of(const struct cv_gen_vendor_field *field, const uint8_t *at, int64_t *ret)
{
	uint64_t value = 0;
	unsigned int bits;

	if (field->type == CV_VENDOR_TYPE_BCD) {
		for (unsigned int i = 0; i < field->size; i++) {
			uint8_t byte = at[field->big ? i : field->size - 1u - i];

			if (byte >> 4 > 9 || (byte & 15) > 9)
				return false;
			value = value * 100 + bcd_byte(byte);
		}
		*ret = (int64_t)value;
		return true;
	}
	value = vendor_uint(at, field->size, field->big);
	bits = field->size * 8u;
	if (field->bits != 0) {
		value >>= field->bit;
		bits = field->bits;
		value &= (UINT64_C(1) << bits) - 1;
	}
	if ((field->type == CV_VENDOR_TYPE_S8 || field->type == CV_VENDOR_TYPE_S16 ||
	     field->type == CV_VENDOR_TYPE_S24 || field->type == CV_VENDOR_TYPE_S32) &&
	    value >> (bits - 1) & 1)
		value |= UINT64_MAX << bits;
	*ret = (int64_t)value;
	return true;
}

static double float_of(const struct cv_gen_vendor_field *field, const uint8_t *at)
{
	uint64_t bits = vendor_uint(at, field->size, field->big);
	uint32_t half = (uint32_t)bits;
	double f64;
	float f32;

	memcpy(&f32, &half, sizeof(f32));
	memcpy(&f64, &bits, sizeof(f64));
	return field->type == CV_VENDOR_TYPE_F32 ? (double)f32 : f64;
}

/* By a power of ten that is exact in a double, so that one rounding gives the nearest. */
static double scaled(const struct cv_gen_vendor_field *field, double number)
{
	double power = 1;

	for (int i = field->shift < 0 ? -field->shift : field->shift; i > 0; i--)
		power *= 10;
	number = field->shift < 0 ? number / power : number * power;
	return number * field->factor + field->offset;
}

static void put_real(struct cv_record *rec, double value)
{
	if (isfinite(value)) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = value;
	} else {
		rec->quality = CV_QUALITY_BAD;
		rec->flags |= CV_FLAG_RANGE;
	}
}

/* The number, or what it is called, beside it as the code. */
static void put_integer(struct frame *f, struct cv_record *rec,
			const struct cv_gen_vendor_field *field, int64_t number)
{
	const struct cv_gen_vendor_text *texts =
		cv_generation_at(f->d->gen, f->d->gen->vendor_texts);
	struct cv_label code = {0};

	for (uint32_t i = field->first; i < field->first + field->count; i++) {
		if ((int64_t)texts[i].value != number)
			continue;
		cv_label_u64(&code, (uint64_t)number);
		cv_emit_tlv(f->d->emit, CV_TLV_CODE, code.text, code.len);
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, texts[i].text, strlen(texts[i].text));
		return;
	}
	put_real(rec, scaled(field, (double)number));
}

static void put_bytes(struct frame *f, struct cv_record *rec,
		      const struct cv_gen_vendor_field *field, const uint8_t *at)
{
	size_t len = text_length(at, field->size);

	if (field->type == CV_VENDOR_TYPE_ASCII && cv_utf8_valid(at, len)) {
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, at, len);
		return;
	}
	if (field->type == CV_VENDOR_TYPE_ASCII)
		rec->flags |= CV_FLAG_ENCODING;
	rec->value_type = CV_VALUE_BYTES;
	rec->flags |= CV_FLAG_RAW;
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, at, field->size);
}

static enum cv_kind kind_of(enum cv_lane lane)
{
	return lane == CV_LANE_ALARM	? CV_KIND_ALARM
	       : lane == CV_LANE_STATUS ? CV_KIND_STATE
					: CV_KIND_MEASUREMENT;
}

/* @return false: the frame does not have it, or it is an alarm that is not given. */
static bool emit_field(struct frame *f, const struct cv_gen_vendor_field *field)
{
	enum cv_lane lane = field->name_id ? cv_name_lane(field->name_id) : CV_LANE_MEASUREMENT;
	const uint8_t *at = f->data + field->at;
	bool integer = field->type <= CV_VENDOR_TYPE_S32 || field->type == CV_VENDOR_TYPE_BCD;
	struct cv_record *rec;
	int64_t number = 0;
	bool good = true;

	if ((size_t)field->at + field->size > f->len ||
	    (field->when != CV_VENDOR_ANY && field->when != f->type))
		return false;
	if (integer)
		good = number_of(field, at, &number);
	if (lane == CV_LANE_ALARM && good && integer &&
	    (field->equals == CV_VENDOR_ANY ? number == 0 : number != (int64_t)field->equals))
		return false;
	rec = begin(f, lane, kind_of(lane));
	rec->name_id = field->name_id;
	rec->unit_id = field->unit_id;
	if (field->name_id == 0)
		cv_emit_tlv(f->d->emit, CV_TLV_NAME, field->name, strlen(field->name));
	if (field->unit_id == 0 && field->unit_name[0])
		cv_emit_tlv(f->d->emit, CV_TLV_UNIT, field->unit_name, strlen(field->unit_name));
	if (!good) {
		rec->quality = CV_QUALITY_BAD;
		put_bytes(f, rec, field, at);
	} else if (integer && field->equals != CV_VENDOR_ANY) {
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = number == (int64_t)field->equals;
	} else if (integer) {
		put_integer(f, rec, field, number);
	} else if (field->type == CV_VENDOR_TYPE_F32 || field->type == CV_VENDOR_TYPE_F64) {
		put_real(rec, scaled(field, float_of(field, at)));
	} else {
		put_bytes(f, rec, field, at);
	}
	cv_emit_end(f->d->emit);
	return true;
}

static void tell_policy(const struct frame *f)
{
	const struct cv_app_fact who = {
		.kind = CV_APP_IDENTITY,
		.text = (const uint8_t *)f->id.text,
		.len = f->id.len,
	};

	cv_judge_type(f->d->judge, f->type);
	if (f->id.len != 0)
		cv_judge_fact(f->d->judge, &who);
}

void vendor_emit(struct cv_decode *d, const struct cv_gen_vendor *v, const uint8_t *data,
		 size_t len)
{
	const struct cv_gen_vendor_field *fields = cv_generation_at(d->gen, d->gen->vendor_fields);
	struct frame f = {.d = d, .v = v, .data = data, .len = len};
	unsigned int made = 0;
	struct cv_record *rec;

	f.type = (uint32_t)vendor_uint(data + v->type_at, v->type_size, v->type_big);
	read_id(&f);
	read_time(&f);
	if (d->judge != NULL)
		tell_policy(&f);
	for (uint32_t i = 0; i < v->count; i++)
		made += emit_field(&f, &fields[v->first + i]);
	if (made != 0)
		return;
	/* Nothing that the description knows: the frame as it came. */
	rec = begin(&f, CV_LANE_STATUS, CV_KIND_STATE);
	rec->name_id = CV_NAME_NETWORK_VENDOR_PAYLOAD;
	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(d->emit, CV_TLV_BYTES, data, len);
	cv_emit_end(d->emit);
}
