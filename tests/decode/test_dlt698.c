/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What APDUs of DL/T 698.45 become. Expected values are those of the objects' and types' tables in the
 * standard, as several implementations have them; frames are put together here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/dlt698_test.h"

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_dlt698);
}

static const struct cv_record *one(struct decode_run *r, uint8_t control, const char *apdu)
{
	send_apdu(r, control, apdu);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 1);
	return r->record[0];
}

static void is_value(const struct cv_record *rec, unsigned int name, double value, const char *sub)
{
	assert_string_equal(cv_name_text(rec->name_id), cv_name_text(name));
	assert_int_equal(rec->lane, cv_name_lane(name));
	assert_int_equal(rec->unit_id, cv_name_unit(name));
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	if (rec->value.f64 != value)
		fail_msg("%s: %.17g, not %.17g", cv_name_text(name), rec->value.f64, value);
	assert_string_equal(decode_text(rec, CV_TLV_SUB), sub);
}

static void voltages_are_read(void **state)
{
	static const char *const phases[] = {"a", "b", "c"};
	struct decode_run *r = *state;

	send_apdu(r, REQUEST, "05 01 01 20000200 00");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	send_apdu(r, ANSWER, "85 01 01 20000200 01 01 03 12 0898 12 0899 12 089a 00 00");
	assert_int_equal(r->records, 3);
	for (unsigned int i = 0; i < 3; i++) {
		is_value(r->record[i], CV_NAME_POWER_VOLTAGE, 220 + i / 10.0, phases[i]);
		assert_string_equal(decode_text(r->record[i], CV_TLV_DEVICE), "072605121234");
		assert_string_equal(decode_text(r->record[i], CV_TLV_METHOD), "get");
		assert_int_equal(r->record[i]->status, 0x85);
		assert_int_equal(r->record[i]->seq, 1);
		assert_int_equal(r->record[i]->direction, CV_DIR_UP);
		assert_int_equal(r->record[i]->device_end, CV_DEVICE_END_SRC);
		assert_int_equal(r->record[i]->raw_len, 38);
		assert_int_equal(r->record[i]->time_quality, CV_TIME_ABSENT);
	}
	assert_string_equal(decode_text(r->record[1], CV_TLV_CODE), "20000202");
}

static void values_have_their_units(void **state)
{
	static const struct {
		const char *apdu; /* OAD and data */
		unsigned int name;
		double value;
		const char *sub;
	} want[] = {
		{"00100201 01 06 0001e240", CV_NAME_POWER_ENERGY_IMPORT, 1234.56, ""},
		{"00100202 01 06 0001e240", CV_NAME_POWER_ENERGY_IMPORT, 1234.56, "t1"},
		{"00110201 01 06 0001e240", CV_NAME_POWER_ENERGY_IMPORT, 1234.56, "a"},
		{"00230203 01 06 00000001", CV_NAME_POWER_ENERGY_EXPORT, 0.01, "c-t2"},
		{"00100401 01 15 0000000000bc614e", CV_NAME_POWER_ENERGY_IMPORT, 1234.5678, ""},
		{"00000201 01 05 fffe1dc0", CV_NAME_POWER_ENERGY, -1234.56, ""},
		{"00300201 01 05 ffffffff", CV_NAME_POWER_REACTIVE_ENERGY_1, -0.01, ""},
		{"00800201 01 06 00000064", CV_NAME_POWER_REACTIVE_ENERGY_Q4, 1, ""},
		{"00a00201 01 06 00000064", CV_NAME_POWER_APPARENT_ENERGY_EXPORT, 1, ""},
		{"20010203 01 05 fffffb2e", CV_NAME_POWER_CURRENT, -1.234, "c"},
		{"20010400 01 05 000004d2", CV_NAME_POWER_CURRENT, 1.234, "n"},
		{"20030201 01 12 0258", CV_NAME_POWER_PHASE_ANGLE, 60, "a"},
		{"20040201 01 05 0001e240", CV_NAME_POWER_ACTIVE, 12345.6, ""},
		{"20040202 01 05 fffe1dc0", CV_NAME_POWER_ACTIVE, -12345.6, "a"},
		{"20050204 01 05 0001e240", CV_NAME_POWER_REACTIVE, 12345.6, "c"},
		{"20060201 01 05 0001e240", CV_NAME_POWER_APPARENT, 12345.6, ""},
		{"200a0201 01 10 03e6", CV_NAME_POWER_FACTOR, 0.998, ""},
		{"200a0202 01 10 fc1a", CV_NAME_POWER_FACTOR, -0.998, "a"},
		{"200b0201 01 10 007d", CV_NAME_POWER_VOLTAGE_DISTORTION, 1.25, "a"},
		{"200f0200 01 12 138b", CV_NAME_POWER_FREQUENCY, 50.03, ""},
		{"20100200 01 10 ff9c", CV_NAME_DEVICE_TEMPERATURE, -10, ""},
		{"20110200 01 12 0168", CV_NAME_DEVICE_BATTERY_VOLTAGE, 3.6, "clock"},
		{"20170200 01 05 0001e240", CV_NAME_POWER_DEMAND, 12345.6, ""},
	};
	struct decode_run *r = *state;
	char apdu[80];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		strcpy(apdu, "85 01 01 ");
		strcat(strcat(apdu, want[i].apdu), " 00 00");
		is_value(one(r, ANSWER, apdu), want[i].name, want[i].value, want[i].sub);
	}
	assert_int_equal(one(r, ANSWER, "85 01 01 20070201 01 05 00000001 00 00")->stage,
			 CV_STAGE_MINUTE);
}

static void a_highest_demand_has_its_minute(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = one(r, ANSWER, "85 01 01 10100201 01 02 02 06 0001e240 1c 07e7 05 0f 13 1f 00 00 00");
	is_value(rec, CV_NAME_POWER_MAX_DEMAND_IMPORT, 12345.6, "");
	/* 2023-05-15 19:31 in Beijing */
	assert_int_equal(rec->ts_device_ns, 1684150260ll * 1000000000);
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	rec = one(r, ANSWER, "85 01 01 10100201 01 02 02 06 0001e240 1c 07e7 0d 0f 13 1f 00 00 00");
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	rec = one(r, ANSWER, "85 01 01 10100201 01 02 02 06 00000000 00 00 00");
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
}

static void what_has_no_value_has_none(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, ANSWER, "85 01 01 20000201 01 00 00 00");

	assert_int_equal(rec->name_id, CV_NAME_POWER_VOLTAGE);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	rec = one(r, ANSWER, "85 01 01 20000201 00 06 00 00");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_int_equal(rec->value.u64, 6);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "no such object");
	rec = one(r, ANSWER, "85 01 01 20000201 01 09 03 010203 00 00");
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);
}

static void the_rest_keeps_its_raw_name(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, ANSWER, "85 01 01 40020200 01 09 02 1234 00 00");

	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.40020200");
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	/* a structure of an integer, a region and a selection; nothing behind it */
	rec = one(r, ANSWER,
		  "85 01 01 60000200 01 02 03 0f ff 58 00 11 01 11 02 5a 01 20210200 00");
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 17);
	rec = one(r, ANSWER, "85 01 01 43000300 01 0a 04 56312e30 00 00");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "V1.0");
	rec = one(r, ANSWER, "85 01 01 22000200 01 0f ff 00 00");
	assert_int_equal(rec->value.i64, -1);
	rec = one(r, ANSWER, "85 01 01 22000200 01 17 3fc00000 00 00");
	assert_true(rec->value.f64 == 1.5);
	rec = one(r, ANSWER, "85 01 01 40000200 01 1c 07e7 05 0f 13 1f 07 00 00");
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_CLOCK);
	assert_int_equal(rec->value.i64, 1684150267);
	assert_int_equal(rec->ts_device_ns, 1684150267ll * 1000000000);
}

static void links(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = one(r, 0x81, "01 00 01 0258 07e7 05 0f 01 13 1f 07 00fa");
	assert_int_equal(rec->kind, CV_KIND_SESSION);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "heartbeat");
	assert_int_equal(rec->value.u64, 600);
	assert_int_equal(rec->unit_id, CV_UNIT_S);
	assert_int_equal(rec->ts_device_ns, 1684150267ll * 1000000000 + 250000000);
	rec = one(r, 0x81, "01 00 02 0000 ffff ff ff ff ff ff ff ffff");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "logout");
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
	rec = one(r, 0x01,
		  "81 00 81 07e7050f01131f070000 07e7050f01131f070000 07e7050f01131f070000");
	assert_int_equal(rec->value.u64, 1);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "address in use");
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_int_equal(rec->device_end, CV_DEVICE_END_DST);
}

static void connections_tell_no_secrets(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = one(r, REQUEST,
		  "02 00 0016 ffffffffc0000000 ffffffffffffffffffffffffffffffff 0400 0400 01 0400 "
		  "00000064 01 06 313233343536 00");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "connect");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "password");
	assert_null(cv_record_tlv(rec, CV_TLV_BYTES).data);
	send_apdu(r, ANSWER,
		  "82 00 "
		  "4142434456312e30323330353135483230303233303531353031323334353637 0016 "
		  "ffffffffc0000000 ffffffffffffffffffffffffffffffff 0400 0400 01 0400 00000064 01 "
		  "00 00 00");
	assert_int_equal(r->records, 2);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "password");
	assert_int_equal(r->record[1]->name_id, CV_NAME_DEVICE_VERSION);
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT),
			    "ABCDV1.0230515H20023051501234567");
	rec = one(r, REPORT, "84 0a 07e7050f131f07 07e7050f132007");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "released");
}

static void commands_and_their_ends(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = one(r, REQUEST, "06 01 10 40000200 1c 07e7 05 0f 13 1f 07 00");
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "set");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "40000200");
	assert_int_equal(rec->value.i64, 1684150267);
	rec = one(r, REQUEST, "06 01 10 44010200 0a 06 313233343536 00");
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	assert_null(cv_record_tlv(rec, CV_TLV_TEXT).data);
	send_apdu(r, REQUEST, "06 02 10 02 40000200 00 22000200 11 05 00");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[1]->value.u64, 5);
	rec = one(r, ANSWER, "86 01 10 40000200 00 00 00");
	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "success");
	rec = one(r, REQUEST, "07 01 11 80008100 01 01 02 04 51 f2050201 11 00 12 0000 03 00 00");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "action");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "80008100");
	rec = one(r, ANSWER, "87 01 11 80008100 03 00 00 00");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "access refused");
	send_apdu(r, ANSWER, "86 03 10 01 40000200 00 20000201 01 12 0898 00 00");
	assert_int_equal(r->records, 2);
	is_value(r->record[1], CV_NAME_POWER_VOLTAGE, 220, "a");
}

static void reports_bring_alarms(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

#define OUTAGE(tag, end)                                                                           \
	tag " 05 01 30110200 04 00 20220200 00 201e0200 00 20200200 00 20240200 01 01 "            \
	    "06 00000007 1c 07e7 05 0f 13 1f 07 " end " 55 07 05 000000000042 00 00"
	rec = one(r, REPORT, OUTAGE("88 02", "00"));
	assert_int_equal(rec->kind, CV_KIND_ALARM);
	assert_int_equal(rec->lane, CV_LANE_ALARM);
	assert_int_equal(rec->name_id, CV_NAME_POWER_OUTAGE);
	assert_int_equal(rec->value.u64, 1);
	assert_int_equal(rec->seq, 7);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "000000000042");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "30110200");
	assert_int_equal(rec->ts_device_ns, 1684150267ll * 1000000000);
	rec = one(r, REPORT, OUTAGE("88 02", "1c 07e7 05 0f 13 20 07"));
	assert_int_equal(rec->value.u64, 0);
	assert_int_equal(rec->ts_device_ns, 1684150267ll * 1000000000);
	/* read from the meter's memory: not now */
	rec = one(r, ANSWER, OUTAGE("85 04", "00"));
	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_int_equal(rec->stage, CV_STAGE_HISTORY);
	/* behind an answer */
	send_apdu(r, ANSWER,
		  "85 01 01 20000201 01 12 0898 01 02 01 301b0200 01 00 201e0200 01 01 "
		  "1c 07e7 05 0f 13 1f 07 00");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[1]->name_id, CV_NAME_METER_COVER_OPEN);
	rec = one(r, REPORT, "88 03 05 f2010201 04 68010203 00 00");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "transparent");
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 4);
}

static void rows_are_of_a_meter_and_a_day(void **state)
{
#define HEAD "88 02 06 01 60120300 03 00 202a0200 00 60420200 01 50040200 02 20210200 00100201 "
#define MIDNIGHT "1c 07e7 05 0f 00 00 00"
#define STORED "1c 07e7 05 0f 00 05 00 "
	static const char *const forms[] = {
		/* side by side, in a structure, in an array of structures */
		HEAD "01 01 55 07 05 000000000001 " STORED MIDNIGHT " 06 0001e240 00 00",
		HEAD "01 01 55 07 05 000000000001 " STORED "02 02 " MIDNIGHT " 06 0001e240 00 00",
		HEAD "01 01 55 07 05 000000000001 " STORED "01 01 02 02 " MIDNIGHT
		     " 06 0001e240 00 00",
		/* one column after the other */
		"85 03 06 50040200 03 00 202a0200 00 20210200 00 00100201 01 01 "
		"55 07 05 000000000001 " MIDNIGHT " 06 0001e240 00 00",
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct cv_record *rec = one(r, ANSWER, forms[i]);

		is_value(rec, CV_NAME_POWER_ENERGY_IMPORT, 1234.56, "");
		assert_int_equal(rec->stage, CV_STAGE_DAY);
		assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "000000000001");
		assert_int_equal(rec->ts_device_ns, 1684080000ll * 1000000000);
	}
	send_apdu(r, ANSWER,
		  "85 03 06 50040200 02 00 20210200 00 00100201 01 02 " MIDNIGHT " 06 0001e240 "
		  "1c 07e7 05 10 00 00 00 06 0001e241");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[1]->ts_device_ns, 1684166400ll * 1000000000);
	/* a refused table; one with rows of nothing but their time */
	assert_int_equal(one(r, ANSWER, "85 03 06 50040200 01 00 20210200 00 09")->kind,
			 CV_KIND_ERROR);
	assert_string_equal(
		decode_text(one(r, ANSWER, "85 03 06 50040200 01 00 20210200 01 01 " MIDNIGHT),
			    CV_TLV_CODE),
		"50040200");
}

static void proxies_speak_for_others(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = one(r, ANSWER, "89 01 02 01 07 05 000000000042 01 20000201 01 12 0898 00 00");
	is_value(rec, CV_NAME_POWER_VOLTAGE, 220, "a");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "000000000042");
	rec = one(r, ANSWER, "89 07 02 f2010201 01 02 6816 00 00");
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	send_apdu(r, REQUEST, "09 01 02 003c 01 07 05 000000000042 003c 01 20000201 00");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	assert_int_equal(one(r, REQUEST, "09 05 02 003c 00 00")->kind, CV_KIND_COMMAND);
}

static void what_is_encrypted_says_so(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, ANSWER, "90 01 04 aabbccdd 01 00 04 01020304");

	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "encrypted");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "security");
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 4);
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	/* in clear, with a code behind it */
	rec = one(r, ANSWER, "90 00 0d 85 01 01 20000201 01 12 0898 00 00 01 00 04 01020304");
	is_value(rec, CV_NAME_POWER_VOLTAGE, 220, "a");
	rec = one(r, ANSWER, "90 02 16 00");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "ESAM check failed");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(voltages_are_read),
		TEST(values_have_their_units),
		TEST(a_highest_demand_has_its_minute),
		TEST(what_has_no_value_has_none),
		TEST(the_rest_keeps_its_raw_name),
		TEST(links),
		TEST(connections_tell_no_secrets),
		TEST(commands_and_their_ends),
		TEST(reports_bring_alarms),
		TEST(rows_are_of_a_meter_and_a_day),
		TEST(proxies_speak_for_others),
		TEST(what_is_encrypted_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
