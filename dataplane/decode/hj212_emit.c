/* SPDX-License-Identifier: Apache-2.0 */
/* One item of a frame, one record. */
#include "dataplane/decode/hj212_emit.h"

#include "dataplane/decode/decimal.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define ST_AIR_SOURCE 31
#define ST_FLUE 51

static bool ends_with(struct hj212_text t, const char *word)
{
	size_t len = strlen(word);

	return t.len >= len && memcmp(t.data + t.len - len, word, len) == 0;
}

/* Older devices write GBK: such text is left out and flagged, a value is carried as bytes. */
static void put(const struct hj212_frame *f, struct cv_record *rec, enum cv_tlv_tag tag,
		struct hj212_text t)
{
	if (t.len == 0)
		return;
	if (f->s->text_valid || cv_utf8_valid((const uint8_t *)t.data, t.len)) {
		cv_emit_tlv(f->d->emit, tag, t.data, t.len);
		return;
	}
	rec->flags |= CV_FLAG_ENCODING;
	if (tag == CV_TLV_TEXT) {
		rec->value_type = CV_VALUE_BYTES;
		cv_emit_tlv(f->d->emit, CV_TLV_BYTES, t.data, t.len);
	}
}

static struct cv_record *begin(struct hj212_frame *f, enum cv_lane lane, enum cv_kind kind, bool up)
{
	struct cv_record *rec = cv_emit_begin(f->d->emit, lane, kind);

	f->records++;
	rec->direction = up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = f->s->size;
	rec->status = f->s->cn;
	rec->ts_device_ns = f->ts;
	rec->time_quality = f->time_quality;
	if (f->s->packets > 1)
		rec->flags |= CV_FLAG_PARTIAL;
	put(f, rec, CV_TLV_DEVICE, f->s->mn);
	put(f, rec, CV_TLV_CORRELATION, f->s->qn);
	return rec;
}

static void put_raw_name(const struct hj212_frame *f, struct cv_record *rec, struct hj212_text code)
{
	struct cv_label label = {0};

	cv_label_str(&label, "raw.");
	cv_label_bytes(&label, code.data, code.len);
	put(f, rec, CV_TLV_NAME, (struct hj212_text){label.text, label.len});
}

static void put_method(const struct hj212_frame *f)
{
	struct cv_label label = {0};

	if (f->command->name) {
		cv_label_str(&label, f->command->name);
	} else {
		cv_label_str(&label, "cn-");
		cv_label_u32(&label, f->s->cn);
	}
	cv_emit_tlv(f->d->emit, CV_TLV_METHOD, label.text, label.len);
}

/* Data marks (table 8). */
static void judge(struct cv_record *rec, struct hj212_text flag)
{
	switch (flag.len == 1 ? flag.data[0] : '\0') {
	case 'N':
		rec->quality = CV_QUALITY_GOOD;
		break;
	case 'S': /* set by hand */
	case 'C': /* calibrating */
		rec->quality = CV_QUALITY_UNCERTAIN;
		break;
	case 'T': /* out of range */
		rec->flags |= CV_FLAG_RANGE;
		rec->quality = CV_QUALITY_BAD;
		break;
	case 'F': /* not running */
	case 'M': /* maintenance */
	case 'D': /* defective */
	case 'B': /* no contact */
		rec->quality = CV_QUALITY_BAD;
		break;
	default:
		break;
	}
}

static void put_flags(const struct hj212_frame *f, struct cv_record *rec,
		      const struct hj212_group *g)
{
	struct cv_label label = {0};

	if (g->eflag.len == 0) {
		put(f, rec, CV_TLV_FLAG, g->flag);
	} else {
		cv_label_bytes(&label, g->flag.data, g->flag.len);
		cv_label_str(&label, "/");
		cv_label_bytes(&label, g->eflag.data, g->eflag.len);
		put(f, rec, CV_TLV_FLAG, (struct hj212_text){label.text, label.len});
	}
	judge(rec, g->flag);
}

static bool is_source(uint16_t st)
{
	return st == ST_AIR_SOURCE || st == ST_FLUE;
}

/*
 * Name and unit of a value. @return the shift for it. A cumulative value (Cou) is an amount, not
 * what the factor's name says; only that of a flow has a fixed unit, m3.
 */
static int put_factor(const struct hj212_frame *f, struct cv_record *rec,
		      const struct hj212_item *it)
{
	const struct hj212_factor *factor = hj212_factor(it->code.data, it->code.len);
	bool amount = hj212_is(it->stat, "Cou");

	if (factor == NULL ||
	    (amount && factor->name != CV_NAME_WATER_FLOW && factor->name != CV_NAME_FLUE_FLOW)) {
		put_raw_name(f, rec, it->code);
		return 0;
	}
	if (amount) {
		rec->unit_id = CV_UNIT_M3;
		if (factor->name == CV_NAME_WATER_FLOW)
			rec->name_id = CV_NAME_WATER_VOLUME;
		else
			put_raw_name(f, rec, it->code);
		return 0;
	}
	if (factor->flue_name != CV_NAME_NONE && is_source(f->s->st)) {
		rec->name_id = factor->flue_name;
		rec->unit_id = factor->flue_unit;
		return 0;
	}
	rec->name_id = factor->name;
	rec->unit_id = factor->unit;
	if (factor->name == CV_NAME_NONE)
		put_raw_name(f, rec, it->code);
	return factor->shift;
}

static bool take_number(struct cv_record *rec, struct hj212_text value, int shift)
{
	double number;

	if (cv_decimal_parse(value.data, value.len, shift, &number) != 0)
		return false;
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = number;
	return true;
}

/* A device that has no value sends "-", nothing, or NaN. */
static void put_number(const struct hj212_frame *f, struct cv_record *rec, struct hj212_text value,
		       int shift)
{
	if (take_number(rec, value, shift))
		return;
	rec->quality = CV_QUALITY_BAD;
	put(f, rec, CV_TLV_TEXT, value);
}

static void put_text(const struct hj212_frame *f, struct cv_record *rec, struct hj212_text value)
{
	rec->value_type = CV_VALUE_TEXT;
	put(f, rec, CV_TLV_TEXT, value);
}

/* Running state of a treatment facility (table 7). */
static void put_state(struct hj212_frame *f, const struct hj212_group *g,
		      const struct hj212_item *it)
{
	static const char *const states[] = {"off",	    "running", "calibrating",
					     "maintenance", "alarm",   "blow-back"};
	bool known = it->value.len == 1 && it->value.data[0] >= '0' && it->value.data[0] <= '5';
	unsigned int state = known ? (unsigned int)(it->value.data[0] - '0') : 0;
	bool alarm = known && state == 4;
	struct cv_record *rec = begin(f, alarm ? CV_LANE_ALARM : CV_LANE_STATUS,
				      alarm ? CV_KIND_ALARM : CV_KIND_STATE, true);

	put_raw_name(f, rec, it->code);
	put(f, rec, CV_TLV_CODE, it->key);
	put(f, rec, CV_TLV_SUB, it->code);
	put_method(f);
	put_flags(f, rec, g);
	if (known) {
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = state;
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, states[state], strlen(states[state]));
	} else {
		put_number(f, rec, it->value, 0);
	}
	cv_emit_end(f->d->emit);
}

/* A value or text about the device itself: Info of an i-factor, SN. */
static void put_info(struct hj212_frame *f, const struct hj212_group *g,
		     const struct hj212_item *it)
{
	struct cv_record *rec = begin(f, CV_LANE_STATUS, CV_KIND_STATE, true);
	int shift = put_factor(f, rec, it);

	put(f, rec, CV_TLV_CODE, it->key);
	put_method(f);
	put_flags(f, rec, g);
	if (!hj212_is(it->stat, "Info") || !take_number(rec, it->value, shift))
		put_text(f, rec, it->value);
	cv_emit_end(f->d->emit);
}

static void put_value(struct hj212_frame *f, const struct hj212_group *g,
		      const struct hj212_item *it)
{
	struct cv_record *rec = begin(f, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT, true);
	int shift;

	rec->stage = f->command->stage;
	if (g->timed) {
		rec->ts_device_ns = g->ts;
		rec->time_quality = CV_TIME_DEVICE;
	}
	put(f, rec, CV_TLV_CODE, it->key);
	put(f, rec, CV_TLV_METHOD, it->stat);
	put_flags(f, rec, g);
	if (hj212_is(it->stat, "RT")) {
		put_raw_name(f, rec, it->code);
		rec->unit_id = CV_UNIT_HOUR;
		shift = 0;
	} else {
		shift = put_factor(f, rec, it);
	}
	put_number(f, rec, it->value, shift);
	cv_emit_end(f->d->emit);
}

void hj212_emit_item(struct hj212_frame *f, const struct hj212_group *g,
		     const struct hj212_item *it)
{
	if (hj212_is(it->stat, "RS"))
		put_state(f, g, it);
	else if (hj212_is(it->stat, "Info") || hj212_is(it->stat, "SN"))
		put_info(f, g, it);
	else
		put_value(f, g, it);
}

static bool is_secret(struct hj212_text key)
{
	return ends_with(key, "PW") || ends_with(key, "SK");
}

static struct cv_record *begin_status(struct hj212_frame *f)
{
	bool up = f->direction == CV_DIR_UP;

	return begin(f, CV_LANE_STATUS,
		     f->command->cn >= 9000 || up ? f->command->kind : CV_KIND_COMMAND, up);
}

void hj212_emit_parameter(struct hj212_frame *f, const struct hj212_item *it)
{
	struct cv_record *rec = begin_status(f);

	put_raw_name(f, rec, it->key);
	put(f, rec, CV_TLV_CODE, it->key);
	put_method(f);
	if (is_secret(it->key))
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, "withheld", strlen("withheld"));
	else if (ends_with(it->key, "Time") || !take_number(rec, it->value, 0))
		put_text(f, rec, it->value);
	cv_emit_end(f->d->emit);
}

void hj212_emit_bare(struct hj212_frame *f)
{
	begin_status(f);
	put_method(f);
	cv_emit_end(f->d->emit);
}
