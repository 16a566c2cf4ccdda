/* SPDX-License-Identifier: Apache-2.0 */
/* Records of values: each element of a known object's, numbers in the unit of its name. */
#include <string.h>

#include "dataplane/decode/dlt698.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/meter_bcd.h"
#include "dataplane/normalize/vocabulary.h"

#define OI(oad) ((uint16_t)((oad) >> 16))
#define PASSWORD 0x4401 /* object whose value is one */

static void put_str(struct dlt698_apdu *a, enum cv_tlv_tag tag, const char *text)
{
	cv_emit_tlv(a->d->emit, tag, text, strlen(text));
}

static void put_method(struct dlt698_apdu *a)
{
	static const char *const links[] = {"login", "heartbeat", "logout"};
	static const char *const kinds[] = {"", "", "-list", "-record", "-record-list", "-next"};
	static const char *const reports[] = {"", "", "-record", "-transparent"};
	static const char *const acts[] = {"", "", "-list", "-then-get"};
	struct cv_label label = {0};
	const char *name = "apdu";

	switch (a->tag & ~DLT698_ANSWER) {
#define CASE(id, number, text)                                                                     \
	case number:                                                                               \
		name = text;                                                                       \
		break;
		DLT698_SERVICES(CASE)
#undef CASE
	default:
		break;
	}
	if (a->tag == DLT698_LINK && a->choice < 3)
		name = links[a->choice];
	cv_label_str(&label, name);
	if ((a->tag & ~DLT698_ANSWER) == DLT698_GET && a->choice < 6)
		cv_label_str(&label, kinds[a->choice]);
	if ((a->tag & ~DLT698_ANSWER) == DLT698_REPORT && a->choice < 4)
		cv_label_str(&label, reports[a->choice]);
	if (((a->tag & ~DLT698_ANSWER) == DLT698_SET ||
	     (a->tag & ~DLT698_ANSWER) == DLT698_ACTION) &&
	    a->choice < 4)
		cv_label_str(&label, acts[a->choice]);
	cv_emit_tlv(a->d->emit, CV_TLV_METHOD, label.text, label.len);
}

struct cv_record *dlt698_begin(struct dlt698_apdu *a, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(a->d->emit, lane, kind);

	a->records++;
	rec->direction = a->up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = a->up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = a->size;
	rec->status = a->tag;
	rec->seq = a->piid;
	rec->flags |= a->flags;
	rec->stage = a->stage;
	rec->ts_device_ns = a->ts;
	rec->time_quality = a->time_quality;
	if (a->device.len > 0)
		cv_emit_tlv(a->d->emit, CV_TLV_DEVICE, a->device.text, a->device.len);
	put_method(a);
	return rec;
}

static void put_hex(struct cv_label *label, uint32_t oad)
{
	static const char digit[] = "0123456789ABCDEF";

	for (int shift = 28; shift >= 0; shift -= 4)
		cv_label_bytes(label, &digit[oad >> shift & 0xf], 1);
}

void dlt698_put_code(struct dlt698_apdu *a, uint32_t oad)
{
	struct cv_label code = {0};

	put_hex(&code, oad);
	cv_emit_tlv(a->d->emit, CV_TLV_CODE, code.text, code.len);
}

static void put_raw_name(struct dlt698_apdu *a, uint32_t oad)
{
	struct cv_label name = {0};

	cv_label_str(&name, "raw.");
	put_hex(&name, oad);
	cv_emit_tlv(a->d->emit, CV_TLV_NAME, name.text, name.len);
}

static void dash(struct cv_label *label)
{
	if (label->len > 0)
		cv_label_str(label, "-");
}

/* @param index of the element, from 1. */
static void put_sub(struct dlt698_apdu *a, const struct dlt698_object *o, unsigned int index)
{
	unsigned int phase = o->layout == DLT698_PHASES		? index
			     : o->layout == DLT698_TOTAL_PHASES ? index - 1
								: 0;
	struct cv_label label = {0};

	if (a->device.logical != 0) {
		cv_label_str(&label, "l");
		cv_label_u32(&label, a->device.logical);
	}
	if (o->sub[0] != '\0') {
		dash(&label);
		cv_label_str(&label, o->sub);
	}
	if (phase != 0 && phase <= 3) {
		dash(&label);
		cv_label_bytes(&label, &"abc"[phase - 1], 1);
	} else if (phase > 3 || (o->layout == DLT698_TARIFFS && index > 1)) {
		dash(&label);
		cv_label_str(&label, phase > 3 ? "p" : "t");
		cv_label_u32(&label, phase > 3 ? phase : index - 1);
	}
	if (label.len > 0)
		cv_emit_tlv(a->d->emit, CV_TLV_SUB, label.text, label.len);
}

static void put_bytes(struct dlt698_apdu *a, struct cv_record *rec, const uint8_t *at, size_t len)
{
	rec->value_type = CV_VALUE_BYTES;
	rec->flags |= CV_FLAG_RAW;
	if (len > 0)
		cv_emit_tlv(a->d->emit, CV_TLV_BYTES, at, len);
}

static void put_integer(struct cv_record *rec, bool negative, uint64_t number)
{
	if (negative) {
		rec->value_type = CV_VALUE_I64;
		rec->value.i64 = (int64_t)(~number + 1);
	} else {
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = number;
	}
}

static void put_time(struct cv_record *rec, const struct cv_axdr *data)
{
	int64_t ts;

	if (dlt698_time(data->at, data->len, &ts) != CV_TIME_DEVICE) {
		rec->quality = CV_QUALITY_BAD;
		return;
	}
	rec->value_type = CV_VALUE_I64;
	rec->value.i64 = ts / 1000000000;
}

void dlt698_put_scalar(struct dlt698_apdu *a, struct cv_record *rec, const struct cv_axdr *data)
{
	bool negative;
	uint64_t number;

	switch (data->type) {
	case AXDR_NULL:
		break;
	case AXDR_VISIBLE:
	case AXDR_UTF8:
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(a->d->emit, CV_TLV_TEXT, data->at, data->len);
		break;
	case AXDR_FLOAT32:
	case AXDR_FLOAT64:
		rec->value_type = CV_VALUE_F64;
		cv_axdr_float(data, &rec->value.f64);
		break;
	case DLT698_DATE_TIME:
	case DLT698_DATE_TIME_S:
		put_time(rec, data);
		rec->unit_id = CV_UNIT_S;
		break;
	case AXDR_BOOL:
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = data->at[0] != 0;
		break;
	default:
		if (cv_axdr_integer(data, &negative, &number))
			put_integer(rec, negative, number);
		else
			put_bytes(a, rec, data->whole, data->whole_len);
		break;
	}
}

/* A number of a known object. @return false: it is no number. */
static bool put_scaled(struct cv_record *rec, const struct dlt698_object *o,
		       const struct cv_axdr *data)
{
	bool negative;
	uint64_t number;

	if (!cv_axdr_integer(data, &negative, &number))
		return false;
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = meter_scale(number, o->exponent);
	if (negative)
		rec->value.f64 = -rec->value.f64;
	return true;
}

/* A highest demand has its time behind it. @return the value in @p data, @p data where it has none. */
static struct cv_axdr demand(struct cv_record *rec, const struct cv_axdr *data)
{
	struct cv_reader r = cv_reader(data->at, data->len);
	struct cv_axdr value, time;

	if (data->type != AXDR_STRUCTURE || data->count != 2 || !dlt698_read(&r, &value) ||
	    !dlt698_read(&r, &time))
		return *data;
	if (time.type == DLT698_DATE_TIME_S)
		rec->time_quality = dlt698_time(time.at, time.len, &rec->ts_device_ns);
	return value;
}

/* One element of a known object. @param index from 1 */
static void element(struct dlt698_apdu *a, uint32_t oad, const struct dlt698_object *o,
		    unsigned int index, const struct cv_axdr *data)
{
	enum cv_lane lane = cv_name_lane(o->name);
	struct cv_record *rec = dlt698_begin(
		a, lane, lane == CV_LANE_MEASUREMENT ? CV_KIND_MEASUREMENT : CV_KIND_STATE);
	struct cv_axdr value = demand(rec, data);

	dlt698_put_code(a, oad);
	put_sub(a, o, index);
	if (o->stage != CV_STAGE_REALTIME && a->stage == CV_STAGE_REALTIME)
		rec->stage = o->stage;
	rec->name_id = o->name;
	rec->unit_id = o->unit;
	if (value.type == AXDR_NULL) {
		rec->quality = CV_QUALITY_BAD;
	} else if (value.type == DLT698_DATE_TIME_S || value.type == AXDR_FLOAT32 ||
		   value.type == AXDR_FLOAT64) {
		dlt698_put_scalar(a, rec, &value);
		rec->unit_id = o->unit;
		if (o->name == CV_NAME_DEVICE_CLOCK)
			rec->time_quality = dlt698_time(value.at, value.len, &rec->ts_device_ns);
	} else if (!put_scaled(rec, o, &value)) {
		put_bytes(a, rec, value.whole, value.whole_len);
	}
	cv_emit_end(a->d->emit);
}

static void elements(struct dlt698_apdu *a, uint32_t oad, const struct dlt698_object *o,
		     const struct cv_axdr *data)
{
	struct cv_reader r = cv_reader(data->at, data->len);
	struct cv_axdr one;

	for (unsigned int i = 1; i <= data->count && dlt698_read(&r, &one); i++)
		element(a, (oad & ~0xffu) | (i < 0xff ? i : 0xff), o, i, &one);
}

static void unknown(struct dlt698_apdu *a, uint32_t oad, const struct cv_axdr *data)
{
	static const struct dlt698_object nothing;
	struct cv_record *rec = dlt698_begin(a, CV_LANE_STATUS, CV_KIND_STATE);

	dlt698_put_code(a, oad);
	put_raw_name(a, oad);
	put_sub(a, &nothing, 1);
	if (OI(oad) != PASSWORD)
		dlt698_put_scalar(a, rec, data);
	cv_emit_end(a->d->emit);
}

void dlt698_value(struct dlt698_apdu *a, uint32_t oad, const struct cv_axdr *data)
{
	struct dlt698_object o = dlt698_object(oad);

	if (a->dry)
		return;
	if (o.name == CV_NAME_NONE)
		unknown(a, oad, data);
	else if (data->type == AXDR_ARRAY && (oad & 0xff) == 0 && data->count > 0)
		elements(a, oad, &o, data);
	else
		element(a, oad, &o, oad & 0xff ? oad & 0xff : 1, data);
}

void dlt698_result(struct dlt698_apdu *a, uint32_t oad, uint8_t dar)
{
	struct cv_record *rec;

	if (a->dry)
		return;
	rec = dlt698_begin(a, CV_LANE_STATUS, dar == 0 ? CV_KIND_STATE : CV_KIND_ERROR);
	dlt698_put_code(a, oad);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = dar;
	if (dar != 0)
		rec->quality = CV_QUALITY_BAD;
	if (dlt698_dar(dar) != NULL)
		put_str(a, CV_TLV_TEXT, dlt698_dar(dar));
	cv_emit_end(a->d->emit);
}

void dlt698_raw(struct dlt698_apdu *a, const char *text, const uint8_t *data, size_t len)
{
	struct cv_record *rec;

	if (a->dry)
		return;
	rec = dlt698_begin(a, CV_LANE_STATUS, CV_KIND_STATE);
	if (text != NULL)
		put_str(a, CV_TLV_TEXT, text);
	put_bytes(a, rec, data, len);
	cv_emit_end(a->d->emit);
}
