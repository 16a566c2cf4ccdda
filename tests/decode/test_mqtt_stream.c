/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT as a stream: cuts, gaps, large packets, topic aliases, SenML payloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/mqtt_test.h"

static void assert_same_records(const struct decode_run *a, const struct decode_run *b)
{
	assert_int_equal(a->messages, b->messages);
	assert_int_equal(a->rejected, b->rejected);
	assert_int_equal(a->records, b->records);
	for (size_t i = 0; i < a->records; i++) {
		struct cv_record *copy = malloc(a->record[i]->size);

		assert_int_equal(a->record[i]->size, b->record[i]->size);
		memcpy(copy, a->record[i], a->record[i]->size);
		copy->packet = b->record[i]->packet; /* the frame that completed it */
		assert_memory_equal(copy, b->record[i], copy->size);
		free(copy);
	}
}

/* Client side of a session: CONNECT, SUBSCRIBE, PUBLISH with QoS 0-2, ack, ping, bye. */
static const char *const sessions[] = {
	"100f 0004 4d515454 04 02 000a 0003 646576 820d 0007 0003 612f23 01 0002 2b2f 00 "
	"3009 0003 612f62 32312e35 320b 0003 612f62 0008 74657874 340b 0003 612f62 0009 00ff00ff "
	"62020009 c000 300c 0001 61 e6b8a9e5baa6 323031 e000",
	"1010 0004 4d515454 05 02 000a 00 0003 646576 8210 0007 02 0b05 0003 612f23 01 0002 2b2f "
	"00 "
	"3010 0003 612f62 06 230001 030000 32312e35 3209 0000 0008 03 230001 78 62040009 92 00 "
	"c000 300c 0001 61 00 e6b8a9e5baa6 3230 e00100",
};

static void test_every_split(void **state)
{
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		struct decode_run *whole = mqtt_run();
		uint8_t data[256];
		size_t len = decode_hex(sessions[i], data, sizeof(data));

		decode_segment(whole, true, data, len);
		assert_int_equal(whole->rejected, 0);
		assert_true(whole->records >= 6);
		assert_int_equal(decode_pending(whole, true), 0);
		for (size_t at = 1; at < len; at++) {
			struct decode_run *cut = mqtt_run();

			decode_segment(cut, true, data, at);
			decode_segment(cut, true, data + at, len - at);
			assert_same_records(whole, cut);
			decode_run_free(cut);
		}
		for (size_t chunk = 1; chunk < 16; chunk++) {
			struct decode_run *cut = mqtt_run();

			decode_chunks(cut, true, data, len, chunk);
			assert_same_records(whole, cut);
			decode_run_free(cut);
		}
		decode_run_free(whole);
	}
}

#define MB (1024 * 1024)

static void test_large_publish(void **state)
{
	/* QoS 1, remaining length 7 + 1 MiB, topic "big", packet identifier 5 */
	static const uint8_t head[11] = {0x32, 0x87, 0x80, 0x40, 0, 3, 'b', 'i', 'g', 0, 5};
	uint8_t *data = malloc(sizeof(head) + MB + 2);

	memcpy(data, head, sizeof(head));
	memset(data + 11, 'x', MB);
	data[11 + 511] = 0xe6; /* a character over the border of what is carried */
	data[11 + 512] = 0xb8;
	data[11 + 513] = 0xa9;
	memcpy(data + 11 + MB, "\xc0", 2); /* PINGREQ */
	for (size_t chunk = 0; chunk < 3000; chunk += 1460) {
		struct decode_run *r = mqtt_run();

		mqtt_connect(r, 4);
		decode_chunks(r, true, data, 11 + MB + 2, chunk);
		assert_int_equal(r->messages, 2);
		assert_int_equal(mqtt_one(r)->flags, CV_FLAG_TRUNCATED);
		assert_int_equal(r->record[0]->raw_len, 11 + MB);
		assert_int_equal(r->record[0]->value_type, CV_VALUE_TEXT);
		assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_TEXT).len, 511);
		assert_true(r->skipped > MB - CV_STREAM_WINDOW);
		decode_run_free(r);
	}
	free(data);
}

/* Packets other than PUBLISH are decoded as far as the window holds them. */
static void test_beyond_window(void **state)
{
	struct decode_run *r = mqtt_run();
	size_t len = 0, filters = 0;
	uint8_t *data = calloc(1, 8192);

	memcpy(data, "\x82\x00\x00\x00\x07", 5);
	for (len = 5; len < 6000; len += 13, filters++) {
		memcpy(data + len,
		       "\x00\x0a"
		       "site/00000",
		       12);
		data[len + 12] = 1;
	}
	data[1] = (uint8_t)(0x80 | ((len - 3) & 0x7f));
	data[2] = (uint8_t)((len - 3) >> 7);
	memcpy(data + len, "\xc0", 2);
	mqtt_connect(r, 4);
	decode_chunks(r, true, data, len + 2, 1000);
	assert_int_equal(r->messages, 2);
	assert_int_equal(mqtt_one(r)->flags, CV_FLAG_TRUNCATED);
	assert_int_equal(r->record[0]->raw_len, len);
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_TEXT).len, 46 * 11 - 1);
	decode_run_free(r);

	/* A topic that never ends: its beginning, and no payload. */
	memset(data, 't', 8192);
	memcpy(data, "\x30\xd8\x36\x17\x70", 5); /* 7,000 bytes, topic of 6,000 */
	r = mqtt_run();
	mqtt_connect(r, 5);
	decode_chunks(r, true, data, 7003, 1460);
	assert_int_equal(mqtt_one(r)->flags, CV_FLAG_TRUNCATED);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_NONE);
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_NAME).len, CV_TLV_MAX);
	decode_run_free(r);
	free(data);
}

static void test_aliases(void **state)
{
	struct decode_run *r = mqtt_run();

	mqtt_connect(r, 5);
	decode_segment_hex(r, true, "300a 0003 612f62 03 230001 78");
	decode_segment_hex(r, false, "300a 0003 632f64 03 230001 78"); /* another direction */
	decode_segment_hex(r, true, "3007 0000 03 230001 79");
	decode_segment_hex(r, false, "3007 0000 03 230001 79");
	decode_segment_hex(r, true, "3007 0000 03 230002 79");
	decode_segment_hex(r, true, "300a 0003 652f66 03 230001 7a"); /* set anew */
	decode_segment_hex(r, true, "3007 0000 03 230001 79");
	assert_int_equal(r->records, 7);
	assert_text(r->record[2], CV_TLV_NAME, "a/b");
	assert_text(r->record[2], CV_TLV_FLAG, "qos0 alias 1");
	assert_int_equal(r->record[2]->flags, 0);
	assert_text(r->record[3], CV_TLV_NAME, "c/d");
	assert_int_equal(r->record[4]->flags, CV_FLAG_UNPAIRED);
	assert_text(r->record[4], CV_TLV_NAME, "");
	assert_text(r->record[6], CV_TLV_NAME, "e/f");
	decode_new_flow(r);
	decode_run_clear(r);

	mqtt_connect(r, 5); /* aliases end with the connection */
	decode_segment_hex(r, true, "3007 0000 03 230001 79");
	assert_int_equal(mqtt_one(r)->flags, CV_FLAG_UNPAIRED);
	decode_run_clear(r);
	decode_segment_hex(r, true, "300a 0003 612f62 03 23ffff 78"); /* too high to be kept */
	decode_segment_hex(r, true, "3007 0000 03 23ffff 79");
	assert_int_equal(r->record[1]->flags, CV_FLAG_UNPAIRED);
	assert_text(r->record[1], CV_TLV_FLAG, "qos0 alias 65535");
	decode_run_free(r);
}

static void publish_alias(struct decode_run *r, unsigned int alias, const char *topic)
{
	uint8_t data[1024] = {0x30};
	size_t topic_len = strlen(topic), body = 2 + topic_len + 4 + 1;

	data[1] = (uint8_t)(0x80 | (body & 0x7f));
	data[2] = (uint8_t)(body >> 7);
	data[3] = (uint8_t)(topic_len >> 8);
	data[4] = (uint8_t)topic_len;
	memcpy(data + 5, topic, topic_len);
	memcpy(data + 5 + topic_len, "\x03\x23", 2);
	data[7 + topic_len] = (uint8_t)(alias >> 8);
	data[8 + topic_len] = (uint8_t)alias;
	data[9 + topic_len] = 'x';
	decode_segment(r, true, data, 3 + body);
}

/* The table is bounded: what is pushed out is flagged, never mistaken for another's topic. */
static void test_alias_eviction(void **state)
{
	struct decode_run *r = mqtt_run();
	struct decode_run *other = mqtt_run();
	void *worker = other->worker;
	unsigned int lost = 0, kept = 0;
	char topic[301];

	mqtt_connect(r, 5);
	for (unsigned int alias = 1; alias <= 256; alias++) {
		snprintf(topic, sizeof(topic), "victim/%u", alias);
		publish_alias(r, alias, topic);
	}
	other->worker = r->worker; /* other flows of the same worker */
	for (unsigned int flow = 0; flow < 40; flow++) {
		memset(other->flow, 0, cv_decoder_mqtt.flow_size);
		mqtt_connect(other, 5);
		for (unsigned int alias = 1; alias <= 256; alias++)
			publish_alias(other, alias, "other/flow");
		decode_run_clear(other);
	}
	decode_run_clear(r);
	for (unsigned int alias = 1; alias <= 256; alias++) {
		publish_alias(r, alias, "");
		snprintf(topic, sizeof(topic), "victim/%u", alias);
		if (r->record[alias - 1]->flags & CV_FLAG_UNPAIRED) {
			assert_text(r->record[alias - 1], CV_TLV_NAME, "");
			lost++;
		} else {
			assert_text(r->record[alias - 1], CV_TLV_NAME, topic);
			kept++;
		}
	}
	assert_int_equal(lost + kept, 256);
	assert_true(lost > 200);
	decode_run_clear(r);

	memset(topic, 'l', 300); /* longer than is kept */
	topic[300] = '\0';
	publish_alias(r, 7, topic);
	publish_alias(r, 7, "");
	assert_int_equal(r->record[0]->flags, 0);
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_NAME).len, 300);
	assert_int_equal(r->record[1]->flags, CV_FLAG_TRUNCATED);
	assert_int_equal(cv_record_tlv(r->record[1], CV_TLV_NAME).len, 240);
	other->worker = worker;
	memset(other->flow, 0, cv_decoder_mqtt.flow_size);
	decode_run_free(other);
	decode_run_free(r);
}

static void test_senml(void **state)
{
	static const char *const packs[] = {
		"[{\"bn\":\"urn:dev:ow:10e2073a01080063\",\"n\":\"\",\"u\":\"Cel\",\"v\":23.5}]",
		"[{\"n\":\"level\",\"u\":\"m\",\"v\":2.75},{\"n\":\"state\",\"vs\":\"ok\"}]",
		"[{\"id\":7,\"value\":3}]",
	};
	struct decode_run *r = mqtt_run();

	mqtt_connect(r, 4);
	for (int i = 0; i < 3; i++) {
		uint8_t data[128] = {0x30, (uint8_t)(5 + strlen(packs[i])), 0, 3, 'a', '/', 'b'};

		memcpy(data + 7, packs[i], strlen(packs[i]));
		decode_chunks(r, true, data, 7 + strlen(packs[i]), 20);
	}
	assert_int_equal(r->messages, 3);
	assert_int_equal(r->records, 4);
	assert_text(r->record[0], CV_TLV_DEVICE, "urn:dev:ow:10e2073a01080063");
	assert_text(r->record[0], CV_TLV_NAME, "a/b");
	assert_text(r->record[0], CV_TLV_METHOD, "PUBLISH");
	assert_true(r->record[0]->value.f64 == 23.5);
	assert_text(r->record[1], CV_TLV_DEVICE, "dev");
	assert_text(r->record[1], CV_TLV_NAME, "level");
	assert_text(r->record[1], CV_TLV_CODE, "a/b");
	assert_text(r->record[2], CV_TLV_TEXT, "ok");
	assert_int_equal(r->record[3]->value_type, CV_VALUE_TEXT);
	assert_text(r->record[3], CV_TLV_TEXT, packs[2]);
	decode_run_free(r);
}

/* A pack of 60 measurements, more than a TLV holds: all of them, however it is cut. */
static void test_large_senml(void **state)
{
	uint8_t data[4096] = {0x30, 0, 0, 0, 3, 'a', '/', 'b'};
	size_t len = 8;

	for (int i = 0; i < 60; i++)
		len += (size_t)sprintf((char *)data + len, "%s{\"n\":\"channel-%d\",\"v\":%d}",
				       i ? "," : "[", i, i);
	data[len++] = ']';
	data[1] = (uint8_t)(0x80 | ((len - 3) & 0x7f));
	data[2] = (uint8_t)((len - 3) >> 7);
	assert_true(len > 3 * CV_TLV_MAX);
	for (size_t chunk = 0; chunk < 2000; chunk += 399) {
		struct decode_run *r = mqtt_run();

		mqtt_connect(r, 4);
		decode_chunks(r, true, data, len, chunk);
		assert_int_equal(r->messages, 1);
		assert_int_equal(r->records, 60);
		assert_text(r->record[59], CV_TLV_NAME, "channel-59");
		assert_true(r->record[59]->value.f64 == 59);
		decode_run_free(r);
	}
}

/* One rejected packet is passed over by its length, whatever its inside looks like. */
static void test_rejected_is_passed_over(void **state)
{
	struct decode_run *r = mqtt_run();

	mqtt_connect(r, 5);
	decode_segment_hex(r, true,
			   "3610 3009 0003 612f62 32312e35 0000000000 c000 "
			   "3010 0001 61 0b 260003612f62 000178 2400 78 c000 e000");
	assert_int_equal(r->rejected, 2);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_OPTION);
	assert_int_equal(r->messages, 3);
	assert_int_equal(r->records, 1);
	assert_text(r->record[0], CV_TLV_METHOD, "DISCONNECT");
	assert_int_equal(decode_pending(r, true), 0);
	decode_run_free(r);
}

/*
 * After a second bad header in a row, or lost bytes, the next recognisable packet is found, wherever
 * the stream was cut.
 */
static void test_resync(void **state)
{
	static const char hex[] = "3604 0001 6178 00203040 fff0 c0c0 8201 3203 "
				  "3015 0003 612f62 68656c6c6f2c20776f726c64210a0a0a "
				  "40020001 40020002 40020003 40020004 40020005 40020006 40020007";
	struct decode_run *whole = mqtt_run();
	uint8_t data[128];
	size_t len = decode_hex(hex, data, sizeof(data));

	mqtt_connect(whole, 4);
	decode_segment(whole, true, data, len);
	assert_int_equal(whole->rejected, 2);
	assert_int_equal(whole->reject[0], CV_REJECT_BAD_HEADER);
	assert_int_equal(whole->reject[1], CV_REJECT_UNKNOWN_TYPE);
	assert_int_equal(whole->messages, 8);
	assert_int_equal(whole->records, 1);
	assert_text(whole->record[0], CV_TLV_NAME, "a/b");
	for (size_t chunk = 1; chunk < len; chunk++) {
		struct decode_run *cut = mqtt_run();

		mqtt_connect(cut, 4);
		decode_chunks(cut, true, data, len, chunk);
		assert_same_records(whole, cut);
		decode_run_free(cut);
	}
	decode_run_free(whole);
}

static void test_single_bytes(void **state)
{
	for (unsigned int byte = 0; byte < 256; byte++) {
		struct decode_run *r = mqtt_run();
		uint8_t data = (uint8_t)byte;

		decode_segment(r, true, &data, 1);
		assert_int_equal(r->messages, 0);
		assert_int_equal(r->records, 0);
		assert_int_equal(r->rejected, 0);
		assert_int_equal(decode_pending(r, true), 1);
		decode_run_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_split),
		cmocka_unit_test(test_large_publish),
		cmocka_unit_test(test_beyond_window),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_alias_eviction),
		cmocka_unit_test(test_senml),
		cmocka_unit_test(test_large_senml),
		cmocka_unit_test(test_rejected_is_passed_over),
		cmocka_unit_test(test_resync),
		cmocka_unit_test(test_single_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
