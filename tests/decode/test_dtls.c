/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handshake was recorded from OpenSSL's client and server, which were told identity, server name,
 * application and cipher suites: what is expected here is what they were told.
 */
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_dtls;

static uint8_t bytes[4096];

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_dtls, NULL);
	return 0;
}

static void handshake(struct decode_run *r)
{
	r->origin.dport = 40001;
	play(r, false, true, "dtls/client-hello.bin");
	play(r, false, false, "dtls/hello-verify.bin");
	play(r, false, true, "dtls/client-hello-cookie.bin");
	play(r, false, false, "dtls/server-hello.bin");
	play(r, false, true, "dtls/key-exchange.bin");
	play(r, false, false, "dtls/server-finished.bin");
	play(r, false, false, "dtls/server-ccs.bin");
	play(r, false, true, "dtls/application.bin");
}

static void one_session(void **state)
{
	static const struct said want[] = {
		{CV_KIND_SESSION, "client-hello", "", "", "dtls1.2 suites 3 psk ccm8 coaps",
		 "lwm2m.example"},
		{CV_KIND_SESSION, "server-hello", "", "c0a8", "dtls1.2 psk ccm8", ""},
		{CV_KIND_SESSION, "psk-identity", "meter-0042", "", "", ""},
	};
	struct decode_run *r = *state;

	handshake(r);
	assert_int_equal(r->messages, 8);
	assert_int_equal(r->rejected, 0);
	all_said(r, want, COUNT_OF(want));
	/* Sent again because an answer was lost: nothing new. */
	decode_run_clear(r);
	handshake(r);
	assert_int_equal(r->messages, 8);
	assert_int_equal(r->records, 0);
	/* Why a session failed is told with whose it was. */
	play(r, false, true, "dtls/alert.bin");
	said(r->record[0], &(struct said){CV_KIND_ERROR, "alert", "meter-0042", "40", "", ""});
}

static void whoever_came_late_sees_the_identity(void **state)
{
	struct decode_run *r = *state;

	play(r, false, true, "dtls/key-exchange.bin");
	assert_int_equal(r->records, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "meter-0042");
	/* An encrypted secret of the same shape is no identity. */
	decode_run_clear(r);
	decode_new_flow(r);
	decode_datagram_hex(r, true,
			    "16 fefd 0000 000000000002 0014 10 000008 0002 000000 000008 "
			    "0006 81c2f3a49500");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
}

static void newer_versions(void **state)
{
	struct decode_run *r = *state;

	/* 1.3: supported_versions fefc, connection id 0a0b (RFC 9147 5.3, RFC 9146 3). */
	decode_datagram_hex(r, true,
			    "16 fefd 0000 000000000000 0048 01 00003c 0000 000000 00003c fefd "
			    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 00 "
			    "00 0004 1305c0a8 "
			    "01 00 000e 002b 0003 02 fefc 0036 0003 02 0a0b");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG),
			    "dtls1.3 suites 2 psk ccm8 coaps cid 0a0b");
	/* Protected records: with an identifier, and with the unified head. */
	decode_datagram_hex(r, true, "19 fefd 0001 000000000001 0a0b 0004 01020304");
	decode_datagram_hex(r, true, "2e 0001 0004 01020304");
	/* What shares the port (RFC 7983). */
	decode_datagram_hex(r, true, "0001 0000 2112a442 000000000000000000000000");
	decode_datagram_hex(r, true, "8060 0001 00000000 00000000");
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->records, 1);
}

static void wrong_datagrams_are_rejected(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{"0001 0000 2112a442 000000000000000000000000", CV_REJECT_BAD_HEADER},
		{"16 fefd 0000", CV_REJECT_TRUNCATED},
		{"16 0303 0000 000000000000 0000", CV_REJECT_BAD_HEADER},
		{"16 fefd 0000 000000000000 ffff", CV_REJECT_BAD_LENGTH},
		{"16 fefd 0000 000000000000 0002 01", CV_REJECT_TRUNCATED},
		{"16 fefd 0000 000000000000 0002 0100", CV_REJECT_BAD_PAYLOAD},
		{"16 fefd 0000 000000000000 000c 01 000004 0000 000000 000004",
		 CV_REJECT_BAD_PAYLOAD},
		{"14 fefd 0000 000000000000 0001 01 ff", CV_REJECT_BAD_HEADER},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_datagram_hex(r, true, cases[i].hex);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->records, 0);
	}
	decode_run_clear(r);
	play(r, false, true, "dtls/damaged.bin");
	assert_int_equal(r->reject[0], CV_REJECT_TRUNCATED);
}

static void probe_is_strict(void **state)
{
	static const char *const yes[] = {"dtls/client-hello.bin", "dtls/server-hello.bin",
					  "dtls/key-exchange.bin", "dtls/application.bin"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(yes); i++) {
		size_t len = decode_sample(yes[i], bytes, sizeof(bytes));

		assert_int_equal(cv_decoder_dtls.probe(bytes, len, true), CV_PROBE_YES);
		assert_int_equal(cv_decoder_dtls.probe(bytes, len, false), CV_PROBE_NO);
		assert_int_equal(cv_decoder_dtls.probe(bytes, len - 1, true), CV_PROBE_NO);
		assert_int_equal(cv_decoder_dtls.probe(bytes, len + 1, true), CV_PROBE_NO);
		bytes[1] = 3;
		assert_int_equal(cv_decoder_dtls.probe(bytes, len, true), CV_PROBE_NO);
	}
	assert_int_equal(cv_decoder_dtls.probe((const uint8_t *)"\x2e\0\1\0\4abcdefghij", 15, true),
			 CV_PROBE_NO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_session),
		TEST(whoever_came_late_sees_the_identity),
		TEST(newer_versions),
		TEST(wrong_datagrams_are_rejected),
		cmocka_unit_test(probe_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
