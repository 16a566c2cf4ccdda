/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of ../shared/protocols (public captures, decoded with tshark 4.0) and of
 * RFC 3416, 3418 and 3584. Captures are compared with tshark by tools/oracle-diff.
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

extern const struct cv_decoder cv_decoder_snmp;

/* Version 2c, community "p", what follows. */
#define V2C(len, pdu) "30" len "020101 040170" pdu

static uint8_t bytes[65536];

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_snmp, NULL);
	return 0;
}

static void send_sample(struct decode_run *r, const char *name)
{
	size_t len = decode_sample(name, bytes, sizeof(bytes));

	decode_run_clear(r);
	decode_datagram(r, true, bytes, len);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
}

/* A SetRequest of this one value. NULL where it makes no record. */
static const struct cv_record *bound(struct decode_run *r, const char *value)
{
	uint8_t v[600], out[1200];
	size_t n = decode_hex(value, v, sizeof(v)), len = 0;
	static const uint8_t name[] = {0x06, 0x03, 0x2b, 0x06, 0x01};
	const size_t binding = sizeof(name) + n, list = binding + 4, pdu = list + 4 + 9;

#define HEAD(tag, size)                                                                            \
	do {                                                                                       \
		out[len++] = (tag);                                                                \
		out[len++] = 0x82;                                                                 \
		out[len++] = (uint8_t)((size) >> 8);                                               \
		out[len++] = (uint8_t)(size);                                                      \
	} while (0)
	HEAD(0x30, pdu + 4 + 6);
	memcpy(out + len, "\x02\x01\x01\x04\x01p", 6);
	len += 6;
	HEAD(0xa3, pdu);
	memcpy(out + len, "\x02\x01\x01\x02\x01\x00\x02\x01\x00", 9);
	len += 9;
	HEAD(0x30, list);
	HEAD(0x30, binding);
#undef HEAD
	memcpy(out + len, name, sizeof(name));
	len += sizeof(name);
	memcpy(out + len, v, n);
	len += n;
	decode_run_clear(r);
	decode_datagram(r, true, out, len);
	return r->records == 1 ? r->record[0] : NULL;
}

static void a_trap_of_version_1(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	send_sample(r, "snmp/trap-v1.bin");
	assert_int_equal(r->records, 3);
	rec = r->record[0];
	assert_int_equal(rec->name_id, CV_NAME_NETWORK_DEVICE_START);
	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->status, 4);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "coldStart");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "1.3.6.1.6.3.1.1.5.1");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "trap-v1");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "127.0.0.1"); /* not the sender */
	assert_int_equal(r->record[1]->name_id, CV_NAME_DEVICE_UPTIME);
	assert_true(r->record[1]->value.f64 == 0);
	assert_int_equal(r->record[2]->value.i64, 33);
	assert_string_equal(decode_text(r->record[2], CV_TLV_CODE), "1.3.6.1.2.1.2.1.0");
	assert_string_equal(decode_text(r->record[2], CV_TLV_NAME), "raw.1.3.6.1.2.1.2.1.0");
}

static void a_trap_of_version_2c(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	send_sample(r, "snmp/trap-v2c.bin");
	assert_int_equal(r->records, 5);
	rec = r->record[0];
	assert_int_equal(rec->name_id, CV_NAME_NETWORK_LINK_DOWN);
	assert_int_equal(rec->lane, CV_LANE_ALARM);
	assert_int_equal(rec->kind, CV_KIND_ALARM);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "linkDown");
	assert_true(r->record[1]->value.f64 == 31620.53);
	assert_int_equal(r->record[2]->value.i64, 2);
	assert_string_equal(decode_text(r->record[3], CV_TLV_TEXT), "Ethernet0/1");
	assert_string_equal(decode_text(r->record[4], CV_TLV_TEXT), "administratively down");
	for (size_t i = 0; i < r->records; i++)
		assert_null(memmem(r->record[i], r->record[i]->size, "public", 6));
}

static void an_inform_of_a_maker(void **state)
{
	struct decode_run *r = *state;

	send_sample(r, "snmp/inform.bin");
	assert_int_equal(r->records, 6);
	assert_int_equal(r->record[0]->kind, CV_KIND_ALARM);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "raw.1.3.6.1.4.1.31337.0.5");
	assert_int_equal(r->record[0]->seq, 7);
	assert_int_equal(r->record[2]->value.u64, 4294967295u);
	assert_string_equal(decode_text(r->record[3], CV_TLV_TEXT), "192.0.2.1");
	assert_int_equal(r->record[4]->value.u64, UINT64_MAX);
	assert_int_equal(r->record[5]->value_type, CV_VALUE_BYTES);
}

static void what_managers_ask(void **state)
{
	struct decode_run *r = *state;

	send_sample(r, "snmp/get.bin");
	assert_int_equal(r->records, 0);
	send_sample(r, "snmp/set.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_COMMAND);
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "cabinet-7");
	r->origin.sport = 161;
	r->origin.dport = 40000;
	send_sample(r, "snmp/response.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_STATE);
	assert_int_equal(r->record[0]->value.u64, 2);
	assert_int_equal(r->record[0]->direction, CV_DIR_UP);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "1.3.6.1.2.1.1.5.0");
	send_sample(r, "snmp/error.bin");
	assert_int_equal(r->record[0]->kind, CV_KIND_ERROR);
	assert_int_equal(r->record[0]->value.i64, 2);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "1.3.6.1.2.1.1.99.0");
}

static void version_3(void **state)
{
	struct decode_run *r = *state;

	send_sample(r, "snmp/v3-encrypted.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_RAW);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "encrypted");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "pippo");
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "80001f8880e9630000d61ff449");
	send_sample(r, "snmp/v3-clear.bin");
	assert_int_equal(r->records, 5);
	assert_int_equal(r->record[0]->name_id, CV_NAME_NETWORK_LINK_DOWN);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "80001f8880e9630000d61ff449");
}

static void every_value(void **state)
{
	static const struct {
		const char *hex;
		enum cv_value_type type;
		int64_t value;
		const char *text;
	} want[] = {
		{"0201ff", CV_VALUE_I64, -1, ""},
		{"02087fffffffffffffff", CV_VALUE_I64, INT64_MAX, ""},
		{"410400000001", CV_VALUE_U64, 1, ""},
		{"42050080000000", CV_VALUE_U64, 0x80000000, ""},
		{"4303010000", CV_VALUE_U64, 65536, ""},
		{"040568656c6c6f", CV_VALUE_TEXT, 0, "hello"},
		{"0400", CV_VALUE_TEXT, 0, ""},
		{"04020007", CV_VALUE_BYTES, 0, ""},
		{"0500", CV_VALUE_NONE, 0, ""},
		{"06052b06018f7f", CV_VALUE_TEXT, 0, "1.3.6.1.2047"},
		{"0606 88378fffff7f", CV_VALUE_TEXT, 0, "2.999.33554431"},
		{"0602 8100", CV_VALUE_TEXT, 0, "2.48"},
		{"06062b8fffffff7f", CV_VALUE_TEXT, 0, "1.3.4294967295"},
		{"4004c0000201", CV_VALUE_TEXT, 0, "192.0.2.1"},
		{"8000", CV_VALUE_NONE, 0, ""},
		{"8200", CV_VALUE_NONE, 0, ""},
		{"44049f780441", CV_VALUE_BYTES, 0, ""},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct cv_record *rec = bound(r, want[i].hex);

		if (rec == NULL)
			fail_msg("%s: no record", want[i].hex);
		if (rec->value_type != want[i].type || rec->value.i64 != want[i].value)
			fail_msg("%s: type %u", want[i].hex, rec->value_type);
		assert_string_equal(decode_text(rec, CV_TLV_TEXT), want[i].text);
	}
	assert_string_equal(decode_text(bound(r, "8100"), CV_TLV_FLAG), "noSuchInstance");
	assert_int_equal(r->record[0]->quality, CV_QUALITY_BAD);
}

static void wrong_values_are_rejected(void **state)
{
	static const char *const wrong[] = {
		"0200", /* an integer of nothing */
		"0209000000000000000001",
		"4109010000000000000000", /* 2^64 */
		"4003c00002",
		"050100",
		"06022b80", /* ends inside a sub-identifier */
		"06032b8001", /* a zero in front */
		"06062b9080808000", /* 2^32 */
		"06072b818080808000",
		"0485", /* a length of five bytes */
		"0480", /* indefinite */
		"0484ffffffff",
		"0405616263", /* not all there */
		"1f0100", /* a tag of several bytes */
		"",
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bound(r, wrong[i]);
		if (r->rejected != 1 || r->records != 0 || r->reject[0] != CV_REJECT_BAD_PAYLOAD)
			fail_msg("%s: %zu rejected, %zu records", wrong[i], r->rejected,
				 r->records);
	}
}

static void wrong_messages_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{"31020100", CV_REJECT_BAD_HEADER},
		{"3003020102", CV_REJECT_BAD_HEADER}, /* version 2 never was */
		{"3080020101", CV_REJECT_BAD_LENGTH},
		{"3085000000000102", CV_REJECT_BAD_LENGTH},
		{"3005020101", CV_REJECT_TRUNCATED},
		{"308202", CV_REJECT_TRUNCATED},
		{V2C("0b", "a9030201 01"), CV_REJECT_UNKNOWN_TYPE},
		{V2C("09", "a403020101"), CV_REJECT_BAD_LENGTH},
		{V2C("0b", "a403020101"), CV_REJECT_BAD_VALUE},
		{"300b 020100 040170 a703020101", CV_REJECT_BAD_VALUE}, /* no such PDU in v1 */
		{V2C("0b", "a003020101"), CV_REJECT_BAD_PAYLOAD},
	};
	struct decode_run *r = *state;
	size_t len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, cases[i].hex);
		if (r->rejected != 1)
			fail_msg("case %zu: %zu rejected, %zu messages", i, r->rejected,
				 r->messages);
		assert_int_equal(r->records, 0);
		if (r->reject[0] != cases[i].reason)
			fail_msg("case %zu: reason %d", i, r->reject[0]);
	}
	decode_run_clear(r);
	len = decode_sample("snmp/damaged.bin", bytes, sizeof(bytes));
	decode_datagram(r, true, bytes, len);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_PAYLOAD);
}

static void probe_is_strict(void **state)
{
	size_t len = decode_sample("snmp/get.bin", bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cv_decoder_snmp.probe(bytes, len, true), CV_PROBE_YES);
	assert_int_equal(cv_decoder_snmp.probe(bytes, len, false), CV_PROBE_NO);
	assert_int_equal(cv_decoder_snmp.probe(bytes, len - 1, true), CV_PROBE_NO);
	bytes[len] = 0;
	assert_int_equal(cv_decoder_snmp.probe(bytes, len + 1, true), CV_PROBE_NO);
	/* LDAP, and an MQTT PUBLISH with a topic of two */
	len = decode_hex("300c020101600702010304008000", bytes, sizeof(bytes));
	assert_int_equal(cv_decoder_snmp.probe(bytes, len, true), CV_PROBE_NO);
	len = decode_hex("30050002612f31", bytes, sizeof(bytes));
	assert_int_equal(cv_decoder_snmp.probe(bytes, len, true), CV_PROBE_NO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_trap_of_version_1),
		TEST(a_trap_of_version_2c),
		TEST(an_inform_of_a_maker),
		TEST(what_managers_ask),
		TEST(version_3),
		TEST(every_value),
		TEST(wrong_values_are_rejected),
		TEST(wrong_messages_are_rejected_with_a_reason),
		cmocka_unit_test(probe_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
