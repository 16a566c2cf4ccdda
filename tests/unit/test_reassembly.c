/* SPDX-License-Identifier: Apache-2.0 */
/* TCP and the flow table: order, holes, overlap, wrap, ends, exhaustion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/flow_harness.h"

#define SECOND 1000000000ll
#define CV_GAP_TEST_NS (2 * SECOND)
#define FLOW(h, e) ((h)->counters.flow[CV_FLOW_##e])

/* PINGREQ, and a PUBLISH of 20 bytes: topic "city/river", payload "123456". */
static const uint8_t ping[] = {0xc0, 0x00};
static const uint8_t publish[] = {0x30, 18,  0,	  10,  'c', 'i', 't', 'y', '/', 'r',
				  'i',	'v', 'e', 'r', '1', '2', '3', '4', '5', '6'};
static const struct fh_flow mqtt = {.client_port = 40000, .server_port = 1883, .client = 1};

/* A client that has connected; the next byte of its stream is @p isn + 14. */
static struct flow_harness *connected(uint32_t isn)
{
	static const uint8_t connect[] = {0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0};
	struct flow_harness *h = flow_harness_new(64, NULL);

	fh_tcp(h, &mqtt, true, FH_SYN, isn - 1, 0, NULL, 0);
	fh_tcp(h, &mqtt, true, 0, isn, 0, connect, sizeof(connect));
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED);
	return h;
}

static void send_at(struct flow_harness *h, uint32_t seq, const void *data, size_t len)
{
	fh_tcp(h, &mqtt, true, 0, seq, 0, data, len);
}

static void test_every_order_of_four_segments(void **state)
{
	uint8_t data[4 * sizeof(publish)];

	(void)state;
	for (int i = 0; i < 4; i++)
		memcpy(data + i * (int)sizeof(publish), publish, sizeof(publish));
	for (unsigned int order = 0; order < 256; order++) {
		unsigned int seen = 0;
		struct flow_harness *h;

		for (int i = 0; i < 4; i++)
			seen |= 1u << (order >> (2 * i) & 3);
		if (seen != 15)
			continue;
		h = connected(0xffffffe0u); /* the sequence number wraps in the second segment */
		for (int i = 0; i < 4; i++) {
			/* Borders that are no message borders. */
			static const uint32_t at[] = {0, 7, 33, 59, sizeof(data)};
			unsigned int s = order >> (2 * i) & 3;

			send_at(h, 0xffffffe0u + 14 + at[s], data + at[s], at[s + 1] - at[s]);
		}
		assert_int_equal(fh_messages(h), 5);
		assert_int_equal(fh_rejected(h), 0);
		assert_int_equal(FLOW(h, GAP), 0);
		flow_harness_free(h);
	}
}

static void test_outcomes(void **state)
{
	struct flow_harness *h = connected(100);

	(void)state;
	send_at(h, 114, publish, 10);
	assert_int_equal(h->outcome, CV_OUTCOME_PARTIAL);
	send_at(h, 114, publish, 10);
	assert_int_equal(h->outcome, CV_OUTCOME_DUPLICATE);
	send_at(h, 140, ping, 2);
	assert_int_equal(h->outcome, CV_OUTCOME_HELD);
	send_at(h, 140, ping, 2);
	assert_int_equal(h->outcome, CV_OUTCOME_DUPLICATE);
	send_at(h, 124, publish + 10, 10);
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED);
	fh_tcp(h, &mqtt, true, FH_ACK, 134, 1, NULL, 0);
	assert_int_equal(h->outcome, CV_OUTCOME_EMPTY);
	send_at(h, 134, "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(h->outcome, CV_OUTCOME_REJECTED);
	flow_harness_free(h);
}

static void test_first_data_wins(void **state)
{
	struct flow_harness *h = connected(100);
	uint8_t other[sizeof(publish)];

	(void)state;
	memcpy(other, publish, sizeof(other));
	other[19] = 'X';
	send_at(h, 124, publish + 10, 10); /* held */
	send_at(h, 114, other, sizeof(other)); /* disagrees in its last byte */
	assert_int_equal(FLOW(h, OVERLAP), 1);
	send_at(h, 154, publish, sizeof(publish)); /* held: a hole at 134 */
	send_at(h, 154, other, sizeof(other));
	assert_int_equal(FLOW(h, OVERLAP), 2);
	assert_int_equal(h->records, 3); /* session, measurement, one anomaly for the flow */
	for (size_t i = 0; i < h->records; i++) {
		struct cv_tlv_view v = cv_record_tlv(&h->record[i].head, CV_TLV_NAME);

		if (h->record[i].head.kind == CV_KIND_ANOMALY) {
			assert_int_equal(h->record[i].head.lane, CV_LANE_SECURITY);
			assert_memory_equal(v.data, "tcp.overlap", v.len);
		}
		if (h->record[i].head.kind == CV_KIND_MEASUREMENT)
			assert_true(h->record[i].head.value.f64 == 123456.0);
	}
	flow_harness_free(h);
}

static void test_overlap_with_a_message_in_hand(void **state)
{
	struct flow_harness *h = connected(100);

	(void)state;
	send_at(h, 114, publish, 15);
	send_at(h, 128, "9", 1); /* a disagreeing copy of byte 14, but not a keep-alive */
	assert_int_equal(FLOW(h, OVERLAP), 0); /* one octet before next is a keep-alive */
	send_at(h, 127, "r9", 2);
	assert_int_equal(FLOW(h, OVERLAP), 1);
	send_at(h, 127, "r123456", 7); /* agrees, and brings the rest */
	assert_int_equal(FLOW(h, OVERLAP), 1);
	assert_int_equal(fh_messages(h), 2);
	flow_harness_free(h);
}

static void test_gap_when_the_other_end_has_it(void **state)
{
	struct flow_harness *h = connected(100);

	(void)state;
	send_at(h, 134, publish, sizeof(publish));
	assert_int_equal(h->outcome, CV_OUTCOME_HELD);
	fh_tcp(h, &mqtt, false, FH_ACK, 1, 133, NULL, 0);
	assert_int_equal(FLOW(h, GAP), 0); /* the hole is not covered */
	fh_tcp(h, &mqtt, false, FH_ACK, 1, 154, NULL, 0);
	assert_int_equal(FLOW(h, GAP), 1);
	send_at(h, 154, publish, sizeof(publish));
	assert_int_equal(fh_messages(h), 3);
	flow_harness_free(h);
}

static void test_gap_by_age(void **state)
{
	struct flow_harness *h = connected(100);

	(void)state;
	send_at(h, 114, publish, 5);
	send_at(h, 134, publish, sizeof(publish));
	h->now_ns += CV_GAP_TEST_NS - 1;
	cv_pipeline_tick(h->pipeline, h->now_ns);
	assert_int_equal(FLOW(h, GAP), 0);
	h->now_ns += SECOND;
	cv_pipeline_tick(h->pipeline, h->now_ns);
	assert_int_equal(FLOW(h, GAP), 1);
	assert_int_equal(fh_rejected_for(h, CV_REJECT_STREAM_GAP), 1); /* the five bytes */
	assert_int_equal(fh_messages(h), 2);
	flow_harness_free(h);
}

static void test_gap_when_memory_is_full(void **state)
{
	struct flow_harness *h = connected(100);

	(void)state;
	for (uint32_t i = 0; i < 70; i++)
		send_at(h, 134 + i * 40, publish, sizeof(publish)); /* a hole before each */
	assert_true(FLOW(h, GAP) >= 6);
	assert_true(fh_messages(h) >= 6);
	assert_int_equal(FLOW(h, SEGMENTS_FULL), 0);
	flow_harness_free(h);
}

static void test_a_forged_segment_does_not_silence(void **state)
{
	struct flow_harness *h = connected(100);
	uint32_t seq = 114;

	(void)state;
	send_at(h, 100000000, "forged", 6); /* outside the window */
	send_at(h, 50000, "forged", 6); /* inside: taken for real after two seconds */
	for (int i = 0; i < 10; i++) {
		h->now_ns += SECOND;
		send_at(h, seq, publish, sizeof(publish));
		seq += sizeof(publish);
	}
	assert_true(fh_messages(h) >= 10); /* one of eleven may be lost to the forgery */
	flow_harness_free(h);
}

static void test_large_message_is_passed_over(void **state)
{
	static uint8_t big[1 << 20] = {0x30, 0xfb, 0xff, 0x3f, 0,   10,	 'c', 'i',
				       't',  'y',  '/',	 'r',  'i', 'v', 'e', 'r'};
	struct flow_harness *h = connected(100);
	size_t len = 4 + 0xffffb, at;

	(void)state;
	for (at = 0; at < len; at += 1400) {
		if (at == 1400 * 300)
			continue; /* a hole where nobody looks */
		send_at(h, 114 + (uint32_t)at, big + at, len - at < 1400 ? len - at : 1400);
		fh_tcp(h, &mqtt, false, FH_ACK, 1, 114 + (uint32_t)at + 1400, NULL, 0);
	}
	send_at(h, 114 + (uint32_t)len, publish, sizeof(publish));
	assert_int_equal(fh_messages(h), 3);
	assert_int_equal(fh_rejected(h), 0);
	assert_int_equal(FLOW(h, GAP), 1);
	assert_true(h->counters.outcome[CV_OUTCOME_SKIPPED] > 700);
	flow_harness_free(h);
}

static void test_fin_and_reset_end_a_message(void **state)
{
	struct flow_harness *h = connected(100);
	const struct fh_flow other = {.client_port = 40001, .server_port = 1883, .client = 1};

	(void)state;
	fh_tcp(h, &mqtt, true, FH_FIN, 114, 0, publish, 9);
	assert_int_equal(fh_rejected_for(h, CV_REJECT_TRUNCATED), 1);
	fh_tcp(h, &mqtt, false, FH_FIN | FH_ACK, 1, 124, NULL, 0);
	h->now_ns += 40 * SECOND;
	cv_pipeline_tick(h->pipeline, h->now_ns);
	assert_int_equal(FLOW(h, ENDED), 1);
	fh_tcp(h, &other, true, FH_SYN, 99, 0, NULL, 0);
	fh_tcp(h, &other, true, 0, 100, 0, publish, 9);
	fh_tcp(h, &other, true, FH_RST, 5000000, 0, NULL, 0); /* outside the window: forged */
	assert_int_equal(fh_rejected_for(h, CV_REJECT_TRUNCATED), 1);
	fh_tcp(h, &other, true, FH_RST, 109, 0, NULL, 0);
	assert_int_equal(fh_rejected_for(h, CV_REJECT_TRUNCATED), 2);
	flow_harness_free(h);
}

static void test_ports_used_again(void **state)
{
	static const uint8_t connect[] = {0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0};
	struct flow_harness *h = connected(100);

	(void)state;
	fh_tcp(h, &mqtt, true, FH_SYN, 99, 0, NULL, 0); /* the same SYN again says nothing new */
	assert_int_equal(FLOW(h, CREATED), 1);
	fh_tcp(h, &mqtt, true, FH_SYN, 70, 0, NULL, 0);
	assert_int_equal(FLOW(h, CREATED), 2);
	send_at(h, 71, connect, sizeof(connect));
	assert_int_equal(fh_messages(h), 2);
	assert_int_equal(fh_rejected(h), 0);
	flow_harness_free(h);
}

static void test_table_full(void **state)
{
	struct flow_harness *h = flow_harness_new(8, NULL);

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		struct fh_flow f = {.client_port = (uint16_t)(1000 + i), .server_port = 1883};

		h->now_ns += 1000;
		fh_tcp(h, &f, true, 0, 1, 0, publish, 9);
		assert_int_equal(h->outcome, CV_OUTCOME_PARTIAL);
	}
	assert_int_equal(FLOW(h, CREATED), 100);
	assert_int_equal(FLOW(h, EVICTED), 92);
	assert_int_equal(fh_rejected_for(h, CV_REJECT_EVICTED), 92);
	flow_harness_drain(h);
	assert_int_equal(fh_rejected_for(h, CV_REJECT_STREAM_GAP), 8);
	flow_harness_free(h);
}

static void test_windows_exhausted(void **state)
{
	struct flow_harness *h = flow_harness_new(128, NULL); /* 64 windows for 128 flows */

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		struct fh_flow f = {.client_port = (uint16_t)(1000 + i), .server_port = 1883};

		fh_tcp(h, &f, true, 0, 1, 0, publish, 9);
	}
	/* The newcomer gets a window, and who held one for long gives it up. */
	assert_int_equal(h->counters.outcome[CV_OUTCOME_PARTIAL], 100);
	assert_int_equal(fh_rejected_for(h, CV_REJECT_EVICTED), 36);
	for (uint16_t i = 0; i < 100; i++) {
		struct fh_flow f = {.client_port = (uint16_t)(1000 + i), .server_port = 1883};

		fh_tcp(h, &f, true, 0, 10, 0, publish + 9, sizeof(publish) - 9);
		assert_int_equal(h->outcome == CV_OUTCOME_DECODED, i >= 36);
	}
	flow_harness_free(h);
}

/* Half a message behind a hole, in flows of a server each. */
static void leave_behind(struct flow_harness *h, uint16_t from, uint16_t to)
{
	for (uint16_t i = from; i < to; i++) {
		struct fh_flow f = {.client_port = (uint16_t)(1000 + i), .server_port = 1883};

		fh_tcp(h, &f, true, 0, 1, 0, publish, 9);
		fh_tcp(h, &f, true, 0, 31, 0, publish, sizeof(publish));
		fh_tcp(h, &f, true, 0, 51, 0, publish, sizeof(publish));
	}
}

static void test_flows_do_not_answer_for_each_other(void **state)
{
	struct flow_harness *h = flow_harness_new(128, NULL);

	(void)state;
	leave_behind(h, 0, 50);
	/* Nothing comes any more: the holes are given up one by one, 50 messages are rejected. */
	for (int i = 0; i < 20; i++) {
		h->now_ns += SECOND;
		cv_pipeline_tick(h->pipeline, h->now_ns);
	}
	assert_int_equal(fh_rejected_for(h, CV_REJECT_STREAM_GAP), 50);
	assert_int_equal(fh_messages(h), 100);
	leave_behind(h, 50, 100);
	flow_harness_drain(h);
	assert_int_equal(fh_rejected_for(h, CV_REJECT_STREAM_GAP), 100);
	assert_int_equal(fh_messages(h), 200);
	flow_harness_free(h);
}

static void test_a_clock_set_back_does_not_stop_time(void **state)
{
	struct flow_harness *h = connected(100);

	(void)state;
	h->now_ns -= 8 * 3600 * SECOND; /* local time was taken for UTC until NTP spoke */
	send_at(h, 114, publish, 5);
	send_at(h, 134, publish, sizeof(publish));
	h->now_ns += 3 * SECOND;
	cv_pipeline_tick(h->pipeline, h->now_ns);
	assert_int_equal(FLOW(h, GAP), 1);
	assert_int_equal(fh_messages(h), 2);
	/* One frame from another century does not either. */
	h->now_ns += 70ll * 365 * 86400 * SECOND;
	cv_pipeline_tick(h->pipeline, h->now_ns);
	h->now_ns -= 70ll * 365 * 86400 * SECOND;
	h->now_ns += SECOND;
	fh_tcp(h, &mqtt, true, 0, 154, 0, publish, 5);
	fh_tcp(h, &mqtt, true, 0, 174, 0, publish, sizeof(publish));
	h->now_ns += 3 * SECOND;
	cv_pipeline_tick(h->pipeline, h->now_ns);
	assert_int_equal(FLOW(h, GAP), 2);
	flow_harness_free(h);
}

static void test_a_forged_fin_ends_nothing(void **state)
{
	struct flow_harness *h = connected(100);

	(void)state;
	send_at(h, 114, publish, 9);
	fh_tcp(h, &mqtt, true, FH_FIN, 60, 0, NULL, 0);
	fh_tcp(h, &mqtt, true, FH_FIN, 100000000, 0, NULL, 0);
	send_at(h, 123, publish + 9, sizeof(publish) - 9);
	assert_int_equal(fh_messages(h), 2);
	assert_int_equal(fh_rejected(h), 0);
	flow_harness_free(h);
}

static void test_errors_are_muted(void **state)
{
	const struct fh_flow coap = {.client_port = 40000, .server_port = 5683, .client = 1};
	struct flow_harness *h = flow_harness_new(64, NULL);

	(void)state;
	for (int i = 0; i < 150; i++)
		fh_udp(h, &coap, true, "\x4f\x01\x00\x01", 4); /* token length 15 */
	assert_int_equal(fh_rejected(h), 150);
	assert_int_equal(h->records, 100);
	assert_int_equal(FLOW(h, ERRORS_MUTED), 50);
	h->now_ns += SECOND;
	fh_udp(h, &coap, true, "\x4f\x01\x00\x01", 4);
	assert_int_equal(h->records, 101);
	assert_int_equal(h->record[0].head.kind, CV_KIND_PARSE_ERROR);
	assert_int_equal(cv_record_tlv(&h->record[0].head, CV_TLV_BYTES).len, 4);
	flow_harness_free(h);
}

static void test_who_decodes(void **state)
{
	const struct fh_flow odd = {.client_port = 40000, .server_port = 7777, .client = 1};
	static const uint8_t connect[] = {0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60, 0, 0};
	struct cv_gen_hint never = {.port = 1883, .ip_proto = 6};
	struct flow_harness *h = flow_harness_new(64, &never);

	(void)state;
	fh_tcp(h, &mqtt, true, 0, 1, 0, connect, sizeof(connect));
	assert_int_equal(h->outcome, CV_OUTCOME_NOT_IOT); /* the operator said so */
	fh_tcp(h, &odd, true, 0, 1, 0, connect, 5);
	assert_int_equal(h->outcome, CV_OUTCOME_PARTIAL); /* the probe wants more */
	fh_tcp(h, &odd, true, 0, 6, 0, connect + 5, sizeof(connect) - 5);
	assert_int_equal(h->outcome, CV_OUTCOME_DECODED); /* by its content */
	fh_udp(h, &odd, true, "GET / HTTP/1.1\r\n", 16);
	assert_int_equal(h->outcome, CV_OUTCOME_NOT_IOT);
	flow_harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_order_of_four_segments),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_first_data_wins),
		cmocka_unit_test(test_overlap_with_a_message_in_hand),
		cmocka_unit_test(test_gap_when_the_other_end_has_it),
		cmocka_unit_test(test_gap_by_age),
		cmocka_unit_test(test_gap_when_memory_is_full),
		cmocka_unit_test(test_a_forged_segment_does_not_silence),
		cmocka_unit_test(test_large_message_is_passed_over),
		cmocka_unit_test(test_fin_and_reset_end_a_message),
		cmocka_unit_test(test_ports_used_again),
		cmocka_unit_test(test_table_full),
		cmocka_unit_test(test_windows_exhausted),
		cmocka_unit_test(test_flows_do_not_answer_for_each_other),
		cmocka_unit_test(test_a_clock_set_back_does_not_stop_time),
		cmocka_unit_test(test_a_forged_fin_ends_nothing),
		cmocka_unit_test(test_errors_are_muted),
		cmocka_unit_test(test_who_decodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
