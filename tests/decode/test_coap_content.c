/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP options and what a message carries: paths, formats, blocks; SenML itself: test_senml.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/coap_test.h"

static void test_option_encodings(void **state)
{
	struct decode_run *r = *state;
	uint8_t bytes[700] = {0x40, 3, 0, 1, 0xbd, 255 - 13};
	const struct cv_record *rec;
	size_t len = 6 + 255;

	memset(bytes + 6, 'p', 255);
	memcpy(bytes + len,
	       "\xe2\xff\xf2\x00\x01\xff"
	       "7",
	       7); /* option 65534: elective */
	decode_datagram(r, true, bytes, len + 7);
	assert_int_equal(r->rejected, 1); /* 11 + 65535 is too much */
	decode_run_clear(r);
	memcpy(bytes + len,
	       "\xe2\xfe\xe6\x00\x01\xff"
	       "7",
	       7); /* 11 + 269 + 0xfee6 = 65534 */
	decode_datagram(r, true, bytes, len + 7);
	rec = only(r);
	assert_int_equal(strlen(decode_text(rec, CV_TLV_NAME)), 255);
	assert_true(rec->value.f64 == 7);

	/* A Content-Format of three bytes is one that is not understood: ignored (5.4.3). */
	decode_run_clear(r);
	decode_datagram_hex(r, true, "40030001 b161 13 00006e ff 5b5d");
	assert_string_equal(decode_text(only(r), CV_TLV_TEXT), "[]");
	/* The first of two Content-Formats counts (5.4.5). */
	decode_run_clear(r);
	decode_datagram_hex(r, true, "40030001 b161 11 2a 01 6e ff 5b5d");
	assert_int_equal(only(r)->value_type, CV_VALUE_BYTES);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "42");
}

static void expect_path(struct decode_run *r, const char *hex, const char *path)
{
	decode_run_clear(r);
	decode_datagram_hex(r, true, hex);
	assert_string_equal(decode_text(only(r), CV_TLV_NAME), path);
}

static void test_paths(void **state)
{
	struct decode_run *r = *state;
	uint8_t bytes[2000] = {0x40, 3, 0, 1};
	size_t len = 4;

	expect_path(r, "40030001 c0 ff 31", "/");
	expect_path(r, "40030001 b0 ff 31", "/");
	expect_path(r, "40030001 b161 00 0162 ff 31", "a//b");
	expect_path(r, "40030001 b3 612f62 ff 31", "a%2Fb");
	expect_path(r, "40030001 b3 612562 ff 31", "a%25b");
	expect_path(r, "40030001 b3 c3a962 ff 31",
		    "\xc3\xa9"
		    "b");
	expect_path(r, "40030001 b3 61ff62 ff 31", "a%FFb");
	expect_path(r, "40030001 b3 610062 ff 31", "a%00b");

	for (int i = 0; i < 6; i++) { /* longer than a TLV */
		bytes[len++] = i ? 0x0d : 0xbd;
		bytes[len++] = 200 - 13;
		memset(bytes + len, 'a' + i, 200);
		len += 200;
	}
	bytes[len++] = 0xff;
	bytes[len++] = '1';
	decode_run_clear(r);
	decode_datagram(r, true, bytes, len);
	assert_int_equal(only(r)->flags, CV_FLAG_TRUNCATED);
	assert_in_range(strlen(decode_text(r->record[0], CV_TLV_NAME)), 500, CV_TLV_MAX);
}

static void expect_carried(struct decode_run *r, const char *hex, enum cv_value_type type,
			   uint32_t flags)
{
	decode_run_clear(r);
	decode_datagram_hex(r, true, hex);
	if (only(r)->value_type != type || r->record[0]->flags != flags)
		fail_msg("%s: %s, flags %x", hex, cv_value_type_name(r->record[0]->value_type),
			 r->record[0]->flags);
}

static void test_formats(void **state)
{
	struct decode_run *r = *state;

	expect_carried(r, "40030001 b161 10 ff 2d312e3565320a", CV_VALUE_F64, 0); /* "-1.5e2\n" */
	assert_true(r->record[0]->value.f64 == -150);
	expect_carried(r, "40030001 b161 10 ff 6f6e", CV_VALUE_TEXT, 0);
	expect_carried(r, "40030001 b161 10 ff 0102fe", CV_VALUE_BYTES,
		       CV_FLAG_ENCODING | CV_FLAG_RAW);
	expect_carried(r, "40030001 b161 ff 312e35", CV_VALUE_F64, 0); /* no Content-Format */
	expect_carried(r, "40030001 b161 ff 0102", CV_VALUE_BYTES, CV_FLAG_RAW);
	expect_carried(r, "40030001 b161 1132 ff 31", CV_VALUE_TEXT, CV_FLAG_RAW); /* JSON */
	expect_carried(r, "40030001 b161 113c ff 01", CV_VALUE_BYTES, CV_FLAG_RAW); /* CBOR */
	expect_carried(r, "40030001 b161 112a ff 61", CV_VALUE_BYTES, CV_FLAG_RAW); /* octets */
	expect_carried(r, "40030001 b161 122d16 ff c8", CV_VALUE_BYTES,
		       CV_FLAG_RAW); /* LwM2M TLV */
	expect_carried(r, "40030001 b161 12ffff ff 61", CV_VALUE_TEXT, CV_FLAG_RAW); /* unknown */
	expect_carried(r, "40030001 b161 12ffff ff 00", CV_VALUE_BYTES, CV_FLAG_RAW);
}

static void test_senml(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* eclipse-leshan: [{v: 300.0 (half), bn: "/3442/0/130"}] */
	decode_datagram_hex(r, true,
			    "40020001 b2 6470 1170 ff 81a202f95cb0216b2f333434322f302f313330");
	rec = only(r);
	assert_true(rec->value.f64 == 300);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "/3442/0/130");
	assert_string_equal(decode_text(rec, CV_TLV_CODE),
			    "dp"); /* the resource: "t" may be many */
	assert_int_equal(rec->flags, 0);
	assert_int_equal(rec->reject, CV_REJECT_NONE);

	/* Not SenML although it says so: carried, and the reason is on the record. */
	decode_run_clear(r);
	decode_datagram_hex(r, true, "40020001 b2 6470 1170 ff 81a202f95c");
	rec = only(r);
	assert_int_equal(r->messages, 1);
	assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_int_equal(rec->reject, CV_REJECT_BAD_PAYLOAD);
	decode_run_clear(r);
	decode_datagram_hex(r, true, "40020001 b2 6470 116e ff 5b7b5d");
	assert_int_equal(only(r)->value_type, CV_VALUE_TEXT);
	assert_int_equal(r->record[0]->reject, CV_REJECT_BAD_PAYLOAD);
}

static void test_blocks(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* GET /large, Block2 1/0/64, and its answer 1/1/64 (ttproto TD_COAP_BLOCK_01) */
	decode_datagram_hex(r, true, "48013504 da0de950816b8e11 b5 6c61726765 c112");
	decode_datagram_hex(r, false, "68453504 da0de950816b8e11 c0 b11a ff 3132");
	rec = only(r);
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL);
	assert_int_equal(rec->seq, 1);
	assert_int_equal(rec->value_type, CV_VALUE_TEXT); /* half a number is no number */
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "large");

	/* SenML in pieces stays as it is. */
	decode_run_clear(r);
	decode_datagram_hex(r, true,
			    "40020001 b2 6470 1170 d102 08 ff 81a202f95cb0216b2f333434322f302f"
			    "313330");
	rec = only(r);
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW);
	assert_int_equal(rec->seq, 0);
	assert_int_equal(rec->reject, CV_REJECT_NONE);
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);

	/* The only block is the whole; a Block2 in a request describes no payload. */
	decode_run_clear(r);
	decode_datagram_hex(r, true, "40020001 b2 6470 10 d102 06 ff 31");
	assert_int_equal(only(r)->flags, 0);
	decode_run_clear(r);
	decode_datagram_hex(r, true, "40020001 b2 6470 10 b1 16 ff 31");
	assert_int_equal(only(r)->flags, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COAP_TEST(test_option_encodings), COAP_TEST(test_paths),
		COAP_TEST(test_formats),	  COAP_TEST(test_senml),
		COAP_TEST(test_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
