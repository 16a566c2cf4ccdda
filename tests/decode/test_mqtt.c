/* SPDX-License-Identifier: Apache-2.0 */
/* What single MQTT packets become, per type and version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/mqtt_test.h"

static const struct {
	const char *hex, *topic, *code, *correlation, *flag, *text;
	uint16_t id;
} publishes[] = {
	{"3017000a746573742f736d616c6c48656c6c6f204d51545421", "test/small", "", "", "qos0",
	 "Hello MQTT!", 0},
	{"321a0009746573742f716f73310002516f532031206d657373616765", "test/qos1", "", "", "qos1",
	 "QoS 1 message", 2},
	{"30190006746f7069635800626161626161626c61636b7368656570", "topicX", "", "", "qos0",
	 "baabaablacksheep", 0},
	{"304d0005612f622f633a0101020000000203000a746578742f706c61696e080005612f622f63090004646174"
	 "610bcad41323000326000568656c6c6f0006e4b896e7958c68656c6c6f206d6f636869",
	 "a/b/c", "text/plain", "64617461", "qos0 alias 3", "hello mochi", 0},
	{"301100000323000168656c6c6f206d6f636869", "", "", "", "qos0 alias 1", "hello mochi", 0},
};

/* Published vectors, seen in mid-stream: the layout has to be found out. */
static void test_publish_vectors(void **state)
{
	for (size_t i = 0; i < sizeof(publishes) / sizeof(publishes[0]); i++) {
		struct decode_run *r = mqtt_run();
		const struct cv_record *rec;

		decode_segment_hex(r, true, publishes[i].hex);
		rec = mqtt_one(r);
		assert_int_equal(rec->lane, CV_LANE_MEASUREMENT);
		assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
		assert_int_equal(rec->direction, CV_DIR_UP);
		assert_int_equal(rec->device_end, CV_DEVICE_END_SRC);
		assert_int_equal(rec->value_type, CV_VALUE_TEXT);
		assert_int_equal(rec->seq, publishes[i].id);
		assert_int_equal(rec->raw_len, strlen(publishes[i].hex) / 2);
		assert_int_equal(rec->flags, publishes[i].topic[0] ? 0 : CV_FLAG_UNPAIRED);
		assert_text(rec, CV_TLV_METHOD, "PUBLISH");
		assert_text(rec, CV_TLV_NAME, publishes[i].topic);
		assert_text(rec, CV_TLV_CODE, publishes[i].code);
		assert_text(rec, CV_TLV_CORRELATION, publishes[i].correlation);
		assert_text(rec, CV_TLV_FLAG, publishes[i].flag);
		assert_text(rec, CV_TLV_TEXT, publishes[i].text);
		decode_run_free(r);
	}
}

static void test_publish_values(void **state)
{
	struct decode_run *r = mqtt_run();
	const struct cv_record *rec;

	mqtt_connect(r, 4);
	decode_segment_hex(r, true, "3009 0003 612f62 32312e35");
	rec = mqtt_one(r);
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	assert_true(rec->value.f64 == 21.5);
	assert_text(rec, CV_TLV_DEVICE, "dev");
	decode_run_clear(r);

	decode_segment_hex(r, true, "3d0a 0003 612f62 0007 01ff00");
	rec = mqtt_one(r);
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);
	assert_int_equal(rec->flags, CV_FLAG_DUPLICATE | CV_FLAG_RAW);
	assert_int_equal(rec->stage, CV_STAGE_REALTIME); /* the client asks to keep it */
	assert_text(rec, CV_TLV_FLAG, "qos2 retain");
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 3);
	decode_run_clear(r);

	decode_segment_hex(r, false, "3106 0003 612f62 31");
	rec = mqtt_one(r);
	assert_int_equal(rec->stage, CV_STAGE_RETAINED);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_int_equal(rec->device_end, CV_DEVICE_END_DST);
	assert_text(rec, CV_TLV_DEVICE, "dev");
	decode_run_clear(r);

	decode_segment_hex(r, true, "3005 0003 612f62"); /* no payload */
	assert_int_equal(mqtt_one(r)->value_type, CV_VALUE_NONE);
	decode_run_free(r);
}

static void test_utf8_mark(void **state)
{
	struct decode_run *r = mqtt_run();

	mqtt_connect(r, 5);
	decode_segment_hex(r, true, "300b 0003 612f62 02 0101 fffe80");
	assert_int_equal(mqtt_one(r)->flags, CV_FLAG_RAW | CV_FLAG_ENCODING);
	decode_run_free(r);
}

static void test_connect(void **state)
{
	/* Will with QoS 1 and retain, user name "operator", password "secret". */
	static const char *const hex[] = {
		"1032 0006 4d5149736470 03 ee 003c 0003 646576 0007 732f7374617465 0004 676f6e65 "
		"0008 6f70657261746f72 0006 736563726574",
		"1030 0004 4d515454 04 ee 003c 0003 646576 0007 732f7374617465 0004 676f6e65 "
		"0008 6f70657261746f72 0006 736563726574",
		"1035 0004 4d515454 05 ee 003c 03 210014 0003 646576 00 0007 732f7374617465 "
		"0004 676f6e65 0008 6f70657261746f72 0006 736563726574",
	};
	static const char *const text[] = {
		"MQTT 3.1, keep alive 60 s, clean session, user name, password, will qos1 retain",
		"MQTT 3.1.1, keep alive 60 s, clean session, user name, password, will qos1 retain",
		"MQTT 5, keep alive 60 s, clean start, user name, password, will qos1 retain",
	};

	for (int i = 0; i < 3; i++) {
		struct decode_run *r = mqtt_run();
		const struct cv_record *rec;

		decode_segment_hex(r, true, hex[i]);
		rec = mqtt_one(r);
		assert_int_equal(rec->lane, CV_LANE_STATUS);
		assert_int_equal(rec->kind, CV_KIND_SESSION);
		assert_int_equal(rec->status, 1);
		assert_text(rec, CV_TLV_METHOD, "CONNECT");
		assert_text(rec, CV_TLV_DEVICE, "dev");
		assert_text(rec, CV_TLV_NAME, "s/state");
		assert_text(rec, CV_TLV_TEXT, text[i]);
		assert_null(memmem(rec, rec->size, "secret", 6));
		assert_null(memmem(rec, rec->size, "operator", 8));
		decode_run_free(r);
	}
}

static void test_client_id(void **state)
{
	struct decode_run *r = mqtt_run();
	uint8_t connect[2 + 12 + 70] = {0x10, 82, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 10, 0, 70};

	memset(connect + 14, 'i', 70);
	connect[14 + 63] = 0xc2; /* U+00B0 over the border */
	connect[14 + 64] = 0xb0;
	decode_segment(r, true, connect, sizeof(connect));
	assert_int_equal(mqtt_one(r)->flags, CV_FLAG_TRUNCATED);
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_DEVICE).len, 63);
	decode_run_free(r);

	/* The broker names a client without a name, MQTT 5 3.2.2.3.7. */
	r = mqtt_run();
	decode_segment_hex(r, true, "100d 0004 4d515454 05 02 000a 00 0000");
	decode_segment_hex(r, false, "2009 00 00 06 12 0003 617574");
	assert_int_equal(r->records, 2);
	assert_text(r->record[0], CV_TLV_DEVICE, "");
	assert_text(r->record[1], CV_TLV_DEVICE, "aut");
	decode_run_free(r);
}

static const struct {
	int version;
	bool from_client;
	const char *hex, *method, *text;
	enum cv_kind kind;
	int reason;
} sessions[] = {
	{4, false, "20020000", "CONNACK", "accepted", CV_KIND_SESSION, 0},
	{4, false, "20020005", "CONNACK", "not authorized", CV_KIND_ERROR, 5},
	{3, false, "2002ff01", "CONNACK", "unacceptable protocol version", CV_KIND_ERROR, 1},
	{5, false, "2003010000", "CONNACK", "success", CV_KIND_SESSION, 0},
	{5, false, "2003008700", "CONNACK", "not authorized", CV_KIND_ERROR, 0x87},
	{5, false, "2008 00 88 05 1f 0002 6e6f", "CONNACK", "no", CV_KIND_ERROR, 0x88},
	{5, false, "20020001", "CONNACK", "unacceptable protocol version", CV_KIND_ERROR, 1},
	{4, true, "e000", "DISCONNECT", "success", CV_KIND_SESSION, 0},
	{5, true, "e000", "DISCONNECT", "success", CV_KIND_SESSION, 0},
	{5, true, "e00104", "DISCONNECT", "disconnect with will message", CV_KIND_SESSION, 4},
	{5, false, "e0028b00", "DISCONNECT", "server shutting down", CV_KIND_ERROR, 0x8b},
	{5, true, "f008 18 06 15 0003 616263", "AUTH", "continue authentication", CV_KIND_SESSION,
	 0x18},
	{5, true, "4003000787", "PUBACK", "not authorized", CV_KIND_ERROR, 0x87},
	{5, false, "5003000797", "PUBREC", "quota exceeded", CV_KIND_ERROR, 0x97},
	{5, true, "6203000792", "PUBREL", "packet identifier not found", CV_KIND_ERROR, 0x92},
	{5, false, "7004000792 00", "PUBCOMP", "packet identifier not found", CV_KIND_ERROR, 0x92},
	{4, false, "9004 0007 0180", "SUBACK", "unspecified error", CV_KIND_ERROR, 0x80},
	{5, false, "9006 0007 00 01 87 02", "SUBACK", "not authorized", CV_KIND_ERROR, 0x87},
	{5, false, "b005 0007 00 11 8f", "UNSUBACK", "topic filter invalid", CV_KIND_ERROR, 0x8f},
};

static void test_sessions(void **state)
{
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		struct decode_run *r = mqtt_run();
		const struct cv_record *rec;

		mqtt_connect(r, sessions[i].version);
		decode_segment_hex(r, sessions[i].from_client, sessions[i].hex);
		rec = mqtt_one(r);
		assert_int_equal(rec->lane, CV_LANE_STATUS);
		assert_int_equal(rec->kind, sessions[i].kind);
		assert_int_equal(rec->value_type, CV_VALUE_U64);
		assert_int_equal(rec->value.u64, sessions[i].reason);
		assert_text(rec, CV_TLV_METHOD, sessions[i].method);
		assert_text(rec, CV_TLV_TEXT, sessions[i].text);
		assert_text(rec, CV_TLV_DEVICE, "dev");
		decode_run_free(r);
	}
}

static void test_subscribe(void **state)
{
	static const struct {
		int version;
		const char *hex, *method, *text;
	} rows[] = {
		{3, "8a0d 0007 0003 612f23 01 0002 2b2f 00", "SUBSCRIBE", "a/#\n+/"},
		{4, "820d 0007 0003 612f23 01 0002 2b2f 00", "SUBSCRIBE", "a/#\n+/"},
		{5, "8210 0007 02 0b05 0003 612f23 2d 0002 2b2f 00", "SUBSCRIBE", "a/#\n+/"},
		{5, "820f 0007 00 0009 24 7368617265 2f 67 2f 00", "SUBSCRIBE", NULL},
		{5, "8210 0007 00 000a 24 7368617265 2f 67 2f 23 01", "SUBSCRIBE", "$share/g/#"},
		{4, "a20b 0007 0003 612f23 0002 2b2f", "UNSUBSCRIBE", "a/#\n+/"},
		{5, "a20c 0007 00 0003 612f23 0002 2b2f", "UNSUBSCRIBE", "a/#\n+/"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decode_run *r = mqtt_run();

		mqtt_connect(r, rows[i].version);
		decode_segment_hex(r, true, rows[i].hex);
		if (!rows[i].text) {
			assert_reject(r, CV_REJECT_BAD_VALUE);
			decode_run_free(r);
			continue;
		}
		assert_int_equal(mqtt_one(r)->kind, CV_KIND_SESSION);
		assert_int_equal(r->record[0]->seq, 7);
		assert_text(r->record[0], CV_TLV_METHOD, rows[i].method);
		assert_text(r->record[0], CV_TLV_TEXT, rows[i].text);
		decode_run_free(r);
	}
}

/* Acknowledgements that went well and pings are counted, no more. */
static void test_silent(void **state)
{
	static const char *const both[] = {"40020007", "50020007", "62020007", "70020007"};
	struct decode_run *r = mqtt_run();

	mqtt_connect(r, 5);
	for (int i = 0; i < 4; i++) {
		decode_segment_hex(r, true, both[i]);
		decode_segment_hex(r, false, both[i]);
	}
	decode_segment_hex(r, true, "c000 4003000710 5004000700 00");
	decode_segment_hex(r, false, "d000 9004 0007 00 02 b004 0007 00 11");
	assert_int_equal(r->messages, 14);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->records, 0);
	decode_run_free(r);
}

/* Without a CONNECT both layouts are tried, and what one packet proves holds for the next. */
static void test_version_unknown(void **state)
{
	struct decode_run *r = mqtt_run();

	decode_segment_hex(r, true, "3006 0001 61 000131"); /* as 5: no properties, payload 01 31 */
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_TEXT).len, 2);
	decode_segment_hex(r, true, "3008 0001 61 6b65793d31"); /* 'k' begins no property section */
	assert_text(r->record[1], CV_TLV_TEXT, "key=1");
	decode_segment_hex(r, true, "3006 0001 61 000131");
	assert_int_equal(cv_record_tlv(r->record[2], CV_TLV_BYTES).len, 3);
	decode_segment_hex(r, false, "9004 0007 0001"); /* 3.1.1: two subscriptions */
	assert_int_equal(r->rejected, 0);
	decode_segment_hex(r, false, "e0028b00"); /* only 5 has that: the guess was wrong */
	assert_int_equal(r->rejected, 0);
	assert_text(r->record[3], CV_TLV_TEXT, "server shutting down");
	decode_segment_hex(r, true, "3006 0001 61 000131");
	assert_int_equal(cv_record_tlv(r->record[4], CV_TLV_TEXT).len, 2);
	decode_run_free(r);
}

/* The flow may have the ends the wrong way round until a packet tells. */
static void test_sides_unknown(void **state)
{
	struct decode_run *r = mqtt_run();

	decode_segment_hex(r, true, "d000");
	decode_segment_hex(r, true, "3106 0003 612f62 31");
	assert_int_equal(mqtt_one(r)->stage, CV_STAGE_RETAINED);
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	decode_segment_hex(r, false, "100f 0004 4d515454 04 02 000a 0003 646576");
	assert_int_equal(r->record[1]->direction, CV_DIR_UP);
	decode_segment_hex(r, false, "d000");
	assert_reject(r, CV_REJECT_BAD_STATE);
	decode_run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_publish_vectors), cmocka_unit_test(test_publish_values),
		cmocka_unit_test(test_utf8_mark),	cmocka_unit_test(test_connect),
		cmocka_unit_test(test_client_id),	cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_subscribe),	cmocka_unit_test(test_silent),
		cmocka_unit_test(test_version_unknown), cmocka_unit_test(test_sides_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
