/* SPDX-License-Identifier: Apache-2.0 */
/* Items of real-time information (7.2.3): a type, and what the type has, of its own length. */
#include "dataplane/decode/gb32960.h"
#include "dataplane/normalize/vocabulary.h"

enum item {
	VEHICLE = 1,
	MOTORS,
	FUEL_CELL,
	ENGINE,
	POSITION,
	EXTREMES,
	ALARMS,
	CELLS,
	PROBES,
	MAKER = 0x80, /* from here on they state their length */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* A value of a multiple and an offset, a state, bytes that are told elsewhere. */
#define VALUE(width_, name_, times_, by_, offset_)                                                 \
	{                                                                                          \
		.name = CV_NAME_##name_, .width = width_, .times = times_, .by = by_,              \
		.offset = offset_                                                                  \
	}
#define STATE(name_, texts_)                                                                       \
	{                                                                                          \
		.name = CV_NAME_##name_, .width = 1, .word = true, .texts = texts_,                \
		.count = COUNT(texts_)                                                             \
	}
#define SKIP(width_)                                                                               \
	{                                                                                          \
		.name = CV_NAME_NONE, .width = width_                                              \
	}

static const char *const power[] = {NULL, "started", "off", "other"};
static const char *const charging[] = {NULL, "parked", "driving", "not", "done"};
static const char *const mode[] = {NULL, "electric", "hybrid", "fuel"};
static const char *const on_off[] = {NULL, "on", "off"};
static const char *const motor_state[] = {NULL, "consuming", "generating", "off", "ready"};
static const char *const gears[] = {"neutral", "1", "2",  "3",	"4",  "5",	 "6",	  "7",
				    "8",       "9", "10", "11", "12", "reverse", "drive", "park"};

/* 7.2.3.1, table 9 */
static const struct gb32960_field vehicle[] = {
	STATE(VEHICLE_POWER_STATE, power),
	STATE(VEHICLE_CHARGING, charging),
	STATE(VEHICLE_ENERGY_MODE, mode),
	VALUE(2, VEHICLE_SPEED, 1, 10, 0),
	VALUE(4, VEHICLE_MILEAGE, 1, 10, 0),
	VALUE(2, VEHICLE_VOLTAGE, 1, 10, 0),
	VALUE(2, VEHICLE_CURRENT, 1, 10, 10000),
	VALUE(1, VEHICLE_CHARGE, 1, 1, 0),
	STATE(VEHICLE_DCDC, on_off),
};
static const struct gb32960_field vehicle_rest[] = {
	VALUE(2, VEHICLE_INSULATION, 1000, 1, 0),
	VALUE(1, VEHICLE_ACCELERATOR, 1, 1, 0),
	VALUE(1, VEHICLE_BRAKE, 1, 1, 0),
};
/* table 11, behind the number of the motor */
static const struct gb32960_field motor[] = {
	STATE(MOTOR_STATE, motor_state),       VALUE(1, MOTOR_CONTROLLER_TEMPERATURE, 1, 1, 40),
	VALUE(2, MOTOR_SPEED, 1, 1, 20000),    VALUE(2, MOTOR_TORQUE, 1, 10, 20000),
	VALUE(1, MOTOR_TEMPERATURE, 1, 1, 40), VALUE(2, MOTOR_VOLTAGE, 1, 10, 0),
	VALUE(2, MOTOR_CURRENT, 1, 10, 10000),
};
/* table 12: three numbers, probes, the rest */
static const struct gb32960_field fuel_cell[] = {
	VALUE(2, FUEL_CELL_VOLTAGE, 1, 10, 0),
	VALUE(2, FUEL_CELL_CURRENT, 1, 10, 0),
	VALUE(2, FUEL_CELL_CONSUMPTION, 1, 100, 0),
};
static const struct gb32960_field fuel_cell_rest[] = {
	VALUE(2, HYDROGEN_TEMPERATURE, 1, 10, 400),
	SKIP(1), /* which probe */
	VALUE(2, HYDROGEN_CONCENTRATION, 1, 1, 0),
	SKIP(1),
	VALUE(2, HYDROGEN_PRESSURE, 100000, 1, 0), /* 0.1 MPa */
	SKIP(1),
	STATE(FUEL_CELL_DCDC, on_off),
};
/* table 13 */
static const struct gb32960_field engine[] = {
	STATE(ENGINE_STATE, on_off),
	VALUE(2, ENGINE_SPEED, 1, 1, 0),
	VALUE(2, ENGINE_CONSUMPTION, 1, 100, 0),
};
/* table 15: each behind the numbers of its subsystem and of its cell or probe */
static const struct gb32960_field extremes[] = {
	VALUE(2, BATTERY_CELL_VOLTAGE_MAX, 1, 1000, 0),
	VALUE(2, BATTERY_CELL_VOLTAGE_MIN, 1, 1000, 0),
	VALUE(1, BATTERY_TEMPERATURE_MAX, 1, 1, 40),
	VALUE(1, BATTERY_TEMPERATURE_MIN, 1, 1, 40),
};

static bool put_gear(const struct gb32960_frame *f, struct cv_reader *r)
{
	uint8_t byte = cv_read_u8(r);
	struct cv_label text = {0};
	struct cv_record *rec;

	if (r->failed)
		return false;
	rec = gb32960_named(f, CV_NAME_VEHICLE_GEAR, "01.10", NULL);
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = byte & 15;
	cv_label_str(&text, gears[byte & 15]);
	if (byte & 0x10)
		cv_label_str(&text, ", braking");
	if (byte & 0x20)
		cv_label_str(&text, ", driving");
	gb32960_put(f, CV_TLV_TEXT, &text);
	gb32960_end(f);
	return true;
}

static bool put_vehicle(const struct gb32960_frame *f, struct cv_reader *r)
{
	if (cv_reader_left(r) < 20)
		return false;
	gb32960_fields(f, vehicle, COUNT(vehicle), GB32960_CODE(VEHICLE, 1), NULL, r);
	put_gear(f, r);
	gb32960_fields(f, vehicle_rest, COUNT(vehicle_rest), GB32960_CODE(VEHICLE, 11), NULL, r);
	return true;
}

static bool put_motors(const struct gb32960_frame *f, struct cv_reader *r)
{
	unsigned int count = cv_read_u8(r);

	if (r->failed || cv_reader_left(r) < count * 12)
		return false;
	while (count-- > 0) {
		struct cv_label sub = {0};

		cv_label_str(&sub, "motor-");
		cv_label_u32(&sub, cv_read_u8(r));
		gb32960_fields(f, motor, COUNT(motor), GB32960_CODE(MOTORS, 2), &sub, r);
	}
	return true;
}

static bool put_fuel_cell(const struct gb32960_frame *f, struct cv_reader *r)
{
	struct cv_reader ahead = *r;
	const uint8_t *probes;
	unsigned int count;

	cv_read_bytes(&ahead, 6);
	count = cv_read_be16(&ahead);
	if (count >= 0xfffe) /* abnormal, invalid: there are none */
		count = 0;
	probes = cv_read_bytes(&ahead, count);
	if (ahead.failed || cv_reader_left(&ahead) < 10)
		return false;
	gb32960_fields(f, fuel_cell, COUNT(fuel_cell), GB32960_CODE(FUEL_CELL, 1), NULL, r);
	gb32960_temperatures(f, CV_NAME_FUEL_CELL_TEMPERATURES, "03.5", NULL, probes, count);
	*r = ahead;
	gb32960_fields(f, fuel_cell_rest, COUNT(fuel_cell_rest), GB32960_CODE(FUEL_CELL, 6), NULL,
		       r);
	return true;
}

static bool put_engine(const struct gb32960_frame *f, struct cv_reader *r)
{
	if (cv_reader_left(r) < 5)
		return false;
	gb32960_fields(f, engine, COUNT(engine), GB32960_CODE(ENGINE, 1), NULL, r);
	return true;
}

/* Longitude stands first. */
static bool put_position(const struct gb32960_frame *f, struct cv_reader *r)
{
	uint8_t status = cv_read_u8(r);
	int64_t lon = cv_read_be32(r), lat = cv_read_be32(r);
	struct cv_record *rec;

	if (r->failed)
		return false;
	rec = gb32960_named(f, CV_NAME_VEHICLE_POSITION, "05", NULL);
	if (status & 1)
		rec->quality = CV_QUALITY_UNCERTAIN; /* not fixed: where it was last */
	else if (f->encryption != 0)
		rec->quality = CV_QUALITY_GOOD;
	if ((lat == 0 && lon == 0) || lon >= 0xfffffffe || lat >= 0xfffffffe) {
		rec->flags |= CV_FLAG_RANGE;
		rec->quality = CV_QUALITY_BAD;
	}
	cv_emit_position(f->d->emit, (status & 2 ? -lat : lat) * 10, (status & 4 ? -lon : lon) * 10,
			 CV_POSITION_NONE);
	gb32960_end(f);
	return true;
}

/* "battery-1-95": cell or probe 95 of subsystem 1. */
static bool put_extremes(const struct gb32960_frame *f, struct cv_reader *r)
{
	if (cv_reader_left(r) < 14)
		return false;
	for (unsigned int i = 0; i < COUNT(extremes); i++) {
		struct cv_label sub = {0}, code = {0};

		cv_label_str(&sub, "battery-");
		cv_label_u32(&sub, cv_read_u8(r));
		cv_label_str(&sub, "-");
		cv_label_u32(&sub, cv_read_u8(r));
		cv_label_str(&code, "06.");
		cv_label_u32(&code, 3 * i + 3);
		cv_label_bytes(&code, "", 1);
		gb32960_value(f, &extremes[i],
			      extremes[i].width == 1 ? cv_read_u8(r) : cv_read_be16(r), code.text,
			      &sub);
	}
	return true;
}

/* 80H to FEH: what makers add. */
static bool put_maker(const struct gb32960_frame *f, unsigned int item, struct cv_reader *r)
{
	uint16_t len = cv_read_be16(r);
	const uint8_t *at = cv_read_bytes(r, len);
	struct cv_label name = {0};
	struct cv_record *rec;

	if (at == NULL)
		return false;
	rec = gb32960_begin(f, CV_LANE_STATUS, CV_KIND_STATE);
	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	cv_label_str(&name, "raw.item-");
	cv_label_hex(&name, item, 2);
	gb32960_put(f, CV_TLV_NAME, &name);
	cv_emit_tlv(f->d->emit, CV_TLV_BYTES, at, len);
	gb32960_end(f);
	return true;
}

static bool put_item(const struct gb32960_frame *f, unsigned int item, struct cv_reader *r)
{
	static bool (*const items[])(const struct gb32960_frame *f, struct cv_reader *r) = {
		[VEHICLE] = put_vehicle,   [MOTORS] = put_motors,     [FUEL_CELL] = put_fuel_cell,
		[ENGINE] = put_engine,	   [POSITION] = put_position, [EXTREMES] = put_extremes,
		[ALARMS] = gb32960_alarms, [CELLS] = gb32960_cells,   [PROBES] = gb32960_probes,
	};

	if (item >= MAKER && item != 0xff)
		return put_maker(f, item, r);
	return item < COUNT(items) && items[item] != NULL && items[item](f, r);
}

bool gb32960_items(const struct gb32960_frame *f, struct cv_reader *r)
{
	while (cv_reader_left(r) != 0) {
		const uint8_t *start = r->cur;

		/* Where one is not known, nothing says where the next begins. */
		if (!put_item(f, cv_read_u8(r), r)) {
			gb32960_raw(f, "unknown or cut item", start, (size_t)(r->end - start));
			return false;
		}
	}
	return true;
}
