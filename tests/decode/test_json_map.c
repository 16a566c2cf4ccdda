/* SPDX-License-Identifier: Apache-2.0 */
/* JSON payloads in MQTT and CoAP, with maps and without. Expected values are read off the payloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/config/compile.h"
#include "control/config/config.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/mqtt_test.h"

extern const struct cv_decoder cv_decoder_coap;

static const char config[] =
	"node: n\n"
	"ports: [ { name: a, target: \"pcap:x.pcap\" } ]\n"
	"decode:\n"
	"  json:\n"
	"  - topic: city/+/air/#\n"
	"    device: topic:2\n"
	"    time: /meta/ts\n"
	"    time_zone: \"+08:00\"\n"
	"    quality: /meta/ok\n"
	"    values:\n"
	"    - { pointer: /pm25, name: air.pm2_5, code: pm25 }\n"
	"    - { pointer: /t, name: weather.temperature, factor: 0.1 }\n"
	"    - { pointer: /f, name: weather.temperature, factor: 0.5, offset: -16 }\n"
	"    - { pointer: /list/1/v, name: raw.second, unit_name: bar }\n"
	"    - { pointer: /a~1b/~0c, name: raw.odd }\n"
	"    - { pointer: /fire, name: fire.alarm }\n"
	"  - { topic: bare/+, values: [ { pointer: payload, name: water.level } ] }\n"
	"  - topic: ms\n"
	"    device: /id\n"
	"    time: /t\n"
	"    time_format: ms\n"
	"    quality: /q\n"
	"    good: \"0\"\n"
	"    values: [ { pointer: /v, name: raw.v } ]\n"
	"  - { topic: sec, time: /t, time_format: s, values: [ { pointer: /v, name: raw.v } ] }\n"
	"  - { decoder: coap, topic: sensors/+, device: topic:2,\n"
	"      values: [ { pointer: /level, name: water.level, factor: 0.01 } ] }\n";

/* A generation of the configuration, compiled as control does. */
static struct cv_generation *compile(void)
{
	struct cv_diagnostics diag = {0};
	char dir[] = "/tmp/cv-json-XXXXXX", path[64];
	struct cv_generation *gen = NULL;
	struct cv_config *c = NULL;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/policy.yaml", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("default: { ip: allow }\n", f);
	fclose(f);
	if (cv_config_parse("t.yaml", config, strlen(config), &c, &diag) == 0) {
		memcpy(c->policy, path, sizeof(path));
		cv_config_compile(c, 1, &gen, &diag);
	}
	cv_diagnostics_print(&diag, stderr);
	cv_config_free(c);
	cv_diagnostics_free(&diag);
	unlink(path);
	rmdir(dir);
	assert_non_null(gen);
	return gen;
}

struct fixture {
	struct cv_generation *gen;
	struct decode_run *r;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->gen = compile();
	f->r = decode_run_new(&cv_decoder_mqtt, f->gen);
	f->r->origin.ip_proto = 6;
	mqtt_connect(f->r, 4);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	decode_run_free(f->r);
	free(f->gen);
	free(f);
	return 0;
}

/* MQTT 3.1.1 PUBLISH, QoS 0. */
static void publish(struct decode_run *r, const char *topic, const char *payload)
{
	size_t t = strlen(topic), p = strlen(payload), n = 2 + t + p;
	uint8_t head[] = {0x30, (uint8_t)(n % 128 | 128), (uint8_t)(n / 128), 0, (uint8_t)t};
	uint8_t data[4096];

	assert_true(n < 128 * 128 && t < 256);
	memcpy(data, head, 5);
	memcpy(data + 5, topic, t);
	memcpy(data + 5 + t, payload, p);
	decode_run_clear(r);
	decode_segment(r, true, data, 5 + t + p);
	assert_int_equal(r->rejected, 0);
}

static const struct cv_record *by_code(const struct decode_run *r, const char *name, size_t nth)
{
	for (size_t i = 0; i < r->records; i++) {
		const struct cv_record *rec = r->record[i];
		const char *is =
			rec->name_id ? cv_name_text(rec->name_id) : decode_text(rec, CV_TLV_NAME);

		if (strcmp(is, name) == 0 && nth-- == 0)
			return rec;
	}
	fail_msg("no record %s", name);
	return NULL;
}

static void test_mapped(void **state)
{
	struct decode_run *r = ((struct fixture *)*state)->r;
	const struct cv_record *rec;

	publish(r, "city/lamp-7/air/x",
		" { \"x\": [1,{\"y\":2}], \"pm25\" : 35.5,\"t\":213,\"f\":82, "
		"\"list\":[{\"v\":1},{\"u\":0,\"v\":\"101.3\"}], \"a/b\":{\"~c\":-1e2},"
		"\"fire\":true, "
		"\"meta\":{\"ok\":true,\"ts\":\"2023-11-15 06:13:19\"},\"z\":null} ");
	assert_int_equal(r->records, 6);
	rec = by_code(r, "air.pm2_5", 0);
	assert_true(rec->value.f64 == 35.5);
	assert_int_equal(rec->unit_id, CV_UNIT_UG_M3);
	assert_text(rec, CV_TLV_CODE, "pm25");
	assert_text(rec, CV_TLV_DEVICE, "lamp-7");
	assert_int_equal(rec->quality, CV_QUALITY_GOOD);
	assert_int_equal(rec->lane, CV_LANE_MEASUREMENT);
	/* 06:13:19 in Beijing */
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	assert_true(rec->ts_device_ns == 1699999999000000000);
	rec = by_code(r, "weather.temperature", 0);
	assert_true(rec->value.f64 == 21.3); /* the nearest double, not 213 * 0.1 */
	assert_text(rec, CV_TLV_CODE, "city/lamp-7/air/x");
	assert_true(by_code(r, "weather.temperature", 1)->value.f64 == 25);
	rec = by_code(r, "raw.second", 0);
	assert_true(rec->value.f64 == 101.3);
	assert_text(rec, CV_TLV_UNIT, "bar");
	assert_true(by_code(r, "raw.odd", 0)->value.f64 == -100);
	rec = by_code(r, "fire.alarm", 0);
	assert_int_equal(rec->lane, CV_LANE_ALARM);
	assert_int_equal(rec->kind, CV_KIND_ALARM);
	assert_int_equal(rec->value_type, CV_VALUE_BOOL);
}

static void test_parts_missing(void **state)
{
	struct decode_run *r = ((struct fixture *)*state)->r;
	const struct cv_record *rec;

	publish(r, "city/a/air", "{\"pm25\":null,\"list\":[{\"v\":1}],\"meta\":{\"ok\":false}}");
	rec = mqtt_one(r);
	assert_int_equal(rec->name_id, CV_NAME_AIR_PM2_5);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
	publish(r, "city/a/air", "{\"pm25\":1e999,\"meta\":{\"ts\":\"yesterday\"}}");
	rec = mqtt_one(r);
	assert_int_equal(rec->value_type, CV_VALUE_NONE);
	assert_int_equal(rec->flags, CV_FLAG_RANGE);
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	/* Nothing of what is mapped: the flat object by its names. */
	publish(r, "city/a/air", "{\"other\":1}");
	assert_text(mqtt_one(r), CV_TLV_NAME, "raw.other");
	publish(r, "city/a/air", "{\"pm25\":{\"value\":1}}");
	assert_int_equal(mqtt_one(r)->value_type, CV_VALUE_TEXT);
}

static void test_times(void **state)
{
	struct decode_run *r = ((struct fixture *)*state)->r;
	const struct cv_record *rec;

	publish(r, "ms", "{\"id\":\"a\\u0062\",\"t\":1699999999500,\"q\":0,\"v\":\"on\"}");
	rec = mqtt_one(r);
	assert_text(rec, CV_TLV_DEVICE, "ab");
	assert_true(rec->ts_device_ns == 1699999999500000000);
	assert_int_equal(rec->quality, CV_QUALITY_GOOD);
	assert_int_equal(rec->value_type, CV_VALUE_TEXT);
	assert_text(rec, CV_TLV_TEXT, "on");
	publish(r, "ms", "{\"id\":17,\"t\":-1,\"q\":1,\"v\":false}");
	rec = mqtt_one(r);
	assert_text(rec, CV_TLV_DEVICE, "17");
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_int_equal(rec->quality, CV_QUALITY_BAD);
	assert_int_equal(rec->value_type, CV_VALUE_BOOL);
	publish(r, "sec", "{\"t\":1699999999.25,\"v\":1}");
	rec = mqtt_one(r);
	assert_true(rec->ts_device_ns == 1699999999250000000);
	assert_text(rec, CV_TLV_DEVICE, "dev");
}

static void test_bare(void **state)
{
	struct decode_run *r = ((struct fixture *)*state)->r;

	publish(r, "bare/1", "2.5");
	assert_int_equal(mqtt_one(r)->name_id, CV_NAME_WATER_LEVEL);
	assert_true(mqtt_one(r)->value.f64 == 2.5);
	publish(r, "bare/1/2", "2.5");
	assert_text(mqtt_one(r), CV_TLV_NAME, "bare/1/2");
}

/* A mapped topic whose payload is not JSON says so and keeps the payload. */
static void test_not_json(void **state)
{
	static const char *const bad[] = {
		"{\"pm25\":1",		"{\"pm25\":01}", "{\"pm25\":1}}",
		"{\"pm25\":1,}",	"{pm25:1}",	 "[1,]",
		"{\"a\":\"\\x\"}",	"nul",		 "{\"pm25\" 1}",
		"[[[[[[[[[[1]]]]]]]]]",
	};
	struct decode_run *r = ((struct fixture *)*state)->r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		publish(r, "city/a/air", bad[i]);
		assert_int_equal(mqtt_one(r)->reject, CV_REJECT_BAD_PAYLOAD);
		assert_text(mqtt_one(r), CV_TLV_TEXT, bad[i]);
	}
}

static void test_flat(void **state)
{
	struct decode_run *r = ((struct fixture *)*state)->r;
	char many[1024] = "{\"k0\":0";

	publish(r, "any", "{\"temp\":21.5,\"on\":true,\"who\":\"me\",\"gone\":null}");
	assert_int_equal(r->records, 4);
	assert_true(by_code(r, "raw.temp", 0)->value.f64 == 21.5);
	assert_text(by_code(r, "raw.temp", 0), CV_TLV_CODE, "any");
	assert_text(by_code(r, "raw.temp", 0), CV_TLV_DEVICE, "dev");
	assert_int_equal(by_code(r, "raw.on", 0)->value_type, CV_VALUE_BOOL);
	assert_text(by_code(r, "raw.who", 0), CV_TLV_TEXT, "me");
	assert_int_equal(by_code(r, "raw.gone", 0)->quality, CV_QUALITY_BAD);
	/* Left whole: texts only, parts, nothing, too many. */
	publish(r, "any", "{\"who\":\"me\"}");
	assert_int_equal(mqtt_one(r)->value_type, CV_VALUE_TEXT);
	publish(r, "any", "{\"a\":1,\"b\":[2]}");
	assert_int_equal(mqtt_one(r)->value_type, CV_VALUE_TEXT);
	publish(r, "any", "{}");
	assert_int_equal(mqtt_one(r)->value_type, CV_VALUE_TEXT);
	for (int i = 1; i < 32; i++)
		sprintf(many + strlen(many), ",\"k%d\":%d", i, i);
	strcat(many, "}");
	publish(r, "any", many);
	assert_int_equal(r->records, 32);
	strcpy(many + strlen(many) - 1, ",\"k\":1}");
	publish(r, "any", many);
	assert_int_equal(mqtt_one(r)->value_type, CV_VALUE_TEXT);
}

/* POST /sensors/well-3, Content-Format 50 or none. */
static void test_coap(void **state)
{
	static const char *const hex[] = {
		"40020001 b7 73656e736f7273 06 77656c6c2d33 11 32 ff 7b226c6576656c223a3235307d",
		"40020002 b7 73656e736f7273 06 77656c6c2d33 ff 7b226c6576656c223a3235307d",
	};
	struct fixture *f = *state;
	struct decode_run *r = decode_run_new(&cv_decoder_coap, f->gen);

	for (size_t i = 0; i < 2; i++) {
		decode_run_clear(r);
		decode_datagram_hex(r, true, hex[i]);
		assert_int_equal(r->records, 1);
		assert_int_equal(r->record[0]->name_id, CV_NAME_WATER_LEVEL);
		assert_true(r->record[0]->value.f64 == 2.5);
		assert_text(r->record[0], CV_TLV_DEVICE, "well-3");
		assert_text(r->record[0], CV_TLV_METHOD, "POST");
	}
	decode_run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mapped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_parts_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_times, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bare, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flat, setup, teardown),
		cmocka_unit_test_setup_teardown(test_coap, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
