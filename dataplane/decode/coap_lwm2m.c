/* SPDX-License-Identifier: Apache-2.0 */
/* Records of LwM2M resources: names and units by the list, values by its types. */
#include "dataplane/decode/coap_lwm2m.h"

#include <math.h>
#include <string.h>

#include "dataplane/decode/decimal.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define SECURITY 0 /* the object with the keys */
#define SENSOR_UNITS 5701

static const struct lwm2m_row rows[] = {
#define ROW(object, resource, type, text, name, shift, unit)                                       \
	{object, resource, LWM2M_##type, shift, CV_NAME_##name, CV_UNIT_##unit, text},
#include "dataplane/decode/coap_lwm2m_list.h"
#undef ROW
};

/* The rows are sorted by object; a binary search finds the first of it. */
const struct lwm2m_row *lwm2m_row(uint32_t object, uint32_t resource)
{
	size_t low = 0, high = sizeof(rows) / sizeof(rows[0]);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (rows[mid].object < object)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < sizeof(rows) / sizeof(rows[0]) && rows[low].object == object; low++) {
		if (rows[low].resource == resource)
			return &rows[low];
	}
	return NULL;
}

static void put_path(struct cv_label *l, const struct lwm2m_path *path, const char *before)
{
	for (unsigned int i = 0; i < LWM2M_LEVELS && path->id[i] != LWM2M_NONE; i++) {
		cv_label_str(l, before);
		cv_label_u32(l, path->id[i]);
	}
}

/* "raw.lwm2m.temperature.value", "raw.lwm2m.33001.7" */
static void put_raw_name(struct cv_emit *e, const struct lwm2m_path *path,
			 const struct lwm2m_row *row)
{
	struct cv_label name = {0};

	cv_label_str(&name, "raw.lwm2m");
	if (row != NULL) {
		cv_label_str(&name, ".");
		cv_label_str(&name, row->text);
	} else {
		const struct lwm2m_path type = {
			{path->id[LWM2M_OBJECT], path->id[LWM2M_RESOURCE], LWM2M_NONE, LWM2M_NONE}};

		put_path(&name, &type, ".");
	}
	cv_emit_tlv(e, CV_TLV_NAME, name.text, name.len);
}

/* Big-endian two's complement of 1, 2, 4 or 8 bytes. */
static bool binary_integer(const struct cv_senml_text *t, int64_t *ret)
{
	uint64_t value = t->len != 0 && t->data[0] & 0x80 ? UINT64_MAX : 0;

	if (t->len != 1 && t->len != 2 && t->len != 4 && t->len != 8)
		return false;
	for (uint32_t i = 0; i < t->len; i++)
		value = value << 8 | t->data[i];
	*ret = (int64_t)value;
	return true;
}

static bool binary_float(const struct cv_senml_text *t, double *ret)
{
	uint64_t bits = 0;
	uint32_t half;
	float f;

	for (uint32_t i = 0; i < t->len && i < 8; i++)
		bits = bits << 8 | t->data[i];
	half = (uint32_t)bits;
	memcpy(&f, &half, sizeof(f));
	if (t->len == 8)
		memcpy(ret, &bits, sizeof(*ret));
	else
		*ret = (double)f;
	return t->len == 4 || t->len == 8;
}

static double scaled(double value, int shift)
{
	static const double powers[] = {1, 10, 100, 1000, 10000};

	return shift < 0 ? value / powers[-shift] : value * powers[shift];
}

static void put_f64(struct cv_record *rec, double value)
{
	if (!isfinite(value)) {
		rec->quality = CV_QUALITY_BAD;
		rec->flags |= CV_FLAG_RANGE;
		return;
	}
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = value;
}

static bool put_binary(struct cv_record *rec, const struct cv_senml_text *t, uint8_t type,
		       int shift)
{
	int64_t integer;
	double real;

	switch (type) {
	case LWM2M_FLOAT:
		if (!binary_float(t, &real))
			return false;
		put_f64(rec, scaled(real, shift));
		return true;
	case LWM2M_INTEGER:
	case LWM2M_TIME:
		if (!binary_integer(t, &integer))
			return false;
		rec->value_type = CV_VALUE_I64;
		rec->value.i64 = integer;
		return true;
	case LWM2M_BOOLEAN:
		if (t->len != 1 || t->data[0] > 1)
			return false;
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = t->data[0];
		return true;
	default:
		return false;
	}
}

static bool put_number(struct cv_record *rec, const uint8_t *text, size_t len, uint8_t type,
		       int shift)
{
	double value;

	if (cv_decimal_parse((const char *)text, len, shift, &value) != 0)
		return false;
	if (type == LWM2M_BOOLEAN) {
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = value != 0;
	} else {
		put_f64(rec, value);
	}
	return true;
}

/* Text, or, where that is no text or nobody knows the type, the bytes. */
static void put_bytes(struct cv_emit *e, struct cv_record *rec, const uint8_t *data, size_t len,
		      bool text)
{
	if (text && cv_utf8_valid(data, len)) {
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(e, CV_TLV_TEXT, data, len);
		return;
	}
	rec->value_type = CV_VALUE_BYTES;
	rec->flags |= CV_FLAG_RAW;
	cv_emit_tlv(e, CV_TLV_BYTES, data, len);
}

static void put_value(struct cv_emit *e, struct cv_record *rec, const struct lwm2m_entry *entry,
		      const struct lwm2m_row *row, bool units)
{
	const struct cv_senml_text *t = &entry->text;
	uint8_t type = units ? LWM2M_STRING : row ? row->type : LWM2M_UNKNOWN, text[CV_TLV_MAX];
	bool number = rec->name_id != CV_NAME_NONE && cv_name_unit(rec->name_id) != CV_UNIT_NONE;
	int shift = rec->name_id != CV_NAME_NONE ? row->shift : 0;
	bool cut = false;
	size_t len;

	if (entry->form == LWM2M_BOOL) {
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = entry->is_true;
		return;
	}
	if (entry->form == LWM2M_REAL) {
		put_f64(rec, scaled(entry->real, shift));
		return;
	}
	if (entry->form == LWM2M_BINARY && type != LWM2M_STRING) {
		if (!put_binary(rec, t, type, shift))
			put_bytes(e, rec, t->data, t->len, false);
		return;
	}
	len = cv_senml_text_copy(t, text, sizeof(text), &cut);
	rec->flags |= cut ? CV_FLAG_TRUNCATED : 0;
	if (entry->form == LWM2M_NUMBER || number ||
	    (type != LWM2M_STRING && type != LWM2M_UNKNOWN)) {
		if (!cut && put_number(rec, text, len, type, shift))
			return;
	}
	put_bytes(e, rec, text, cut ? cv_utf8_prefix(text, len) : len, true);
}

/* What resource 5701 of the same instance says, if it is in the payload. */
static const struct cv_senml_text *units_of(const struct lwm2m_list *list,
					    const struct lwm2m_path *path)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct lwm2m_entry *e = &list->entry[i];

		if (e->path.id[LWM2M_RESOURCE] == SENSOR_UNITS &&
		    e->path.id[LWM2M_OBJECT] == path->id[LWM2M_OBJECT] &&
		    e->path.id[LWM2M_INSTANCE] == path->id[LWM2M_INSTANCE])
			return &e->text;
	}
	return NULL;
}

/* The row's name holds only in its unit. */
static void put_name(struct cv_emit *e, struct cv_record *rec, const struct lwm2m_list *list,
		     const struct lwm2m_path *path, const struct lwm2m_row *row)
{
	const struct cv_senml_text *said = NULL;
	unsigned int unit = row ? row->unit : CV_UNIT_NONE;

	if (row != NULL && row->resource >= 5500 && unit != CV_UNIT_NONE)
		said = units_of(list, path);
	if (said != NULL && cv_unit_by_text((const char *)said->data, said->len) != unit) {
		put_raw_name(e, path, row);
		rec->unit_id = (uint16_t)cv_unit_by_text((const char *)said->data, said->len);
		if (rec->unit_id == CV_UNIT_NONE && cv_utf8_valid(said->data, said->len))
			cv_emit_tlv(e, CV_TLV_UNIT, said->data, said->len);
		return;
	}
	rec->unit_id = (uint16_t)unit;
	if (row == NULL || row->name == CV_NAME_NONE) {
		put_raw_name(e, path, row);
		return;
	}
	rec->name_id = row->name;
	rec->unit_id = (uint16_t)cv_name_unit(row->name);
}

bool lwm2m_is_secret(const struct lwm2m_path *path)
{
	return path->id[LWM2M_OBJECT] == SECURITY && path->id[LWM2M_RESOURCE] >= 3 &&
	       path->id[LWM2M_RESOURCE] <= 5;
}

void lwm2m_emit(struct cv_emit *e, const struct lwm2m_list *list, const struct cv_senml_origin *o)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const struct lwm2m_entry *entry = &list->entry[i];
		const struct lwm2m_path *path = &entry->path;
		const struct lwm2m_row *row =
			lwm2m_row(path->id[LWM2M_OBJECT], path->id[LWM2M_RESOURCE]);
		struct cv_record *rec = cv_emit_begin(e, o->lane, o->kind);
		struct cv_label code = {0};

		o->complete(o->arg, rec);
		if (o->device_len != 0)
			cv_emit_tlv(e, CV_TLV_DEVICE, o->device, o->device_len);
		put_name(e, rec, list, path, row);
		put_path(&code, path, "/");
		cv_emit_tlv(e, CV_TLV_CODE, code.text, code.len);
		if (!lwm2m_is_secret(path))
			put_value(e, rec, entry, row, path->id[LWM2M_RESOURCE] == SENSOR_UNITS);
		cv_emit_end(e);
	}
}

bool lwm2m_put_senml_name(struct cv_emit *e, struct cv_record *rec,
			  const struct cv_senml_entry *entry, const uint8_t *name, size_t len)
{
	struct lwm2m_path path;
	const struct lwm2m_row *row;
	unsigned int unit;

	if (lwm2m_read_path(&path, name, len) < 3)
		return false;
	row = lwm2m_row(path.id[LWM2M_OBJECT], path.id[LWM2M_RESOURCE]);
	if (row == NULL)
		return false;
	unit = entry->unit.len == 0
		       ? row->unit
		       : cv_unit_by_text((const char *)entry->unit.data, entry->unit.len);
	if (row->name == CV_NAME_NONE || row->shift != 0 || unit != row->unit) {
		put_raw_name(e, &path, row);
		rec->unit_id = (uint16_t)unit;
		return true;
	}
	rec->name_id = row->name;
	rec->unit_id = (uint16_t)cv_name_unit(row->name);
	return true;
}
