/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sparkplug B inside MQTT. The first three payloads were made and checked with `protoc --decode` on
 * Eclipse Tahu's sparkplug_b.proto; the others come from the small encoder here, which follows that
 * file's field numbers and the protobuf encoding. Expected values are those that were encoded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/mqtt_test.h"

#define NBIRTH                                                                                     \
	"0880d095ffbc3112120a0562645365711880d095ffbc3120085800121d0a0b54656d70657261747572651001" \
	"1880d095ffbc312009650000ac4112130a04446f6f7210021880d095ffbc31200b70011800"
#define NDATA "0888f795ffbc31121010011888f795ffbc31200965000050c01801"
#define NDATA_NULL "08f0fe95ffbc31120d100118f0fe95ffbc31200938011802"

/* A message put together: protobuf below, MQTT 3.1.1 PUBLISH with QoS 0 around it. */
struct bytes {
	size_t len;
	uint8_t data[8192];
};

static void put(struct bytes *b, const void *data, size_t len)
{
	assert_true(b->len + len <= sizeof(b->data));
	if (len != 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

static void put_byte(struct bytes *b, unsigned int byte)
{
	uint8_t one = (uint8_t)byte;

	put(b, &one, 1);
}

static void put_varint(struct bytes *b, uint64_t value)
{
	for (; value > 127; value >>= 7)
		put_byte(b, (unsigned int)(value & 127) | 128);
	put_byte(b, (unsigned int)value);
}

static void pb_number(struct bytes *b, unsigned int field, uint64_t value)
{
	put_varint(b, field << 3);
	put_varint(b, value);
}

static void pb_bytes(struct bytes *b, unsigned int field, const void *data, size_t len)
{
	put_varint(b, field << 3 | 2);
	put_varint(b, len);
	put(b, data, len);
}

static void pb_text(struct bytes *b, unsigned int field, const char *text)
{
	pb_bytes(b, field, text, strlen(text));
}

static void pb_message(struct bytes *b, unsigned int field, const struct bytes *m)
{
	pb_bytes(b, field, m->data, m->len);
}

static void publish(struct decode_run *r, bool from_client, const char *topic,
		    const struct bytes *payload)
{
	static struct bytes b;
	size_t topic_len = strlen(topic);

	b.len = 0;
	put_byte(&b, 0x30);
	put_varint(&b, 2 + topic_len + payload->len);
	put_byte(&b, (unsigned int)(topic_len >> 8));
	put_byte(&b, topic_len & 255);
	put(&b, topic, topic_len);
	put(&b, payload->data, payload->len);
	decode_segment(r, from_client, b.data, b.len);
	assert_int_equal(r->rejected, 0);
}

static void publish_hex(struct decode_run *r, const char *topic, const char *hex)
{
	static struct bytes b;

	b.len = decode_hex(hex, b.data, sizeof(b.data));
	publish(r, true, topic, &b);
}

static void pb_payload(struct bytes *b, const char *text)
{
	b->len = 0;
	put(b, text, strlen(text));
}

/* A payload with one metric that has @p fields and a sequence number. */
static void one_metric(struct bytes *payload, const struct bytes *fields, uint64_t seq)
{
	payload->len = 0;
	pb_number(payload, 1, 1699999999000);
	pb_message(payload, 2, fields);
	pb_number(payload, 3, seq);
}

static struct decode_run *connected(void)
{
	struct decode_run *r = mqtt_run();

	mqtt_connect(r, 4);
	return r;
}

static void test_birth(void **state)
{
	struct decode_run *r = connected();
	const struct cv_record *rec;

	publish_hex(r, "spBv1.0/plant/NBIRTH/edge7", NBIRTH);
	assert_int_equal(r->records, 3);
	rec = r->record[0];
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_STATE);
	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_text(rec, CV_TLV_TEXT, "online");
	assert_text(rec, CV_TLV_CODE, "NBIRTH");
	assert_text(rec, CV_TLV_DEVICE, "plant/edge7");
	rec = r->record[1];
	assert_text(rec, CV_TLV_NAME, "Temperature");
	assert_text(rec, CV_TLV_CODE, "1");
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	assert_true(rec->value.f64 == 21.5);
	assert_true(rec->ts_device_ns == 1700000000000000000);
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	assert_int_equal(rec->quality, CV_QUALITY_UNSTATED);
	assert_int_equal(rec->direction, CV_DIR_UP);
	rec = r->record[2];
	assert_text(rec, CV_TLV_NAME, "Door");
	assert_int_equal(rec->value_type, CV_VALUE_BOOL);
	assert_int_equal(rec->value.u64, 1);
	decode_run_free(r);
}

static void test_data(void **state)
{
	struct decode_run *r = connected();
	const struct cv_record *rec;

	publish_hex(r, "spBv1.0/plant/NBIRTH/edge7", NBIRTH);
	decode_run_clear(r);
	publish_hex(r, "spBv1.0/plant/NDATA/edge7", NDATA);
	rec = mqtt_one(r);
	assert_text(rec, CV_TLV_NAME, "Temperature");
	assert_true(rec->value.f64 == -3.25);
	assert_int_equal(rec->quality, CV_QUALITY_UNSTATED);
	decode_run_clear(r);
	publish_hex(r, "spBv1.0/plant/NDATA/edge7", NDATA_NULL);
	rec = mqtt_one(r);
	assert_text(rec, CV_TLV_NAME, "Temperature");
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	decode_run_clear(r);

	/* Another node's alias 1 is another's. */
	publish_hex(r, "spBv1.0/plant/NDATA/edge8", NDATA);
	rec = mqtt_one(r);
	assert_text(rec, CV_TLV_NAME, "raw.alias.1");
	assert_int_equal(rec->flags, CV_FLAG_UNPAIRED);
	decode_run_clear(r);

	/* Nothing is known of the node on another connection. */
	decode_new_flow(r);
	mqtt_connect(r, 4);
	publish_hex(r, "spBv1.0/plant/NDATA/edge7", NDATA);
	assert_text(mqtt_one(r), CV_TLV_NAME, "raw.alias.1");
	decode_run_free(r);
}

static void test_sequence(void **state)
{
	static const struct {
		const char *topic;
		int seq;
		enum cv_quality quality;
	} steps[] = {
		{"spBv1.0/g/NBIRTH/e", 0, CV_QUALITY_UNSTATED},
		{"spBv1.0/g/DBIRTH/e/d", 1, CV_QUALITY_UNSTATED},
		{"spBv1.0/g/NCMD/e", -1, CV_QUALITY_UNSTATED}, /* commands are not counted */
		{"spBv1.0/g/DDATA/e/d", 2, CV_QUALITY_UNSTATED},
		{"spBv1.0/g/DDATA/e/d", 4, CV_QUALITY_UNCERTAIN}, /* 3 was missed */
		{"spBv1.0/g/NDATA/e", 5, CV_QUALITY_UNCERTAIN},
		{"spBv1.0/g/NBIRTH/e", 255, CV_QUALITY_UNSTATED},
		{"spBv1.0/g/NDATA/e", 0, CV_QUALITY_UNSTATED},
		{"spBv1.0/g/NDATA/e", 256, CV_QUALITY_UNCERTAIN}, /* no such number */
	};
	struct decode_run *r = connected();
	struct bytes fields = {0}, payload;

	pb_text(&fields, 1, "n");
	pb_number(&fields, 4, 7);
	pb_number(&fields, 10, 1);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		one_metric(&payload, &fields, (uint64_t)steps[i].seq);
		if (steps[i].seq < 0)
			payload.len -= 11; /* without it */
		publish(r, true, steps[i].topic, &payload);
		assert_int_equal(r->record[r->records - 1]->quality, steps[i].quality);
		decode_run_clear(r);
	}
	decode_run_free(r);
}

/* A will's payload: its session's number. */
static void death(struct decode_run *r, uint64_t bd_seq)
{
	struct bytes fields = {0}, payload = {0};

	pb_text(&fields, 1, "bdSeq");
	pb_number(&fields, 4, 8);
	pb_number(&fields, 11, bd_seq);
	pb_message(&payload, 2, &fields);
	publish(r, true, "spBv1.0/plant/NDEATH/edge7", &payload);
}

static void test_death(void **state)
{
	struct decode_run *r = connected();
	const struct cv_record *rec;

	publish_hex(r, "spBv1.0/plant/NBIRTH/edge7", NBIRTH);
	decode_run_clear(r);
	death(r, 9); /* of another session: the node lives */
	rec = mqtt_one(r);
	assert_int_equal(rec->flags, CV_FLAG_UNPAIRED);
	assert_text(rec, CV_TLV_TEXT, "offline");
	decode_run_clear(r);
	publish_hex(r, "spBv1.0/plant/NDATA/edge7", NDATA);
	assert_int_equal(mqtt_one(r)->quality, CV_QUALITY_UNSTATED);
	decode_run_clear(r);

	death(r, 0);
	rec = mqtt_one(r);
	assert_int_equal(rec->flags, 0);
	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_STATE);
	assert_int_equal(rec->quality, CV_QUALITY_UNSTATED);
	assert_text(rec, CV_TLV_DEVICE, "plant/edge7");
	assert_text(rec, CV_TLV_TEXT, "offline");
	decode_run_clear(r);
	publish_hex(r, "spBv1.0/plant/NDATA/edge7", NDATA); /* what it sends now is not to be had */
	assert_int_equal(mqtt_one(r)->quality, CV_QUALITY_UNCERTAIN);
	decode_run_free(r);
}

static void test_integers(void **state)
{
	static const struct {
		unsigned int type, field;
		uint64_t bits;
		enum cv_value_type value_type;
		int64_t value;
		uint32_t flags;
	} cases[] = {
		{1, 10, 0xfffffffb, CV_VALUE_I64, -5, 0},
		{1, 10, 0xfb, CV_VALUE_I64, -5, 0}, /* some encode the width alone */
		{2, 10, 0xffff8000, CV_VALUE_I64, -32768, 0},
		{3, 10, 0xffffffff, CV_VALUE_I64, -1, 0},
		{3, 10, 0xffffffffffffffff, CV_VALUE_I64, -1, 0},
		{4, 11, 0xfffffffffffffff6, CV_VALUE_I64, -10, 0},
		{7, 10, 0xffffffff, CV_VALUE_U64, 0xffffffff, 0},
		{8, 11, 0x8000000000000000, CV_VALUE_U64, INT64_MIN, 0},
		{7, 10, 0x100000000, CV_VALUE_U64, 0x100000000, CV_FLAG_RANGE},
		{13, 11, 1700000000000, CV_VALUE_U64, 1700000000000, 0},
	};
	struct decode_run *r = connected();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes fields = {0}, payload;
		const struct cv_record *rec;

		pb_text(&fields, 1, "n");
		pb_number(&fields, 4, cases[i].type);
		pb_number(&fields, cases[i].field, cases[i].bits);
		one_metric(&payload, &fields, i);
		publish(r, true, "spBv1.0/g/NDATA/e", &payload);
		rec = mqtt_one(r);
		assert_int_equal(rec->value_type, cases[i].value_type);
		assert_true(rec->value.i64 == cases[i].value);
		assert_int_equal(rec->flags, cases[i].flags);
		assert_int_equal(rec->unit_id, cases[i].type == 13 ? CV_UNIT_MS : CV_UNIT_NONE);
		decode_run_clear(r);
	}
	decode_run_free(r);
}

/* Quality and unit from a property set; the unit is kept for the alias. */
static void test_properties(void **state)
{
	static const struct {
		uint64_t sent;
		enum cv_quality quality;
	} cases[] = {{192, CV_QUALITY_GOOD}, {0, CV_QUALITY_BAD}, {500, CV_QUALITY_UNCERTAIN}};
	struct decode_run *r = connected();

	for (size_t i = 0; i < 3; i++) {
		struct bytes fields = {0}, payload, set = {0}, value = {0};
		const struct cv_record *rec;

		pb_text(&set, 1, "engUnit");
		pb_text(&set, 1, "Quality");
		pb_number(&value, 1, 12);
		pb_text(&value, 8, "Cel");
		pb_message(&set, 2, &value);
		value.len = 0;
		pb_number(&value, 1, 3);
		pb_number(&value, 3, cases[i].sent);
		pb_message(&set, 2, &value);
		pb_text(&fields, 1, "n");
		pb_number(&fields, 2, 5);
		pb_message(&fields, 9, &set);
		pb_number(&fields, 10, 20);
		one_metric(&payload, &fields, 0);
		publish(r, true, "spBv1.0/g/NBIRTH/e", &payload);
		rec = r->record[1];
		assert_int_equal(rec->unit_id, CV_UNIT_CEL);
		assert_int_equal(rec->quality, cases[i].quality);
		decode_run_clear(r);

		fields.len = 0;
		pb_number(&fields, 2, 5);
		pb_number(&fields, 5, 1); /* is_historical */
		pb_number(&fields, 10, 21);
		one_metric(&payload, &fields, 1);
		publish(r, true, "spBv1.0/g/DDATA/e/d", &payload);
		rec = mqtt_one(r);
		assert_int_equal(rec->unit_id, CV_UNIT_CEL);
		assert_int_equal(rec->stage, CV_STAGE_HISTORY);
		assert_text(rec, CV_TLV_NAME, "n");
		assert_text(rec, CV_TLV_DEVICE, "g/e/d");
		decode_run_clear(r);
	}
	decode_run_free(r);
}

static void test_command(void **state)
{
	struct decode_run *r = connected();
	struct bytes fields = {0}, payload;
	const struct cv_record *rec;

	pb_text(&fields, 1, "Node Control/Rebirth");
	pb_number(&fields, 4, 11);
	pb_number(&fields, 14, 1);
	one_metric(&payload, &fields, 0);
	publish(r, false, "spBv1.0/g/NCMD/e", &payload);
	rec = mqtt_one(r);
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_text(rec, CV_TLV_NAME, "Node Control/Rebirth");
	assert_text(rec, CV_TLV_DEVICE, "g/e");
	assert_int_equal(rec->value.u64, 1);
	decode_run_free(r);
}

static void test_texts_and_bytes(void **state)
{
	struct decode_run *r = connected();
	struct bytes fields = {0}, payload;
	const struct cv_record *rec;

	pb_text(&fields, 1, "s");
	pb_text(&fields, 15, "水位");
	one_metric(&payload, &fields, 0);
	publish(r, true, "spBv1.0/g/NDATA/e", &payload);
	rec = mqtt_one(r);
	assert_int_equal(rec->value_type, CV_VALUE_TEXT);
	assert_text(rec, CV_TLV_TEXT, "水位");
	decode_run_clear(r);

	for (unsigned int field = 16; field <= 19; field++) { /* bytes, data set, template, more */
		fields.len = 0;
		pb_text(&fields, 1, "b");
		pb_bytes(&fields, field, "\x01\xff", 2);
		one_metric(&payload, &fields, field - 15);
		publish(r, true, "spBv1.0/g/NDATA/e", &payload);
		rec = mqtt_one(r);
		assert_int_equal(rec->value_type, CV_VALUE_BYTES);
		assert_int_equal(rec->flags, CV_FLAG_RAW);
		assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 2);
		decode_run_clear(r);
	}
	/* NaN */
	fields.len = 0;
	pb_text(&fields, 1, "f");
	put(&fields, "\x65\x00\x00\xc0\x7f", 5);
	one_metric(&payload, &fields, 5);
	publish(r, true, "spBv1.0/g/NDATA/e", &payload);
	rec = mqtt_one(r);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	decode_run_free(r);
}

/* What is no payload is kept as it came, and says so; nothing of it becomes a value. */
static void test_malformed(void **state)
{
	static const char *const bad[] = {
		"12", /* no length */
		"1205100118", /* metric beyond the end */
		"1202180a", /* neither name nor alias */
		"0a00", /* the timestamp is a number */
		"12060a02fffe1001", /* name not UTF-8 */
		"12040a016155", /* a value cut off */
		"120610015801ff01", /* group of a length that runs on */
		"08ffffffffffffffffffff01", /* 70 bits */
		"1b", /* wire type 3 */
	};
	struct decode_run *r = connected();

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct cv_record *rec;

		publish_hex(r, "spBv1.0/g/DDATA/e/d", bad[i]);
		rec = mqtt_one(r);
		assert_int_equal(rec->reject, CV_REJECT_BAD_PAYLOAD);
		assert_int_equal(rec->flags, CV_FLAG_RAW);
		assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, strlen(bad[i]) / 2);
		assert_text(rec, CV_TLV_DEVICE, "g/e/d");
		decode_run_clear(r);
	}
	decode_run_free(r);
}

static void test_host(void **state)
{
	static const char *const bad[] = {"{\"online\":1}", "{\"timestamp\":1}", "OFFLINE", "{"};
	struct decode_run *r = connected();
	struct bytes payload = {0};
	const struct cv_record *rec;

	pb_payload(&payload, "{\"online\":true,\"timestamp\":1699999999000}");
	publish(r, true, "spBv1.0/STATE/scada-1", &payload);
	rec = mqtt_one(r);
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_STATE);
	assert_text(rec, CV_TLV_TEXT, "online");
	assert_text(rec, CV_TLV_DEVICE, "scada-1");
	assert_true(rec->ts_device_ns == 1699999999000000000);
	decode_run_clear(r);
	pb_payload(&payload, "{ \"bdSeq\" : [1], \"online\" : false }");
	publish(r, true, "spBv1.0/STATE/scada-1", &payload);
	assert_text(mqtt_one(r), CV_TLV_TEXT, "offline");
	decode_run_clear(r);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pb_payload(&payload, bad[i]);
		publish(r, true, "spBv1.0/STATE/scada-1", &payload);
		assert_int_not_equal(mqtt_one(r)->name_id, CV_NAME_DEVICE_STATE);
		decode_run_clear(r);
	}
	decode_run_free(r);
}

/* Topics that are nearly Sparkplug's are any topics. */
static void test_other_topics(void **state)
{
	static const char *const topics[] = {
		"spBv1.0/g/NDATA/e/d",
		"spBv1.0/g/DDATA/e",
		"spBv1.0/g/NDATA",
		"spBv1.0//NDATA/e",
		"spBv1.0/g/ndata/e",
		"spBv1.0/g/DDATA/e/d/x",
		"spBv1.0/",
		"spBv1.0/g/NDATA/e/d/x",
		"spAv1.0/g/NDATA/e",
	};
	struct decode_run *r = connected();

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		publish_hex(r, topics[i], NDATA);
		assert_text(mqtt_one(r), CV_TLV_NAME, topics[i]);
		assert_text(mqtt_one(r), CV_TLV_DEVICE, "dev");
		decode_run_clear(r);
	}
	decode_run_free(r);
}

/* A birth beyond the window: what is whole of it is read, and its aliases are known. */
static void test_large_birth(void **state)
{
	struct decode_run *r = connected();
	struct bytes payload = {0};
	size_t records;

	for (unsigned int i = 0; i < 200; i++) {
		struct bytes fields = {0};
		char name[32];

		snprintf(name, sizeof(name), "Inputs/Channel %03u/Value", i);
		pb_text(&fields, 1, name);
		pb_number(&fields, 2, i);
		pb_number(&fields, 10, i);
		pb_message(&payload, 2, &fields);
	}
	assert_true(payload.len > CV_STREAM_WINDOW);
	publish(r, true, "spBv1.0/g/NBIRTH/e", &payload);
	records = r->records;
	assert_true(records > 100 && records < 200);
	assert_int_equal(r->record[0]->flags, CV_FLAG_PARTIAL);
	assert_text(r->record[100], CV_TLV_NAME, "Inputs/Channel 099/Value");
	decode_run_clear(r);
	publish_hex(r, "spBv1.0/g/NDATA/e", "1205 1063 50d804 1801");
	assert_text(mqtt_one(r), CV_TLV_NAME, "Inputs/Channel 099/Value");
	assert_true(mqtt_one(r)->value.u64 == 600);
	decode_run_free(r);
}

/* Tables keep their size whatever is born; the newest are known. */
static void test_bounded(void **state)
{
	struct decode_run *r = connected();

	for (unsigned int edge = 0; edge < 4000; edge++) {
		struct bytes payload = {0};
		char topic[64];

		for (unsigned int i = 0; i < 10; i++) {
			struct bytes fields = {0};

			pb_text(&fields, 1, "m");
			pb_number(&fields, 2, i);
			pb_number(&fields, 10, i);
			pb_message(&payload, 2, &fields);
		}
		snprintf(topic, sizeof(topic), "spBv1.0/g/NBIRTH/e%u", edge);
		publish(r, true, topic, &payload);
		decode_run_clear(r);
		snprintf(topic, sizeof(topic), "spBv1.0/g/NDATA/e%u", edge);
		publish_hex(r, topic, "1204 1009 5001");
		assert_text(mqtt_one(r), CV_TLV_NAME, "m");
		decode_run_clear(r);
	}
	publish_hex(r, "spBv1.0/g/NDATA/e0", "1204 1009 5001");
	assert_text(mqtt_one(r), CV_TLV_NAME, "raw.alias.9");
	decode_run_free(r);
}

/* The sample's stream: a session of an edge node with a device. */
static void test_cut(void **state)
{
	uint8_t data[4096];
	size_t len = decode_sample("mqtt/sparkplug-c2s.bin", data, sizeof(data));

	decode_any_cut(&cv_decoder_mqtt, NULL, true, data, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_birth),	  cmocka_unit_test(test_data),
		cmocka_unit_test(test_sequence),  cmocka_unit_test(test_death),
		cmocka_unit_test(test_integers),  cmocka_unit_test(test_properties),
		cmocka_unit_test(test_command),	  cmocka_unit_test(test_texts_and_bytes),
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_other_topics),
		cmocka_unit_test(test_host),	  cmocka_unit_test(test_large_birth),
		cmocka_unit_test(test_bounded),	  cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
