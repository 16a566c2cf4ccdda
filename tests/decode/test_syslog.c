/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of the examples in RFC 5424 6.5 and RFC 3164 5.4, and of ../shared/protocols.
 * Captures are compared with tshark by tools/oracle-diff.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/decode_test.h"

extern const struct cv_decoder cv_decoder_syslog;

#define OLD "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8"
#define NEW                                                                                        \
	"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf"            \
	"'su root' failed for lonvick on /dev/pts/8"
#define STRUCTURED                                                                                 \
	"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "                   \
	"[exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"] \xef\xbb\xbf"  \
	"An application event log entry..."
/* 2003-10-11 22:14:15.003 UTC */
#define NEW_TIME (1065910455003ll * 1000000)

static uint8_t bytes[65536];

static int setup(void **state)
{
	return decode_setup_tcp(state, &cv_decoder_syslog);
}

static const struct cv_record *datagram(struct decode_run *r, const char *text)
{
	decode_run_clear(r);
	decode_datagram(r, true, text, strlen(text));
	return r->records == 1 ? r->record[0] : NULL;
}

static void send_text(struct decode_run *r, const char *text)
{
	decode_segment(r, true, text, strlen(text));
}

static void the_newer_form(void **state)
{
	const struct cv_record *rec = datagram(*state, NEW);

	assert_non_null(rec);
	assert_int_equal(rec->name_id, CV_NAME_LOG_MESSAGE);
	assert_int_equal(rec->lane, CV_LANE_ALARM); /* critical */
	assert_int_equal(rec->kind, CV_KIND_ALARM);
	assert_int_equal(rec->status, 34);
	assert_int_equal(rec->ts_device_ns, NEW_TIME);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "mymachine.example.com");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "su");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "auth.crit");
	assert_string_equal(decode_text(rec, CV_TLV_CORRELATION), "ID47");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "rfc5424");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT),
			    "'su root' failed for lonvick on /dev/pts/8");
	rec = datagram(*state, STRUCTURED);
	assert_int_equal(rec->lane, CV_LANE_STATUS);
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "local4.notice");
	assert_string_equal(
		decode_text(rec, CV_TLV_BYTES),
		"[exampleSDID@32473 iut=\"3\" eventSource=\"Application\" eventID=\"1011\"]");
	/* Example 4: no message. Escapes in values end nothing. */
	rec = datagram(*state, "<165>1 - - - - - [a@1 b=\"x\\\"] \\]\"][c@1]");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "rfc5424");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "");
	assert_int_equal(rec->time_quality, CV_TIME_ABSENT);
	assert_string_equal(decode_text(rec, CV_TLV_BYTES), "[a@1 b=\"x\\\"] \\]\"][c@1]");
	rec = datagram(*state, "<14>1 yesterday h a 4711 - - x");
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_int_equal(rec->seq, 4711);
}

static void the_older_form(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	r->origin.ts_rx_ns = 1700000000ll * 1000000000; /* 2023-11-14 22:13:20 UTC */
	rec = datagram(r, OLD);
	assert_non_null(rec);
	assert_int_equal(rec->ts_device_ns, 1697033655ll * 1000000000); /* of 2023, in Beijing */
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "mymachine");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "su");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "rfc3164");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT),
			    "'su root' failed for lonvick on /dev/pts/8");
	rec = datagram(r, "<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "10.0.0.99");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "Use the BFG!");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "user.notice");
	/* February 2024 is nearer than that of 2023. */
	assert_int_equal(rec->ts_device_ns, 1707125538ll * 1000000000);
	rec = datagram(r, "<133>Apr  5 12:56:51 robin: Hello, syslog!\n");
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "robin");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "Hello, syslog!");
	rec = datagram(r, "<30>Jan  1 00:00:00 h sshd[812]: bye");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "sshd");
	assert_int_equal(rec->seq, 812);
	rec = datagram(r, "<189>123: *Mar 1 18:46:11: %SYS-5-CONFIG_I: configured");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "123");
	rec = datagram(r, "<30>Feb 30 00:00:00 h x");
	assert_int_equal(rec->time_quality, CV_TIME_IMPLAUSIBLE);
	rec = datagram(r, "<0>");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "kern.emerg");
}

static void texts_become_utf8(void **state)
{
	/* GB 18030 */
	const struct cv_record *rec = datagram(*state, "<14>x: \xb6\xcb\xbf\xda");

	assert_string_equal(decode_text(rec, CV_TLV_TEXT), "\xe7\xab\xaf\xe5\x8f\xa3");
	rec = datagram(*state, "<14>x: \xff\xff");
	assert_int_equal(rec->flags, CV_FLAG_ENCODING);
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);
}

static void streams_of_both_framings(void **state)
{
	struct decode_run *r = *state;
	char head[16];

	send_text(r, OLD "\n" NEW "\r\n\n");
	assert_int_equal(r->messages, 2);
	snprintf(head, sizeof(head), "%zu ", strlen(STRUCTURED));
	send_text(r, head);
	send_text(r, STRUCTURED);
	assert_int_equal(r->messages, 3);
	/* A line feed behind a counted message is nobody's. */
	send_text(r, "\n5 <0>a\n4 <0>b");
	assert_int_equal(r->messages, 5);
	assert_int_equal(r->rejected, 0);
	send_text(r, "no priority\n<192>x\n<1234>x\n<>x\n<14>y\n");
	assert_int_equal(r->messages, 6);
	assert_int_equal(r->rejected, 4);
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
	assert_int_equal(r->reject[1], CV_REJECT_BAD_VALUE);
	assert_int_equal(r->reject[2], CV_REJECT_BAD_HEADER);
}

static void long_messages(void **state)
{
	struct decode_run *r = *state;

	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes, "9000 <14>", 9);
	decode_segment(r, true, bytes, 9005);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_TRUNCATED);
	assert_int_equal(r->record[0]->raw_len, 9005);
	send_text(r, "<14>b\n");
	assert_int_equal(r->messages, 2);
	/* A line without an end. */
	memcpy(bytes, "<14>aaaaa", 9);
	decode_segment(r, true, bytes, 5000);
	assert_int_equal(r->rejected, 1);
	assert_int_equal(r->reject[0], CV_REJECT_TOO_LARGE);
	send_text(r, "\n<14>c\n");
	assert_int_equal(r->messages, 3);
}

static void wrong_datagrams_are_rejected(void **state)
{
	struct decode_run *r = *state;

	assert_null(datagram(r, "Apr  5 12:56:51 robin: no priority"));
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
	assert_null(datagram(r, "<192>x"));
	assert_int_equal(r->reject[0], CV_REJECT_BAD_VALUE);
	assert_null(datagram(r, "<19"));
	assert_int_equal(r->reject[0], CV_REJECT_BAD_HEADER);
	assert_null(datagram(r, "<1x>"));
	assert_int_equal(r->rejected, 1);
}

static enum cv_probe probe(const char *text, bool is_datagram)
{
	return cv_decoder_syslog.probe((const uint8_t *)text, strlen(text), is_datagram);
}

static void probe_is_strict(void **state)
{
	(void)state;
	assert_int_equal(probe(OLD, true), CV_PROBE_YES);
	assert_int_equal(probe(NEW, true), CV_PROBE_YES);
	assert_int_equal(probe("107 " NEW, false), CV_PROBE_YES);
	assert_int_equal(probe("<3", false), CV_PROBE_MORE);
	assert_int_equal(probe("<3", true), CV_PROBE_NO);
	assert_int_equal(probe("<html>", true), CV_PROBE_NO);
	assert_int_equal(probe("<?xml version=\"1.0\"?>", false), CV_PROBE_NO);
	assert_int_equal(probe("<34>anything", true), CV_PROBE_NO);
	assert_int_equal(probe("107 " NEW, true), CV_PROBE_NO);
}

static void every_cut_gives_the_same_records(void **state)
{
	struct decode_run *r = *state;
	size_t len = decode_sample("syslog/stream.bin", bytes, sizeof(bytes));

	decode_segment(r, true, bytes, len);
	assert_int_equal(r->messages, 7);
	assert_int_equal(r->rejected, 0);
	decode_any_cut(&cv_decoder_syslog, NULL, true, bytes, len);
	len = decode_sample("syslog/damaged.bin", bytes, sizeof(bytes));
	decode_any_cut(&cv_decoder_syslog, NULL, true, bytes, len);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_newer_form),
		TEST(the_older_form),
		TEST(texts_become_utf8),
		TEST(streams_of_both_framings),
		TEST(long_messages),
		TEST(wrong_datagrams_are_rejected),
		cmocka_unit_test(probe_is_strict),
		TEST(every_cut_gives_the_same_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
