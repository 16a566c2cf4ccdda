/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a Sparkplug B payload (6.4, sparkplug_b.proto) in one pass, without a tree. */
#include <errno.h>
#include <string.h>

#include "dataplane/decode/mqtt_sparkplug.h"
#include "dataplane/decode/protobuf.h"
#include "dataplane/decode/text.h"

/* Fields of Payload. */
enum { P_TIMESTAMP = 1, P_METRICS, P_SEQ, P_UUID, P_BODY };
/* Fields of Metric below the value's. */
enum {
	M_NAME = 1,
	M_ALIAS,
	M_TIMESTAMP,
	M_DATATYPE,
	M_HISTORICAL,
	M_TRANSIENT,
	M_NULL,
	M_METADATA,
	M_PROPERTIES,
};
/* Fields of PropertySet: keys, and as many values in the same order. */
enum { S_KEYS = 1, S_VALUES };
/* Fields of PropertyValue. */
enum { V_TYPE = 1, V_NULL, V_INT, V_LONG, V_FLOAT, V_DOUBLE, V_BOOLEAN, V_STRING };

/* What a metric's property set tells that records have a place for. */
enum property { NEITHER, QUALITY, UNIT };

static enum property property_of(const struct cv_pb_field *f)
{
	if (f->value == 7 && memcmp(f->data, "Quality", 7) == 0)
		return QUALITY;
	return f->value == 7 && memcmp(f->data, "engUnit", 7) == 0 ? UNIT : NEITHER;
}

static bool read_property(struct sparkplug_metric *m, enum property which,
			  const struct cv_pb_field *value)
{
	struct cv_reader r = cv_reader(value->data, (size_t)value->value);
	struct cv_pb_field f;

	while (cv_pb_next(&r, &f)) {
		if (which == QUALITY && f.wire == CV_PB_VARINT &&
		    (f.number == V_INT || f.number == V_LONG)) {
			m->quality = (uint32_t)f.value;
			m->has_quality = true;
		}
		if (which == UNIT && f.wire == CV_PB_LEN && f.number == V_STRING &&
		    cv_utf8_valid(f.data, (size_t)f.value)) {
			m->unit = f.data;
			m->unit_len = (uint32_t)f.value;
		}
	}
	return !r.failed;
}

/* Keys usually all stand before the values: the places of the two that matter are kept. */
static bool read_properties(struct sparkplug_metric *m, const struct cv_pb_field *set)
{
	struct cv_reader r = cv_reader(set->data, (size_t)set->value);
	uint32_t keys = 0, values = 0, place[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
	struct cv_pb_field f;

	while (cv_pb_next(&r, &f)) {
		if (f.wire != CV_PB_LEN)
			continue;
		if (f.number == S_KEYS)
			place[property_of(&f)] = keys++;
		if (f.number != S_VALUES)
			continue;
		for (unsigned int which = QUALITY; which <= UNIT; which++)
			if (place[which] == values && !read_property(m, which, &f))
				return false;
		values++;
	}
	return !r.failed;
}

/* The wire type that each value field has. */
static bool value_wire_ok(const struct cv_pb_field *f)
{
	static const uint8_t wires[] = {
		[SPARKPLUG_F_INT] = CV_PB_VARINT,     [SPARKPLUG_F_LONG] = CV_PB_VARINT,
		[SPARKPLUG_F_FLOAT] = CV_PB_I32,      [SPARKPLUG_F_DOUBLE] = CV_PB_I64,
		[SPARKPLUG_F_BOOLEAN] = CV_PB_VARINT, [SPARKPLUG_F_STRING] = CV_PB_LEN,
		[SPARKPLUG_F_BYTES] = CV_PB_LEN,      [SPARKPLUG_F_BYTES + 1] = CV_PB_LEN,
		[SPARKPLUG_F_BYTES + 2] = CV_PB_LEN,  [SPARKPLUG_F_EXTENSION] = CV_PB_LEN,
	};

	return wires[f->number] == f->wire;
}

static bool read_value(struct sparkplug_metric *m, const struct cv_pb_field *f)
{
	if (!value_wire_ok(f))
		return false;
	m->field = (uint8_t)f->number;
	m->value = f->value;
	if (f->wire == CV_PB_LEN) {
		m->data = f->data;
		m->data_len = (uint32_t)f->value;
	}
	return true;
}

/* Fields with other numbers than the expected are passed over, as protobuf wants. */
static bool read_field(struct sparkplug_metric *m, const struct cv_pb_field *f)
{
	bool number = f->wire == CV_PB_VARINT;

	switch (f->number) {
	case M_NAME:
		m->name = f->data;
		m->name_len = (uint32_t)f->value;
		return f->wire == CV_PB_LEN && cv_utf8_valid(f->data, m->name_len);
	case M_ALIAS:
		m->alias = f->value;
		m->has_alias = true;
		return number;
	case M_TIMESTAMP:
		m->time_ms = f->value;
		m->has_time = true;
		return number;
	case M_DATATYPE:
		m->type = f->value <= SPARKPLUG_TYPE_MAX ? (uint8_t)f->value : SPARKPLUG_UNKNOWN;
		return number;
	case M_HISTORICAL:
		m->historical = f->value != 0;
		return number;
	case M_NULL:
		m->null = f->value != 0;
		return number;
	case M_PROPERTIES:
		return f->wire == CV_PB_LEN && read_properties(m, f);
	default:
		if (f->number >= SPARKPLUG_F_INT && f->number <= SPARKPLUG_F_EXTENSION)
			return read_value(m, f);
		return true;
	}
}

static bool is_bd_seq(const struct sparkplug_metric *m)
{
	return m->name_len == 5 && memcmp(m->name, "bdSeq", 5) == 0;
}

/* A metric is called by name or alias (6.4.14); one without either is nobody's. */
static int read_metric(struct sparkplug_payload *p, const struct cv_pb_field *metric)
{
	static const struct sparkplug_metric none;
	struct cv_reader r = cv_reader(metric->data, (size_t)metric->value);
	struct sparkplug_metric *m = &p->metric[p->count];
	struct cv_pb_field f;

	if (p->count == SPARKPLUG_METRICS_MAX)
		return -E2BIG;
	*m = none;
	while (cv_pb_next(&r, &f)) {
		if (!read_field(m, &f))
			return -EBADMSG;
	}
	if (r.failed || (m->name_len == 0 && !m->has_alias))
		return -EBADMSG;
	if (is_bd_seq(m) && m->field != 0) { /* of the session, not of the process */
		p->bd_seq = m->value;
		p->has_bd_seq = true;
		return 0;
	}
	p->count++;
	return 0;
}

int sparkplug_read(struct sparkplug_payload *p, const uint8_t *data, size_t len, bool cut)
{
	struct cv_reader r = cv_reader(data, len);
	struct cv_pb_field f;
	int err = 0;

	p->has_time = p->has_seq = p->has_bd_seq = p->has_body = false;
	p->count = 0;
	while (err == 0 && cv_pb_next(&r, &f)) {
		if (f.number <= P_BODY &&
		    (f.wire == CV_PB_LEN) == (f.number == P_TIMESTAMP || f.number == P_SEQ))
			return -EBADMSG;
		if (f.number == P_TIMESTAMP) {
			p->time_ms = f.value;
			p->has_time = true;
		} else if (f.number == P_SEQ) {
			p->seq = f.value;
			p->has_seq = true;
		} else if (f.number == P_METRICS) {
			err = read_metric(p, &f);
		} else if (f.number == P_BODY) {
			p->has_body = true;
		}
	}
	return err == 0 && r.failed && !cut ? -EBADMSG : err;
}
