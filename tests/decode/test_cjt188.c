/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of ../shared/protocols (frames of other implementations' tests, decoded
 * by an independent script), and of frames put together here as the standard's tables say.
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

extern const struct cv_decoder cv_decoder_cjt188;

#define COLD_WATER                                                                                 \
	"fe fe fe 68 10 01 00 00 05 08 00 00 81 16 90 1f 00 00 23 01 00 2c 00 00 00 00 2c 00 00 "  \
	"00 00 00 00 00 00 00 48 16"
#define SWAPPED                                                                                    \
	"68 10 44 33 22 11 00 33 78 81 16 1f 90 00 00 77 66 55 2c 00 77 66 55 2c 31 01 22 11 05 "  \
	"15 20 21 84 13 16"
#define SWAPPED_BAD                                                                                \
	"68 10 44 33 22 11 00 33 78 81 16 1f 90 00 00 77 66 55 2c 00 77 66 55 2c 31 01 22 11 05 "  \
	"15 20 21 84 08 16"
#define ABSENT                                                                                     \
	"68 10 45 41 10 05 15 33 78 81 16 90 1f aa 00 59 59 00 2c ff ff ff ff 2c ff ff ff ff ff "  \
	"ff ff 00 00 c2 16"
#define HEAT_UNIT_FIRST                                                                            \
	"68 20 32 41 31 40 00 00 00 81 2e 90 1f 01 08 02 00 00 00 08 02 00 00 00 17 00 00 00 00 "  \
	"35 00 00 00 00 2c 34 10 00 00 35 25 00 66 25 00 00 00 00 53 00 12 10 07 15 20 00 00 31 "  \
	"16"

static uint8_t bytes[65536];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_cjt188);
}

/* A frame of a meter around @p data. */
static void send_frame(struct decode_run *r, uint8_t type, uint8_t control, const char *data)
{
	uint8_t out[300] = {0x68, type, 0x01, 0x00, 0x00, 0x05, 0x08, 0x00, 0x00, control};
	size_t n = decode_hex(data, out + 11, 255), len = 11 + n;
	uint8_t sum = 0;

	out[10] = (uint8_t)n;
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + out[i]);
	out[len++] = sum;
	out[len++] = 0x16;
	decode_run_clear(r);
	decode_segment(r, true, out, len);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
}

static const struct cv_record *one(struct decode_run *r, uint8_t type, uint8_t control,
				   const char *data)
{
	send_frame(r, type, control, data);
	assert_int_equal(r->records, 1);
	return r->record[0];
}

static void is_value(const struct cv_record *rec, unsigned int name, double value)
{
	assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(rec->name_id, name);
	assert_int_equal(rec->unit_id, cv_name_unit(name));
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	if (rec->value.f64 != value)
		fail_msg("%s: %.17g, not %.17g", cv_name_text(name), rec->value.f64, value);
}

static void cold_water(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_segment_hex(r, false, "fe fe fe 68 10 01 00 00 05 08 00 00 01 03 90 1f 00 39 16");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	decode_segment_hex(r, true, COLD_WATER);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 3);
	rec = r->record[0];
	is_value(rec, CV_NAME_WATER_VOLUME, 123);
	assert_int_equal(rec->stage, CV_STAGE_REALTIME);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->status, 0x81);
	assert_int_equal(rec->raw_len, 35);
	/* A clock of zeros. */
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "00000805000001");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "901F");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "read");
	is_value(r->record[1], CV_NAME_WATER_VOLUME, 0);
	assert_int_equal(r->record[1]->stage, CV_STAGE_HISTORY);
	assert_int_equal(r->record[2]->name_id, CV_NAME_METER_VALVE);
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "open");
}

static void identifier_the_other_way_round(void **state)
{
	struct decode_run *r = *state;

	decode_segment_hex(r, true, SWAPPED);
	assert_int_equal(r->records, 3);
	is_value(r->record[0], CV_NAME_WATER_VOLUME, 556677);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "901F");
	assert_int_equal(r->record[0]->time_quality, CV_TIME_DEVICE);
	/* 2015-05-11 22:01:31 in Beijing */
	assert_int_equal(r->record[0]->ts_device_ns, 1431352891ll * 1000000000);
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "closed");
	assert_string_equal(decode_text(r->record[2], CV_TLV_FLAG), "2184");
}

static void what_is_absent_has_no_value(void **state)
{
	struct decode_run *r = *state;

	decode_segment_hex(r, true, ABSENT);
	assert_int_equal(r->records, 3);
	is_value(r->record[0], CV_NAME_WATER_VOLUME, 5959);
	assert_int_equal(r->record[0]->seq, 0xaa);
	assert_int_equal(r->record[0]->time_quality, CV_TIME_ABSENT);
	assert_int_equal(r->record[1]->value_type, CV_VALUE_NONE);
	assert_int_equal(r->record[1]->quality, CV_QUALITY_BAD);
}

static void a_heat_meter_with_units_in_front(void **state)
{
	struct decode_run *r = *state;

	decode_segment_hex(r, true, HEAT_UNIT_FIRST);
	assert_int_equal(r->records, 9);
	is_value(r->record[0], CV_NAME_HEAT_ENERGY, 20);
	assert_int_equal(r->record[0]->stage, CV_STAGE_HISTORY);
	is_value(r->record[1], CV_NAME_HEAT_ENERGY, 20);
	is_value(r->record[2], CV_NAME_HEAT_POWER, 0);
	is_value(r->record[3], CV_NAME_HEAT_FLOW, 0);
	is_value(r->record[4], CV_NAME_HEAT_VOLUME, 10.34);
	is_value(r->record[5], CV_NAME_HEAT_SUPPLY_TEMPERATURE, 25.35);
	is_value(r->record[6], CV_NAME_HEAT_RETURN_TEMPERATURE, 25.66);
	is_value(r->record[7], CV_NAME_METER_HOURS, 0);
	/* 2015-07-10 12:00:53 in Beijing */
	assert_int_equal(r->record[5]->ts_device_ns, 1436500853ll * 1000000000);
}

static void a_heat_meter_as_the_standard_has_it(void **state)
{
	struct decode_run *r = *state;

	send_frame(
		r, 0x20, 0x81,
		"901f01 00000100 05 00360000 0e 50020000 17 34120000 35 34100000 2c 352500 662500"
		"001000 53001210071520 0700");
	assert_int_equal(r->records, 11);
	is_value(r->record[0], CV_NAME_HEAT_ENERGY, 100);
	is_value(r->record[1], CV_NAME_HEAT_ENERGY, 10); /* 36 MJ */
	is_value(r->record[2], CV_NAME_HEAT_POWER, 2500);
	is_value(r->record[3], CV_NAME_HEAT_FLOW, 0.1234);
	is_value(r->record[4], CV_NAME_HEAT_VOLUME, 10.34);
	is_value(r->record[7], CV_NAME_METER_HOURS, 1000);
	assert_string_equal(decode_text(r->record[8], CV_TLV_TEXT), "fault");
	assert_int_equal(r->record[9]->lane, CV_LANE_ALARM);
	assert_int_equal(r->record[9]->name_id, CV_NAME_METER_VALVE_FAULT);
	assert_int_equal(r->record[10]->lane, CV_LANE_ALARM);
	assert_int_equal(r->record[10]->name_id, CV_NAME_METER_BATTERY_LOW);
}

static void units_are_converted(void **state)
{
	static const struct {
		uint8_t type, unit;
		unsigned int name;
		double value; /* of 3600.00 */
	} want[] = {
		{0x10, 0x29, CV_NAME_WATER_VOLUME, 3.6},
		{0x10, 0x2c, CV_NAME_WATER_VOLUME, 3600},
		{0x30, 0x2c, CV_NAME_GAS_VOLUME, 3600},
		{0x40, 0x05, CV_NAME_POWER_ENERGY, 3600},
		{0x40, 0x02, CV_NAME_POWER_ENERGY, 3.6},
		{0x20, 0x08, CV_NAME_HEAT_ENERGY, 3.6e6},
		{0x20, 0x0a, CV_NAME_HEAT_ENERGY, 3.6e8},
		{0x20, 0x01, CV_NAME_HEAT_ENERGY, 0.001},
		{0x20, 0x0b, CV_NAME_HEAT_ENERGY, 1},
		{0x20, 0x0e, CV_NAME_HEAT_ENERGY, 1e3},
		{0x20, 0x11, CV_NAME_HEAT_ENERGY, 1e6},
		{0x20, 0x13, CV_NAME_HEAT_ENERGY, 1e8},
		{0x21, 0x05, CV_NAME_COOLING_ENERGY, 3600},
	};
	struct decode_run *r = *state;
	char data[64];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		snprintf(data, sizeof(data), "d12001 00003600 %02x", want[i].unit);
		is_value(one(r, want[i].type, 0x81, data), want[i].name, want[i].value);
		assert_int_equal(r->record[0]->stage, CV_STAGE_HISTORY);
	}
	/* Volume in kWh, and a unit that is none. */
	one(r, 0x10, 0x81, "d12001 00003600 05");
	assert_int_equal(r->record[0]->name_id, CV_NAME_NONE);
	assert_int_equal(r->record[0]->unit_id, CV_UNIT_NONE);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_UNCERTAIN);
	assert_true(r->record[0]->value.f64 == 3600);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "raw.D120");
	one(r, 0x10, 0x81, "d12001 00003600 77");
	assert_int_equal(r->record[0]->name_id, CV_NAME_NONE);
}

static void commands_and_answers(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, 0x10, 0x2a, "a01700 55");

	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_int_equal(rec->name_id, CV_NAME_METER_VALVE);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "open");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "valve");
	rec = one(r, 0x10, 0x04, "a01700 99");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "close");
	rec = one(r, 0x10, 0xaa, "a01700 01ff");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "closed");
	rec = one(r, 0x10, 0x15, "a01800 01000005080000");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "00000805000001");
	rec = one(r, 0x10, 0x04, "a01500 31012211051520");
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_CLOCK);
	assert_int_equal(rec->value.i64, 1431352891);
	rec = one(r, 0x10, 0x04, "a01400 c0c1c2c3c4c5c6c7c8");
	assert_null(memmem(rec, rec->size, "\xc1\xc2", 2));
	rec = one(r, 0x10, 0x81, "810201 122232");
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.8102");
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	rec = one(r, 0x10, 0xc1, "01 1122");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->seq, 1);
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{SWAPPED_BAD, CV_REJECT_BAD_CHECKSUM},
		{"fe fe" SWAPPED_BAD, CV_REJECT_BAD_CHECKSUM},
		{"68 10 01 00 00 05 08 00 00 01 03 90 1f 00 39 17", CV_REJECT_BAD_LENGTH},
		{"68 10 01 00 00 05 08 00 00 01 01 90 18 16", CV_REJECT_BAD_PAYLOAD},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_segment_hex(r, true, cases[i].hex);
		if (r->rejected != 1)
			fail_msg("case %zu: %zu rejected", i, r->rejected);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->records, 0);
	}
}

/* A gateway's name and leaders in front, in one datagram (../shared/protocols, WM-5). */
static void a_name_in_front(void **state)
{
	struct decode_run *r = *state;
	size_t len = (size_t)snprintf((char *)bytes, sizeof(bytes), "CTRL:&201707000000921");

	len += decode_hex("FEFEFE6810210900001700028116901F00000200002C000000002C00000000000000"
			  "00005B16",
			  bytes + len, sizeof(bytes) - len);
	r->origin.ip_proto = 17;
	decode_datagram(r, true, bytes, len);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "02001700000921");
	is_value(r->record[0], CV_NAME_WATER_VOLUME, 2);
}

static void the_stream_goes_on_after_garbage(void **state)
{
	struct decode_run *r = *state;

	decode_segment(r, true, "CTRL:&201707000000921", 21);
	decode_segment_hex(r, true, COLD_WATER SWAPPED_BAD COLD_WATER "68 10 44 33 22" SWAPPED);
	assert_int_equal(r->messages, 3);
	assert_int_equal(r->rejected, 1);
	decode_segment_hex(r, true, "68 10 44 33 22 11 00 33 78 81 16 1f 90" SWAPPED);
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->rejected, 2);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_LENGTH);
	memset(bytes, 0x55, 1024);
	decode_segment(r, true, bytes, 1024);
	decode_segment_hex(r, true, COLD_WATER);
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->reject[2], CV_REJECT_BAD_HEADER);
}

static enum cv_probe probe(const char *hex, bool datagram)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_cjt188.probe(bytes, len, datagram);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe(COLD_WATER, false), CV_PROBE_YES);
	assert_int_equal(probe("68 aa aa aa aa aa aa aa aa 03 03 81 0a 00 49 16", true),
			 CV_PROBE_YES);
	assert_int_equal(probe("fe fe 68 10", false), CV_PROBE_MORE);
	assert_int_equal(probe("fe fe 68 10", true), CV_PROBE_NO);
	assert_int_equal(probe(SWAPPED_BAD, false), CV_PROBE_NO);
	/* DL/T 645, IEC 60870-5-104 */
	assert_int_equal(probe("68 43 10 00 11 34 00 68 11 04 33 34 34 35 4d 16", false),
			 CV_PROBE_NO);
	assert_int_equal(probe("68 04 01 00 14 75 68 04 01 00 14 75", false), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	size_t len = decode_sample("cjt188/stream.bin", bytes, sizeof(bytes));

	decode_any_cut(&cv_decoder_cjt188, NULL, true, bytes, len);
	len = decode_sample("cjt188/damaged.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_cjt188, NULL, true, bytes, len);
}

/* A row: check code good, source, frame, what an independent script makes of it. */
static void vector(void *arg, char *const *column)
{
	bool good = strcmp(column[0], "True") == 0;
	struct decode_run *r = arg;
	const char *addr = strstr(column[3], "\"addr\": \""), *cur = strstr(column[3], "\"cur\": ");

	decode_run_clear(r);
	r->origin.ip_proto = 17;
	decode_datagram_hex(r, true, column[2]);
	assert_int_equal(r->messages, good);
	assert_int_equal(r->rejected, !good);
	if (!good) {
		assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
		return;
	}
	assert_non_null(addr);
	addr += strlen("\"addr\": \"");
	for (size_t i = 0; i < r->records; i++)
		if (*addr != 'a')
			assert_memory_equal(decode_text(r->record[i], CV_TLV_DEVICE), addr, 14);
	if (cur != NULL) {
		assert_true(r->records >= 3);
		assert_true(r->record[0]->value.f64 == strtod(cur + strlen("\"cur\": "), NULL));
	}
}

static void shared_vectors(void **state)
{
	unsigned int rows = decode_vectors("cjt188.tsv", 4, vector, *state);

	if (rows == 0)
		skip();
	assert_int_equal(rows, 97);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cold_water),
		TEST(identifier_the_other_way_round),
		TEST(what_is_absent_has_no_value),
		TEST(a_heat_meter_with_units_in_front),
		TEST(a_heat_meter_as_the_standard_has_it),
		TEST(units_are_converted),
		TEST(commands_and_answers),
		TEST(wrong_frames_are_rejected_with_a_reason),
		TEST(a_name_in_front),
		TEST(the_stream_goes_on_after_garbage),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
		TEST(shared_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
