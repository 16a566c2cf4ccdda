/* SPDX-License-Identifier: Apache-2.0 */
/* Values of properties: one primitive becomes a value, anything larger is carried as bytes. */
#include <string.h>

#include "dataplane/decode/bacnet.h"
#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define TEXT_MAX CV_TLV_MAX
#define UNSPECIFIED 0xffu /* any field of a date or time */

/* Character sets (20.2.9). */
#define CHARSET_UTF8 0
#define CHARSET_UCS2 4
#define CHARSET_LATIN1 5

static uint64_t be(const uint8_t *p, uint32_t len)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

/* Sign extension; the shift to the left is of an unsigned number. */
static int64_t be_signed(const uint8_t *p, uint32_t len)
{
	unsigned int unused = 64 - 8 * len;

	return (int64_t)(be(p, len) << unused) >> unused;
}

/* One character of the basic plane. @return bytes written, at most 3; 0 = no character. */
static size_t put_utf8(uint32_t c, uint8_t *out)
{
	if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	out[0] = (uint8_t)(0xe0 | c >> 12);
	out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c & 0x3f));
	return 3;
}

/* From characters of one or two bytes. @return bytes of UTF-8; false in @p ok where it is none. */
static size_t convert(const uint8_t *s, size_t len, size_t width, uint8_t *out, bool *ok)
{
	size_t n = 0;

	*ok = len % width == 0;
	for (size_t i = 0; i + width <= len && n + 3 <= TEXT_MAX; i += width) {
		size_t more = put_utf8((uint32_t)be(s + i, (uint32_t)width), out + n);

		*ok = *ok && more != 0;
		n += more;
	}
	return n;
}

void bacnet_put_string(struct bacnet_pdu *p, struct cv_record *rec, const struct bacnet_tag *t)
{
	uint8_t converted[TEXT_MAX];
	const uint8_t *s = t->data + 1;
	size_t len = t->len - 1;
	bool ok = true;

	/* Some fill up with zeros or end with one. */
	while (t->data[0] != CHARSET_UCS2 && len > 0 && s[len - 1] == 0)
		len--;
	if (t->data[0] == CHARSET_UTF8) {
		ok = cv_utf8_valid(s, len);
	} else if (t->data[0] == CHARSET_UCS2 || t->data[0] == CHARSET_LATIN1) {
		size_t width = t->data[0] == CHARSET_UCS2 ? 2 : 1;

		if (len * 3 / width > TEXT_MAX)
			rec->flags |= CV_FLAG_TRUNCATED;
		len = convert(s, len, width, converted, &ok);
		s = converted;
	} else {
		ok = false;
	}
	if (ok) {
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(p->d->emit, CV_TLV_TEXT, s, len);
		return;
	}
	rec->flags |= CV_FLAG_ENCODING;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(p->d->emit, CV_TLV_BYTES, t->data + 1, t->len - 1);
}

bool bacnet_instant(const struct bacnet_tag *date, const struct bacnet_tag *time, int offset_s,
		    int64_t *ret)
{
	const struct cv_civil c = {
		.year = 1900u + date->data[0],
		.month = date->data[1],
		.day = date->data[2],
		.hour = time->data[0],
		.minute = time->data[1],
		.second = time->data[2],
	};
	unsigned int hundredths = time->data[3] < 100 ? time->data[3] : 0;

	if (date->data[0] == UNSPECIFIED || !cv_civil_time(&c, offset_s, ret))
		return false;
	*ret += (int64_t)hundredths * 10000000;
	return true;
}

/* "1010", first bit first. @return false when the count of unused bits is none. */
static bool put_bits(struct cv_label *l, const struct bacnet_tag *t)
{
	uint32_t bits = (t->len - 1) * 8;

	if (t->data[0] > 7 || t->data[0] > bits)
		return false;
	bits -= t->data[0];
	for (uint32_t i = 0; i < bits && l->len < sizeof(l->text); i++)
		cv_label_str(l, t->data[1 + i / 8] & 0x80 >> i % 8 ? "1" : "0");
	return true;
}

/* "2014-11-11", "07:00:26.77", with * for what is not specified. */
static void put_fields(struct cv_label *l, const uint8_t *p, const unsigned int base[4],
		       const char *between, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (i > 0)
			cv_label_str(l, i == 3 ? "." : between);
		if (p[i] == UNSPECIFIED) {
			cv_label_str(l, "*");
			continue;
		}
		if (base[i] + p[i] < 10)
			cv_label_str(l, "0");
		cv_label_u32(l, base[i] + p[i]);
	}
}

static void put_time_of_day(struct cv_label *l, const uint8_t *p)
{
	put_fields(l, p, (const unsigned int[4]){0, 0, 0, 0}, ":", 4);
}

static void put_date(struct cv_label *l, const uint8_t *p)
{
	put_fields(l, p, (const unsigned int[4]){1900, 0, 0, 0}, "-", 3);
}

static void put_real(struct cv_record *rec, const struct bacnet_tag *t)
{
	rec->value_type = CV_VALUE_F64;
	if (t->number == BACNET_REAL) {
		uint32_t bits = (uint32_t)be(t->data, 4);
		float f;

		memcpy(&f, &bits, sizeof(f));
		rec->value.f64 = (double)f;
	} else {
		uint64_t bits = be(t->data, 8);

		memcpy(&rec->value.f64, &bits, sizeof(bits));
	}
}

/* Texts that stand for a value: bits, date, time, object. @return false when it is malformed. */
static bool label_value(struct cv_label *l, const struct bacnet_tag *t)
{
	struct bacnet_object object;

	switch (t->number) {
	case BACNET_BITS:
		return put_bits(l, t);
	case BACNET_DATE:
		put_date(l, t->data);
		return true;
	case BACNET_TIME_OF_DAY:
		put_time_of_day(l, t->data);
		return true;
	case BACNET_OBJECT:
		bacnet_object_id(t, &object);
		bacnet_label_object(l, &object, ".");
		return true;
	default:
		return true;
	}
}

/* The value of one primitive. */
static void put_primitive(struct bacnet_pdu *p, struct cv_record *rec, const struct bacnet_tag *t)
{
	struct cv_label l = {0};

	switch (t->number) {
	case BACNET_NULL:
		break;
	case BACNET_BOOLEAN:
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = t->flag;
		break;
	case BACNET_UNSIGNED:
	case BACNET_ENUMERATED:
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = be(t->data, t->len);
		break;
	case BACNET_SIGNED:
		rec->value_type = CV_VALUE_I64;
		rec->value.i64 = be_signed(t->data, t->len);
		break;
	case BACNET_REAL:
	case BACNET_DOUBLE:
		put_real(rec, t);
		break;
	case BACNET_CHARACTERS:
		bacnet_put_string(p, rec, t);
		break;
	case BACNET_OCTETS:
		rec->value_type = CV_VALUE_BYTES;
		cv_emit_tlv(p->d->emit, CV_TLV_BYTES, t->data, t->len);
		break;
	default:
		label_value(&l, t);
		rec->value_type = CV_VALUE_TEXT;
		bacnet_put_label(p, CV_TLV_TEXT, &l);
		break;
	}
}

/* What the flags of the object make of its present value. */
static void put_status(struct bacnet_pdu *p, struct cv_record *rec,
		       const struct bacnet_object *object)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} flags[] = {
		{BACNET_IN_ALARM, "in-alarm"},
		{BACNET_FAULT, "fault"},
		{BACNET_OVERRIDDEN, "overridden"},
		{BACNET_OUT_OF_SERVICE, "out-of-service"},
	};
	struct cv_label l = {0};

	if (!object->has_status)
		return;
	rec->quality = CV_QUALITY_GOOD;
	if (object->status & (BACNET_OVERRIDDEN | BACNET_OUT_OF_SERVICE))
		rec->quality = CV_QUALITY_UNCERTAIN;
	if (object->status & BACNET_FAULT)
		rec->quality = CV_QUALITY_BAD;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!(object->status & flags[i].bit))
			continue;
		if (l.len != 0)
			cv_label_str(&l, " ");
		cv_label_str(&l, flags[i].name);
	}
	if (l.len != 0)
		bacnet_put_label(p, CV_TLV_FLAG, &l);
}

/* The one primitive that the value is, or none. */
static bool single(struct cv_reader value, struct bacnet_tag *t)
{
	return bacnet_tag(&value, t) && !t->context && cv_reader_left(&value) == 0;
}

void bacnet_remember(struct bacnet_object *object, uint32_t property, struct cv_reader value)
{
	struct bacnet_tag t;

	if (!single(value, &t))
		return;
	if (property == BACNET_UNITS && t.number == BACNET_ENUMERATED)
		bacnet_unsigned(&t, &object->units);
	if (property == BACNET_STATUS_FLAGS && t.number == BACNET_BITS && t.len == 2) {
		object->status = t.data[1];
		object->has_status = true;
	}
}

/* States are numbers too, but of multi-state objects. */
static bool is_quantity(const struct bacnet_object *object, const struct bacnet_tag *t)
{
	if (object->type == 13 || object->type == 14 || object->type == 19)
		return false;
	return t->number == BACNET_REAL || t->number == BACNET_DOUBLE ||
	       t->number == BACNET_UNSIGNED || t->number == BACNET_SIGNED;
}

bool bacnet_put_property(struct bacnet_pdu *p, const struct bacnet_object *object,
			 uint32_t property, uint32_t index, struct cv_reader value)
{
	bool up = bacnet_from_device(p), one, measured;
	struct cv_label ignored = {0};
	struct cv_record *rec;
	struct bacnet_tag t;

	one = single(value, &t);
	if (one && !label_value(&ignored, &t))
		return false;
	if (p->quiet)
		return true;
	measured = up && one && property == BACNET_PRESENT_VALUE && is_quantity(object, &t);
	rec = bacnet_begin(p, measured ? CV_LANE_MEASUREMENT : CV_LANE_STATUS,
			   measured ? CV_KIND_MEASUREMENT : (up ? CV_KIND_STATE : CV_KIND_COMMAND));
	bacnet_put_sub(p, object);
	bacnet_put_code(p, object, property, index);
	if (one) {
		put_primitive(p, rec, &t);
	} else {
		rec->flags |= CV_FLAG_RAW;
		rec->value_type = CV_VALUE_BYTES;
		cv_emit_tlv(p->d->emit, CV_TLV_BYTES, value.cur, cv_reader_left(&value));
	}
	if (property == BACNET_PRESENT_VALUE) {
		put_status(p, rec, object);
		if (one && is_quantity(object, &t))
			rec->unit_id = (uint16_t)bacnet_unit(object->units);
	}
	cv_emit_end(p->d->emit);
	return true;
}
