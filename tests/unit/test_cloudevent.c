/* SPDX-License-Identifier: Apache-2.0 */
/* Every line is parsed by jansson and compared with the record it was made from. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/normalize/cloudevent.h"
#include "dataplane/normalize/emit.h"
#include "dataplane/normalize/vocabulary.h"

static uint64_t prng;
static struct cv_emit emit;
static struct cv_sink sink;
static struct cv_origin origin;
static _Alignas(64) uint8_t memory[CV_RECORD_MAX];
static char line[CV_CLOUDEVENT_MAX];
static size_t line_len;

static uint64_t next_random(void)
{
	prng ^= prng << 13;
	prng ^= prng >> 7;
	prng ^= prng << 17;
	return prng;
}

static void no_memory(struct cv_sink *s, enum cv_lane lane)
{
}

static struct cv_record *begin(enum cv_lane lane, enum cv_kind kind)
{
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		sink.lane[i].cur = memory;
		sink.lane[i].end = memory + sizeof(memory);
	}
	sink.refill = no_memory;
	cv_emit_init(&emit, &sink);
	emit.origin = &origin;
	return cv_emit_begin(&emit, lane, kind);
}

static void add_text(enum cv_tlv_tag tag, const char *text)
{
	cv_emit_tlv(&emit, tag, text, strlen(text));
}

/* Finish the record; its event as parsed JSON. */
static json_t *finish(struct cv_record *rec, const char *node, uint64_t seq)
{
	json_error_t error;
	json_t *event;

	cv_emit_end(&emit);
	assert_int_equal(cv_record_check(rec, CV_RECORD_MAX), 0);
	line_len = cv_cloudevent_json(rec, node, seq, line, sizeof(line));
	assert_true(line_len > 0);
	event = json_loadb(line, line_len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (!event)
		fail_msg("%s: %.*s", error.text, (int)line_len, line);
	return event;
}

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "(absent)";
}

static void set_origin(void)
{
	origin = (struct cv_origin){
		.ts_rx_ns = 1777863721123456789,
		.packet = 17,
		.rule = 4,
		.vlan = 120,
		.sport = 40000,
		.dport = 5683,
		.family = 4,
		.ip_proto = 17,
		.port = 1,
		.direction = CV_DIR_UP,
		.src = {192, 0, 2, 7},
		.dst = {198, 51, 100, 1},
	};
}

static void test_measurement(void **state)
{
	static const char want[] =
		"{\"specversion\":\"1.0\",\"id\":\"node-7/measurement/42\","
		"\"source\":\"//culvert/node-7\",\"type\":\"city.culvert.measurement.v1\","
		"\"subject\":\"urn:dev:ip:192.0.2.7_ch1\","
		"\"time\":\"2026-05-04T03:02:01.123456789Z\","
		"\"datacontenttype\":\"application/json\",\"lane\":\"measurement\","
		"\"sequence\":\"00000000000000000042\",\"data\":{\"name\":\"level\","
		"\"code\":\"w01\",\"value\":21.5,\"unit\":\"m\",\"quality\":\"good\","
		"\"flag\":\"N\",\"device_time\":\"2026-05-04T03:02:00.000000000Z\","
		"\"time_quality\":\"device\",\"stage\":\"hour\",\"direction\":\"up\","
		"\"method\":\"GET\",\"status\":69,\"seq\":12,\"correlation\":\"a1\",\"sub\":"
		"\"ch1\","
		"\"flags\":[\"duplicate\",\"notification\"],\"rule\":4,\"src\":\"192.0.2.7\","
		"\"dst\":\"198.51.100.1\",\"sport\":40000,\"dport\":5683,\"vlan\":120,\"port\":1,"
		"\"packet\":17,\"raw_off\":8,\"raw_len\":96,\"bytes\":\"00ff7e\"}}";
	struct cv_record *rec;

	set_origin();
	rec = begin(CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = 21.5;
	rec->unit_id = CV_UNIT_M;
	rec->quality = CV_QUALITY_GOOD;
	rec->ts_device_ns = 1777863720000000000;
	rec->time_quality = CV_TIME_DEVICE;
	rec->stage = CV_STAGE_HOUR;
	rec->device_end = CV_DEVICE_END_SRC;
	rec->status = 69;
	rec->seq = 12;
	rec->flags = CV_FLAG_NOTIFICATION | CV_FLAG_DUPLICATE;
	rec->raw_off = 8;
	rec->raw_len = 96;
	add_text(CV_TLV_NAME, "level");
	add_text(CV_TLV_CODE, "w01");
	add_text(CV_TLV_FLAG, "N");
	add_text(CV_TLV_METHOD, "GET");
	add_text(CV_TLV_CORRELATION, "a1");
	add_text(CV_TLV_SUB, "ch1");
	cv_emit_tlv(&emit, CV_TLV_BYTES, "\x00\xff\x7e", 3);
	json_decref(finish(rec, "node-7", 42));
	line[line_len] = '\0';
	assert_string_equal(line, want);
}

static void check_subject(unsigned int proto, const char *device, const char *sub, const char *want)
{
	struct cv_record *rec = begin(CV_LANE_STATUS, CV_KIND_STATE);
	json_t *event;

	rec->proto = (uint8_t)proto;
	if (device)
		add_text(CV_TLV_DEVICE, device);
	if (sub)
		add_text(CV_TLV_SUB, sub);
	rec->device_end = CV_DEVICE_END_DST;
	event = finish(rec, "n", 1);
	assert_string_equal(member(event, "subject"), want);
	if (device)
		assert_string_equal(member(json_object_get(event, "data"), "device"), device);
	json_decref(event);
}

static void test_device_urn(void **state)
{
	char want[256];

	set_origin();
	origin.family = 6;
	memcpy(origin.dst, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x1f", 16);
	check_subject(0, NULL, NULL, "urn:dev:ip:2001-0db8-0000-0000-0000-0000-0000-001f");
	check_subject(0, "urn:dev:ow:10e2073a01080063", NULL, "urn:dev:ow:10e2073a01080063");
	check_subject(0, "URN:example:a b\"%zz%41", "1", "URN:example:a%20b%22%25zz%41_1");
	check_subject(0, "urn:x:y", NULL, "urn:dev:none:urn%3Ax%3Ay"); /* namespace too short */
	for (unsigned int p = 1; p < CV_PROTO_COUNT; p++) {
		snprintf(want, sizeof(want), "urn:dev:%s:a%%5Fb%%2F%%E6%%B0%%B4.c-1_7",
			 cv_proto_name(p));
		check_subject(p, "a_b/水.c-1", "7", want);
	}
	origin.family = 0;
	check_subject(0, NULL, "7", "(absent)");
}

static void test_values(void **state)
{
	static const struct {
		uint8_t type;
		uint64_t bits;
		const char *want;
	} rows[] = {
		{CV_VALUE_U64, 18446744073709551615u, "\"value\":\"18446744073709551615\""},
		{CV_VALUE_I64, (uint64_t)-3, "\"value\":-3"},
		{CV_VALUE_BOOL, 1, "\"value\":true"},
		{CV_VALUE_BOOL, 0, "\"value\":false"},
		{CV_VALUE_TEXT, 0, "\"value\":\"\""},
		{CV_VALUE_F64, 0x7ff0000000000000, "\"value\":null,\"quality\":\"bad\""},
		{CV_VALUE_F64, 0x7ff8000000000001, "\"flags\":[\"not-finite\"]"},
		{CV_VALUE_F64, 0x4035000000000000, "\"value\":21,"},
	};

	set_origin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cv_record *rec = begin(CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);

		rec->value_type = rows[i].type;
		rec->value.u64 = rows[i].bits;
		json_decref(finish(rec, "n", 1));
		line[line_len] = '\0';
		assert_non_null(strstr(line, rows[i].want));
	}
}

static void check_position(int64_t lat, int64_t lon, int64_t alt, const char *want)
{
	struct cv_record *rec = begin(CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
	struct cv_position p;

	rec->name_id = CV_NAME_VEHICLE_POSITION;
	rec->quality = CV_QUALITY_GOOD;
	cv_emit_position(&emit, lat, lon, alt);
	json_decref(finish(rec, "n", 1));
	assert_true(cv_record_position(rec, &p));
	line[line_len] = '\0';
	if (!strstr(line, want))
		fail_msg("%s is not in %s", want, line);
}

static void test_position(void **state)
{
	set_origin();
	check_position(399042000, 1164073000, 43500,
		       "{\"name\":\"vehicle.position\",\"position\":{\"lat\":39.9042,"
		       "\"lon\":116.4073,\"alt\":43.5},\"quality\":\"good\",\"direction\"");
	check_position(-1, 1800000000, CV_POSITION_NONE,
		       "\"position\":{\"lat\":-1e-7,\"lon\":180},\"quality\":\"good\"");
	check_position(-900000000, -1799999999, -430500,
		       "{\"lat\":-90,\"lon\":-179.9999999,\"alt\":-430.5},\"quality\":\"good\"");
	/* Latitude and longitude exchanged; what no 32 bits hold. */
	check_position(1163000000, 400600000, 0,
		       "{\"lat\":116.3,\"lon\":40.06,\"alt\":0},\"quality\":\"bad\"");
	check_position(0, 42949672950, 0, "{\"lat\":0,\"alt\":0},\"quality\":\"bad\"");
	assert_non_null(strstr(line, "\"flags\":[\"range\"]"));
}

static void test_gateways(void **state)
{
	const struct cv_gateway g[] = {
		{0xaa555a0000000102, -70, 5.1},
		{0x1, -112.5, NAN},
		{0, NAN, -20},
	};
	struct cv_record *rec;

	set_origin();
	rec = begin(CV_LANE_STATUS, CV_KIND_STATE);
	cv_emit_tlv(&emit, CV_TLV_GATEWAYS, g, sizeof(g));
	json_decref(finish(rec, "n", 1));
	line[line_len] = '\0';
	assert_non_null(strstr(line,
			       "\"gateways\":[{\"gateway\":\"aa555a0000000102\",\"rssi\":-70,"
			       "\"snr\":5.1},{\"gateway\":\"0000000000000001\",\"rssi\":-112.5},"
			       "{\"snr\":-20}],"));
	/* A file may hold anything. */
	rec = begin(CV_LANE_STATUS, CV_KIND_STATE);
	cv_emit_tlv(&emit, CV_TLV_GATEWAYS, g, 23);
	json_decref(finish(rec, "n", 1));
	line[line_len] = '\0';
	assert_null(strstr(line, "gateways"));
}

static void test_node_is_escaped(void **state)
{
	json_t *event;

	set_origin();
	event = finish(begin(CV_LANE_ALARM, CV_KIND_GAP), "a/b \"\xff", 7);
	assert_string_equal(member(event, "id"), "a%2Fb%20%22%FF/alarm/7");
	assert_string_equal(member(event, "source"), "//culvert/a%2Fb%20%22%FF");
	json_decref(event);
}

/* The longest there is: all of the tail is device and component of one-byte characters \u00XX. */
static void test_worst_case_fits(void **state)
{
	char node[CV_CLOUDEVENT_NODE_MAX + 1];
	uint8_t controls[CV_TLV_MAX];
	struct cv_record *rec;
	size_t want;

	memset(node, 0xff, sizeof(node) - 1);
	node[sizeof(node) - 1] = '\0';
	memset(controls, 1, sizeof(controls));
	memset(&origin, 0xff, sizeof(origin));
	origin.family = 6;
	origin.direction = CV_DIR_DOWN;
	origin.proto = CV_PROTO_COUNT - 1;
	origin.ts_rx_ns = INT64_MIN;
	rec = begin(CV_LANE_MEASUREMENT, CV_KIND_PARSE_ERROR);
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = -2.2250738585072014e-308;
	rec->flags = UINT32_MAX;
	rec->quality = CV_QUALITY_UNCERTAIN;
	rec->time_quality = CV_TIME_IMPLAUSIBLE;
	rec->ts_device_ns = INT64_MIN;
	rec->stage = CV_STAGE_RETAINED;
	rec->reject = CV_REJECT_BAD_CHECKSUM;
	rec->status = UINT16_MAX;
	rec->seq = UINT32_MAX;
	rec->raw_off = UINT16_MAX;
	rec->raw_len = UINT32_MAX;
	cv_emit_position(&emit, -2147483647, -2147483647, -2147483647);
	cv_emit_tlv(&emit, CV_TLV_DEVICE, controls, sizeof(controls));
	cv_emit_tlv(&emit, CV_TLV_SUB, controls, sizeof(controls));
	cv_emit_tlv(&emit, CV_TLV_TEXT, controls, sizeof(controls));
	cv_emit_tlv(&emit, CV_TLV_CODE, controls, sizeof(controls));
	json_decref(finish(rec, node, UINT64_MAX));
	want = line_len;
	print_message("longest event: %zu of %d bytes\n", want, CV_CLOUDEVENT_MAX);
	for (size_t size = 0; size < want; size += 37)
		assert_int_equal(cv_cloudevent_json(rec, node, UINT64_MAX, line, size), 0);
	assert_int_equal(cv_cloudevent_json(rec, node, UINT64_MAX, line, want), want);
}

static size_t random_text(char *text)
{
	static const char *const parts[] = {"a",  "Z",	"9",  ".", "水", "é",
					    "\"", "\\", "\n", "_", "😀"};
	size_t n = next_random() % 40, len = 0;

	for (size_t i = 0; i < n; i++) {
		const char *part = parts[next_random() % (sizeof(parts) / sizeof(parts[0]))];

		memcpy(text + len, part, strlen(part));
		len += strlen(part);
	}
	text[len] = '\0';
	return len;
}

static void compare_value(const struct cv_record *rec, const json_t *data)
{
	const json_t *value = json_object_get(data, "value");

	if (rec->value_type == CV_VALUE_F64 && isfinite(rec->value.f64))
		assert_true(json_number_value(value) == rec->value.f64);
	else if (rec->value_type == CV_VALUE_F64)
		assert_true(json_is_null(value));
	else if (rec->value_type == CV_VALUE_I64 && json_is_integer(value))
		assert_true(json_integer_value(value) == rec->value.i64);
	else if (rec->value_type == CV_VALUE_I64)
		assert_true(strtoll(json_string_value(value), NULL, 10) == rec->value.i64);
	else if (rec->value_type == CV_VALUE_U64 && json_is_integer(value))
		assert_true((uint64_t)json_integer_value(value) == rec->value.u64);
	else if (rec->value_type == CV_VALUE_U64)
		assert_true(strtoull(json_string_value(value), NULL, 10) == rec->value.u64);
	else if (rec->value_type == CV_VALUE_BOOL)
		assert_int_equal(json_is_true(value), rec->value.u64 != 0);
	else if (rec->value_type == CV_VALUE_TEXT)
		assert_true(json_is_string(value));
	else
		assert_null(value);
}

static void compare_head(const struct cv_record *rec, const json_t *event)
{
	const json_t *data = json_object_get(event, "data");
	char type[64];

	snprintf(type, sizeof(type), "city.culvert.%s.v1", cv_kind_name(rec->kind));
	assert_string_equal(member(event, "type"), type);
	assert_string_equal(member(event, "lane"), cv_lane_name(rec->lane));
	assert_int_equal(json_integer_value(json_object_get(data, "rule")), rec->rule);
	assert_int_equal(json_integer_value(json_object_get(data, "status")), rec->status);
	assert_int_equal(json_integer_value(json_object_get(data, "seq")), rec->seq);
	assert_int_equal(json_integer_value(json_object_get(data, "sport")), rec->sport);
	if (rec->direction != CV_DIR_UNKNOWN)
		assert_string_equal(member(data, "direction"), cv_direction_name(rec->direction));
	if (*cv_name_text(rec->name_id))
		assert_string_equal(member(data, "name"), cv_name_text(rec->name_id));
	if (*cv_unit_text(rec->unit_id))
		assert_string_equal(member(data, "unit"), cv_unit_text(rec->unit_id));
	if (rec->reject != CV_REJECT_NONE)
		assert_string_equal(member(data, "reject"), cv_reject_name(rec->reject));
	compare_value(rec, data);
}

static void random_record(struct cv_record *rec)
{
	uint64_t bits = next_random();

	rec->value_type = (uint8_t)(next_random() % CV_VALUE_COUNT);
	rec->value.u64 = next_random() % 4 ? bits : bits % 100000;
	rec->quality = (uint8_t)(next_random() % CV_QUALITY_COUNT);
	rec->time_quality = (uint8_t)(next_random() % CV_TIME_COUNT);
	rec->stage = (uint8_t)(next_random() % CV_STAGE_COUNT);
	rec->reject = (uint8_t)(next_random() % CV_REJECT_COUNT);
	rec->device_end = (uint8_t)(next_random() % 3);
	rec->name_id = (uint16_t)(next_random() % (CV_NAME_COUNT + 2));
	rec->unit_id = (uint16_t)(next_random() % (CV_UNIT_COUNT + 2));
	rec->flags = (uint32_t)next_random();
	rec->status = (uint16_t)next_random();
	rec->seq = (uint32_t)next_random();
	rec->ts_device_ns = (int64_t)next_random();
}

static void test_random_records(void **state)
{
	for (int i = 0; i < 20000; i++) {
		char text[CV_TLV_COUNT][256] = {{0}};
		struct cv_record *rec;
		json_t *event, *data;

		set_origin();
		origin.family = (uint8_t[]){0, 4, 6}[next_random() % 3];
		origin.direction = (uint8_t)(next_random() % CV_DIR_COUNT);
		origin.proto = (uint8_t)(next_random() % CV_PROTO_COUNT);
		origin.rule = (uint32_t)next_random();
		rec = begin((enum cv_lane)(next_random() % CV_LANE_COUNT),
			    (enum cv_kind)(next_random() % CV_KIND_COUNT));
		random_record(rec);
		for (int tag = 1; tag < CV_TLV_COUNT; tag++) {
			size_t len = random_text(text[tag]);

			if (len)
				cv_emit_tlv(&emit, (enum cv_tlv_tag)tag, text[tag], len);
		}
		event = finish(rec, "node", next_random());
		data = json_object_get(event, "data");
		compare_head(rec, event);
		if (*text[CV_TLV_CODE])
			assert_string_equal(member(data, "code"), text[CV_TLV_CODE]);
		if (*text[CV_TLV_DEVICE])
			assert_string_equal(member(data, "device"), text[CV_TLV_DEVICE]);
		if (*text[CV_TLV_TEXT])
			assert_string_equal(
				member(data, rec->value_type == CV_VALUE_TEXT ? "value" : "text"),
				text[CV_TLV_TEXT]);
		json_decref(event);
	}
}

/* What a rule raised; a note that cannot be is passed over, and its blanks and zeros are bounded. */
static void test_alarm(void **state)
{
	struct {
		struct cv_alarm_note note;
		char texts[24];
	} value = {
		.note = {.change = CV_ALARM_ACKNOWLEDGED,
			 .grade = 2,
			 .devices = 3,
			 .threshold = NAN,
			 .since_ns = 1777863720000000000,
			 .raised_ns = 1777863725000000000,
			 .rules = 7},
		.texts = "310115005\0anna\0seen",
	};
	json_t *event, *alarm, *devices;
	struct cv_record *rec;

	for (int round = 0; round < 2; round++) {
		set_origin();
		rec = begin(CV_LANE_ALARM, CV_KIND_ALARM);
		value.note.grade = round ? CV_ALARM_GRADE_MAX + 1 : 2;
		add_text(CV_TLV_CODE, "tank-high");
		add_text(CV_TLV_CORRELATION, "alarm:tank-high:urn:dev:a:1:5");
		add_text(CV_TLV_MEMBERS, "urn:dev:a:1 urn:dev:a:2");
		cv_emit_tlv(&emit, CV_TLV_ALARM, &value, sizeof(value.note) + 20);
		event = finish(rec, "node", 1);
		alarm = json_object_get(json_object_get(event, "data"), "alarm");
		if (round) {
			assert_null(alarm);
			json_decref(event);
			continue;
		}
		assert_string_equal(member(alarm, "id"), "alarm:tank-high:urn:dev:a:1:5");
		assert_string_equal(member(alarm, "rule"), "tank-high");
		assert_string_equal(member(alarm, "state"), "acknowledged");
		assert_string_equal(member(alarm, "colour"), "orange");
		assert_string_equal(member(alarm, "since"), "2026-05-04T03:02:00.000000000Z");
		assert_string_equal(member(alarm, "area"), "310115005");
		assert_string_equal(member(alarm, "acknowledged_by"), "anna");
		assert_string_equal(member(alarm, "comment"), "seen");
		assert_null(json_object_get(alarm, "threshold"));
		assert_int_equal(json_integer_value(json_object_get(alarm, "device_count")), 3);
		devices = json_object_get(alarm, "devices");
		assert_int_equal(json_array_size(devices), 2);
		assert_string_equal(json_string_value(json_array_get(devices, 1)), "urn:dev:a:2");
		json_decref(event);
	}
}

int main(void)
{
	const char *given = getenv("CV_TEST_SEED");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measurement),	cmocka_unit_test(test_device_urn),
		cmocka_unit_test(test_values),		cmocka_unit_test(test_node_is_escaped),
		cmocka_unit_test(test_worst_case_fits), cmocka_unit_test(test_random_records),
		cmocka_unit_test(test_position),	cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_alarm),
	};

	prng = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u | 1;
	print_message("CV_TEST_SEED=%" PRIu64 "\n", prng);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
