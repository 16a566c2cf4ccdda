/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values are those of TR-069; the Inform has the values of a published one (an OpenSTB box). */
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_cwmp;

#define BOX "00147D-OpenSTB v0.1-STB0528JTG8"

static uint8_t bytes[8192];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_cwmp);
}

static void box(void **state)
{
	static const struct said want[] = {
		{CV_KIND_SESSION, "Inform", BOX, "2 PERIODIC, 4 VALUE CHANGE", "", "FT-RD"},
		{CV_KIND_ERROR, "Fault", BOX, "9005", "", "Invalid parameter name"},
		{CV_KIND_SESSION, "Inform", BOX, "2 PERIODIC, 4 VALUE CHANGE", "", "FT-RD"},
	};
	struct decode_run *r = *state;

	play(r, true, true, "cwmp/stream.bin");
	assert_int_equal(r->rejected, 0);
	/* Three with a length; of the last one the head, a chunk, the end and the line behind it. */
	assert_int_equal(r->messages, 3 + 4);
	all_said(r, want, COUNT_OF(want));
	assert_int_equal(r->record[0]->ts_device_ns, 1421708904000000000);
	assert_int_equal(r->record[0]->direction, CV_DIR_UP);
	/* What its server has it do. */
	decode_run_clear(r);
	play(r, true, false, "cwmp/server.bin");
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->records, 1);
	said(r->record[0], &(struct said){CV_KIND_COMMAND, "Reboot", BOX, "", "", ""});
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
}

static void rejects_and_goes_on(void **state)
{
	static const struct {
		const char *text;
		enum cv_reject reason;
	} cases[] = {
		{"\x16\x03\x01\x02", CV_REJECT_BAD_HEADER},
		{"POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", CV_REJECT_BAD_LENGTH},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		 CV_REJECT_BAD_LENGTH},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff0\r\n",
		 CV_REJECT_BAD_LENGTH},
	};
	struct decode_run *r = *state;

	play(r, true, true, "cwmp/damaged.bin");
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_LENGTH);
	assert_int_equal(r->records, 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_segment(r, true, cases[i].text, strlen(cases[i].text));
		if (r->rejected != 1)
			fail_msg("case %zu: %zu", i, r->rejected);
		assert_int_equal(r->reject[0], cases[i].reason);
	}
}

static void probe_is_strict(void **state)
{
	static const char other[] =
		"POST / HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<a/>";
	static const char json[] = "POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n";
	size_t len = decode_sample("cwmp/stream.bin", bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cv_decoder_cwmp.probe(bytes, len, false), CV_PROBE_YES);
	assert_int_equal(cv_decoder_cwmp.probe(bytes, len, true), CV_PROBE_NO);
	assert_int_equal(cv_decoder_cwmp.probe(bytes, 30, false), CV_PROBE_MORE);
	assert_int_equal(cv_decoder_cwmp.probe(bytes, 160, false), CV_PROBE_MORE);
	assert_int_equal(cv_decoder_cwmp.probe((const uint8_t *)other, strlen(other), false),
			 CV_PROBE_NO);
	assert_int_equal(cv_decoder_cwmp.probe((const uint8_t *)json, strlen(json), false),
			 CV_PROBE_NO);
	assert_int_equal(cv_decoder_cwmp.probe((const uint8_t *)"GET / HTTP/1.1\r\n", 16, false),
			 CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	(void)state;
	cut_anywhere(&cv_decoder_cwmp, true, "cwmp/stream.bin");
	cut_anywhere(&cv_decoder_cwmp, false, "cwmp/server.bin");
	cut_anywhere(&cv_decoder_cwmp, true, "cwmp/damaged.bin");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(box),
		TEST(rejects_and_goes_on),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
