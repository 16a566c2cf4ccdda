/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values are those of IEC 62541-6 and of tshark for the same bytes. */
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_opcua;

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_opcua);
}

static void client(void **state)
{
	static const struct said want[] = {
		{CV_KIND_SESSION, "hello", "", "", "", "opc.tcp://localhost:4840"},
		{CV_KIND_SESSION, "open-channel", "", "", "Basic256Sha256", ""},
		{CV_KIND_SESSION, "close-channel", "", "", "", ""},
	};
	struct decode_run *r = *state;

	play(r, true, true, "opcua/stream.bin");
	assert_int_equal(r->messages, 5);
	all_said(r, want, COUNT_OF(want));
	assert_int_equal(r->record[0]->status, 1);
}

static void server(void **state)
{
	static const struct said answer[] = {
		{CV_KIND_ERROR, "error", "", "80130000", "", "bad security checks"}};
	static const struct said call[] = {{CV_KIND_SESSION, "reverse-hello", "urn:plant:pump-7",
					    "", "", "opc.tcp://pump-7:4840"}};
	struct decode_run *r = *state;

	play(r, true, false, "opcua/server.bin");
	assert_int_equal(r->messages, 2);
	all_said(r, answer, COUNT_OF(answer));
	decode_run_clear(r);
	play(r, true, false, "opcua/reverse.bin");
	all_said(r, call, COUNT_OF(call));
}

static void large_messages_are_passed_over(void **state)
{
	struct decode_run *r = *state;
	uint8_t rest[4096] = {0};

	decode_segment_hex(r, true, "4d534746 00000100 00000000"); /* 64 KiB */
	for (int i = 0; i < 15; i++)
		decode_segment(r, true, rest, sizeof(rest));
	decode_segment(r, true, rest, 4096 - 12);
	assert_int_equal(r->messages, 1);
	decode_segment_hex(r, true, "434c4f46 08000000");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 0);
}

static void rejects_and_goes_on(void **state)
{
	struct decode_run *r = *state;

	play(r, true, true, "opcua/damaged.bin");
	assert_true(r->rejected >= 1);
	assert_true(r->messages >= 1);
	decode_run_clear(r);
	decode_new_flow(r);
	decode_segment_hex(r, true, "48454c46 04000000");
	assert_int_equal(r->reject[0], CV_REJECT_BAD_LENGTH);
	decode_run_clear(r);
	decode_new_flow(r);
	decode_segment_hex(r, true, "48454c43 20000000");
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
}

static void probe_is_strict(void **state)
{
	uint8_t b[64];
	size_t len = decode_hex("48454c46 38000000", b, sizeof(b));

	(void)state;
	assert_int_equal(cv_decoder_opcua.probe(b, len, false), CV_PROBE_YES);
	assert_int_equal(cv_decoder_opcua.probe(b, len, true), CV_PROBE_NO);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(cv_decoder_opcua.probe(b, i, false), CV_PROBE_MORE);
	b[4] = 8; /* a hello is longer */
	assert_int_equal(cv_decoder_opcua.probe(b, len, false), CV_PROBE_NO);
	b[3] = 'O'; /* "HELO" is another protocol's */
	assert_int_equal(cv_decoder_opcua.probe(b, 4, false), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	(void)state;
	cut_anywhere(&cv_decoder_opcua, true, "opcua/stream.bin");
	cut_anywhere(&cv_decoder_opcua, false, "opcua/server.bin");
	cut_anywhere(&cv_decoder_opcua, true, "opcua/damaged.bin");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(client),
		TEST(server),
		TEST(large_messages_are_passed_over),
		TEST(rejects_and_goes_on),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
