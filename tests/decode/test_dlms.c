/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of ../shared/protocols B12 (frames of public captures, read by an
 * independent walk) and of the tables of the Blue and Green Books; other frames are put together here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/decode/fcs16.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_dlms;

static uint8_t bytes[65536];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_dlms);
}

/* An APDU in the wrapper: from the client 16 to the server 1, or back. Results of it alone stay. */
static void say(struct decode_run *r, bool client, const char *apdu)
{
	size_t n = decode_hex(apdu, bytes + 8, 4000);

	decode_run_clear(r);
	memcpy(bytes, client ? "\0\1\0\x10\0\1" : "\0\1\0\1\0\x10", 6);
	bytes[6] = (uint8_t)(n >> 8);
	bytes[7] = (uint8_t)n;
	decode_segment(r, client, bytes, 8 + n);
}

static const struct cv_record *one(struct decode_run *r, bool client, const char *apdu)
{
	say(r, client, apdu);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 1);
	return r->record[0];
}

static void none(struct decode_run *r, const char *apdu)
{
	say(r, true, apdu);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
}

static void is_value(const struct cv_record *rec, unsigned int name, double value, const char *sub)
{
	assert_string_equal(cv_name_text(rec->name_id), cv_name_text(name));
	assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(rec->lane, cv_name_lane(name));
	assert_int_equal(rec->unit_id, cv_name_unit(name));
	if (rec->value.f64 != value)
		fail_msg("%s: %.17g, not %.17g", cv_name_text(name), rec->value.f64, value);
	assert_string_equal(decode_text(rec, CV_TLV_SUB), sub);
}

static void a_register_is_raw_until_its_scaler_is_known(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* published: active energy import 91097, and the scaler of another register: 0, V */
	none(r, "c0 01 43 0003 0100010800ff 02 00");
	rec = one(r, false, "c4 01 43 00 15 00000000000163d9");
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_int_equal(rec->value_type, CV_VALUE_U64);
	assert_int_equal(rec->value.u64, 91097);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.1-0:1.8.0*255/2");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "3/1-0:1.8.0*255/2");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "get");
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->status, 0xc4);
	assert_int_equal(rec->seq, 3);
	none(r, "c0 01 42 0003 0100010800ff 03 00");
	rec = one(r, false, "c4 01 42 00 02 02 0f 00 16 1e");
	assert_int_equal(rec->value.i64, 0);
	assert_int_equal(rec->unit_id, CV_UNIT_WH);
	none(r, "c0 01 43 0003 0100010800ff 02 00");
	rec = one(r, false, "c4 01 43 00 15 00000000000163d9");
	is_value(rec, CV_NAME_POWER_ENERGY_IMPORT, 91.097, "");
	assert_int_equal(rec->flags, 0);
	/* another flow does not know it */
	decode_new_flow(r);
	none(r, "c0 01 43 0003 0100010800ff 02 00");
	assert_int_equal(one(r, false, "c4 01 43 00 15 00000000000163d9")->flags, CV_FLAG_RAW);
}

static void registers_have_their_names(void **state)
{
	static const struct {
		const char *obis, *scaler, *value;
		unsigned int name;
		double expected;
		const char *sub;
	} want[] = {
		{"0100020800ff", "0f 00 16 1e", "06 0001e240", CV_NAME_POWER_ENERGY_EXPORT, 123.456,
		 ""},
		{"0100010802ff", "0f 03 16 1e", "06 0001e240", CV_NAME_POWER_ENERGY_IMPORT, 123456,
		 "t2"},
		{"0100150800ff", "0f 00 16 1e", "06 000003e8", CV_NAME_POWER_ENERGY_IMPORT, 1, "a"},
		{"0100030800ff", "0f 00 16 20", "06 000003e8", CV_NAME_POWER_REACTIVE_ENERGY_IMPORT,
		 1, ""},
		{"0100200700ff", "0f ff 16 23", "12 08fc", CV_NAME_POWER_VOLTAGE, 230, "a"},
		{"0100340700ff", "0f ff 16 23", "12 08fd", CV_NAME_POWER_VOLTAGE, 230.1, "b"},
		{"0100480700ff", "0f 00 16 23", "12 00e6", CV_NAME_POWER_VOLTAGE, 230, "c"},
		{"01001f0700ff", "0f fe 16 21", "10 ff85", CV_NAME_POWER_CURRENT, -1.23, "a"},
		{"01005b0700ff", "0f fd 16 21", "12 0001", CV_NAME_POWER_CURRENT, 0.001, "n"},
		{"0100100700ff", "0f 00 16 1b", "05 fffffff6", CV_NAME_POWER_ACTIVE, -10, ""},
		{"01000e0700ff", "0f fe 16 2c", "12 1388", CV_NAME_POWER_FREQUENCY, 50, ""},
		{"01000d0700ff", "0f fd 16 ff", "10 03e6", CV_NAME_POWER_FACTOR, 0.998, ""},
		{"0100010600ff", "0f 00 16 1b", "06 00003039", CV_NAME_POWER_MAX_DEMAND_IMPORT,
		 12345, ""},
		{"0800010000ff", "0f fd 16 0d", "06 0001e240", CV_NAME_WATER_VOLUME, 123.456, ""},
	};
	struct decode_run *r = *state;
	char apdu[100];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		strcat(strcat(strcpy(apdu, "c0 01 c1 0003 "), want[i].obis), " 03 00");
		none(r, apdu);
		strcat(strcpy(apdu, "c4 01 c1 00 02 02 "), want[i].scaler);
		one(r, false, apdu);
		strcat(strcat(strcpy(apdu, "c0 01 c1 0003 "), want[i].obis), " 02 00");
		none(r, apdu);
		strcat(strcpy(apdu, "c4 01 c1 00 "), want[i].value);
		is_value(one(r, false, apdu), want[i].name, want[i].expected, want[i].sub);
	}
	/* a billing period is the past; another unit than the name's: raw name, known unit */
	none(r, "c0 01 c1 0003 010001080001 03 00");
	one(r, false, "c4 01 c1 00 02 02 0f 00 16 19");
	none(r, "c0 01 c1 0003 010001080001 02 00");
	assert_int_equal(one(r, false, "c4 01 c1 00 06 00000001")->stage, CV_STAGE_HISTORY);
	assert_int_equal(r->record[0]->unit_id, CV_UNIT_J);
	assert_int_equal(r->record[0]->name_id, CV_NAME_NONE);
	/* a scaler that nobody can mean */
	none(r, "c0 01 c1 0003 0100010800ff 03 00");
	one(r, false, "c4 01 c1 00 02 02 0f 7f 16 1e");
	none(r, "c0 01 c1 0003 0100010800ff 02 00");
	assert_int_equal(one(r, false, "c4 01 c1 00 06 00000001")->flags, CV_FLAG_RAW);
}

static void lists_are_paired(void **state)
{
	struct decode_run *r = *state;

	none(r,
	     "c0 03 c4 03 0003 0100010800ff 02 00 0001 0000600100ff 02 00 0003 0100200700ff 02 00");
	say(r, false, "c4 03 c4 03 00 06 0001e240 00 0a 03 414243 01 0b");
	assert_int_equal(r->records, 3);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "3/1-0:1.8.0*255/2");
	assert_string_equal(decode_text(r->record[1], CV_TLV_CODE), "1/0-0:96.1.0*255/2");
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT), "ABC");
	assert_int_equal(r->record[2]->kind, CV_KIND_ERROR);
	assert_int_equal(r->record[2]->value.u64, 11);
	/* the answer again has no request any more */
	say(r, false, "c4 03 c4 03 00 06 0001e240 00 0a 03 414243 01 0b");
	assert_int_equal(r->records, 3);
	assert_true(r->record[0]->flags & CV_FLAG_UNPAIRED);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "raw.unpaired");
	/* more than are remembered: read, and not paired */
#define ONE "0003 0100010800ff 02 00 "
	none(r, "c0 03 c4 11 " ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE ONE);
	say(r, false,
	    "c4 03 c4 11 0105 0105 0105 0105 0105 0105 0105 0105 0105 0105 0105 0105 0105 0105 "
	    "0105 0105 0105");
	assert_int_equal(r->records, 17);
	assert_int_equal(r->record[16]->flags, CV_FLAG_UNPAIRED);
}

static void blocks_are_told_with_what_they_are_of(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	none(r, "c0 01 c1 000f 0000280000ff 02 00");
	rec = one(r, false, "c4 02 c1 00 00000001 00 03 010203");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "15/0-0:40.0.0*255/2");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "block 1");
	assert_int_equal(rec->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW);
	none(r, "c0 02 c1 00000001");
	rec = one(r, false, "c4 02 c1 01 00000002 00 01 04");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "block 2, the last");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "15/0-0:40.0.0*255/2");
}

/* A register's value in two blocks; then a list of two results in three, one of them refused. */
static void blocks_are_joined(void **state)
{
	struct decode_run *r = *state;

	none(r, "c0 01 c1 0003 0100010800ff 02 00");
	one(r, false, "c4 02 c1 00 00000001 00 04 15000000");
	one(r, false, "c4 02 c1 00 00000001 00 04 15000000"); /* again: from the beginning */
	say(r, false, "c4 02 c1 01 00000002 00 05 00000163d9");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[1]->value.u64, 91097);
	assert_int_equal(r->record[1]->flags, CV_FLAG_RAW);
	assert_string_equal(decode_text(r->record[1], CV_TLV_CODE), "3/1-0:1.8.0*255/2");
	none(r, "c0 03 c2 02 0003 0100010800ff 02 00 0003 0100020800ff 02 00");
	one(r, false, "c4 02 c2 00 00000001 00 04 02 00 12 00");
	one(r, false, "c4 02 c2 00 00000002 00 01 07");
	one(r, false, "c4 02 c2 00 00000002 00 01 07"); /* once more */
	say(r, false, "c4 02 c2 01 00000003 00 02 01 03");
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[1]->value.u64, 7);
	assert_string_equal(decode_text(r->record[2], CV_TLV_CODE), "3/1-0:2.8.0*255/2");
	assert_int_equal(r->record[2]->kind, CV_KIND_ERROR);
	assert_int_equal(r->record[2]->value.u64, 3);
	/* One is missing; what they are all of is nothing; nobody knows what was asked. */
	none(r, "c0 01 c1 0003 0100010800ff 02 00");
	one(r, false, "c4 02 c1 00 00000001 00 02 15 00");
	one(r, false, "c4 02 c1 01 00000003 00 02 00 00");
	none(r, "c0 01 c1 0003 0100010800ff 02 00");
	one(r, false, "c4 02 c1 00 00000001 00 02 15 00");
	one(r, false, "c4 02 c1 01 00000002 00 02 00 00");
	one(r, false, "c4 02 c5 01 00000001 00 02 11 07");
}

static void the_device_has_a_name(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* published: general-glo-ciphering */
	rec = one(r, false, "db 08 2f19229199164103 08 30 00000001 aabbcc");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "2f19229199164103");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "encrypted");
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 8);
	rec = one(r, false, "cc 05 30 00000002");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "2f19229199164103");
	/* published: logical device name */
	none(r, "c0 01 41 0001 00002a0000ff 02 00");
	rec = one(r, false, "c4 01 41 00 09 0d 41445830303131353838383430");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "ADX0011588840");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "ADX0011588840");
	/* its title does not take the name away; the client's is none */
	rec = one(r, false, "db 08 2f19229199164103 05 30 00000001");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "ADX0011588840");
	rec = one(r, true, "db 08 4d4d4d0000000001 05 30 00000001");
	assert_int_equal(rec->direction, CV_DIR_DOWN);
}

static void associations(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = one(r, true,
		  "60 36 a1 09 06 07 60857405080101 8a 02 07 80 8b 07 60857405080201 "
		  "ac 0a 80 08 3132333435363738 be 10 04 0e 01000000065f1f040000fe1dffff");
	assert_int_equal(rec->kind, CV_KIND_SESSION);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "associate");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "low");
	assert_null(cv_record_tlv(rec, CV_TLV_BYTES).data);
	rec = one(r, false,
		  "61 29 a1 09 06 07 60857405080101 a2 03 02 01 00 a3 05 a1 03 02 01 00 "
		  "be 10 04 0e 0800065f1f0400001014040000 07");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "accepted");
	rec = one(r, false,
		  "61 1f a1 09 06 07 60857405080101 a2 03 02 01 01 a3 05 a1 03 02 01 0d "
		  "be 06 04 04 0e010600");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "refused, diagnostic 13");
	assert_string_equal(decode_text(one(r, false, "63 03 80 01 00"), CV_TLV_METHOD), "release");
	rec = one(r, false, "d8 01 02");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_int_equal(rec->value.u64, 0x12);
}

static void commands_and_events(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	rec = one(r, true, "c1 01 c5 0001 0000600a01ff 02 00 11 07");
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->value.u64, 7);
	rec = one(r, false, "c5 01 c5 00");
	assert_int_equal(rec->kind, CV_KIND_STATE);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "1/0-0:96.10.1*255/2");
	rec = one(r, true, "c1 01 c5 000f 0000280000ff 07 00 09 02 3132");
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	rec = one(r, true, "c3 01 c6 0046 000060030aff 01 01 0f 00");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "action");
	rec = one(r, false, "c7 01 c6 03 00");
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "70/0-0:96.3.10*255/1");
	/* 2023-05-15 19:31:07 one hour east of Greenwich */
	rec = one(r, false, "c2 01 0c 07e7050f01131f0700ffc400 0003 0100010800ff 02 06 0001e240");
	assert_int_equal(rec->ts_device_ns, (1684179067ll - 3600) * 1000000000);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "3/1-0:1.8.0*255/2");
	say(r, false, "0f 00000001 0c 07e7050f01131f0700800000 02 02 06 00000001 12 0002");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[1]->value.u64, 2);
	assert_int_equal(r->record[1]->time_quality, CV_TIME_ABSENT);
	none(r, "c0 01 c1 0008 0000010000ff 02 00");
	rec = one(r, false, "c4 01 c1 00 09 0c 07e7050f01131f0700ffc400");
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_CLOCK);
	assert_int_equal(rec->value.i64, 1684179067ll - 3600);
}

static void wrong_ones_are_rejected(void **state)
{
	static const char *const apdus[] = {
		"c4 01 c1",
		"c4 01 c1 00 06 0001",
		"c4 01 c1 02 00",
		"c4 01 c1 00 63",
		"c0 04 c1 0003 0100010800ff 02 00",
		"c4 01 c1 00 01 82 ffff 00",
		"60 20 a1",
		"61 03 a1 09 06",
		"db 08 2f19",
		"c0 03 c1 20",
		"c2 01 0c 07",
		"c4 03 c1 02 00 00",
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(apdus) / sizeof(apdus[0]); i++) {
		say(r, false, apdus[i]);
		if (r->rejected != 1 || r->reject[0] != CV_REJECT_BAD_PAYLOAD || r->records != 0)
			fail_msg("%s: %zu rejected, %zu records", apdus[i], r->rejected,
				 r->records);
	}
	decode_run_clear(r);
	decode_segment_hex(r, false, "7e a0 07 03 21 93 0f 02 7e");
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
}

static void frames_of_hdlc(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("dlms/hdlc.bin", bytes, sizeof(bytes));

	decode_segment(r, false, bytes, len);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->messages, 7);
	assert_int_equal(r->records, 6);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "accepted");
	assert_int_equal(r->record[1]->value.u64, 0x0001e240);
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "segment");
	assert_string_equal(decode_text(r->record[3], CV_TLV_TEXT), "segment");
	assert_string_equal(decode_text(r->record[4], CV_TLV_TEXT), "12345678");
	assert_int_equal(decode_pending(r, false), 0);
	/* published: SNRM, then an AARQ whose check sequence is wrong there too */
	decode_run_clear(r);
	decode_new_flow(r);
	decode_segment_hex(r, true, "7ea0070321930f017e");
	decode_segment_hex(
		r, true,
		"7ea02b032110fbafe6e600601da10b060760857405080101be10040e01000000065f1f04"
		"00001e1dffffc5e47e");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
}

/* An I frame of the meter; its head is that of the link layer in the first one. */
static void frame(struct decode_run *r, unsigned int number, bool more, const void *content,
		  size_t len)
{
	uint8_t *f = bytes;
	size_t size = 9 + len;
	uint16_t check;

	assert_true(size < 2048);
	f[0] = 0x7e;
	f[1] = (uint8_t)(0xa0 | (more ? 8 : 0) | size >> 8);
	f[2] = (uint8_t)size;
	f[3] = 0x21;
	f[4] = 0x03;
	f[5] = (uint8_t)(number << 1 | 0x10);
	check = cv_fcs16(f + 1, 5);
	memcpy(f + 6, &check, 2);
	memcpy(f + 8, content, len);
	check = cv_fcs16(f + 1, 7 + len);
	memcpy(f + 8 + len, &check, 2);
	f[10 + len] = 0x7e;
	decode_run_clear(r);
	decode_segment(r, false, f, 11 + len);
	assert_int_equal(r->messages + r->rejected, 1);
}

static void frame_hex(struct decode_run *r, unsigned int number, bool more, const char *hex)
{
	uint8_t content[64];

	frame(r, number, more, content, decode_hex(hex, content, sizeof(content)));
}

/* The frame is told as a segment, alone, with these flags. */
static void segment(const struct decode_run *r, uint32_t flags)
{
	assert_int_equal(r->records, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "segment");
	assert_int_equal(r->record[0]->flags, CV_FLAG_PARTIAL | CV_FLAG_RAW | flags);
}

/* It is, and with it the APDU. */
static const struct cv_record *joined(const struct decode_run *r)
{
	assert_int_equal(r->records, 2);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "segment");
	assert_int_equal(r->record[1]->flags & CV_FLAG_PARTIAL, 0);
	return r->record[1];
}

static void segments_are_joined(void **state)
{
	struct decode_run *r = *state;

	/* An octet string of six in three segments; the middle one twice, as if not confirmed. */
	frame_hex(r, 6, true, "e6 e7 00 c4 01 c1 00 09 06 61");
	segment(r, 0);
	frame_hex(r, 7, true, "e6 e7 00"); /* content that looks like a head */
	segment(r, 0);
	frame_hex(r, 7, true, "e6 e7 00");
	segment(r, CV_FLAG_DUPLICATE);
	frame_hex(r, 0, false, "62 63");
	assert_int_equal(joined(r)->seq, 1);
	assert_memory_equal(cv_record_tlv(r->record[1], CV_TLV_BYTES).data,
			    "\x09\x06"
			    "a\xe6\xe7\0bc",
			    8);
	/* The first one twice. */
	frame_hex(r, 1, true, "e6 e7 00 c4 01 c1 00 09 02");
	segment(r, 0);
	frame_hex(r, 1, true, "e6 e7 00 c4 01 c1 00 09 02");
	segment(r, CV_FLAG_DUPLICATE);
	frame_hex(r, 2, false, "62 63");
	assert_string_equal(decode_text(joined(r), CV_TLV_TEXT), "bc");
	/* What it is all of is nothing. */
	frame_hex(r, 3, true, "e6 e7 00 c4 01");
	frame_hex(r, 4, false, "c1 07");
	segment(r, 0);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_PAYLOAD);
}

static void segments_that_are_missing(void **state)
{
	struct decode_run *r = *state;

	frame_hex(r, 1, true, "e6 e7 00 c4 01 c1 00 09 06 61");
	frame_hex(r, 3, false, "62 63"); /* 2 is not there */
	segment(r, CV_FLAG_UNPAIRED);
	frame_hex(r, 4, false, "62 63");
	segment(r, CV_FLAG_UNPAIRED);
	/* Another APDU begins in the middle of one. */
	frame_hex(r, 4, true, "e6 e7 00 c4 01 c1 00 09 06 61");
	frame_hex(r, 0, true, "e6 e7 00 c4 01 c2 00 09 01");
	segment(r, 0);
	frame_hex(r, 1, false, "61");
	assert_int_equal(joined(r)->seq, 2);
}

/* More than there is room for, of one and of many. */
static void too_many_segments(void **state)
{
	static const uint8_t zeros[2000];
	struct decode_run *r = *state;

	frame_hex(r, 0, true, "e6 e7 00 c4 01 c1 00 09 82 30 00");
	for (unsigned int i = 1; i <= 6; i++) {
		frame(r, i, i < 6, zeros, sizeof(zeros));
		segment(r, CV_FLAG_TRUNCATED | (i > 3 ? CV_FLAG_UNPAIRED : 0));
	}
	for (unsigned int i = 0; i < 100; i++) {
		frame_hex(r, 0, true, "e6 e7 00 c4 01 c1 00 09 01");
		decode_new_flow(r);
	}
	frame_hex(r, 0, true, "e6 e7 00 c4 01 c1 00 09 01");
	frame_hex(r, 1, false, "62");
	assert_string_equal(decode_text(joined(r), CV_TLV_TEXT), "b");
}

static enum cv_probe probe(const char *hex, bool datagram)
{
	size_t len = decode_hex(hex, bytes, sizeof(bytes));

	return cv_decoder_dlms.probe(bytes, len, datagram);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe("000100010001000dc0014300030100010800ff0200", true), CV_PROBE_YES);
	assert_int_equal(probe("000100010001000dc0014300030100010800ff02", false), CV_PROBE_MORE);
	assert_int_equal(probe("000100010001000dc0014300030100010800ff020000", true), CV_PROBE_NO);
	assert_int_equal(probe("000100010001000d200143", false), CV_PROBE_NO);
	assert_int_equal(probe("7ea0070321930f017e", false), CV_PROBE_YES);
	assert_int_equal(probe("7ea0070321930f027e", false), CV_PROBE_NO);
	/* Modbus/TCP with transaction 1; JT/T 808; SL 651 */
	assert_int_equal(probe("0001000000060a0300050002", true), CV_PROBE_NO);
	assert_int_equal(probe("0001000000060a0300c00002", false), CV_PROBE_NO);
	assert_int_equal(probe("7e000200000123456789017fbc7e", true), CV_PROBE_NO);
	assert_int_equal(probe("7e7e0100123456781234300008020003591011154947", true), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	static const char *const samples[] = {"dlms/stream.bin", "dlms/damaged.bin",
					      "dlms/hdlc.bin", "dlms/requests.bin"};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		size_t len = decode_sample(samples[i], bytes, sizeof(bytes));

		decode_any_cut(&cv_decoder_dlms, NULL, i == 3, bytes, len);
	}
}

static void the_samples_are_decoded(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("dlms/stream.bin", bytes, sizeof(bytes));

	decode_segment(r, false, bytes, len);
	assert_int_equal(r->messages, 14);
	assert_int_equal(r->rejected, 0);
	decode_run_clear(r);
	len = decode_sample("dlms/requests.bin", bytes, sizeof(bytes));
	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 9);
	assert_int_equal(r->rejected, 0);
	decode_run_clear(r);
	decode_new_flow(r);
	len = decode_sample("dlms/damaged.bin", bytes, sizeof(bytes));
	decode_segment(r, false, bytes, len);
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->rejected, 4);
	assert_int_equal(decode_pending(r, false), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_register_is_raw_until_its_scaler_is_known),
		TEST(registers_have_their_names),
		TEST(lists_are_paired),
		TEST(blocks_are_told_with_what_they_are_of),
		TEST(blocks_are_joined),
		TEST(the_device_has_a_name),
		TEST(associations),
		TEST(commands_and_events),
		TEST(wrong_ones_are_rejected),
		TEST(frames_of_hdlc),
		TEST(segments_are_joined),
		TEST(segments_that_are_missing),
		TEST(too_many_segments),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
		TEST(the_samples_are_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
