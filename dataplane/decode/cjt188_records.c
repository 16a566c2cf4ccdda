/* SPDX-License-Identifier: Apache-2.0 */
/* Which records a frame becomes: questions none, commands and answers at least one. */
#include <string.h>

#include "dataplane/decode/cjt188.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/meter_bcd.h"
#include "dataplane/normalize/vocabulary.h"

#define DI_SIZE 2
#define BEFORE_VALUE 3 /* identifier and serial number */
#define FIELD 5 /* four bytes of BCD and one of unit */
#define CLOCK 7
#define STATUS 2
#define FLOW_READING (2 * FIELD + CLOCK + STATUS)
#define HEAT_READING (5 * FIELD + 3 * 3 + CLOCK + STATUS)

#define DI_READING 0x901fu
#define DI_MONTH_FIRST 0xd120u
#define DI_MONTH_LAST 0xd12bu
#define DI_KEY 0xa014u
#define DI_TIME 0xa015u
#define DI_VALVE 0xa017u
#define DI_ADDRESS 0xa018u

#define VALVE_BITS 0x03u
#define VALVE_FAULT 0x03u
#define BATTERY_LOW 0x04u

#define JOULES_IN_KWH 3600000.0

/* The two orders in which makers send an identifier. */
static bool known_identifier(uint32_t di)
{
	return di == DI_READING || (di >= DI_MONTH_FIRST && di <= DI_MONTH_LAST) ||
	       (di >= 0x8102 && di <= 0x8106) || di == 0x810a || (di >= 0xa010 && di <= 0xa019);
}

static uint32_t identifier(const uint8_t *at)
{
	uint32_t di = (uint32_t)(at[0] << 8 | at[1]), swapped = (uint32_t)(at[1] << 8 | at[0]);

	return !known_identifier(di) && known_identifier(swapped) ? swapped : di;
}

/* What a unit byte means: a unit of the vocabulary times a power of ten. */
struct unit {
	uint8_t code;
	uint8_t id; /* enum cv_unit; J stands for kWh that are to be had by a division */
	int8_t exponent;
};

static const struct unit *find_unit(uint8_t code)
{
	static const struct unit units[] = {
		{0x01, CV_UNIT_J, 0},	 {0x02, CV_UNIT_KWH, -3}, {0x05, CV_UNIT_KWH, 0},
		{0x08, CV_UNIT_KWH, 3},	 {0x0a, CV_UNIT_KWH, 5},  {0x0b, CV_UNIT_J, 3},
		{0x0e, CV_UNIT_J, 6},	 {0x11, CV_UNIT_J, 9},	  {0x13, CV_UNIT_J, 11},
		{0x14, CV_UNIT_W, 0},	 {0x17, CV_UNIT_W, 3},	  {0x1a, CV_UNIT_W, 6},
		{0x29, CV_UNIT_M3, -3},	 {0x2c, CV_UNIT_M3, 0},	  {0x32, CV_UNIT_M3_H, -3},
		{0x35, CV_UNIT_M3_H, 0},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].code == code)
			return &units[i];
	return NULL;
}

static struct cv_record *begin(const struct cjt188_frame *f, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = cv_emit_begin(f->d->emit, lane, kind);
	bool up = f->control & CJT188_ANSWER;
	const char *name = cjt188_function_name(f->control);

	rec->direction = up ? CV_DIR_UP : CV_DIR_DOWN;
	rec->device_end = up ? CV_DEVICE_END_SRC : CV_DEVICE_END_DST;
	rec->raw_len = f->size;
	rec->status = f->control;
	if (f->named)
		cv_emit_tlv(f->d->emit, CV_TLV_DEVICE, f->address, sizeof(f->address));
	cv_emit_tlv(f->d->emit, CV_TLV_METHOD, name, strlen(name));
	return rec;
}

static void put_hex(struct cv_label *l, uint32_t number, int digits)
{
	static const char digit[] = "0123456789ABCDEF";

	while (digits-- > 0)
		cv_label_bytes(l, &digit[number >> 4 * digits & 0xf], 1);
}

static void put_code(const struct cjt188_frame *f, struct cv_record *rec)
{
	struct cv_label code = {0};

	rec->seq = f->data[DI_SIZE];
	put_hex(&code, identifier(f->data), 4);
	cv_emit_tlv(f->d->emit, CV_TLV_CODE, code.text, code.len);
}

static void put_raw_name(const struct cjt188_frame *f)
{
	struct cv_label name = {0};

	cv_label_str(&name, "raw.");
	put_hex(&name, identifier(f->data), 4);
	cv_emit_tlv(f->d->emit, CV_TLV_NAME, name.text, name.len);
}

static void put_text(const struct cjt188_frame *f, const char *text)
{
	cv_emit_tlv(f->d->emit, CV_TLV_TEXT, text, strlen(text));
}

static void put_bytes(const struct cjt188_frame *f, struct cv_record *rec, const uint8_t *at,
		      size_t len)
{
	if (len == 0)
		return;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, at, len);
}

/* A value of a reading. */
struct field {
	const uint8_t *bcd;
	uint8_t size;
	uint8_t unit; /* as sent; 0 = the name's */
	int8_t exponent; /* of the digits */
	uint16_t name;
	uint8_t stage;
};

static void put_clock(struct cv_record *rec, const uint8_t *clock)
{
	if (clock == NULL || meter_missing(clock, CLOCK))
		return;
	meter_time(rec, clock, clock + 1, clock + 3);
	if (clock[6] != 0x20) { /* the century */
		rec->time_quality = CV_TIME_IMPLAUSIBLE;
		rec->ts_device_ns = 0;
	}
}

static double scale(const struct unit *u, uint64_t number, int exponent)
{
	if (u == NULL)
		return meter_scale(number, exponent);
	exponent += u->exponent;
	if (u->id != CV_UNIT_J)
		return meter_scale(number, exponent);
	/* Both sides of the one division are exact. */
	if (exponent < 0)
		return (double)number / (JOULES_IN_KWH * meter_scale(1, -exponent));
	return meter_scale(number, exponent) / JOULES_IN_KWH;
}

/* A unit that the name cannot have is no unit: the number keeps the raw name. */
static bool unit_fits(const struct unit *u, uint16_t name)
{
	unsigned int id = u == NULL ? 0u : u->id == CV_UNIT_J ? CV_UNIT_KWH : u->id;

	return id == cv_name_unit(name);
}

static void put_field(const struct cjt188_frame *f, const struct field *v, const uint8_t *clock)
{
	const struct unit *u = v->unit != 0 ? find_unit(v->unit) : NULL;
	bool fits = v->unit == 0 || unit_fits(u, v->name);
	struct cv_record *rec = begin(f, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
	uint64_t number;

	put_code(f, rec);
	rec->stage = v->stage;
	if (v->stage == CV_STAGE_REALTIME)
		put_clock(rec, clock);
	if (fits) {
		rec->name_id = v->name;
		rec->unit_id = (uint16_t)cv_name_unit(v->name);
	} else {
		put_raw_name(f);
		rec->quality = CV_QUALITY_UNCERTAIN;
	}
	if (meter_bcd(v->bcd, v->size, &number)) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = scale(fits ? u : NULL, number, v->exponent);
	} else {
		rec->quality = CV_QUALITY_BAD;
		if (!meter_missing(v->bcd, v->size))
			put_bytes(f, rec, v->bcd, v->size);
	}
	cv_emit_end(f->d->emit);
}

static void put_alarm(const struct cjt188_frame *f, uint16_t name, const uint8_t *clock)
{
	struct cv_record *rec = begin(f, CV_LANE_ALARM, CV_KIND_ALARM);

	put_code(f, rec);
	put_clock(rec, clock);
	rec->name_id = name;
	rec->value_type = CV_VALUE_BOOL;
	rec->value.u64 = 1;
	cv_emit_end(f->d->emit);
}

/* Two bytes of state; the second and the high bits of the first are the makers'. */
static void put_status(const struct cjt188_frame *f, const uint8_t *at, const uint8_t *clock)
{
	static const char *const valve[] = {"open", "closed", "undefined", "fault"};
	struct cv_record *rec;
	struct cv_label flag = {0};

	if (meter_missing(at, STATUS))
		return;
	rec = begin(f, CV_LANE_STATUS, CV_KIND_STATE);
	put_code(f, rec);
	put_clock(rec, clock);
	rec->name_id = CV_NAME_METER_VALVE;
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = at[0] & VALVE_BITS;
	put_text(f, valve[at[0] & VALVE_BITS]);
	put_hex(&flag, (uint32_t)(at[0] << 8 | at[1]), 4);
	cv_emit_tlv(f->d->emit, CV_TLV_FLAG, flag.text, flag.len);
	cv_emit_end(f->d->emit);
	if ((at[0] & VALVE_BITS) == VALVE_FAULT)
		put_alarm(f, CV_NAME_METER_VALVE_FAULT, clock);
	if (at[0] & BATTERY_LOW)
		put_alarm(f, CV_NAME_METER_BATTERY_LOW, clock);
}

/* What a meter of this kind counts. */
static uint16_t total_name(uint8_t type)
{
	switch (type >> 4) {
	case CJT188_GAS:
		return CV_NAME_GAS_VOLUME;
	case CJT188_HEAT:
		return type == 0x21 ? CV_NAME_COOLING_ENERGY : CV_NAME_HEAT_ENERGY;
	case CJT188_ELECTRICITY:
		return CV_NAME_POWER_ENERGY;
	default:
		return CV_NAME_WATER_VOLUME;
	}
}

static void put_flow_reading(const struct cjt188_frame *f, const uint8_t *at)
{
	const uint8_t *clock = at + 2 * FIELD;
	uint16_t name = total_name(f->type);

	put_field(f, &(struct field){at, 4, at[4], -2, name, CV_STAGE_REALTIME}, clock);
	at += FIELD;
	put_field(f, &(struct field){at, 4, at[4], -2, name, CV_STAGE_HISTORY}, clock);
	put_status(f, clock + CLOCK, clock);
}

/* Are the unit bytes of five fields known ones? */
static bool units_at(const uint8_t *at)
{
	for (size_t i = 0; i < 5; i++)
		if (find_unit(at[i * FIELD]) == NULL)
			return false;
	return true;
}

/* Some makers send the unit in front of the number. */
static void put_heat_reading(const struct cjt188_frame *f, const uint8_t *at)
{
	bool unit_first = !units_at(at + 4) && units_at(at);
	const uint8_t *rest = at + 5 * FIELD, *clock = rest + 9;
	const struct {
		uint16_t name;
		int8_t exponent;
		uint8_t stage;
	} fields[] = {
		{total_name(f->type), -2, CV_STAGE_HISTORY},
		{total_name(f->type), -2, CV_STAGE_REALTIME},
		{CV_NAME_HEAT_POWER, -2, CV_STAGE_REALTIME},
		{CV_NAME_HEAT_FLOW, -4, CV_STAGE_REALTIME},
		{CV_NAME_HEAT_VOLUME, -2, CV_STAGE_REALTIME},
	};

	for (size_t i = 0; i < 5; i++, at += FIELD)
		put_field(f,
			  &(struct field){at + unit_first, 4, at[unit_first ? 0 : 4],
					  fields[i].exponent, fields[i].name, fields[i].stage},
			  clock);
	put_field(f, &(struct field){rest, 3, 0, -2, CV_NAME_HEAT_SUPPLY_TEMPERATURE, 0}, clock);
	put_field(f, &(struct field){rest + 3, 3, 0, -2, CV_NAME_HEAT_RETURN_TEMPERATURE, 0},
		  clock);
	put_field(f, &(struct field){rest + 6, 3, 0, 0, CV_NAME_METER_HOURS, 0}, clock);
	put_status(f, clock + CLOCK, clock);
}

/* What is not taken apart. */
static void put_raw(const struct cjt188_frame *f, enum cv_kind kind, const uint8_t *at, size_t len)
{
	struct cv_record *rec = begin(f, CV_LANE_STATUS, kind);

	put_code(f, rec);
	put_raw_name(f);
	if (len > 0)
		rec->flags |= CV_FLAG_RAW;
	put_bytes(f, rec, at, len);
	cv_emit_end(f->d->emit);
}

static void read_answer(const struct cjt188_frame *f, uint32_t di, const uint8_t *at, size_t len)
{
	if (di == DI_READING && f->type >> 4 == CJT188_HEAT && len >= HEAT_READING)
		put_heat_reading(f, at);
	else if (di == DI_READING && f->type >> 4 != CJT188_HEAT && len >= FLOW_READING)
		put_flow_reading(f, at);
	else if (di >= DI_MONTH_FIRST && di <= DI_MONTH_LAST && len >= FIELD)
		put_field(f,
			  &(struct field){at, 4, at[4], -2, total_name(f->type), CV_STAGE_HISTORY},
			  NULL);
	else
		put_raw(f, CV_KIND_STATE, at, len);
}

/* An order to a meter. A new key is not told. */
static void command(const struct cjt188_frame *f, uint32_t di, const uint8_t *at, size_t len)
{
	char digits[CJT188_ADDRESS_DIGITS];
	struct cv_record *rec;

	if (di == DI_KEY) {
		put_raw(f, CV_KIND_COMMAND, at, 0);
		return;
	}
	if (!(di == DI_TIME && len == CLOCK) && !(di == DI_ADDRESS && len == 7) &&
	    !(di == DI_VALVE && len == 1)) {
		put_raw(f, CV_KIND_COMMAND, at, len);
		return;
	}
	rec = begin(f, CV_LANE_STATUS, CV_KIND_COMMAND);
	put_code(f, rec);
	if (di == DI_TIME) {
		meter_clock(rec, at, at + 1, at + 3);
	} else if (di == DI_VALVE) {
		rec->name_id = CV_NAME_METER_VALVE;
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = at[0];
		put_text(f, at[0] == 0x55 ? "open" : at[0] == 0x99 ? "close" : "undefined");
	} else {
		put_raw_name(f);
		meter_digits(at, 7, digits);
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, digits, sizeof(digits));
	}
	cv_emit_end(f->d->emit);
}

/* An error answer has a serial number and the state only. */
static void error(const struct cjt188_frame *f)
{
	struct cv_record *rec = begin(f, CV_LANE_STATUS, CV_KIND_ERROR);

	rec->quality = CV_QUALITY_BAD;
	if (f->len > 0) {
		rec->seq = f->data[0];
		put_bytes(f, rec, f->data + 1, f->len - 1u);
	}
	cv_emit_end(f->d->emit);
}

enum cv_reject cjt188_records(const struct cjt188_frame *f)
{
	unsigned int function = f->control & CJT188_FUNCTION;
	const uint8_t *at = f->data + BEFORE_VALUE;
	uint32_t di;
	size_t len;

	if (f->control & CJT188_ABNORMAL && f->control & CJT188_ANSWER) {
		error(f);
		return CV_REJECT_NONE;
	}
	if (f->len < BEFORE_VALUE)
		return CV_REJECT_BAD_PAYLOAD;
	di = identifier(f->data);
	len = f->len - (size_t)BEFORE_VALUE;
	if (f->control & CJT188_ANSWER) {
		if (function == CJT188_READ)
			read_answer(f, di, at, len);
		else if (di == DI_VALVE && len == STATUS)
			put_status(f, at, NULL);
		else
			put_raw(f, CV_KIND_STATE, at, len);
	} else if (function != CJT188_READ && function != CJT188_READ_ADDRESS &&
		   function != CJT188_READ_KEY_VERSION) {
		command(f, di, at, len);
	}
	return CV_REJECT_NONE;
}
