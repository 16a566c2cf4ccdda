/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the values of a frame, whichever coding they came in. */
#include <string.h>

#include "dataplane/decode/decimal.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/sl651.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/gb18030.h"
#include "dataplane/normalize/vocabulary.h"

#define MINUTE_NS (60ll * 1000000000)

struct cv_record *sl651_begin(struct sl651_frame *f, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_emit *e = f->d->emit;
	struct cv_record *rec = cv_emit_begin(e, lane, kind);
	const char *function = sl651_function(f->h->fn);

	f->records++;
	rec->direction = f->h->up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = f->h->up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = f->h->size;
	rec->status = f->h->fn;
	rec->seq = f->serial;
	rec->ts_device_ns = f->ts;
	rec->time_quality = f->time_quality;
	cv_emit_tlv(e, CV_TLV_DEVICE, f->station, SL651_STATION);
	if (f->mark_len != 0)
		cv_emit_tlv(e, CV_TLV_CORRELATION, f->mark, f->mark_len);
	if (function != NULL) {
		cv_emit_tlv(e, CV_TLV_METHOD, function, strlen(function));
	} else {
		struct cv_label label = {0};

		cv_label_str(&label, "function-");
		cv_label_u32(&label, f->h->fn);
		cv_emit_tlv(e, CV_TLV_METHOD, label.text, label.len);
	}
	return rec;
}

static void put_flag(struct sl651_frame *f, const char *flag)
{
	cv_emit_tlv(f->d->emit, CV_TLV_FLAG, flag, strlen(flag));
}

static const char *end_name(uint8_t end)
{
	switch (end) {
	case SL651_ACK:
		return "ack";
	case SL651_EOT:
		return "eot";
	case SL651_ESC:
		return "esc";
	case SL651_NAK:
		return "nak";
	case SL651_ENQ:
		return "enq";
	default:
		return NULL;
	}
}

void sl651_bare(struct sl651_frame *f)
{
	const struct sl651_head *h = f->h;
	enum cv_kind kind = CV_KIND_STATE;
	const char *end = end_name(h->end);
	struct cv_record *rec;

	if (h->fn == SL651_KEEP_ALIVE)
		kind = CV_KIND_SESSION;
	else if (h->end == SL651_NAK)
		kind = CV_KIND_ERROR;
	else if (!h->up && h->end == SL651_ENQ)
		kind = CV_KIND_COMMAND;
	rec = sl651_begin(f, CV_LANE_STATUS, kind);
	if (h->up && (h->fn == SL651_SET_CLOCK || h->fn == SL651_CLOCK))
		rec->name_id = CV_NAME_DEVICE_CLOCK;
	if (end != NULL)
		put_flag(f, end);
	cv_emit_end(f->d->emit);
}

/* What the record is called. @return the shift to that name's unit */
static int put_name(struct sl651_frame *f, struct cv_record *rec, const struct sl651_item *it)
{
	const struct sl651_element *e = it->element;
	struct cv_emit *emit = f->d->emit;
	struct cv_label label = {0};

	cv_emit_tlv(emit, CV_TLV_CODE, it->code, it->code_len);
	if (e != NULL && e->sub[0] != '\0')
		cv_emit_tlv(emit, CV_TLV_SUB, e->sub, strlen(e->sub));
	if (e != NULL && e->name != CV_NAME_NONE) {
		rec->name_id = e->name;
		rec->unit_id = (uint16_t)cv_name_unit(e->name);
		return e->shift;
	}
	cv_label_str(&label, it->parameter ? "raw.parameter." : "raw.");
	if (e != NULL)
		cv_label_str(&label, e->code);
	else
		cv_label_bytes(&label, it->code, it->code_len);
	cv_emit_tlv(emit, CV_TLV_NAME, label.text, label.len);
	return 0;
}

static struct cv_record *begin_value(struct sl651_frame *f, const struct sl651_item *it)
{
	const struct sl651_element *e = it->element;
	enum cv_lane lane = e ? cv_name_lane(e->name) : CV_LANE_MEASUREMENT;
	enum cv_kind kind = CV_KIND_MEASUREMENT;
	struct cv_record *rec;

	if (it->parameter || !f->h->up) {
		lane = CV_LANE_STATUS;
		kind = f->h->up ? CV_KIND_STATE : CV_KIND_COMMAND;
	} else if (e != NULL && e->name == CV_NAME_NONE) {
		lane = CV_LANE_MEASUREMENT;
	}
	rec = sl651_begin(f, lane, kind);
	if (e != NULL)
		rec->stage = e->stage;
	if (f->trigger)
		put_flag(f, "trigger");
	f->trigger = false;
	return rec;
}

void sl651_number(struct sl651_frame *f, const struct sl651_item *it, const char *text, size_t len,
		  int shift)
{
	struct cv_record *rec = begin_value(f, it);
	double number;

	shift += put_name(f, rec, it);
	if (f->stepped)
		rec->stage = CV_STAGE_HISTORY;
	if (len == 0) {
		rec->quality = CV_QUALITY_BAD;
		put_flag(f, "missing");
	} else if (cv_decimal_parse(text, len, shift, &number) == 0) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = number;
	} else {
		rec->quality = CV_QUALITY_BAD;
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, text, len);
	}
	cv_emit_end(f->d->emit);
}

static void put_text(struct sl651_frame *f, struct cv_record *rec, const uint8_t *text, size_t len)
{
	uint8_t utf8[CV_GB18030_UTF8_MAX(CV_TLV_MAX)];
	size_t taken = len < CV_TLV_MAX ? len : CV_TLV_MAX;
	bool clean;

	rec->value_type = CV_VALUE_TEXT;
	if (cv_utf8_valid(text, len)) {
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, text, len);
		return;
	}
	if (taken < len)
		rec->flags |= CV_FLAG_TRUNCATED;
	taken = cv_gb18030_to_utf8(text, taken, utf8, &clean);
	if (!clean)
		rec->flags |= CV_FLAG_ENCODING;
	cv_emit_tlv(f->d->emit, CV_TLV_TEXT, utf8, taken);
}

void sl651_text(struct sl651_frame *f, const struct sl651_item *it, unsigned int name,
		const uint8_t *text, size_t len)
{
	struct cv_record *rec =
		sl651_begin(f, CV_LANE_STATUS, f->h->up ? CV_KIND_STATE : CV_KIND_COMMAND);

	if (name != CV_NAME_NONE)
		rec->name_id = (uint16_t)name;
	else
		put_name(f, rec, it);
	put_text(f, rec, text, len);
	cv_emit_end(f->d->emit);
}

void sl651_raw(struct sl651_frame *f, const struct sl651_item *it, const uint8_t *data, size_t len)
{
	struct cv_record *rec =
		sl651_begin(f, CV_LANE_STATUS, f->h->up ? CV_KIND_STATE : CV_KIND_COMMAND);

	if (it != NULL)
		put_name(f, rec, it);
	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, data, len);
	cv_emit_end(f->d->emit);
}

void sl651_withheld(struct sl651_frame *f, const struct sl651_item *it)
{
	struct cv_record *rec =
		sl651_begin(f, CV_LANE_STATUS, f->h->up ? CV_KIND_STATE : CV_KIND_COMMAND);

	put_name(f, rec, it);
	cv_emit_tlv(f->d->emit, CV_TLV_TEXT, "withheld", strlen("withheld"));
	cv_emit_end(f->d->emit);
}

void sl651_bits(struct sl651_frame *f, unsigned int name, uint64_t bits)
{
	struct cv_record *rec =
		sl651_begin(f, CV_LANE_STATUS, f->h->up ? CV_KIND_STATE : CV_KIND_COMMAND);

	rec->name_id = (uint16_t)name;
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = bits;
	cv_emit_end(f->d->emit);
}

void sl651_state(struct sl651_frame *f, uint32_t word)
{
	/* Bits of table 58 that report something wrong; door, IC card and pump are states. */
	static const uint16_t alarms[] = {
		CV_NAME_STATION_MAINS_LOST,
		CV_NAME_STATION_BATTERY_LOW,
		CV_NAME_WATER_LEVEL_ALARM,
		CV_NAME_WATER_FLOW_ALARM,
		CV_NAME_WATER_QUALITY_ALARM,
		CV_NAME_STATION_FLOW_METER_FAULT,
		CV_NAME_STATION_LEVEL_METER_FAULT,
		0,
		CV_NAME_STATION_MEMORY_FAULT,
		0,
		0,
		CV_NAME_WATER_METER_ALARM,
	};

	sl651_bits(f, CV_NAME_STATION_STATE, word);
	for (size_t i = 0; f->h->up && i < sizeof(alarms) / sizeof(alarms[0]); i++) {
		struct cv_record *rec;

		if (alarms[i] == 0 || !(word >> i & 1))
			continue;
		rec = sl651_begin(f, CV_LANE_ALARM, CV_KIND_ALARM);
		rec->name_id = alarms[i];
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = 1;
		cv_emit_end(f->d->emit);
	}
}

void sl651_command(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	struct cv_record *rec = sl651_begin(f, CV_LANE_STATUS, CV_KIND_COMMAND);

	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, data, len);
	cv_emit_end(f->d->emit);
}

void sl651_series(struct sl651_frame *f, const struct sl651_item *it, const uint8_t *data,
		  size_t len)
{
	size_t width = it->element->id == 0xf4 ? 1 : 2;
	int64_t first = f->ts, step = f->stepped && f->step ? f->step : 5 * MINUTE_NS;

	for (size_t i = 0; (i + 1) * width <= len; i++) {
		const uint8_t *at = data + i * width;
		unsigned int n = width == 1 ? at[0] : (unsigned int)(at[0] << 8 | at[1]);
		struct cv_label label = {0};

		if (f->time_quality == CV_TIME_DEVICE)
			f->ts = first + (int64_t)i * step;
		if (n != (width == 1 ? 0xff : 0xffff))
			cv_label_u32(&label, n);
		sl651_number(f, it, label.text, label.len, 0);
	}
	f->ts = first;
}
