/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of ../shared/protocols (public captures, decoded with tshark 4.0) and of
 * ASHRAE 135 clauses 20 and 21. Captures are compared with tshark by tools/oracle-diff.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_bacnet;

#define I_AM "810b001c0128ffff00000d013dfe1000c40200003d2201e09100212a"
#define COV "810a00250120ffff00ff100209011c020000022c00c0000439054e09552e4442c800002f4f"
#define READ_ACK "810a001b01080003016c30010c0c0040006519553e4442c800003f"
#define ERROR "810a00110108000d013d50010c91029120"

static uint8_t bytes[65536];

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_bacnet, NULL);
	return 0;
}

/* An APDU without routing, in a datagram of its own. */
static void send_apdu(struct decode_run *r, const char *hex)
{
	uint8_t out[1500] = {0x81, 0x0a, 0, 0, 0x01, 0x00};
	size_t len = 6 + decode_hex(hex, out + 6, sizeof(out) - 6);

	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	decode_run_clear(r);
	decode_datagram(r, true, out, len);
}

static const struct cv_record *one(struct decode_run *r, const char *hex)
{
	send_apdu(r, hex);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 1);
	return r->record[0];
}

static void published_frames(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_datagram_hex(r, true, I_AM);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->kind, CV_KIND_SESSION);
	assert_int_equal(rec->status, 0x100);
	assert_int_equal(rec->raw_len, 28);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "61");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "i-am");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT),
			    "vendor 42, max-apdu 480, segmentation 0");
	decode_run_clear(r);
	decode_datagram_hex(r, true, COV);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(rec->lane, CV_LANE_MEASUREMENT);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_true(rec->value.f64 == 100);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "2");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "binary-input-4");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "binary-input.4.present-value");
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.binary-input.4.present-value");
	decode_run_clear(r);
	decode_datagram_hex(r, true, READ_ACK);
	rec = r->record[0];
	assert_true(rec->value.f64 == 100);
	assert_int_equal(rec->seq, 1);
	assert_int_equal(rec->status, 0x30c);
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "3-6C.analog-output-101");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "read-property");
	decode_run_clear(r);
	decode_datagram_hex(r, true, ERROR);
	rec = r->record[0];
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "error class 2 code 32");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "13-3D");
}

#define VALUE(tag) "30010c 0c00000003 1955 3e" tag "3f"

static void every_primitive(void **state)
{
	static const struct {
		const char *tag;
		enum cv_value_type type;
		double value;
		const char *text;
	} want[] = {
		{"00", CV_VALUE_NONE, 0, ""},
		{"10", CV_VALUE_BOOL, 0, ""},
		{"11", CV_VALUE_BOOL, 1, ""},
		{"2105", CV_VALUE_U64, 5, ""},
		{"24ffffffff", CV_VALUE_U64, 4294967295.0, ""},
		{"2505 0100000000", CV_VALUE_U64, 4294967296.0, ""},
		{"31ff", CV_VALUE_I64, -1, ""},
		{"32ff7f", CV_VALUE_I64, -129, ""},
		{"3480000000", CV_VALUE_I64, -2147483648.0, ""},
		{"4441ac0000", CV_VALUE_F64, 21.5, ""},
		{"5508 4035800000000000", CV_VALUE_F64, 21.5, ""},
		{"63 010203", CV_VALUE_BYTES, 0, ""},
		{"73 004869", CV_VALUE_TEXT, 0, "Hi"},
		{"7507 00c3bc6e646500", CV_VALUE_TEXT, 0, "\xc3\xbcnde"},
		{"7505 0400e94e2d", CV_VALUE_TEXT, 0, "\xc3\xa9\xe4\xb8\xad"},
		{"72 05e9", CV_VALUE_TEXT, 0, "\xc3\xa9"},
		{"72 00e9", CV_VALUE_BYTES, 0, ""},
		{"82 04a0", CV_VALUE_TEXT, 0, "1010"},
		{"8100", CV_VALUE_TEXT, 0, ""},
		{"9103", CV_VALUE_U64, 3, ""},
		{"a4 720b0b02", CV_VALUE_TEXT, 0, "2014-11-11"},
		{"a4 ffffffff", CV_VALUE_TEXT, 0, "*-*-*"},
		{"b4 07001a4d", CV_VALUE_TEXT, 0, "07:00:26.77"},
		{"c4 02000002", CV_VALUE_TEXT, 0, "device.2"},
	};
	struct decode_run *r = *state;
	char hex[128];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct cv_record *rec;
		double value;

		snprintf(hex, sizeof(hex), VALUE("%s"), want[i].tag);
		rec = one(r, hex);
		value = rec->value_type == CV_VALUE_F64	  ? rec->value.f64
			: rec->value_type == CV_VALUE_I64 ? (double)rec->value.i64
							  : (double)rec->value.u64;
		if (rec->value_type != want[i].type || value != want[i].value)
			fail_msg("%s: type %u, %.17g", want[i].tag, rec->value_type, value);
		assert_string_equal(decode_text(rec, CV_TLV_TEXT), want[i].text);
	}
	/* A vendor's property of a vendor's object, one element, several values. */
	assert_int_equal(one(r, "30010c 0c20000001 1a0200 2902 3e 2101 2102 3f")->flags,
			 CV_FLAG_RAW);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE),
			    "object-type-128.1.property-512[2]");
	assert_string_equal(decode_text(r->record[0], CV_TLV_BYTES), "\x21\x01\x21\x02");
}

static void status_and_units_are_about_the_value(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("bacnet/read-multiple-ack.bin", bytes, sizeof(bytes));

	decode_datagram(r, true, bytes, len);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 5);
	assert_true(r->record[0]->value.f64 == 21.5);
	assert_int_equal(r->record[0]->unit_id, CV_UNIT_CEL);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_BAD);
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), "fault");
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT), "0100");
	assert_int_equal(r->record[2]->value.u64, 62);
	assert_string_equal(decode_text(r->record[3], CV_TLV_TEXT), "Rooms");
	assert_int_equal(r->record[4]->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(r->record[4], CV_TLV_CODE), "analog-input.3.description");
	/* A switched-off one, by change of value. */
	send_apdu(r, "1002 0901 1c02000002 2c00000003 3900 4e 0955 2e44 41ac0000 2f 096f 2e8204 "
		     "102f 4f");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_UNCERTAIN);
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), "out-of-service");
}

static void events_are_alarms(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("bacnet/event.bin", bytes, sizeof(bytes));
	const struct cv_record *rec;

	decode_datagram(r, true, bytes, len);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->lane, CV_LANE_ALARM);
	assert_int_equal(rec->kind, CV_KIND_ALARM);
	assert_int_equal(rec->value_type, CV_VALUE_U64);
	assert_int_equal(rec->value.u64, 3);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "high-limit");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "High temp");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "2");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "analog-input.3.event-5");
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	/* 2014-11-11 07:00:07 in Beijing */
	assert_int_equal(rec->ts_device_ns, 1415660407ll * 1000000000);
	/* The same as an event that wants no acknowledgement, in time of day. */
	rec = one(r, "1003 0901 1c02000002 2c00000003 3e 0c07000200 3f 4903 5964 6905 8901 a900"
		     "b900");
	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
}

static void requests(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	send_apdu(r, "0005010c 0c00000003 1955");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	send_apdu(r, "0005010e 0c00000003 1e 0955 096f 1f 0c00000004 1e 0955 1903 1f");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	rec = one(r, "0005010f 0c00400065 1955 3e4442c800003f 4908");
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_true(rec->value.f64 == 100);
	assert_int_equal(one(r, "20010f")->kind, CV_KIND_STATE);
	send_apdu(r, "00050110 0c00400065 1e 0955 2e44 42c80000 2f 3908 1f"
		     "0c01400001 1e 0955 2e 9101 2f 1f");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[1]->value.u64, 1);
	rec = one(r, "00050105 0901 1c00000003 2901 3a012c");
	assert_int_equal(rec->kind, CV_KIND_SESSION);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "process 1, seconds 300");
	rec = one(r, "00050105 0901 1c00000003");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "process 1, cancelled");
	rec = one(r, "1008 0b000001 1b0003e7");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "1-999");
	rec = one(r, "1007 3d08 0053594e45524759");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "SYNERGY");
	rec = one(r, "1001 c402000002 c400000003 7506 00526f6f6d73");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "analog-input-3");
	rec = one(r, "1006 a4720b0b02 b407001a4d");
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_CLOCK);
	assert_true(rec->value.f64 == 1415660426.77);
	rec = one(r, "1009 a4720b0b02 b407001a4d");
	assert_true(rec->value.f64 == 1415689226.77);
	/* Passwords stay inside. */
	rec = one(r, "00050114 0900 1d0a 0066696e676572212121"); /* ten of them */
	assert_int_equal(rec->value.u64, 0);
	assert_null(memmem(rec, rec->size, "finger", 6));
	rec = one(r, "00050111 0905 1901 2d05 0053455354");
	assert_int_equal(rec->value.u64, 1);
	assert_null(memmem(rec, rec->size, "SEST", 4));
}

static void answers_that_refuse(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec = one(r, "600109");

	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_int_equal(rec->value.u64, 9);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "reject");
	rec = one(r, "710104");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "abort");
	/* Of several writes: the error, and the property it is about. */
	rec = one(r, "500110 0e 9102 9120 0f 1e 0c00400065 1955 1f");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "error class 2 code 32");
	send_apdu(r, "4001 0001");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
}

static void segments_are_partial(void **state)
{
	const struct cv_record *rec = one(*state, "3c0100050e 0c000000");

	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "segment 0");
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 4);
}

static void other_layers(void **state)
{
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, "8104001201020304bac00120ffff00ff1008");
	assert_int_equal(r->records, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "who-is");
	assert_int_equal(r->record[0]->device_end, CV_DEVICE_END_NONE);
	decode_run_clear(r);
	decode_datagram_hex(r, true, "810500060e10");
	decode_datagram_hex(r, true, "810000060000");
	decode_datagram_hex(r, true, "810000060030");
	assert_int_equal(r->messages, 3);
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	assert_int_equal(r->record[1]->kind, CV_KIND_ERROR);
	decode_run_clear(r);
	decode_datagram_hex(r, true, "810b0009018001000d");
	assert_int_equal(r->records, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "i-am-router-to-network");
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{"820a0006 0100", CV_REJECT_BAD_HEADER},
		{"810a00", CV_REJECT_TRUNCATED},
		{"810a0003", CV_REJECT_BAD_LENGTH},
		{"810a0009 01001008", CV_REJECT_TRUNCATED},
		{"810c0008 01001008", CV_REJECT_UNKNOWN_TYPE},
		{"810a0008 02001008", CV_REJECT_BAD_HEADER},
		{"810a0005 01", CV_REJECT_BAD_LENGTH},
		{"810a0008 0120ffff", CV_REJECT_BAD_LENGTH},
		{"810a000c 0108000d00 1008 00", CV_REJECT_BAD_HEADER}, /* SLEN 0 */
		{"81040008 01020304", CV_REJECT_BAD_LENGTH},
		{"810a0007 0100 10", CV_REJECT_BAD_LENGTH},
		{"810a0008 0100 8000", CV_REJECT_UNKNOWN_TYPE},
		{"81050007 0e1000", CV_REJECT_BAD_LENGTH},
		/* tags: content beyond the end, REAL of 3, LVT 7 of an application tag, length of 2^32-1 */
		{"810a0010 0100 1008 0c000001 0c000001", CV_REJECT_BAD_PAYLOAD},
		{"810a001b01080003016c30010c0c0040006519553e4342c800003f", CV_REJECT_BAD_PAYLOAD},
		{"810a001b01080003016c30010c0c0040006519553e4742c800003f", CV_REJECT_BAD_PAYLOAD},
		{"810a0017 0100 30010c 0c00400065 1955 3e 65ff ffffffff", CV_REJECT_BAD_PAYLOAD},
		/* closed as what was not opened, not closed, closed twice */
		{"810a001b01080003016c30010c0c0040006519553e4442c800004f", CV_REJECT_BAD_PAYLOAD},
		{"810a0016 0100 30010c 0c00400065 1955 3e 4442c80000", CV_REJECT_BAD_PAYLOAD},
		{"810a0018 0100 30010c 0c00400065 1955 3e 4442c80000 3f3f", CV_REJECT_BAD_PAYLOAD},
		/* bits: nine unused */
		{"810a0014 0100 30010c 0c00400065 1955 3e 8209 f03f", CV_REJECT_BAD_PAYLOAD},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, cases[i].hex);
		if (r->rejected != 1 || r->reject[0] != cases[i].reason)
			fail_msg("case %zu: %zu rejected, first as %d", i, r->rejected,
				 r->reject[0]);
		assert_int_equal(r->records, 0);
	}
	/* Sixteen deep is more than anybody needs. */
	send_apdu(r, "30010c 0c00400065 1955 3e 0e1e2e3e4e5e6e7e0e1e2e3e4e5e6e7e"
		     "7f6f5f4f3f2f1f0f7f6f5f4f3f2f1f0f 3f");
	assert_int_equal(r->rejected, 1);
}

static enum cv_probe probe(const char *hex, bool datagram)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_bacnet.probe(bytes, len, datagram);
}

static void probe_is_strict(void **state)
{
	(void)state;
	assert_int_equal(probe(I_AM, true), CV_PROBE_YES);
	assert_int_equal(probe(COV, true), CV_PROBE_YES);
	assert_int_equal(probe(COV, false), CV_PROBE_NO);
	assert_int_equal(probe(COV "00", true), CV_PROBE_NO);
	assert_int_equal(probe("810a001b01080003016c30010c0c0040006519553e4442c800004f", true),
			 CV_PROBE_NO);
	assert_int_equal(probe("810a0008 01501008", true), CV_PROBE_NO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(published_frames),
		TEST(every_primitive),
		TEST(status_and_units_are_about_the_value),
		TEST(events_are_alarms),
		TEST(requests),
		TEST(answers_that_refuse),
		TEST(segments_are_partial),
		TEST(other_layers),
		TEST(wrong_frames_are_rejected_with_a_reason),
		cmocka_unit_test(probe_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
