/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames by description. The two frames of the pressure terminal and what they say are from a maker's
 * public examples; check values of the checksums are those of the RevEng catalogue for "123456789".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/vendor.h"
#include "tests/decode/decode_test.h"
#include "tests/decode/vendor_test.h"

extern const struct cv_decoder cv_decoder_vendor;

#define HIGH                                                                                       \
	"A55A00003B53484D4B313930363030313334C8003C000A0102006401F4021A5D1966B60219021A0216021802" \
	"180213021E021C021D021D7E0355AA"
#define NORMAL "A55A00002953485250323530393031323034D0000000010100000009C4025D68FFB887025D843E55AA"

static const struct cv_record *named(const struct decode_run *r, unsigned int id, const char *name)
{
	for (size_t i = 0; i < r->records; i++) {
		if (id != 0 ? r->record[i]->name_id == id
			    : strcmp(decode_text(r->record[i], CV_TLV_NAME), name) == 0)
			return r->record[i];
	}
	fail_msg("no record of %u %s", id, name ? name : "");
	return NULL;
}

static void test_terminal(void **state)
{
	struct cv_generation *gen = vendor_generation(&vendor_terminal, vendor_terminal_fields);
	struct decode_run *r = decode_run_new(&cv_decoder_vendor, gen);
	const struct cv_record *rec;

	decode_datagram_hex(r, true, HIGH);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 5);
	rec = named(r, CV_NAME_DEVICE_BATTERY, NULL);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "SHMK19060013");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "terminal");
	assert_true(rec->value.f64 == 100);
	assert_int_equal(rec->unit_id, CV_UNIT_PERCENT_EL);
	assert_true(rec->ts_device_ns == 1561945782000000000);
	assert_int_equal(rec->raw_len, 59);
	assert_true(named(r, CV_NAME_DEVICE_RSSI, NULL)->value.f64 == -56);
	assert_true(named(r, CV_NAME_WATER_PRESSURE, NULL)->value.f64 == 538000);
	assert_int_equal(named(r, 0, "raw.high")->value_type, CV_VALUE_BOOL);
	assert_int_equal(named(r, 0, "raw.high")->value.u64, 1);
	assert_string_equal(decode_text(named(r, 0, "raw.state"), CV_TLV_TEXT), "high");
	assert_string_equal(decode_text(named(r, 0, "raw.state"), CV_TLV_CODE), "2");
	decode_run_clear(r);

	decode_datagram_hex(r, true, NORMAL HIGH);
	assert_int_equal(r->messages, 2);
	rec = named(r, CV_NAME_WATER_PRESSURE, NULL);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "SHRP25090120");
	assert_true(rec->value.f64 == 605000);
	/* Its clock is ahead of the test's by years. */
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_int_equal(named(r, 0, "raw.high")->value.u64, 0);
	decode_run_free(r);
	free(gen);
}

static void test_rejects(void **state)
{
	static const struct {
		const char *hex;
		enum cv_reject reject;
	} cases[] = {
		{"A55B00002953", CV_REJECT_BAD_HEADER},
		{"A5", CV_REJECT_TRUNCATED},
		{"A55A000029", CV_REJECT_TRUNCATED},
		{"A55A000026", CV_REJECT_BAD_LENGTH}, /* too short for what it has */
		{"A55A00FFFF", CV_REJECT_BAD_LENGTH},
		{"A55A00002953485250323530393031323034D0000000010100000009C4025D68FFB887025D843E55"
		 "AB",
		 CV_REJECT_BAD_LENGTH}, /* the end is not there */
		{"A55A00002953485250323530393031323034D0000000010100000009C4025E68FFB887025D843E55"
		 "AA",
		 CV_REJECT_BAD_CHECKSUM},
	};
	struct cv_generation *gen = vendor_generation(&vendor_terminal, vendor_terminal_fields);
	struct decode_run *r = decode_run_new(&cv_decoder_vendor, gen);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_datagram_hex(r, true, cases[i].hex);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reject);
		assert_int_equal(r->records, 0);
		decode_run_clear(r);
	}
	decode_run_free(r);
	/* Without a description there is no such protocol. */
	r = decode_run_new(&cv_decoder_vendor, NULL);
	decode_datagram_hex(r, true, HIGH);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
	decode_run_free(r);
	free(gen);
}

/* Frames, junk between them, a broken one: in every cut. */
static void test_stream(void **state)
{
	struct cv_generation *gen = vendor_generation(&vendor_terminal, vendor_terminal_fields);
	uint8_t data[512];
	size_t len = decode_hex(NORMAL "00112233445566778899" HIGH "A55A000029" NORMAL HIGH, data,
				sizeof(data));
	struct decode_run *r = decode_run_new(&cv_decoder_vendor, gen);

	r->origin.ip_proto = 6;
	decode_segment(r, true, data, len);
	assert_int_equal(r->messages, 4);
	assert_int_equal(r->rejected, 2);
	assert_int_equal(r->record[0]->direction, CV_DIR_UP);
	decode_run_free(r);
	decode_any_cut(&cv_decoder_vendor, gen, true, data, len);
	free(gen);
}

static void test_checksums(void **state)
{
	static const uint32_t check[] = {
		[CV_VENDOR_NONE] = 0,
		[CV_VENDOR_SUM8] = 0xdd,
		[CV_VENDOR_XOR8] = 0x31,
		[CV_VENDOR_CRC16_MODBUS] = 0x4b37,
		[CV_VENDOR_CRC16_X25] = 0x906e,
		[CV_VENDOR_CRC16_CCITT] = 0x29b1,
		[CV_VENDOR_CRC16_XMODEM] = 0x31c3,
		[CV_VENDOR_CRC32] = 0xcbf43926,
	};

	_Static_assert(sizeof(check) / sizeof(check[0]) == CV_VENDOR_CHECKSUM_COUNT, "all of them");
	for (unsigned int kind = 0; kind < CV_VENDOR_CHECKSUM_COUNT; kind++)
		assert_int_equal(vendor_checksum(kind, (const uint8_t *)"123456789", 9),
				 check[kind]);
}

/* Every type of field in a frame of one length: AA, type, then what the case has. */
static void test_types(void **state)
{
	static const struct {
		uint8_t type, size, big, bit, bits;
		const char *hex;
		double value;
	} cases[] = {
		{CV_VENDOR_TYPE_S8, 1, 1, 0, 0, "ff", -1},
		{CV_VENDOR_TYPE_U16, 2, 0, 0, 0, "3412", 0x1234},
		{CV_VENDOR_TYPE_S16, 2, 1, 0, 0, "8000", -32768},
		{CV_VENDOR_TYPE_U24, 3, 1, 0, 0, "ffffff", 0xffffff},
		{CV_VENDOR_TYPE_S24, 3, 0, 0, 0, "feffff", -2},
		{CV_VENDOR_TYPE_U32, 4, 1, 0, 0, "ffffffff", 4294967295.0},
		{CV_VENDOR_TYPE_S32, 4, 1, 0, 0, "ffffffff", -1},
		{CV_VENDOR_TYPE_F32, 4, 1, 0, 0, "41ac0000", 21.5},
		{CV_VENDOR_TYPE_F64, 8, 0, 0, 0, "0000000000803540", 21.5},
		{CV_VENDOR_TYPE_BCD, 3, 1, 0, 0, "123456", 123456},
		{CV_VENDOR_TYPE_BCD, 2, 0, 0, 0, "3412", 1234},
		{CV_VENDOR_TYPE_U16, 2, 1, 4, 8, "1234", 0x23},
		{CV_VENDOR_TYPE_S16, 2, 1, 12, 4, "f234", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cv_gen_vendor_field field = {
			.when = 7,
			.equals = CV_VENDOR_ANY,
			.at = 2,
			.size = cases[i].size,
			.type = cases[i].type,
			.big = cases[i].big,
			.bit = cases[i].bit,
			.bits = cases[i].bits,
			.factor = 1,
			.name = "raw.v",
		};
		struct cv_gen_vendor v = {
			.name = "t",
			.sync = {0xaa},
			.sync_len = 1,
			.length_add = 12,
			.min = 12,
			.max = 12,
			.type_at = 1,
			.type_size = 1,
			.count = 1,
		};
		struct cv_generation *gen = vendor_generation(&v, &field);
		struct decode_run *r = decode_run_new(&cv_decoder_vendor, gen);
		uint8_t data[12] = {0xaa, 7};

		decode_hex(cases[i].hex, data + 2, 10);
		decode_datagram(r, true, data, sizeof(data));
		assert_int_equal(r->records, 1);
		assert_int_equal(r->record[0]->value_type, CV_VALUE_F64);
		assert_true(r->record[0]->value.f64 == cases[i].value);
		assert_int_equal(r->record[0]->status, 7);
		decode_run_clear(r);
		data[1] = 8; /* no field of this message: as it came */
		decode_datagram(r, true, data, sizeof(data));
		assert_int_equal(r->record[0]->name_id, CV_NAME_NETWORK_VENDOR_PAYLOAD);
		assert_int_equal(cv_record_tlv(r->record[0], CV_TLV_BYTES).len, 12);
		decode_run_free(r);
		free(gen);
	}
}

/* Descriptions that would lead outside a frame are no generation. */
static void test_invalid(void **state)
{
	struct cv_gen_vendor v = vendor_terminal;
	struct cv_gen_vendor_field f[5];

	memcpy(f, vendor_terminal_fields, sizeof(f));
	v.min = 4;
	assert_null(vendor_generation(&v, f));
	v = vendor_terminal;
	v.sync_len = 9;
	assert_null(vendor_generation(&v, f));
	v = vendor_terminal;
	v.checksum_end = 1;
	assert_null(vendor_generation(&v, f));
	v = vendor_terminal;
	v.id_at = 30;
	assert_null(vendor_generation(&v, f));
	v = vendor_terminal;
	v.length_size = 3;
	assert_null(vendor_generation(&v, f));
	v = vendor_terminal;
	f[0].size = 0;
	assert_null(vendor_generation(&v, f));
	f[0].size = 1;
	f[3].count = 3;
	assert_null(vendor_generation(&v, f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal), cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_stream),	 cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_types),	 cmocka_unit_test(test_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
