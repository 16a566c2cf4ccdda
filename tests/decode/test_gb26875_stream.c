/* SPDX-License-Identifier: Apache-2.0 */
/* GB/T 26875.3-2011 on a line: what is no frame, what comes behind it, and what comes again. */
#include "tests/decode/gb26875_frames.h"

#define WRONG_SUM                                                                                  \
	"404000000101180d11160a140000000000000000000000003000020201010300d90006000200a3c1c7f8a3b1" \
	"b2e3dfc8b2b8d7dfc0c8000000000000000000000000000000301213010814432323"

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{WRONG_SUM, CV_REJECT_BAD_CHECKSUM},
		{SENT UP "01 04 02", CV_REJECT_BAD_LENGTH}, /* 1025 bytes */
		{SENT UP "09 00 02 15 01 08" TIME "42 23 24", CV_REJECT_BAD_LENGTH},
		{SENT UP "01 00 02 15 AA 23 23", CV_REJECT_BAD_CHECKSUM},
		{SENT UP "01 00 02 15 BD 23 23", CV_REJECT_BAD_PAYLOAD},
		{"23 23 41", CV_REJECT_BAD_HEADER},
		{SENT, CV_REJECT_TRUNCATED},
		{SENT UP "09 00 02 15 01 08" TIME "42 23", CV_REJECT_TRUNCATED},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, cases[i].hex);
		assert_int_equal(r->messages, 0);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->records, 0);
	}
}

static void stream_goes_on(void **state)
{
	struct decode_run *r = *state;

	r->origin.ip_proto = 6;
	/* A registration text in front, a wrong sum, a content that is none, and a frame. */
	decode_segment_hex(r, true,
			   "43 54 52 4c 3a 26" SMOKE_FIRE WRONG_SUM SENT UP
			   "01 00 02 15 BD 23 23" MAIN_POWER);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 2);
	assert_int_equal(r->records, 2);
	assert_int_equal(decode_pending(r, true), 0);
	/* Confirmations go either way. */
	decode_run_clear(r);
	decode_segment_hex(r, true, ANSWERED UP "00 00 03 AB 23 23");
	assert_int_equal(r->record[0]->direction, CV_DIR_UP);
	decode_segment_hex(r, false, ANSWERED DOWN "00 00 03 AB 23 23");
	assert_int_equal(r->record[1]->direction, CV_DIR_DOWN);
}

/* The frame of a unit that has another serial number, time and sum. */
static bool is_repeat(struct decode_run *r, uint8_t serial, uint8_t second, const char *app_hex)
{
	uint8_t bytes[1100];
	size_t len = frame(GB26875_SEND, app_hex, bytes);

	bytes[len - 3] = (uint8_t)(bytes[len - 3] - bytes[2] - bytes[6] + serial + second);
	bytes[2] = serial;
	bytes[6] = second;
	decode_run_clear(r);
	decode_segment(r, true, bytes, len);
	cv_repeats_settle(&r->repeats, true);
	assert_int_equal(r->messages, 1);
	return r->records == 0;
}

static void repetitions_are_recognised(void **state)
{
	static const char power[] = "15 01 08" TIME, link[] = "15 01 20" TIME;
	struct decode_run *r = *state;

	r->origin.ip_proto = 6;
	decode_remember(r);
	assert_false(is_repeat(r, 7, 1, power));
	assert_true(is_repeat(r, 7, 11, power)); /* ten seconds later */
	assert_true(is_repeat(r, 7, 21, power));
	assert_false(is_repeat(r, 7, 21, link));
	assert_false(is_repeat(r, 8, 21, link));
	r->origin.ts_rx_ns += 60ll * 1000000000;
	assert_false(is_repeat(r, 8, 21, link)); /* numbers come round again */
	/* Without serial numbers the time tells. */
	assert_false(is_repeat(r, 0, 30, power));
	assert_false(is_repeat(r, 0, 31, power));
	assert_true(is_repeat(r, 0, 31, power));
	decode_new_flow(r); /* the unit is known by its number wherever it comes from */
	assert_true(is_repeat(r, 0, 31, power));
	/* Heartbeats are alike. */
	assert_false(is_repeat(r, 0, 40, ""));
	assert_false(is_repeat(r, 0, 40, ""));
}

static enum cv_probe probe(const char *hex, bool datagram)
{
	uint8_t bytes[256];
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_gb26875.probe(bytes, len, datagram);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe(SMOKE_FIRE, true), CV_PROBE_YES);
	assert_int_equal(probe(SMOKE_FIRE MAIN_POWER, false), CV_PROBE_YES);
	assert_int_equal(probe(SENT, false), CV_PROBE_MORE);
	assert_int_equal(probe("40", false), CV_PROBE_MORE);
	assert_int_equal(probe(SENT, true), CV_PROBE_NO);
	assert_int_equal(probe(WRONG_SUM, true), CV_PROBE_NO);
	assert_int_equal(probe("40 01", false), CV_PROBE_NO); /* CoAP GET */
	assert_int_equal(probe("23 23", false), CV_PROBE_NO); /* HJ 212, GB/T 32960 */
	assert_int_equal(probe(SENT UP "01 04 02", false), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	static uint8_t bytes[8192];
	size_t len = decode_sample("gb26875/stream.bin", bytes, sizeof(bytes));

	decode_any_cut(&cv_decoder_gb26875, NULL, true, bytes, len);
	len = decode_sample("gb26875/centre.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_gb26875, NULL, false, bytes, len);
	len = decode_sample("gb26875/wrong-sum.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_gb26875, NULL, true, bytes, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_frames_are_rejected_with_a_reason),
		TEST(stream_goes_on),
		TEST(repetitions_are_recognised),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
