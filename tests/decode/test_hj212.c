/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/decode/hj212.h"
#include "dataplane/decode/hj212_crc.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_hj212;

/* The standard's own example (annex A). */
#define SET_INTERVAL                                                                               \
	"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"   \
	"CP=&&RtdInterval=30&&1C80\r\n"
#define AIR_MINUTE                                                                                 \
	"##0411QN=20220513162608370;ST=22;CN=2051;PW=123456;MN=JLYP01_AIR01_0001;Flag=4;"          \
	"CP=&&DataTime=20220513162600;a21004-Avg=4,a21004-Flag=N;a05024-Avg=63,a05024-Flag=N;"     \
	"a21026-Avg=6,a21026-Flag=N;a21005-Avg=0.427,a21005-Flag=N;a34004-Avg=14,a34004-Flag=N;"   \
	"a34002-Avg=31,a34002-Flag=N;a01007-Avg=1,a01007-Flag=N;a01008-Avg=11,a01008-Flag=N;"      \
	"a01001-Avg=17,a01001-Flag=N;a01002-Avg=85,a01002-Flag=N;a01006-Avg=95,a01006-Flag=N"      \
	"&&D641\r\n"
#define WATER_LOWER_CASE                                                                           \
	"##0435QN=20210301111100112;ST=21;CN=2011;PW=123456;MN=ZLDSZ20210127;Flag=8;"              \
	"CP=&&DataTime=20210301111100;w01001-Rtd=8.33,w01001-Flag=N;w01009-Rtd=10.15,"             \
	"w01009-Flag=N;w01010-Rtd=9.7,w01010-Flag=N;w01014-Rtd=1425,w01014-Flag=N;"                \
	"w01003-Rtd=13.10,w01003-Flag=N;w21011-Rtd=0,w21011-Flag=N;w21001-Rtd=3.563168,"           \
	"w21001-Flag=N;w21003-Rtd=0.09055002,w21003-Flag=N;w01019-Rtd=4.102818,w01019-Flag=N;"     \
	"w01008-Rtd=0,w01008-Flag=N;w23002-Rtd=0,w23002-Flag=N&&7d00\r\n"
#define NO_QN_NO_FLAG                                                                              \
	"##0109ST=32;CN=2011;PW=123456;MN=NJGDKYYC202101q0001w0001;CP=&&DataTime="                 \
	"20210305003817000;ele01-Rtd=1;ele02-Rtd=0&&8c41\r\n"
#define WRONG_CRC                                                                                  \
	"##0136ST=32;CN=2011;PW=123456;MN=LD130133000015;CP=&&DataTime=20160824003817;"            \
	"B01-Rtd=36.91;011-Rtd=231.0,011-Flag=N;060-Rtd=1.803,060-Flag=N&&4980\r\n"

/* Annex A as it stands there, bit by bit. */
static uint16_t crc_by_the_book(const uint8_t *data, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc = (uint16_t)((crc >> 8) ^ data[i]);
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xa001) : crc >> 1;
	}
	return crc;
}

/* A frame around a data segment. One of four rotating buffers. */
static const char *frame(const char *segment)
{
	static char text[4][4200];
	static unsigned int turn;
	char *out = text[turn++ % 4];
	size_t len = strlen(segment);

	snprintf(out, sizeof(text[0]), "##%04zu%s%04X\r\n", len, segment,
		 crc_by_the_book((const uint8_t *)segment, len));
	return out;
}

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_hj212);
}

static void send_text(struct decode_run *r, const char *text)
{
	decode_segment(r, true, text, strlen(text));
}

static void send_cp(struct decode_run *r, const char *head, const char *cp)
{
	char segment[2048];

	snprintf(segment, sizeof(segment), "%s;MN=TEST;Flag=5;CP=&&%s&&", head, cp);
	decode_run_clear(r);
	send_text(r, frame(segment));
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
}

static void crc_is_that_of_annex_a(void **state)
{
	uint8_t data[700];
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(data); i++) {
		seed = seed * 1664525u + 1013904223u;
		data[i] = (uint8_t)(seed >> 24);
	}
	for (size_t len = 0; len < sizeof(data); len++)
		assert_int_equal(cv_hj212_crc(data + len % 5, len - len % 5),
				 crc_by_the_book(data + len % 5, len - len % 5));
	for (unsigned int byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < 17; at++) {
			memset(data, 0, 17);
			data[at] = (uint8_t)byte;
			assert_int_equal(cv_hj212_crc(data, 17), crc_by_the_book(data, 17));
		}
	}
}

static void factors_are_sorted_and_each_is_found(void **state)
{
	size_t count;
	const struct hj212_factor *table = hj212_factor_table(&count);

	for (size_t i = 0; i < count; i++) {
		size_t len = strnlen(table[i].code, sizeof(table[i].code));

		if (i > 0)
			assert_true(memcmp(table[i - 1].code, table[i].code, 8) < 0);
		assert_ptr_equal(hj212_factor(table[i].code, len), &table[i]);
		assert_true(table[i].unit != CV_UNIT_NONE);
	}
	assert_null(hj212_factor("a99999", 6));
	assert_null(hj212_factor("", 0));
	assert_null(hj212_factor("zzzzzzzz", 8));
	assert_null(hj212_factor("a34004a34004", 12));
	assert_null(hj212_factor("0", 1));
}

static void minute_averages_of_an_air_station(void **state)
{
	static const struct {
		unsigned int name;
		double value;
	} want[] = {
		{CV_NAME_AIR_NO2, 4},
		{CV_NAME_AIR_O3, 63},
		{CV_NAME_AIR_SO2, 6},
		{CV_NAME_AIR_CO, 0.427},
		{CV_NAME_AIR_PM2_5, 14},
		{CV_NAME_AIR_PM10, 31},
		{CV_NAME_WEATHER_WIND_SPEED, 1},
		{CV_NAME_WEATHER_WIND_DIRECTION, 11},
		{CV_NAME_WEATHER_TEMPERATURE, 17},
		{CV_NAME_WEATHER_HUMIDITY, 85},
		{CV_NAME_WEATHER_PRESSURE, 950},
	};
	struct decode_run *r = *state;

	send_text(r, AIR_MINUTE);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 11);
	for (size_t i = 0; i < 11; i++) {
		const struct cv_record *rec = r->record[i];

		assert_int_equal(rec->kind, CV_KIND_MEASUREMENT);
		assert_int_equal(rec->name_id, want[i].name);
		assert_int_equal(rec->unit_id, cv_name_unit(want[i].name));
		assert_true(rec->value.f64 == want[i].value);
		assert_int_equal(rec->quality, CV_QUALITY_GOOD);
		assert_int_equal(rec->stage, CV_STAGE_MINUTE);
		assert_int_equal(rec->status, 2051);
		assert_int_equal(rec->direction, CV_DIR_UP);
		assert_int_equal(rec->device_end, CV_DEVICE_END_SRC);
		/* 2022-05-13 16:26:00 in Beijing */
		assert_int_equal(rec->ts_device_ns, 1652430360ll * 1000000000);
		assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
		assert_int_equal(rec->raw_len, sizeof(AIR_MINUTE) - 1);
		assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "JLYP01_AIR01_0001");
		assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "20220513162608370");
		assert_string_equal(decode_text(rec, CV_TLV_METHOD), "Avg");
		assert_string_equal(decode_text(rec, CV_TLV_FLAG), "N");
	}
	assert_string_equal(decode_text(r->record[4], CV_TLV_CODE), "a34004-Avg");
}

static void lower_case_check_code_and_unknown_factor(void **state)
{
	struct decode_run *r = *state;

	send_text(r, WATER_LOWER_CASE);
	assert_int_equal(r->records, 11);
	assert_int_equal(r->record[0]->name_id, CV_NAME_WATER_PH);
	assert_true(r->record[0]->value.f64 == 8.33);
	assert_true(r->record[7]->value.f64 == 0.09055002);
	assert_int_equal(r->record[9]->name_id, CV_NAME_NONE);
	assert_string_equal(decode_text(r->record[9], CV_TLV_NAME), "raw.w01008");
	assert_int_equal(r->record[10]->name_id, CV_NAME_WATER_VOLATILE_PHENOL);
}

static void frame_without_qn_and_flag(void **state)
{
	struct decode_run *r = *state;

	send_text(r, NO_QN_NO_FLAG);
	assert_int_equal(r->records, 2);
	assert_true(r->record[0]->value.f64 == 1);
	assert_true(r->record[1]->value.f64 == 0);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_UNSTATED);
	assert_string_equal(decode_text(r->record[1], CV_TLV_NAME), "raw.ele02");
	assert_int_equal(r->record[0]->time_quality, CV_TIME_DEVICE);
}

static void commands_and_acknowledgements(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_segment(r, false, SET_INTERVAL, strlen(SET_INTERVAL));
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_int_equal(rec->kind, CV_KIND_COMMAND);
	assert_int_equal(rec->direction, CV_DIR_DOWN);
	assert_int_equal(rec->device_end, CV_DEVICE_END_DST);
	assert_true(rec->value.f64 == 30);
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "set-realtime-interval");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "RtdInterval");

	send_cp(r, "QN=20210407112025762;ST=91;CN=9012;PW=123456", "ExeRtn=1");
	assert_int_equal(r->record[0]->kind, CV_KIND_STATE);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "execution-result");
	send_cp(r, "QN=20210407112025762;ST=21;CN=9021;PW=123456", "");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	send_cp(r, "ST=21;CN=2081", "DataTime=20210407112335;RestartTime=20210407112335");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_TEXT);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "20210407112335");
	send_cp(r, "ST=21;CN=7777", "");
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "cn-7777");
}

static bool contains(const struct cv_record *rec, const char *needle)
{
	return memmem(rec, rec->size, needle, strlen(needle)) != NULL;
}

static void no_password_leaves(void **state)
{
	struct decode_run *r = *state;

	send_cp(r, "QN=20210407112025762;ST=32;CN=1072;PW=SECRET1", "NewPW=SECRET2");
	assert_int_equal(r->records, 1);
	assert_false(contains(r->record[0], "SECRET"));
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "withheld");
	send_cp(r, "ST=32;CN=1014;PW=SECRET1", "NewSK=SECRET3");
	assert_false(contains(r->record[0], "SECRET"));
	send_cp(r, "ST=32;CN=2011;PW=SECRET1", "a34004-Rtd=1");
	assert_false(contains(r->record[0], "SECRET"));
}

static void data_marks_become_quality(void **state)
{
	static const struct {
		const char *flag;
		enum cv_quality quality;
	} marks[] = {
		{"N", CV_QUALITY_GOOD}, {"S", CV_QUALITY_UNCERTAIN}, {"C", CV_QUALITY_UNCERTAIN},
		{"F", CV_QUALITY_BAD},	{"M", CV_QUALITY_BAD},	     {"D", CV_QUALITY_BAD},
		{"T", CV_QUALITY_BAD},	{"B", CV_QUALITY_BAD},	     {"X", CV_QUALITY_UNSTATED},
	};
	struct decode_run *r = *state;
	char cp[128];

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		snprintf(cp, sizeof(cp), "a34004-Rtd=3,a34004-Flag=%s;a34002-Rtd=4", marks[i].flag);
		send_cp(r, "ST=22;CN=2011", cp);
		assert_int_equal(r->records, 2);
		assert_int_equal(r->record[0]->quality, marks[i].quality);
		assert_string_equal(decode_text(r->record[0], CV_TLV_FLAG), marks[i].flag);
		assert_int_equal(r->record[1]->quality, CV_QUALITY_UNSTATED);
	}
}

static void statistics_and_leniency(void **state)
{
	struct decode_run *r = *state;

	/* All statistics of one factor share its flag; ';' where ',' belongs; a trailing ';'. */
	send_cp(r, "ST=22;CN=2061",
		"DataTime=20210407110000;a34004-Min=1;a34004-Avg=2;a34004-Max=3,a34004-Flag=N;");
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_GOOD);
	assert_string_equal(decode_text(r->record[2], CV_TLV_METHOD), "Max");
	assert_int_equal(r->record[0]->stage, CV_STAGE_HOUR);
	/* DataTime may stand behind the values; an impossible one is said to be so. */
	send_cp(r, "ST=22;CN=2031", "a34004-Avg=2;DataTime=20210230110000");
	assert_int_equal(r->record[0]->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_int_equal(r->record[0]->ts_device_ns, 0);
	assert_int_equal(r->record[0]->stage, CV_STAGE_DAY);
	send_cp(r, "ST=22;CN=2011",
		"DataTime=20210407110000;a34004-SampleTime=20210407110001,a34004-Rtd=2");
	assert_int_equal(r->record[0]->ts_device_ns, 1617764401ll * 1000000000);
}

static void missing_values_are_bad(void **state)
{
	static const char *const values[] = {"-", "", "NaN", "3.5.1", "--", "1e999"};
	struct decode_run *r = *state;
	char cp[128];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(cp, sizeof(cp), "a34004-Rtd=%s,a34004-Flag=N", values[i]);
		send_cp(r, "ST=22;CN=2011", cp);
		assert_int_equal(r->records, 1);
		assert_int_equal(r->record[0]->value_type, CV_VALUE_NONE);
		assert_int_equal(r->record[0]->quality, CV_QUALITY_BAD);
		assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), values[i]);
	}
}

static void system_type_tells_stack_from_air(void **state)
{
	struct decode_run *r = *state;

	send_cp(r, "ST=31;CN=2011", "a21026-Rtd=35,a21026-ZsRtd=40,a21026-Cou=7,a21026-Flag=N");
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[0]->name_id, CV_NAME_FLUE_SO2);
	assert_int_equal(r->record[0]->unit_id, CV_UNIT_MG_M3);
	assert_string_equal(decode_text(r->record[1], CV_TLV_METHOD), "ZsRtd");
	/* An amount is not a concentration. */
	assert_string_equal(decode_text(r->record[2], CV_TLV_NAME), "raw.a21026");
	assert_int_equal(r->record[2]->unit_id, CV_UNIT_NONE);
	send_cp(r, "ST=32;CN=2011", "w00000-Rtd=36.91,w00000-Cou=12");
	assert_int_equal(r->record[0]->name_id, CV_NAME_WATER_FLOW);
	assert_true(r->record[0]->value.f64 == 0.03691);
	assert_int_equal(r->record[1]->name_id, CV_NAME_WATER_VOLUME);
}

static void facility_alarm_goes_to_the_alarm_lane(void **state)
{
	struct decode_run *r = *state;

	send_cp(r, "ST=32;CN=2021", "DataTime=20210407110000;SB1-RS=1;SB2-RS=4;SB3-RT=1.5");
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[0]->lane, CV_LANE_STATUS);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "running");
	assert_int_equal(r->record[1]->lane, CV_LANE_ALARM);
	assert_int_equal(r->record[1]->kind, CV_KIND_ALARM);
	assert_string_equal(decode_text(r->record[1], CV_TLV_SUB), "SB2");
	assert_int_equal(r->record[2]->unit_id, CV_UNIT_HOUR);
}

static void split_packets_and_information(void **state)
{
	struct decode_run *r = *state;

	send_cp(r, "ST=22;CN=2011;PNUM=2;PNO=1", "a34004-Rtd=3");
	assert_int_equal(r->record[0]->flags, CV_FLAG_PARTIAL);
	send_cp(r, "ST=32;CN=3020", "i12001-Info=1,i22001-Info=//ok//,w21003-SN=A1");
	assert_int_equal(r->records, 3);
	assert_int_equal(r->record[0]->kind, CV_KIND_STATE);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_F64);
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT), "//ok//");
	assert_string_equal(decode_text(r->record[2], CV_TLV_TEXT), "A1");
	/* GBK in a text value */
	send_cp(r, "ST=32;CN=3020", "i12001-Info=\xd4\xcb\xd0\xd0");
	assert_int_equal(r->record[0]->value_type, CV_VALUE_BYTES);
	assert_int_equal(r->record[0]->flags, CV_FLAG_ENCODING);
}

static void wrong_frames_are_rejected_with_a_reason(void **state)
{
	struct decode_run *r = *state;
	const struct {
		const char *text;
		enum cv_reject reason;
	} cases[] = {
		{WRONG_CRC, CV_REJECT_BAD_CHECKSUM},
		{"##01x1QN=20160801085857223;ST=32;CN=1062", CV_REJECT_BAD_HEADER},
		{"##0000FFFF\r\n", CV_REJECT_BAD_LENGTH},
		{"##9999QN=20160801085857223;", CV_REJECT_TOO_LARGE},
		{"##0004CN=1zzzz\r\n", CV_REJECT_BAD_CHECKSUM},
		{frame("ST=32;CN=2011;MN=1"), CV_REJECT_BAD_PAYLOAD},
		{frame("ST=32;MN=1;CP=&&a34004-Rtd=1&&"), CV_REJECT_BAD_PAYLOAD},
		{frame("ST=32;CN=2011;CP=&&a34004-Rtd=1"), CV_REJECT_BAD_PAYLOAD},
		{frame("hello"), CV_REJECT_BAD_PAYLOAD},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_run_clear(r);
		decode_new_flow(r);
		send_text(r, cases[i].text);
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reason);
		assert_int_equal(r->messages, 0);
		assert_int_equal(r->records, 0);
	}
}

static void stream_goes_on_after_a_bad_frame(void **state)
{
	struct decode_run *r = *state;

	send_text(r, WRONG_CRC AIR_MINUTE "\r\n\r\n\xfe\xfe" NO_QN_NO_FLAG);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 13);
}

static void datagrams(void **state)
{
	struct decode_run *r = *state;

	r->origin.ip_proto = 17;
	decode_datagram(r, true, AIR_MINUTE "\r\n", sizeof(AIR_MINUTE) + 1);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	decode_datagram(r, true, NO_QN_NO_FLAG NO_QN_NO_FLAG, 2 * (sizeof(NO_QN_NO_FLAG) - 1) - 2);
	assert_int_equal(r->messages, 3);
	decode_datagram(r, true, AIR_MINUTE, 100);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_TRUNCATED);
}

static enum cv_probe probe(const char *text)
{
	return cv_decoder_hj212.probe((const uint8_t *)text, strlen(text), false);
}

static void probe_is_strict(void **state)
{
	assert_int_equal(probe(SET_INTERVAL), CV_PROBE_YES);
	assert_int_equal(probe("\r\n" NO_QN_NO_FLAG), CV_PROBE_YES);
	assert_int_equal(probe("##01"), CV_PROBE_MORE);
	assert_int_equal(probe("#"), CV_PROBE_MORE);
	assert_int_equal(probe("##0101hello"), CV_PROBE_NO);
	assert_int_equal(probe("##\x02\xfeLSV"), CV_PROBE_NO);
	assert_int_equal(probe("# a shell script"), CV_PROBE_NO);
	assert_int_equal(probe("GET / HTTP/1.1"), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	static const char stream[] = "\r\n" NO_QN_NO_FLAG WRONG_CRC AIR_MINUTE;

	decode_any_cut(&cv_decoder_hj212, NULL, true, stream, sizeof(stream) - 1);
}

/* A row of the vectors: (length good, check code good), source, frame. */
static void vector(void *arg, char *const *column)
{
	struct decode_run *r = arg;
	bool good = strcmp(column[0], "(True, True)") == 0;

	decode_run_clear(r);
	r->origin.ip_proto = 17;
	decode_datagram(r, true, column[2], strlen(column[2]));
	assert_int_equal(r->messages, good);
	assert_int_equal(r->rejected, !good);
	if (good)
		assert_true(r->records > 0);
	else
		assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
}

static void shared_vectors(void **state)
{
	unsigned int rows = decode_vectors("hj212.tsv", 3, vector, *state);

	if (rows == 0)
		skip();
	assert_true(rows > 60);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_that_of_annex_a),
		cmocka_unit_test(factors_are_sorted_and_each_is_found),
		TEST(minute_averages_of_an_air_station),
		TEST(lower_case_check_code_and_unknown_factor),
		TEST(frame_without_qn_and_flag),
		TEST(commands_and_acknowledgements),
		TEST(no_password_leaves),
		TEST(data_marks_become_quality),
		TEST(statistics_and_leniency),
		TEST(missing_values_are_bad),
		TEST(system_type_tells_stack_from_air),
		TEST(facility_alarm_goes_to_the_alarm_lane),
		TEST(split_packets_and_information),
		TEST(wrong_frames_are_rejected_with_a_reason),
		TEST(stream_goes_on_after_a_bad_frame),
		TEST(datagrams),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
		TEST(shared_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
