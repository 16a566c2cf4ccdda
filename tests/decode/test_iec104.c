/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of ../shared/protocols (frames of another implementation's tests) and of
 * the tables of IEC 60870-5-101 7.2.6 and 7.3. Captures are compared with tshark by
 * tests/captures/oracle_iec104.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_iec104;

#define FLOAT_WITH_TIME "6819BE010000240103009101040000BCF4474200983A2D8E420614"
#define SCALED                                                                                     \
	"68345A147C000B0703000C000E30007500000F30000F0A00103000BE0900113000900900283000250900"     \
	"2930007500002E3000AE0500"
#define SEQUENCE "68225A147C000B8703000C00010000BE09009009007500002509007500000F0A00AE0500"
#define START_ACT "680407000000"
#define START_CON "68040B000000"
/* 2020-06-02 14:45:15 of summer time: an hour behind UTC+8 without */
#define VECTOR_TIME (1591076715ll * 1000000000)

static uint8_t bytes[65536];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_iec104);
}

/* One ASDU in an I frame of its own flow, from the station. */
static const struct cv_record *one(struct decode_run *r, const char *hex)
{
	uint8_t apdu[255] = {0x68};
	size_t n = decode_hex(hex, apdu + 6, sizeof(apdu) - 6);

	apdu[1] = (uint8_t)(n + 4);
	decode_run_clear(r);
	decode_new_flow(r);
	decode_segment(r, false, apdu, n + 6);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 1);
	return r->record[0];
}

static void published_float(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_segment_hex(r, false, FLOAT_WITH_TIME);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(rec->lane, CV_LANE_MEASUREMENT);
	assert_true(rec->value.f64 == (double)49.988998f);
	assert_int_equal(rec->quality, CV_QUALITY_GOOD);
	assert_int_equal(rec->status, 36);
	assert_int_equal(rec->seq, 223);
	assert_int_equal(rec->raw_len, 27);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->device_end, CV_DEVICE_END_SRC);
	assert_int_equal(rec->stage, CV_STAGE_REALTIME);
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	assert_int_equal(rec->ts_device_ns, VECTOR_TIME);
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "401");
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.401.4");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "401.4");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "M_ME_TF_1");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "spontaneous");
}

static void published_scaled_values(void **state)
{
	static const struct {
		const char *code;
		int value;
	} want[] = {
		{"12.12302", 117},  {"12.12303", 2575}, {"12.12304", 2494}, {"12.12305", 2448},
		{"12.12328", 2341}, {"12.12329", 117},	{"12.12334", 1454},
	};
	static const int sequence[] = {2494, 2448, 117, 2341, 117, 2575, 1454};
	struct decode_run *r = *state;
	char code[16];

	decode_segment_hex(r, false, SCALED);
	assert_int_equal(r->records, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(r->record[i]->value_type, CV_VALUE_I64);
		assert_int_equal(r->record[i]->value.i64, want[i].value);
		assert_string_equal(decode_text(r->record[i], CV_TLV_CODE), want[i].code);
	}
	decode_run_clear(r);
	decode_new_flow(r);
	decode_segment_hex(r, false, SEQUENCE);
	assert_int_equal(r->records, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(r->record[i]->value.i64, sequence[i]);
		snprintf(code, sizeof(code), "12.%zu", i + 1);
		assert_string_equal(decode_text(r->record[i], CV_TLV_CODE), code);
	}
}

static void every_form_of_process_information(void **state)
{
	static const struct {
		const char *hex;
		enum cv_value_type type;
		double value;
		enum cv_quality quality;
		const char *flag, *text;
	} want[] = {
		{"010103000100070000 01", CV_VALUE_BOOL, 1, CV_QUALITY_GOOD, "", "spontaneous"},
		{"010114000100070000 81", CV_VALUE_BOOL, 1, CV_QUALITY_BAD, "IV", "interrogated"},
		{"010103000100070000 70", CV_VALUE_BOOL, 0, CV_QUALITY_UNCERTAIN, "NT SB BL",
		 "spontaneous"},
		{"030103000100070000 02", CV_VALUE_U64, 2, CV_QUALITY_GOOD, "", "spontaneous"},
		{"030103000100070000 03", CV_VALUE_U64, 3, CV_QUALITY_UNCERTAIN, "", "spontaneous"},
		{"030103000100070000 83", CV_VALUE_U64, 3, CV_QUALITY_BAD, "IV", "spontaneous"},
		{"050102000100070000 be00", CV_VALUE_I64, 62, CV_QUALITY_GOOD, "",
		 "background, moving"},
		{"050103000100070000 4001", CV_VALUE_I64, -64, CV_QUALITY_UNCERTAIN, "OV",
		 "spontaneous"},
		{"050103000100070000 7f00", CV_VALUE_I64, -1, CV_QUALITY_GOOD, "", "spontaneous"},
		{"070103000100070000 efbeadde00", CV_VALUE_U64, 0xdeadbeef, CV_QUALITY_GOOD, "",
		 "spontaneous"},
		{"090101000100070000 00c000", CV_VALUE_F64, -0.5, CV_QUALITY_GOOD, "", "periodic"},
		{"090101000100070000 008001", CV_VALUE_F64, -1, CV_QUALITY_UNCERTAIN, "OV",
		 "periodic"},
		{"0b0101000100070000 008000", CV_VALUE_I64, -32768, CV_QUALITY_GOOD, "",
		 "periodic"},
		{"0d0101050100070000 0000c03f00", CV_VALUE_F64, 1.5, CV_QUALITY_GOOD, "",
		 "periodic, originator 5"},
		{"0f0125000100070000 feffffff25", CV_VALUE_I64, -2, CV_QUALITY_GOOD, "",
		 "counters, counter period 5, carry"},
		{"0f0125000100070000 01000000c0", CV_VALUE_I64, 1, CV_QUALITY_BAD, "IV",
		 "counters, counter period 0, adjusted"},
		{"140114000100070000 0300010000", CV_VALUE_U64, 3, CV_QUALITY_GOOD, "",
		 "interrogated, changed 1"},
		{"150103000100070000 0040", CV_VALUE_F64, 0.5, CV_QUALITY_UNSTATED, "",
		 "spontaneous"},
		{"010183000100070000 01", CV_VALUE_BOOL, 1, CV_QUALITY_UNCERTAIN, "",
		 "spontaneous, test"},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct cv_record *rec = one(r, want[i].hex);
		double value = rec->value_type == CV_VALUE_F64	 ? rec->value.f64
			       : rec->value_type == CV_VALUE_I64 ? (double)rec->value.i64
								 : (double)rec->value.u64;

		if (value != want[i].value)
			fail_msg("%s: %.17g", want[i].hex, value);
		assert_int_equal(rec->value_type, want[i].type);
		assert_int_equal(rec->quality, want[i].quality);
		assert_string_equal(decode_text(rec, CV_TLV_FLAG), want[i].flag);
		assert_string_equal(decode_text(rec, CV_TLV_TEXT), want[i].text);
		assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.1.7");
	}
	assert_int_equal(one(r, "010114000100070000 01")->stage, CV_STAGE_RETAINED);
	assert_int_equal(one(r, "050102000100070000 0000")->stage, CV_STAGE_RETAINED);
	assert_true(isnan(one(r, "0d0101000100070000 0000c07f00")->value.f64));
}

static void events_of_protection_are_alarms(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, "260103000100070000 0a 6400 983A2D0E420614");

	assert_int_equal(rec->lane, CV_LANE_ALARM);
	assert_int_equal(rec->kind, CV_KIND_ALARM);
	assert_int_equal(rec->value.u64, 2);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "EI");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "spontaneous, elapsed ms 100");
	assert_int_equal(rec->ts_device_ns, VECTOR_TIME + 3600ll * 1000000000); /* no summer time */
	rec = one(r, "270103000100070000 3f00 c800 983A2D8E420614");
	assert_int_equal(rec->value.u64, 0x3f);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "spontaneous, duration ms 200");
	rec = one(r, "280103000100070000 0980 c800 983A2D8E420614");
	assert_int_equal(rec->value.u64, 9);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
}

static void times(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* marked invalid, 31 June, 24 o'clock, 60000 ms */
	static const char *const none[] = {
		"983AAD8E420614",
		"983A2D8E5F0614",
		"983A2D98420614",
		"60EA2D8E420614",
	};
	char hex[64];

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		snprintf(hex, sizeof(hex), "1e0103000100070000 01 %s", none[i]);
		rec = one(r, hex);
		assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
		assert_int_equal(rec->ts_device_ns, 0);
	}
	/* Years from 1900: 109 is 2009. */
	rec = one(r, "1e0103000100070000 01 983A2D8E42066d");
	assert_int_equal(rec->ts_device_ns, 1243921515ll * 1000000000);
	/* Received at 22:13:20; 10:05 past the hour, and 50:05, which was the hour before. */
	rec = one(r, "020103000100070000 01 88130a");
	assert_int_equal(rec->time_quality, CV_TIME_RELATIVE);
	assert_int_equal(rec->ts_device_ns, (1700000000ll - 800 + 605) * 1000000000);
	rec = one(r, "020103000100070000 01 881332");
	assert_int_equal(rec->ts_device_ns, (1700000000ll - 800 + 3005 - 3600) * 1000000000);
	assert_int_equal(one(r, "020103000100070000 01 88138a")->time_quality, CV_TIME_IMPLAUSIBLE);
}

static void commands_and_their_confirmations(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, "2d0106000100070000 85");

	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_int_equal(rec->device_end, CV_DEVICE_END_DST);
	assert_int_equal(rec->value.u64, 1);
	assert_int_equal(rec->quality, CV_QUALITY_UNSTATED);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "activation, select, qualifier 1");
	rec = one(r, "2d0107000100070000 05");
	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_int_equal(rec->direction, CV_DIR_UP);
	rec = one(r, "2d0147000100070000 05");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT),
			    "activation-confirmation, negative, qualifier 1");
	assert_int_equal(one(r, "2d016f000100070000 05")->kind,
			 CV_KIND_ERROR); /* unknown address */
	rec = one(r, "2e0106000100070000 02");
	assert_int_equal(rec->value.u64, 2);
	rec = one(r, "300106000100070000 004000");
	assert_true(rec->value.f64 == 0.5);
	rec = one(r, "310106000100070000 feff80");
	assert_int_equal(rec->value.i64, -2);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "activation, select");
	rec = one(r, "3f0106000100070000 0000ac4100 983A2D8E420614");
	assert_true(rec->value.f64 == 21.5);
	assert_int_equal(rec->ts_device_ns, VECTOR_TIME);
	rec = one(r, "640106000100000000 14");
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->value.u64, 20);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "");
	rec = one(r, "670106000100000000 983A2D8E420614");
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_CLOCK);
	assert_true(rec->value.f64 == 1591076715);
	rec = one(r, "460104000100000000 82");
	assert_int_equal(rec->value.u64, 2);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "initialized, parameters changed");
	rec = one(r, "78010d000100070000 0100 001000 00");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT),
			    "file-transfer, file 1, length 4096, qualifier 0");
	rec = one(r, "7d010d000100070000 0100 01 03 616263");
	assert_string_equal(decode_text(rec, CV_TLV_BYTES), "abc");
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW);
}

static void a_private_type_is_carried(void **state)
{
	const struct cv_record *rec = one(*state, "900103000100 070000112233");

	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_int_equal(rec->status, 0x90);
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 6);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "type-144");
}

static void sessions(void **state)
{
	struct decode_run *r = *state;

	decode_segment_hex(r, true, START_ACT);
	decode_segment_hex(r, false, START_CON "680443000000");
	decode_segment_hex(r, true, "680483000000");
	decode_segment_hex(r, true, "680401000000");
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "STARTDT act");
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	assert_int_equal(r->record[1]->direction, CV_DIR_UP);
}

#define POINT(send, receive)                                                                       \
	"680e" send receive "010103000100"                                                         \
	"070000"                                                                                   \
	"01"

static void odd_sequence_numbers_are_told(void **state)
{
	struct decode_run *r = *state;

	decode_segment_hex(r, false, POINT("feff", "0000") POINT("0000", "0000"));
	assert_int_equal(r->records, 2); /* 32767, 0 */
	decode_segment_hex(r, true, "680401000200");
	assert_int_equal(r->records, 2);
	decode_segment_hex(r, false, POINT("0600", "0000"));
	assert_int_equal(r->records, 4);
	assert_int_equal(r->record[2]->kind, CV_KIND_ANOMALY);
	assert_int_equal(r->record[2]->lane, CV_LANE_SECURITY);
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT),
			    "send sequence number 3, expected 1");
	decode_segment_hex(r, true, "680401000a00");
	assert_int_equal(r->records, 5);
	assert_string_equal(decode_text(r->record[4], CV_TLV_TEXT),
			    "receive sequence number 5, expected 4");
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{"6703", CV_REJECT_BAD_HEADER},
		{"6803070000", CV_REJECT_BAD_LENGTH},
		{"68fe00000000", CV_REJECT_BAD_LENGTH},
		{"6804470000 00", CV_REJECT_BAD_HEADER}, /* two functions */
		{"680407000100", CV_REJECT_BAD_HEADER}, /* a reserved bit */
		{"680401000100", CV_REJECT_BAD_HEADER},
		{"680401010000", CV_REJECT_BAD_HEADER},
		{"680e00000100 010103000100 070000 01", CV_REJECT_BAD_HEADER},
		{"680400000000", CV_REJECT_BAD_LENGTH},
		{"680900000000 0101030001", CV_REJECT_BAD_LENGTH},
		{"680e00000000 000103000100 070000 01", CV_REJECT_UNKNOWN_TYPE},
		{"680e00000000 010003000100 070000 01", CV_REJECT_BAD_PAYLOAD},
		{"680e00000000 010203000100 070000 01", CV_REJECT_BAD_PAYLOAD},
		{"680e00000000 018203000100 070000 01", CV_REJECT_BAD_PAYLOAD},
		{"680e00000000 01ff03000100 070000 01", CV_REJECT_BAD_PAYLOAD},
		{"680f00000000 010103000100 070000 0100", CV_REJECT_BAD_PAYLOAD},
		{"680d00000000 7d010d000100 070000", CV_REJECT_BAD_PAYLOAD},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_segment_hex(r, false, cases[i].hex);
		if (r->rejected != 1 || r->reject[0] != cases[i].reason)
			fail_msg("case %zu: %zu rejected, first as %d", i, r->rejected,
				 r->reject[0]);
		assert_int_equal(r->records, 0);
	}
}

static void the_stream_goes_on_after_garbage(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("iec104/damaged.bin", bytes, sizeof(bytes));

	decode_segment(r, false, bytes, len);
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->rejected, 3);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_PAYLOAD);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_HEADER);
	assert_int_equal(r->reject[2], CV_REJECT_BAD_HEADER);
}

static enum cv_probe probe(const char *hex, bool datagram)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_iec104.probe(bytes, len, datagram);
}

static void probe_is_strict(void **state)
{
	(void)state;
	assert_int_equal(probe(START_ACT, false), CV_PROBE_YES);
	assert_int_equal(probe(START_ACT, true), CV_PROBE_NO);
	assert_int_equal(probe(FLOAT_WITH_TIME, false), CV_PROBE_YES);
	assert_int_equal(probe(FLOAT_WITH_TIME "55", false), CV_PROBE_NO);
	assert_int_equal(probe("6804010014", false), CV_PROBE_MORE);
	assert_int_equal(probe("680401001474", false), CV_PROBE_MORE);
	assert_int_equal(probe("680401001474680401001674", false), CV_PROBE_YES);
	/* DL/T 645, CJ/T 188, DL/T 698.45 and 376.1 begin alike. */
	assert_int_equal(probe("6843100011340068110433343435 4d16", false), CV_PROBE_NO);
	assert_int_equal(probe("6810443322110033780103 1f90001216", false), CV_PROBE_NO);
	assert_int_equal(probe("68170043 45aaaaaaaaaaaa105bda0501", false), CV_PROBE_NO);
	assert_int_equal(probe("6832003200 68c910000000020c00010000", false), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	size_t len = decode_sample("iec104/stream.bin", bytes, sizeof(bytes));

	(void)state;
	decode_any_cut(&cv_decoder_iec104, NULL, false, bytes, len);
	len = decode_sample("iec104/damaged.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_iec104, NULL, false, bytes, len);
}

static void samples_are_what_their_page_says(void **state)
{
	struct decode_run *r = *state;

	decode_segment(r, false, bytes, decode_sample("iec104/stream.bin", bytes, sizeof(bytes)));
	assert_int_equal(r->messages, 23);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 36);
	decode_run_clear(r);
	decode_new_flow(r);
	decode_segment(r, true, bytes, decode_sample("iec104/requests.bin", bytes, sizeof(bytes)));
	assert_int_equal(r->messages, 14);
	assert_int_equal(r->records, 14);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(published_float),
		TEST(published_scaled_values),
		TEST(every_form_of_process_information),
		TEST(events_of_protection_are_alarms),
		TEST(times),
		TEST(commands_and_their_confirmations),
		TEST(a_private_type_is_carried),
		TEST(sessions),
		TEST(odd_sequence_numbers_are_told),
		TEST(wrong_frames_are_rejected_with_a_reason),
		TEST(the_stream_goes_on_after_garbage),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
		TEST(samples_are_what_their_page_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
