/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those published with the messages (TheThingsNetwork's and ChirpStack's tests of
 * the LNS protocol) and, for WebSocket, of RFC 6455.
 */
#include "dataplane/decode/station.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_station;

#define GATEWAY "aa555a0000000101"

static uint8_t bytes[8192];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_station);
}

static const struct cv_record *named(const struct decode_run *r, const char *device,
				     enum cv_name name)
{
	for (size_t i = 0; i < r->records; i++) {
		if (r->record[i]->name_id == name &&
		    strcmp(decode_text(r->record[i], CV_TLV_DEVICE), device) == 0)
			return r->record[i];
	}
	fail_msg("no record of %s with name %d", device, (int)name);
	return NULL;
}

static void uplinks(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	play(r, true, true, "station/stream.bin");
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->messages, 10);
	said(r->record[0], &(struct said){CV_KIND_SESSION, "version", GATEWAY, "corecell", "",
					  "2.0.6(corecell/std)"});
	rec = named(r, "11223344", CV_NAME_NETWORK_ENCRYPTED_PAYLOAD);
	assert_int_equal(rec->seq, 25);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "0");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), GATEWAY);
	assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "4e61bc00"); /* 12345678 */
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "868300000 Hz DR1");
	assert_true(named(r, "11223344", CV_NAME_DEVICE_SNR)->value.f64 == 9.25);
	assert_true(named(r, "11223344", CV_NAME_DEVICE_RSSI)->value.f64 == -89);
	/* Negative numbers: 40f6ffffff80900101 02ecffffff on air, here in three frames. */
	rec = named(r, "fffffff6", CV_NAME_NETWORK_EMPTY_FRAME);
	assert_int_equal(rec->seq, 400);
	assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "ecffffff");
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "adr");
	rec = named(r, "1112131415161718", CV_NAME_NETWORK_JOIN);
	assert_int_equal(rec->seq, 0x1234);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "0102030405060708");
	rec = named(r, GATEWAY, CV_NAME_NETWORK_VENDOR_PAYLOAD);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "proprietary");
	said(named(r, "1112131415161718", CV_NAME_NONE),
	     &(struct said){CV_KIND_STATE, "dntxed", "1112131415161718", "", "", ""});
}

static void the_server(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	play(r, true, false, "station/server.bin");
	assert_int_equal(r->messages, 3);
	said(r->record[0], &(struct said){CV_KIND_SESSION, "router_config", "", "EU863", "", ""});
	rec = named(r, "49be7df1", CV_NAME_NETWORK_ENCRYPTED_PAYLOAD);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
}

static void discovery_names_the_gateway(void **state)
{
	struct decode_run *r = *state;

	play(r, true, true, "station/discovery.bin");
	assert_int_equal(r->messages, 2);
	assert_int_equal(((struct station_flow *)r->flow)->gateway, 0xaa555a0000000101);
}

static void rejects_and_goes_on(void **state)
{
	static const struct {
		const char *hex; /* behind a handshake */
		enum cv_reject reason;
	} cases[] = {
		{"c1 00", CV_REJECT_BAD_HEADER}, /* an extension nobody agreed on */
		{"83 00", CV_REJECT_BAD_HEADER},
		{"09 00", CV_REJECT_BAD_HEADER}, /* control frames are whole */
		{"81 7f ffffffffffffffff", CV_REJECT_BAD_LENGTH},
		{"81 7f 0000000000002000", CV_REJECT_TOO_LARGE},
		{"01 01 7b 81 01 7d", CV_REJECT_BAD_STATE},
		{"81 02 5b5d", CV_REJECT_BAD_PAYLOAD},
		{"81 02 7b7b", CV_REJECT_BAD_PAYLOAD},
	};
	struct decode_run *r = *state;
	size_t head;

	play(r, true, true, "station/damaged.bin");
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_PAYLOAD);
	assert_int_equal(r->messages, 2);
	head = decode_sample("station/damaged.bin", bytes, sizeof(bytes));
	head = (size_t)((uint8_t *)memmem(bytes, head, "\r\n\r\n", 4) - bytes) + 4;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_segment(r, true, bytes, head);
		decode_segment_hex(r, true, cases[i].hex);
		assert_true(r->rejected >= 1);
		assert_int_equal(r->reject[0], cases[i].reason);
	}
	decode_run_clear(r);
	decode_new_flow(r);
	decode_segment(r, false, "HTTP/1.1 404 Not Found\r\n\r\n", 26);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_STATE);
}

static void probe_is_strict(void **state)
{
	static const char other[] = "GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
	size_t len = decode_sample("station/stream.bin", bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cv_decoder_station.probe(bytes, len, false), CV_PROBE_YES);
	assert_int_equal(cv_decoder_station.probe(bytes, len, true), CV_PROBE_NO);
	assert_int_equal(cv_decoder_station.probe(bytes, 60, false), CV_PROBE_MORE);
	assert_int_equal(cv_decoder_station.probe((const uint8_t *)other, strlen(other), false),
			 CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	(void)state;
	cut_anywhere(&cv_decoder_station, true, "station/stream.bin");
	cut_anywhere(&cv_decoder_station, false, "station/server.bin");
	cut_anywhere(&cv_decoder_station, true, "station/damaged.bin");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(uplinks),
		TEST(the_server),
		TEST(discovery_names_the_gateway),
		TEST(rejects_and_goes_on),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
