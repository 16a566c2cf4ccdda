/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/subscriber/event_query.h"
#include "dataplane/normalize/vocabulary.h"
#include "decoder_list.h"

static struct cv_event_query q;
static struct cv_http_refusal why;

static int parse_with(const char *text, const char *accept, const char *last_id)
{
	struct cv_http_query query;

	memset(&why, 0, sizeof(why));
	cv_event_query_release(&q);
	assert_int_equal(cv_http_query_parse(text, strlen(text), &query), 0);
	return cv_event_query_parse(&query, accept, last_id, &q, &why);
}

static int parse(const char *text)
{
	return parse_with(text, "*/*", "");
}

static void test_defaults(void **state)
{
	assert_int_equal(parse(""), 0);
	assert_int_equal(q.format, CV_EVENT_NDJSON);
	assert_int_equal(q.from, CV_FROM_LATEST);
	assert_int_equal(q.lanes, 0xf);
	assert_null(q.filter);
	assert_true(q.follow);
	assert_int_equal(q.limit, 0);
	assert_int_equal(parse("follow=0"), 0);
	assert_int_equal(q.from, CV_FROM_EARLIEST);
	assert_int_equal(parse_with("", "text/event-stream, */*", ""), 0);
	assert_int_equal(q.format, CV_EVENT_SSE);
	assert_int_equal(parse_with("format=ndjson", "text/event-stream", ""), 0);
	assert_int_equal(q.format, CV_EVENT_NDJSON);
}

static void test_names(void **state)
{
	assert_int_equal(parse("lane=alarm,security&type=gap,city.culvert.measurement.v1"), 0);
	assert_int_equal(q.lanes, 1u << CV_LANE_ALARM | 1u << CV_LANE_SECURITY);
	assert_non_null(q.filter);
	assert_int_equal(parse("lane=alram"), -EINVAL);
	assert_string_equal(why.error,
			    "unknown lane 'alram', did you mean 'alarm'? (lane=, character 1)");
	assert_string_equal(why.hint, "allowed: alarm, measurement, status, security");
	assert_int_equal(parse("lane="), -EINVAL);
	assert_int_equal(parse("lane=alarm,"), -EINVAL);
	assert_int_equal(parse("type=city.culvert.measuremant.v1"), -EINVAL);
	assert_non_null(strstr(why.error, "did you mean 'measurement'?"));
	assert_int_equal(parse("type=city.culvert..v1"), -EINVAL);
	assert_int_equal(parse("lan=alarm"), -EINVAL);
	assert_string_equal(why.error, "unknown parameter 'lan', did you mean 'lane'?");
	assert_int_equal(parse("lane=alarm&lane=status"), -EINVAL);
	assert_string_equal(why.hint, "give it once");
}

static void test_from(void **state)
{
	assert_int_equal(parse("from=earliest"), 0);
	assert_int_equal(q.from, CV_FROM_EARLIEST);
	assert_int_equal(parse("from=seq:1.2.3.18446744073709551615"), 0);
	assert_int_equal(q.from, CV_FROM_SEQUENCE);
	assert_int_equal(q.cursor.next[CV_LANE_MEASUREMENT], 2);
	assert_true(q.cursor.next[CV_LANE_SECURITY] == UINT64_MAX);
	assert_int_equal(parse("from=seq:1.2.3.18446744073709551616"), -EINVAL);
	assert_int_equal(parse("from=seq:1.2.3"), -EINVAL);
	assert_int_equal(parse("from=seq:1.2.3.4.5"), -EINVAL);
	assert_int_equal(parse("from=seq:measurement:77"), 0);
	assert_int_equal(q.lanes, 1u << CV_LANE_MEASUREMENT);
	assert_int_equal(q.cursor.next[CV_LANE_MEASUREMENT], 77);
	assert_int_equal(parse("from=seq:alarm:1,status:9&lane=status"), 0);
	assert_int_equal(q.lanes, 1u << CV_LANE_STATUS);
	assert_int_equal(parse("from=seq:alarm:1&lane=status"), -EINVAL);
	assert_int_equal(parse("from=12&lane=status"), 0);
	assert_int_equal(q.cursor.next[CV_LANE_STATUS], 12);
	assert_int_equal(parse("from=12"), -EINVAL);
	assert_string_equal(why.hint, "a plain number needs exactly one lane: add lane=<name>");
	assert_int_equal(parse("from=yesterday"), -EINVAL);
	assert_int_equal(parse("from=time:1777863721.5"), 0);
	assert_int_equal(q.from, CV_FROM_TIME);
	assert_true(q.from_ns == 1777863721500000000);
	assert_int_equal(parse("from=time:2026-02-30T00:00:00Z"), -EINVAL);
}

static void test_last_event_id(void **state)
{
	assert_int_equal(parse_with("from=earliest", "", "5.6.7.8"), 0);
	assert_int_equal(q.from, CV_FROM_SEQUENCE);
	assert_int_equal(q.cursor.next[CV_LANE_STATUS], 7);
	assert_int_equal(parse_with("", "", "5.6.7"), -EINVAL);
	assert_non_null(strstr(why.error, "Last-Event-ID"));
}

static void test_others(void **state)
{
	assert_int_equal(parse("limit=10&follow=1"), 0);
	assert_int_equal(q.limit, 10);
	assert_int_equal(parse("limit=0"), -EINVAL);
	assert_int_equal(parse("limit=-1"), -EINVAL);
	assert_int_equal(parse("follow=yes"), -EINVAL);
	assert_int_equal(parse("format=xml"), -EINVAL);
	assert_int_equal(parse("device="), -EINVAL);
	assert_int_equal(parse("device=urn:dev:x:1,,urn:dev:x:2"), -EINVAL);
	assert_string_equal(
		why.error,
		"bad value 'urn:dev:x:1,,urn:dev:x:2' for device (device=, character 13)");
	assert_int_equal(parse("name=air.*,"), -EINVAL);
	assert_non_null(strstr(why.error, "character 7"));
	assert_int_equal(parse("protocol=mqtt,modbas"), -EINVAL);
	assert_string_equal(why.error, "unknown protocol 'modbas', did you mean 'modbus'? "
				       "(protocol=, character 6)");
	assert_int_equal(parse("quality=god"), -EINVAL);
	assert_non_null(strstr(why.error, "did you mean 'good'?"));
}

static int64_t time_of(const char *text)
{
	int64_t ns;

	if (cv_event_time_parse(text, &ns) < 0)
		fail_msg("refused: %s", text);
	return ns;
}

static void test_time(void **state)
{
	static const char *const bad[] = {"",
					  "x",
					  "-1",

					  "2026-05",
					  "2026-13-01T00:00:00Z",
					  "2026-05-04T24:00:00Z",
					  "2026-05-04T03:02:01",
					  "2026-05-04T03:02:01.Z",
					  "2026-05-04T03:02:01+8:00",
					  "2026-05-04T03:02:01Zx",
					  "2026-05-04",
					  "1777863721.",
					  "9223372037",
					  "1777863721 ",
					  "99999999999999999999"};
	int64_t ns;

	assert_true(time_of("2026-05-04T03:02:01Z") == 1777863721000000000);
	assert_true(time_of("2026-05-04t03:02:01.25z") == 1777863721250000000);
	assert_true(time_of("2026-05-04T11:02:01.123456789999+08:00") == 1777863721123456789);
	assert_true(time_of("2026-05-04T11:02:01 08:00") == 1777863721000000000);
	assert_true(time_of("2026-05-03T21:02:01-06:00") == 1777863721000000000);
	assert_true(time_of("1777863721") == 1777863721000000000);
	assert_true(time_of("0") == 0);
	assert_true(time_of("1969-12-31T23:59:59Z") == -1000000000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (cv_event_time_parse(bad[i], &ns) == 0)
			fail_msg("accepted: '%s'", bad[i]);
	}
}

static void test_matches(void **state)
{
	struct cv_record rec = {
		.size = sizeof(rec),
		.kind = CV_KIND_STATE,
		.family = 4,
		.device_end = CV_DEVICE_END_SRC,
		.src = {192, 0, 2, 7},
		.ts_rx_ns = 1777863721000000000,
	};

	assert_int_equal(parse(""), 0);
	assert_true(cv_event_query_matches(&q, &rec));
	assert_int_equal(parse("type=measurement"), 0);
	assert_false(cv_event_query_matches(&q, &rec));
	assert_int_equal(parse("device=urn:dev:ip:192.0.2.7"), 0);
	assert_true(cv_event_query_matches(&q, &rec));
	assert_int_equal(parse("device=urn:dev:ip:192.0.2"), 0);
	assert_false(cv_event_query_matches(&q, &rec));
	assert_int_equal(parse("device=urn:dev:ip:192.0.2*"), 0);
	assert_true(cv_event_query_matches(&q, &rec));
	assert_int_equal(parse("device=urn:dev:ip:192.0.2.70*"), 0);
	assert_false(cv_event_query_matches(&q, &rec));
	assert_int_equal(parse("from=time:1777863721.000000001"), 0);
	assert_false(cv_event_query_matches(&q, &rec));
	rec.ts_rx_ns++;
	assert_true(cv_event_query_matches(&q, &rec));
	rec.device_end = CV_DEVICE_END_NONE;
	assert_int_equal(parse("device=*&type=state"), 0);
	assert_false(cv_event_query_matches(&q, &rec));
	rec.kind = CV_KIND_GAP;
	assert_true(cv_event_query_matches(&q, &rec));
}

/* A record with two texts in its tail. */
struct made {
	struct cv_record rec;
	uint8_t tail[64];
};

static size_t put_tlv(uint8_t *at, enum cv_tlv_tag tag, const char *text)
{
	struct cv_tlv tlv = {.tag = (uint16_t)tag, .len = (uint16_t)strlen(text)};

	memcpy(at, &tlv, sizeof(tlv));
	memcpy(at + sizeof(tlv), text, tlv.len);
	return sizeof(tlv) + (tlv.len + 3u) / 4 * 4;
}

static struct made make(unsigned int name_id, const char *name, const char *device)
{
	struct made m = {.rec = {.version = CV_RECORD_VERSION, .size = sizeof(m)}};
	size_t at = 0;

	m.rec.name_id = (uint16_t)name_id;
	m.rec.proto = CV_PROTO_HJ212;
	m.rec.quality = CV_QUALITY_GOOD;
	if (name)
		at += put_tlv(m.tail + at, CV_TLV_NAME, name);
	at += put_tlv(m.tail + at, CV_TLV_DEVICE, device);
	assert_true(at <= sizeof(m.tail));
	assert_int_equal(cv_record_check(&m.rec, sizeof(m)), 0);
	return m;
}

static bool lets_pass(const char *text, const struct made *m)
{
	if (parse(text) < 0)
		fail_msg("refused: %s", text);
	return cv_event_query_matches(&q, &m->rec);
}

static void test_filters(void **state)
{
	struct made known = make(CV_NAME_AIR_PM2_5, NULL, "MN7");
	struct made raw = make(0, "air.humus", "MN8");
	struct made nameless = make(0, NULL, "MN9");

	assert_true(lets_pass("name=air.*", &known));
	assert_true(lets_pass("name=air.*", &raw));
	assert_false(lets_pass("name=*", &nameless));
	assert_false(lets_pass("name=water.*,noise.level", &known));
	assert_true(lets_pass("name=water.*,*.pm2_5,*pm*", &known));
	assert_true(lets_pass("name=air.humus", &raw));
	assert_false(lets_pass("name=air.hum", &raw));
	assert_false(lets_pass("name=air", &known));
	assert_true(lets_pass("protocol=mqtt,hj212", &known));
	assert_false(lets_pass("protocol=mqtt", &known));
	assert_false(lets_pass("protocol=none", &known));
	assert_true(lets_pass("quality=good", &known));
	assert_false(lets_pass("quality=bad,unstated,uncertain", &known));
	assert_true(lets_pass("device=urn:dev:hj212:MN7", &known));
	assert_true(lets_pass("device=x,urn:*:MN7", &known));
	assert_false(lets_pass("device=urn:dev:hj212:MN", &known));
	assert_false(lets_pass("device=urn:dev:hj212:MN7&name=water.*", &known));
	assert_true(lets_pass("device=*MN7&name=air.*&type=measurement&quality=good", &known));
	known.rec.kind = CV_KIND_GAP;
	assert_true(lets_pass("device=x&name=y&protocol=ntp&quality=bad&type=alarm", &known));
}

static void test_fingerprints(void **state)
{
	static const char *const texts[] = {
		"",	    "type=state", "type=alarm",	  "name=air.*",	  "name=air.co",
		"device=a", "device=a,b", "quality=good", "protocol=ntp", "type=state,alarm"};
	uint64_t print[10];

	for (size_t i = 0; i < 10; i++) {
		assert_int_equal(parse(texts[i]), 0);
		print[i] = cv_event_filter_fingerprint(q.filter);
		assert_true(!q.filter || cv_event_filter_size(q.filter) > 0);
		assert_int_equal(parse(texts[i]), 0);
		assert_true(print[i] == cv_event_filter_fingerprint(q.filter));
		for (size_t k = 0; k < i; k++)
			assert_true(print[i] != print[k]);
	}
}

static void test_cursor(void **state)
{
	struct cv_cursor c = {.next = {1, 0, UINT64_MAX, 4}}, back;
	char text[CV_CURSOR_TEXT_MAX];

	assert_int_equal(cv_cursor_format(&c, text), 26);
	assert_string_equal(text, "1.0.18446744073709551615.4");
	assert_int_equal(cv_cursor_parse(text, &back), 0);
	assert_memory_equal(&c, &back, sizeof(c));
	for (int i = 0; i < CV_LANE_COUNT; i++)
		c.next[i] = UINT64_MAX;
	assert_int_equal(cv_cursor_format(&c, text) + 1, CV_LANE_COUNT * 21);
	assert_int_equal(cv_cursor_parse("1.2.3.4 ", &back), -EINVAL);
	assert_int_equal(cv_cursor_parse("1.2..4", &back), -EINVAL);
	assert_int_equal(cv_cursor_parse("", &back), -EINVAL);
}

static void test_member_cursor(void **state)
{
	static const char *const bad[] = {
		"1.2.3.4-",	 "1.2.3.4-5", "1.2.3.4-0-1", "1.2.3-4-5", "1.2.3.4-5-4294967296",
		"1.2.3.4-5-6-7", "-5-6"};
	struct cv_member_cursor c = {.at.next = {1, 2, 3, 4}, .epoch = UINT64_MAX, .slot = 7};
	struct cv_member_cursor back;
	char text[CV_CURSOR_TEXT_MAX];

	cv_member_cursor_format(&c, text);
	assert_string_equal(text, "1.2.3.4-18446744073709551615-7");
	assert_int_equal(cv_member_cursor_parse(text, &back), 0);
	assert_memory_equal(&c, &back, sizeof(c));
	for (int i = 0; i < CV_LANE_COUNT; i++)
		c.at.next[i] = UINT64_MAX;
	c.slot = UINT32_MAX;
	assert_true(cv_member_cursor_format(&c, text) < CV_CURSOR_TEXT_MAX);
	assert_int_equal(cv_member_cursor_parse("1.2.3.4", &back), 0);
	assert_int_equal(back.epoch, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cv_member_cursor_parse(bad[i], &back), -EINVAL);
}

static void test_accept(void **state)
{
	static const struct {
		const char *accept;
		enum cv_event_format want;
	} rows[] = {
		{"", CV_EVENT_NDJSON},
		{"*/*", CV_EVENT_NDJSON},
		{"application/json", CV_EVENT_NDJSON},
		{"text/event-stream", CV_EVENT_SSE},
		{"text/html, Text/Event-Stream;q=0.9,*/*", CV_EVENT_SSE},
		{"text/event-streams", CV_EVENT_NDJSON},
		{"application/cloudevents-batch+json, text/event-stream", CV_EVENT_BATCH},
		{"application/vnd.culvert.frames", CV_EVENT_FRAMES},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cv_projection_by_accept(rows[i].accept, CV_EVENT_NDJSON),
				 rows[i].want);
	for (unsigned int i = 0; i < CV_EVENT_FORMAT_COUNT; i++) {
		char query[64];

		snprintf(query, sizeof(query), "format=%s", cv_projection_name(i));
		assert_int_equal(parse(query), 0);
		assert_int_equal(q.format, i);
		assert_int_equal(
			cv_projection_by_accept(cv_projections[i].content_type, CV_EVENT_NDJSON),
			i);
		assert_int_equal(
			cv_projection_by_accept(cv_projections[i].live_type, CV_EVENT_NDJSON), i);
	}
}

static void test_slow(void **state)
{
	static const struct {
		const char *text;
		int res;
		struct cv_event_slow want;
	} rows[] = {
		{"", 0, {.disconnect = false}},
		{"slow=wait", 0, {.disconnect = false}},
		{"max_lag=10000", 0, {.disconnect = true, .events = 10000}},
		{"slow=disconnect&max_lag=1MiB,2s,7",
		 0,
		 {.disconnect = true, .events = 7, .bytes = 1 << 20, .ns = 2000000000}},
		{"slow=disconnect", -EINVAL, {0}},
		{"slow=wait&max_lag=3", -EINVAL, {0}},
		{"slow=never", -EINVAL, {0}},
		{"max_lag=3,4", -EINVAL, {0}},
		{"max_lag=0", -EINVAL, {0}},
		{"max_lag=3,", -EINVAL, {0}},
		{"max_lag=fast", -EINVAL, {0}},
	};
	struct cv_event_slow node = {.disconnect = true, .events = 10, .ns = 5}, both;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parse(rows[i].text) != rows[i].res)
			fail_msg("%s: %s", rows[i].text, why.error);
		if (rows[i].res == 0)
			assert_memory_equal(&q.slow, &rows[i].want, sizeof(q.slow));
	}
	assert_int_equal(parse("max_lag=20,3MB"), 0);
	both = cv_event_slow_stricter(&node, &q.slow);
	assert_true(both.events == 10 && both.bytes == 3000000 && both.ns == 5);
	node.disconnect = false;
	assert_int_equal(cv_event_slow_stricter(&node, &q.slow).events, 20);
}

static void test_beyond(void **state)
{
	struct cv_event_slow slow = {.disconnect = true, .events = 10, .bytes = 1000, .ns = 50};
	struct cv_event_lag lag = {.was_up_to_date = true, .events = 10, .bytes = 1000, .ns = 50};

	assert_false(cv_event_slow_is_beyond(&slow, &lag));
	lag.events = 11;
	assert_true(cv_event_slow_is_beyond(&slow, &lag));
	lag.was_up_to_date = false; /* reads history: it has to be behind */
	assert_false(cv_event_slow_is_beyond(&slow, &lag));
	lag.stuck_ns = 51;
	assert_true(cv_event_slow_is_beyond(&slow, &lag));
	slow.disconnect = false;
	assert_false(cv_event_slow_is_beyond(&slow, &lag));
	lag = (struct cv_event_lag){.was_up_to_date = true, .ns = 1000};
	slow.disconnect = true; /* nothing has come for it */
	assert_false(cv_event_slow_is_beyond(&slow, &lag));
	lag.events = 1;
	assert_true(cv_event_slow_is_beyond(&slow, &lag));
}

static int release_query(void **state)
{
	cv_event_query_release(&q);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),      cmocka_unit_test(test_names),
		cmocka_unit_test(test_from),	      cmocka_unit_test(test_last_event_id),
		cmocka_unit_test(test_others),	      cmocka_unit_test(test_time),
		cmocka_unit_test(test_matches),	      cmocka_unit_test(test_filters),
		cmocka_unit_test(test_fingerprints),  cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_member_cursor), cmocka_unit_test(test_accept),
		cmocka_unit_test(test_slow),	      cmocka_unit_test(test_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, release_query);
}
