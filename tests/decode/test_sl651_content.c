/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the bodies. */
#include "tests/decode/sl651_test.h"

static void no_password_leaves(void **state)
{
	struct decode_run *r = *state;

	for (unsigned int fn = 0; fn < 256; fn++) {
		send(r, fn, "f1f1 0011223344 0310 a7b9 0348 a7b9");
		for (size_t i = 0; i < r->records && sl651_is_parameters((uint8_t)fn); i++)
			assert_null(memmem(r->record[i], r->record[i]->size, "\xa7\xb9", 2));
		decode_run_clear(r);
		decode_datagram(
			r, false, bytes,
			make(bytes, false, fn, 2, "0001 170718110016 0310a7b9 0348a7b9", 5));
		assert_int_equal(r->messages, 1);
		for (size_t i = 0; i < r->records && sl651_is_parameters((uint8_t)fn); i++)
			assert_null(memmem(r->record[i], r->record[i]->size, "\xa7\xb9", 2));
	}
}

static void state_word_and_alarms(void **state)
{
	struct decode_run *r = *state;

	assert_int_equal(send(r, 0x46, "f1f1 0011223344 4520 00000400")->name_id,
			 CV_NAME_STATION_STATE);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->value.u64, 0x400);
	send(r, 0x46, "f1f1 0011223344 4520 00000905");
	assert_int_equal(r->records, 5);
	assert_int_equal(r->record[1]->name_id, CV_NAME_STATION_MAINS_LOST);
	assert_int_equal(r->record[2]->name_id, CV_NAME_WATER_LEVEL_ALARM);
	assert_int_equal(r->record[3]->name_id, CV_NAME_STATION_MEMORY_FAULT);
	assert_int_equal(r->record[4]->name_id, CV_NAME_WATER_METER_ALARM);
	for (size_t i = 1; i < 5; i++)
		assert_int_equal(r->record[i]->lane, CV_LANE_ALARM);
}

static void units_and_components(void **state)
{
	struct decode_run *r = *state;

	/* Third well 101.25 kPa, mercury 0.00123 mg/l, soil at 40 cm, phase B, 1.5 * 10^4 t */
	send(r, 0x32,
	     "f1f1 0011223344 48 f0f0 1707181100 5a22 00010125 541d 000123 1311 0215 7119 002201 "
	     "3221 00000015 331a 000008");
	assert_int_equal(r->records, 6);
	check(r->record[0], CV_NAME_WATER_PRESSURE, 101250, ELEVEN);
	assert_string_equal(decode_text(r->record[0], CV_TLV_SUB), "3");
	check(r->record[1], CV_NAME_WATER_MERCURY, 1.23, ELEVEN);
	check(r->record[2], CV_NAME_SOIL_MOISTURE, 21.5, ELEVEN);
	assert_string_equal(decode_text(r->record[2], CV_TLV_SUB), "40cm");
	check(r->record[3], CV_NAME_POWER_VOLTAGE, 220.1, ELEVEN);
	assert_string_equal(decode_text(r->record[3], CV_TLV_SUB), "B");
	check(r->record[4], CV_NAME_WATER_SEDIMENT_LOAD, 1.5e7, ELEVEN);
	assert_string_equal(decode_text(r->record[5], CV_TLV_NAME), "raw.UC");
	/* Missing, no BCD, extended identifier, odd negative number. */
	send(r, 0x33,
	     "f1f1 0011223344 48 f0f0 1707181100 3923 ffffffff 3812 12a4 ff0111 0025 3923 "
	     "ff001490");
	assert_int_equal(r->records, 4);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_BAD);
	assert_int_equal(r->record[1]->value_type, CV_VALUE_BYTES);
	assert_string_equal(decode_text(r->record[2], CV_TLV_NAME), "raw.FF01");
	assert_true(r->record[2]->value.f64 == 2.5);
	check(r->record[3], CV_NAME_WATER_LEVEL, -1.49, ELEVEN);
}

static void times(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* No observation time: that of sending. */
	rec = send(r, 0x33, "f1f1 0011223344 48 3812 1099 2019 000001");
	check(rec, CV_NAME_DEVICE_BATTERY_VOLTAGE, 10.99, ELEVEN + 16 * SECOND);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "trigger");
	assert_string_equal(decode_text(r->record[1], CV_TLV_FLAG), "");
	rec = send(r, 0x32, "f1f1 0011223344 48 f0f0 1713181100 3812 1099");
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_int_equal(rec->ts_device_ns, 0);
	/* Observed two days after it was sent. */
	rec = send(r, 0x32, "f1f1 0011223344 48 f0f0 1707201100 3812 1099");
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	rec = send(r, 0x51, "f1f1 0011223344");
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_CLOCK);
	assert_int_equal(rec->ts_device_ns, ELEVEN + 16 * SECOND);
}

static void uniform_series(void **state)
{
	struct decode_run *r = *state;

	send(r, 0x31,
	     "f1f1 0011223344 48 f0f0 1707181005 0418 000100 3923 00010490 ffffffff 00010510");
	assert_int_equal(r->records, 3);
	check(r->record[0], CV_NAME_WATER_LEVEL, 10.49, FIVE_PAST_TEN);
	assert_int_equal(r->record[1]->value_type, CV_VALUE_NONE);
	check(r->record[2], CV_NAME_WATER_LEVEL, 10.51, FIVE_PAST_TEN + 7200 * SECOND);
	assert_int_equal(r->record[0]->stage, CV_STAGE_HISTORY);
}

static void other_stations_of_a_relay(void **state)
{
	struct decode_run *r = *state;

	send(r, 0x32,
	     "f1f1 0055667788 48 f0f0 1707181100 3812 1099 f1f1 0011223344 50 f0f0 1707181005 2019 "
	     "000015");
	assert_int_equal(r->records, 2);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "0055667788");
	assert_string_equal(decode_text(r->record[1], CV_TLV_DEVICE), "0011223344");
	check(r->record[1], CV_NAME_WEATHER_RAIN, 1.5, FIVE_PAST_TEN);
}

static void text_version_control(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = send(r, 0x35, "f2f2 51312e323334");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "Q1.234");
	rec = send(r, 0x35, "f2f2 bdb5 d3ea"); /* GB 18030 */
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "降雨");
	rec = send(r, 0x45, "f1f1 0011223344 03 563132");
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_VERSION);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "V12");
	rec = send(r, 0x4c, "f1f1 0011223344 01 05");
	assert_int_equal(rec->name_id, CV_NAME_PUMP_SWITCHES);
	assert_int_equal(rec->value.u64, 5);
	send(r, 0x4e, "f1f1 0011223344 02 01 0150 0000");
	assert_int_equal(r->records, 3);
	check(r->record[1], CV_NAME_GATE_OPENING, 1.5, ELEVEN + 16 * SECOND);
	assert_string_equal(decode_text(r->record[2], CV_TLV_SUB), "2");
	assert_int_equal(send(r, 0x4f, "f1f1 0011223344 ff")->value.u64, 1);
	/* Makers' own functions, and what does not come out, are told as bytes. */
	rec = send(r, 0xe1, "f1f1 0011223344 48 0102");
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "function-225");
	send(r, 0x32, "f1f1 0011223344 48 3812 1099 3923 0001");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[1]->flags, CV_FLAG_RAW);
}

static void picture(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("sl651/picture.bin", bytes, sizeof(bytes)), at = 0;
	static uint8_t jpeg[4096];
	const struct cv_record *last;

	decode_chunks(r, true, bytes, len, 100);
	assert_int_equal(r->messages, 3);
	assert_int_equal(r->records, 1 + 2 + 1 + 1);
	for (size_t i = 0; i < 4; i++) {
		struct cv_tlv_view v = cv_record_tlv(r->record[i], CV_TLV_BYTES);

		assert_int_equal(r->record[i]->name_id, CV_NAME_STATION_PICTURE);
		assert_int_equal(r->record[i]->seq, 5);
		assert_int_equal(r->record[i]->flags, CV_FLAG_RAW | CV_FLAG_PARTIAL);
		memcpy(jpeg + at, v.data, v.len);
		at += v.len;
	}
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "packet 2/3, bytes 512-599");
	last = r->record[4];
	assert_int_equal(last->value.u64, 1292);
	assert_int_equal(at, 1292);
	assert_memory_equal(jpeg, "\xff\xd8\xff\xe0", 4);
	assert_memory_equal(jpeg + 1290, "\xff\xd9", 2);
	assert_int_equal(last->quality, CV_QUALITY_GOOD);
	assert_string_equal(decode_text(last, CV_TLV_TEXT), "3 of 3 packets, image/jpeg");
	/* 11:11 in Beijing */
	assert_int_equal(last->ts_device_ns, ELEVEN + 660 * SECOND);
}

/* The second packet is lost, and comes again when it was asked for. */
static void picture_with_a_packet_late(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("sl651/picture.bin", bytes, sizeof(bytes));
	size_t one = 14 + 28 + 300 + 3, two = 14 + 3 + 600 + 3;

	decode_datagram(r, true, bytes, one);
	decode_datagram(r, true, bytes + one + two, len - one - two);
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[2]->quality, CV_QUALITY_UNCERTAIN);
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "2 of 3 packets, image/jpeg");
	decode_datagram(r, true, bytes + one, two);
	assert_int_equal(r->records, 6);
	assert_int_equal(r->record[5]->quality, CV_QUALITY_GOOD);
	decode_datagram(r, true, bytes + one, two);
	assert_int_equal(r->records, 8);
	assert_true(r->record[7]->flags & CV_FLAG_DUPLICATE);
	/* A packet whose first one was not seen. */
	decode_new_flow(r);
	decode_run_clear(r);
	decode_datagram(r, true, bytes + one, two);
	assert_int_equal(r->records, 2);
	assert_true(r->record[0]->flags & CV_FLAG_UNPAIRED);
}

static void ascii_frames(void **state)
{
	struct decode_run *r = *state;

	send_ascii(r, 0x32, "ST 0011223344 H TT 1707181100 PJ 4.0 Z -1.490 VT M XY 7 ZT 00000001 ");
	assert_int_equal(r->records, 6);
	check(r->record[0], CV_NAME_WEATHER_RAIN, 4.0, ELEVEN);
	check(r->record[1], CV_NAME_WATER_LEVEL, -1.49, ELEVEN);
	assert_int_equal(r->record[2]->quality, CV_QUALITY_BAD);
	assert_string_equal(decode_text(r->record[3], CV_TLV_NAME), "raw.XY");
	assert_int_equal(r->record[4]->name_id, CV_NAME_STATION_STATE);
	assert_int_equal(r->record[5]->name_id, CV_NAME_STATION_MAINS_LOST);
	assert_int_equal(r->record[0]->seq, 7);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "0011223344");
	assert_string_equal(decode_text(r->record[1], CV_TLV_CODE), "Z");
	send_ascii(r, 0x34, "ST 0011223344 H TT 1707181005 DRP 05000000FF ");
	assert_int_equal(r->records, 5);
	check(r->record[0], CV_NAME_RAIN_5MIN, 0.5, FIVE_PAST_TEN);
	assert_int_equal(r->record[4]->quality, CV_QUALITY_BAD);
	send_ascii(r, 0x31, "ST 0011223344 H TT 1707181005 DRN05 Z Q 10.49 3 M 3.5 10.51 -0.5 ");
	assert_int_equal(r->records, 6);
	check(r->record[0], CV_NAME_WATER_LEVEL, 10.49, FIVE_PAST_TEN);
	check(r->record[3], CV_NAME_WATER_FLOW, 3.5, FIVE_PAST_TEN + 300 * SECOND);
	check(r->record[4], CV_NAME_WATER_LEVEL, 10.51, FIVE_PAST_TEN + 600 * SECOND);
	assert_string_equal(decode_text(send_ascii(r, 0x35, "RGZS Q 1.234 "), CV_TLV_TEXT),
			    "Q 1.234");
	assert_string_equal(
		decode_text(send_ascii(r, 0x45, "ST 0011223344 05 V 1.2 "), CV_TLV_TEXT), "V 1.2");
	assert_int_equal(send_ascii(r, 0x4c, "ST 0011223344 0103 ")->value.u64, 3);
	assert_string_equal(decode_text(send_ascii(r, 0x49, "ST 0011223344 03 A7B9 "), CV_TLV_TEXT),
			    "withheld");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_password_leaves),
		TEST(state_word_and_alarms),
		TEST(units_and_components),
		TEST(times),
		TEST(uniform_series),
		TEST(other_stations_of_a_relay),
		TEST(text_version_control),
		TEST(picture),
		TEST(picture_with_a_packet_late),
		TEST(ascii_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
