/* SPDX-License-Identifier: Apache-2.0 */
/* SenML packs (RFC 8428) as payloads of CoAP POST /dp, the examples of its sections 5 and 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/decode/senml.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_coap;

enum format { JSON = 110, STREAM_JSON, CBOR, STREAM_CBOR };

#define NOW_NS INT64_C(1700000000000000000)

static void post(struct decode_run *r, enum format format, const void *payload, size_t len)
{
	uint8_t message[8192] = {0x40, 2, 0, 1, 0xb2, 'd', 'p', 0x11, (uint8_t)format, 0xff};

	assert_true(len <= sizeof(message) - 10);
	memcpy(message + 10, payload, len);
	decode_run_clear(r);
	decode_datagram(r, true, message, 10 + len);
	assert_int_equal(r->messages, 1);
}

static void post_json(struct decode_run *r, const char *json)
{
	post(r, JSON, json, strlen(json));
}

static void post_cbor(struct decode_run *r, const char *hex)
{
	uint8_t bytes[4096];

	post(r, CBOR, bytes, decode_hex(hex, bytes, sizeof(bytes)));
}

/* Record i has this value; name NULL = not looked at. */
static void expect(struct decode_run *r, size_t i, const char *name, const char *unit, double value)
{
	const struct cv_record *rec = r->record[i];

	assert_true(i < r->records);
	assert_int_equal(rec->reject, CV_REJECT_NONE);
	assert_int_equal(rec->value_type, CV_VALUE_F64);
	if (rec->value.f64 != value)
		fail_msg("record %zu: %.17g, want %.17g", i, rec->value.f64, value);
	if (name)
		assert_string_equal(decode_text(rec, CV_TLV_NAME), name);
	assert_string_equal(cv_unit_text(rec->unit_id), unit);
}

static void expect_broken(struct decode_run *r, enum cv_reject reason)
{
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->reject, reason);
	assert_int_equal(r->record[0]->flags & CV_FLAG_RAW, CV_FLAG_RAW);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "dp");
}

static void broken_json(struct decode_run *r, const char *json)
{
	post_json(r, json);
	if (r->records != 1 || r->record[0]->reject != CV_REJECT_BAD_PAYLOAD)
		fail_msg("taken for SenML: %s", json);
	expect_broken(r, CV_REJECT_BAD_PAYLOAD);
}

static void broken_cbor(struct decode_run *r, const char *hex)
{
	post_cbor(r, hex);
	if (r->records != 1 || r->record[0]->reject != CV_REJECT_BAD_PAYLOAD)
		fail_msg("taken for SenML: %s", hex);
	expect_broken(r, CV_REJECT_BAD_PAYLOAD);
}

static int setup(void **state)
{
	struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);

	r->origin.ts_rx_ns = NOW_NS;
	*state = r;
	return 0;
}

/* 5.1.1: the name is the device, so the resource names the quantity. */
static void test_single(void **state)
{
	struct decode_run *r = *state;

	post_json(r, "[{\"n\":\"urn:dev:ow:10e2073a01080063\",\"u\":\"Cel\",\"v\":23.1}]");
	assert_int_equal(r->records, 1);
	expect(r, 0, "dp", "Cel", 23.1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE),
			    "urn:dev:ow:10e2073a01080063");
	assert_int_equal(r->record[0]->time_quality, CV_TIME_ABSENT);
	assert_int_equal(r->record[0]->ts_device_ns, 0);
}

static void expect_currents(struct decode_run *r)
{
	static const double currents[] = {1.2, 1.3, 1.4, 1.5, 1.6, 1.7};
	/* 1276020076.001 as a double is this many ns; its own step is 238 ns. */
	const int64_t base = 1276020076001000000;

	assert_int_equal(r->records, 7);
	expect(r, 0, "voltage", "V", 120.1);
	for (size_t i = 0; i < 6; i++) {
		const struct cv_record *rec = r->record[i + 1];
		int64_t off = rec->ts_device_ns - (base - (5 - (int64_t)i) * 1000000000);

		expect(r, i + 1, "current", "A", currents[i]);
		assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
		assert_in_range(off + 1000, 0, 2000);
		assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "urn:dev:ow:10e2073a0108006");
	}
}

/* 5.1.2, in both representations (section 6). */
static void test_multiple(void **state)
{
	struct decode_run *r = *state;

	post_json(r,
		  "[{\"bn\":\"urn:dev:ow:10e2073a0108006:\",\"bt\":1.276020076001e+09,"
		  "\"bu\":\"A\",\"bver\":5,\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},"
		  "{\"n\":\"current\",\"t\":-5,\"v\":1.2},{\"n\":\"current\",\"t\":-4,\"v\":1.3},"
		  "{\"n\":\"current\",\"t\":-3,\"v\":1.4},{\"n\":\"current\",\"t\":-2,\"v\":1.5},"
		  "{\"n\":\"current\",\"t\":-1,\"v\":1.6},{\"n\":\"current\",\"v\":1.7}]");
	expect_currents(r);
	post_cbor(r, "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a1"
		     "5b00106223614120050067766f6c7461676501615602fb405e066666666666a3006763757272"
		     "656e74062402fb3ff3333333333333a3006763757272656e74062302fb3ff4cccccccccccda3"
		     "006763757272656e74062202fb3ff6666666666666a3006763757272656e74062102f93e00a3"
		     "006763757272656e74062002fb3ff999999999999aa3006763757272656e74060002fb3ffb33"
		     "3333333333");
	expect_currents(r);
}

/* 5.1.4: units per record, a base unit for the others, no name but the base name. */
static void test_mobile(void **state)
{
	struct decode_run *r = *state;

	post_json(r, "[{\"bn\":\"urn:dev:ow:10e2073a01080063\",\"bt\":1.320067464e+09,"
		     "\"bu\":\"%RH\",\"v\":20},{\"u\":\"lon\",\"v\":24.30621},"
		     "{\"u\":\"lat\",\"v\":60.07965},{\"t\":60,\"v\":20.3},"
		     "{\"u\":\"%EL\",\"t\":150,\"v\":98}]");
	assert_int_equal(r->records, 5);
	expect(r, 0, "dp", "%RH", 20);
	expect(r, 1, "dp", "lon", 24.30621);
	expect(r, 2, "dp", "lat", 60.07965);
	expect(r, 3, "dp", "%RH", 20.3);
	expect(r, 4, "dp", "%EL", 98);
	assert_int_equal(r->record[0]->ts_device_ns, INT64_C(1320067464000000000));
	assert_int_equal(r->record[4]->ts_device_ns, INT64_C(1320067614000000000));
}

/* 5.1.6. */
static void test_types(void **state)
{
	struct decode_run *r = *state;
	struct cv_tlv_view bytes;

	post_json(r, "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"n\":\"temp\",\"u\":\"Cel\","
		     "\"v\":23.1},{\"n\":\"label\",\"vs\":\"Machine \\u00e9\\ud83d\\ude00\\n\"},"
		     "{\"n\":\"open\",\"vb\":false},{\"n\":\"shut\",\"vb\":true},"
		     "{\"n\":\"nfc-reader\",\"vd\":\"aGkgCg\"}]");
	assert_int_equal(r->records, 5);
	expect(r, 0, "temp", "Cel", 23.1);
	assert_int_equal(r->record[1]->value_type, CV_VALUE_TEXT);
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT),
			    "Machine \xc3\xa9\xf0\x9f\x98\x80\n");
	assert_int_equal(r->record[2]->value_type, CV_VALUE_BOOL);
	assert_int_equal(r->record[2]->value.u64, 0);
	assert_int_equal(r->record[3]->value.u64, 1);
	assert_int_equal(r->record[4]->value_type, CV_VALUE_BYTES);
	bytes = cv_record_tlv(r->record[4], CV_TLV_BYTES);
	assert_int_equal(bytes.len, 4);
	assert_memory_equal(bytes.data, "hi \n", 4);
}

/* 5.1.7 and 5.1.8: names that are no device URN; a record of base values alone. */
static void test_names(void **state)
{
	struct decode_run *r = *state;

	post_json(r, " [ {\"bn\":\"2001:db8::2/\",\"bt\":1.320078429e+09,\"n\":\"temperature\","
		     "\"u\":\"Cel\",\"v\":25.2},\n{\"n\":\"humidity\",\"u\":\"%RH\",\"v\":30},"
		     "{\"bn\":\"2001:db8::1/\",\"n\":\"temperature\",\"u\":\"Cel\",\"v\":12.3}]\n");
	assert_int_equal(r->records, 3);
	expect(r, 0, "2001:db8::2/temperature", "Cel", 25.2);
	expect(r, 1, "2001:db8::2/humidity", "%RH", 30);
	expect(r, 2, "2001:db8::1/temperature", "Cel", 12.3);
	assert_int_equal(r->record[2]->ts_device_ns, INT64_C(1320078429000000000));
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "");

	post_json(r, "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\"},{\"n\":\"temp\",\"u\":\"Cel\","
		     "\"v\":23.1},{\"n\":\"heat\",\"u\":\"/\",\"v\":1}]");
	assert_int_equal(r->records, 2);
	expect(r, 0, "temp", "Cel", 23.1);
	expect(r, 1, "heat", "/", 1);
}

static void expect_split(struct decode_run *r, const char *name, const char *device,
			 const char *rest)
{
	char json[256];

	snprintf(json, sizeof(json), "[{\"n\":\"%s\",\"v\":1}]", name);
	post_json(r, json);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), device);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), rest);
}

static void test_device_urn(void **state)
{
	struct decode_run *r = *state;

	expect_split(r, "urn:dev:mac:0024befffe804ff1/33030/0/5700", "urn:dev:mac:0024befffe804ff1",
		     "33030/0/5700");
	expect_split(r, "urn:dev:os:32473-123456_level", "urn:dev:os:32473-123456", "level");
	expect_split(r, "urn:dev:ow:x:", "urn:dev:ow:x", "dp");
	expect_split(r, "urn:dev:ow", "", "urn:dev:ow");
	expect_split(r, "urn:dev:ow:", "", "urn:dev:ow:");
	expect_split(r, "urn:dev::a", "", "urn:dev::a");
	expect_split(r, "urn:dev:ow:a b", "", "urn:dev:ow:a b");
	expect_split(r, "urn:uuid:5:a", "", "urn:uuid:5:a");
}

static void test_times(void **state)
{
	struct decode_run *r = *state;
	static const struct {
		const char *time;
		enum cv_time_quality quality;
		int64_t ns;
	} rows[] = {
		{"0", CV_TIME_RELATIVE, NOW_NS},
		{"-5", CV_TIME_RELATIVE, NOW_NS - 5000000000},
		{"-0.5", CV_TIME_RELATIVE, NOW_NS - 500000000},
		{"20", CV_TIME_RELATIVE, NOW_NS + 20000000000},
		{"268435455", CV_TIME_RELATIVE, NOW_NS + 268435455000000000},
		{"268435456", CV_TIME_IMPLAUSIBLE, 0}, /* 1978 */
		{"946684800", CV_TIME_DEVICE, 946684800000000000},
		{"1699999999.25", CV_TIME_DEVICE, 1699999999250000000},
		{"1700086400", CV_TIME_DEVICE, 1700086400000000000},
		{"1700086401", CV_TIME_IMPLAUSIBLE, 0},
		{"1e300", CV_TIME_IMPLAUSIBLE, 0},
		{"-1e300", CV_TIME_IMPLAUSIBLE, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char json[64];

		snprintf(json, sizeof(json), "[{\"n\":\"a\",\"v\":1,\"t\":%s}]", rows[i].time);
		post_json(r, json);
		assert_int_equal(r->record[0]->time_quality, rows[i].quality);
		assert_int_equal(r->record[0]->ts_device_ns, rows[i].ns);
	}
}

/* 4.5.4. */
static void test_base_values_and_sums(void **state)
{
	struct decode_run *r = *state;

	post_json(r,
		  "[{\"bn\":\"a\",\"bv\":10,\"v\":1.5},{\"n\":\"b\"},{\"n\":\"c\",\"vs\":\"x\"}]");
	assert_int_equal(r->records, 3);
	expect(r, 0, "a", "", 11.5);
	expect(r, 1, "ab", "", 10);
	assert_int_equal(r->record[2]->value_type, CV_VALUE_TEXT);

	post_json(r, "[{\"bn\":\"a\",\"bu\":\"W\",\"bs\":100,\"s\":5},{\"v\":7,\"s\":1}]");
	assert_int_equal(r->records, 3);
	expect(r, 0, "a", "", 105);
	assert_string_equal(decode_text(r->record[0], CV_TLV_UNIT), "W.s");
	assert_string_equal(decode_text(r->record[0], CV_TLV_CODE), "dp s");
	expect(r, 1, "a", "W", 7);
	assert_string_equal(decode_text(r->record[1], CV_TLV_CODE), "dp");
	expect(r, 2, "a", "", 101);

	/* A unit nobody has registered goes as it is. */
	post_json(r, "[{\"n\":\"a\",\"u\":\"furlong\",\"v\":1}]");
	assert_string_equal(decode_text(r->record[0], CV_TLV_UNIT), "furlong");
}

static void test_stream(void **state)
{
	struct decode_run *r = *state;
	static const char open[] = "[{\"n\":\"a\",\"v\":1},\n{\"n\":\"a\",\"v\":2}";
	static const char comma[] = "[{\"n\":\"a\",\"v\":1},";
	uint8_t bytes[64];
	size_t len;

	post(r, STREAM_JSON, open, strlen(open));
	assert_int_equal(r->records, 2);
	expect(r, 1, "a", "", 2);
	post(r, STREAM_JSON, comma, strlen(comma));
	expect(r, 0, "a", "", 1);
	post(r, JSON, open, strlen(open));
	expect_broken(r, CV_REJECT_BAD_PAYLOAD);
	len = decode_hex("9f a2 00 6161 02 01 a2 00 6161 02 02", bytes, sizeof(bytes));
	post(r, STREAM_CBOR, bytes, len);
	assert_int_equal(r->records, 2);
	post(r, CBOR, bytes, len);
	expect_broken(r, CV_REJECT_BAD_PAYLOAD);
	post(r, STREAM_CBOR, bytes, len - 1); /* cut inside a record all the same */
	expect_broken(r, CV_REJECT_BAD_PAYLOAD);
}

static void test_json_details(void **state)
{
	struct decode_run *r = *state;

	post_json(r,
		  "[{\"\\u006e\":\"a\",\"v\":-1.5E+2,\"x\":{\"a\":[1,{},[],\"\\\"]\",null,true]},"
		  "\"ut\":5,\"bver\":10}]");
	assert_int_equal(r->records, 1);
	expect(r, 0, "a", "", -150);
	post_json(r, "[{\"n\":\"a\",\"v\":0.1},{\"n\":\"b\",\"v\":12345678901234567890}]");
	expect(r, 0, "a", "", 0.1);
	expect(r, 1, "b", "", 12345678901234567890.0);
}

static void test_json_broken(void **state)
{
	static const char *const broken[] = {
		"[]",
		"{}",
		"[{}]",
		"[{\"bn\":\"a\"}]", /* nothing measured */
		"[{\"v\":1}]", /* no name */
		"[{\"n\":\"a\"}]", /* no value */
		"[{\"n\":\"a\",\"v\":1,\"vs\":\"x\"}]", /* two values */
		"[{\"n\":\"a\",\"v\":1,\"v\":2}]",
		"[{\"n\":\"a\",\"v\":\"1\"}]",
		"[{\"n\":\"a\",\"v\":null}]",
		"[{\"n\":\"a\",\"vb\":1}]",
		"[{\"n\":1,\"v\":1}]",
		"[{\"n\":\"a\",\"v\":1,\"x_\":1}]", /* must understand, 4.4 */
		"[{\"n\":\"a\",\"v\":1,\"\\u005f\":1}]",
		"[{\"n\":\"a\",\"v\":1,\"bver\":11}]",
		"[{\"n\":\"a\",\"v\":1,\"bver\":0}]",
		"[{\"n\":\"a\",\"v\":1,\"bver\":5.5}]",
		"[{\"n\":\"a\",\"v\":1,\"bver\":5},{\"n\":\"a\",\"v\":1,\"bver\":6}]",
		"[{\"n\":\"a\",\"v\":01}]",
		"[{\"n\":\"a\",\"v\":.5}]",
		"[{\"n\":\"a\",\"v\":5.}]",
		"[{\"n\":\"a\",\"v\":+5}]",
		"[{\"n\":\"a\",\"v\":1e400}]",
		"[{\"n\":\"a\",\"v\":NaN}]",
		"[{\"n\":\"a\",\"v\":1}",
		"[{\"n\":\"a\",\"v\":1},]",
		"[{\"n\":\"a\",\"v\":1,}]",
		"[{\"n\":\"a\",\"v\":1}]]",
		"[{\"n\":\"a\" \"v\":1}]",
		"[{\"n\":\"a\\q\",\"v\":1}]",
		"[{\"n\":\"\\ud800\",\"v\":1}]",
		"[{\"n\":\"\\udc00\",\"v\":1}]",
		"[{\"n\":\"\\u0000\",\"v\":1}]",
		"[{\"n\":\"\\u00g0\",\"v\":1}]",
		"[{\"n\":\"\xff\",\"v\":1}]",
		"[{\"n\":\"a\n\",\"v\":1}]",
		"[{\"n\":\"a\",\"vd\":\"a\"}]",
		"[{\"n\":\"a\",\"vd\":\"a!==\"}]",
		"[{\"n\":\"a\",\"v\":1,\"x\":[[[[[[[[[1]]]]]]]]]}]", /* nested too deep */
		"[{\"n\":\"a\",\"v\":1,\"x\":[1}]}]",
		"[{\"n\":\"a\",\"v\":1,\"x\":{1:2}}]",
		"[{\"n\":\"a\",\"v\":1,\"x\":[1,]}]",
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		broken_json(r, broken[i]);
}

/* Found by test_senml_oracle, seed 0x6b03fd75: "t" and a zero was taken for "t". */
static void test_label_with_a_zero_is_another(void **state)
{
	static const char json[] = "[{\"n\":\"a\",\"v\":1,\"t\0\":-516.38}]";
	struct decode_run *r = *state;

	post(r, JSON, (const uint8_t *)json, sizeof(json) - 1);
	expect_broken(r, CV_REJECT_BAD_PAYLOAD); /* RFC 8259 7: it must be escaped */
	broken_cbor(r, "81 a3 006161 0201 62 7400 20");
}

static void test_cbor_details(void **state)
{
	struct decode_run *r = *state;

	/* Tags, indefinite lengths, a name in chunks, labels in text, an unknown field. */
	post_cbor(r, "d9d9f7 9f bf 21 7f 64 75726e3a 61 61 ff 00 61 78 6176 fa41ac0000"
		     "6178 bf 01 82 02 9f ff ff 183f 5f 41 00 ff ff ff");
	assert_int_equal(r->records, 1);
	expect(r, 0, "urn:ax", "", 21.5);
	/* Decimal fraction 21.5, its negative, large numbers. */
	post_cbor(r, "84 a2 006161 02 c4 82 20 18d7 a2 006161 02 c4 82 20 38d6"
		     "a2 006161 02 1bffffffffffffffff a2 006161 02 3bffffffffffffffff");
	assert_int_equal(r->records, 4);
	expect(r, 0, "a", "", 21.5);
	expect(r, 1, "a", "", -21.5);
	expect(r, 2, "a", "", 18446744073709551615.0);
	expect(r, 3, "a", "", -18446744073709551616.0);
	/* Halves: smallest subnormal, largest subnormal, smallest normal, largest, minus zero. */
	post_cbor(r, "85 a2 006161 02 f90001 a2 006161 02 f903ff a2 006161 02 f90400"
		     "a2 006161 02 f97bff a2 006161 02 f98000");
	expect(r, 0, "a", "", 0x1p-24);
	expect(r, 1, "a", "", 1023 * 0x1p-24);
	expect(r, 2, "a", "", 0x1p-14);
	expect(r, 3, "a", "", 65504);
	expect(r, 4, "a", "", 0);
	/* Bytes, in one piece and in chunks. */
	post_cbor(r, "82 a2 006161 08 43 010203 a2 006161 08 5f 41 01 42 0203 ff");
	for (size_t i = 0; i < 2; i++) {
		struct cv_tlv_view bytes = cv_record_tlv(r->record[i], CV_TLV_BYTES);

		assert_int_equal(bytes.len, 3);
		assert_memory_equal(bytes.data, "\1\2\3", 3);
	}
}

/* No number is not a value: JSON could not carry it, and a sensor means "no reading" by it. */
static void test_cbor_not_finite(void **state)
{
	static const char *const text[] = {"nan", "inf", "-inf"};
	struct decode_run *r = *state;

	post_cbor(r, "83 a2 006161 02 f97e00 a2 006161 02 fa7f800000 a2 006161 02 "
		     "fbfff0000000000000");
	assert_int_equal(r->records, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(r->record[i]->value_type, CV_VALUE_NONE);
		assert_int_equal(r->record[i]->quality, CV_QUALITY_BAD);
		assert_string_equal(decode_text(r->record[i], CV_TLV_FLAG), text[i]);
	}
}

static void test_cbor_broken(void **state)
{
	static const char *const broken[] = {
		"80",
		"a0",
		"81a0",
		"01",
		"81 a1 02 01", /* no name */
		"81 a1 00 6161", /* no value */
		"81 a2 006161 02 01 00", /* more behind the pack */
		"82 a2 006161 02 01", /* a record is missing */
		"81 a3 006161 02 01", /* a field is missing */
		"81 a3 006161 02 01 02 01", /* twice */
		"81 a3 006161 02 01 03 6161", /* two values */
		"81 a2 004161 02 01", /* a name in bytes */
		"81 a2 006161 02 6131",
		"81 a2 006161 02 f6",
		"81 a2 006161 04 01",
		"81 a2 006161 08 6161",
		"81 a2 0061ff 02 01", /* not UTF-8 */
		"81 a2 006100 02 01",
		"81 a2 006161 02 1c", /* reserved */
		"81 a2 006161 02 1f",
		"81 a2 006161 02 ff",
		"81 a2 006161 02 f814", /* RFC 8949 3.3 */
		"81 a3 006161 02 01 20 0b", /* version 11 */
		"81 a3 006161 02 01 20 00",
		"81 a3 006161 02 01 61 5f 01", /* must understand */
		"81 a3 006161 02 01 4178 01", /* a label in bytes */
		"81 bf 00 6161 02 ff",
		"81 bf 00 6161 02 01",
		"81 a2 00 7f 41 61 ff 02 01", /* bytes in a text */
		"81 a2 00 7f 7f ff ff 02 01",
		"81 a2 00 78 ff 61 02 01",
		"81 a2 00 7bffffffffffffffff 61 02 01",
		"81 a2 006161 02 c4 82 20", /* decimal fraction cut */
		"81 a2 006161 02 c4 83 20 01 01",
		"81 a2 006161 02 c4 82 1903e8 01", /* 10^1000 */
		"81 a2 006161 02 c2 41 01", /* bignum */
		"81 a2 006161 02 c1c1c1c1c1c1 01", /* too many tags */
		"81 a3 006161 02 01 09 81818181818181818101", /* nested too deep */
		"81 a3 006161 02 01 09 bf 01 ff", /* an odd map */
		"81 a3 006161 02 01 09 9bffffffffffffffff 01",
		"81 a3 006161 02 01 09 bbffffffffffffffff 01",
		"81 a3 006161 02 01 09 ff",
		"81 a3 006161 02 01 09",
		"9bffffffffffffffff a2 006161 02 01",
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		broken_cbor(r, broken[i]);
}

static void test_too_many(void **state)
{
	struct decode_run *r = *state;
	uint8_t bytes[8 + 3 * (CV_SENML_ENTRIES_MAX + 1)] = {0x9f, 0xa2, 0x21, 0x61, 'a', 2, 1};
	size_t len = 7;

	for (int i = 1; i < CV_SENML_ENTRIES_MAX; i++, len += 3)
		memcpy(bytes + len, "\xa1\x02\x01", 3);
	bytes[len] = 0xff;
	post(r, CBOR, bytes, len + 1);
	assert_int_equal(r->records, CV_SENML_ENTRIES_MAX);
	memcpy(bytes + len, "\xa1\x02\x01\xff", 4);
	post(r, CBOR, bytes, len + 4);
	expect_broken(r, CV_REJECT_TOO_LARGE);
}

/* Longer than a TLV: cut at a character, and flagged. */
static void test_long_texts(void **state)
{
	struct decode_run *r = *state;
	char json[4096];
	size_t len = (size_t)sprintf(json, "[{\"bn\":\"urn:dev:ow:1:\",\"n\":\"");

	for (int i = 0; i < 600; i++, len += 2)
		memcpy(json + len, "\xc3\xa9", 2);
	len += (size_t)sprintf(json + len, "\",\"vs\":\"");
	for (int i = 0; i < 600; i++, len += 2)
		memcpy(json + len, "\\n", 2);
	sprintf(json + len, "\"}]");
	post_json(r, json);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_TRUNCATED);
	assert_int_equal(strlen(decode_text(r->record[0], CV_TLV_NAME)), CV_TLV_MAX);
	assert_int_equal(strlen(decode_text(r->record[0], CV_TLV_TEXT)), CV_TLV_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_single),	 TEST(test_multiple),
		TEST(test_mobile),	 TEST(test_types),
		TEST(test_names),	 TEST(test_device_urn),
		TEST(test_times),	 TEST(test_base_values_and_sums),
		TEST(test_stream),	 TEST(test_json_details),
		TEST(test_json_broken),	 TEST(test_label_with_a_zero_is_another),
		TEST(test_cbor_details), TEST(test_cbor_not_finite),
		TEST(test_cbor_broken),	 TEST(test_too_many),
		TEST(test_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
