/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames: published ones, with the values that their sources state, and the samples, put together
 * item by item as docs/protocols/gb32960.md has them. All values of the shared vectors are held against
 * what another decoder made of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_gb32960;
extern const struct cv_decoder cv_decoder_hj212;

#define SECOND 1000000000ll
/* 2023-12-14 10:10:10 and 2018-05-16 11:11:48 in Beijing */
#define TEN_TEN (1702519810 * SECOND)
#define LOGIN_TIME (1526440308 * SECOND)

#define LOGIN                                                                                      \
	"232301FE4C4D47464531473030303030303053593101001E1205100B0B300001383938363036313630313030" \
	"35343538373630310100EC"
#define LOGOUT "232304fe31323334353637383900000000000000000100081301171737380001de"

static uint8_t bytes[65536];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_gb32960);
}

/* A frame of VIN LTEST000000000001. @return its length */
static size_t make(unsigned int command, unsigned int answer, unsigned int encryption,
		   const char *data)
{
	static uint8_t body[4096];
	size_t n = decode_hex(data, body, sizeof(body));
	uint8_t sum = 0;

	bytes[0] = bytes[1] = '#';
	bytes[2] = (uint8_t)command;
	bytes[3] = (uint8_t)answer;
	memcpy(bytes + 4, "LTEST000000000001", 17);
	bytes[21] = (uint8_t)encryption;
	bytes[22] = (uint8_t)(n >> 8);
	bytes[23] = (uint8_t)n;
	memcpy(bytes + 24, body, n);
	for (size_t i = 2; i < 24 + n; i++)
		sum ^= bytes[i];
	bytes[24 + n] = sum;
	return 25 + n;
}

static void send_frame(struct decode_run *r, unsigned int command, unsigned int encryption,
		       const char *data)
{
	decode_run_clear(r);
	decode_segment(r, true, bytes, make(command, 0xfe, encryption, data));
	assert_int_equal(r->messages, 1);
	assert_true(r->records > 0);
}

/* The nth record of a name, from 0. */
static const struct cv_record *nth(const struct decode_run *r, unsigned int name, unsigned int n)
{
	for (size_t i = 0; i < r->records; i++)
		if (r->record[i]->name_id == name && n-- == 0)
			return r->record[i];
	fail_msg("no record %s", cv_name_text(name));
	return NULL;
}

static void check(const struct decode_run *r, unsigned int name, double value, const char *sub)
{
	const struct cv_record *rec = nth(r, name, 0);

	if (rec->value_type == CV_VALUE_U64)
		assert_true((double)rec->value.u64 == value);
	else
		assert_true(rec->value_type == CV_VALUE_F64 && rec->value.f64 == value);
	assert_int_equal(rec->unit_id, cv_name_unit(name));
	assert_string_equal(decode_text(rec, CV_TLV_SUB), sub);
}

static void check_text(const struct decode_run *r, unsigned int name, unsigned int n,
		       const char *text)
{
	assert_string_equal(decode_text(nth(r, name, n), CV_TLV_TEXT), text);
}

static void sessions(void **state)
{
	struct decode_run *r = *state;

	decode_segment_hex(r, true, LOGIN);
	assert_int_equal(r->records, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(r->record[i]->status, 1);
		assert_int_equal(r->record[i]->seq, 1);
		assert_int_equal(r->record[i]->direction, CV_DIR_UP);
		assert_int_equal(r->record[i]->device_end, CV_DEVICE_END_SRC);
		assert_int_equal(r->record[i]->raw_len, 55);
		assert_int_equal(r->record[i]->ts_device_ns, LOGIN_TIME);
		assert_string_equal(decode_text(r->record[i], CV_TLV_DEVICE), "LMGFE1G0000000SY1");
		assert_string_equal(decode_text(r->record[i], CV_TLV_METHOD), "login");
	}
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	check_text(r, CV_NAME_DEVICE_SIM, 0, "89860616010054587601");
	decode_run_clear(r);
	decode_segment_hex(r, true, LOGOUT);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "123456789");
	/* a platform: its user is told, its password is not */
	send_frame(r, 5, 1,
		   "170c0e0a0a0a 0001 706c6174666f726d00000000"
		   "7365637265747365637265747365637265747365 01");
	assert_int_equal(r->records, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "platform");
	assert_null(memmem(r->record[0], r->record[0]->size, "secret", 6));
	/* packs that are counted and not named */
	send_frame(r, 1, 1, "170c0e0a0a0a 0001 3839383630303030303030303030303030303030 03 18");
	assert_int_equal(r->records, 2);
}

static void every_item_of_the_sample(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("gb32960/stream.bin", bytes, sizeof(bytes));
	struct cv_position p;

	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 7);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(decode_pending(r, true), 0);
	assert_int_equal(r->records, 2 + 4 + 36 + 12 + 1 + 1 + 1);
	check_text(r, CV_NAME_BATTERY_CODE, 1, "PAK2");
	check(r, CV_NAME_VEHICLE_POWER_STATE, 1, "");
	check_text(r, CV_NAME_VEHICLE_CHARGING, 0, "not");
	check(r, CV_NAME_VEHICLE_SPEED, 60.1, "");
	check(r, CV_NAME_VEHICLE_MILEAGE, 20000, "");
	check(r, CV_NAME_VEHICLE_VOLTAGE, 360, "");
	check(r, CV_NAME_VEHICLE_CURRENT, 100, "");
	check(r, CV_NAME_VEHICLE_CHARGE, 80, "");
	check(r, CV_NAME_VEHICLE_GEAR, 14, "");
	check_text(r, CV_NAME_VEHICLE_GEAR, 0, "drive, driving");
	check(r, CV_NAME_VEHICLE_INSULATION, 5e6, "");
	check(r, CV_NAME_VEHICLE_ACCELERATOR, 33, "");
	check(r, CV_NAME_VEHICLE_BRAKE, 0, "");
	check(r, CV_NAME_MOTOR_CONTROLLER_TEMPERATURE, 25, "motor-1");
	check(r, CV_NAME_MOTOR_SPEED, 2000, "motor-1");
	check(r, CV_NAME_MOTOR_TORQUE, 10, "motor-1");
	check(r, CV_NAME_MOTOR_TEMPERATURE, 20, "motor-1");
	check(r, CV_NAME_MOTOR_VOLTAGE, 350, "motor-1");
	check(r, CV_NAME_MOTOR_CURRENT, 50, "motor-1");
	assert_true(cv_record_position(nth(r, CV_NAME_VEHICLE_POSITION, 0), &p));
	assert_int_equal(p.lat, 312304160);
	assert_int_equal(p.lon, 1214737010);
	assert_int_equal(p.alt, CV_POSITION_NONE);
	assert_int_equal(nth(r, CV_NAME_VEHICLE_POSITION, 0)->quality, CV_QUALITY_GOOD);
	check(r, CV_NAME_BATTERY_CELL_VOLTAGE_MAX, 4.1, "battery-1-5");
	check(r, CV_NAME_BATTERY_CELL_VOLTAGE_MIN, 4.05, "battery-1-7");
	check(r, CV_NAME_BATTERY_TEMPERATURE_MAX, 27, "battery-1-2");
	check(r, CV_NAME_BATTERY_TEMPERATURE_MIN, 25, "battery-1-3");
	check(r, CV_NAME_BATTERY_PACK_VOLTAGE, 360, "battery-1");
	check_text(r, CV_NAME_BATTERY_CELL_VOLTAGES, 0, "4.100 4.050 - 4.096");
	assert_string_equal(decode_text(nth(r, CV_NAME_BATTERY_CELL_VOLTAGES, 0), CV_TLV_CODE),
			    "08.1-4");
	check_text(r, CV_NAME_BATTERY_TEMPERATURES, 0, "27 25 -");
	assert_int_equal(nth(r, CV_NAME_VEHICLE_SPEED, 0)->ts_device_ns, TEN_TEN);
	decode_any_cut(&cv_decoder_gb32960, NULL, true, bytes, len);
}

static void fuel_cells_engines_and_history(void **state)
{
	struct decode_run *r = *state;

	send_frame(r, 3, 1,
		   "170c0e0a0a0a 03 0bb8 03e8 0064 0002 5a ff 0424 01 0190 02 015e 03 01"
		   "04 01 0bb8 0258 05 01 00000000 00000000");
	assert_int_equal(r->records, 8 + 3 + 1);
	for (size_t i = 0; i < r->records; i++)
		assert_int_equal(r->record[i]->stage, CV_STAGE_HISTORY);
	check(r, CV_NAME_FUEL_CELL_VOLTAGE, 300, "");
	check(r, CV_NAME_FUEL_CELL_CURRENT, 100, "");
	check(r, CV_NAME_FUEL_CELL_CONSUMPTION, 1, "");
	check_text(r, CV_NAME_FUEL_CELL_TEMPERATURES, 0, "50 -");
	check(r, CV_NAME_HYDROGEN_TEMPERATURE, 66, "");
	check(r, CV_NAME_HYDROGEN_CONCENTRATION, 400, "");
	check(r, CV_NAME_HYDROGEN_PRESSURE, 35e6, "");
	check(r, CV_NAME_ENGINE_SPEED, 3000, "");
	check(r, CV_NAME_ENGINE_CONSUMPTION, 6, "");
	assert_int_equal(nth(r, CV_NAME_VEHICLE_POSITION, 0)->quality, CV_QUALITY_BAD);
	assert_int_equal(nth(r, CV_NAME_VEHICLE_POSITION, 0)->flags, CV_FLAG_RANGE);
}

static void alarms(void **state)
{
	struct decode_run *r = *state;

	send_frame(r, 2, 1, "170c0e0a0a0a 07 02 00080803 01 00000101 00 00 02 00000201 00000202");
	assert_int_equal(r->records, 1 + 4 + 2);
	check(r, CV_NAME_VEHICLE_ALARM_LEVEL, 2, "");
	assert_int_equal(r->record[0]->lane, CV_LANE_STATUS);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(decode_text(r->record[i], CV_TLV_FLAG), "00080803");
	for (size_t i = 1; i < r->records; i++) {
		assert_int_equal(r->record[i]->lane, CV_LANE_ALARM);
		assert_int_equal(r->record[i]->kind, CV_KIND_ALARM);
	}
	assert_int_equal(r->record[1]->name_id, CV_NAME_BATTERY_TEMPERATURE_DIFFERENCE);
	assert_int_equal(r->record[2]->name_id, CV_NAME_BATTERY_HOT);
	assert_int_equal(r->record[3]->name_id, CV_NAME_VEHICLE_INSULATION_ALARM);
	assert_int_equal(r->record[4]->name_id, CV_NAME_VEHICLE_OTHER_ALARM);
	assert_string_equal(decode_text(r->record[3], CV_TLV_CODE), "07.bit-11");
	check(r, CV_NAME_BATTERY_FAULT, 1, "");
	check(r, CV_NAME_VEHICLE_FAULT, 2, "");
	check_text(r, CV_NAME_VEHICLE_FAULT, 0, "00000201 00000202");
	/* more faults than a text holds */
	static char many[3000];
	int n = snprintf(many, sizeof(many), "170c0e0a0a0a 07 01 00000000 %02x", 100);

	for (unsigned int i = 0; i < 100; i++)
		n += snprintf(many + n, sizeof(many) - (size_t)n, "%08x", i);
	snprintf(many + n, sizeof(many) - (size_t)n, "000000");
	send_frame(r, 2, 1, many);
	check(r, CV_NAME_BATTERY_FAULT, 100, "");
	assert_true(nth(r, CV_NAME_BATTERY_FAULT, 0)->flags & CV_FLAG_TRUNCATED);
}

static void values_that_are_none(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	send_frame(r, 2, 1, "170c0e0a0a0a 01 ff fe 01 ffff ffffffff fffe 2710 fe ff 0f ffff ff 65");
	assert_int_equal(r->records, 13);
	rec = nth(r, CV_NAME_VEHICLE_SPEED, 0);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "invalid");
	rec = nth(r, CV_NAME_VEHICLE_VOLTAGE, 0);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "abnormal");
	rec = nth(r, CV_NAME_VEHICLE_MILEAGE, 0);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "invalid");
	check(r, CV_NAME_VEHICLE_CURRENT, 0, "");
	check(r, CV_NAME_VEHICLE_BRAKE, 101, "");
	/* encryption 00 is taken for none */
	send_frame(r, 2, 0, "170c0e0a0a0a 05 00 073d8aa5 01dc89d0");
	assert_int_equal(r->record[0]->quality, CV_QUALITY_UNCERTAIN);
	assert_int_equal(r->record[0]->name_id, CV_NAME_VEHICLE_POSITION);
	send_frame(r, 2, 3, "00112233");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_RAW);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "encrypted (AES)");
	/* a battery of many cells goes into several records */
	static char many[2000];
	int n = snprintf(many, sizeof(many), "170c0e0a0a0a 08 01 01 0e10 2af8 00c8 0001 c8");

	for (unsigned int i = 0; i < 200; i++)
		n += snprintf(many + n, sizeof(many) - (size_t)n, "%04x", 60000 + i);
	send_frame(r, 2, 1, many);
	assert_int_equal(r->records, 2 + 4);
	assert_string_equal(decode_text(r->record[5], CV_TLV_CODE), "08.193-200");
	assert_int_equal(r->record[2]->flags, 0);
}

/* What nobody knows, and what is cut: the rest as bytes. */
static void items_that_cannot_be_read(void **state)
{
	static const char *const rest[] = {
		"0a 0102",
		"01 0102",
		"02 02 0101",
		"03 0bb8 03e8 0064 ffff",
		"08 02 01 0e10",
		"09 01 01 0010 01",
		"07 00 00000000 05 00",
		"83 0010 01",
	};
	struct decode_run *r = *state;
	char data[128];

	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		snprintf(data, sizeof(data), "170c0e0a0a0a 04 01 0bb8 0258 %s", rest[i]);
		send_frame(r, 2, 1, data);
		assert_true(r->records >= 4);
		assert_int_equal(r->record[1]->name_id, CV_NAME_ENGINE_SPEED);
		assert_string_equal(decode_text(r->record[r->records - 1], CV_TLV_TEXT),
				    "unknown or cut item");
		assert_true(r->record[r->records - 1]->flags & CV_FLAG_RAW);
	}
	send_frame(r, 2, 1, "170c0e");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT),
			    "not laid out as the standard has it");
	send_frame(r, 2, 1, "170d200a0a0a 04 01 0bb8 0258"); /* month 13 */
	assert_int_equal(r->record[0]->time_quality, CV_TIME_IMPLAUSIBLE);
}

static void what_the_platform_says(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("gb32960/platform.bin", bytes, sizeof(bytes));

	decode_segment(r, false, bytes, len);
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(r->record[i]->direction, CV_DIR_DOWN);
		assert_int_equal(r->record[i]->device_end, CV_DEVICE_END_DST);
		assert_int_equal(r->record[i]->time_quality, CV_TIME_ABSENT);
	}
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	assert_int_equal(r->record[1]->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT), "failed");
	assert_int_equal(r->record[2]->kind, CV_KIND_COMMAND);
	assert_string_equal(decode_text(r->record[3], CV_TLV_METHOD), "control");
	decode_any_cut(&cv_decoder_gb32960, NULL, false, bytes, len);
	send_frame(r, 0x82, 1, "170c0e0a0a0a 01 757365723b736563726574");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "withheld");
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_BYTES).len, 1);
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("gb32960/damaged.bin", bytes, sizeof(bytes));

	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->rejected, 2);
	decode_any_cut(&cv_decoder_gb32960, NULL, true, bytes, len);
	decode_run_clear(r);
	decode_new_flow(r);
	decode_datagram_hex(r, true, "232304fe3132333435363738390000000000000000010008130117");
	assert_int_equal(r->reject[0], CV_REJECT_TRUNCATED);
	decode_run_clear(r);
	decode_datagram_hex(r, true,
			    "232304fe313233343536373839000000000000000055000813011717373800018a");
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
	decode_run_clear(r);
	decode_segment_hex(r, true, "232304fe3132333435363738390000000000000000011000" LOGOUT);
	assert_int_equal(r->reject[0], CV_REJECT_TOO_LARGE);
	assert_int_equal(r->messages, 1);
}

static enum cv_probe probe(const struct cv_decoder *d, const char *hex, size_t most)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return d->probe(bytes, len < most ? len : most, false);
}

/* "##0101QN=..." is HJ 212, and neither takes the other's. */
static void probe_is_strict(void **state)
{
	const char *hj = "23233031303151";

	assert_int_equal(probe(&cv_decoder_gb32960, LOGOUT, 999), CV_PROBE_YES);
	assert_int_equal(probe(&cv_decoder_gb32960, LOGOUT, 32), CV_PROBE_MORE);
	assert_int_equal(probe(&cv_decoder_gb32960, LOGOUT, 3), CV_PROBE_MORE);
	assert_int_equal(probe(&cv_decoder_gb32960, hj, 999), CV_PROBE_NO);
	assert_int_equal(probe(&cv_decoder_gb32960, hj, 3), CV_PROBE_NO);
	assert_int_equal(probe(&cv_decoder_hj212, LOGOUT, 999), CV_PROBE_NO);
	assert_int_equal(probe(&cv_decoder_gb32960,
			       "232304fe31323334353637383900000000000000000100081301171737380001df",
			       999),
			 CV_PROBE_NO);
}

/* A number of the reference decoder's JSON behind its first @p from. */
static bool field(const char *json, const char *from, const char *key, double *ret)
{
	const char *at = strstr(json, from);

	at = at != NULL ? strstr(at, key) : NULL;
	if (at != NULL)
		*ret = strtod(at + strlen(key), NULL);
	return at != NULL;
}

static void same(const struct decode_run *r, const char *json, const char *from, const char *key,
		 unsigned int name)
{
	const struct cv_record *rec;
	double want;

	if (!field(json, from, key, &want))
		return;
	rec = nth(r, name, 0);
	if (rec->value_type == CV_VALUE_NONE)
		return; /* the reference takes all ones for a number */
	assert_true((rec->value_type == CV_VALUE_U64 ? (double)rec->value.u64 : rec->value.f64) ==
		    want);
}

/* A row of the vectors: check code good, source, frame, what the reference decoder made of it. */
static void vector(void *arg, char *const *column)
{
	static const struct {
		const char *from, *key;
		unsigned int name;
	} fields[] = {
		{"\"whole\": ", "\"state\": ", CV_NAME_VEHICLE_POWER_STATE},
		{"\"whole\": ", "\"chg\": ", CV_NAME_VEHICLE_CHARGING},
		{"\"whole\": ", "\"speed\": ", CV_NAME_VEHICLE_SPEED},
		{"\"whole\": ", "\"odo\": ", CV_NAME_VEHICLE_MILEAGE},
		{"\"whole\": ", "\"volt\": ", CV_NAME_VEHICLE_VOLTAGE},
		{"\"whole\": ", "\"cur\": ", CV_NAME_VEHICLE_CURRENT},
		{"\"whole\": ", "\"soc\": ", CV_NAME_VEHICLE_CHARGE},
		{"\"motors\": ", "\"ctl_temp\": ", CV_NAME_MOTOR_CONTROLLER_TEMPERATURE},
		{"\"motors\": ", "\"rpm\": ", CV_NAME_MOTOR_SPEED},
		{"\"motors\": ", "\"torque\": ", CV_NAME_MOTOR_TORQUE},
		{"\"motors\": ", "\"volt\": ", CV_NAME_MOTOR_VOLTAGE},
		{"\"motors\": ", "\"cur\": ", CV_NAME_MOTOR_CURRENT},
		{"\"ext\": ", "\"maxV\": ", CV_NAME_BATTERY_CELL_VOLTAGE_MAX},
		{"\"ext\": ", "\"minV\": ", CV_NAME_BATTERY_CELL_VOLTAGE_MIN},
		{"\"ext\": ", "\"maxT\": ", CV_NAME_BATTERY_TEMPERATURE_MAX},
		{"\"ext\": ", "\"minT\": ", CV_NAME_BATTERY_TEMPERATURE_MIN},
		{"\"cellv\": ", "\"volt\": ", CV_NAME_BATTERY_PACK_VOLTAGE},
		{"\"cellv\": ", "\"cur\": ", CV_NAME_BATTERY_PACK_CURRENT},
		{"\"alarm\": ", "\"level\": ", CV_NAME_VEHICLE_ALARM_LEVEL},
	};
	/* Its check code is right: encryption 00 is what it is among the bad ones for. */
	bool none = strncmp(column[2] + 42, "00", 2) == 0;
	bool good = strcmp(column[0], "True") == 0 || none;
	struct decode_run *r = arg;
	struct cv_position p;
	double lat, lon;

	decode_run_clear(r);
	decode_datagram_hex(r, true, column[2]);
	assert_int_equal(r->messages, good);
	assert_int_equal(r->rejected, !good);
	if (!good) {
		assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
		return;
	}
	assert_true(r->records > 0);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		same(r, column[3], fields[i].from, fields[i].key, fields[i].name);
	if (!field(column[3], "\"pos\": ", "\"lat\": ", &lat) ||
	    !field(column[3], "\"pos\": ", "\"lon\": ", &lon))
		return;
	assert_true(cv_record_position(nth(r, CV_NAME_VEHICLE_POSITION, 0), &p));
	assert_true(p.lat / 1e7 == lat && p.lon / 1e7 == lon);
}

static void shared_vectors(void **state)
{
	unsigned int rows = decode_vectors("gb32960.tsv", 4, vector, *state);

	if (rows == 0)
		skip();
	assert_int_equal(rows, 213);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sessions),
		TEST(every_item_of_the_sample),
		TEST(fuel_cells_engines_and_history),
		TEST(alarms),
		TEST(values_that_are_none),
		TEST(items_that_cannot_be_read),
		TEST(what_the_platform_says),
		TEST(wrong_frames_are_rejected_with_a_reason),
		cmocka_unit_test(probe_is_strict),
		TEST(shared_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
