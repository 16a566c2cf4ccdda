/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values are those of RFC 3261 and of GB/T 28181-2016, 9 and appendix A. */
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_sip;

#define CAMERA "34020000001320000001"
#define CHANNEL "34020000001310000002"

static uint8_t bytes[8192];

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_sip, NULL);
	return 0;
}

static void one(struct decode_run *r, bool from_client, const char *name, const struct said *want)
{
	decode_run_clear(r);
	play(r, false, from_client, name);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 1);
	said(r->record[0], want);
}

static void camera(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	one(r, true, "sip/register.bin",
	    &(struct said){CV_KIND_SESSION, "REGISTER", CAMERA, "", "3600", "camera 1.0"});
	assert_int_equal(r->record[0]->direction, CV_DIR_UP);
	one(r, true, "sip/keepalive.bin",
	    &(struct said){CV_KIND_STATE, "MESSAGE", CAMERA, "Keepalive", "", "OK"});
	one(r, true, "sip/alarm.bin",
	    &(struct said){CV_KIND_ALARM, "MESSAGE", CAMERA, "Alarm", "5", "移动侦测"});
	rec = r->record[0];
	assert_int_equal(rec->lane, CV_LANE_ALARM);
	assert_int_equal(rec->name_id, CV_NAME_VIDEO_ALARM);
	assert_string_equal(decode_text(rec, CV_TLV_SUB), CHANNEL);
	assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "3@192.0.2.10");
	/* Sent again: told once. */
	decode_run_clear(r);
	play(r, false, true, "sip/alarm.bin");
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 0);
}

static void platform(void **state)
{
	struct decode_run *r = *state;

	one(r, false, "sip/query.bin",
	    &(struct said){CV_KIND_COMMAND, "MESSAGE", CAMERA, "Catalog", "", ""});
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	one(r, false, "sip/invite.bin",
	    &(struct said){CV_KIND_SESSION, "INVITE", CHANNEL, "", "", ""});
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
	one(r, false, "sip/refused.bin",
	    &(struct said){CV_KIND_ERROR, "REGISTER", CAMERA, "403", "", "Forbidden"});
	assert_int_equal(r->record[0]->direction, CV_DIR_DOWN);
}

static void streams(void **state)
{
	struct decode_run *r = *state;

	play(r, true, true, "sip/stream.bin");
	assert_int_equal(r->rejected, 0);
	assert_int_equal(r->messages, 4 + 2); /* two empty lines between the first ones */
	assert_int_equal(r->records, 3);
	decode_run_clear(r);
	decode_new_flow(r);
	play(r, true, true, "sip/damaged.bin");
	assert_int_equal(r->rejected, 2);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_OPTION); /* no To, Call-ID, CSeq */
	assert_int_equal(r->reject[1], CV_REJECT_BAD_HEADER);
	assert_int_equal(r->messages, 2);
}

static void datagrams(void **state)
{
	static const char compact[] = "OPTIONS sip:b@x SIP/2.0\r\nf:<sip:a@x>\r\nt:<sip:b@x>\r\ni: "
				      "1\r\nCSeq: 1 OPTIONS\r\n\r\n";
	static const struct {
		const char *text;
		enum cv_reject reason;
	} cases[] = {
		{"hello\r\n", CV_REJECT_BAD_HEADER},
		{"REGISTER sip:x HTTP/1.1\r\n\r\n", CV_REJECT_BAD_HEADER},
		{"SIP/2.0 2x0 OK\r\n\r\n", CV_REJECT_BAD_HEADER},
		{"REGISTER sip:x SIP/2.0\r\nFrom: x\r\n", CV_REJECT_TRUNCATED},
		{"REGISTER sip:x SIP/2.0\r\nl: 5\r\n\r\n", CV_REJECT_TRUNCATED},
		{"REGISTER sip:x SIP/2.0\r\nContent-Length: 5x\r\n\r\n", CV_REJECT_BAD_LENGTH},
		{"REGISTER sip:x SIP/2.0\r\nf: x\r\n\r\n", CV_REJECT_BAD_OPTION},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		decode_run_clear(r);
		decode_datagram(r, true, cases[i].text, strlen(cases[i].text));
		assert_int_equal(r->rejected, 1);
		assert_int_equal(r->reject[0], cases[i].reason);
	}
	/* Compact fields (7.3.3), an empty datagram against address translation. */
	decode_run_clear(r);
	decode_datagram(r, true, "\r\n\r\n", 4);
	decode_datagram(r, true, "     ", 5);
	decode_datagram(r, true, compact, strlen(compact));
	assert_int_equal(r->messages, 3);
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "a");
}

static void probe_is_strict(void **state)
{
	size_t len = decode_sample("sip/register.bin", bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cv_decoder_sip.probe(bytes, len, true), CV_PROBE_YES);
	assert_int_equal(cv_decoder_sip.probe(bytes, 20, true), CV_PROBE_NO);
	assert_int_equal(cv_decoder_sip.probe(bytes, 20, false), CV_PROBE_MORE);
	assert_int_equal(cv_decoder_sip.probe((const uint8_t *)"GET / HTTP/1.1\r\n", 16, false),
			 CV_PROBE_NO);
	assert_int_equal(
		cv_decoder_sip.probe((const uint8_t *)"GET http://a SIP/2.0\r\n", 22, false),
		CV_PROBE_NO);
	assert_int_equal(cv_decoder_sip.probe((const uint8_t *)"\x16\x03\x01", 3, false),
			 CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	(void)state;
	cut_anywhere(&cv_decoder_sip, true, "sip/stream.bin");
	cut_anywhere(&cv_decoder_sip, true, "sip/damaged.bin");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(camera),
		TEST(platform),
		TEST(streams),
		TEST(datagrams),
		cmocka_unit_test(probe_is_strict),
		cmocka_unit_test(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
