/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, positions, the published vectors, streams. */
#include "tests/decode/jt808_test.h"

static void a_position(void **state)
{
	struct decode_run *r = *state;

	/* SmallChi/JT808, JT808_0x0200Test.cs */
	decode_segment_hex(r, true, JT1);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 7);
	for (size_t i = 0; i < r->records; i++) {
		assert_int_equal(r->record[i]->status, 0x0200);
		assert_int_equal(r->record[i]->seq, 8888);
		assert_int_equal(r->record[i]->direction, CV_DIR_UP);
		assert_int_equal(r->record[i]->device_end, CV_DEVICE_END_SRC);
		assert_int_equal(r->record[i]->ts_device_ns, TEN_TEN);
		assert_int_equal(r->record[i]->time_quality, CV_TIME_DEVICE);
		assert_int_equal(r->record[i]->raw_len, 53);
		assert_string_equal(decode_text(r->record[i], CV_TLV_DEVICE), "112233445566");
		assert_string_equal(decode_text(r->record[i], CV_TLV_METHOD), "position");
	}
	assert_int_equal(r->record[0]->name_id, CV_NAME_VEHICLE_SOS);
	assert_int_equal(r->record[0]->lane, CV_LANE_ALARM);
	assert_int_equal(r->record[0]->kind, CV_KIND_ALARM);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_BOOL);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "alarm-0");
	check_position(r->record[1], 122222220, 1324444440, 40000);
	assert_int_equal(r->record[1]->quality, CV_QUALITY_GOOD);
	assert_true(value_of(r, CV_NAME_VEHICLE_SPEED) == 6);
	assert_true(value_of(r, CV_NAME_VEHICLE_HEADING) == 0);
	assert_int_equal(named(r, CV_NAME_VEHICLE_STATE)->value.u64, 2);
	assert_string_equal(decode_text(named(r, CV_NAME_VEHICLE_STATE), CV_TLV_TEXT), "fixed");
	assert_string_equal(decode_text(named(r, CV_NAME_VEHICLE_STATE), CV_TLV_FLAG), "00000001");
	assert_true(value_of(r, CV_NAME_VEHICLE_MILEAGE) == 10);
	assert_true(value_of(r, CV_NAME_VEHICLE_FUEL) == 5.5);
}

static void positions_that_cannot_be(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* south and west */
	send_body(r, 0x0200, PLACE("00000000", "0000000e"));
	check_position(r->record[0], -312304160, -1214737010, 12000);
	/* not fixed: where it was last */
	rec = send_body(r, 0x0200, PLACE("00000000", "00000000"));
	check_position(rec, 312304160, 1214737010, 12000);
	assert_int_equal(rec->quality, CV_QUALITY_UNCERTAIN);
	assert_int_equal(rec->flags, 0);
	/* never fixed */
	rec = send_body(r, 0x0200, "0000000000000000000000000000000000000000000000000000 0000");
	check_position(rec, 0, 0, 0);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->flags, CV_FLAG_RANGE);
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
	/* exchanged (yezhihao/jt808-server, JT808.txt): 116.307629 N 40.058359 E */
	rec = send_body(r, 0x0200, "000004000000080006eeb6ad02633df70138000300632007071923 59");
	rec = named(r, CV_NAME_VEHICLE_POSITION);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->flags, CV_FLAG_RANGE);
	/* 154 m below the sea */
	rec = send_body(r, 0x0200, "0000000000000002 028f5d70 0550c760 ff66000000001807151010 10");
	check_position(rec, 429500000, 891800000, -154000);
	/* month 13, and a digit that is none */
	send_body(r, 0x0200, "000000000000000201dc89d0073d8aa5000c0168005a181315101010");
	assert_int_equal(r->record[0]->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_int_equal(r->record[0]->ts_device_ns, 0);
	send_body(r, 0x0200, "000000000000000201dc89d0073d8aa5000c0168005a18071510101a");
	assert_int_equal(r->record[0]->time_quality, CV_TIME_IMPLAUSIBLE);
	/* faster than anything on wheels */
	send_body(r, 0x0200, "000000000000000201dc89d0073d8aa5000cffff005a180715101010");
	assert_int_equal(named(r, CV_NAME_VEHICLE_SPEED)->flags, CV_FLAG_RANGE);
}

static void a_batch(void **state)
{
	struct decode_run *r = *state;
	size_t positions = 0;

	decode_segment_hex(
		r, true,
		"7e0704005311223344556622b80002000026000000010000000200ba7f0e07e4f11c0028"
		"003c0000180715101010010400000064020200370026000000020000000100cb735507e6"
		"a32300290036007818071510103001040000006002020042d47e");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 14);
	for (size_t i = 0; i < r->records; i++) {
		assert_int_equal(r->record[i]->stage, CV_STAGE_REALTIME);
		positions += r->record[i]->name_id == CV_NAME_VEHICLE_POSITION;
	}
	assert_int_equal(positions, 2);
	assert_int_equal(r->record[7]->name_id, CV_NAME_VEHICLE_OVERSPEED);
	check_position(r->record[8], 133333330, 1325555550, 41000);
	assert_int_equal(r->record[8]->ts_device_ns, TEN_TEN + 20 * SECOND);
	/* the same from where there was no network */
	send_body(r, 0x0704, "000101 001c" PLACE("00000001", "00000002"));
	assert_int_equal(r->records, 5);
	for (size_t i = 0; i < r->records; i++)
		assert_int_equal(r->record[i]->stage, CV_STAGE_HISTORY);
	assert_int_equal(r->record[0]->lane, CV_LANE_ALARM);
	/* one that is longer than what is there */
	send_body(r, 0x0704, "000200 001c" PLACE("00000000", "00000002") "001c 0000");
	assert_int_equal(r->records, 5);
	assert_string_equal(decode_text(r->record[4], CV_TLV_TEXT),
			    "not laid out as the standard has it");
}

static void sessions_and_acknowledgements(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_segment_hex(r, true, HEARTBEAT); /* its check byte is 7E */
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "040021679287");
	rec = send_body(r, 0x8001, "03e8 0200 00");
	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_int_equal(rec->device_end, CV_DEVICE_END_DST);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "0200");
	assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "1000");
	rec = send_body(r, 0x0001, "03e8 8103 03");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "not-supported");
	rec = send_body(r, 0x8100, "0007 00 313233343536");
	assert_int_equal(rec->kind, CV_KIND_SESSION);
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 0); /* the code is a password */
	rec = send_body(r, 0x8100, "0007 04");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "terminal-unknown");
}

static void a_message_sent_again_makes_no_records(void **state)
{
	struct decode_run *r = *state;

	decode_remember(r);
	decode_segment_hex(r, true, JT1);
	assert_int_equal(r->records, 7);
	cv_repeats_settle(&r->repeats, true);
	decode_segment_hex(r, true, HEARTBEAT JT1 HEARTBEAT); /* heartbeats are alike */
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->records, 7 + 2);
	assert_int_equal(r->repeats.found, 1);
	r->origin.ts_rx_ns += 61 * SECOND; /* after a day the serials come again */
	decode_segment_hex(r, true, JT1);
	assert_int_equal(r->records, 9 + 7);
}

static void frames_are_found(void **state)
{
	struct decode_run *r = *state;
	static uint8_t stream[4096];
	size_t len;

	/* a registration text, two frames with one flag in between, flags, a frame */
	memcpy(stream, "CTRL:&20170700000921\r\n", 22);
	len = 22 + decode_hex(HEARTBEAT, stream + 22, 100);
	len--; /* its last flag is the next one's first */
	len += decode_hex(JT1 "7e7e7e" HEARTBEAT, stream + len, 2000);
	decode_segment(r, true, stream, len);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->messages, 3);
	assert_int_equal(decode_pending(r, true), 0);
	decode_any_cut(&cv_decoder_jt808, NULL, true, stream, len);
	/* a check byte 7D that the terminal did not escape (cuteLittleDevil/go-jt808) */
	decode_run_clear(r);
	decode_segment_hex(r, true, "7e0002000000000000067900007d7e" HEARTBEAT);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 0);
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reason;
	} cases[] = {
		{"7e00020000040021679287002b7c7e", CV_REJECT_BAD_CHECKSUM},
		{"7e00020001040021679287002b7d017e", CV_REJECT_BAD_LENGTH},
		{"7e000200000400216792872b7d017e", CV_REJECT_BAD_LENGTH},
		{"7e00027e", CV_REJECT_BAD_LENGTH},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_segment_hex(r, true, cases[i].hex);
		decode_segment_hex(r, true, HEARTBEAT);
		if (r->rejected != 1)
			fail_msg("case %zu: %zu rejected", i, r->rejected);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->messages, 1);
		assert_int_equal(r->records, 1);
	}
	decode_run_clear(r);
	decode_new_flow(r);
	memset(bytes, 'x', 3000); /* no frame at all; one that does not end */
	decode_segment(r, true, bytes, 3000);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
	bytes[0] = 0x7e;
	decode_new_flow(r);
	decode_segment(r, true, bytes, 3000);
	assert_int_equal(r->reject[r->rejected - 1], CV_REJECT_BAD_LENGTH);
	decode_segment_hex(r, true, HEARTBEAT);
	assert_int_equal(r->messages, 1);
	decode_run_clear(r);
	decode_datagram_hex(r, true, "7e000200000400");
	assert_int_equal(r->reject[0], CV_REJECT_TRUNCATED);
}

static enum cv_probe probe(const char *hex, size_t most)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_jt808.probe(bytes, len < most ? len : most, false);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe(JT1, 8192), CV_PROBE_YES);
	assert_int_equal(probe(REGISTER_2019, 8192), CV_PROBE_YES);
	assert_int_equal(probe(JT1, 52), CV_PROBE_MORE);
	assert_int_equal(probe(JT1, 1), CV_PROBE_MORE);
	assert_int_equal(probe("7e00020000040021679287002b7c7e", 8192), CV_PROBE_NO);
	assert_int_equal(probe("7e7e0050001122334403", 8192), CV_PROBE_NO); /* SL 651 */
	assert_int_equal(probe("7ea00702234993bfc87e", 8192), CV_PROBE_NO); /* HDLC of DLMS */
	assert_int_equal(probe("474554202f20485454502f312e31", 8192), CV_PROBE_NO);
}

static void samples_are_decoded(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("jt808/stream.bin", bytes, sizeof(bytes));

	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 10);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(decode_pending(r, true), 0);
	/* register 5, authenticate 1, heartbeat 1, position 7, position of 2019 14, batch 14, driver 3,
	 * packets 2 and what they make 4, CAN 2 */
	assert_int_equal(r->records, 5 + 1 + 1 + 7 + 14 + 14 + 3 + 2 + 4 + 2);
	decode_any_cut(&cv_decoder_jt808, NULL, true, bytes, len);
	decode_run_clear(r);
	decode_new_flow(r);
	len = decode_sample("jt808/damaged.bin", bytes, sizeof(bytes));
	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 2);
	decode_any_cut(&cv_decoder_jt808, NULL, true, bytes, len);
	decode_run_clear(r);
	len = decode_sample("jt808/platform.bin", bytes, sizeof(bytes));
	decode_segment(r, false, bytes, len);
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->rejected, 0);
	decode_any_cut(&cv_decoder_jt808, NULL, false, bytes, len);
}

/* A number of the reference decoder's JSON. */
static bool field(const char *json, const char *key, double *ret)
{
	const char *at = strstr(json, key);

	if (at != NULL)
		*ret = strtod(at + strlen(key), NULL);
	return at != NULL;
}

/* A row of the vectors: check code good, source, frame, what the reference decoder made of it. */
static void vector(void *arg, char *const *column)
{
	struct decode_run *r = arg;
	bool good = strcmp(column[0], "True") == 0;
	const char *device = strstr(column[3], "\"dev\": \"") + 8;
	const struct cv_record *rec;
	double n, lat, lon;
	struct cv_position p;

	decode_run_clear(r);
	decode_datagram_hex(r, true, column[2]);
	assert_int_equal(r->messages, good);
	assert_int_equal(r->rejected, !good);
	if (!good) {
		assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
		return;
	}
	assert_true(r->records > 0);
	rec = r->record[0];
	assert_int_equal(strncmp(device, decode_text(rec, CV_TLV_DEVICE), strcspn(device, "\"")),
			 0);
	assert_true(field(column[3], "\"sn\": ", &n) && n == rec->seq);
	if (!field(column[3], "\"lat\": ", &lat) || !field(column[3], "\"lon\": ", &lon))
		return;
	assert_true(cv_record_position(named(r, CV_NAME_VEHICLE_POSITION), &p));
	assert_true(p.lat / 1e7 == lat && p.lon / 1e7 == lon);
	assert_true(field(column[3], "\"alt\": ", &n) && p.alt == (int32_t)n * 1000);
	assert_true(field(column[3], "\"speed_kmh\": ", &n));
	assert_true(value_of(r, CV_NAME_VEHICLE_SPEED) == n);
	assert_true(field(column[3], "\"dir\": ", &n));
	assert_true(value_of(r, CV_NAME_VEHICLE_HEADING) == n);
	if (lat > 90)
		assert_int_equal(named(r, CV_NAME_VEHICLE_POSITION)->quality, CV_QUALITY_BAD);
}

static void shared_vectors(void **state)
{
	unsigned int rows = decode_vectors("jt808.tsv", 4, vector, *state);

	if (rows == 0)
		skip();
	assert_int_equal(rows, 726);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_position),
		TEST(positions_that_cannot_be),
		TEST(a_batch),
		TEST(sessions_and_acknowledgements),
		TEST(a_message_sent_again_makes_no_records),
		TEST(frames_are_found),
		TEST(wrong_frames_are_rejected_with_a_reason),
		cmocka_unit_test(probe_is_strict),
		TEST(samples_are_decoded),
		TEST(shared_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
