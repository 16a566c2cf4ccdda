/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, the published vectors, streams. */
#include "tests/decode/sl651_test.h"

static void elements_are_sorted_and_each_is_found(void **state)
{
	size_t count;
	const struct sl651_element *e = sl651_element_table(&count);

	assert_int_equal(count, 129);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || e[i - 1].id < e[i].id);
		assert_ptr_equal(sl651_element(e[i].id), &e[i]);
		assert_ptr_equal(
			sl651_element_by_code((const uint8_t *)e[i].code, strlen(e[i].code)),
			&e[i]);
	}
	assert_null(sl651_element(0x76));
	assert_null(sl651_element_by_code((const uint8_t *)"ZZ", 2));
}

static void timed_report(void **state)
{
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, TIMED);
	assert_int_equal(r->records, 4);
	check(r->record[0], CV_NAME_WEATHER_RAIN, 4.0, ELEVEN);
	check(r->record[1], CV_NAME_RAIN_TOTAL, 4.0, ELEVEN);
	check(r->record[2], CV_NAME_WATER_LEVEL, 10.49, ELEVEN);
	check(r->record[3], CV_NAME_DEVICE_BATTERY_VOLTAGE, 10.99, ELEVEN);
	assert_int_equal(r->record[2]->lane, CV_LANE_MEASUREMENT);
	assert_int_equal(r->record[3]->lane, CV_LANE_STATUS);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(r->record[i]->status, 0x32);
		assert_int_equal(r->record[i]->seq, 52);
		assert_int_equal(r->record[i]->direction, CV_DIR_UP);
		assert_int_equal(r->record[i]->device_end, CV_DEVICE_END_SRC);
		assert_int_equal(r->record[i]->raw_len, 60);
		assert_string_equal(decode_text(r->record[i], CV_TLV_DEVICE), "0011223344");
		assert_string_equal(decode_text(r->record[i], CV_TLV_METHOD), "timed-report");
		assert_string_equal(decode_text(r->record[i], CV_TLV_CORRELATION),
				    "170718110016/52");
	}
	assert_string_equal(decode_text(r->record[2], CV_TLV_CODE), "39");
}

static void hourly_report(void **state)
{
	static const double rain[] = {0.5, 0, 0, 0, 2.0, -1, -1, -1, -1, -1, 0, 0};
	static const double level[] = {0.12, 0.12, 0.28, 0.49, 0.49, -1,
				       -1,   -1,   -1,	 -1,   0.49, 0.49};
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, HOURLY);
	assert_int_equal(r->records, 12 + 1 + 12 + 3);
	for (size_t i = 0; i < 24; i++) {
		const struct cv_record *rec = r->record[i < 12 ? i : i + 1];
		double want = i < 12 ? rain[i] : level[i - 12];
		int64_t ts = FIVE_PAST_TEN + (int64_t)(i % 12) * 300 * SECOND;

		if (want >= 0) {
			check(rec, i < 12 ? CV_NAME_RAIN_5MIN : CV_NAME_WATER_LEVEL_RELATIVE, want,
			      ts);
			continue;
		}
		assert_int_equal(rec->value_type, CV_VALUE_NONE);
		assert_int_equal(rec->quality, CV_QUALITY_BAD);
		assert_int_equal(rec->ts_device_ns, ts);
		assert_string_equal(decode_text(rec, CV_TLV_FLAG), "missing");
	}
	assert_int_equal(r->record[0]->stage, CV_STAGE_MINUTE);
	assert_int_equal(r->record[13]->stage, CV_STAGE_HISTORY);
	check(r->record[12], CV_NAME_RAIN_TOTAL, 4.0, ELEVEN);
	check(r->record[25], CV_NAME_WATER_LEVEL, 10.49, ELEVEN);
	check(r->record[26], CV_NAME_WEATHER_RAIN, 4.0, ELEVEN);
	check(r->record[27], CV_NAME_DEVICE_BATTERY_VOLTAGE, 10.99, ELEVEN);
}

static void negative_values_of_the_maker(void **state)
{
	static const double want[] = {-1.72, -0.21, 1.52};
	static const char *const names[] = {"raw.76", "raw.77", "raw.78"};
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, GATE);
	assert_int_equal(r->records, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(r->record[i]->value.f64 == want[i]);
		assert_string_equal(decode_text(r->record[i], CV_TLV_NAME), names[i]);
		assert_string_equal(decode_text(r->record[i], CV_TLV_DEVICE), "40590235C2");
	}
}

static void session_and_answers(void **state)
{
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, KEEP_ALIVE);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	assert_int_equal(r->record[0]->seq, 3);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "0012345678");
	decode_run_clear(r);
	decode_datagram_hex(r, false, CONFIRM);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_STATE);
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	assert_int_equal(r->record[0]->device_end, CV_DEVICE_END_DST);
	assert_int_equal(r->record[0]->seq, 12);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "0010100001");
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), "ack");
	decode_run_clear(r);
	decode_datagram(r, false, bytes, decode_sample("sl651/answers.bin", bytes, sizeof(bytes)));
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->records, 5);
	assert_int_equal(r->record[1]->kind, CV_KIND_COMMAND);
	assert_int_equal(r->record[1]->value_type, CV_VALUE_BYTES);
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "withheld");
	assert_string_equal(decode_text(r->record[3], CV_TLV_TEXT), "withheld");
	assert_int_equal(r->record[4]->kind, CV_KIND_ERROR);
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	struct decode_run *r = *state;
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{WRONG_CRC, CV_REJECT_BAD_CHECKSUM},
		{"7e7e01001234567812342f0008020003591011155111036b", CV_REJECT_TRUNCATED},
		{"7e7e010012345678", CV_REJECT_TRUNCATED},
		{"7e7e01001234567812342f000002036bca", CV_REJECT_BAD_LENGTH},
		{"7e7e01001234567812342f0007020003591011155111036bca", CV_REJECT_BAD_LENGTH},
		{"7e7e01001234567812342f4008020003591011155111036bca", CV_REJECT_BAD_HEADER},
		{"7e7e01001234567812342f0008990003591011155111036bca", CV_REJECT_BAD_HEADER},
		{"474554202f20485454502f312e310d0a0d0a", CV_REJECT_BAD_HEADER},
	};
	size_t len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, cases[i].hex);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->records, 0);
	}
	decode_run_clear(r);
	len = make(bytes, true, 0x32, 2, "0001 170718", 3); /* no room for the time */
	decode_datagram(r, true, bytes, len);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_PAYLOAD);
	decode_run_clear(r);
	len = make(bytes, true, 0x36, 0x16, "003004 00", 3); /* packet 4 of 3 */
	decode_datagram(r, true, bytes, len);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_VALUE);
	/* A length that a stream does not hold: the next frame is found all the same. */
	decode_run_clear(r);
	decode_segment_hex(r, true,
			   "7e7e01001234567812342f0fff020003591011155111036bca" KEEP_ALIVE);
	assert_int_equal(r->reject[0], CV_REJECT_TOO_LARGE);
	assert_int_equal(r->messages, 1);
}

static enum cv_probe probe(const char *hex, size_t most)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_sl651.probe(bytes, len < most ? len : most, false);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe(TIMED, 8192), CV_PROBE_YES);
	assert_int_equal(probe(TIMED, 40), CV_PROBE_MORE);
	assert_int_equal(probe(TIMED, 1), CV_PROBE_MORE);
	assert_int_equal(probe(WRONG_CRC, 8192), CV_PROBE_NO);
	/* End and start of two JT/T 808 frames; MQTT-SN; HTTP. */
	assert_int_equal(probe("7e7e02000026123456789012007d02000000010000000200ba7f0e", 8192),
			 CV_PROBE_NO);
	assert_int_equal(probe("0100071801020304", 8192), CV_PROBE_NO);
	assert_int_equal(probe("474554202f20485454502f312e31", 8192), CV_PROBE_NO);
}

static void the_sample_is_decoded(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("sl651/stream.bin", bytes, sizeof(bytes));

	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 8);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(decode_pending(r, true), 0);
	/* 2FH 1, 32H 4, 34H 28, ASCII 4, 46H 1, 45H 1, 38H 12, ASCII 31H 6 */
	assert_int_equal(r->records, 1 + 4 + 28 + 4 + 1 + 1 + 12 + 6);
}

static void a_damaged_frame_hides_no_other(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("sl651/damaged.bin", bytes, sizeof(bytes));

	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 8);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
	assert_int_equal(r->records, 57);
}

static void every_cut_gives_the_same_records(void **state)
{
	size_t len = decode_sample("sl651/stream.bin", bytes, sizeof(bytes));

	decode_any_cut(&cv_decoder_sl651, NULL, true, bytes, len);
	len = decode_sample("sl651/damaged.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_sl651, NULL, true, bytes, len);
	len = decode_sample("sl651/picture.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_sl651, NULL, true, bytes, len);
	len = decode_sample("sl651/answers.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_sl651, NULL, false, bytes, len);
}

/* A row of the vectors: check code good, source, frame, what the reference decoder made of it. */
static void vector(void *arg, char *const *column)
{
	struct decode_run *r = arg;
	bool good = strcmp(column[0], "True") == 0;

	decode_run_clear(r);
	decode_datagram_hex(r, true, column[2]);
	assert_int_equal(r->messages, good);
	assert_int_equal(r->rejected, !good);
	if (good)
		assert_true(r->records > 0);
	else
		assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
}

static void shared_vectors(void **state)
{
	unsigned int rows = decode_vectors("sl651.tsv", 4, vector, *state);

	if (rows == 0)
		skip();
	assert_true(rows > 38);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_sorted_and_each_is_found),
		TEST(timed_report),
		TEST(hourly_report),
		TEST(negative_values_of_the_maker),
		TEST(session_and_answers),
		TEST(wrong_frames_are_rejected_with_a_reason),
		cmocka_unit_test(probe_is_strict),
		TEST(the_sample_is_decoded),
		TEST(a_damaged_frame_hides_no_other),
		cmocka_unit_test(every_cut_gives_the_same_records),
		TEST(shared_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
