/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_modbus;

/* Frames 57 and 58 of a public capture: unit 10 reads holding registers 5 and 6. */
#define READ_HOLDING "0001 0000 0006 0a 03 0005 0002"
#define HOLDING_ARE "0001 0000 0007 0a 03 04 0009 0018"

static const struct {
	struct cv_generation gen;
	struct cv_gen_register registers[8];
} image = {
	.gen =
		{
			.magic = CV_GENERATION_MAGIC,
			.version = CV_GENERATION_VERSION,
			.size = sizeof(image),
			.registers = {offsetof(__typeof__(image), registers), 8},
		},
	/* Sorted by unit, table, address. */
	.registers =
		{
			{1, 3, CV_REG_COIL, CV_REG_BOOL, 0, 1, 0, "pump.running", ""},
			{1, 0, CV_REG_INPUT, CV_REG_F32, 0, 1, 0, "weather.temperature", "Cel"},
			{1, 2, CV_REG_INPUT, CV_REG_F32_SWAPPED, 0, 1, 0, "water.temperature",
			 "Cel"},
			{1, 4, CV_REG_INPUT, CV_REG_S32_SWAPPED, 0, 1, 0, "power.active", "W"},
			{10, 5, CV_REG_HOLDING, CV_REG_U16, 0, 0.1, -40, "weather.temperature",
			 "Cel"},
			{0xffff, 5, CV_REG_HOLDING, CV_REG_U16, 0, 1, 0, "any.five", "furlong"},
			{0xffff, 6, CV_REG_HOLDING, CV_REG_S16, 0, 1, 0, "any.six", ""},
			{0xffff, 8, CV_REG_HOLDING, CV_REG_U32, 0, 1, 0, "any.eight", ""},
		},
};

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_modbus);
}

static int setup_map(void **state)
{
	*state = decode_run_new(&cv_decoder_modbus, &image.gen);
	((struct decode_run *)*state)->origin.ip_proto = 6;
	return 0;
}

static void ask(struct decode_run *r, const char *hex)
{
	decode_segment_hex(r, true, hex);
}

static void answer(struct decode_run *r, const char *hex)
{
	decode_segment_hex(r, false, hex);
}

static void assert_bytes(const struct cv_record *rec, const char *hex)
{
	struct cv_tlv_view v = cv_record_tlv(rec, CV_TLV_BYTES);
	uint8_t want[512];
	size_t len = decode_hex(hex, want, sizeof(want));

	assert_non_null(v.data);
	assert_int_equal(v.len, len);
	assert_memory_equal(v.data, want, len);
}

static void assert_reject(struct decode_run *r, enum cv_reject reason)
{
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], reason);
	assert_int_equal(r->messages, 0);
	assert_int_equal(r->records, 0);
}

static void read_response_without_map_is_one_raw_record(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	ask(r, READ_HOLDING);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
	answer(r, HOLDING_ARE);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
	assert_int_equal(rec->lane, CV_LANE_MEASUREMENT);
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);
	assert_int_equal(rec->device_end, CV_DEVICE_END_SRC);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->seq, 1);
	assert_int_equal(rec->status, 3);
	assert_int_equal(rec->raw_len, 13);
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "10");
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.modbus.holding.5");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "holding.5-6");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "read-holding-registers");
	assert_bytes(rec, "0009 0018");
}

static void mapped_registers_get_name_unit_and_scale(void **state)
{
	struct decode_run *r = *state;

	ask(r, READ_HOLDING);
	answer(r, HOLDING_ARE);
	/* All of it is mapped: nothing raw. Unit 10's own entry hides the one for any unit. */
	assert_int_equal(r->records, 2);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "weather.temperature");
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "holding.5");
	assert_int_equal(r->record[0]->unit_id, CV_UNIT_CEL);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_F64);
	assert_true(r->record[0]->value.f64 == 9 * 0.1 - 40);
	assert_string_equal(decode_text(r->record[1], CV_TLV_NAME), "any.six");
	assert_true(r->record[1]->value.f64 == 24);
}

static void partly_mapped_response_keeps_the_raw_words(void **state)
{
	struct decode_run *r = *state;

	/* Unit 7, holding 5-8: 5 and 6 are mapped, 8 is half a 32-bit register. */
	ask(r, "0007 0000 0006 07 03 0005 0004");
	answer(r, "0007 0000 000b 07 03 08 0001 ffff 0003 0004");
	assert_int_equal(r->records, 3);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "any.five");
	assert_int_equal(r->record[0]->unit_id, CV_UNIT_NONE);
	assert_string_equal(decode_text(r->record[0], CV_TLV_UNIT), "furlong");
	assert_true(r->record[1]->value.f64 == -1);
	assert_string_equal(decode_text(r->record[2], CV_TLV_NAME), "raw.modbus.holding.5");
	assert_bytes(r->record[2], "0001 ffff 0003 0004");
}

static void pairs_of_registers_in_both_word_orders(void **state)
{
	struct decode_run *r = *state;

	/* 21.5f is 41ac0000, -2 is fffffffe. */
	ask(r, "0002 0000 0006 01 04 0000 0006");
	answer(r, "0002 0000 000f 01 04 0c 41ac 0000 0000 41ac fffe ffff");
	assert_int_equal(r->records, 3);
	assert_true(r->record[0]->value.f64 == 21.5);
	assert_true(r->record[1]->value.f64 == 21.5);
	assert_true(r->record[2]->value.f64 == -2);
	assert_string_equal(decode_text(r->record[1], CV_TLV_CODE), "input.2-3");
	assert_int_equal(r->record[2]->unit_id, CV_UNIT_W);
}

static void not_a_number_is_no_value(void **state)
{
	struct decode_run *r = *state;

	ask(r, "0002 0000 0006 01 04 0000 0002");
	answer(r, "0002 0000 0007 01 04 04 7fc0 0000");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_NONE);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_BAD);
	assert_int_equal(r->record[0]->flags, CV_FLAG_RANGE);
	assert_bytes(r->record[0], "7fc0 0000");
}

static void coils_are_bits_from_the_lowest(void **state)
{
	struct decode_run *r = *state;

	/* Coils 1 to 8 are 1,0,0,1,0,1,1,1. */
	ask(r, "0002 0000 0006 01 01 0001 0008");
	answer(r, "0002 0000 0004 01 01 01 e9");
	assert_int_equal(r->records, 2);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "pump.running");
	assert_int_equal(r->record[0]->value_type, CV_VALUE_BOOL);
	assert_int_equal(r->record[0]->value.u64, 0);
	assert_string_equal(decode_text(r->record[1], CV_TLV_CODE), "coil.1-8");
	assert_bytes(r->record[1], "e9");
}

static void exceptions_are_error_records(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	ask(r, "0001 0000 0006 00 03 0400 0001");
	answer(r, "0001 0000 0003 00 83 02");
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_int_equal(rec->kind, CV_KIND_ERROR);
	assert_int_equal(rec->value.u64, 2);
	assert_int_equal(rec->flags, 0);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "illegal-data-address");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "read-holding-registers");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "holding.1024");
}

static void unasked_response_is_flagged(void **state)
{
	struct decode_run *r = *state;

	answer(r, HOLDING_ARE);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_RAW | CV_FLAG_UNPAIRED);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "raw.modbus.holding");
	/* Once answered, a request is answered. */
	ask(r, READ_HOLDING);
	answer(r, HOLDING_ARE);
	answer(r, HOLDING_ARE);
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[1]->flags, CV_FLAG_RAW);
	assert_int_equal(r->record[2]->flags, CV_FLAG_RAW | CV_FLAG_UNPAIRED);
	/* Another unit, another quantity: not the answer. */
	ask(r, READ_HOLDING);
	answer(r, "0001 0000 0007 0b 03 04 0009 0018");
	answer(r, "0001 0000 0005 0a 03 02 0009");
	assert_int_equal(r->record[3]->flags, CV_FLAG_RAW | CV_FLAG_UNPAIRED);
	assert_int_equal(r->record[4]->flags, CV_FLAG_RAW | CV_FLAG_UNPAIRED);
}

static void writes_are_commands_and_count_when_acknowledged(void **state)
{
	struct decode_run *r = *state;

	ask(r, "0010 0000 0006 0a 06 0005 01f4"); /* 500 */
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_COMMAND);
	assert_int_equal(r->record[0]->lane, CV_LANE_STATUS);
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	assert_int_equal(r->record[0]->device_end, CV_DEVICE_END_DST);
	assert_true(r->record[0]->value.f64 == 10);
	answer(r, "0010 0000 0006 0a 06 0005 01f4");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[1]->kind, CV_KIND_MEASUREMENT);
	assert_true(r->record[1]->value.f64 == 10);

	ask(r, "0011 0000 0006 01 05 0003 ff00");
	answer(r, "0011 0000 0006 01 05 0003 ff00");
	assert_int_equal(r->records, 4);
	assert_int_equal(r->record[2]->value.u64, 1);
	assert_int_equal(r->record[3]->value_type, CV_VALUE_BOOL);
	assert_int_equal(r->record[3]->value.u64, 1);
}

static void multiple_write_values_come_from_the_request(void **state)
{
	struct decode_run *r = *state;

	ask(r, "0012 0000 000b 0a 10 0005 0002 04 01f4 fffd");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_COMMAND);
	assert_bytes(r->record[0], "01f4 fffd");
	answer(r, "0012 0000 0006 0a 10 0005 0002");
	assert_int_equal(r->records, 3);
	assert_true(r->record[1]->value.f64 == 10);
	assert_true(r->record[2]->value.f64 == -3);

	/* Refused: nothing was set. */
	ask(r, "0013 0000 000b 0a 10 0005 0002 04 01f4 fffd");
	answer(r, "0013 0000 0003 0a 90 04");
	assert_int_equal(r->records, 5);
	assert_int_equal(r->record[4]->kind, CV_KIND_ERROR);

	/* An acknowledgement of what nobody saw written. */
	answer(r, "0013 0000 0006 0a 10 0005 0002");
	assert_int_equal(r->record[5]->kind, CV_KIND_STATE);
	assert_int_equal(r->record[5]->flags, CV_FLAG_UNPAIRED);
}

static void read_write_gives_both_halves(void **state)
{
	struct decode_run *r = *state;

	ask(r, "0014 0000 000d 0a 17 0005 0001 0006 0001 02 0007");
	answer(r, "0014 0000 0005 0a 17 02 01f4");
	assert_int_equal(r->records, 3);
	assert_string_equal(decode_text(r->record[1], CV_TLV_NAME), "any.six");
	assert_true(r->record[1]->value.f64 == 7);
	assert_string_equal(decode_text(r->record[2], CV_TLV_NAME), "weather.temperature");
	assert_true(r->record[2]->value.f64 == 10);
}

static void several_adus_in_one_segment(void **state)
{
	struct decode_run *r = *state;

	ask(r, "317c00000009ff0f0009000a02ff03 317d00000008ff0f000800010101"
	       "317e00000008ff0f000600010100");
	assert_int_equal(r->messages, 3);
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[2]->seq, 0x317e);
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "coil.9-18");
	assert_string_equal(decode_text(r->record[0], CV_TLV_SUB), "255");
}

static void device_identification_is_one_state_per_object(void **state)
{
	struct decode_run *r = *state;

	ask(r, "0020 0000 0005 01 2b 0e 01 00");
	answer(r, "0020 0000 0012 01 2b 0e 01 01 00 00 02 00 03 414243 01 03 c1ff41");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[0]->kind, CV_KIND_STATE);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME),
			    "raw.modbus.identification.vendor-name");
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "ABC");
	assert_int_equal(r->record[1]->value_type, CV_VALUE_BYTES);
	assert_int_equal(r->record[1]->flags, CV_FLAG_ENCODING);
	decode_run_clear(r);
	answer(r, "0021 0000 000c 01 2b 0e 01 01 00 00 02 00 03 41 42");
	assert_reject(r, CV_REJECT_BAD_VALUE);
}

static void vendor_functions_are_carried(void **state)
{
	struct decode_run *r = *state;

	ask(r, "0001 0000 0005 00 5a 00 02 01");
	answer(r, "0001 0000 0005 00 5a 00 fe 07");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->record[0]->kind, CV_KIND_COMMAND);
	assert_int_equal(r->record[1]->kind, CV_KIND_STATE);
	assert_string_equal(decode_text(r->record[1], CV_TLV_METHOD), "function-90");
	assert_bytes(r->record[1], "00 fe 07");
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	static const struct {
		const char *hex;
		bool from_client;
		enum cv_reject reason;
	} cases[] = {
		{"0001 0001 0006 0a 03 0005 0002", true, CV_REJECT_BAD_HEADER},
		{"0001 0000 0001 0a", true, CV_REJECT_BAD_LENGTH},
		{"0001 0000 00ff 0a 03", true, CV_REJECT_BAD_LENGTH},
		{"0001 0000 0100 0a 5a", true, CV_REJECT_BAD_LENGTH},
		{"0001 0000 ffff 0a 03", true, CV_REJECT_BAD_LENGTH},
		{"0001 0000 0005 0a 03 0005 00", true, CV_REJECT_BAD_LENGTH},
		{"0001 0000 0006 0a 03 04 0009 00", false, CV_REJECT_BAD_VALUE},
		{"0001 0000 0002 0a 03", false, CV_REJECT_BAD_LENGTH},
		{"0001 0000 0009 0a 10 0005 0001 03 0001", true, CV_REJECT_BAD_VALUE},
		{"0001 0000 0002 0a 83", false, CV_REJECT_BAD_LENGTH},
		{"0001 0000 0006 0a 18 0003 0000", false, CV_REJECT_BAD_VALUE},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		decode_segment_hex(r, cases[i].from_client, cases[i].hex);
		assert_reject(r, cases[i].reason);
	}
}

static void stream_finds_the_next_adu_after_junk(void **state)
{
	struct decode_run *r = *state;

	ask(r, "1603010200 0100 01fc0303" READ_HOLDING READ_HOLDING);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->messages, 2);
}

static void sound_frame_with_bad_content_is_stepped_over(void **state)
{
	struct decode_run *r = *state;

	/* Behind it stands a function that resynchronisation would not take for a start. */
	ask(r, "0001 0000 0009 0a 10 0005 0001 03 0001 0002 0000 0003 0a 5a 00");
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_VALUE);
	assert_int_equal(r->messages, 1);
}

static void datagrams_end_where_they_end(void **state)
{
	struct decode_run *r = *state;

	r->origin.ip_proto = 17;
	decode_datagram_hex(r, true, READ_HOLDING);
	decode_datagram_hex(r, false, HOLDING_ARE);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_RAW);
	decode_run_clear(r);
	decode_datagram_hex(r, true, "0001 0000 0006 0a 03 0005");
	assert_reject(r, CV_REJECT_TRUNCATED);
}

static void on_another_port_the_client_asks(void **state)
{
	struct decode_run *r = *state;

	r->origin.dport = 1502;
	ask(r, READ_HOLDING);
	answer(r, HOLDING_ARE);
	assert_int_equal(r->record[0]->flags, CV_FLAG_RAW);
	decode_run_clear(r);
	r->origin.ip_proto = 17;
	decode_datagram_hex(r, false, READ_HOLDING);
	decode_datagram_hex(r, true, HOLDING_ARE);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_RAW);
}

/* A connection older than the node: an answer is what is seen first. */
static void on_another_port_the_first_sure_message_tells_who_asks(void **state)
{
	struct decode_run *r = *state;

	r->origin.dport = 1502;
	ask(r, "0001 0000 0006 0a 05 0001 ff00"); /* either side sends this */
	ask(r, HOLDING_ARE);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->record[1]->direction, CV_DIR_UP);
	answer(r, READ_HOLDING);
	ask(r, HOLDING_ARE);
	assert_int_equal(r->messages, 4);
	assert_string_equal(decode_text(r->record[2], CV_TLV_CODE), "holding.5-6");
	/* Once it is known, a message that does not fit is one that does not fit. */
	decode_new_flow(r);
	decode_run_clear(r);
	ask(r, READ_HOLDING);
	ask(r, HOLDING_ARE);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 1);
}

static void too_many_open_requests_forget_the_oldest(void **state)
{
	struct decode_run *r = *state;
	char hex[64];

	for (unsigned int i = 1; i <= 16; i++) {
		snprintf(hex, sizeof(hex), "%04x 0000 0006 0a 03 %04x 0001", i, i);
		ask(r, hex);
	}
	for (unsigned int i = 16; i >= 1; i--) {
		snprintf(hex, sizeof(hex), "%04x 0000 0005 0a 03 02 0000", i);
		answer(r, hex);
	}
	assert_int_equal(r->records, 16);
	for (size_t i = 0; i < 15; i++)
		assert_int_equal(r->record[i]->flags & CV_FLAG_UNPAIRED, 0);
	assert_int_equal(r->record[15]->flags & CV_FLAG_UNPAIRED, CV_FLAG_UNPAIRED);
}

static enum cv_probe probe(const char *hex, bool datagram)
{
	uint8_t data[512];

	return cv_decoder_modbus.probe(data, decode_hex(hex, data, sizeof(data)), datagram);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe(READ_HOLDING, false), CV_PROBE_YES);
	assert_int_equal(probe(READ_HOLDING READ_HOLDING, false), CV_PROBE_YES);
	assert_int_equal(probe(HOLDING_ARE, true), CV_PROBE_YES);
	assert_int_equal(probe("0001 0000", false), CV_PROBE_MORE);
	assert_int_equal(probe("0001 0000 0007 0a 03 04 0009", false), CV_PROBE_MORE);
	assert_int_equal(probe("0001 0000 0007 0a 03 04 0009", true), CV_PROBE_NO);
	assert_int_equal(probe("0001 0001 0006 0a 03 0005 0002", false), CV_PROBE_NO);
	assert_int_equal(probe("0001 0000 0006 0a 5a 0005 0002", false), CV_PROBE_NO);
	assert_int_equal(probe("0001 0000 0006 0a 03 05 05 0002", false), CV_PROBE_YES);
	assert_int_equal(probe("0001 0000 0005 0a 03 0005 02", false), CV_PROBE_NO);
	assert_int_equal(probe(READ_HOLDING "ffff ffff", false), CV_PROBE_NO);
	assert_int_equal(probe("16 03 01 02 00 01 00 01 fc 03 03", false), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	uint8_t stream[256];
	size_t len = decode_hex("0001 0000 000b 0a 10 0005 0002 04 01f4 fffd" READ_HOLDING
				"0003 0000 0006 01 05 0003 ff00 0004 0000 0002 01 11",
				stream, sizeof(stream));

	for (size_t cut = 1; cut < len; cut++) {
		struct decode_run *r = decode_run_new(&cv_decoder_modbus, NULL);

		r->origin.ip_proto = 6;
		decode_segment(r, true, stream, cut);
		decode_segment(r, true, stream + cut, len - cut);
		assert_int_equal(r->messages, 4);
		assert_int_equal(r->rejected, 0);
		assert_int_equal(r->records, 2);
		assert_int_equal(decode_pending(r, true), 0);
		decode_run_free(r);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)
#define TEST_MAP(f) cmocka_unit_test_setup_teardown(f, setup_map, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(read_response_without_map_is_one_raw_record),
		TEST_MAP(mapped_registers_get_name_unit_and_scale),
		TEST_MAP(partly_mapped_response_keeps_the_raw_words),
		TEST_MAP(pairs_of_registers_in_both_word_orders),
		TEST_MAP(not_a_number_is_no_value),
		TEST_MAP(coils_are_bits_from_the_lowest),
		TEST(exceptions_are_error_records),
		TEST(unasked_response_is_flagged),
		TEST_MAP(writes_are_commands_and_count_when_acknowledged),
		TEST_MAP(multiple_write_values_come_from_the_request),
		TEST_MAP(read_write_gives_both_halves),
		TEST(several_adus_in_one_segment),
		TEST(device_identification_is_one_state_per_object),
		TEST(vendor_functions_are_carried),
		TEST(wrong_frames_are_rejected_with_a_reason),
		TEST(stream_finds_the_next_adu_after_junk),
		TEST(sound_frame_with_bad_content_is_stepped_over),
		TEST(datagrams_end_where_they_end),
		TEST(on_another_port_the_client_asks),
		TEST(on_another_port_the_first_sure_message_tells_who_asks),
		TEST(too_many_open_requests_forget_the_oldest),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
