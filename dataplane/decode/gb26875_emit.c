/* SPDX-License-Identifier: Apache-2.0 */
/* One condition, value, operation or text of an object, one record. */
#include "dataplane/decode/gb26875.h"
#include "dataplane/normalize/vocabulary.h"

#define LABEL 31 /* bytes of a component's description */

/* Bits of a system's state, 8.2.1.1; a component has the first eight and POWER_FAULT, 8.2.1.2. */
static const uint16_t system_bits[16] = {
	[1] = CV_NAME_FIRE_ALARM,
	[2] = CV_NAME_FIRE_FAULT,
	[3] = CV_NAME_FIRE_SHIELD,
	[4] = CV_NAME_FIRE_SUPERVISION,
	[5] = CV_NAME_FIRE_STARTED,
	[6] = CV_NAME_FIRE_FEEDBACK,
	[7] = CV_NAME_FIRE_DELAY,
	[8] = CV_NAME_FIRE_MAIN_POWER_FAULT,
	[9] = CV_NAME_FIRE_BACKUP_POWER_FAULT,
	[10] = CV_NAME_FIRE_BUS_FAULT,
	[11] = CV_NAME_FIRE_MANUAL_MODE,
	[12] = CV_NAME_FIRE_CONFIG_CHANGED,
	[13] = CV_NAME_FIRE_RESET,
};
static const uint16_t component_bits[16] = {
	[1] = CV_NAME_FIRE_ALARM,	[2] = CV_NAME_FIRE_FAULT,	[3] = CV_NAME_FIRE_SHIELD,
	[4] = CV_NAME_FIRE_SUPERVISION, [5] = CV_NAME_FIRE_STARTED,	[6] = CV_NAME_FIRE_FEEDBACK,
	[7] = CV_NAME_FIRE_DELAY,	[8] = CV_NAME_FIRE_POWER_FAULT,
};
/* 8.2.1.8 */
static const uint16_t unit_bits[16] = {
	[1] = CV_NAME_FIRE_ALARM,
	[2] = CV_NAME_FIRE_FAULT,
	[3] = CV_NAME_FIRE_MAIN_POWER_FAULT,
	[4] = CV_NAME_FIRE_BACKUP_POWER_FAULT,
	[5] = CV_NAME_FIRE_LINK_FAULT,
	[6] = CV_NAME_FIRE_LINE_FAULT,
};
/* 8.2.1.4 and 8.2.1.9: what was done; they differ in bit 5. */
static const uint16_t operation_bits[16] = {
	CV_NAME_FIRE_RESET,	    CV_NAME_FIRE_MUTE,	    CV_NAME_FIRE_MANUAL_ALARM,
	CV_NAME_FIRE_ALARM_CLEARED, CV_NAME_FIRE_SELF_TEST, CV_NAME_FIRE_CONFIRMED,
	CV_NAME_FIRE_TEST,
};
static const uint16_t unit_operation_bits[16] = {
	CV_NAME_FIRE_RESET,	    CV_NAME_FIRE_MUTE,	    CV_NAME_FIRE_MANUAL_ALARM,
	CV_NAME_FIRE_ALARM_CLEARED, CV_NAME_FIRE_SELF_TEST, CV_NAME_FIRE_GUARD_ANSWER,
	CV_NAME_FIRE_TEST,
};

/* Table 6: the wire's number times a quotient of whole numbers is the value in the name's unit. */
static const struct quantity {
	uint16_t name;
	uint32_t times, by;
} quantities[] = {
	[1] = {CV_NAME_FIRE_COUNT, 1, 1},
	[2] = {CV_NAME_FIRE_HEIGHT, 1, 100},
	[3] = {CV_NAME_FIRE_TEMPERATURE, 1, 10},
	[4] = {CV_NAME_FIRE_PRESSURE, 100000, 1}, /* 0.1 MPa */
	[5] = {CV_NAME_FIRE_PRESSURE, 100, 1}, /* 0.1 kPa */
	[6] = {CV_NAME_FIRE_GAS, 1, 10},
	[7] = {CV_NAME_FIRE_TIME, 1, 1},
	[8] = {CV_NAME_FIRE_VOLTAGE, 1, 10},
	[9] = {CV_NAME_FIRE_CURRENT, 1, 10},
	[10] = {CV_NAME_FIRE_FLOW, 1, 10},
	[11] = {CV_NAME_FIRE_AIR_FLOW, 6, 1}, /* 0.1 m3/min */
	[12] = {CV_NAME_FIRE_WIND_SPEED, 1, 1},
};

/* A word of conditions, all of which a record tells apart. */
struct conditions {
	const uint16_t *names;
	const char *raw; /* name of a bit that has none */
	uint16_t word;
	uint8_t digits; /* of the word in hexadecimal */
	const uint8_t *label; /* of LABEL bytes, or NULL */
	int person; /* who did it, -1 = a state */
};

static void put_condition(const struct gb26875_frame *f, const struct gb26875_object *o,
			  const struct conditions *c, unsigned int bit, unsigned int name)
{
	enum cv_lane lane = name ? cv_name_lane(name) : CV_LANE_STATUS;
	struct cv_record *rec =
		gb26875_begin(f, lane, lane == CV_LANE_ALARM ? CV_KIND_ALARM : CV_KIND_STATE);
	struct cv_label word = {0}, person = {0};

	gb26875_take_time(rec, o);
	gb26875_put_sub(f, o);
	rec->name_id = (uint16_t)name;
	if (name == CV_NAME_NONE)
		gb26875_put_raw_name(f, c->raw, bit);
	if (name == CV_NAME_FIRE_STATE) {
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = c->word;
	} else {
		gb26875_put_code(f, bit);
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = 1;
	}
	cv_label_hex(&word, c->word, c->digits);
	gb26875_put_label(f, CV_TLV_FLAG, &word);
	if (c->label)
		gb26875_put_text(f, rec, c->label, LABEL);
	if (c->person >= 0) {
		cv_label_str(&person, "operator ");
		cv_label_u32(&person, (uint32_t)c->person);
		gb26875_put_label(f, CV_TLV_TEXT, &person);
	}
	cv_emit_end(f->d->emit);
}

/* Bit 0 of a state says "normal" and no more: many devices leave it zero in every state. */
static void put_conditions(const struct gb26875_frame *f, const struct gb26875_object *o,
			   const struct conditions *c)
{
	uint16_t word = c->person >= 0 ? c->word : (uint16_t)(c->word & ~1u);

	if (word == 0)
		put_condition(f, o, c, 0, CV_NAME_FIRE_STATE);
	for (unsigned int bit = 0; bit < 16; bit++) {
		if (word & 1u << bit)
			put_condition(f, o, c, bit, c->names[bit]);
	}
}

static void put_value(const struct gb26875_frame *f, const struct gb26875_object *o)
{
	struct cv_record *rec = gb26875_begin(f, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
	int16_t raw = (int16_t)(o->data[8] | o->data[9] << 8);
	unsigned int kind = o->data[7];

	gb26875_take_time(rec, o);
	gb26875_put_sub(f, o);
	gb26875_put_code(f, kind);
	if (kind < sizeof(quantities) / sizeof(quantities[0]) && quantities[kind].by != 0) {
		const struct quantity *q = &quantities[kind];

		rec->name_id = q->name;
		rec->unit_id = (uint16_t)cv_name_unit(q->name);
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = (double)((int64_t)raw * q->times) / q->by;
	} else {
		gb26875_put_raw_name(f, "analog-", kind);
		rec->value_type = CV_VALUE_I64;
		rec->value.i64 = raw;
	}
	cv_emit_end(f->d->emit);
}

static void put_version(const struct gb26875_frame *f, const struct gb26875_object *o,
			const uint8_t *version)
{
	struct cv_record *rec = gb26875_begin(f, CV_LANE_STATUS, CV_KIND_STATE);
	struct cv_label l = {0};

	rec->name_id = CV_NAME_DEVICE_VERSION;
	rec->value_type = CV_VALUE_TEXT;
	gb26875_put_sub(f, o);
	cv_label_u32(&l, version[0]);
	cv_label_str(&l, ".");
	cv_label_u32(&l, version[1]);
	gb26875_put_label(f, CV_TLV_TEXT, &l);
	cv_emit_end(f->d->emit);
}

static void put_description(const struct gb26875_frame *f, const struct gb26875_object *o,
			    const uint8_t *text, size_t len)
{
	struct cv_record *rec = gb26875_begin(f, CV_LANE_STATUS, CV_KIND_STATE);

	gb26875_take_time(rec, o);
	rec->name_id = CV_NAME_DEVICE_DESCRIPTION;
	rec->value_type = CV_VALUE_TEXT;
	gb26875_put_sub(f, o);
	gb26875_put_text(f, rec, text, len);
	if (rec->flags & CV_FLAG_ENCODING)
		rec->value_type = CV_VALUE_BYTES;
	cv_emit_end(f->d->emit);
}

/* The clock as a value: seconds since the Unix epoch. */
static void put_clock(const struct gb26875_frame *f, const struct gb26875_object *o,
		      enum cv_kind kind)
{
	struct cv_record *rec = gb26875_begin(f, CV_LANE_STATUS, kind);
	int64_t ts;

	rec->name_id = CV_NAME_DEVICE_CLOCK;
	rec->unit_id = CV_UNIT_OF_DEVICE_CLOCK;
	gb26875_put_sub(f, o);
	if (gb26875_time(o->time, &ts) == CV_TIME_DEVICE) {
		rec->value_type = CV_VALUE_I64;
		rec->value.i64 = ts / 1000000000;
	} else {
		rec->quality = CV_QUALITY_BAD;
	}
	cv_emit_end(f->d->emit);
}

/* What the centre asks for or orders; the last byte is how many records, or of how many minutes. */
static void put_command(const struct gb26875_frame *f, const struct gb26875_object *o)
{
	struct cv_record *rec = gb26875_begin(f, CV_LANE_STATUS, CV_KIND_COMMAND);

	gb26875_put_sub(f, o);
	if (f->type == 64 || f->type == 84 || f->type == 91) {
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = o->data[gb26875_type(f->type)->size - 1];
	}
	cv_emit_end(f->d->emit);
}

static void put_operation(const struct gb26875_frame *f, const struct gb26875_object *o,
			  const uint8_t *p, const uint16_t *names)
{
	const struct conditions c = {
		.names = names, .raw = "operation-", .word = p[0], .digits = 2, .person = p[1]};

	put_conditions(f, o, &c);
}

static void put_state(const struct gb26875_frame *f, const struct gb26875_object *o)
{
	const uint8_t *p = o->data;
	struct conditions c = {.names = system_bits, .raw = "state-", .digits = 4, .person = -1};

	if (f->type == 21) {
		c.names = unit_bits;
		c.word = p[0];
		c.digits = 2;
	} else if (f->type == 2) {
		c.names = component_bits;
		c.word = (uint16_t)(p[7] | p[8] << 8);
		c.label = p + 9;
	} else {
		c.word = (uint16_t)(p[2] | p[3] << 8);
	}
	put_conditions(f, o, &c);
}

void gb26875_emit_object(const struct gb26875_frame *f, const struct gb26875_object *o)
{
	switch (f->type) {
	case 1:
	case 2:
	case 21:
		put_state(f, o);
		break;
	case 3:
		put_value(f, o);
		break;
	case 4:
		put_operation(f, o, o->data + 2, operation_bits);
		break;
	case 24:
		put_operation(f, o, o->data, unit_operation_bits);
		break;
	case 5:
		put_version(f, o, o->data + 2);
		break;
	case 25:
		put_version(f, o, o->data);
		break;
	case 6:
	case 26:
		put_description(f, o, o->text, o->text_len);
		break;
	case 7:
		put_description(f, o, o->data + 7, LABEL);
		break;
	case 8:
	case 28:
		put_clock(f, o, CV_KIND_STATE);
		break;
	case 90:
		put_clock(f, o, CV_KIND_COMMAND);
		break;
	default:
		put_command(f, o);
		break;
	}
}

void gb26875_emit_bare(const struct gb26875_frame *f)
{
	enum cv_kind kind = CV_KIND_STATE;

	if (f->command == GB26875_DENY)
		kind = CV_KIND_ERROR;
	else if (f->command == GB26875_SEND)
		kind = CV_KIND_SESSION;
	else if (f->command == GB26875_CONTROL || f->command == GB26875_REQUEST)
		kind = CV_KIND_COMMAND;
	gb26875_begin(f, CV_LANE_STATUS, kind);
	cv_emit_end(f->d->emit);
}

void gb26875_emit_raw(const struct gb26875_frame *f)
{
	bool down = f->command == GB26875_CONTROL || f->command == GB26875_REQUEST;
	struct cv_record *rec =
		gb26875_begin(f, CV_LANE_STATUS, down ? CV_KIND_COMMAND : CV_KIND_STATE);

	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	gb26875_put_raw_name(f, "type-", f->type);
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, f->app + 2, f->app_len - 2u);
	cv_emit_end(f->d->emit);
}
