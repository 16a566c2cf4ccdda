/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of RFC 5905, computed by hand from the timestamps, and of
 * ../shared/protocols. Captures are compared with tshark by tools/oracle-diff.
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

extern const struct cv_decoder cv_decoder_ntp;

/* T1, T2, T3 of the samples: dbaca3e8 is 2016-10-15 12:47:36 UTC. */
#define SECOND_NS ((0xdbaca3e8ll - 2208988800ll) * 1000000000)
#define T2 (0x820d178f / 4294967296.0)
#define T3 (0x820e179e / 4294967296.0)

static uint8_t bytes[65536];

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_ntp, NULL);
	return 0;
}

static void send_sample(struct decode_run *r, bool from_client, const char *name)
{
	size_t len = decode_sample(name, bytes, sizeof(bytes));

	decode_run_clear(r);
	decode_datagram(r, from_client, bytes, len);
}

static void near(double value, double want)
{
	if (!(fabs(value - want) < 1e-8))
		fail_msg("%.12g, not %.12g", value, want);
}

static void a_question_and_its_answer(void **state)
{
	struct decode_run *r = *state;

	r->origin.ts_rx_ns = SECOND_NS + 500000000;
	send_sample(r, true, "ntp/client.bin");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	r->origin.ts_rx_ns = SECOND_NS + 520000000;
	send_sample(r, false, "ntp/server.bin");
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[0]->name_id, CV_NAME_CLOCK_OFFSET);
	assert_int_equal(r->record[0]->unit_id, CV_UNIT_S);
	near(r->record[0]->value.f64, ((T2 - 0.5) + (T3 - 0.52)) / 2);
	assert_int_equal(r->record[1]->name_id, CV_NAME_CLOCK_DELAY);
	near(r->record[1]->value.f64, 0.02 - (T3 - T2));
	assert_int_equal(r->record[2]->name_id, CV_NAME_CLOCK_STRATUM);
	assert_int_equal(r->record[2]->value.u64, 1);
	assert_int_equal(r->record[2]->flags, 0);
	assert_int_equal(r->record[2]->quality, CV_QUALITY_GOOD);
	assert_int_equal(r->record[2]->direction, CV_DIR_UP);
	assert_int_equal(r->record[2]->status, 4);
	assert_int_equal(r->record[2]->ts_device_ns / 1000000000, SECOND_NS / 1000000000);
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "GPSs");
	/* The same answer once more is nobody's. */
	send_sample(r, false, "ntp/server.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_UNPAIRED);
}

static void kisses_and_leaps(void **state)
{
	struct decode_run *r = *state;

	send_sample(r, false, "ntp/kiss.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_ERROR);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_BAD);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "RATE");
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), "unsynchronized");
	send_sample(r, false, "ntp/broadcast.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, 0);
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), "leap-insert");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "192.0.2.1");
}

static void remote_control_is_suspicious(void **state)
{
	struct decode_run *r = *state;

	send_sample(r, true, "ntp/control.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->lane, CV_LANE_SECURITY);
	assert_int_equal(r->record[0]->kind, CV_KIND_ANOMALY);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "control, operation 2");
	send_sample(r, true, "ntp/monlist.bin");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "private, request 42");
	decode_run_clear(r);
	decode_datagram_hex(r, false, "d700032a00000000");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "private, request 42, answer");
}

static void the_next_era(void **state)
{
	struct decode_run *r = *state;

	/* A second behind the first era: 2036-02-07 06:28:17 UTC. */
	decode_datagram_hex(r, false,
			    "240208ec0000000000000000c0000201 0000000000000000 0000000000000000"
			    "0000000000000000 0000000180000000");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->ts_device_ns, 2085978497ll * 1000000000 + 500000000);
}

static void wrong_packets_are_rejected(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{"04", CV_REJECT_BAD_HEADER}, /* version 0 */
		{"2c", CV_REJECT_BAD_HEADER}, /* version 5 */
		{"20", CV_REJECT_BAD_VALUE}, /* mode 0 */
		{"24", CV_REJECT_TRUNCATED},
		{"1602000100000000000000", CV_REJECT_TRUNCATED},
		{"17000300000000", CV_REJECT_TRUNCATED},
		{"240208ec0000000000000000c0000201 0000000000000000 0000000000000000"
		 "0000000000000000 0000000180000000 00",
		 CV_REJECT_BAD_LENGTH},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, cases[i].hex);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->records, 0);
	}
	send_sample(r, false, "ntp/damaged.bin");
	assert_int_equal(r->rejected, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_question_and_its_answer),    TEST(kisses_and_leaps),
		TEST(remote_control_is_suspicious), TEST(the_next_era),
		TEST(wrong_packets_are_rejected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
