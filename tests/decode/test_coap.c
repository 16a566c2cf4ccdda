/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP messages: header, pairing, errors, TCP; what they carry: test_coap_content.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/coap_test.h"

#define SECOND_NS INT64_C(1000000000)

static void expect_reject(struct decode_run *r, const char *hex, enum cv_reject reason)
{
	decode_run_clear(r);
	decode_datagram_hex(r, true, hex);
	if (r->rejected != 1 || r->reject[0] != reason || r->messages != 0 || r->records != 0)
		fail_msg("%s: %zu rejected as %s, %zu messages, want %s", hex, r->rejected,
			 r->rejected ? cv_reject_name(r->reject[0]) : "-", r->messages,
			 cv_reject_name(reason));
}

/* RFC 7252 appendix A, figure 16: GET /temperature, piggybacked 2.05 "22.3 C". */
static void test_get_and_response(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_datagram_hex(r, true, "40017D34 BB 74656D7065726174757265");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	decode_datagram_hex(r, false, "60457D34 FF 32322E332043");
	assert_int_equal(r->messages, 2);
	rec = only(r);
	assert_int_equal(rec->lane, CV_LANE_MEASUREMENT);
	assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(rec->value_type, CV_VALUE_TEXT);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "22.3 C");
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "temperature");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "2.05");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "");
	assert_int_equal(rec->flags, 0);
	assert_int_equal(rec->status, 0x45);
	assert_int_equal(rec->seq, 0x7d34);
	assert_int_equal(rec->raw_len, 11);
	assert_int_equal(rec->device_end, CV_DEVICE_END_SRC);
}

/* 4.4: ids are of two endpoints: the same question to two devices is no repeat of itself. */
static void test_one_id_for_two_devices(void **state)
{
	static const char get[] = "40017D34 BB 74656D7065726174757265";
	struct decode_run *r = *state;

	decode_remember(r);
	for (uint8_t device = 1; device <= 2; device++) {
		r->origin.dst[3] = device;
		decode_datagram_hex(r, true, get);
		decode_datagram_hex(r, false, "60457D34 FF 32322E332043");
		assert_int_equal(r->records, device);
		assert_string_equal(decode_text(r->record[device - 1], CV_TLV_NAME), "temperature");
	}
	assert_int_equal(r->repeats.found, 0);
	decode_datagram_hex(r, true, get);
	assert_int_equal(r->repeats.found, 1);
}

/* RFC 7252 appendix A, figure 18: the same with a token and a separate response (figure 20). */
static void test_separate_response(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_datagram_hex(r, true, "41017d35 20 BB 74656D7065726174757265");
	decode_datagram_hex(r, false, "60007d35");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 0);
	decode_datagram_hex(r, false, "4145ad7b 20 c0 ff 32322e33");
	rec = only(r);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "temperature");
	assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "20");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "0");
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	assert_true(rec->value.f64 == 22.3);
	decode_datagram_hex(r, true, "6000ad7b");
	decode_datagram_hex(r, true, "7000ad7b");
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->records, 1);
}

static void test_observe(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_datagram_hex(r, true, "4201796de3d5 60 53 6f6273");
	assert_int_equal(r->records, 0);
	decode_datagram_hex(r, false,
			    "4245298be3d5 6106 60 2101 ff 43757272656e742074656d70657261747572"
			    "653a2032312e343331363938");
	rec = only(r);
	assert_int_equal(rec->flags, CV_FLAG_NOTIFICATION);
	assert_int_equal(rec->seq, 6);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "obs");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "Current temperature: 21.431698");

	/* The path lives on with the notifications, for more than a day. */
	for (int i = 0; i < 4; i++) {
		decode_run_clear(r);
		r->origin.ts_rx_ns += 86000 * SECOND_NS;
		decode_datagram_hex(r, false, "5245298ce3d5 63 fffffe ff 35");
		rec = only(r);
		assert_int_equal(rec->seq, 0xfffffe);
		assert_string_equal(decode_text(rec, CV_TLV_NAME), "obs");
		assert_true(rec->value.f64 == 5);
	}
	r->origin.ts_rx_ns += 90000 * SECOND_NS;
	decode_run_clear(r);
	decode_datagram_hex(r, false, "5245298de3d5 6101 ff 36");
	assert_true(only(r)->flags & CV_FLAG_UNPAIRED);
}

static void test_unpaired(void **state)
{
	struct decode_run *r = *state;

	decode_datagram_hex(r, false, "52450001 e3d5 ff 31");
	assert_int_equal(only(r)->flags, CV_FLAG_UNPAIRED);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "coap:token:e3d5");
	assert_string_equal(decode_text(r->record[0], CV_TLV_CORRELATION), "e3d5");
}

/* Entries end 247 s after the request (RFC 7252 4.8.2), and other ends do not match. */
static void test_pair_key_and_age(void **state)
{
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, "4101000141 b161");
	r->origin.sport++;
	decode_datagram_hex(r, false, "6145000141 ff 31");
	assert_true(only(r)->flags & CV_FLAG_UNPAIRED);
	r->origin.sport--;
	r->origin.vlan = 7; /* the same addresses in another network */
	decode_run_clear(r);
	decode_datagram_hex(r, false, "6145000141 ff 31");
	assert_true(only(r)->flags & CV_FLAG_UNPAIRED);
	r->origin.vlan = 0;
	r->origin.ts_rx_ns += 246 * SECOND_NS;
	decode_run_clear(r);
	decode_datagram_hex(r, false, "6145000141 ff 31");
	assert_int_equal(only(r)->flags, 0);
	r->origin.ts_rx_ns += 248 * SECOND_NS;
	decode_run_clear(r);
	decode_datagram_hex(r, false, "6145000141 ff 31");
	assert_true(only(r)->flags & CV_FLAG_UNPAIRED);
}

/* RFC 7252 8: the request went to the group, the response comes from a member. */
static void test_multicast(void **state)
{
	struct decode_run *r = *state;
	static const uint8_t group[4] = {224, 0, 1, 187}, member[4] = {198, 51, 100, 77};

	memcpy(r->origin.dst, group, 4);
	decode_datagram_hex(r, true, "5101000141 b161");
	memcpy(r->origin.dst, member, 4);
	decode_datagram_hex(r, false, "5145000141 ff 31");
	assert_int_equal(only(r)->flags, 0);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "a");
}

/* More requests than the table holds: old ones give way, new ones are found. */
static void test_pairs_evict(void **state)
{
	struct decode_run *r = *state;
	uint8_t get[] = {0x44, 1, 0, 1, 0, 0, 0, 0, 0xb1, 'x'};
	uint8_t answer[] = {0x64, 0x45, 0, 1, 0, 0, 0, 0, 0xff, '1'};
	size_t paired = 0;

	for (uint32_t i = 0; i < 40000; i++) {
		memcpy(get + 4, &i, 4);
		r->origin.ts_rx_ns++;
		decode_datagram(r, true, get, sizeof(get));
	}
	for (uint32_t i = 39000; i < 40000; i++) {
		memcpy(answer + 4, &i, 4);
		decode_run_clear(r);
		decode_datagram(r, false, answer, sizeof(answer));
		paired += !(only(r)->flags & CV_FLAG_UNPAIRED);
	}
	assert_int_equal(paired, 1000);
}

static void test_put(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* PUT /sensors/temp "21.5" text/plain, token 01, MID 1 */
	decode_datagram_hex(r, true, "41030001 01 b7 73656e736f7273 04 74656d70 10 ff 32312e35");
	rec = only(r);
	assert_int_equal(rec->lane, CV_LANE_MEASUREMENT);
	assert_int_equal(rec->device_end, CV_DEVICE_END_SRC);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "sensors/temp");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "PUT");
	assert_true(rec->value.f64 == 21.5);

	/* The platform sets something: a command to the device. */
	decode_run_clear(r);
	r->origin.direction = CV_DIR_DOWN;
	decode_datagram_hex(r, true, "41030002 02 b3 6c6564 10 ff 31");
	rec = only(r);
	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->device_end, CV_DEVICE_END_DST);
}

static void test_no_record(void **state)
{
	static const char *const quiet[] = {
		"40040001 b161", /* DELETE */
		"40020001 b161", /* POST without payload */
		"60440001", /* 2.04 without payload */
		"40000001", /* ping */
		"70000001", /* pong */
		"41050001 01 b161 ff 31", /* FETCH: the payload is the question */
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		decode_datagram_hex(r, true, quiet[i]);
	assert_int_equal(r->messages, sizeof(quiet) / sizeof(quiet[0]));
	assert_int_equal(r->records, 0);
	assert_int_equal(r->rejected, 0);
}

static void test_errors(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_datagram_hex(r, true, "41010001 01 b4 6e6f6e65");
	decode_datagram_hex(r, false, "61840001 01");
	rec = only(r);
	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_int_equal(rec->status, 0x84);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "4.04");
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "none");
	decode_run_clear(r);
	decode_datagram_hex(r, false, "61a00001 01 ff 3432");
	rec = only(r);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "5.00");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "42"); /* diagnostic, not a value */
}

/* libcoap's test_pdu.c: a response of a class nobody has defined, option 0, Content-Format 0. */
static void test_odd_but_valid(void **state)
{
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, "55731234 746f6b656e 00 c100 ff 7061796c6f6164");
	assert_int_equal(only(r)->kind, CV_KIND_STATE);
	assert_int_equal(r->record[0]->lane, CV_LANE_STATUS);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "3.19");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "payload");
}

static void test_rejects(void **state)
{
	struct decode_run *r = *state;

	expect_reject(r, "400100", CV_REJECT_TRUNCATED);
	expect_reject(r, "59691234 746f6b656e313233 34", CV_REJECT_BAD_HEADER); /* TKL 9 */
	expect_reject(r, "5a0a5b5b", CV_REJECT_BAD_HEADER); /* TKL 10 */
	expect_reject(r, "4f010001 000000000000000000000000000000", CV_REJECT_BAD_HEADER);
	expect_reject(r, "00010001", CV_REJECT_BAD_HEADER); /* version 0 */
	expect_reject(r, "80010001", CV_REJECT_BAD_HEADER);
	expect_reject(r, "c0010001", CV_REJECT_BAD_HEADER);
	expect_reject(r, "48010001 0102", CV_REJECT_TRUNCATED); /* token cut */
	expect_reject(r, "70001234 ff", CV_REJECT_BAD_LENGTH);
	expect_reject(r, "40001234 00", CV_REJECT_BAD_LENGTH); /* empty with more bytes */
	expect_reject(r, "41001234 01", CV_REJECT_BAD_LENGTH); /* empty with a token */
	expect_reject(r, "40010001 b161 ff", CV_REJECT_BAD_LENGTH);
	expect_reject(r, "40010001 f1 0000", CV_REJECT_BAD_OPTION); /* delta 15 */
	expect_reject(r, "40010001 bf 0000", CV_REJECT_BAD_OPTION); /* length 15 */
	expect_reject(r, "40010001 b4 616263", CV_REJECT_TRUNCATED);
	expect_reject(r, "40010001 bd", CV_REJECT_TRUNCATED);
	expect_reject(r, "40010001 be 00", CV_REJECT_TRUNCATED);
	expect_reject(r, "40010001 e0 00", CV_REJECT_TRUNCATED);
	expect_reject(r, "40010001 e0 fef2 10", CV_REJECT_BAD_OPTION); /* 65535 + 1 */
	expect_reject(r, "40010001 d40a 00000000", CV_REJECT_BAD_OPTION); /* Block2 of 4 bytes */
	expect_reject(r, "40010001 d00a 00", CV_REJECT_BAD_OPTION); /* Block2 twice */
	expect_reject(r, "40200001", CV_REJECT_UNKNOWN_TYPE); /* class 1 */
	expect_reject(r, "40c00001", CV_REJECT_UNKNOWN_TYPE);
	expect_reject(r, "40e10001", CV_REJECT_UNKNOWN_TYPE); /* signaling over UDP */
	expect_reject(r, "60010001 b161", CV_REJECT_BAD_VALUE); /* a request in an ACK */
	expect_reject(r, "70450001", CV_REJECT_BAD_VALUE); /* RST is empty */
	expect_reject(r, "50000001", CV_REJECT_BAD_VALUE); /* NON is not */
}

static void test_tcp(void **state)
{
	struct decode_run *r = *state;
	uint8_t bytes[256];
	size_t len;

	/* CSM; GET /a with token 01; its 2.05 "5.5"; a message of 269 + 12 bytes body */
	r->origin.ip_proto = 6;
	for (size_t chunk = 0; chunk < 12; chunk++) {
		decode_run_clear(r);
		decode_new_flow(r);
		len = decode_hex("00e1 21 01 01 b161", bytes, sizeof(bytes));
		decode_chunks(r, true, bytes, len, chunk);
		len = decode_hex("00e1 51 45 01 c0 ff 352e35", bytes, sizeof(bytes));
		decode_chunks(r, false, bytes, len, chunk);
		assert_int_equal(r->messages, 4);
		assert_int_equal(only(r)->flags, 0);
		assert_true(r->record[0]->value.f64 == 5.5);
		assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "a");
		assert_int_equal(r->record[0]->raw_len, 8);
	}
}

static void test_tcp_large(void **state)
{
	struct decode_run *r = *state;
	static uint8_t bytes[70000];
	size_t body = 69000, len = 6;

	/* PUT /a with 68,997 bytes of text: the beginning is carried, the rest skipped. */
	r->origin.ip_proto = 6;
	bytes[0] = 0xf0;
	bytes[3] = (uint8_t)((body - 65805) >> 8);
	bytes[4] = (uint8_t)(body - 65805);
	bytes[5] = 3;
	memcpy(bytes + len,
	       "\xb1"
	       "a"
	       "\xff",
	       3);
	memset(bytes + len + 3, '7', body - 3);
	len += body;
	memcpy(bytes + len, "\x00\xe2", 2); /* ping behind it */
	decode_chunks(r, true, bytes, len + 2, 1460);
	assert_int_equal(r->messages, 2);
	assert_int_equal(only(r)->flags, CV_FLAG_TRUNCATED);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_TEXT);
	assert_int_equal(r->record[0]->raw_len, body + 6);

	decode_new_flow(r);
	decode_run_clear(r);
	decode_segment_hex(r, true, "09 45 010203040506070809");
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		COAP_TEST(test_get_and_response),
		COAP_TEST(test_one_id_for_two_devices),
		COAP_TEST(test_separate_response),
		COAP_TEST(test_observe),
		COAP_TEST(test_unpaired),
		COAP_TEST(test_pair_key_and_age),
		COAP_TEST(test_multicast),
		COAP_TEST(test_pairs_evict),
		COAP_TEST(test_put),
		COAP_TEST(test_no_record),
		COAP_TEST(test_errors),
		COAP_TEST(test_odd_but_valid),
		COAP_TEST(test_rejects),
		COAP_TEST(test_tcp),
		COAP_TEST(test_tcp_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
