/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a SenML pack: names, units and times as RFC 8428 4.5 resolves them. */
#include <math.h>
#include <string.h>

#include "dataplane/decode/senml.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define SECOND_NS 1e9
#define RELATIVE_BELOW 268435456.0 /* 2^28 s, RFC 8428 4.5.3 */
#define YEAR_2000 946684800.0 /* s; an earlier stamp is a clock that was never set */
#define AHEAD_MAX 86400.0 /* s a device's clock may be ahead of ours */

#define NAME_ROOM (2 * CV_TLV_MAX) /* device URN and the name behind it */
#define CODE_ROOM CV_TLV_MAX

struct name {
	const uint8_t *device;
	const uint8_t *rest;
	size_t device_len;
	size_t rest_len;
	bool cut;
};

/* devunreserved, RFC 9039 3.2: letters, digits, '-' and '.'; one bit per byte. */
static bool is_identifier(uint8_t c)
{
	static const uint64_t set[4] = {0x03ff600000000000, 0x07fffffe07fffffe};

	return set[c >> 6] >> (c & 63) & 1;
}

static size_t identifier(const uint8_t *s, size_t at, size_t len)
{
	while (at < len && is_identifier(s[at]))
		at++;
	return at;
}

/*
 * "urn:dev:" type ":" id (RFC 9039 3), then a separator and what the device calls the quantity.
 * Names of any other make stay whole.
 */
static void split(struct name *n)
{
	static const char prefix[] = "urn:dev:";
	const size_t start = sizeof(prefix) - 1;
	size_t type, id;

	if (n->rest_len <= start || memcmp(n->rest, prefix, start) != 0)
		return;
	type = identifier(n->rest, start, n->rest_len);
	if (type == start || type == n->rest_len || n->rest[type] != ':')
		return;
	id = identifier(n->rest, type + 1, n->rest_len);
	if (id == type + 1)
		return;
	if (id < n->rest_len && n->rest[id] != ':' && n->rest[id] != '/' && n->rest[id] != '_')
		return;
	n->device = n->rest;
	n->device_len = id;
	id += id < n->rest_len;
	n->rest += id;
	n->rest_len -= id;
}

/* 4.5.1: base name and name joined, in place when one of them is all of it. */
static struct name resolve_name(const struct cv_senml_entry *e, uint8_t *room)
{
	struct name n = {.rest = room};

	if (e->base_name.len == 0 && e->name.form == CV_SENML_PLAIN) {
		n.rest = e->name.data;
		n.rest_len = e->name.len;
	} else {
		n.rest_len = cv_senml_text_copy(&e->base_name, room, NAME_ROOM, &n.cut);
		n.rest_len += cv_senml_text_copy(&e->name, room + n.rest_len,
						 NAME_ROOM - n.rest_len, &n.cut);
		if (n.cut) /* the last character may not be whole */
			n.rest_len = cv_utf8_prefix(room, n.rest_len);
	}
	split(&n);
	return n;
}

/* 4.5.3. */
static void set_time(struct cv_record *rec, const struct cv_senml_entry *e)
{
	double now = (double)rec->ts_rx_ns / SECOND_NS, seconds, fraction;

	if (!e->has_time)
		return;
	rec->time_quality = CV_TIME_IMPLAUSIBLE;
	if (!(e->time > -RELATIVE_BELOW && e->time <= now + AHEAD_MAX)) /* NaN too */
		return;
	if (e->time >= RELATIVE_BELOW && e->time < YEAR_2000)
		return;
	/* Apart, since a double of nanoseconds since 1970 is only good to 256 ns. */
	seconds = floor(e->time);
	fraction = e->time - seconds;
	rec->ts_device_ns = (int64_t)seconds * 1000000000 + (int64_t)(fraction * SECOND_NS);
	rec->time_quality = CV_TIME_DEVICE;
	if (e->time < RELATIVE_BELOW) {
		rec->ts_device_ns += rec->ts_rx_ns;
		rec->time_quality = CV_TIME_RELATIVE;
	}
}

/* No number: sensors send it for "no reading". JSON could not even carry it onwards. */
static void set_number(struct cv_emit *e, struct cv_record *rec, double value)
{
	const char *text = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";

	if (isfinite(value)) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = value;
		return;
	}
	rec->quality = CV_QUALITY_BAD;
	cv_emit_tlv(e, CV_TLV_FLAG, text, strlen(text));
}

static void set_value(struct cv_emit *e, struct cv_record *rec, const struct cv_senml_entry *entry)
{
	uint8_t room[CV_TLV_MAX + 1]; /* one more, so that the emitter sees that it must cut */
	bool cut = false;
	size_t len;

	switch (entry->type) {
	case CV_VALUE_F64:
		set_number(e, rec, entry->value);
		break;
	case CV_VALUE_BOOL:
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = entry->value != 0;
		break;
	default:
		rec->value_type = entry->type;
		len = cv_senml_text_copy(&entry->text, room, sizeof(room), &cut);
		cv_emit_tlv(e, entry->type == CV_VALUE_TEXT ? CV_TLV_TEXT : CV_TLV_BYTES, room,
			    len);
		if (cut)
			rec->flags |= CV_FLAG_TRUNCATED;
	}
}

static void set_unit(struct cv_emit *e, struct cv_record *rec, const struct cv_senml_text *unit,
		     bool sum)
{
	uint8_t room[64];
	bool cut = false;
	size_t len;

	if (unit->len == 0)
		return;
	len = cv_senml_text_copy(unit, room, sizeof(room) - 2, &cut);
	if (cut) { /* no unit is that long; half of one would be another */
		rec->flags |= CV_FLAG_TRUNCATED;
		return;
	}
	if (sum) { /* 4.2: a sum is in the unit times seconds; written as UCUM does */
		memcpy(room + len, ".s", 2);
		cv_emit_tlv(e, CV_TLV_UNIT, room, len + 2);
		return;
	}
	rec->unit_id = (uint16_t)cv_unit_by_text((const char *)room, len);
	if (rec->unit_id == CV_UNIT_NONE)
		cv_emit_tlv(e, CV_TLV_UNIT, room, len);
}

static struct cv_record *begin(struct cv_emit *e, const struct cv_senml_entry *entry,
			       const struct name *n, const struct cv_senml_origin *o)
{
	struct cv_record *rec = cv_emit_begin(e, o->lane, o->kind);

	o->complete(o->arg, rec);
	if (n->cut)
		rec->flags |= CV_FLAG_TRUNCATED;
	set_time(rec, entry);
	if (n->device_len != 0)
		cv_emit_tlv(e, CV_TLV_DEVICE, n->device, n->device_len);
	else if (o->device_len != 0)
		cv_emit_tlv(e, CV_TLV_DEVICE, o->device, o->device_len);
	if (n->rest_len != 0 && o->put_name != NULL &&
	    o->put_name(e, rec, entry, n->rest, n->rest_len))
		return rec;
	if (n->rest_len != 0)
		cv_emit_tlv(e, CV_TLV_NAME, n->rest, n->rest_len);
	else if (o->name_len != 0)
		cv_emit_tlv(e, CV_TLV_NAME, o->name, o->name_len);
	return rec;
}

static void emit_sum(struct cv_emit *e, const struct cv_senml_entry *entry, const struct name *n,
		     const struct cv_senml_origin *o)
{
	struct cv_record *rec = begin(e, entry, n, o);
	uint8_t code[CODE_ROOM];
	size_t len = o->code_len < sizeof(code) - 2 ? o->code_len : 0;

	if (len != 0) {
		memcpy(code, o->code, len);
		code[len++] = ' ';
	}
	code[len++] = 's';
	cv_emit_tlv(e, CV_TLV_CODE, code, len);
	set_unit(e, rec, &entry->unit, true);
	set_number(e, rec, entry->sum);
	cv_emit_end(e);
}

void cv_senml_emit(struct cv_emit *e, const struct cv_senml_pack *pack,
		   const struct cv_senml_origin *o)
{
	uint8_t room[NAME_ROOM];

	for (uint32_t i = 0; i < pack->count; i++) {
		const struct cv_senml_entry *entry = &pack->entry[i];
		struct name n = resolve_name(entry, room);
		struct cv_record *rec;

		if (entry->type != CV_VALUE_NONE) {
			rec = begin(e, entry, &n, o);
			if (o->code_len != 0)
				cv_emit_tlv(e, CV_TLV_CODE, o->code, o->code_len);
			set_unit(e, rec, &entry->unit, false);
			set_value(e, rec, entry);
			cv_emit_end(e);
		}
		if (entry->has_sum)
			emit_sum(e, entry, &n, o);
	}
}
