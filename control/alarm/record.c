/* SPDX-License-Identifier: Apache-2.0 */
#include "control/alarm/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "control/alarm/names.h"
#include "dataplane/normalize/emit.h"

#define LANE CV_LANE_ALARM

static void put_text(struct cv_emit *e, enum cv_tlv_tag tag, const char *text)
{
	if (*text)
		cv_emit_tlv(e, tag, text, strlen(text));
}

/* As many URNs as there is room for, whole ones. */
static void put_members(struct cv_emit *e, const struct cv_alarm *a,
			const struct cv_alarm_urns *urns)
{
	char text[CV_TLV_MAX];
	size_t used = 0, len;

	for (uint32_t i = 0; i < a->n_devices; i++) {
		const char *urn = urns->urn(urns->owner, a->devices[i], &len);

		if (used + (used > 0) + len > sizeof(text))
			break;
		if (used > 0)
			text[used++] = ' ';
		memcpy(text + used, urn, len);
		used += len;
	}
	cv_emit_tlv(e, CV_TLV_MEMBERS, text, used);
}

static void put_note(struct cv_emit *emit, const struct cv_alarm_engine *e,
		     const struct cv_alarm *a, enum cv_alarm_change change)
{
	struct cv_alarm_note note = {
		.change = (uint8_t)change,
		.grade = cv_alarm_engine_rule(e, a)->grade,
		.devices = a->n_devices,
		.threshold = cv_alarm_engine_threshold(e, a),
		.since_ns = a->since_ns,
		.raised_ns = a->raised_ns,
		.rules = cv_alarm_engine_number(e),
	};
	char value[CV_TLV_MAX];
	size_t used = sizeof(note);
	int n;

	memcpy(value, &note, sizeof(note));
	n = snprintf(value + used, sizeof(value) - used, "%s%c%.127s%c%s", a->area, '\0',
		     a->who ? a->who : "", '\0', a->comment ? a->comment : "");
	used += (size_t)n < sizeof(value) - used ? (size_t)n + 1 : sizeof(value) - used;
	cv_emit_tlv(emit, CV_TLV_ALARM, value, used);
}

struct cv_record *cv_alarm_record(const struct cv_alarm_engine *e, const struct cv_alarm *a,
				  enum cv_alarm_change change, int64_t now,
				  const struct cv_alarm_urns *urns, uint8_t *at)
{
	const struct cv_origin origin = {.ts_rx_ns = now};
	struct cv_sink sink = {0};
	struct cv_record *rec;
	struct cv_emit emit;
	size_t len;

	sink.lane[LANE].cur = at;
	sink.lane[LANE].end = at + CV_ALARM_RECORD_ROOM;
	cv_emit_init(&emit, &sink);
	emit.origin = &origin;
	rec = cv_emit_begin(&emit, LANE, CV_KIND_ALARM);
	if (isfinite(a->value)) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = a->value;
		rec->unit_id = a->unit;
	}
	if (a->device != 0 && !*a->area) {
		const char *urn = urns->urn(urns->owner, a->device, &len);

		cv_emit_tlv(&emit, CV_TLV_DEVICE, urn, len);
	}
	if (a->name < CV_NAME_COUNT)
		rec->name_id = (uint16_t)a->name;
	else
		put_text(&emit, CV_TLV_NAME, cv_alarm_engine_quantity(e, a));
	put_text(&emit, CV_TLV_CODE, cv_alarm_engine_rule(e, a)->id);
	put_text(&emit, CV_TLV_CORRELATION, a->id);
	put_note(&emit, e, a, change);
	put_members(&emit, a, urns);
	put_text(&emit, CV_TLV_TEXT, cv_alarm_engine_rule(e, a)->text);
	cv_emit_end(&emit);
	cv_emit_finish(&emit);
	return rec;
}

/* ---- back ----------------------------------------------------------------------------------- */

static void copy(char *to, size_t size, const void *text, size_t len)
{
	snprintf(to, size, "%.*s", (int)len, text ? (const char *)text : "");
}

static void copy_tlv(char to[CV_TLV_MAX + 1], const struct cv_record *rec, enum cv_tlv_tag tag)
{
	struct cv_tlv_view v = cv_record_tlv(rec, tag);

	copy(to, CV_TLV_MAX + 1, v.data, v.len);
}

static void read_members(const struct cv_record *rec, const struct cv_alarm_urns *urns,
			 struct cv_alarm_past *past)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_MEMBERS);

	for (size_t at = 0; at < v.len && past->n_named < CV_ALARM_MEMBERS;) {
		const uint8_t *blank = memchr(v.data + at, ' ', v.len - at);
		size_t n = blank ? (size_t)(blank - v.data) - at : v.len - at;
		uint32_t device =
			n > 0 ? urns->device(urns->owner, (const char *)v.data + at, n) : 0;

		if (device != 0)
			past->devices[past->n_named++] = device;
		at += n + 1;
	}
}

bool cv_alarm_record_read(const struct cv_record *rec, const struct cv_alarm_urns *urns,
			  struct cv_alarm_told *ret)
{
	struct cv_tlv_view device = cv_record_tlv(rec, CV_TLV_DEVICE);
	struct cv_alarm_past *p = &ret->past;
	struct cv_alarm_view view;

	if (rec->kind != CV_KIND_ALARM || rec->lane != LANE || !cv_record_alarm(rec, &view))
		return false;
	copy_tlv(ret->id, rec, CV_TLV_CORRELATION);
	copy_tlv(ret->rule, rec, CV_TLV_CODE);
	copy_tlv(ret->name, rec, CV_TLV_NAME);
	if (*cv_name_text(rec->name_id))
		copy(ret->name, sizeof(ret->name), cv_name_text(rec->name_id),
		     strlen(cv_name_text(rec->name_id)));
	copy(ret->area, sizeof(ret->area), view.area, view.area_len);
	copy(ret->who, sizeof(ret->who), view.who, view.who_len);
	copy(ret->comment, sizeof(ret->comment), view.comment, view.comment_len);
	ret->change = (enum cv_alarm_change)view.note.change;
	*p = (struct cv_alarm_past){
		.id = ret->id,
		.rule = ret->rule,
		.area = ret->area,
		.name = ret->name,
		.who = ret->who,
		.comment = ret->comment,
		.n_devices = view.note.devices,
		.since_ns = view.note.since_ns,
		.raised_ns = view.note.raised_ns,
		.told_ns = rec->ts_rx_ns,
		.acked_ns = *ret->who ? rec->ts_rx_ns : 0,
		.value = rec->value_type == CV_VALUE_F64 ? rec->value.f64 : NAN,
		.unit = rec->unit_id,
	};
	if (device.len != 0)
		p->device = urns->device(urns->owner, (const char *)device.data, device.len);
	read_members(rec, urns, p);
	return *ret->id != '\0' && *ret->rule != '\0';
}
