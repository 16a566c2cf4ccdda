/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values are those of HCF_SPEC-085 and HCF_SPEC-081, and of tshark for the same bytes. */
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_hartip;

#define LONG "12e9112233"

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_hartip);
}

static void host(void **state)
{
	static const struct said want[] = {
		{CV_KIND_SESSION, "initiate", "", "", "", ""},
		{CV_KIND_STATE, "command", "00", "0", "", ""},
		{CV_KIND_STATE, "command", LONG, "3", "", ""}, /* once, though asked twice */
		{CV_KIND_SESSION, "close", "", "", "", ""},
	};
	struct decode_run *r = *state;

	play(r, true, true, "hartip/host.bin");
	assert_int_equal(r->messages, 6);
	all_said(r, want, COUNT_OF(want));
	assert_int_equal(r->record[2]->direction, CV_DIR_DOWN);
	assert_int_equal(r->record[2]->seq, 3);
	assert_int_equal(r->record[2]->status, 3);
}

static void instruments(void **state)
{
	static const struct said want[] = {
		{CV_KIND_SESSION, "initiate-answer", "", "", "00", ""},
		{CV_KIND_STATE, "command-answer", "00", "0", "0000", ""},
		{CV_KIND_STATE, "command-answer", LONG, "3", "0000", ""},
		{CV_KIND_STATE, "command-answer", LONG, "3", "0040",
		 ""}, /* configuration changed */
		{CV_KIND_STATE, "command-published", LONG, "9", "0000", ""},
		{CV_KIND_ERROR, "command-answer", "", "", "08", ""},
	};
	struct decode_run *r = *state;

	play(r, true, false, "hartip/stream.bin");
	assert_int_equal(r->messages, 6);
	all_said(r, want, COUNT_OF(want));
	assert_int_equal(r->record[4]->direction, CV_DIR_UP);
}

static void rejects_and_goes_on(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{"03 00 02 00 0001 0008", CV_REJECT_BAD_HEADER},
		{"01 03 02 00 0001 0008", CV_REJECT_UNKNOWN_TYPE},
		{"01 00 06 00 0001 0008", CV_REJECT_UNKNOWN_TYPE},
		{"01 00 02 00 0001 0007", CV_REJECT_BAD_LENGTH},
		{"01 00 02 00 0001 1001", CV_REJECT_BAD_LENGTH},
		{"01 00 02 00 0001 0009", CV_REJECT_TRUNCATED},
		{"01 00 03 00 0001 000b 82 00 82", CV_REJECT_BAD_CHECKSUM},
		{"01 00 03 00 0001 000d 02 80 00 05 87", CV_REJECT_BAD_CHECKSUM},
	};
	struct decode_run *r = *state;

	play(r, true, true, "hartip/damaged.bin");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 2);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_HEADER);
	r->origin.ip_proto = 17;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, cases[i].hex);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reason);
	}
}

static void probe_is_strict(void **state)
{
	uint8_t b[64];
	size_t len = decode_hex("01 00 00 00 0002 000d 01 00007530", b, sizeof(b));

	(void)state;
	assert_int_equal(cv_decoder_hartip.probe(b, len, true), CV_PROBE_YES);
	assert_int_equal(cv_decoder_hartip.probe(b, len, false), CV_PROBE_YES);
	assert_int_equal(cv_decoder_hartip.probe(b, len - 1, true), CV_PROBE_NO);
	assert_int_equal(cv_decoder_hartip.probe(b, len - 1, false), CV_PROBE_MORE);
	b[8] = 2;
	assert_int_equal(cv_decoder_hartip.probe(b, len, true), CV_PROBE_NO);
	len = decode_hex("01 00 03 00 0002 000d 02 80 00 00 82", b, sizeof(b));
	assert_int_equal(cv_decoder_hartip.probe(b, len, true), CV_PROBE_YES);
	b[12] ^= 1;
	assert_int_equal(cv_decoder_hartip.probe(b, len, true), CV_PROBE_NO);
	len = decode_hex("01 00 02 00 0002 0008", b, sizeof(b)); /* a keep-alive is nothing */
	assert_int_equal(cv_decoder_hartip.probe(b, len, true), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	(void)state;
	cut_anywhere(&cv_decoder_hartip, false, "hartip/stream.bin");
	cut_anywhere(&cv_decoder_hartip, true, "hartip/host.bin");
	cut_anywhere(&cv_decoder_hartip, true, "hartip/damaged.bin");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(host),
		TEST(instruments),
		TEST(rejects_and_goes_on),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
