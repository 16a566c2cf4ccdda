/* SPDX-License-Identifier: Apache-2.0 */
/* Records of attributes: scaled where the scaler was read, else as they are and flagged raw. */
#include <string.h>

#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/dlms.h"
#include "dataplane/decode/meter_bcd.h"
#include "dataplane/normalize/vocabulary.h"

/* Classes. */
#define CLASS_DATA 1
#define CLASS_REGISTER 3
#define CLASS_EXTENDED 4
#define CLASS_DEMAND 5
#define CLASS_CLOCK 8
#define CLASS_ASSOCIATION 15
#define CLASS_SECURITY 64

#define TIME_SIZE 12
#define NOT_SPECIFIED 0x8000 /* deviation of a time */
#define EXPONENT_MAX 9

static const uint8_t fixed[] = {
	[AXDR_NULL] = 1 + 0,	[AXDR_BOOL] = 1 + 1,	[AXDR_INT32] = 1 + 4,
	[AXDR_UINT32] = 1 + 4,	[13] = 1 + 1,		/* BCD */[AXDR_INT8] = 1 + 1,
	[AXDR_INT16] = 1 + 2,	[AXDR_UINT8] = 1 + 1,	[AXDR_UINT16] = 1 + 2,
	[AXDR_INT64] = 1 + 8,	[AXDR_UINT64] = 1 + 8,	[AXDR_ENUM] = 1 + 1,
	[AXDR_FLOAT32] = 1 + 4, [AXDR_FLOAT64] = 1 + 8, [25] = 1 + TIME_SIZE,
	[26] = 1 + 5,		[27] = 1 + 4,
};

/* A compact array's description is not taken apart. */
static size_t content(struct cv_reader *r, uint8_t type)
{
	r->failed = true;
	return 0;
}

bool dlms_read(struct cv_reader *r, struct cv_axdr *ret)
{
	static const struct cv_axdr_types types = {fixed, sizeof(fixed), content};

	return cv_axdr_read(r, &types, ret);
}

/* Year, month, day, weekday, hour, minute, second, 1/100 s, minutes to UTC, state of the clock. */
uint8_t dlms_time(const uint8_t *at, size_t len, int64_t *ret)
{
	unsigned int deviation;
	struct cv_civil c;

	*ret = 0;
	if (len != TIME_SIZE)
		return CV_TIME_ABSENT;
	deviation = (unsigned int)(at[9] << 8 | at[10]);
	c = (struct cv_civil){
		.year = (unsigned int)(at[0] << 8 | at[1]),
		.month = at[2],
		.day = at[3],
		.hour = at[5],
		.minute = at[6],
		.second = at[7] == 0xff ? 0 : at[7],
	};
	/* Of an unknown zone: no instant. */
	if (deviation == NOT_SPECIFIED)
		return CV_TIME_ABSENT;
	if (!cv_civil_time(&c, -60 * (int16_t)deviation, ret)) {
		*ret = 0;
		return CV_TIME_IMPLAUSIBLE;
	}
	if (at[8] < 100)
		*ret += at[8] * 10000000ll;
	return CV_TIME_DEVICE;
}

static void put_method(struct dlms_apdu *a)
{
	const char *name = "apdu";

	switch (dlms_service(a->tag)) {
#define CASE(id, number, text)                                                                     \
	case number:                                                                               \
		name = text;                                                                       \
		break;
		DLMS_SERVICES(CASE)
#undef CASE
	default:
		break;
	}
	cv_emit_tlv(a->d->emit, CV_TLV_METHOD, name, strlen(name));
}

struct cv_record *dlms_begin(struct dlms_apdu *a, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(a->d->emit, lane, kind);
	const struct dlms_flow *flow = a->d->flow;

	rec->direction = a->up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = a->up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = a->size;
	rec->status = a->tag;
	rec->seq = a->invoke;
	rec->flags |= a->flags;
	rec->ts_device_ns = a->ts;
	rec->time_quality = a->time_quality;
	if (flow->name_len > 0 && flow->station == a->station)
		cv_emit_tlv(a->d->emit, CV_TLV_DEVICE, flow->name, flow->name_len);
	put_method(a);
	return rec;
}

void dlms_text(struct dlms_apdu *a, const char *text)
{
	cv_emit_tlv(a->d->emit, CV_TLV_TEXT, text, strlen(text));
}

static void label_of(struct cv_label *label, const struct dlms_attribute *what)
{
	dlms_obis(label, what->obis);
	cv_label_str(label, "/");
	cv_label_u32(label, what->number);
}

void dlms_put_code(struct dlms_apdu *a, const struct dlms_attribute *what)
{
	struct cv_label code = {0};

	cv_label_u32(&code, what->class);
	cv_label_str(&code, "/");
	label_of(&code, what);
	cv_emit_tlv(a->d->emit, CV_TLV_CODE, code.text, code.len);
}

static void put_raw_name(struct dlms_apdu *a, const struct dlms_attribute *what)
{
	struct cv_label name = {0};

	cv_label_str(&name, "raw.");
	label_of(&name, what);
	cv_emit_tlv(a->d->emit, CV_TLV_NAME, name.text, name.len);
}

static bool printable(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] < 0x20 || at[i] > 0x7e)
			return false;
	return len > 0;
}

static void put_octets(struct dlms_apdu *a, struct cv_record *rec, const struct cv_axdr *value)
{
	bool text = value->type != AXDR_ARRAY && value->type != AXDR_STRUCTURE &&
		    printable(value->at, value->len);

	if (text || value->type == AXDR_UTF8) {
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(a->d->emit, CV_TLV_TEXT, value->at, value->len);
		return;
	}
	rec->value_type = CV_VALUE_BYTES;
	rec->flags |= CV_FLAG_RAW;
	cv_emit_tlv(a->d->emit, CV_TLV_BYTES, value->whole, value->whole_len);
}

void dlms_put_scalar(struct dlms_apdu *a, struct cv_record *rec, const struct cv_axdr *value)
{
	bool negative;
	uint64_t number;

	if (value->type == AXDR_NULL)
		return;
	if (cv_axdr_float(value, &rec->value.f64)) {
		rec->value_type = CV_VALUE_F64;
	} else if (value->type == AXDR_BOOL) {
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = value->at[0] != 0;
	} else if (!cv_axdr_integer(value, &negative, &number)) {
		put_octets(a, rec, value);
	} else {
		rec->value_type = negative ? CV_VALUE_I64 : CV_VALUE_U64;
		rec->value.u64 = negative ? ~number + 1 : number;
	}
}

/* @return false: no number, or one that nobody can mean. */
static bool number_of(const struct cv_axdr *value, int exponent, double *ret)
{
	bool negative;
	uint64_t number;

	if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX)
		return false;
	if (cv_axdr_float(value, ret)) {
		*ret = exponent < 0 ? *ret / meter_scale(1, -exponent)
				    : *ret * meter_scale(1, exponent);
		return true;
	}
	if (!cv_axdr_integer(value, &negative, &number))
		return false;
	*ret = meter_scale(number, exponent);
	if (negative)
		*ret = -*ret;
	return true;
}

static void scaled(struct dlms_apdu *a, const struct dlms_attribute *what,
		   const struct cv_axdr *value)
{
	const struct dlms_scaler *s = dlms_scaler(a, what->obis);
	struct dlms_object o = dlms_object(what->obis);
	bool named = s != NULL && o.name != CV_NAME_NONE && s->unit == o.unit;
	struct cv_record *rec;
	double number;

	if (s == NULL || !number_of(value, s->exponent + (named ? o.shift : 0), &number)) {
		rec = dlms_begin(a, CV_LANE_STATUS, CV_KIND_STATE);
		rec->flags |= value->type == AXDR_NULL ? 0 : CV_FLAG_RAW;
		put_raw_name(a, what);
		dlms_put_scalar(a, rec, value);
	} else {
		rec = dlms_begin(a, named ? cv_name_lane(o.name) : CV_LANE_MEASUREMENT,
				 CV_KIND_MEASUREMENT);
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = number;
		rec->name_id = named ? o.name : CV_NAME_NONE;
		rec->unit_id = (uint16_t)(named ? cv_name_unit(o.name) : dlms_unit(s->unit));
		if (!named)
			put_raw_name(a, what);
	}
	rec->stage = o.stage;
	if (value->type == AXDR_NULL)
		rec->quality = CV_QUALITY_BAD;
	if (o.sub[0] != '\0')
		cv_emit_tlv(a->d->emit, CV_TLV_SUB, o.sub, strlen(o.sub));
	dlms_put_code(a, what);
	cv_emit_end(a->d->emit);
}

/* Exponent and unit: kept for the values, and told. */
static bool scaler_unit(struct dlms_apdu *a, const struct dlms_attribute *what,
			const struct cv_axdr *value)
{
	struct cv_record *rec;

	if (value->type != AXDR_STRUCTURE || value->len != 4 || value->at[0] != AXDR_INT8 ||
	    value->at[2] != AXDR_ENUM)
		return false;
	dlms_keep_scaler(a, what->obis, (int8_t)value->at[1], value->at[3]);
	rec = dlms_begin(a, CV_LANE_STATUS, CV_KIND_STATE);
	rec->value_type = CV_VALUE_I64;
	rec->value.i64 = (int8_t)value->at[1];
	rec->unit_id = (uint16_t)dlms_unit(value->at[3]);
	put_raw_name(a, what);
	dlms_put_code(a, what);
	dlms_text(a, "power of ten");
	cv_emit_end(a->d->emit);
	return true;
}

static void clock(struct dlms_apdu *a, const struct dlms_attribute *what,
		  const struct cv_axdr *value)
{
	struct cv_record *rec = dlms_begin(a, CV_LANE_STATUS, CV_KIND_STATE);

	rec->name_id = CV_NAME_DEVICE_CLOCK;
	rec->unit_id = CV_UNIT_OF_DEVICE_CLOCK;
	rec->time_quality = dlms_time(value->at, value->len, &rec->ts_device_ns);
	dlms_put_code(a, what);
	if (rec->time_quality == CV_TIME_DEVICE) {
		rec->value_type = CV_VALUE_I64;
		rec->value.i64 = rec->ts_device_ns / 1000000000;
	} else { /* of no zone, or none */
		rec->quality = CV_QUALITY_BAD;
		put_octets(a, rec, value);
	}
	cv_emit_end(a->d->emit);
}

static bool is_secret(const struct dlms_attribute *what)
{
	return (what->class == CLASS_ASSOCIATION && what->number == 7) ||
	       what->class == CLASS_SECURITY;
}

void dlms_value(struct dlms_apdu *a, const struct dlms_attribute *what, const struct cv_axdr *value)
{
	static const uint8_t device_name[DLMS_OBIS] = {0, 0, 42, 0, 0, 255};
	bool reg = what != NULL && (what->class == CLASS_REGISTER || what->class == CLASS_EXTENDED);
	bool demand = what != NULL && what->class == CLASS_DEMAND;
	struct cv_record *rec;

	if (a->dry)
		return;
	if (what == NULL) {
		a->flags |= CV_FLAG_UNPAIRED;
	} else if ((reg && what->number == 2) ||
		   (demand && (what->number == 2 || what->number == 3))) {
		scaled(a, what, value);
		return;
	} else if ((reg && what->number == 3) || (demand && what->number == 4)) {
		if (scaler_unit(a, what, value))
			return;
	} else if (what->class == CLASS_CLOCK && what->number == 2) {
		clock(a, what, value);
		return;
	} else if (what->class == CLASS_DATA && what->number == 2 &&
		   memcmp(what->obis, device_name, DLMS_OBIS) == 0) {
		dlms_name(a, 2, (const char *)value->at, value->len);
	}
	rec = dlms_begin(a, CV_LANE_STATUS, CV_KIND_STATE);
	if (what != NULL) {
		dlms_put_code(a, what);
		put_raw_name(a, what);
	} else {
		cv_emit_tlv(a->d->emit, CV_TLV_NAME, "raw.unpaired", 12);
	}
	if (what == NULL || !is_secret(what))
		dlms_put_scalar(a, rec, value);
	cv_emit_end(a->d->emit);
}

void dlms_result(struct dlms_apdu *a, const struct dlms_attribute *what, uint8_t result)
{
	struct cv_record *rec;

	if (a->dry)
		return;
	rec = dlms_begin(a, CV_LANE_STATUS, result == 0 ? CV_KIND_STATE : CV_KIND_ERROR);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = result;
	if (result != 0)
		rec->quality = CV_QUALITY_BAD;
	if (what != NULL)
		dlms_put_code(a, what);
	else
		rec->flags |= CV_FLAG_UNPAIRED;
	cv_emit_end(a->d->emit);
}

void dlms_raw(struct dlms_apdu *a, const struct dlms_attribute *what, const char *text,
	      const uint8_t *data, size_t len)
{
	struct cv_record *rec;

	if (a->dry)
		return;
	rec = dlms_begin(a, CV_LANE_STATUS, CV_KIND_STATE);
	rec->value_type = CV_VALUE_BYTES;
	rec->flags |= CV_FLAG_RAW;
	if (what != NULL)
		dlms_put_code(a, what);
	dlms_text(a, text);
	if (len > 0)
		cv_emit_tlv(a->d->emit, CV_TLV_BYTES, data, len);
	cv_emit_end(a->d->emit);
}
