/* SPDX-License-Identifier: Apache-2.0 */
/* DL/T 698.45 frames in streams and datagrams, in fragments, broken, and those that others published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/dlt698_test.h"

#define LOGIN "681e008105111111111111009e7601000000b407e90403040f14050000e8b016"
#define VOLTAGE "85 01 08 20000200 01 01 03 12 0898 12 0899 12 089a 00 00"

static uint8_t bytes[65536];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_dlt698);
}

static void a_published_login(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_segment_hex(r, true, LOGIN);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "111111111111");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "login");
	assert_int_equal(rec->value.u64, 180);
	/* 2025-04-03 15:20:05 in Beijing */
	assert_int_equal(rec->ts_device_ns, 1743664805ll * 1000000000);
}

static void scrambled_is_the_same(void **state)
{
	struct decode_run *r = *state;

	send_apdu(r, ANSWER | SCRAMBLED, VOLTAGE);
	assert_int_equal(r->records, 3);
	assert_true(r->record[2]->value.f64 == 220.2);
}

/* Fragment @p number of kind @p kind (0 first, 1 last, 3 middle) with bytes from..to of VOLTAGE. */
static void send_fragment(struct decode_run *r, unsigned int kind, unsigned int number, size_t from,
			  size_t to)
{
	uint8_t apdu[64], part[64], out[128];

	decode_hex(VOLTAGE, apdu, sizeof(apdu));
	part[0] = (uint8_t)number;
	part[1] = (uint8_t)(number >> 8 | kind << 6);
	memcpy(part + 2, apdu + from, to - from);
	decode_segment(r, true, out,
		       frame_of(out, ANSWER | FRAGMENT | SCRAMBLED, part, to - from + 2));
}

static void fragments_are_joined(void **state)
{
	struct decode_run *r = *state;

	send_fragment(r, 0, 4095, 0, 5);
	send_fragment(r, 3, 0, 5, 12);
	send_fragment(r, 3, 0, 5, 12); /* again */
	assert_int_equal(r->records, 0);
	send_fragment(r, 1, 1, 12, 20);
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 3);
	assert_true(r->record[0]->value.f64 == 220.0);
}

static void a_missing_fragment_is_told(void **state)
{
	struct decode_run *r = *state;

	send_fragment(r, 3, 5, 5, 12); /* no beginning */
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_PARTIAL | CV_FLAG_UNPAIRED | CV_FLAG_RAW);
	decode_run_clear(r);
	send_fragment(r, 0, 5, 0, 5);
	send_fragment(r, 1, 7, 12, 20);
	assert_int_equal(r->records, 2);
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_BYTES).len, 5);
	assert_int_equal(cv_record_tlv(r->record[1], CV_TLV_BYTES).len, 8);
	/* confirmations carry nothing */
	decode_run_clear(r);
	decode_segment(r, false, bytes, frame_hex(bytes, 0x63, "05 81"));
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
}

static void fragments_have_bounds(void **state)
{
	struct decode_run *r = *state;
	uint8_t part[1002] = {0};

	for (unsigned int i = 0; i < 10; i++) {
		part[0] = (uint8_t)i;
		part[1] = i == 0 ? 0 : i == 9 ? 0x40 : 0xc0;
		decode_segment(r, true, bytes,
			       frame_of(bytes, ANSWER | FRAGMENT, part, sizeof(part)));
	}
	/* 8000 bytes are joined, then it is too long: those at once, and two by themselves */
	assert_int_equal(r->messages, 10);
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[0]->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW | CV_FLAG_TRUNCATED);
	/* more at a time than there is room for: the oldest is given up, which its flow hears of */
	decode_run_clear(r);
	part[0] = part[1] = 0;
	decode_segment(r, true, bytes, frame_of(bytes, ANSWER | FRAGMENT, part, 10));
	assert_int_equal(r->rejected, 0);
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		/* HCS, FCS, end */
		{"681e008105111111111111009f7601000000b407e90403040f14050000e8b016",
		 CV_REJECT_BAD_CHECKSUM},
		{"681e008105111111111111009e7601000001b407e90403040f14050000e8b016",
		 CV_REJECT_BAD_CHECKSUM},
		{"681e008105111111111111009e7601000000b407e90403040f14050000e8b017",
		 CV_REJECT_BAD_LENGTH},
	};
	static const char *const apdus[] = {
		"",
		"85 01",
		"85 01 01 20000200 01 01 03 12 0898",
		"85 01 01 20000200 01 63",
		"85 01 01 20000200 02 00",
		"86 04 01 00",
		"90 03 00",
		"90 00 02 90 00",
		"85 03 06 50040200 01 02 20210200 01 01 00",
		"85 03 06 50040200 01 00 20210200 01 02 00",
		"85 01 01 60000200 01 01 82 ffff 00 00",
		"88 09 01 00",
		"88 01 01 84 00",
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_segment_hex(r, true, cases[i].hex);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->records, 0);
	}
	for (size_t i = 0; i < sizeof(apdus) / sizeof(apdus[0]); i++) {
		send_apdu(r, ANSWER, apdus[i]);
		if (r->rejected != 1 || r->reject[0] != CV_REJECT_BAD_PAYLOAD || r->records != 0)
			fail_msg("%s: %zu rejected, %zu records", apdus[i], r->rejected,
				 r->records);
	}
	send_apdu(r, ANSWER, "20 01 02");
	assert_int_equal(r->reject[0], CV_REJECT_UNKNOWN_TYPE);
	/* longer than what is held: passed over, and the next one is found */
	decode_run_clear(r);
	memset(bytes + 8192, 0, 5000);
	decode_segment(r, true, bytes, frame_of(bytes, ANSWER, bytes + 8192, 5000));
	decode_segment_hex(r, true, LOGIN);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_TOO_LARGE);
	assert_int_equal(r->messages, 1);
}

static void the_stream_goes_on_after_garbage(void **state)
{
	struct decode_run *r = *state;

	decode_segment(r, true, "CTRL:&20170700000921\r\n", 22);
	decode_segment_hex(r, true, "fe fe" LOGIN "68 43 10 00 11" LOGIN "68 68" LOGIN);
	assert_int_equal(r->messages, 3);
	memset(bytes, 0x55, 1024);
	decode_segment(r, true, bytes, 1024);
	decode_segment_hex(r, true, LOGIN);
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->records, 4);
}

static void datagrams(void **state)
{
	struct decode_run *r = *state;

	r->origin.ip_proto = 17;
	decode_datagram_hex(r, true, LOGIN "fefe" LOGIN "0d0a");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 0);
	decode_datagram_hex(r, true, "681e00810511111111111100");
	decode_datagram(r, true, "heartbeat", 9);
	assert_int_equal(r->rejected, 2);
	assert_int_equal(r->reject[0], CV_REJECT_TRUNCATED);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_HEADER);
}

static void addresses(void **state)
{
	static const struct {
		uint8_t server[4];
		const char *device, *sub;
	} cases[] = {
		{{0x02, 0x56, 0x34, 0x12}, "123456", ""},
		{{0x02, 0x5f, 0x34, 0x12}, "12345", ""}, /* an odd number of digits */
		{{0x12, 0x56, 0x34, 0x12}, "123456", "l1"}, /* second device behind the address */
		{{0x22, 0x05, 0x34, 0x12}, "1234", "l5"},
		{{0x42, 0xaa, 0xaa, 0x12}, "", ""}, /* any, group, everybody */
		{{0x82, 0x56, 0x34, 0x12}, "", ""},
		{{0xc2, 0xaa, 0xaa, 0xaa}, "", ""},
	};
	static const uint8_t apdu[] = {0x85, 1, 1, 0x20, 0x0f, 2, 0, 1, 0x12, 0x13, 0x88, 0, 0};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t f[64] = {0x68, 11 + 2 + sizeof(apdu) - 2, 0, ANSWER};

		memcpy(f + 4, cases[i].server, 4);
		put_fcs(f, 9);
		memcpy(f + 11, apdu, sizeof(apdu));
		put_fcs(f, 11 + sizeof(apdu));
		f[13 + sizeof(apdu)] = 0x16;
		f[1] = 12 + sizeof(apdu);
		put_fcs(f, 9);
		put_fcs(f, 11 + sizeof(apdu));
		decode_run_clear(r);
		decode_segment(r, true, f, 14 + sizeof(apdu));
		assert_int_equal(r->records, 1);
		assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), cases[i].device);
		assert_string_equal(decode_text(r->record[0], CV_TLV_SUB), cases[i].sub);
	}
}

static enum cv_probe probe(const char *hex, bool datagram)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_dlt698.probe(bytes, len, datagram);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe(LOGIN, false), CV_PROBE_YES);
	assert_int_equal(probe("fefe" LOGIN, true), CV_PROBE_YES);
	assert_int_equal(probe("681e008105111111111111009e76", false), CV_PROBE_MORE);
	assert_int_equal(probe("681e008105111111111111009e76", true), CV_PROBE_NO);
	assert_int_equal(probe("681e008105111111111111009e77", false), CV_PROBE_NO);
	assert_int_equal(
		probe("681e008105111111111111009e7601000000b407e90403040f14050000e8b116", true),
		CV_PROBE_NO);
	/* DL/T 645, CJ/T 188, IEC 60870-5-104, Q/GDW 376.1 */
	assert_int_equal(probe("68 43 10 00 11 34 00 68 91 06 33 34 34 35 ca 55 ee 16", true),
			 CV_PROBE_NO);
	assert_int_equal(probe("68 10 01 00 00 05 08 00 00 81 16 90 1f 00 00 23 01 00 2c 00 00 00 "
			       "00 2c 00 00 00 00 00 00 00 00 48 16",
			       true),
			 CV_PROBE_NO);
	assert_int_equal(probe("68 0e 02 00 02 00 64 01 07 00 0a 00 00 00 00 14", true),
			 CV_PROBE_NO);
	assert_int_equal(probe("68 32 00 32 00 68 c9 01 02 34 12 00 02 70 00 00 01 00 3f 16", true),
			 CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	static const char *const samples[] = {"dlt698/stream.bin", "dlt698/damaged.bin",
					      "dlt698/requests.bin"};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		size_t len = decode_sample(samples[i], bytes, sizeof(bytes));

		decode_any_cut(&cv_decoder_dlt698, NULL, i != 2, bytes, len);
	}
}

static void the_samples_are_decoded(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("dlt698/stream.bin", bytes, sizeof(bytes));

	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 15);
	assert_int_equal(r->rejected, 0);
	decode_run_clear(r);
	len = decode_sample("dlt698/requests.bin", bytes, sizeof(bytes));
	decode_segment(r, false, bytes, len);
	assert_int_equal(r->messages, 7);
	assert_int_equal(r->rejected, 0);
	decode_run_clear(r);
	len = decode_sample("dlt698/damaged.bin", bytes, sizeof(bytes));
	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->rejected, 3);
	assert_int_equal(decode_pending(r, true), 0);
}

/* A row: check sequences good, source, frame. */
static void vector(void *arg, char *const *column)
{
	struct decode_run *r = arg;

	assert_string_equal(column[0], "True");
	r->origin.ip_proto = 17;
	decode_datagram_hex(r, true, column[2]);
}

static void shared_vectors(void **state)
{
	struct decode_run *r = *state;
	unsigned int rows = decode_vectors("dlt698.tsv", 3, vector, r);

	if (rows == 0)
		skip();
	assert_int_equal(rows, 13);
	assert_int_equal(r->messages, 13);
	assert_int_equal(r->rejected, 0);
	/* two logins, a heartbeat of 600 s, an action and its end; the fragments are a read request */
	assert_int_equal(r->records, 5);
	assert_string_equal(decode_text(r->record[1], CV_TLV_METHOD), "heartbeat");
	assert_int_equal(r->record[1]->value.u64, 600);
	assert_string_equal(decode_text(r->record[2], CV_TLV_CODE), "60148200");
	assert_string_equal(decode_text(r->record[3], CV_TLV_TEXT), "success");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_published_login),
		TEST(scrambled_is_the_same),
		TEST(fragments_are_joined),
		TEST(a_missing_fragment_is_told),
		TEST(fragments_have_bounds),
		TEST(wrong_frames_are_rejected_with_a_reason),
		TEST(the_stream_goes_on_after_garbage),
		TEST(datagrams),
		TEST(addresses),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
		TEST(the_samples_are_decoded),
		TEST(shared_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
