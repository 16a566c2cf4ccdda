/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/cayenne.h"

#include <errno.h>
#include <string.h>

#include "dataplane/decode/label.h"
#include "dataplane/normalize/vocabulary.h"

#define VALUES_MAX 3
#define GPS 0x88

/*
 * Types: IPSO object number less 3200. Big-endian values of one size; a value times 10^-decimals is in
 * the unit. An id of NONE and no name is what has no name of the city: "raw.ID".
 */
static const struct type {
	uint8_t type;
	uint8_t size; /* of one value, bytes */
	uint8_t values; /* 0 ends the list */
	bool is_signed;
	double divisor;
	enum cv_name name;
	enum cv_unit unit;
	const char *raw; /* name where there is none of the city */
	const char *parts; /* a letter per value, where there are several */
} types[] = {
	{0x00, 1, 1, false, 1, CV_NAME_NONE, CV_UNIT_NONE, "raw.digital-input", ""},
	{0x01, 1, 1, false, 1, CV_NAME_NONE, CV_UNIT_NONE, "raw.digital-output", ""},
	{0x02, 2, 1, true, 100, CV_NAME_NONE, CV_UNIT_NONE, "raw.analog-input", ""},
	{0x03, 2, 1, true, 100, CV_NAME_NONE, CV_UNIT_NONE, "raw.analog-output", ""},
	{0x64, 4, 1, false, 1, CV_NAME_NONE, CV_UNIT_NONE, "raw.generic", ""},
	{0x65, 2, 1, false, 1, CV_NAME_WEATHER_ILLUMINANCE, CV_UNIT_LX, NULL, ""},
	{0x66, 1, 1, false, 1, CV_NAME_NONE, CV_UNIT_NONE, "raw.presence", ""},
	{0x67, 2, 1, true, 10, CV_NAME_WEATHER_TEMPERATURE, CV_UNIT_CEL, NULL, ""},
	{0x68, 1, 1, false, 2, CV_NAME_WEATHER_HUMIDITY, CV_UNIT_PERCENT_RH, NULL, ""},
	{0x71, 2, 3, true, 1000, CV_NAME_NONE, CV_UNIT_NONE, "raw.acceleration", "xyz"}, /* g */
	{0x73, 2, 1, false, 10, CV_NAME_WEATHER_PRESSURE, CV_UNIT_HPA, NULL, ""},
	{0x74, 2, 1, false, 100, CV_NAME_POWER_VOLTAGE, CV_UNIT_V, NULL, ""},
	{0x75, 2, 1, false, 1000, CV_NAME_POWER_CURRENT, CV_UNIT_A, NULL, ""},
	{0x76, 4, 1, false, 1, CV_NAME_NONE, CV_UNIT_HZ, "raw.frequency", ""},
	{0x78, 1, 1, false, 1, CV_NAME_NONE, CV_UNIT_PER_100, "raw.percentage", ""},
	{0x79, 2, 1, true, 1, CV_NAME_POSITION_ALTITUDE, CV_UNIT_M, NULL, ""},
	{0x7d, 2, 1, false, 1, CV_NAME_NONE, CV_UNIT_PPM, "raw.concentration", ""},
	{0x80, 2, 1, false, 1, CV_NAME_POWER_ACTIVE, CV_UNIT_W, NULL, ""},
	{0x82, 4, 1, false, 1000, CV_NAME_NONE, CV_UNIT_M, "raw.distance", ""},
	{0x83, 4, 1, false, 1000, CV_NAME_POWER_ENERGY, CV_UNIT_KWH, NULL, ""},
	{0x84, 2, 1, false, 1, CV_NAME_NONE, CV_UNIT_DEG, "raw.direction", ""},
	{0x85, 4, 1, false, 1, CV_NAME_DEVICE_CLOCK, CV_UNIT_S, NULL, ""},
	{0x86, 2, 3, true, 100, CV_NAME_NONE, CV_UNIT_NONE, "raw.rotation", "xyz"}, /* deg/s */
	{0x87, 1, 3, false, 1, CV_NAME_NONE, CV_UNIT_NONE, "raw.colour", "rgb"},
	{GPS, 3, 3, true, 1, CV_NAME_NONE, CV_UNIT_NONE, NULL, ""},
	{0x8e, 1, 1, false, 1, CV_NAME_NONE, CV_UNIT_NONE, "raw.switch", ""},
	{0},
};

static const struct type *find(uint8_t type)
{
	const struct type *t = types;

	while (t->values != 0 && t->type != type)
		t++;
	return t;
}

int cv_cayenne_check(const uint8_t *data, size_t len)
{
	size_t at = 0;

	if (len == 0)
		return -ENODATA;
	while (at < len) {
		const struct type *t;

		if (len - at < 3)
			return -EBADMSG;
		t = find(data[at + 1]);
		at += 2 + (size_t)t->size * t->values;
		if (t->values == 0 || at > len)
			return -EBADMSG;
	}
	return 0;
}

static int64_t value_of(const struct type *t, const uint8_t *p)
{
	uint64_t value = 0, sign = 1ull << (8 * t->size - 1);

	for (int i = 0; i < t->size; i++)
		value = value << 8 | p[i];
	return t->is_signed ? (int64_t)((value ^ sign) - sign) : (int64_t)value;
}

/* Channel and type: "3.103", of several values "3.113.x". */
static struct cv_record *begin(struct cv_emit *e, const uint8_t *p, char part, enum cv_lane lane,
			       const struct cv_cayenne_origin *o)
{
	struct cv_record *rec = cv_emit_begin(e, lane, CV_KIND_MEASUREMENT);
	struct cv_label code = {0};

	o->complete(o->arg, rec);
	cv_label_u32(&code, p[0]);
	cv_label_str(&code, ".");
	cv_label_u32(&code, p[1]);
	if (part != '\0') {
		cv_label_str(&code, ".");
		cv_label_bytes(&code, &part, 1);
	}
	cv_emit_tlv(e, CV_TLV_CODE, code.text, code.len);
	return rec;
}

static void emit_position(struct cv_emit *e, const struct type *t, const uint8_t *p,
			  const struct cv_cayenne_origin *o)
{
	struct cv_record *rec = begin(e, p, '\0', CV_LANE_MEASUREMENT, o);

	rec->name_id = CV_NAME_DEVICE_POSITION;
	/* 0.0001 degrees, 0.01 m. */
	cv_emit_position(e, value_of(t, p + 2) * 1000, value_of(t, p + 5) * 1000,
			 value_of(t, p + 8) * 10);
	cv_emit_end(e);
}

static void emit_value(struct cv_emit *e, const struct type *t, const uint8_t *p, unsigned int i,
		       const struct cv_cayenne_origin *o)
{
	enum cv_lane lane = t->name ? cv_name_lane(t->name) : CV_LANE_MEASUREMENT;
	struct cv_record *rec = begin(e, p, t->parts[0] ? t->parts[i] : '\0', lane, o);

	rec->name_id = t->name;
	rec->unit_id = t->unit;
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = (double)value_of(t, p + 2 + (size_t)i * t->size) / t->divisor;
	if (t->raw != NULL)
		cv_emit_tlv(e, CV_TLV_NAME, t->raw, strlen(t->raw));
	cv_emit_end(e);
}

void cv_cayenne_emit(struct cv_emit *e, const uint8_t *data, size_t len,
		     const struct cv_cayenne_origin *o)
{
	const uint8_t *end = data + len;

	while (data < end) {
		const struct type *t = find(data[1]);

		if (t->type == GPS)
			emit_position(e, t, data, o);
		for (unsigned int i = 0; t->type != GPS && i < t->values; i++)
			emit_value(e, t, data, i, o);
		data += 2 + (size_t)t->size * t->values;
	}
}
