/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of PROTOCOL.TXT of Semtech's packet forwarder for what is around the
 * frames, and those published with the frames (anthonykirby/lora-packet) for what is in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/decode/gwmp.h"
#include "dataplane/decode/iso_time.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_gwmp;

#define GATEWAY "aa555a0000000101"
#define PUSH "02 12 34 00 " GATEWAY

static uint8_t bytes[65536];

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_gwmp, NULL);
	return 0;
}

static void sample(struct decode_run *r, const char *name)
{
	size_t len = decode_sample(name, bytes, sizeof(bytes));

	decode_datagram(r, true, bytes, len);
}

/* One datagram: a head in hexadecimal and a text. */
static void send_json(struct decode_run *r, const char *head, const char *json)
{
	size_t len = decode_hex(head, bytes, 64);

	memcpy(bytes + len, json, strlen(json));
	decode_run_clear(r);
	decode_datagram(r, true, bytes, len + strlen(json));
}

static void value(const struct cv_record *rec, enum cv_name name, double want)
{
	assert_int_equal(rec->name_id, name);
	assert_int_equal(rec->unit_id, cv_name_unit(name));
	assert_int_equal(rec->lane, cv_name_lane(name));
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	assert_true(rec->value.f64 == want);
}

static void bytes_are(const struct cv_record *rec, const char *hex)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_BYTES);
	uint8_t want[256];
	size_t len = decode_hex(hex, want, sizeof(want));

	assert_int_equal(v.len, len);
	assert_memory_equal(v.data, want, len);
}

static void receptions(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	sample(r, "gwmp/rxpk.bin");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 3 + 2 + 3);
	rec = r->record[0];
	assert_int_equal(rec->name_id, CV_NAME_NETWORK_ENCRYPTED_PAYLOAD);
	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->seq, 2);
	assert_int_equal(rec->status, LORAWAN_UP);
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_int_equal(rec->ts_device_ns, 1364746877528002000);
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "49be7df1");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), GATEWAY);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "unconfirmed-up");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "1");
	assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "2b11ff0d");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "866.349812 MHz SF7BW125 4/6");
	bytes_are(rec, "95437876");
	value(r->record[1], CV_NAME_DEVICE_RSSI, -35);
	value(r->record[2], CV_NAME_DEVICE_SNR, 5.1);
	assert_string_equal(decode_text(r->record[2], CV_TLV_DEVICE), "49be7df1");
	/* FSK without LoRaWAN in it: only the gateway is known. */
	rec = r->record[3];
	assert_int_equal(rec->name_id, CV_NAME_NETWORK_VENDOR_PAYLOAD);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), GATEWAY);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "869.1 MHz FSK 50000");
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
	bytes_are(rec, "544553545f5041434b45545f31323334");
	/* Damaged on air: whose it is cannot be said. */
	rec = r->record[5];
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), GATEWAY);
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "adr ack fopts 091103");
	bytes_are(rec, "B33750F5");
}

static void joins(void **state)
{
	struct decode_run *r = *state;

	sample(r, "gwmp/join.bin");
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[0]->name_id, CV_NAME_NETWORK_JOIN);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	assert_int_equal(r->record[0]->seq, 0x1234);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "1112131415161718");
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "0102030405060708");
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "join-request");
	value(r->record[1], CV_NAME_DEVICE_RSSI, -101); /* the better antenna */
	value(r->record[2], CV_NAME_DEVICE_SNR, 1.5);
}

static void gateways(void **state)
{
	static const enum cv_name names[] = {
		CV_NAME_NETWORK_RECEIVED,  CV_NAME_NETWORK_RECEIVED_GOOD,
		CV_NAME_NETWORK_FORWARDED, CV_NAME_NETWORK_ACKNOWLEDGED,
		CV_NAME_NETWORK_DOWNLINKS, CV_NAME_NETWORK_SENT,
	};
	static const double values[] = {2, 2, 2, 100, 2, 2};
	struct decode_run *r = *state;
	size_t measured = 0;
	bool placed = false;

	sample(r, "gwmp/stat.bin");
	assert_int_equal(r->records, 7);
	for (size_t i = 0; i < 7; i++) {
		const struct cv_record *rec = r->record[i];
		struct cv_position where;
		size_t k = 0;

		assert_string_equal(decode_text(rec, CV_TLV_DEVICE), GATEWAY);
		assert_int_equal(rec->ts_device_ns, 1389517168000000000);
		if (rec->name_id == CV_NAME_DEVICE_POSITION) {
			assert_true(cv_record_position(rec, &where));
			assert_int_equal(where.lat, 462400000);
			assert_int_equal(where.lon, 32523000);
			assert_int_equal(where.alt, 145000);
			placed = true;
			continue;
		}
		while (k < 6 && names[k] != rec->name_id)
			k++;
		assert_true(k < 6);
		value(rec, names[k], values[k]);
		measured |= 1u << k;
	}
	assert_int_equal(measured, 0x3f);
	assert_true(placed);
	/* A gateway tells once per flow that it is there. */
	decode_run_clear(r);
	decode_new_flow(r);
	sample(r, "gwmp/pull-data.bin");
	sample(r, "gwmp/pull-data.bin");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
}

static void downlinks(void **state)
{
	struct decode_run *r = *state;

	sample(r, "gwmp/pull-data.bin");
	decode_run_clear(r);
	decode_datagram(r, false, bytes, decode_sample("gwmp/pull-resp.bin", bytes, 4096));
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	assert_int_equal(r->record[0]->kind, CV_KIND_COMMAND);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "49be7df1");
	assert_string_equal(decode_text(r->record[0], CV_TLV_SUB), GATEWAY);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "unconfirmed-down");
	assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), "ack");
	decode_run_clear(r);
	sample(r, "gwmp/tx-ack.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "COLLISION_PACKET");
	decode_run_clear(r);
	decode_datagram_hex(r, true, "02 12 37 05 " GATEWAY);
	assert_int_equal(r->record[0]->kind, CV_KIND_STATE);
	decode_datagram_hex(r, false, "02 12 37 01");
	decode_datagram_hex(r, false, "02 12 37 04");
	assert_int_equal(r->messages, 3);
	assert_int_equal(r->records, 1);
}

static void odd_but_right(void **state)
{
	struct decode_run *r = *state;

	send_json(r, "02 7b 00 00 01 02 03 04 05 06 07 08", "{}"); /* published vector */
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	send_json(r, PUSH, "{ \"rxpk\" : [ ] , \"x\": [{\"y\":null}] }\n");
	assert_int_equal(r->messages, 1);
	send_json(r, PUSH, "{\"stat\":{\"lati\":null,\"rxnb\":1e1}}");
	assert_int_equal(r->records, 1);
	value(r->record[0], CV_NAME_NETWORK_RECEIVED, 10);
	send_json(r, PUSH, "{\"rxpk\":[{\"data\":\"\"}]}");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->name_id, CV_NAME_NETWORK_VENDOR_PAYLOAD);
	/* An uplink without content: no port either. */
	send_json(r, PUSH, "{\"rxpk\":[{\"data\":\"QAQDAgGAAQABAgME\"}]}");
	assert_int_equal(r->record[0]->name_id, CV_NAME_NETWORK_EMPTY_FRAME);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "01020304");
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "");
}

static void rejected(struct decode_run *r, enum cv_reject reason)
{
	assert_int_equal(r->messages, 0);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->records, 0);
	assert_int_equal(r->reject[0], reason);
}

static void wrong_datagrams_are_rejected(void **state)
{
	static const struct {
		const char *head, *json;
		enum cv_reject reason;
	} cases[] = {
		{"02 12 34", "", CV_REJECT_TRUNCATED},
		{"02 12 34 00 aa55", "", CV_REJECT_TRUNCATED},
		{"03 12 34 00 " GATEWAY, "{}", CV_REJECT_BAD_HEADER},
		{"02 12 34 06 " GATEWAY, "{}", CV_REJECT_UNKNOWN_TYPE},
		{PUSH, "", CV_REJECT_BAD_LENGTH},
		{"02 12 34 02 " GATEWAY, "{}", CV_REJECT_BAD_LENGTH},
		{"02 12 34 01", "x", CV_REJECT_BAD_LENGTH},
		{PUSH, "{\"rxpk\":[{\"rssi\":1}]}", CV_REJECT_BAD_PAYLOAD},
		{PUSH, "{\"rxpk\":[{\"data\":\"A\"}]}", CV_REJECT_BAD_PAYLOAD},
		{PUSH, "{\"rxpk\":[{\"data\":\"AAAA\"}]", CV_REJECT_BAD_PAYLOAD},
		{PUSH, "{\"rxpk\":{}}", CV_REJECT_BAD_PAYLOAD},
		{PUSH, "{\"rxpk\":[{\"data\":\"AAAA\"} {}]}", CV_REJECT_BAD_PAYLOAD},
		{PUSH, "{} {}", CV_REJECT_BAD_PAYLOAD},
		{PUSH, "[]", CV_REJECT_BAD_PAYLOAD},
		{PUSH, "{\"a\":[[[[[[[[[[1]]]]]]]]]]}", CV_REJECT_BAD_PAYLOAD},
	};
	struct decode_run *r = *state;
	char many[4096] = "{\"rxpk\":[{\"data\":\"\"}";
	size_t at = strlen(many);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		send_json(r, cases[i].head, cases[i].json);
		rejected(r, cases[i].reason);
	}
	for (int i = 0; i < GWMP_PACKETS_MAX; i++)
		at += (size_t)snprintf(many + at, sizeof(many) - at, ",{\"data\":\"\"}");
	snprintf(many + at, sizeof(many) - at, "]}");
	send_json(r, PUSH, many);
	rejected(r, CV_REJECT_TOO_LARGE);
	decode_run_clear(r);
	sample(r, "gwmp/damaged.bin");
	rejected(r, CV_REJECT_BAD_PAYLOAD);
	/* One byte more than a radio can carry. */
	at = (size_t)snprintf(many, sizeof(many), "{\"rxpk\":[{\"data\":\"");
	memset(many + at, 'A', 344);
	snprintf(many + at + 344, sizeof(many) - at - 344, "\"}]}");
	send_json(r, PUSH, many);
	rejected(r, CV_REJECT_TOO_LARGE);
}

static void probe_is_strict(void **state)
{
	static const char *const yes[] = {"rxpk", "join", "stat", "pull-resp", "tx-ack"};
	char name[64];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		snprintf(name, sizeof(name), "gwmp/%s.bin", yes[i]);
		len = decode_sample(name, bytes, sizeof(bytes));
		assert_int_equal(cv_decoder_gwmp.probe(bytes, len, true), CV_PROBE_YES);
		assert_int_equal(cv_decoder_gwmp.probe(bytes, len - 1, true), CV_PROBE_NO);
		assert_int_equal(cv_decoder_gwmp.probe(bytes, len, false), CV_PROBE_NO);
		bytes[0] = 3;
		assert_int_equal(cv_decoder_gwmp.probe(bytes, len, true), CV_PROBE_NO);
	}
	len = decode_sample("gwmp/pull-data.bin", bytes, sizeof(bytes));
	assert_int_equal(cv_decoder_gwmp.probe(bytes, len, true), CV_PROBE_NO);
}

static void written_times(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* 0 = none */
	} cases[] = {
		{"2013-03-31T16:21:17.528002Z", 1364746877528002000},
		{"2014-01-12 08:59:28 GMT", 1389517168000000000},
		{"2014-01-12T16:59:28+08:00", 1389517168000000000},
		{"2014-01-12T05:29:28-0330", 1389517168000000000},
		{"2014-01-12T08:59:28.1234567891Z", 1389517168123456789},
		{"2014-01-12T08:59:28", 0},
		{"2014-01-12T08:59:28.Z", 0},
		{"2014-13-12T08:59:28Z", 0},
		{"2014-01-12T08:59:28+99:00", 0},
		{"2014-01-12T08:59:2", 0},
		{"x014-01-12T08:59:28Z", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ns = 0;
		bool ok = cv_iso_time((const uint8_t *)cases[i].text, strlen(cases[i].text), &ns);

		assert_int_equal(ok, cases[i].want != 0);
		assert_int_equal(ns, cases[i].want);
	}
}

/* Rejoins, accepts and frames that only begin like one (LoRaWAN 1.1, 4 and 6.2). */
static void frames(void **state)
{
	static const struct {
		const char *hex;
		enum lorawan_type type;
		uint64_t device;
		uint16_t count;
		size_t payload;
	} cases[] = {
		{"c0 00 010203 1817161514131211 0500 01020304", LORAWAN_REJOIN, 0x1112131415161718,
		 5, 0},
		{"c0 02 010203 1817161514131211 0600 01020304", LORAWAN_REJOIN, 0x1112131415161718,
		 6, 0},
		{"c0 01 0807060504030201 1817161514131211 0700 01020304", LORAWAN_REJOIN,
		 0x1112131415161718, 7, 0},
		{"c0 03 010203 1817161514131211 0500 01020304", LORAWAN_STRANGE, 0, 0, 19},
		{"20 01020304050607080910111213141516", LORAWAN_JOIN_ACCEPT, 0, 0, 16},
		{"20 010203040506070809101112131415", LORAWAN_STRANGE, 0, 0, 16},
		{"e0 0102030405", LORAWAN_PROPRIETARY, 0, 0, 5},
		{"40 04030201 8f 0100 01020304", LORAWAN_STRANGE, 0, 0, 12}, /* no room for FOpts */
		{"41 04030201 80 0100 01020304", LORAWAN_STRANGE, 0, 0, 12}, /* major version 1 */
		{"40 04030201 80 0100 010203", LORAWAN_STRANGE, 0, 0, 11},
		{"", LORAWAN_STRANGE, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = decode_hex(cases[i].hex, bytes, 64);
		uint8_t *copy = malloc(len ? len : 1);
		struct lorawan_frame f;

		memcpy(copy, bytes, len);
		lorawan_parse(&f, copy, len);
		assert_int_equal(f.type, cases[i].type);
		assert_int_equal(f.device_eui, cases[i].device);
		assert_int_equal(f.count, cases[i].count);
		assert_int_equal(f.payload_len, cases[i].payload);
		free(copy);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(receptions),
		TEST(joins),
		TEST(gateways),
		TEST(downlinks),
		TEST(odd_but_right),
		TEST(wrong_datagrams_are_rejected),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(written_times),
		cmocka_unit_test(frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
