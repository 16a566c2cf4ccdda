/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LwM2M over CoAP. TLV payloads and what they say: OMA LwM2M 1.0, 6.4.3.1 (device, multiple access
 * control, object links), which Leshan and Wakaama test with too; JSON: 6.4.4. Messages around them are
 * put together here by RFC 7252.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/coap_test.h"
#include "tests/decode/decode_test.h"

#define DEVICE_TLV                                                                                 \
	"C800144F70656E204D6F62696C6520416C6C69616E6365C801164C69676874776569676874204D324D20436C" \
	"69656E74C80209333435303030313233C303312E30860641000141010588070842000ED84201138887084100" \
	"7D42010384C10964C10A0F830B410000C40D5182428FC60E2B30323A3030C11055"
#define TLV 11542
#define JSON 11543
#define NO_FORMAT (-1)
#define SEND "[{\"n\":\"/3303/0/5700\",\"v\":20}]"

struct message {
	size_t len;
	unsigned int option;
	uint8_t data[1400];
};

static void add(struct message *m, const void *data, size_t len)
{
	assert_true(m->len + len <= sizeof(m->data));
	if (len != 0)
		memcpy(m->data + m->len, data, len);
	m->len += len;
}

static void option(struct message *m, unsigned int number, const void *value, size_t len)
{
	uint8_t head[2] = {(uint8_t)((number - m->option) << 4 | (len > 12 ? 13 : len)),
			   (uint8_t)(len - 13)};

	assert_true(number - m->option < 13 && len < 13 + 256);
	add(m, head, len > 12 ? 2 : 1);
	add(m, value, len);
	m->option = number;
}

/* The parts of a text between separators as options. */
static void options(struct message *m, unsigned int number, const char *text, char separator)
{
	while (text != NULL && *text) {
		const char *end = strchr(text, separator);
		size_t len = end ? (size_t)(end - text) : strlen(text);

		option(m, number, text, len);
		text = end ? end + 1 : NULL;
	}
}

static struct message start(unsigned int type, unsigned int code)
{
	static uint16_t id;
	uint8_t head[] = {(uint8_t)(0x41 | type << 4), (uint8_t)code, 0, 0, 0x77};
	struct message m = {0};

	id++;
	head[2] = (uint8_t)(id >> 8);
	head[3] = (uint8_t)id;
	add(&m, head, sizeof(head));
	return m;
}

static void send(struct decode_run *r, bool from_client, struct message *m, int format,
		 const void *payload, size_t len)
{
	uint8_t value[] = {(uint8_t)(format >> 8), (uint8_t)format};

	if (format >= 0)
		option(m, 12, format > 255 ? value : value + 1, format > 255 ? 2 : format != 0);
	if (len != 0)
		add(m, "\xff", 1);
	add(m, payload, len);
	decode_run_clear(r);
	decode_datagram(r, from_client, m->data, m->len);
	assert_int_equal(r->rejected, 0);
}

/* The server (the client of CoAP) reads a path, and this is what comes. */
static void answer(struct decode_run *r, const char *path, int format, const void *data, size_t len)
{
	struct message get = start(0, 1), content = start(2, 0x45);

	options(&get, 11, path, '/');
	send(r, true, &get, NO_FORMAT, NULL, 0);
	send(r, false, &content, format, data, len);
}

static void answer_hex(struct decode_run *r, const char *path, int format, const char *hex)
{
	uint8_t data[512];
	size_t len = decode_hex(hex, data, sizeof(data));

	answer(r, path, format, data, len);
}

static const struct cv_record *at(const struct decode_run *r, const char *code)
{
	for (size_t i = 0; i < r->records; i++) {
		if (strcmp(decode_text(r->record[i], CV_TLV_CODE), code) == 0)
			return r->record[i];
	}
	fail_msg("no record of %s", code);
	return NULL;
}

static void assert_integer(const struct decode_run *r, const char *code, int64_t value)
{
	assert_int_equal(at(r, code)->value_type, CV_VALUE_I64);
	assert_true(at(r, code)->value.i64 == value);
}

static void assert_tlv_text(const struct decode_run *r, const char *code, const char *text)
{
	assert_int_equal(at(r, code)->value_type, CV_VALUE_TEXT);
	assert_string_equal(decode_text(at(r, code), CV_TLV_TEXT), text);
}

static void assert_device(const struct decode_run *r)
{
	assert_int_equal(r->records, 16);
	assert_tlv_text(r, "/3/0/0", "Open Mobile Alliance");
	assert_string_equal(decode_text(at(r, "/3/0/0"), CV_TLV_NAME),
			    "raw.lwm2m.device.manufacturer");
	assert_tlv_text(r, "/3/0/1", "Lightweight M2M Client");
	assert_tlv_text(r, "/3/0/2", "345000123");
	assert_tlv_text(r, "/3/0/3", "1.0");
	assert_int_equal(at(r, "/3/0/3")->name_id, CV_NAME_DEVICE_VERSION);
	assert_integer(r, "/3/0/6/0", 1);
	assert_integer(r, "/3/0/6/1", 5);
	assert_integer(r, "/3/0/7/0", 3800);
	assert_integer(r, "/3/0/7/1", 5000);
	assert_int_equal(at(r, "/3/0/7/1")->unit_id, CV_UNIT_MV);
	assert_integer(r, "/3/0/8/0", 125);
	assert_integer(r, "/3/0/8/1", 900);
	assert_integer(r, "/3/0/9", 100);
	assert_int_equal(at(r, "/3/0/9")->name_id, CV_NAME_DEVICE_BATTERY);
	assert_integer(r, "/3/0/10", 15);
	assert_integer(r, "/3/0/11/0", 0);
	assert_integer(r, "/3/0/13", 1367491215);
	assert_int_equal(at(r, "/3/0/13")->name_id, CV_NAME_DEVICE_CLOCK);
	assert_tlv_text(r, "/3/0/14", "+02:00");
	assert_tlv_text(r, "/3/0/16", "U");
}

static void test_device(void **state)
{
	struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);
	uint8_t data[512] = {8, 0, 0x79};
	size_t len;

	answer_hex(r, "3/0", TLV, DEVICE_TLV);
	assert_device(r);
	answer_hex(r, "3/0", 1542, DEVICE_TLV);
	assert_device(r);
	len = decode_hex(DEVICE_TLV, data + 3, sizeof(data) - 3);
	assert_int_equal(len, 0x79);
	answer(r, "3", TLV, data, len + 3); /* inside an object instance */
	assert_device(r);
	decode_run_free(r);
}

static void test_links(void **state)
{
	struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);

	answer_hex(r, "2", TLV,
		   "08000EC10001C101008302417F07C1037F080212C10003C101008702417F0761013601C1037F");
	assert_int_equal(r->records, 9);
	assert_integer(r, "/2/0/0", 1);
	assert_integer(r, "/2/0/2/127", 7);
	assert_integer(r, "/2/2/0", 3);
	assert_integer(r, "/2/2/2/310", 1); /* a 16-bit id */
	assert_integer(r, "/2/2/3", 127);
	answer_hex(r, "65/0", TLV,
		   "88000C440000420000440100420001C8010D38363133383030373535353030C40212345678");
	assert_int_equal(r->records, 4);
	assert_int_equal(at(r, "/65/0/0/1")->value_type, CV_VALUE_BYTES);
	assert_string_equal(decode_text(at(r, "/65/0/1"), CV_TLV_NAME), "raw.lwm2m.65.1");
	assert_int_equal(at(r, "/65/0/1")->flags, CV_FLAG_RAW);
	decode_run_free(r);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {"C3370102",	    "C8",  "E1", "C80005",
					  "080003C10001C1", "4100"};
	struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		answer_hex(r, "3/0", TLV, bad[i]);
		assert_int_equal(r->records, 1);
		assert_int_equal(r->record[0]->reject, CV_REJECT_BAD_PAYLOAD);
		assert_int_equal(r->record[0]->value_type, CV_VALUE_BYTES);
	}
	decode_run_free(r);
}

/* 6.4.4, the examples, and what is not in them. */
static void test_json(void **state)
{
	static const char device[] =
		"{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"0\",\"sv\":\"Open Mobile Alliance\"},"
		"{\"n\":\"6/0\",\"v\":1},{\"n\":\"9\",\"v\":100},{\"n\":\"13\",\"v\":1367491215}]}";
	static const char sensor[] = "{\"bt\":25462634,\"e\":[{\"n\":\"5700\",\"v\":22.4,\"t\":-5},"
				     "{\"n\":\"5701\",\"sv\":\"Cel\"}]}";
	static const char *const bad[] = {
		"{\"e\":[{\"n\":\"x\",\"v\":1}]}",
		"{\"e\":[{\"n\":\"1\"}]}",
		"{\"e\":{}}",
		"{\"e\":[{\"n\":\"1\",\"v\":1}]",
		"[]",
	};
	struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);

	answer(r, "3/0", JSON, device, strlen(device));
	assert_int_equal(r->records, 4);
	assert_tlv_text(r, "/3/0/0", "Open Mobile Alliance");
	assert_true(at(r, "/3/0/6/0")->value.f64 == 1);
	assert_int_equal(at(r, "/3/0/9")->name_id, CV_NAME_DEVICE_BATTERY);
	answer(r, "3303/0", JSON, sensor, strlen(sensor));
	assert_int_equal(at(r, "/3303/0/5700")->name_id, CV_NAME_WEATHER_TEMPERATURE);
	assert_true(at(r, "/3303/0/5700")->value.f64 == 22.4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		answer(r, "3/0", JSON, bad[i], strlen(bad[i]));
		assert_int_equal(r->records, 1);
		assert_int_equal(r->record[0]->reject, CV_REJECT_BAD_PAYLOAD);
	}
	decode_run_free(r);
}

/* One resource in text, CBOR and SenML; units that are not the list's. */
static void test_values(void **state)
{
	static const struct {
		const char *path;
		int format;
		const char *hex;
		unsigned int name;
		double value;
	} cases[] = {
		{"3303/0/5700", 0, "32312e35", CV_NAME_WEATHER_TEMPERATURE, 21.5},
		{"3303/0/5700", NO_FORMAT, "2d34", CV_NAME_WEATHER_TEMPERATURE, -4},
		{"3315/0/5700", 0, "313031333235", CV_NAME_WEATHER_PRESSURE, 1013.25},
		{"3331/0/5700", 0, "32353030", CV_NAME_POWER_ENERGY, 2.5},
		{"3303/0/5700", 60, "f94d60", CV_NAME_WEATHER_TEMPERATURE, 21.5},
		{"3303/0/5700", 60, "fb4035800000000000", CV_NAME_WEATHER_TEMPERATURE, 21.5},
		{"3303/0/5700", 60, "33", CV_NAME_WEATHER_TEMPERATURE, -20},
		{"3304/1/5700", 60, "1837", CV_NAME_WEATHER_HUMIDITY, 55},
		/* [{"bn":"/3303/0/5700","v":21.5}] in SenML CBOR and JSON */
		{"3303/0/5700", 112, "81a2216c2f333330332f302f3537303002f94d60",
		 CV_NAME_WEATHER_TEMPERATURE, 21.5},
		{"3303/0/5700", 110,
		 "5b7b22626e223a222f333330332f302f35373030222c2276223a32312e357d5d",
		 CV_NAME_WEATHER_TEMPERATURE, 21.5},
		/* the unit in SenML is Fahrenheit: no name of ours */
		{"3303/0/5700", 110,
		 "5b7b226e223a222f333330332f302f35373030222c2275223a2246222c2276223a37307d5d", 0,
		 70},
	};
	struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		answer_hex(r, cases[i].path, cases[i].format, cases[i].hex);
		assert_int_equal(r->records, 1);
		assert_int_equal(r->record[0]->name_id, cases[i].name);
		assert_true(r->record[0]->value.f64 == cases[i].value);
	}
	/* 5700 = 70.5 as a float, 5701 = "F" */
	answer_hex(r, "3303/0", TLV, "E41644428D0000E1164546");
	assert_string_equal(decode_text(at(r, "/3303/0/5700"), CV_TLV_NAME),
			    "raw.lwm2m.temperature.value");
	assert_true(at(r, "/3303/0/5700")->value.f64 == 70.5);
	/* Numbers that are nobody's path stay what they were. */
	answer_hex(r, "33001/0/7", 0, "32312e35");
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "33001/0/7");
	/* Keys are not carried. */
	answer_hex(r, "0/1", TLV, "C805066162636465660C"); /* malformed on purpose: length */
	answer_hex(r, "0/1", TLV, "C60561626364656 6");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_NONE);
	assert_null(memmem(r->record[0], r->record[0]->size, "abcdef", 6));
	decode_run_free(r);
}

static void post_rd(struct decode_run *r, const char *path, const char *query)
{
	struct message m = start(0, 2);

	options(&m, 11, path, '/');
	option(&m, 12, "\x28", 1);
	options(&m, 15, query, '&');
	send(r, true, &m, NO_FORMAT, "</3/0>,</3303/0>", 16);
}

static void test_registration(void **state)
{
	struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);
	struct message m;
	const struct cv_record *rec;

	post_rd(r, "rd", "ep=urn:imei:490154203237518&lt=300&lwm2m=1.1&b=U");
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->kind, CV_KIND_SESSION);
	assert_int_equal(rec->name_id, CV_NAME_DEVICE_STATE);
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "online");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "urn:imei:490154203237518");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "</3/0>,</3303/0>");
	m = start(2, 0x41);
	options(&m, 8, "rd/5a3f", '/');
	send(r, false, &m, NO_FORMAT, NULL, 0);
	assert_int_equal(r->records, 0);

	/* A notification from there: the device is known, the path from the observation. */
	m = start(0, 1);
	option(&m, 6, "", 0);
	options(&m, 11, "3303/0/5700", '/');
	send(r, false, &m, NO_FORMAT, NULL, 0);
	m = start(1, 0x45);
	option(&m, 6, "\x07", 1);
	send(r, true, &m, 0, "21.5", 4);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "urn:imei:490154203237518");
	assert_int_equal(rec->name_id, CV_NAME_WEATHER_TEMPERATURE);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->flags, CV_FLAG_NOTIFICATION);

	/* A write to it is a command. */
	m = start(0, 3);
	options(&m, 11, "3311/0/5850", '/');
	send(r, false, &m, 0, "1", 1);
	rec = r->record[0];
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_int_equal(rec->device_end, CV_DEVICE_END_DST);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "urn:imei:490154203237518");
	assert_int_equal(rec->value_type, CV_VALUE_BOOL);

	/* It moves to another port; its location says who it is. */
	r->origin.sport = 40001;
	post_rd(r, "rd/5a3f", "lt=60");
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "urn:imei:490154203237518");
	m = start(0, 2);
	options(&m, 11, "dp", '/');
	send(r, true, &m, 110, SEND, strlen(SEND));
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "urn:imei:490154203237518");
	assert_int_equal(r->record[0]->name_id, CV_NAME_WEATHER_TEMPERATURE);

	/* Its lifetime is over. */
	r->origin.ts_rx_ns += 61 * INT64_C(1000000000);
	m = start(0, 2);
	options(&m, 11, "dp", '/');
	send(r, true, &m, 110, SEND, strlen(SEND));
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "");
	decode_run_free(r);
}

static void test_end(void **state)
{
	struct decode_run *r = decode_run_new(&cv_decoder_coap, NULL);
	struct message m;

	post_rd(r, "rd", "ep=a");
	m = start(2, 0x41);
	options(&m, 8, "rd/1", '/');
	send(r, false, &m, NO_FORMAT, NULL, 0);
	m = start(0, 4);
	options(&m, 11, "rd/1", '/');
	send(r, true, &m, NO_FORMAT, NULL, 0);
	assert_int_equal(r->records, 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "offline");
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "a");
	m = start(0, 2);
	options(&m, 11, "dp", '/');
	send(r, true, &m, 110, SEND, strlen(SEND));
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "");

	post_rd(r, "rd", "ep=b"); /* refused */
	m = start(2, 0x80);
	send(r, false, &m, NO_FORMAT, NULL, 0);
	m = start(0, 2);
	options(&m, 11, "dp", '/');
	send(r, true, &m, 110, SEND, strlen(SEND));
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "");
	/* No endpoint name: any resource called rd. */
	post_rd(r, "rd", "lt=5");
	assert_int_equal(r->record[0]->kind, CV_KIND_MEASUREMENT);
	decode_run_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device),	  cmocka_unit_test(test_links),
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_json),
		cmocka_unit_test(test_values),	  cmocka_unit_test(test_registration),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
