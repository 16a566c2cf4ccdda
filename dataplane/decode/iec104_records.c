/* SPDX-License-Identifier: Apache-2.0 */
/* Which records an ASDU becomes: one per information object. */
#include <string.h>

#include "dataplane/decode/iec104.h"

#define ADDRESS_MASK 0xffffffu

struct place {
	enum cv_lane lane;
	enum cv_kind kind;
};

static struct place place_of(const struct iec104_asdu *a)
{
	if (a->negative || (a->cause >= IEC104_UNKNOWN_FIRST && a->cause <= IEC104_CAUSE_LAST))
		return (struct place){CV_LANE_STATUS, CV_KIND_ERROR};
	if (a->direction == CV_DIR_DOWN)
		return (struct place){CV_LANE_STATUS, CV_KIND_COMMAND};
	switch (a->type->form) {
	case IEC104_NVA_QDS:
	case IEC104_SVA_QDS:
	case IEC104_FLT_QDS:
	case IEC104_BCR:
	case IEC104_NVA:
		return (struct place){CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT};
	case IEC104_SEP: /* protection has picked up or tripped */
	case IEC104_SPE:
	case IEC104_OCI:
		return (struct place){CV_LANE_ALARM, CV_KIND_ALARM};
	default:
		return (struct place){CV_LANE_STATUS, CV_KIND_STATE};
	}
}

/* What the station was asked for it tells again: it did not just happen. */
static uint8_t stage_of(const struct iec104_asdu *a)
{
	bool interrogated = a->cause == 2 || (a->cause >= 20 && a->cause <= 36);

	return a->id < 45 && interrogated ? CV_STAGE_RETAINED : CV_STAGE_REALTIME;
}

static struct cv_record *begin(const struct iec104_asdu *a, struct place place)
{
	struct cv_record *rec = cv_emit_begin(a->d->emit, place.lane, place.kind);
	bool up = a->direction == CV_DIR_UP;
	struct cv_label common = {0};

	rec->direction = a->direction;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->stage = stage_of(a);
	rec->raw_len = a->size;
	rec->seq = a->send;
	rec->status = a->id;
	cv_label_u32(&common, a->common);
	cv_emit_tlv(a->d->emit, CV_TLV_SUB, common.text, common.len);
	return rec;
}

static void put_cause(const struct iec104_asdu *a, struct cv_label *text)
{
	const char *cause = iec104_cause_name(a->cause);

	if (cause != NULL) {
		cv_label_str(text, cause);
	} else {
		cv_label_str(text, "cause ");
		cv_label_u32(text, a->cause);
	}
	if (a->negative)
		cv_label_str(text, ", negative");
	if (a->test)
		cv_label_str(text, ", test");
	if (a->originator != 0) {
		cv_label_str(text, ", originator ");
		cv_label_u32(text, a->originator);
	}
}

/* "401.4": common address and object address. */
static void put_address(const struct iec104_asdu *a, const struct iec104_object *o, bool name)
{
	struct cv_label label = {0};

	if (name)
		cv_label_str(&label, "raw.");
	cv_label_u32(&label, a->common);
	cv_label_str(&label, ".");
	cv_label_u32(&label, o->address);
	cv_emit_tlv(a->d->emit, name ? CV_TLV_NAME : CV_TLV_CODE, label.text, label.len);
}

static void emit_object(const struct iec104_asdu *a, const struct iec104_object *o)
{
	struct cv_record *rec = begin(a, place_of(a));
	struct cv_label text = {0};

	cv_emit_tlv(a->d->emit, CV_TLV_METHOD, a->type->label, strlen(a->type->label));
	put_cause(a, &text);
	iec104_put_value(a, o, rec, &text);
	if (a->test && rec->quality == CV_QUALITY_GOOD)
		rec->quality = CV_QUALITY_UNCERTAIN; /* not of the process */
	if (rec->time_quality == CV_TIME_ABSENT)
		iec104_put_time(a, o, rec);
	if (rec->name_id == 0 && o->address != 0)
		put_address(a, o, true);
	put_address(a, o, false);
	cv_emit_tlv(a->d->emit, CV_TLV_TEXT, text.text, text.len);
	if (a->type->form == IEC104_FILE_SEGMENT) {
		const uint8_t *end = a->objects + a->objects_len;

		rec->flags |= CV_FLAG_PARTIAL | CV_FLAG_RAW;
		cv_emit_tlv(a->d->emit, CV_TLV_BYTES, o->data + a->type->size,
			    (size_t)(end - o->data) - a->type->size);
	}
	cv_emit_end(a->d->emit);
}

static uint32_t read_address(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

void iec104_records(const struct iec104_asdu *a)
{
	const uint8_t *p = a->objects;
	struct iec104_object o = {0};

	for (unsigned int i = 0; i < a->count; i++) {
		if (i == 0 || !a->sequence) {
			o.address = read_address(p);
			p += IEC104_IOA;
		} else {
			o.address = (o.address + 1) & ADDRESS_MASK;
		}
		o.data = p;
		o.tag = a->type->tag ? p + a->type->size - a->type->tag : NULL;
		emit_object(a, &o);
		p += a->type->size;
	}
}

void iec104_raw(const struct iec104_asdu *a)
{
	struct cv_record *rec = begin(a, (struct place){CV_LANE_STATUS, CV_KIND_STATE});
	struct cv_label text = {0}, method = {0};

	rec->flags |= CV_FLAG_RAW;
	cv_label_str(&method, "type-");
	cv_label_u32(&method, a->id);
	cv_emit_tlv(a->d->emit, CV_TLV_METHOD, method.text, method.len);
	put_cause(a, &text);
	cv_emit_tlv(a->d->emit, CV_TLV_TEXT, text.text, text.len);
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(a->d->emit, CV_TLV_BYTES, a->objects, a->objects_len);
	cv_emit_end(a->d->emit);
}
