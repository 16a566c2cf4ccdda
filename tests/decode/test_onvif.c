/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values are those of WS-Discovery (2005), WS-BaseNotification 1.3 and ONVIF Core 9. */
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_onvif;

#define TAMPER "tns1:RuleEngine/TamperDetector/Tamper"

static uint8_t bytes[8192];

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_onvif, NULL);
	return 0;
}

static void discovery(void **state)
{
	struct decode_run *r = *state;

	play(r, false, true, "onvif/hello.bin");
	assert_int_equal(r->records, 1);
	said(r->record[0], &(struct said){CV_KIND_SESSION, "Hello",
					  "urn:uuid:a2b3c4d5-0001-0002-0003-44557788aabb",
					  "dn:NetworkVideoTransmitter", "",
					  "http://192.0.2.7/onvif/device_service"});
	decode_run_clear(r);
	play(r, false, true, "onvif/probe.bin");
	play(r, false, true, "onvif/probe.bin");
	assert_int_equal(r->messages, 2);
	assert_int_equal(r->records, 1); /* asked again and again, told once */
	decode_run_clear(r);
	play(r, false, true, "onvif/damaged.bin");
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_PAYLOAD);
	decode_datagram(r, true, "x", 1);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_HEADER);
}

static void events(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	play(r, true, true, "onvif/stream.bin");
	assert_int_equal(r->records, 2);
	for (size_t i = 0; i < 2; i++) {
		bool alarm = r->record[i]->kind == CV_KIND_ALARM;

		rec = r->record[i];
		assert_int_equal(rec->value_type, CV_VALUE_BOOL);
		assert_int_equal(rec->value.u64, alarm);
		assert_int_equal(rec->name_id, alarm ? CV_NAME_VIDEO_ALARM : CV_NAME_VIDEO_EVENT);
		assert_int_equal(rec->lane, alarm ? CV_LANE_ALARM : CV_LANE_STATUS);
		assert_string_equal(decode_text(rec, CV_TLV_CODE),
				    alarm ? TAMPER : "tns1:RuleEngine/CellMotionDetector/Motion");
		assert_int_equal(rec->ts_device_ns,
				 alarm ? 1784813160000000000 : 1784813126000000000);
	}
	assert_true(r->record[0]->kind != r->record[1]->kind);
	/* The same by way of an answer. */
	decode_run_clear(r);
	decode_new_flow(r);
	play(r, true, false, "onvif/pull.bin");
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_ALARM);
	assert_int_equal(r->record[0]->direction, CV_DIR_UP);
}

static void probe_is_strict(void **state)
{
	size_t len = decode_sample("onvif/hello.bin", bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cv_decoder_onvif.probe(bytes, len, true), CV_PROBE_YES);
	assert_int_equal(cv_decoder_onvif.probe(bytes, len, false), CV_PROBE_NO);
	len = decode_sample("onvif/stream.bin", bytes, sizeof(bytes));
	assert_int_equal(cv_decoder_onvif.probe(bytes, len, false), CV_PROBE_YES);
	assert_int_equal(cv_decoder_onvif.probe(bytes, len, true), CV_PROBE_NO);
	len = decode_sample("cwmp/stream.bin", bytes, sizeof(bytes));
	assert_int_equal(cv_decoder_onvif.probe(bytes, len, false), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	(void)state;
	cut_anywhere(&cv_decoder_onvif, true, "onvif/stream.bin");
	cut_anywhere(&cv_decoder_onvif, false, "onvif/pull.bin");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(discovery),
		TEST(events),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
