/* SPDX-License-Identifier: Apache-2.0 */
/* Which records a frame becomes: questions none, commands and answers at least one. */
#include <string.h>

#include "dataplane/decode/dlt645.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/meter_bcd.h"
#include "dataplane/normalize/vocabulary.h"

#define SECRET_2007 8 /* password level, password, operator */
#define SECRET_97 4 /* password level, password */
#define AUTHENTICATION 0x07 /* DI3 of what function 03 of 2007 carries */

/* What may be told of a request or an answer to one. Passwords are not. */
enum content {
	UNKNOWN, /* carried as it is */
	NOTHING,
	BYTES,
	DIGITS,
	NUMBER,
	SWITCH, /* function 1C: N1, and until when */
};

struct shape {
	uint8_t content; /* enum content, of a request */
	uint8_t answer; /* enum content */
	uint8_t di_at, di_size; /* identifier in a request */
	uint8_t value_at; /* in a request */
};

static const struct shape shapes[DLT645_FUNCTION + 1] = {
	[DLT645_AUTHENTICATE] = {NOTHING, NOTHING, 0, 4, 0},
	[DLT645_WRITE_97] = {BYTES, NOTHING, 0, 2, 2 + SECRET_97},
	[DLT645_BROADCAST_TIME] = {NOTHING, NOTHING, 0, 0, 0},
	[DLT645_SET_ADDRESS_97] = {DIGITS, NOTHING, 0, 0, 0},
	[DLT645_SET_BAUD_97] = {NUMBER, NUMBER, 0, 0, 0},
	[DLT645_SET_PASSWORD_97] = {NOTHING, NOTHING, 0, 0, 0},
	[DLT645_RESET_DEMAND_97] = {NOTHING, NOTHING, 0, 0, 0},
	[DLT645_READ_ADDRESS] = {NOTHING, DIGITS, 0, 0, 0},
	[DLT645_WRITE] = {BYTES, NOTHING, 0, 4, 4 + SECRET_2007},
	[DLT645_SET_ADDRESS] = {DIGITS, NOTHING, 0, 0, 0},
	[DLT645_FREEZE] = {DIGITS, NOTHING, 0, 0, 0},
	[DLT645_SET_BAUD] = {NUMBER, NUMBER, 0, 0, 0},
	[DLT645_SET_PASSWORD] = {NOTHING, NOTHING, 0, 4, 0},
	[DLT645_RESET_DEMAND] = {NOTHING, NOTHING, 0, 0, 0},
	[DLT645_CLEAR_METER] = {NOTHING, NOTHING, 0, 0, 0},
	[DLT645_CLEAR_EVENTS] = {NOTHING, NOTHING, SECRET_2007, 4, 0},
	[DLT645_CONTROL] = {SWITCH, NOTHING, 0, 0, SECRET_2007},
	[DLT645_SET_OUTPUT] = {NUMBER, NUMBER, 0, 0, 0},
};

static void put_method(const struct dlt645_frame *f)
{
#define ROW(id, number, name) [number] = name,
	static const char *const names[DLT645_FUNCTION + 1] = {DLT645_FUNCTIONS(ROW)};
#undef ROW
	struct cv_label label = {0};
	unsigned int function = dlt645_function(f);

	if (names[function] != NULL) {
		cv_label_str(&label, names[function]);
	} else {
		cv_label_str(&label, "function-");
		cv_label_u32(&label, function);
	}
	cv_emit_tlv(f->d->emit, CV_TLV_METHOD, label.text, label.len);
}

struct cv_record *dlt645_begin(const struct dlt645_frame *f, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(f->d->emit, lane, kind);
	bool up = f->control & DLT645_ANSWER;

	rec->direction = up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = f->size;
	rec->status = f->control;
	if (up && (f->control & DLT645_MORE || dlt645_function(f) == DLT645_READ_NEXT ||
		   dlt645_function(f) == DLT645_READ_NEXT_97))
		rec->flags |= CV_FLAG_PARTIAL;
	if (f->named)
		cv_emit_tlv(f->d->emit, CV_TLV_DEVICE, f->address, sizeof(f->address));
	put_method(f);
	return rec;
}

static void put_text(const struct dlt645_frame *f, const char *text)
{
	cv_emit_tlv(f->d->emit, CV_TLV_TEXT, text, strlen(text));
}

/* N1 of function 1C. */
static void put_switch(const struct dlt645_frame *f, struct cv_record *rec, uint8_t command)
{
	static const struct {
		uint8_t command;
		const char *name;
	} commands[] = {
		{0x1a, "trip"},
		{0x1b, "allow-close"},
		{0x1c, "close"},
		{0x2a, "alarm"},
		{0x2b, "alarm-off"},
		{0x3a, "keep-supplied"},
		{0x3b, "keep-supplied-off"},
	};

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = command;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].command == command)
			put_text(f, commands[i].name);
}

static void put_content(const struct dlt645_frame *f, struct cv_record *rec, enum content content,
			size_t at)
{
	size_t len = f->len > at ? f->len - at : 0;
	char digits[16];

	if (content == NOTHING || len == 0)
		return;
	switch (content) {
	case NUMBER:
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = f->data[at];
		break;
	case SWITCH:
		put_switch(f, rec, f->data[at]);
		break;
	case DIGITS:
		if (len <= sizeof(digits) / 2) {
			meter_digits(f->data + at, len, digits);
			rec->value_type = CV_VALUE_TEXT;
			cv_emit_tlv(f->d->emit, CV_TLV_TEXT, digits, 2 * len);
			break;
		}
		__attribute__((fallthrough));
	default:
		rec->flags |= content == BYTES ? 0 : CV_FLAG_RAW;
		rec->value_type = CV_VALUE_BYTES;
		cv_emit_tlv(f->d->emit, CV_TLV_BYTES, f->data + at, len);
		break;
	}
}

static uint32_t identifier(const uint8_t *at, size_t size)
{
	uint32_t di = 0;

	for (size_t i = size; i-- > 0;)
		di = di << 8 | at[i];
	return di;
}

/* Second, minute, hour, day, month, year: what meters are told to set their clocks to. */
static bool put_broadcast_time(const struct dlt645_frame *f)
{
	struct cv_record *rec;

	if (f->len != 6)
		return false;
	rec = dlt645_begin(f, CV_LANE_STATUS, CV_KIND_COMMAND);
	meter_clock(rec, f->data, f->data + 1, f->data + 3);
	cv_emit_end(f->d->emit);
	return true;
}

/* Function 03 of 1997 (read again) has no identifier of that class. */
static bool is_read_again(const struct dlt645_frame *f)
{
	return dlt645_function(f) == DLT645_AUTHENTICATE &&
	       (f->len < 4 || f->data[3] != AUTHENTICATION);
}

static enum cv_reject request(const struct dlt645_frame *f)
{
	unsigned int function = dlt645_function(f);
	const struct shape *s = &shapes[function];
	struct cv_record *rec;

	switch (function) {
	case DLT645_READ:
	case DLT645_READ_NEXT:
	case DLT645_READ_ADDRESS:
	case DLT645_READ_97:
	case DLT645_READ_NEXT_97:
		return CV_REJECT_NONE;
	case DLT645_BROADCAST_TIME:
		return put_broadcast_time(f) ? CV_REJECT_NONE : CV_REJECT_BAD_PAYLOAD;
	default:
		break;
	}
	if (is_read_again(f))
		return CV_REJECT_NONE;
	rec = dlt645_begin(f, CV_LANE_STATUS, CV_KIND_COMMAND);
	if (s->di_size != 0 && f->len >= s->di_at + s->di_size)
		dlt645_put_code(f, identifier(f->data + s->di_at, s->di_size), s->di_size == 2);
	put_content(f, rec, (enum content)s->content, s->value_at);
	cv_emit_end(f->d->emit);
	return CV_REJECT_NONE;
}

/* Bits of an error byte; 1997 has the same meanings at the same places as far as it has them. */
static void put_errors(const struct dlt645_frame *f, uint8_t errors)
{
	static const char *const names[] = {
		"other",
		"no such data",
		"not authorised",
		"baud rate",
		"too many seasons",
		"too many periods",
		"too many tariffs",
	};
	struct cv_label label = {0};

	for (unsigned int bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++) {
		if (!(errors >> bit & 1))
			continue;
		if (label.len > 0)
			cv_label_str(&label, ", ");
		cv_label_str(&label, names[bit]);
	}
	if (label.len > 0)
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, label.text, label.len);
}

static void error(const struct dlt645_frame *f)
{
	struct cv_record *rec = dlt645_begin(f, CV_LANE_STATUS, CV_KIND_ERROR);

	rec->quality = CV_QUALITY_BAD;
	if (f->len > 0) {
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = f->data[0];
		put_errors(f, f->data[0]);
	}
	cv_emit_end(f->d->emit);
}

static enum cv_reject answer(const struct dlt645_frame *f)
{
	unsigned int function = dlt645_function(f);
	struct cv_record *rec;

	switch (function) {
	case DLT645_READ:
	case DLT645_READ_NEXT:
	case DLT645_READ_97:
	case DLT645_READ_NEXT_97:
		return dlt645_emit_items(f) ? CV_REJECT_NONE : CV_REJECT_BAD_PAYLOAD;
	default:
		break;
	}
	if (is_read_again(f) && f->len >= 2)
		return dlt645_emit_items(f) ? CV_REJECT_NONE : CV_REJECT_BAD_PAYLOAD;
	rec = dlt645_begin(f, CV_LANE_STATUS, CV_KIND_STATE);
	put_content(f, rec, (enum content)shapes[function].answer, 0);
	cv_emit_end(f->d->emit);
	return CV_REJECT_NONE;
}

enum cv_reject dlt645_records(const struct dlt645_frame *f)
{
	if (!(f->control & DLT645_ANSWER))
		return request(f);
	if (!(f->control & DLT645_ABNORMAL))
		return answer(f);
	error(f);
	return CV_REJECT_NONE;
}
