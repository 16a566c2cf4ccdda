/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of MQTT-SN 1.2 and, for published messages (mobius mqtt-sn-parser, mqtt-sn-
 * tools), their own; tshark reads every sample the same way.
 */
#include "dataplane/decode/mqttsn.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_mqttsn;

static uint8_t bytes[4096];

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_mqttsn, NULL);
	return 0;
}

static void published(struct decode_run *r, const char *name, const char *topic, uint32_t flags)
{
	decode_run_clear(r);
	play(r, false, true, name);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(r->record[0]->flags, flags);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), topic);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "dummy_123");
}

static void a_client(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	play(r, false, true, "mqttsn/connect.bin");
	rec = r->record[0];
	assert_int_equal(rec->kind, CV_KIND_SESSION);
	assert_int_equal(rec->value.u64, 11);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "dummy_123");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "connect");
	published(r, "mqttsn/publish.bin", "id-11", CV_FLAG_UNPAIRED);
	decode_run_clear(r);
	play(r, false, true, "mqttsn/register.bin");
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "root/first");
	play(r, false, false, "mqttsn/regack.bin");
	assert_int_equal(r->records, 1);
	published(r, "mqttsn/publish.bin", "root/first", 0);
	rec = r->record[0];
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	assert_true(rec->value.f64 == 21.5);
	assert_int_equal(rec->seq, 0x17);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "qos 1");
	published(r, "mqttsn/publish-short.bin", "tm", 0);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "on");
	published(r, "mqttsn/publish-predefined.bin", "predefined-33", CV_FLAG_UNPAIRED);
	assert_int_equal(r->record[0]->stage, CV_STAGE_RETAINED);
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), "qos 2 retain");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "message");
	published(r, "mqttsn/publish-long.bin", "root/first", 0);
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_TEXT).len, 300);
	/* What the client was told in another flow says nothing in this one. */
	decode_new_flow(r);
	decode_run_clear(r);
	play(r, false, true, "mqttsn/publish.bin");
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "id-11");
}

static void senml(void **state)
{
	struct decode_run *r = *state;

	play(r, false, true, "mqttsn/publish-senml.bin");
	assert_int_equal(r->records, 1);
	assert_true(r->record[0]->value.f64 == 23.1);
	assert_int_equal(r->record[0]->unit_id, CV_UNIT_CEL);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE),
			    "urn:dev:ow:10e2073a01080063");
}

static void subscriptions_and_wills(void **state)
{
	struct decode_run *r = *state;

	play(r, false, true, "mqttsn/subscribe.bin");
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "cmd/node");
	play(r, false, false, "mqttsn/suback.bin");
	decode_run_clear(r);
	decode_datagram_hex(r, false, "08 0c 00 000c 0001 31"); /* down, under the number given */
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "cmd/node");
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	decode_run_clear(r);
	play(r, false, true, "mqttsn/will.bin");
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "status/x");
	play(r, false, false, "mqttsn/refused.bin");
	said(r->record[1], &(struct said){CV_KIND_ERROR, "connack", "", "1", "", "congestion"});
	decode_run_clear(r);
	decode_datagram_hex(r, true, "0212");
	assert_int_equal(r->rejected, 1);
}

static void behind_a_forwarder(void **state)
{
	struct decode_run *r = *state;

	play(r, false, true, "mqttsn/forwarded.bin");
	assert_int_equal(r->messages, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "node");
	assert_string_equal(decode_text(r->record[0], CV_TLV_SUB), "0a0b");
	assert_int_equal(r->record[0]->value.u64, 60);
	/* Another node's message is not that client's. */
	decode_run_clear(r);
	decode_datagram_hex(r, true, "05 fe 00 0a0c 08 0c 62 616200 0131");
	assert_int_equal(r->messages, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "");
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "ab");
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), "qos -1");
}

static void all_formats(void **state)
{
	static const char *const good[] = {
		"05 00 01 0384",
		"03 01 00",
		"03 02 01",
		"05 02 01 0a00",
		"03 05 00",
		"02 06",
		"02 07",
		"04 07 00 61",
		"02 08",
		"02 09",
		"03 09 78",
		"07 0a 0000 0001 61",
		"07 0b 0001 0001 00",
		"07 0c 00 0001 0000",
		"07 0d 0001 0001 00",
		"04 0e 0001",
		"04 0f 0001",
		"04 10 0001",
		"06 12 00 0001 61",
		"07 12 01 0001 0007",
		"08 13 00 0001 0001 00",
		"07 14 02 0001 6162",
		"04 15 0001",
		"02 16",
		"03 16 61",
		"02 17",
		"02 18",
		"04 18 0010",
		"02 1a",
		"05 1a 00 6162",
		"03 1b 00",
		"03 1c 78",
		"03 1d 00",
		"01 0004 17",
	};
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} bad[] = {
		{"00", CV_REJECT_TRUNCATED},
		{"00 00 00 00", CV_REJECT_BAD_LENGTH},
		{"03 ff 00", CV_REJECT_UNKNOWN_TYPE},
		{"02 03", CV_REJECT_UNKNOWN_TYPE},
		{"0d0c51002100166d657373616765", CV_REJECT_BAD_LENGTH},
		{"0f 0c51002100166d657373616765", CV_REJECT_TRUNCATED},
		{"07 04 04 02 0001 61", CV_REJECT_BAD_HEADER},
		{"06 04 04 01 0001", CV_REJECT_BAD_LENGTH},
		{"08 0c 03 0001 0001 00", CV_REJECT_BAD_HEADER},
		{"03 17 00", CV_REJECT_BAD_LENGTH},
		{"03 18 00", CV_REJECT_BAD_LENGTH},
		{"07 0a 0000 0001 ff", CV_REJECT_BAD_UTF8},
		{"08 12 01 0001 000007", CV_REJECT_BAD_LENGTH},
		{"02 fe 02 16", CV_REJECT_BAD_LENGTH},
		{"09 fe 00", CV_REJECT_BAD_LENGTH},
		{"03 fe 00", CV_REJECT_TRUNCATED},
		{"01 00", CV_REJECT_TRUNCATED},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, good[i]);
		assert_int_equal(r->messages, 1);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, bad[i].hex);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], bad[i].reason);
	}
}

/* More names than the table holds: the oldest go, and nothing else happens. */
static void names_are_bounded(void **state)
{
	struct decode_run *r = *state;
	uint8_t m[] = {8, MQTTSN_REGISTER, 0, 0, 0, 1, 'a', 'b'};

	for (unsigned int id = 1; id < 20000; id++) {
		m[2] = (uint8_t)(id >> 8);
		m[3] = (uint8_t)id;
		decode_run_clear(r);
		decode_datagram(r, false, m, sizeof(m));
	}
	decode_run_clear(r);
	decode_datagram_hex(r, true, "07 0c 00 4e1f 0000"); /* the last one */
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "ab");
}

static void probe_is_strict(void **state)
{
	size_t len = decode_sample("mqttsn/connect.bin", bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cv_decoder_mqttsn.probe(bytes, len, true), CV_PROBE_YES);
	assert_int_equal(cv_decoder_mqttsn.probe(bytes, len, false), CV_PROBE_NO);
	assert_int_equal(cv_decoder_mqttsn.probe(bytes, len - 1, true), CV_PROBE_NO);
	bytes[len - 1] = 0x80;
	assert_int_equal(cv_decoder_mqttsn.probe(bytes, len, true), CV_PROBE_NO);
	len = decode_sample("mqttsn/publish.bin", bytes, sizeof(bytes));
	assert_int_equal(cv_decoder_mqttsn.probe(bytes, len, true), CV_PROBE_NO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_client),
		TEST(senml),
		TEST(subscriptions_and_wills),
		TEST(behind_a_forwarder),
		TEST(all_formats),
		TEST(names_are_bounded),
		cmocka_unit_test(probe_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
