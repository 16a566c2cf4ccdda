/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each projection writes, word for word: expected texts were written by hand from RFC 8428
 * (sections 4, 5 and 6), RFC 8949 and ETSI GS CIM 009. That the oracles take any record is the
 * business of tests/fuzz/fuzz_projection.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "control/projection/projection.h"
#include "dataplane/normalize/vocabulary.h"
#include "decoder_list.h"

static _Alignas(8) uint8_t memory[CV_RECORD_MAX];
static char text[4 * CV_PROJECTION_ROOM];
static size_t text_len;

static void add_tlv(struct cv_record *rec, enum cv_tlv_tag tag, const void *data, size_t len)
{
	struct cv_tlv tlv = {.tag = (uint16_t)tag, .len = (uint16_t)len};
	uint8_t *at = memory + rec->size;

	memcpy(at, &tlv, sizeof(tlv));
	memcpy(at + sizeof(tlv), data, len);
	rec->size = (uint16_t)(rec->size + sizeof(tlv) + (len + 3) / 4 * 4);
}

static struct cv_record *begin(void)
{
	struct cv_record *rec = (struct cv_record *)(void *)memory;

	memset(memory, 0, sizeof(memory));
	*rec = (struct cv_record){
		.size = sizeof(*rec),
		.version = CV_RECORD_VERSION,
		.lane = CV_LANE_MEASUREMENT,
		.proto = CV_PROTO_HJ212,
		.ts_rx_ns = 1777863721500000000,
	};
	add_tlv(rec, CV_TLV_DEVICE, "MN*1", 4);
	return rec;
}

static void write_all(enum cv_event_format format, struct cv_record *rec)
{
	const struct cv_projection_ops *ops = cv_projections[format].ops;
	struct cv_member_cursor next = {.epoch = 0};
	struct cv_projection_at at = {.node = "n7", .seq = 42, .next = &next, .first = true};
	struct cv_log_gap gap = {.lane = CV_LANE_ALARM,
				 .from = 3,
				 .to = 10,
				 .reason = "retention",
				 .ts_ns = 1777863722000000000};
	struct cv_json out = cv_json(text, sizeof(text));

	rec->size = (uint16_t)((rec->size + 7) / 8 * 8);
	assert_int_equal(cv_record_check(rec, sizeof(memory)), 0);
	ops->begin(&out);
	ops->record(&out, &at, rec);
	at.first = false;
	ops->gap(&out, &at, &gap, CV_GAP_RETENTION);
	ops->end(&out);
	assert_false(out.failed);
	text_len = (size_t)(out.at - text);
	*out.at = '\0';
}

#define SENML_GAP                                                                                  \
	",\n{\"n\":\"culvert:n7:alarm:gap\",\"u\":\"count\",\"v\":7,\"t\":1777863722,"             \
	"\"id\":\"n7/alarm/3-10\",\"reason\":\"retention\",\"from\":3,\"to\":10}\n]\n"

static void test_senml_json(void **state)
{
	struct cv_record *rec = begin();

	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = 0.1;
	rec->name_id = CV_NAME_AIR_PM2_5;
	rec->unit_id = CV_UNIT_UG_M3;
	rec->quality = CV_QUALITY_GOOD;
	rec->ts_device_ns = 1777863720120000000;
	rec->time_quality = CV_TIME_SYNCHRONISED;
	write_all(CV_EVENT_SENML, rec);
	assert_string_equal(text, "[\n{\"n\":\"urn:dev:hj212:MN/2A1:air.pm2_5\",\"u\":\"ug/m3\","
				  "\"v\":0.1,\"t\":1777863720.12,\"id\":\"n7/measurement/42\","
				  "\"quality\":\"good\"}" SENML_GAP);
}

/* A clock that is off, whole numbers that no double has, texts, bytes, and no number at all. */
static void test_senml_values(void **state)
{
	static const struct {
		enum cv_value_type type;
		uint64_t bits;
		double f64;
		const char *want;
	} rows[] = {
		{CV_VALUE_U64, UINT64_MAX, 0, "\"v\":18446744073709551615,"},
		{CV_VALUE_I64, (uint64_t)INT64_MIN, 0, "\"v\":-9223372036854775808,"},
		{CV_VALUE_BOOL, 1, 0, "\"vb\":true,"},
		{CV_VALUE_TEXT, 0, 0, "\"vs\":\"a\\\"b\","},
		{CV_VALUE_NONE, 0, 0, "\"vs\":\"a\\\"b\","},
		{CV_VALUE_BYTES, 0, 0, "\"vd\":\"-_8B\","},
		{CV_VALUE_F64, 0, NAN, "\"vs\":\"NaN\","},
		{CV_VALUE_F64, 0, -INFINITY, "\"vs\":\"-Infinity\","},
		{CV_VALUE_F64, 0, 1e300, "\"v\":1e300,"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cv_record *rec = begin();

		rec->value_type = (uint8_t)rows[i].type;
		rec->value.u64 = rows[i].bits;
		if (rows[i].type == CV_VALUE_F64)
			rec->value.f64 = rows[i].f64;
		rec->ts_device_ns = 1;
		rec->time_quality = CV_TIME_SKEWED;
		add_tlv(rec, CV_TLV_TEXT, "a\"b", 3);
		add_tlv(rec, CV_TLV_BYTES, "\xfb\xff\x01", 3);
		write_all(CV_EVENT_SENML, rec);
		if (!strstr(text, rows[i].want))
			fail_msg("row %zu: %s", i, text);
		assert_non_null(strstr(text, "\"t\":1777863721.5,"));
	}
}

static void add_position(struct cv_record *rec)
{
	struct cv_position p = {.lat = 399041999, .lon = -1164073963, .alt = 44500};

	rec->name_id = CV_NAME_VEHICLE_POSITION;
	add_tlv(rec, CV_TLV_POSITION, &p, sizeof(p));
}

static void test_senml_position(void **state)
{
	struct cv_record *rec = begin();

	add_position(rec);
	write_all(CV_EVENT_SENML, rec);
	assert_string_equal(
		text, "[\n{\"n\":\"urn:dev:hj212:MN/2A1:vehicle.position:lat\",\"u\":\"lat\","
		      "\"v\":39.9041999,\"t\":1777863721.5,\"id\":\"n7/measurement/42\"},\n"
		      "{\"n\":\"urn:dev:hj212:MN/2A1:vehicle.position:lon\",\"u\":\"lon\","
		      "\"v\":-116.4073963,\"t\":1777863721.5,\"id\":\"n7/measurement/42\"},\n"
		      "{\"n\":\"urn:dev:hj212:MN/2A1:vehicle.position:alt\",\"u\":\"m\","
		      "\"v\":44.5,\"t\":1777863721.5,\"id\":\"n7/measurement/42\"}" SENML_GAP);
}

/* Byte for byte: 9f, a map of 4 ({n, v, t, id}), ..., ff. */
static void test_senml_cbor(void **state)
{
	static const uint8_t value_and_time[] = {
		0x02, 0xfb, 0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a, /* 0.1 */
		0x06, 0xc4, 0x82, 0x28, /* 4([-9, */
		0x1b, 0x18, 0xac, 0x3f, 0x06, 0x10, 0x95, 0x0d, 0x00, /* 1777863721500000000]) */
	};
	struct cv_record *rec = begin();
	uint64_t ns = 1777863721500000000;
	uint8_t want[sizeof(value_and_time)];

	memcpy(want, value_and_time, sizeof(want));
	for (int i = 0; i < 8; i++)
		want[15 + i] = (uint8_t)(ns >> (56 - 8 * i));
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = 0.1;
	rec->name_id = CV_NAME_AIR_PM2_5;
	write_all(CV_EVENT_SENML_CBOR, rec);
	assert_int_equal((uint8_t)text[0], 0x9f);
	assert_int_equal((uint8_t)text[1], 0xa4);
	assert_memory_equal(text + 2, "\x00\x78\x1e", 3); /* n, a text of 30 */
	assert_memory_equal(text + 5, "urn:dev:hj212:MN/2A1:air.pm2_5", 30);
	assert_memory_equal(text + 35, want, sizeof(want));
	assert_int_equal((uint8_t)text[text_len - 1], 0xff);
}

static void test_ngsi_ld(void **state)
{
	static const char want[] =
		"[\n{\"@context\":[\"https://uri.etsi.org/ngsi-ld/v1/"
		"ngsi-ld-core-context-v1.8.jsonld\"],\"id\":\"urn:dev:hj212:MN%2A1\","
		"\"type\":\"Device\",\"air_pm2_5\":{\"type\":\"Property\",\"value\":0.1,"
		"\"observedAt\":\"2026-05-04T03:02:01.500000000Z\","
		"\"name\":{\"type\":\"Property\",\"value\":\"air.pm2_5\"},"
		"\"unit\":{\"type\":\"Property\",\"value\":\"ug/m3\"},"
		"\"protocol\":{\"type\":\"Property\",\"value\":\"hj212\"},"
		"\"lane\":{\"type\":\"Property\",\"value\":\"measurement\"},"
		"\"eventId\":{\"type\":\"Property\",\"value\":\"n7/measurement/42\"},"
		"\"receivedAt\":{\"type\":\"Property\",\"value\":{\"@type\":\"DateTime\","
		"\"@value\":\"2026-05-04T03:02:01.500000000Z\"}}}},\n"
		"{\"@context\":[\"https://uri.etsi.org/ngsi-ld/v1/"
		"ngsi-ld-core-context-v1.8.jsonld\"],\"id\":\"urn:ngsi-ld:CulvertGap:n7:alarm:3-"
		"10\","
		"\"type\":\"CulvertGap\",\"missing\":{\"type\":\"Property\",\"value\":7},"
		"\"reason\":{\"type\":\"Property\",\"value\":\"retention\"},"
		"\"lane\":{\"type\":\"Property\",\"value\":\"alarm\"},"
		"\"from\":{\"type\":\"Property\",\"value\":3},"
		"\"to\":{\"type\":\"Property\",\"value\":10},"
		"\"metAt\":{\"type\":\"Property\",\"value\":{\"@type\":\"DateTime\","
		"\"@value\":\"2026-05-04T03:02:02.000000000Z\"}}}\n]\n";
	struct cv_record *rec = begin();

	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = 0.1;
	rec->name_id = CV_NAME_AIR_PM2_5;
	rec->unit_id = CV_UNIT_UG_M3;
	write_all(CV_EVENT_NGSI_LD, rec);
	assert_string_equal(text, want);
	rec = begin();
	add_position(rec);
	write_all(CV_EVENT_NGSI_LD, rec);
	assert_non_null(strstr(text, "\"location\":{\"type\":\"GeoProperty\",\"value\":{\"type\":"
				     "\"Point\",\"coordinates\":[-116.4073963,39.9041999,44.5]},"));
	rec = begin();
	add_tlv(rec, CV_TLV_NAME, "type", 4);
	rec->value_type = CV_VALUE_BOOL;
	write_all(CV_EVENT_NGSI_LD, rec);
	assert_non_null(strstr(text, "\"raw_type\":{\"type\":\"Property\",\"value\":false,"));
}

/* A record whose every byte takes the most room that there is. */
static void test_worst_case_fits(void **state)
{
	static uint8_t bad[CV_TLV_MAX];

	memset(bad, 0x01, sizeof(bad));
	for (unsigned int format = 0; format < CV_EVENT_FORMAT_COUNT; format++) {
		struct cv_member_cursor next = {.epoch = UINT64_MAX};
		struct cv_projection_at at = {
			.node = "\x01\x01", .seq = UINT64_MAX, .next = &next, .first = false};
		struct cv_record *rec = begin();
		struct cv_json out = cv_json(text, CV_PROJECTION_ROOM);

		rec->size = sizeof(*rec);
		rec->value_type = format % 2 ? CV_VALUE_NONE : CV_VALUE_TEXT;
		add_tlv(rec, CV_TLV_DEVICE, bad, sizeof(bad));
		add_tlv(rec, CV_TLV_NAME, bad, sizeof(bad));
		add_tlv(rec, CV_TLV_TEXT, bad, sizeof(bad));
		add_position(rec);
		rec->name_id = 0;
		add_tlv(rec, CV_TLV_UNIT, bad, 300);
		rec->size = (uint16_t)((rec->size + 7) / 8 * 8);
		assert_int_equal(cv_record_check(rec, sizeof(memory)), 0);
		cv_projections[format].ops->record(&out, &at, rec);
		assert_false(out.failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_senml_json),     cmocka_unit_test(test_senml_values),
		cmocka_unit_test(test_senml_position), cmocka_unit_test(test_senml_cbor),
		cmocka_unit_test(test_ngsi_ld),	       cmocka_unit_test(test_worst_case_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
