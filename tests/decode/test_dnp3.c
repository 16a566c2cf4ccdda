/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of IEEE 1815 (functions in 4.4, link frames in 9.2) and of tshark's dissector
 * for the same frames; the two first frames of master.bin are published ones.
 */
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_dnp3;

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_dnp3);
}

static void outstation(void **state)
{
	static const struct said want[] = {
		{CV_KIND_STATE, "response", "1", "", "0000", ""},
		{CV_KIND_STATE, "unsolicited-response", "1", "", "0000", ""},
		{CV_KIND_ERROR, "response", "1", "", "8004", ""}, /* parameter error */
	};
	struct decode_run *r = *state;

	play(r, true, false, "dnp3/stream.bin");
	assert_int_equal(r->messages, 5);
	/* The link's own answer is the first; a response like one before makes no record. */
	assert_int_equal(r->records, 4);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "link-status");
	for (size_t i = 0; i < COUNT_OF(want); i++)
		said(r->record[i + 1], &want[i]);
	assert_string_equal(decode_text(r->record[1], CV_TLV_CORRELATION), "1024");
	assert_int_equal(r->record[1]->direction, CV_DIR_UP);
	assert_int_equal(r->record[1]->status, 129);
}

static void master(void **state)
{
	static const struct said want[] = {
		{CV_KIND_SESSION, "reset-link", "1", "", "", ""},
		{CV_KIND_STATE, "read", "1", "", "", ""},
		{CV_KIND_COMMAND, "direct-operate", "1", "", "", ""},
		{CV_KIND_COMMAND, "direct-operate", "1", "", "", ""}, /* each is told */
	};
	struct decode_run *r = *state;

	play(r, true, true, "dnp3/master.bin");
	assert_int_equal(r->messages, 5);
	all_said(r, want, COUNT_OF(want));
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
}

static void rejects_and_goes_on(void **state)
{
	struct decode_run *r = *state;

	play(r, true, false, "dnp3/damaged.bin");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 2);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_HEADER);
	decode_run_clear(r);
	decode_new_flow(r);
	r->origin.ip_proto = 17;
	decode_datagram_hex(r, true, "05 64 05 c0 01 00 00 04 e9 20");
	decode_datagram_hex(r, true, "05 64 04 c0 01 00 00 04 e9 21");
	decode_datagram_hex(r, true, "05 64 05 c0 01 00 00 04 e9");
	assert_int_equal(r->rejected, 3);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_LENGTH);
	assert_int_equal(r->reject[2], CV_REJECT_TRUNCATED);
}

static void probe_is_strict(void **state)
{
	uint8_t b[64];
	size_t len = decode_hex("05 64 05 c0 01 00 00 04 e9 21", b, sizeof(b));

	(void)state;
	assert_int_equal(cv_decoder_dnp3.probe(b, len, true), CV_PROBE_YES);
	assert_int_equal(cv_decoder_dnp3.probe(b, len - 1, true), CV_PROBE_NO);
	assert_int_equal(cv_decoder_dnp3.probe(b, len - 1, false), CV_PROBE_MORE);
	for (size_t i = 0; i < len; i++) {
		b[i] ^= 4;
		assert_int_equal(cv_decoder_dnp3.probe(b, len, false), CV_PROBE_NO);
		b[i] ^= 4;
	}
}

static void every_cut_gives_the_same_records(void **state)
{
	(void)state;
	cut_anywhere(&cv_decoder_dnp3, false, "dnp3/stream.bin");
	cut_anywhere(&cv_decoder_dnp3, true, "dnp3/master.bin");
	cut_anywhere(&cv_decoder_dnp3, false, "dnp3/damaged.bin");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(outstation),
		TEST(master),
		TEST(rejects_and_goes_on),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
