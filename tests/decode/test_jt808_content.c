/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies, extras, messages of several packets. */
#include "tests/decode/jt808_test.h"

static const char *text_of(const struct decode_run *r, unsigned int name)
{
	return decode_text(named(r, name), CV_TLV_TEXT);
}

static void every_alarm_bit_is_an_alarm(void **state)
{
	struct decode_run *r = *state;

	send_body(r, 0x0200, PLACE("ffffffff", "00000002"));
	assert_int_equal(r->records, 32 + 4);
	for (unsigned int i = 0; i < 32; i++) {
		char code[16];

		snprintf(code, sizeof(code), "alarm-%u", i);
		assert_int_equal(r->record[i]->lane, CV_LANE_ALARM);
		assert_string_equal(decode_text(r->record[i], CV_TLV_CODE), code);
		assert_int_equal(r->record[i]->name_id, CV_NAME_VEHICLE_SOS + i);
	}
	/* the first and the last of the standards' table, and some in between */
	assert_int_equal(r->record[8]->name_id, CV_NAME_VEHICLE_POWER_LOST);
	assert_int_equal(r->record[19]->name_id, CV_NAME_VEHICLE_PARKING_TIMEOUT);
	assert_int_equal(r->record[29]->name_id, CV_NAME_VEHICLE_COLLISION);
	assert_int_equal(r->record[31]->name_id, CV_NAME_VEHICLE_ILLEGAL_DOOR);
	send_body(r, 0x0200, PLACE("00000000", "00041c03"));
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_STATE),
			    "acc, fixed, oil-cut, circuit-cut, locked, gps");
	send_body(r, 0x0200, PLACE("00000000", "00000302"));
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_STATE), "full-load, fixed");
}

static void extras(void **state)
{
	struct decode_run *r = *state;

	send_body(r, 0x0200,
		  PLACE("00000000", "00000002") "0104000f4240 03020258 04020007 0602fffb"
						"2504 00000015 2a020002 2b04 01020304 3001 16"
						"31010c");
	assert_int_equal(r->records, 4 + 10);
	assert_true(value_of(r, CV_NAME_VEHICLE_MILEAGE) == 100000);
	assert_true(value_of(r, CV_NAME_VEHICLE_RECORDER_SPEED) == 60);
	assert_int_equal(named(r, CV_NAME_VEHICLE_MANUAL_ALARM_ID)->value.u64, 7);
	assert_true(value_of(r, CV_NAME_VEHICLE_CABIN_TEMPERATURE) == -5);
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_SIGNALS), "low-beam, right-turn, brake");
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_IO), "sleep");
	assert_int_equal(named(r, CV_NAME_VEHICLE_ANALOG)->value.u64, 0x0304);
	assert_true(value_of(r, CV_NAME_DEVICE_SIGNAL) == 22);
	assert_true(value_of(r, CV_NAME_POSITION_SATELLITES) == 12);
	/* the other way to write -5 */
	send_body(r, 0x0200, PLACE("00000000", "00000002") "06028005");
	assert_true(value_of(r, CV_NAME_VEHICLE_CABIN_TEMPERATURE) == -5);
	send_body(r, 0x0200,
		  PLACE("00300002", "00000002") "11 05 02 00000009 12 06 04 0000000a 01"
						"13 07 0000000b 0078 01");
	assert_int_equal(named(r, CV_NAME_VEHICLE_OVERSPEED_PLACE)->value.u64, 9);
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_OVERSPEED_PLACE), "rectangle");
	assert_int_equal(named(r, CV_NAME_VEHICLE_AREA)->value.u64, 10);
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_AREA), "route, left");
	assert_int_equal(named(r, CV_NAME_VEHICLE_STRETCH_TIME)->value.u64, 120);
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_STRETCH_TIME), "too long on 11");
}

static void extras_that_nobody_knows_are_bytes(void **state)
{
	static char body[2048];
	struct decode_run *r = *state;
	struct cv_tlv_view v;
	int n;

	/* unknown; a known one of another length; one that comes twice; one that is cut off */
	send_body(r, 0x0200,
		  PLACE("00000000", "00000002") "e1020102 3002 0102 310105 310106 5104aa");
	assert_int_equal(r->records, 4 + 2);
	assert_true(value_of(r, CV_NAME_POSITION_SATELLITES) == 5);
	assert_string_equal(decode_text(r->record[5], CV_TLV_NAME), "raw.extras");
	assert_string_equal(decode_text(r->record[5], CV_TLV_CODE), "e1,30,31,51");
	v = cv_record_tlv(r->record[5], CV_TLV_BYTES);
	assert_int_equal(v.len, 14);
	assert_memory_equal(v.data, "\xe1\2\1\2\x30\2\1\2\x31\1\6\x51\4\xaa", 14);
	/* as many as a frame holds: no more records */
	n = snprintf(body, sizeof(body), "%s", PLACE("00000000", "00000002"));
	while (n < 2 * 1020)
		n += snprintf(body + n, sizeof(body) - (size_t)n, "0000");
	send_body(r, 0x0200, body);
	assert_int_equal(r->records, 5);
	assert_int_equal(r->record[4]->flags, CV_FLAG_RAW | CV_FLAG_TRUNCATED);
}

static void video_and_active_safety(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	send_body(r, 0x0200,
		  PLACE("00000000", "00000002") "1404 00000011 1504 00000004 18030005 32");
	assert_int_equal(r->records, 4 + 2 + 1 + 2);
	assert_string_equal(decode_text(named(r, CV_NAME_VEHICLE_OVERCROWDED), CV_TLV_CODE),
			    "14-4");
	rec = r->record[6];
	assert_int_equal(rec->name_id, CV_NAME_VEHICLE_VIDEO_LOST);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "15-2");
	assert_int_equal(rec->lane, CV_LANE_ALARM);
	/* ADAS 47 bytes: number 258, begins, forward collision, level 2 */
	send_body(r, 0x0200,
		  PLACE("00000000", "00000002") "642f 00000102 01 01 02 32 05 00 00 00 24 000c"
						"01dc89d0 073d8aa5 180715101010 0001"
						"30303030303030 180715101010 00 02 00");
	rec = named(r, CV_NAME_VEHICLE_ADAS_ALARM);
	assert_int_equal(rec->lane, CV_LANE_ALARM);
	assert_int_equal(rec->value.u64, 1);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "64.1");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "forward-collision, level 2, begins");
	assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "00000102");
	/* the same ends */
	send_body(r, 0x0200,
		  PLACE("00000000", "00000002") "652f 00000102 02 02 01 32 05 00 00 00 24 000c"
						"01dc89d0 073d8aa5 180715101010 0001"
						"30303030303030 180715101010 00 02 00");
	rec = named(r, CV_NAME_VEHICLE_DRIVER_ALARM);
	assert_int_equal(rec->value.u64, 0);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "phone, level 1, ends");
}

static void registrations_of_three_editions(void **state)
{
	struct decode_run *r = *state;
	static const char *const frames[] = {
		REGISTER,
		REGISTER_2019,
		REGISTER_2011,
	};
	static const char *const want[][4] = {
		{"1234", "smallchi123", "CHI123", "粤A12345"},
		{"1234", "smallchi123", "CHI123", "粤A12345"},
		{"70111", "BSJ-M7B", "0000000", "粤B88888"},
	};

	for (size_t i = 0; i < 3; i++) {
		decode_run_clear(r);
		decode_segment_hex(r, true, frames[i]);
		assert_int_equal(r->records, 5);
		assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
		assert_string_equal(text_of(r, CV_NAME_DEVICE_MAKER), want[i][0]);
		assert_string_equal(text_of(r, CV_NAME_DEVICE_MODEL), want[i][1]);
		assert_string_equal(text_of(r, CV_NAME_DEVICE_SERIAL), want[i][2]);
		assert_string_equal(text_of(r, CV_NAME_VEHICLE_PLATE), want[i][3]);
		assert_string_equal(decode_text(r->record[4], CV_TLV_FLAG), "1");
	}
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "44-303");
}

static void what_a_terminal_is(void **state)
{
	struct decode_run *r = *state;

	/* SmallChi/JT808, JT808_0x0107Test.cs: 2013, and 2019 with a maker of five bytes */
	decode_segment_hex(
		r, true,
		"7e0107004111223344556622b800053130363031313034353535343539353531303300000000000034"
		"64"
		"36613133001234567890123456789007616263646566670a706f69757974726577710709ea7e");
	assert_string_equal(text_of(r, CV_NAME_DEVICE_MAKER), "10601");
	assert_string_equal(text_of(r, CV_NAME_DEVICE_MODEL), "10455545955103");
	assert_string_equal(text_of(r, CV_NAME_DEVICE_SIM), "12345678901234567890");
	assert_string_equal(text_of(r, CV_NAME_DEVICE_HARDWARE), "abcdefg");
	assert_string_equal(text_of(r, CV_NAME_DEVICE_VERSION), "poiuytrewq");
	decode_run_clear(r);
	decode_segment_hex(
		r, true,
		"7e010740660100000000010941000493000700ff3838383838434b3130304300000000000000000000"
		"00"
		"0000000000000000000000000031303030343933000000000000000000000000000000000000000000"
		"00"
		"00898603249475600329000748572d56322e350e434b313030432d4a542d5630323402209b7e");
	assert_string_equal(text_of(r, CV_NAME_DEVICE_MAKER), "88888");
	assert_string_equal(text_of(r, CV_NAME_DEVICE_VERSION), "CK100C-JT-V024");
}

static void drivers(void **state)
{
	struct decode_run *r = *state;

	/* SmallChi/JT808, JT808_0x0702Test.cs, of 2019: the citizen's number is not told */
	decode_segment_hex(r, true,
			   "7e0702404d0100000000041587677411001101260617171000000ab2e2cad4d4b1bcd72"
			   "0204138383838"
			   "382a2a2a2a2a2a2a2a2a2a2a2a00000d323032363034303231343038382015102034363"
			   "0333030383838"
			   "3838383838383838383838b27e");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 3);
	assert_int_equal(named(r, CV_NAME_VEHICLE_DRIVER_CARD)->value.u64, 1);
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_DRIVER), "测试员甲");
	assert_string_equal(text_of(r, CV_NAME_VEHICLE_DRIVER_LICENCE), "A88888************");
	send_body(r, 0x0702, "02 180715101010");
	assert_int_equal(named(r, CV_NAME_VEHICLE_DRIVER_CARD)->value.u64, 0);
	assert_int_equal(r->record[0]->ts_device_ns, TEN_TEN);
}

static void passwords_stay_inside(void **state)
{
	struct decode_run *r = *state;
	size_t seen = 0;

	send_body(r, 0x8103, "03 00000001 04 0000003c 00000012 06 736563726574 00000010 03 636d6e");
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[0]->kind, CV_KIND_COMMAND);
	assert_int_equal(r->record[0]->value.u64, 60);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "raw.parameter.0001");
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT), "withheld");
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "cmn");
	send_body(r, 0x0102, "736563726574");
	assert_int_equal(r->records, 1);
	send_body(r, 0x8100, "0001 00 736563726574");
	for (size_t i = 0; i < r->records; i++)
		seen += memmem(r->record[i], r->record[i]->size, "secret", 6) != NULL;
	assert_int_equal(seen, 0);
	/* orders, uploads, parameters that are cut, a packet of them that has no place */
	send_body(r, 0x8105, "02 30 3b 736563726574");
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_BYTES).len, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "withheld");
	send_body(r, 0x9206, "03 313233 0015 06 736563726574");
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_BYTES).len, 0);
	send_body(r, 0x8103, "02 00000012 09 736563726574");
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_BYTES).len, 0);
	send_message(r, &(struct message){
				.id = 0x0104, .body = "736563726574", .total = 99, .index = 1});
	assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_BYTES).len, 0);
	send_message(r, &(struct message){.id = 0x0102,
					  .v2019 = true,
					  .serial = 9,
					  .body = "06 736563726574"
						  "313233343536373839303132333435"
						  "56312e3200000000000000000000000000000000"});
	assert_string_equal(text_of(r, CV_NAME_DEVICE_VERSION), "V1.2");
	assert_null(memmem(r->record[0], r->record[0]->size, "secret", 6));
}

static void can_media_and_texts(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = send_body(r, 0x0705,
			"0002 1010100000 58fef100 0102030405060708 80000304 1112131415161718");
	assert_int_equal(r->records, 2);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.can-18fef100");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "can1");
	assert_string_equal(decode_text(r->record[1], CV_TLV_NAME), "raw.can-304");
	assert_string_equal(decode_text(r->record[1], CV_TLV_SUB), "can2");
	rec = send_body(r, 0x0800, "0000007b 00 00 03 01");
	assert_int_equal(rec->value.u64, 123);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "image/jpeg, collision, channel 1");
	send_body(r, 0x0801, "0000007b 00 00 01 02" PLACE("00000000", "00000002") "ffd8ffe0");
	assert_int_equal(r->records, 1 + 4);
	check_position(r->record[1], 312304160, 1214737010, 12000);
	rec = send_body(r, 0x8300, "01 c7ebbcf5cbd9"); /* "slow down" in GBK */
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "请减速");
	rec = send_body(r, 0x1005, "200707192359 200707202359 000c 0003");
	assert_true(value_of(r, CV_NAME_VEHICLE_BOARDED) == 12);
	assert_true(value_of(r, CV_NAME_VEHICLE_ALIGHTED) == 3);
	rec = send_body(r, 0x0900, "f0 313233");
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "transparent");
	rec = send_body(r, 0x6006, "3132");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "message-6006");
	rec = send_body(r, 0x8105, "04");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "control-terminal");
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	rec = send_message(r, &(struct message){.id = 0x0200, .body = "0102", .encryption = 1});
	assert_int_equal(r->records, 1);
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "encrypted (RSA)");
}

static const struct cv_record *packet(struct decode_run *r, unsigned int serial, unsigned int index,
				      const char *body)
{
	return send_message(
		r,
		&(struct message){
			.id = 0x0704, .serial = serial, .body = body, .total = 3, .index = index});
}

#define PIECE_1 "0001 01 001c 00000000 00000002"
#define PIECE_2 "01dc89d0 073d8aa5"
#define PIECE_3 "000c0168005a 180715101010"

static void packets_are_put_together(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* in order; the last one makes a record for itself and those of the message */
	rec = packet(r, 65535, 1, PIECE_1);
	assert_int_equal(r->records, 1);
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "packet 1/3");
	packet(r, 0, 2, PIECE_2);
	packet(r, 1, 3, PIECE_3);
	assert_int_equal(r->records, 1 + 4);
	check_position(r->record[1], 312304160, 1214737010, 12000);
	assert_int_equal(r->record[1]->quality, CV_QUALITY_GOOD);
	assert_int_equal(r->record[1]->stage, CV_STAGE_HISTORY);
	/* in another order, one of them twice, of another flow */
	packet(r, 102, 3, PIECE_3);
	packet(r, 100, 1, PIECE_1);
	decode_new_flow(r);
	rec = packet(r, 100, 1, PIECE_1);
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_DUPLICATE);
	packet(r, 101, 2, PIECE_2);
	assert_int_equal(r->records, 1 + 4);
	check_position(r->record[1], 312304160, 1214737010, 12000);
	/* serial numbers that do not follow each other, as some terminals have them */
	packet(r, 200, 1, PIECE_1);
	packet(r, 205, 2, PIECE_2);
	packet(r, 206, 3, PIECE_3);
	assert_int_equal(r->records, 1 + 4);
	assert_int_equal(r->record[1]->quality, CV_QUALITY_UNCERTAIN);
	/* a packet 1 anew: what was there before is none of it */
	packet(r, 300, 1, PIECE_1);
	packet(r, 301, 2, "ffffffff ffffffff");
	packet(r, 400, 1, PIECE_1);
	packet(r, 401, 2, PIECE_2);
	packet(r, 402, 3, PIECE_3);
	check_position(r->record[1], 312304160, 1214737010, 12000);
	assert_int_equal(r->record[1]->quality, CV_QUALITY_GOOD);
}

static void packets_have_bounded_room(void **state)
{
	static char body[2001];
	struct decode_run *r = *state;
	const struct cv_record *rec = NULL;

	memset(body, '5', sizeof(body) - 1);
	for (unsigned int i = 1; i <= 10; i++) /* 10,000 bytes */
		rec = send_message(
			r,
			&(struct message){
				.id = 0x1205, .serial = i, .body = body, .total = 10, .index = i});
	assert_int_equal(r->records, 1);
	assert_true(rec->flags & CV_FLAG_PARTIAL);
	rec = send_message(r,
			   &(struct message){.id = 0x1205, .body = "00", .total = 33, .index = 1});
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW);
	rec = send_message(r,
			   &(struct message){.id = 0x1205, .body = "00", .total = 3, .index = 4});
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW);
	rec = send_message(r,
			   &(struct message){.id = 0x1205, .body = "00", .total = 3, .index = 0});
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW);
	/* more transfers than there is room for: the oldest one has to go, the newest goes on */
	for (unsigned int i = 0; i < 40; i++) {
		r->origin.ts_rx_ns += SECOND;
		send_message(r, &(struct message){
					.id = 0x2000 + i, .body = "00", .total = 2, .index = 1});
	}
	send_message(r,
		     &(struct message){
			     .id = 0x2000 + 39, .serial = 1, .body = "01", .total = 2, .index = 2});
	assert_int_equal(r->records, 2);
	assert_int_equal(cv_record_tlv(r->record[1], CV_TLV_BYTES).len, 2);
	send_message(r, &(struct message){
				.id = 0x2000, .serial = 1, .body = "01", .total = 2, .index = 2});
	assert_int_equal(r->records, 1);
	/* pictures are not put together: what it is stands in the first packet */
	rec = send_message(r, &(struct message){.id = 0x0801,
						.body = "0000007b 00 00 01 02 ffd8",
						.total = 2,
						.index = 1});
	assert_int_equal(rec->name_id, CV_NAME_VEHICLE_MEDIA);
	rec = send_message(
		r, &(struct message){
			   .id = 0x0801, .serial = 1, .body = "ffd9", .total = 2, .index = 2});
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_alarm_bit_is_an_alarm),
		TEST(extras),
		TEST(extras_that_nobody_knows_are_bytes),
		TEST(video_and_active_safety),
		TEST(registrations_of_three_editions),
		TEST(what_a_terminal_is),
		TEST(drivers),
		TEST(passwords_stay_inside),
		TEST(can_media_and_texts),
		TEST(packets_are_put_together),
		TEST(packets_have_bounded_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
