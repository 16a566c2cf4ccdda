/* SPDX-License-Identifier: Apache-2.0 */
/* What is no MQTT, and for which reason; and what is recognised as MQTT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/decode/mqtt_test.h"

static const struct {
	int version; /* of the connection, 0 = none */
	bool from_client;
	const char *hex;
	enum cv_reject reason;
} rejects[] = {
	/* Fixed header */
	{4, true, "0000", CV_REJECT_UNKNOWN_TYPE},
	{4, true, "f000", CV_REJECT_UNKNOWN_TYPE},
	{3, true, "f000", CV_REJECT_UNKNOWN_TYPE},
	{4, true, "3600", CV_REJECT_BAD_HEADER}, /* QoS 3 */
	{4, true, "3800", CV_REJECT_BAD_HEADER}, /* DUP with QoS 0 */
	{4, true, "6000", CV_REJECT_BAD_HEADER},
	{4, true, "8000", CV_REJECT_BAD_HEADER},
	{3, true, "8000", CV_REJECT_BAD_HEADER},
	{5, true, "c100", CV_REJECT_BAD_HEADER},
	{0, true, "1f0f 0004 4d515454 04 02 000a 0003 646576", CV_REJECT_BAD_HEADER},
	{5, true, "3080808080", CV_REJECT_BAD_LENGTH},
	{4, true, "c001", CV_REJECT_BAD_LENGTH},
	{4, true, "4003", CV_REJECT_BAD_LENGTH},
	{4, true, "e001", CV_REJECT_BAD_LENGTH},
	{5, true, "c0ffffff7f", CV_REJECT_BAD_LENGTH},
	/* CONNECT */
	{0, true, "100f 0004 4d515454 06 02 000a 0003 646576", CV_REJECT_BAD_HEADER},
	{0, true, "100f 0004 4d515455 04 02 000a 0003 646576", CV_REJECT_BAD_HEADER},
	{0, true, "100f 0004 4d515454 04 03 000a 0003 646576", CV_REJECT_BAD_HEADER},
	{0, true, "100f 0004 4d515454 04 0a 000a 0003 646576", CV_REJECT_BAD_VALUE},
	{0, true, "100f 0004 4d515454 04 22 000a 0003 646576", CV_REJECT_BAD_VALUE},
	{0, true, "1012 0004 4d515454 04 42 000a 0003 646576 0001 70", CV_REJECT_BAD_VALUE},
	{0, true, "1015 0004 4d515454 04 1e 000a 0003 646576 0001 77 0001 78", CV_REJECT_BAD_VALUE},
	{0, true, "1015 0004 4d515454 04 06 000a 0003 646576 0001 23 0001 78", CV_REJECT_BAD_VALUE},
	{0, true, "100f 0004 4d515454 04 02 000a 0003 640076", CV_REJECT_BAD_UTF8},
	{0, true, "100f 0004 4d515454 04 02 000a 0003 eda080", CV_REJECT_BAD_UTF8},
	{0, true, "100f 0004 4d515454 04 02 000a 0004 646576", CV_REJECT_BAD_LENGTH},
	{0, true, "100f 0004 4d515454 04 02 000a 0002 646576", CV_REJECT_BAD_LENGTH},
	{0, true, "1013 0004 4d515454 05 02 000a 03 210000 0003 646576", CV_REJECT_BAD_OPTION},
	{0, true, "1015 0004 4d515454 05 02 000a 05 1600020102 0003 646576", CV_REJECT_BAD_OPTION},
	{4, true, "100f 0004 4d515454 04 02 000a 0003 646576", CV_REJECT_BAD_STATE},
	/* CONNACK */
	{4, true, "20020000", CV_REJECT_BAD_STATE},
	{4, false, "20020200", CV_REJECT_BAD_HEADER},
	{4, false, "20020006", CV_REJECT_BAD_VALUE},
	{4, false, "20020101", CV_REJECT_BAD_VALUE},
	{5, false, "20020000", CV_REJECT_BAD_LENGTH},
	{5, false, "2003008b00", CV_REJECT_BAD_VALUE},
	{5, false, "2005 0000 02 2402", CV_REJECT_BAD_OPTION},
	{5, false, "2007 0000 04 2401 2401", CV_REJECT_BAD_OPTION},
	/* PUBLISH */
	{4, true, "30020000", CV_REJECT_BAD_VALUE},
	{4, true, "30040002 2b61", CV_REJECT_BAD_VALUE},
	{4, true, "3004 0003 6161", CV_REJECT_BAD_LENGTH},
	{4, true, "3205 0001 61 0000", CV_REJECT_BAD_VALUE},
	{4, true, "3204 0001 61 00", CV_REJECT_BAD_LENGTH},
	{4, true, "3004 0002 c080", CV_REJECT_BAD_UTF8},
	{5, true, "3003 0000 00", CV_REJECT_BAD_VALUE},
	{5, true, "3006 0000 03 230000", CV_REJECT_BAD_STATE},
	{5, true, "3005 0001 61 0201", CV_REJECT_BAD_LENGTH},
	{5, true, "3006 0001 61 02 0158", CV_REJECT_NONE}, /* the indicator's undefined values */
	{5, true, "3007 0001 61 02 0101 ff", CV_REJECT_NONE},
	{5, true, "3006 0001 61 02 2a01", CV_REJECT_BAD_OPTION}, /* of CONNACK */
	{5, true, "3006 0001 61 02 0b01", CV_REJECT_BAD_OPTION}, /* only the broker may */
	{5, false, "3006 0001 61 02 0b00", CV_REJECT_BAD_OPTION},
	{5, true, "3008 0001 61 04 08 0001 23", CV_REJECT_BAD_OPTION},
	{5, true, "3008 0001 61 04 03 0002 78", CV_REJECT_BAD_OPTION},
	{5, true, "3008 0001 61 04 03 0001 ff", CV_REJECT_BAD_UTF8},
	{5, true, "3009 0001 61 05 8080808001", CV_REJECT_BAD_OPTION},
	/* Acknowledgements */
	{4, true, "40020000", CV_REJECT_BAD_VALUE},
	{5, true, "4003000192", CV_REJECT_BAD_VALUE},
	{5, true, "6203000110", CV_REJECT_BAD_VALUE},
	{5, true, "4005 0001 00 00 00", CV_REJECT_BAD_LENGTH},
	/* SUBSCRIBE and the like */
	{4, true, "8206 0000 0001 61 00", CV_REJECT_BAD_VALUE},
	{4, true, "8206 0001 0001 61 03", CV_REJECT_BAD_VALUE},
	{4, true, "8206 0001 0001 61 04", CV_REJECT_BAD_VALUE},
	{4, true, "8205 0001 0001 61", CV_REJECT_BAD_LENGTH},
	{4, true, "8205 0001 0000 00", CV_REJECT_BAD_VALUE},
	{4, true, "8208 0001 0003 612362 00", CV_REJECT_BAD_VALUE},
	{4, true, "8207 0001 0002 612b 00", CV_REJECT_BAD_VALUE},
	{5, true, "8207 0001 00 0001 61 30", CV_REJECT_BAD_VALUE},
	{5, true, "8207 0001 00 0001 61 40", CV_REJECT_BAD_VALUE},
	{5, true, "8205 0001 02 0b01", CV_REJECT_BAD_LENGTH},
	{5, true, "8209 0001 02 0b00 0001 61 00", CV_REJECT_BAD_OPTION},
	{5, true, "8210 0001 00 000a 24 7368617265 2f 67 2f 61 04", CV_REJECT_BAD_VALUE},
	{4, false, "8206 0001 0001 61 00", CV_REJECT_BAD_STATE},
	{4, false, "9003 0001 03", CV_REJECT_BAD_VALUE},
	{5, false, "9003 0001 00", CV_REJECT_BAD_LENGTH},
	{5, false, "9004 0001 00 11", CV_REJECT_BAD_VALUE},
	{5, false, "b003 0001 00", CV_REJECT_BAD_LENGTH},
	{4, false, "b0020000", CV_REJECT_BAD_VALUE},
	{4, true, "a204 0001 0000", CV_REJECT_BAD_VALUE},
	/* The rest */
	{4, false, "c000", CV_REJECT_BAD_STATE},
	{4, false, "e000", CV_REJECT_BAD_STATE},
	{5, true, "e0018b", CV_REJECT_BAD_VALUE}, /* of the broker only */
	{5, false, "e00104", CV_REJECT_BAD_VALUE}, /* of the client only */
	{5, false, "e007 00 05 1100000001", CV_REJECT_BAD_OPTION},
	{5, true, "f0011a", CV_REJECT_BAD_VALUE},
	{5, true, "f006 18 04 16000161", CV_REJECT_BAD_OPTION},
};

static void test_reasons(void **state)
{
	for (size_t i = 0; i < sizeof(rejects) / sizeof(rejects[0]); i++) {
		struct decode_run *r = mqtt_run();
		enum cv_reject got;

		if (rejects[i].version != 0)
			mqtt_connect(r, rejects[i].version);
		decode_segment_hex(r, rejects[i].from_client, rejects[i].hex);
		got = r->rejected ? r->reject[0] : CV_REJECT_NONE;
		if (got != rejects[i].reason)
			fail_msg("MQTT %d, %s: %s, not %s", rejects[i].version, rejects[i].hex,
				 cv_reject_name(got), cv_reject_name(rejects[i].reason));
		if (got != CV_REJECT_NONE)
			assert_int_equal(r->records, 0);
		decode_run_free(r);
	}
}

/* Version 5, table 2-4: which property may stand where, and that no other may. */
static const struct {
	uint8_t id;
	const char *value;
	const char *where; /* letters of "places" below */
} properties[] = {
	{1, "01", "pw"},	 {2, "00000001", "pw"},
	{3, "000161", "pw"},	 {8, "000161", "pw"},
	{9, "000161", "pw"},	 {11, "01", "ps"},
	{17, "00000000", "cCd"}, {18, "000161", "C"},
	{19, "0001", "C"},	 {21, "000161", "cCa"},
	{23, "01", "c"},	 {24, "00000001", "w"},
	{25, "01", "c"},	 {26, "000161", "C"},
	{28, "000161", "Cd"},	 {31, "000161", "CAKda"},
	{33, "0001", "cC"},	 {34, "0001", "cC"},
	{35, "0001", "p"},	 {36, "01", "C"},
	{37, "01", "C"},	 {38, "000161000162", "cCpwAsKuda"},
	{39, "00000001", "cC"},	 {40, "01", "C"},
	{41, "01", "C"},	 {42, "01", "C"},
};

static const struct {
	char letter;
	bool from_client;
	const char *before, *after;
	uint8_t first;
} places[] = {
	{'c', true, "00044d5154540502000a", "0003646576", 0x10},
	{'w', true, "00044d5154540506000a000003646576", "0001740000", 0x10},
	{'C', false, "0000", "", 0x20},
	{'p', false, "000161", "78", 0x30},
	{'A', true, "000100", "", 0x40},
	{'s', true, "0001", "00016100", 0x82},
	{'K', false, "0001", "00", 0x90},
	{'u', true, "0001", "000161", 0xa2},
	{'d', true, "00", "", 0xe0},
	{'a', true, "18", "", 0xf0},
};

static bool accepts(size_t place, const char *property)
{
	struct decode_run *r = mqtt_run();
	uint8_t packet[256];
	char hex[512];
	size_t len = strlen(property) / 2, body;
	bool ok;

	snprintf(hex, sizeof(hex), "%s%02zx%s%s", places[place].before, len, property,
		 places[place].after);
	body = decode_hex(hex, packet + 2, sizeof(packet) - 2);
	packet[0] = places[place].first;
	packet[1] = (uint8_t)body;
	if (packet[0] != 0x10)
		mqtt_connect(r, 5);
	decode_segment(r, places[place].from_client, packet, body + 2);
	ok = r->messages == 1 && r->rejected == 0;
	if (!ok && r->reject[0] != CV_REJECT_BAD_OPTION)
		fail_msg("%s: %s", hex, cv_reject_name(r->reject[0]));
	decode_run_free(r);
	return ok;
}

/* One occurrence and two of property @p id, wherever one may stand. */
static void check_property(unsigned int id, const char *value, const char *where)
{
	char once[64], twice[128];

	snprintf(once, sizeof(once), "%02x%s", id, value);
	snprintf(twice, sizeof(twice), "%s%s", once, once);
	for (size_t place = 0; place < sizeof(places) / sizeof(places[0]); place++) {
		char letter = places[place].letter;
		bool want = strchr(where, letter) != NULL;
		bool repeats = want && (id == 38 || (id == 11 && letter == 'p'));

		if (accepts(place, once) != want)
			fail_msg("property %u in %c", id, letter);
		if (accepts(place, twice) != repeats)
			fail_msg("property %u twice in %c", id, letter);
	}
}

static void test_property_places(void **state)
{
	for (unsigned int id = 0; id < 64; id++) {
		const char *value = "000161", *where = ""; /* no such property: nowhere */

		for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
			if (properties[i].id == id) {
				value = properties[i].value;
				where = properties[i].where;
			}
		}
		if (id != 22) /* wants its method beside it: see the reasons */
			check_property(id, value, where);
	}
}

static void test_probe(void **state)
{
	static const struct {
		const char *hex;
		enum cv_probe want;
	} rows[] = {
		{"100f 0004 4d515454 04 02 000a 0003 646576", CV_PROBE_YES},
		{"1010 0004 4d515454 05 02 000a 00 0003 646576", CV_PROBE_YES},
		{"1011 0006 4d5149736470 03 02 000a 0003 646576", CV_PROBE_YES},
		{"1011 0006 4d5149736470 83 02 000a 0003 646576", CV_PROBE_YES}, /* a bridge */
		{"108f00 0004 4d515454 04 02", CV_PROBE_YES},
		{"100f 0004 4d515454 04", CV_PROBE_MORE},
		{"10", CV_PROBE_MORE},
		{"100f 0004 4d5154", CV_PROBE_MORE},
		{"100f 0004 4d515453", CV_PROBE_NO},
		{"100f 0004 4d515454 03 02", CV_PROBE_NO},
		{"100f 0004 4d515454 06 02", CV_PROBE_NO},
		{"100f 0006 4d5149736470 04 02", CV_PROBE_NO},
		{"100f 0004 4d515454 04 03", CV_PROBE_NO},
		{"1009 0004 4d515454 04 02", CV_PROBE_NO},
		{"120f 0004 4d515454 04 02", CV_PROBE_NO},
		{"10ffffffff 7f", CV_PROBE_NO},
		{"3017000a746573742f736d616c6c48656c6c6f204d51545421", CV_PROBE_NO},
		{"c000", CV_PROBE_NO},
		{"1603010200010001fc0303", CV_PROBE_NO}, /* TLS */
		{"474554202f20485454502f312e31", CV_PROBE_NO}, /* HTTP */
	};
	uint8_t data[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = decode_hex(rows[i].hex, data, sizeof(data));

		if (cv_decoder_mqtt.probe(data, len, false) != rows[i].want)
			fail_msg("%s", rows[i].hex);
		assert_int_equal(cv_decoder_mqtt.probe(data, len, true), CV_PROBE_NO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_property_places),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
