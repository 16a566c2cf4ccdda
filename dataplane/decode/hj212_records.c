/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a frame says: one record per factor and statistic, one per parameter, or one for the frame
 * itself when it carries neither.
 */
#include <string.h>

#include "dataplane/decode/decimal.h"
#include "dataplane/decode/hj212.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/text.h"
#include "dataplane/normalize/vocabulary.h"

#define ST_AIR_SOURCE 31
#define ST_FLUE 51
#define GROUP_MAX 16

/* One item of CP. */
struct item {
	struct hj212_text key; /* all before '=' */
	struct hj212_text code; /* factor, before the last '-'; data NULL when there is none */
	struct hj212_text stat; /* behind it: Rtd, Avg, Cou, ... */
	struct hj212_text value;
};

/* Items of one factor: its flag stands behind its values. */
struct group {
	struct hj212_text code;
	struct hj212_text flag, eflag;
	struct item item[GROUP_MAX];
	unsigned int count;
	bool timed; /* SampleTime of this factor */
	int64_t ts;
};

struct frame {
	struct cv_decode *d;
	const struct hj212_segment *s;
	const struct hj212_command *command;
	uint8_t direction; /* enum cv_direction */
	uint8_t time_quality;
	int64_t ts;
	unsigned int records;
};

static bool is(struct hj212_text t, const char *word)
{
	size_t len = strlen(word);

	return t.len == len && memcmp(t.data, word, len) == 0;
}

static bool ends_with(struct hj212_text t, const char *word)
{
	size_t len = strlen(word);

	return t.len >= len && memcmp(t.data + t.len - len, word, len) == 0;
}

/* Older devices write GBK: such text is left out and flagged, a value is carried as bytes. */
static void put(const struct frame *f, struct cv_record *rec, enum cv_tlv_tag tag,
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

static struct cv_record *begin(struct frame *f, enum cv_lane lane, enum cv_kind kind, bool up)
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

static void put_raw_name(const struct frame *f, struct cv_record *rec, struct hj212_text code)
{
	struct cv_label label = {0};

	cv_label_str(&label, "raw.");
	cv_label_bytes(&label, code.data, code.len);
	put(f, rec, CV_TLV_NAME, (struct hj212_text){label.text, label.len});
}

static void put_method(const struct frame *f)
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

static void put_flags(const struct frame *f, struct cv_record *rec, const struct group *g)
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
static int put_factor(const struct frame *f, struct cv_record *rec, const struct item *it)
{
	const struct hj212_factor *factor = hj212_factor(it->code.data, it->code.len);
	bool amount = is(it->stat, "Cou");

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

/* A device that has no value sends "-", nothing, or NaN. */
static void put_number(const struct frame *f, struct cv_record *rec, struct hj212_text value,
		       int shift)
{
	double number;

	if (cv_decimal_parse(value.data, value.len, shift, &number) == 0) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = number;
		return;
	}
	rec->quality = CV_QUALITY_BAD;
	put(f, rec, CV_TLV_TEXT, value);
}

/* Running state of a treatment facility (table 7). */
static void put_state(struct frame *f, const struct group *g, const struct item *it)
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
static void put_info(struct frame *f, const struct group *g, const struct item *it)
{
	struct cv_record *rec = begin(f, CV_LANE_STATUS, CV_KIND_STATE, true);
	double number;
	int shift = put_factor(f, rec, it);

	put(f, rec, CV_TLV_CODE, it->key);
	put_method(f);
	put_flags(f, rec, g);
	if (is(it->stat, "Info") &&
	    cv_decimal_parse(it->value.data, it->value.len, shift, &number) == 0) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = number;
	} else {
		rec->value_type = CV_VALUE_TEXT;
		put(f, rec, CV_TLV_TEXT, it->value);
	}
	cv_emit_end(f->d->emit);
}

static void put_value(struct frame *f, const struct group *g, const struct item *it)
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
	if (is(it->stat, "RT")) {
		put_raw_name(f, rec, it->code);
		rec->unit_id = CV_UNIT_HOUR;
		shift = 0;
	} else {
		shift = put_factor(f, rec, it);
	}
	put_number(f, rec, it->value, shift);
	cv_emit_end(f->d->emit);
}

static void flush(struct frame *f, struct group *g)
{
	for (unsigned int i = 0; i < g->count; i++) {
		const struct item *it = &g->item[i];

		if (is(it->stat, "RS"))
			put_state(f, g, it);
		else if (is(it->stat, "Info") || is(it->stat, "SN"))
			put_info(f, g, it);
		else
			put_value(f, g, it);
	}
	g->count = 0;
	g->flag = g->eflag = (struct hj212_text){NULL, 0};
	g->timed = false;
}

static void add(struct frame *f, struct group *g, const struct item *it)
{
	if (g->count == GROUP_MAX || it->code.len != g->code.len || g->code.data == NULL ||
	    memcmp(it->code.data, g->code.data, it->code.len) != 0) {
		flush(f, g);
		g->code = it->code;
	}
	if (is(it->stat, "Flag"))
		g->flag = it->value;
	else if (is(it->stat, "EFlag"))
		g->eflag = it->value;
	else if (is(it->stat, "SampleTime"))
		g->timed = hj212_time(it->value, &g->ts);
	else
		g->item[g->count++] = *it;
}

static bool is_secret(struct hj212_text key)
{
	return ends_with(key, "PW") || ends_with(key, "SK");
}

static struct cv_record *begin_status(struct frame *f)
{
	bool up = f->direction == CV_DIR_UP;

	return begin(f, CV_LANE_STATUS,
		     f->command->cn >= 9000 || up ? f->command->kind : CV_KIND_COMMAND, up);
}

static void put_parameter(struct frame *f, const struct item *it)
{
	struct cv_record *rec = begin_status(f);
	double number;

	put_raw_name(f, rec, it->key);
	put(f, rec, CV_TLV_CODE, it->key);
	put_method(f);
	if (is_secret(it->key)) {
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, "withheld", strlen("withheld"));
	} else if (!ends_with(it->key, "Time") &&
		   cv_decimal_parse(it->value.data, it->value.len, 0, &number) == 0) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = number;
	} else {
		rec->value_type = CV_VALUE_TEXT;
		put(f, rec, CV_TLV_TEXT, it->value);
	}
	cv_emit_end(f->d->emit);
}

/* Separators are ';' between and ',' within factors; the standard's own examples mix them up. */
static const char *next_item(const char *at, const char *end, struct item *ret)
{
	const char *start = at, *equals = NULL, *dash = NULL;

	for (; at < end && *at != ';' && *at != ','; at++) {
		if (*at == '-' && equals == NULL)
			dash = at;
		else if (*at == '=' && equals == NULL)
			equals = at;
	}
	if (equals == NULL)
		equals = at;
	*ret = (struct item){.key = {start, (size_t)(equals - start)}};
	if (dash) {
		ret->code = (struct hj212_text){start, (size_t)(dash - start)};
		ret->stat = (struct hj212_text){dash + 1, (size_t)(equals - dash - 1)};
	}
	if (equals < at)
		ret->value = (struct hj212_text){equals + 1, (size_t)(at - equals - 1)};
	else
		ret->value = (struct hj212_text){equals, 0};
	return at < end ? at + 1 : at;
}

static void take_time(struct frame *f)
{
	struct hj212_text cp = f->s->cp;
	const char *at = memmem(cp.data, cp.len, "DataTime=", strlen("DataTime="));
	struct item it;

	if (at == NULL)
		return;
	next_item(at, cp.data + cp.len, &it);
	f->time_quality = hj212_time(it.value, &f->ts) ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
}

/* Numbers that both ends send go up from the device, which is the end that opens the connection. */
static uint8_t direction_of(const struct cv_decode *d, const struct hj212_segment *s,
			    const struct hj212_command *command)
{
	if (command->direction != CV_DIR_UNKNOWN)
		return command->direction;
	if (d->origin->direction != CV_DIR_UNKNOWN)
		return d->origin->direction;
	if (!d->datagram)
		return d->from_client ? CV_DIR_UP : CV_DIR_DOWN;
	return s->cp.len != 0 ? CV_DIR_UP : CV_DIR_DOWN;
}

void hj212_records(struct cv_decode *d, const struct hj212_segment *s)
{
	const char *at = s->cp.data, *end = at + s->cp.len;
	struct frame f = {.d = d, .s = s, .command = hj212_command(s->cn)};
	struct group g;

	g.code.data = NULL;
	g.count = 0;
	g.timed = false;
	g.flag = g.eflag = (struct hj212_text){NULL, 0};
	f.direction = direction_of(d, s, f.command);
	take_time(&f);
	while (at < end) {
		struct item it;

		at = next_item(at, end, &it);
		if (it.key.len == 0 || is(it.key, "DataTime"))
			continue;
		if (it.code.len != 0)
			add(&f, &g, &it);
		else
			put_parameter(&f, &it);
	}
	flush(&f, &g);
	if (f.records == 0) {
		begin_status(&f);
		put_method(&f);
		cv_emit_end(d->emit);
	}
}
