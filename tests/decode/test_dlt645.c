/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of ../shared/protocols (frames of other implementations' tests, decoded
 * by an independent script), and of frames put together here as the standard's tables say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_dlt645;

#define VOLTAGE "fe fe fe fe 68 43 10 00 11 34 00 68 91 06 33 34 34 35 ca 55 ee 16"
#define READ_VOLTAGE "fe fe fe fe 68 43 10 00 11 34 00 68 11 04 33 34 34 35 4d 16"

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_dlt645);
}

/* A frame of meter 201709320072 around @p data, hex as the meter means it. @return its length. */
static size_t frame(uint8_t *out, uint8_t control, const char *data)
{
	static const uint8_t head[] = {0x68, 0x72, 0x00, 0x32, 0x09, 0x17, 0x20, 0x68};
	size_t n = decode_hex(data, out + 10, 255), len = 10;
	uint8_t sum = 0;

	memcpy(out, head, sizeof(head));
	out[8] = control;
	out[9] = (uint8_t)n;
	for (; len < 10 + n; len++)
		out[len] = (uint8_t)(out[len] + 0x33);
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + out[i]);
	out[len++] = sum;
	out[len++] = 0x16;
	return len;
}

static void send_frame(struct decode_run *r, uint8_t control, const char *data)
{
	uint8_t out[300];

	decode_run_clear(r);
	decode_segment(r, true, out, frame(out, control, data));
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
}

static const struct cv_record *one(struct decode_run *r, uint8_t control, const char *data)
{
	send_frame(r, control, data);
	assert_int_equal(r->records, 1);
	return r->record[0];
}

static void is_value(const struct cv_record *rec, unsigned int name, double value, const char *sub)
{
	assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(rec->name_id, name);
	assert_int_equal(rec->lane, cv_name_lane(name));
	assert_int_equal(rec->unit_id, cv_name_unit(name));
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	if (rec->value.f64 != value)
		fail_msg("%s: %.17g, not %.17g", cv_name_text(name), rec->value.f64, value);
	assert_string_equal(decode_text(rec, CV_TLV_SUB), sub);
}

static void a_voltage_is_read(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_segment_hex(r, false, READ_VOLTAGE);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	decode_segment_hex(r, true, VOLTAGE);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	is_value(rec, CV_NAME_POWER_VOLTAGE, 229.7, "a");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "003411001043");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "02010100");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "read");
	assert_int_equal(rec->status, 0x91);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->device_end, CV_DEVICE_END_SRC);
	assert_int_equal(rec->raw_len, 18);
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
	assert_int_equal(rec->quality, CV_QUALITY_UNSTATED);
}

static void values_have_their_units(void **state)
{
	static const struct {
		const char *data;
		unsigned int name;
		double value;
		const char *sub;
	} want[] = {
		{"00000100 86010000", CV_NAME_POWER_ENERGY_IMPORT, 1.86, ""},
		{"00000100 00372600 01", CV_NAME_POWER_ENERGY_IMPORT, 2637, ""},
		{"00000000 56341280", CV_NAME_POWER_ENERGY, -1234.56, ""},
		{"00000000 00000080", CV_NAME_POWER_ENERGY, 0, ""},
		{"00000100 00000080", CV_NAME_POWER_ENERGY_IMPORT, 800000, ""},
		{"00020200 01000000", CV_NAME_POWER_ENERGY_EXPORT, 0.01, "t2"},
		{"00001500 01000000", CV_NAME_POWER_ENERGY_IMPORT, 0.01, "a"},
		{"000c2a00 01000000", CV_NAME_POWER_ENERGY_EXPORT, 0.01, "b-t12"},
		{"00004600 01000000", CV_NAME_POWER_APPARENT_ENERGY_EXPORT, 0.01, "c"},
		{"00000500 01000000", CV_NAME_POWER_REACTIVE_ENERGY_Q1, 0.01, ""},
		{"00010202 345612", CV_NAME_POWER_CURRENT, 125.634, "a"},
		{"00020202 345692", CV_NAME_POWER_CURRENT, -125.634, "b"},
		{"00000302 563412", CV_NAME_POWER_ACTIVE, 12345.6, ""},
		{"00030302 563492", CV_NAME_POWER_ACTIVE, -12345.6, "c"},
		{"00000402 563412", CV_NAME_POWER_REACTIVE, 12345.6, ""},
		{"00000502 563412", CV_NAME_POWER_APPARENT, 12345.6, ""},
		{"00000602 9809", CV_NAME_POWER_FACTOR, 0.998, ""},
		{"00000602 9889", CV_NAME_POWER_FACTOR, -0.998, ""},
		{"00010702 0012", CV_NAME_POWER_PHASE_ANGLE, 120, "a"},
		{"00010802 2501", CV_NAME_POWER_VOLTAGE_DISTORTION, 1.25, "a"},
		{"05010a02 2501", CV_NAME_POWER_VOLTAGE_HARMONIC, 1.25, "a-h5"},
		{"15030b02 2501", CV_NAME_POWER_CURRENT_HARMONIC, 1.25, "c-h21"},
		{"01008002 345612", CV_NAME_POWER_CURRENT, 125.634, "n"},
		{"02008002 0350", CV_NAME_POWER_FREQUENCY, 50.03, ""},
		{"03008002 563412", CV_NAME_POWER_ACTIVE, 12345.6, ""},
		{"07008002 5302", CV_NAME_DEVICE_TEMPERATURE, 25.3, ""},
		{"08008002 6003", CV_NAME_DEVICE_BATTERY_VOLTAGE, 3.6, "clock"},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		is_value(one(r, 0x91, want[i].data), want[i].name, want[i].value, want[i].sub);
	assert_int_equal(one(r, 0x91, "03008002 563412")->stage, CV_STAGE_MINUTE);
	assert_int_equal(one(r, 0x91, "02000100 86010000")->stage, CV_STAGE_HISTORY);
}

static void blocks_are_taken_apart(void **state)
{
	static const char *const phases[] = {"a", "b", "c"};
	struct decode_run *r = *state;

	send_frame(r, 0x91, "00ff0102 0022 0122 0222");
	assert_int_equal(r->records, 3);
	for (unsigned int i = 0; i < 3; i++)
		is_value(r->record[i], CV_NAME_POWER_VOLTAGE, 220 + i / 10.0, phases[i]);
	assert_string_equal(decode_text(r->record[2], CV_TLV_CODE), "02010300");
	send_frame(r, 0x91, "00ff0302 100000 200000 300000 400000");
	assert_int_equal(r->records, 4);
	is_value(r->record[0], CV_NAME_POWER_ACTIVE, 1, "");
	is_value(r->record[3], CV_NAME_POWER_ACTIVE, 4, "c");
	send_frame(r, 0x91, "00ff0100 00010000 00020000 00030000 00040000 00050000");
	assert_int_equal(r->records, 5);
	is_value(r->record[0], CV_NAME_POWER_ENERGY_IMPORT, 1, "");
	is_value(r->record[4], CV_NAME_POWER_ENERGY_IMPORT, 5, "t4");
	send_frame(r, 0x91, "ff000100 00010000 00020000");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[0]->stage, CV_STAGE_REALTIME);
	assert_int_equal(r->record[1]->stage, CV_STAGE_HISTORY);
	assert_string_equal(decode_text(r->record[1], CV_TLV_CODE), "00010001");
}

static void a_highest_demand_has_its_minute(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, 0x91, "00000101 563412 3119150523");

	is_value(rec, CV_NAME_POWER_MAX_DEMAND_IMPORT, 12345.6, "");
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	/* 2023-05-15 19:31 in Beijing */
	assert_int_equal(rec->ts_device_ns, 1684150260ll * 1000000000);
	rec = one(r, 0x91, "00000101 000000 6119150523");
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_int_equal(rec->ts_device_ns, 0);
	rec = one(r, 0x91, "00000101 ffffff ffffffffff");
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
}

static void what_is_no_digit_is_no_value(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, 0x91, "00010102 ffff");

	assert_int_equal(rec->name_id, CV_NAME_POWER_VOLTAGE);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	rec = one(r, 0x91, "00010202 ffffff");
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	rec = one(r, 0x91, "00010102 3a22");
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);
}

static void the_rest_keeps_its_raw_name(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, 0x91, "01000003 112233");
	struct cv_tlv_view raw;

	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.03000001");
	raw = cv_record_tlv(rec, CV_TLV_BYTES);
	assert_int_equal(raw.len, 3);
	assert_memory_equal(raw.data, "\x11\x22\x33", 3);
	/* Too short for what it says it is. */
	rec = one(r, 0x91, "00000100 8601");
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.00010000");
	rec = one(r, 0x91, "0a008002 15000000");
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.0280000A");
	assert_int_equal(rec->unit_id, CV_UNIT_MIN);
	assert_true(rec->value.f64 == 15);
}

static void parameters_and_states(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, 0x91, "01040004 720032091720");

	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "201709320072");
	/* 2023-05-15 19:31:07, a Monday */
	rec = one(r, 0x91, "0c010004 07 31 19 01 15 05 23");
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_CLOCK);
	assert_int_equal(rec->value.i64, 1684150267);
	assert_int_equal(rec->ts_device_ns, 1684150267ll * 1000000000);
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	rec = one(r, 0x91, "01050004 1000");
	assert_int_equal(rec->value.u64, 0x10);
	send_frame(r, 0x91, "ff050004 0c00 0100 0000 0000 0000 0000 0000");
	assert_int_equal(r->records, 9);
	assert_int_equal(r->record[1]->lane, CV_LANE_ALARM);
	assert_int_equal(r->record[1]->name_id, CV_NAME_METER_BATTERY_LOW);
	assert_string_equal(decode_text(r->record[1], CV_TLV_SUB), "clock");
	assert_string_equal(decode_text(r->record[2], CV_TLV_SUB), "reading");
	rec = one(r, 0x93, "720032091720");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "201709320072");
}

static void more_frames_with_the_rest(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, 0xb1, "00000100 86010000");

	is_value(rec, CV_NAME_POWER_ENERGY_IMPORT, 1.86, "");
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL);
	rec = one(r, 0x92, "00ff0100 86010000 02");
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW);
	assert_int_equal(rec->seq, 2);
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 4);
}

static void the_edition_of_1997(void **state)
{
	struct decode_run *r = *state;

	decode_segment_hex(r, true, "68 12 14 00 06 07 20 68 81 06 52 c3 37 36 39 33 98 16");
	assert_int_equal(r->records, 1);
	is_value(r->record[0], CV_NAME_POWER_ENERGY_IMPORT, 603.04, "");
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "200706001412");
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "9010");
	/* A block with its end mark. */
	send_frame(r, 0x81, "1f90 30930701 28352000 84953000 81582800 37032800 aa");
	assert_int_equal(r->records, 5);
	is_value(r->record[0], CV_NAME_POWER_ENERGY_IMPORT, 10793.30, "");
	is_value(r->record[4], CV_NAME_POWER_ENERGY_IMPORT, 2803.37, "t4");
	is_value(one(r, 0x81, "1090 89431300 01"), CV_NAME_POWER_ENERGY_IMPORT, 1343.89, "");
	is_value(one(r, 0x81, "2091 00010000"), CV_NAME_POWER_REACTIVE_ENERGY_EXPORT, 1, "");
	is_value(one(r, 0x81, "4b91 00010000"), CV_NAME_POWER_REACTIVE_ENERGY_Q4, 1, "t11");
	is_value(one(r, 0x81, "1094 00010000"), CV_NAME_POWER_ENERGY_IMPORT, 1, "");
	assert_int_equal(r->record[0]->stage, CV_STAGE_HISTORY);
	is_value(one(r, 0x81, "10a0 563412"), CV_NAME_POWER_MAX_DEMAND_IMPORT, 12345.6, "");
	is_value(one(r, 0x81, "12b6 2002"), CV_NAME_POWER_VOLTAGE, 220, "b");
	is_value(one(r, 0x81, "23b6 3412"), CV_NAME_POWER_CURRENT, 12.34, "c");
	is_value(one(r, 0x81, "30b6 563412"), CV_NAME_POWER_ACTIVE, 12345.6, "");
	is_value(one(r, 0x81, "40b6 3412"), CV_NAME_POWER_REACTIVE, 12340, "");
	is_value(one(r, 0x81, "50b6 9809"), CV_NAME_POWER_FACTOR, 0.998, "");
	send_frame(r, 0x81, "1fb6 2002 2102 2202");
	assert_int_equal(r->records, 3);
	is_value(r->record[2], CV_NAME_POWER_VOLTAGE, 222, "c");
	assert_string_equal(decode_text(one(r, 0x81, "32c0 121400060720"), CV_TLV_TEXT),
			    "200706001412");
	assert_string_equal(decode_text(one(r, 0x81, "30c0 000400"), CV_TLV_NAME), "raw.C030");
}

static void error_answers(void **state)
{
	struct decode_run *r = *state;

	decode_segment_hex(r, true, "fe fe fe fe 68 43 10 00 11 34 00 68 d1 01 31 6b 16");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_ERROR);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_BAD);
	assert_int_equal(r->record[0]->value.u64, 0xfe);
	one(r, 0xd4, "04");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "not authorised");
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "write");
	one(r, 0xd1, "");
	assert_int_equal(r->record[0]->value_type, CV_VALUE_NONE);
}

static bool contains(const struct cv_record *rec, const char *needle, size_t len)
{
	return memmem(rec, rec->size, needle, len) != NULL;
}

static void commands_tell_no_password(void **state)
{
	static const struct {
		uint8_t control;
		const char *data;
		const char *method;
	} commands[] = {
		{0x14, "01040004 c0c1c2c3c4c5c6c7 720032091720", "write"},
		{0x04, "32c0 c0c1c2c3 720032091720", "write-1997"},
		{0x18, "010c0004 c0c1c2c3 c4c5c6c7", "set-password"},
		{0x98, "c0c1c2c3", "set-password"},
		{0x0f, "c0c1c2c3c0c1c2c3", "set-password-1997"},
		{0x19, "c0c1c2c3c4c5c6c7", "reset-demand"},
		{0x1a, "c0c1c2c3c4c5c6c7", "clear-meter"},
		{0x1b, "c0c1c2c3c4c5c6c7 ffffffff", "clear-events"},
		{0x1c, "c0c1c2c3c4c5c6c7 1a00 000000010199", "control"},
		{0x14, "01040004 c0c1c2c3", "write"},
		{0x03, "ff000007 c0c1c2c3c0c1c2c3", "authenticate"},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct cv_record *rec = one(r, commands[i].control, commands[i].data);

		assert_int_equal(rec->kind,
				 commands[i].control & 0x80 ? CV_KIND_STATE : CV_KIND_COMMAND);
		assert_int_equal(rec->lane, CV_LANE_STATUS);
		assert_string_equal(decode_text(rec, CV_TLV_METHOD), commands[i].method);
		assert_false(contains(rec, "\xc1\xc2", 2));
	}
	one(r, 0x1c, "c0c1c2c3c4c5c6c7 1a00 000000010199");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "trip");
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	one(r, 0x14, "01040004 c0c1c2c3c4c5c6c7 720032091720");
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "04000401");
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_BYTES).len, 6);
	one(r, 0x1f, "112233");
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "function-31");
	assert_int_equal(r->record[0]->flags, CV_FLAG_RAW);
}

static void the_time_is_told_to_everybody(void **state)
{
	struct decode_run *r = *state;

	/* 2023-05-15 19:31:07; frame put together by hand, sum: 0x68*2 + 6*0x99 + 8 + 6 + data */
	decode_segment_hex(r, false, "68 99 99 99 99 99 99 68 08 06 3a 64 4c 48 38 56 34 16");
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_COMMAND);
	assert_int_equal(r->record[0]->name_id, CV_NAME_DEVICE_CLOCK);
	assert_int_equal(r->record[0]->ts_device_ns, 1684150267ll * 1000000000);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "");
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "broadcast-time");
	one(r, 0x08, "07 31 25 15 05 23");
	assert_int_equal(r->record[0]->time_quality, CV_TIME_IMPLAUSIBLE);
	one(r, 0x16, "59235999");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "99592359");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_voltage_is_read),
		TEST(values_have_their_units),
		TEST(blocks_are_taken_apart),
		TEST(a_highest_demand_has_its_minute),
		TEST(what_is_no_digit_is_no_value),
		TEST(the_rest_keeps_its_raw_name),
		TEST(parameters_and_states),
		TEST(more_frames_with_the_rest),
		TEST(the_edition_of_1997),
		TEST(error_answers),
		TEST(commands_tell_no_password),
		TEST(the_time_is_told_to_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
