/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of reading and of reports: one attribute, or a table: its columns' identifiers and rows of
 * values. A row says whose it is (target server address) and of when it is in columns of their own;
 * those of an event object are events.
 */
#include <string.h>

#include "dataplane/decode/dlt698.h"
#include "dataplane/normalize/vocabulary.h"

#define COLUMNS_MAX 64
#define SELECTIONS_MAX 24

/* Columns that are about a row, not values in it. */
#define TARGET 0x202a
#define METER_ADDRESS 0x4001
#define FROZEN 0x2021
#define COLLECT_BEGIN 0x6040
#define COLLECTED 0x6041
#define STORED 0x6042
#define EVENT_BEGIN 0x201e
#define EVENT_END 0x2020
#define EVENT_NUMBER 0x2022
#define EVENT_SOURCE 0x2024

#define OI(oad) ((uint16_t)((oad) >> 16))

/* One selection of columns: an object's attribute, or several that belong to a record object. */
struct selection {
	uint32_t object; /* OAD whose rows these are */
	uint8_t first, count; /* columns */
	bool grouped; /* ROAD */
};

struct table {
	uint32_t object;
	uint8_t selections, columns;
	struct selection selection[SELECTIONS_MAX];
	uint32_t column[COLUMNS_MAX]; /* OAD */
};

/* Of an event's row. */
struct event {
	bool ended;
	uint32_t number;
};

void dlt698_result_normal(struct dlt698_apdu *a, struct cv_reader *r)
{
	uint32_t oad = cv_read_be32(r);
	struct cv_axdr data;
	uint8_t dar;

	switch (cv_read_u8(r)) {
	case 0:
		dar = cv_read_u8(r);
		if (!r->failed)
			dlt698_result(a, oad, dar);
		break;
	case 1:
		if (dlt698_read(r, &data))
			dlt698_value(a, oad, &data);
		break;
	default:
		r->failed = true;
		break;
	}
}

static void add_columns(struct table *t, struct cv_reader *r, size_t n)
{
	if (n > (size_t)(COLUMNS_MAX - t->columns))
		r->failed = true;
	for (; n > 0 && !r->failed; n--)
		t->column[t->columns++] = cv_read_be32(r);
}

static void read_table(struct table *t, struct cv_reader *r)
{
	size_t n;

	t->object = cv_read_be32(r);
	t->selections = t->columns = 0;
	n = cv_axdr_length(r);
	if (n > SELECTIONS_MAX)
		r->failed = true;
	for (; n > 0 && !r->failed; n--) {
		struct selection *s = &t->selection[t->selections++];
		uint8_t kind = cv_read_u8(r);

		s->object = kind == 1 ? cv_read_be32(r) : t->object;
		s->grouped = kind == 1;
		s->first = t->columns;
		if (kind > 1)
			r->failed = true;
		add_columns(t, r, kind == 1 ? cv_axdr_length(r) : 1);
		s->count = (uint8_t)(t->columns - s->first);
	}
}

/* Take from a column what it says about its row. @return whether it is such a column. */
static bool about_row(struct dlt698_apdu *a, struct event *e, uint32_t oad,
		      const struct cv_axdr *data)
{
	bool time = data->type == DLT698_DATE_TIME_S, negative;
	uint64_t number;

	switch (OI(oad)) {
	case TARGET:
	case METER_ADDRESS:
	case EVENT_SOURCE:
		if (data->type == DLT698_TSA)
			dlt698_tsa(data->at, data->len, &a->device);
		return data->type == DLT698_TSA;
	case COLLECT_BEGIN:
	case COLLECTED:
	case STORED: /* when the concentrator did it: of second rank */
		if (time && a->time_quality == CV_TIME_ABSENT)
			a->time_quality = dlt698_time(data->at, data->len, &a->ts);
		return time;
	case FROZEN:
	case EVENT_BEGIN:
		if (time)
			a->time_quality = dlt698_time(data->at, data->len, &a->ts);
		return time;
	case EVENT_END:
		e->ended = e->ended || time;
		return time || data->type == AXDR_NULL;
	case EVENT_NUMBER:
		if (!cv_axdr_integer(data, &negative, &number))
			return false;
		e->number = (uint32_t)number;
		return true;
	default:
		return false;
	}
}

/* An event that is read from the meter's memory is none that happens now. */
static void put_event(struct dlt698_apdu *a, const struct event *e, uint32_t object)
{
	uint16_t name = dlt698_event(OI(object));
	bool news = (a->tag & ~DLT698_ANSWER) == DLT698_REPORT;
	struct cv_record *rec;

	if (a->dry)
		return;
	rec = name != CV_NAME_NONE && news ? dlt698_begin(a, CV_LANE_ALARM, CV_KIND_ALARM)
					   : dlt698_begin(a, CV_LANE_STATUS, CV_KIND_STATE);
	dlt698_put_code(a, object);
	rec->name_id = name;
	rec->stage = news ? CV_STAGE_REALTIME : CV_STAGE_HISTORY;
	rec->seq = e->number;
	rec->value_type = CV_VALUE_BOOL;
	rec->value.u64 = !e->ended;
	if (name == CV_NAME_NONE)
		cv_emit_tlv(a->d->emit, CV_TLV_NAME, "raw.event", 9);
	cv_emit_end(a->d->emit);
}

/*
 * One row of columns that belong together.
 *
 * @param column OADs of @p n columns.
 * @param r where the values begin.
 */
static void row(struct dlt698_apdu *a, uint32_t object, const uint32_t *column, unsigned int n,
		struct cv_reader *r)
{
	struct cv_reader look = *r;
	struct event e = {0};
	struct cv_axdr data;
	uint8_t stage = a->stage;

	for (unsigned int i = 0; i < n && dlt698_read(&look, &data); i++)
		about_row(a, &e, column[i], &data);
	a->stage = dlt698_stage(OI(object));
	if (OI(object) >> 12 == 3 && !look.failed)
		put_event(a, &e, object);
	for (unsigned int i = 0; i < n && dlt698_read(r, &data); i++)
		if (!about_row(a, &e, column[i], &data))
			dlt698_value(a, column[i], &data);
	a->stage = stage;
}

/*
 * Does a group's value stand as one structure, or an array of them? The standard does not say so, but
 * terminals do it; others put the values side by side. A highest demand is an array of structures too.
 */
static bool is_wrapped(const struct table *t, const struct selection *s, const struct cv_reader *r)
{
	uint16_t oi = OI(t->column[s->first]);
	struct cv_reader look = *r;
	uint8_t type = cv_read_u8(&look);
	size_t count = cv_axdr_length(&look);

	if (s->count == 0 || look.failed || oi >> 8 == 0x10 || oi >> 8 == 0x11)
		return false;
	if (type == AXDR_ARRAY) {
		if (count == 0)
			return s->count > 1;
		type = cv_read_u8(&look);
		count = cv_axdr_length(&look);
	}
	return !look.failed && type == AXDR_STRUCTURE && count == s->count;
}

static void group(struct dlt698_apdu *a, const struct table *t, const struct selection *s,
		  struct cv_reader *r)
{
	const uint32_t *column = t->column + s->first;
	const struct dlt698_apdu outer = *a;
	size_t rows = 1;
	bool wrapped = is_wrapped(t, s, r);

	if (wrapped && cv_reader_left(r) > 0 && *r->cur == AXDR_ARRAY) {
		cv_read_u8(r);
		rows = cv_axdr_length(r);
	}
	for (; rows > 0 && !r->failed; rows--) {
		if (wrapped && (cv_read_u8(r) != AXDR_STRUCTURE || cv_axdr_length(r) != s->count))
			r->failed = true;
		row(a, s->object, column, s->count, r);
		a->device = outer.device;
		a->ts = outer.ts;
		a->time_quality = outer.time_quality;
	}
}

/* What the single columns say about the row holds for groups in front of them too. */
static void table_row(struct dlt698_apdu *a, const struct table *t, struct cv_reader *r)
{
	struct cv_reader look = *r;
	struct event e = {0};
	struct cv_axdr data;
	uint32_t records = a->records;
	bool groups = false;

	for (unsigned int i = 0; i < t->selections; i++)
		groups = groups || t->selection[i].grouped;
	if (!groups) {
		row(a, t->object, t->column, t->columns, r);
	} else {
		for (unsigned int i = 0; i < t->selections; i++) {
			const struct selection *s = &t->selection[i];

			if (s->grouped) {
				bool wrapped = is_wrapped(t, s, &look);

				for (unsigned int n = wrapped ? 1 : s->count; n > 0; n--)
					dlt698_read(&look, &data);
			} else if (dlt698_read(&look, &data)) {
				about_row(a, &e, t->column[s->first], &data);
			}
		}
		for (unsigned int i = 0; i < t->selections; i++) {
			const struct selection *s = &t->selection[i];

			if (s->grouped)
				group(a, t, s, r);
			else if (dlt698_read(r, &data) &&
				 !about_row(a, &e, t->column[s->first], &data))
				dlt698_value(a, t->column[s->first], &data);
		}
	}
	if (!r->failed && !a->dry && a->records == records)
		dlt698_result(a, t->object, 0);
}

void dlt698_result_record(struct dlt698_apdu *a, struct cv_reader *r)
{
	const struct dlt698_apdu outer = *a;
	struct table t;
	size_t rows;
	uint8_t dar;

	read_table(&t, r);
	if (r->failed)
		return;
	switch (cv_read_u8(r)) {
	case 0:
		dar = cv_read_u8(r);
		if (!r->failed)
			dlt698_result(a, t.object, dar);
		return;
	case 1:
		rows = cv_axdr_length(r);
		break;
	default:
		r->failed = true;
		return;
	}
	for (; rows > 0 && !r->failed; rows--) {
		if (cv_reader_left(r) == 0)
			r->failed = true;
		table_row(a, &t, r);
		a->device = outer.device;
		a->ts = outer.ts;
		a->time_quality = outer.time_quality;
	}
}
