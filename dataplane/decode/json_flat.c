/* SPDX-License-Identifier: Apache-2.0 */
/* Values of JSON payloads, and flat objects that nobody has mapped. */
#include <string.h>

#include "dataplane/decode/decimal.h"
#include "dataplane/decode/json_map.h"
#include "dataplane/decode/text.h"

#define RAW_NAME_MAX 64 /* bytes of a member's name; a longer one is a text, not a name */

/* A number beyond doubles has no value here: it is kept as its text. */
static void put_number(struct cv_emit *e, struct cv_record *rec, const uint8_t *text, size_t len,
		       const struct cv_gen_json_value *v)
{
	double value;

	if (cv_decimal_parse((const char *)text, len, v ? v->shift : 0, &value) == 0) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = v ? value * v->factor + v->offset : value;
		return;
	}
	rec->quality = CV_QUALITY_BAD;
	rec->flags |= CV_FLAG_RANGE;
	cv_emit_tlv(e, CV_TLV_TEXT, text, len);
}

void cv_json_put_value(struct cv_emit *e, struct cv_record *rec, const struct cv_json_found *f,
		       const struct cv_gen_json_value *v, bool numeric)
{
	uint8_t text[CV_TLV_MAX];
	bool cut = false;
	double value;
	size_t len;

	switch (f->kind) {
	case CV_JSON_NUMBER:
		put_number(e, rec, f->text.data, f->text.len, v);
		break;
	case CV_JSON_BOOL:
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = f->is_true;
		break;
	case CV_JSON_TEXT:
		len = cv_senml_text_copy(&f->text, text, sizeof(text), &cut);
		if (numeric && !cut && cv_text_number(text, len, &value)) {
			put_number(e, rec, text, len, v);
			break;
		}
		rec->value_type = CV_VALUE_TEXT;
		rec->flags |= cut ? CV_FLAG_TRUNCATED : 0;
		cv_emit_tlv(e, CV_TLV_TEXT, text, cut ? cv_utf8_prefix(text, len) : len);
		break;
	default: /* null: the device says that it has none */
		rec->quality = CV_QUALITY_BAD;
	}
}

struct member {
	struct cv_senml_text name;
	struct cv_json_found value;
};

/* @return number of members, 0 when it is not such an object. */
static unsigned int read_flat(struct member *m, const uint8_t *data, size_t len)
{
	struct cv_json_in j = {data, data + len};
	unsigned int count = 0;
	bool first = true, number = false;
	int more;

	if (!cv_json_in_token(&j, '{'))
		return 0;
	while (count <= CV_JSON_FLAT_MAX) {
		struct member *one = &m[count];

		more = cv_json_in_member(&j, &first, &one->name);
		if (more <= 0)
			break;
		if (count++ == CV_JSON_FLAT_MAX || one->name.len == 0 ||
		    one->name.len > RAW_NAME_MAX || !cv_json_scalar(&j, &one->value) ||
		    one->value.kind == CV_JSON_PARTS)
			return 0;
		number |= one->value.kind == CV_JSON_NUMBER || one->value.kind == CV_JSON_BOOL;
	}
	cv_json_in_space(&j);
	return more == 0 && number && j.at == j.end ? count : 0;
}

bool cv_json_flat_emit(struct cv_emit *e, const struct cv_senml_origin *o, const uint8_t *data,
		       size_t len)
{
	struct member m[CV_JSON_FLAT_MAX + 1];
	unsigned int count = len < 2 ? 0 : read_flat(m, data, len);

	for (unsigned int i = 0; i < count; i++) {
		struct cv_record *rec = cv_emit_begin(e, o->lane, o->kind);
		uint8_t name[4 + RAW_NAME_MAX] = "raw.";
		bool cut = false;
		size_t n = cv_senml_text_copy(&m[i].name, name + 4, RAW_NAME_MAX, &cut);

		o->complete(o->arg, rec);
		if (o->device_len != 0)
			cv_emit_tlv(e, CV_TLV_DEVICE, o->device, o->device_len);
		cv_emit_tlv(e, CV_TLV_NAME, name, 4 + n);
		cv_emit_tlv(e, CV_TLV_CODE, o->code, o->code_len);
		cv_json_put_value(e, rec, &m[i].value, NULL, false);
		cv_emit_end(e);
	}
	return count != 0;
}
