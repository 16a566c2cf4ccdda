/* SPDX-License-Identifier: Apache-2.0 */
/* Window, templates and the split of an event, by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/sink/message.h"
#include "control/sink/template.h"
#include "control/sink/window.h"

static const char *const values[CV_SINK_PLACEHOLDER_COUNT] = {
	"node-7", "alarm", "measurement", "urn:dev:ip:192.0.2.7", "", "coap"};

static void fill(const char *text, enum cv_sink_alphabet alphabet, const char *expected)
{
	char got[CV_SINK_TOPIC_MAX], why[128];

	assert_int_equal(cv_sink_template_check(text, alphabet, why, sizeof(why)), 0);
	assert_int_equal(cv_sink_template_fill(text, alphabet, values, got), strlen(expected));
	assert_string_equal(got, expected);
}

static void templates_are_filled(void **state)
{
	fill("culvert.{lane}.{device}", CV_SINK_ALPHABET_NATS,
	     "culvert.alarm.urn:dev:ip:192_0_2_7");
	fill("culvert/{lane}/{device}", CV_SINK_ALPHABET_MQTT,
	     "culvert/alarm/urn:dev:ip:192.0.2.7");
	fill("{node}.{lane}.{device}", CV_SINK_ALPHABET_KAFKA, "node-7.alarm.urn_dev_ip_192_0_2_7");
	fill("{name}", CV_SINK_ALPHABET_NATS, "none");
	fill("{device}", CV_SINK_ALPHABET_ANY, "urn:dev:ip:192.0.2.7");
}

/* What a device says of itself is no subject, no wildcard and no level. */
static void hostile_values_stay_one_token(void **state)
{
	const char *const hostile[CV_SINK_PLACEHOLDER_COUNT] = {"a", "b",	    "c",
								">", "x.*/+#\r\n ", "d"};
	char got[CV_SINK_TOPIC_MAX];

	cv_sink_template_fill("t.{device}.{name}", CV_SINK_ALPHABET_NATS, hostile, got);
	assert_string_equal(got, "t._.x__/+#___");
	cv_sink_template_fill("t/{device}/{name}", CV_SINK_ALPHABET_MQTT, hostile, got);
	assert_string_equal(got, "t/>/x.*_____ ");
	cv_sink_template_fill("t.{device}.{name}", CV_SINK_ALPHABET_KAFKA, hostile, got);
	assert_string_equal(got, "t._.x________");
}

/* What is no text in any transport is none in a topic, a subject or a key. */
static void hostile_characters_are_replaced(void **state)
{
	static const struct {
		const char *name, *mqtt, *kafka;
	} rows[] = {
		{"Z\xc3\xa4hler \xe5\xba\xa6", "Z\xc3\xa4hler \xe5\xba\xa6", "Z_hler__"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "_"},
		{"a\x01"
		 "b\x1f\x7f",
		 "a_b__", "a_b__"},
		{"\xc2\x80.\xc2\x9f.\xc2\xa0", "_._.\xc2\xa0", "_____"},
		{"\xef\xb7\x8f\xef\xb7\x90\xef\xb7\xaf\xef\xb7\xb0", "\xef\xb7\x8f__\xef\xb7\xb0",
		 "____"}, /* U+FDD0 to U+FDEF */
		{"\xef\xbf\xbd\xef\xbf\xbe\xef\xbf\xbf\xf4\x8f\xbf\xbf", "\xef\xbf\xbd___", "____"},
		{"a\xc3", "a_", "a_"}, /* cut */
		{"a\xe5\xba", "a__", "a__"},
		{"\xc0\x80\xff\x80", "____", "____"}, /* overlong, and bytes of no character */
		{"\xed\xa0\x80", "___", "___"}, /* a surrogate */
		{"$SYS", "_SYS", "_SYS"},
	};
	const char *hostile[CV_SINK_PLACEHOLDER_COUNT] = {"a", "b", "c", "d", NULL, "e"};
	char got[CV_SINK_TOPIC_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hostile[CV_SINK_PLACEHOLDER_NAME] = rows[i].name;
		cv_sink_template_fill("{name}", CV_SINK_ALPHABET_MQTT, hostile, got);
		assert_string_equal(got, rows[i].mqtt);
		cv_sink_template_fill("{name}", CV_SINK_ALPHABET_KAFKA, hostile, got);
		assert_string_equal(got, rows[i].kafka);
		cv_sink_template_fill("{name}", CV_SINK_ALPHABET_ANY, hostile, got);
		assert_string_equal(got, rows[i].name[0] == '$' ? "$SYS" : rows[i].mqtt);
	}
	hostile[CV_SINK_PLACEHOLDER_NAME] = "$JS\xc2\x85.\xc3\xa4 ";
	cv_sink_template_fill("{name}.$", CV_SINK_ALPHABET_NATS, hostile, got);
	assert_string_equal(got, "_JS__\xc3\xa4_.$");
}

/* Never inside a character, and no shorter one slips in behind one that had no room. */
static void cuts_are_between_characters(void **state)
{
	char name[2 * CV_SINK_TOPIC_MAX + 8], got[CV_SINK_TOPIC_MAX];
	const char *many[CV_SINK_PLACEHOLDER_COUNT] = {"a", "b", "c", "d", name, "e"};

	for (size_t before = 0; before < 8; before++) {
		size_t at = before, len;

		memset(name, 'n', before);
		while (at + 4 < sizeof(name)) {
			memcpy(name + at, "\xf0\x9f\x98\x80", 4);
			at += 4;
		}
		name[at] = '\0';
		len = cv_sink_template_fill("{name}{node}", CV_SINK_ALPHABET_MQTT, many, got);
		assert_int_equal(len, before + (CV_SINK_TOPIC_MAX - 1 - before) / 4 * 4);
		assert_memory_equal(got, name, len);
		assert_int_equal(cv_sink_template_fill("{name}", CV_SINK_ALPHABET_ANY, many, got),
				 len);
	}
	/* A subject that is cut behind a dot has no empty token there. */
	memset(name, 'n', sizeof(name) - 1);
	name[CV_SINK_TOPIC_MAX - 2] = '\0';
	assert_int_equal(cv_sink_template_fill("{name}.{node}", CV_SINK_ALPHABET_NATS, many, got),
			 CV_SINK_TOPIC_MAX - 2);
	assert_int_equal(got[CV_SINK_TOPIC_MAX - 3], 'n');
}

/* An event whose device calls its quantity so, written for MQTT; its topic is the name alone. */
static void topic_of(const char *name, size_t len, const char *expected)
{
	static const struct cv_sink_settings settings = {
		.node = "node-7", .sink = {.type = CV_SINK_MQTT, .topic = "{name}"}};
	struct {
		struct cv_frame head;
		struct cv_record rec;
		struct cv_tlv tlv;
		char name[CV_TLV_MAX + 12];
	} f = {.tlv = {.tag = CV_TLV_NAME, .len = (uint16_t)len}};
	struct cv_sink_writer *w = calloc(1, sizeof(*w));
	struct cv_sink_message m;

	memcpy(f.name, name, len);
	f.rec.size = (uint16_t)((sizeof(f.rec) + sizeof(f.tlv) + len + 4 + 7) / 8 * 8);
	f.rec.version = CV_RECORD_VERSION;
	f.head = (struct cv_frame){.len = f.rec.size, .type = CV_FRAME_RECORD, .seq = 1};
	assert_int_equal(cv_record_check(&f.rec, f.rec.size), 0);
	cv_sink_writer_init(w, &settings);
	assert_int_equal(cv_sink_write(w, &f.head, &m), 0);
	assert_string_equal(m.topic, expected);
	free(w);
}

static void names_are_cut_between_characters(void **state)
{
	char name[CV_TLV_MAX], expected[128];

	memset(name, 'n', sizeof(name));
	for (size_t cut = 1; cut < 4; cut++) {
		/* A character of four bytes of which as many are within the bound. */
		size_t before = sizeof(expected) - 1 - cut;

		memset(name, 'n', sizeof(name));
		memcpy(name + before, "\xf0\x9f\x98\x80", 4);
		memset(expected, 'n', before);
		expected[before] = '\0';
		topic_of(name, sizeof(name), expected);
		topic_of(name, before + 4, expected);
	}
	memset(name, 'n', sizeof(name));
	memcpy(name + sizeof(expected) - 5, "\xf0\x9f\x98\x80", 4);
	memcpy(expected, name, sizeof(expected) - 1);
	expected[sizeof(expected) - 1] = '\0';
	topic_of(name, sizeof(name), expected);
	topic_of("a\0b", 3, "a_b");
	topic_of("\0", 1, "_");
	topic_of("", 0, "none");
}

static void long_values_are_cut(void **state)
{
	char name[2000], got[CV_SINK_TOPIC_MAX];
	const char *many[CV_SINK_PLACEHOLDER_COUNT] = {"a", "b", "c", "d", name, "e"};

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(cv_sink_template_fill("{name}.{name}", CV_SINK_ALPHABET_NATS, many, got),
			 CV_SINK_TOPIC_MAX - 1);
	assert_int_equal(cv_sink_template_fill("{name}", CV_SINK_ALPHABET_KAFKA, many, got), 249);
}

static void wrong_templates_are_refused(void **state)
{
	static const struct {
		const char *text;
		enum cv_sink_alphabet alphabet;
	} rows[] = {
		{"", CV_SINK_ALPHABET_ANY},	      {"a..b", CV_SINK_ALPHABET_NATS},
		{".a", CV_SINK_ALPHABET_NATS},	      {"a.", CV_SINK_ALPHABET_NATS},
		{"a.*", CV_SINK_ALPHABET_NATS},	      {"a.>", CV_SINK_ALPHABET_NATS},
		{"a b", CV_SINK_ALPHABET_NATS},	      {"$SYS.x", CV_SINK_ALPHABET_NATS},
		{"a/+", CV_SINK_ALPHABET_MQTT},	      {"a/#", CV_SINK_ALPHABET_MQTT},
		{"$share/x", CV_SINK_ALPHABET_MQTT},  {"a/b", CV_SINK_ALPHABET_KAFKA},
		{"{devices}", CV_SINK_ALPHABET_ANY},  {"{device", CV_SINK_ALPHABET_ANY},
		{"a}", CV_SINK_ALPHABET_NATS},	      {"{}", CV_SINK_ALPHABET_ANY},
		{"a\xc2\x85", CV_SINK_ALPHABET_MQTT}, {"\xef\xbf\xbe", CV_SINK_ALPHABET_ANY},
		{"a\xc3", CV_SINK_ALPHABET_NATS},     {"\xc3\xa4", CV_SINK_ALPHABET_KAFKA},
	};
	char why[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why[0] = '\0';
		assert_true(cv_sink_template_check(rows[i].text, rows[i].alphabet, why,
						   sizeof(why)) < 0);
		assert_true(strlen(why) > 0);
	}
}

static void events_are_split(void **state)
{
	static const char event[] =
		"{\"specversion\":\"1.0\",\"id\":\"n/alarm/7\",\"datacontenttype\":"
		"\"application/json\",\"lane\":\"alarm\",\"data\":{\"value\":\"\\\"}\"}}";
	struct cv_sink_header headers[CV_SINK_HEADERS_MAX];
	char texts[256];
	const char *data;
	size_t n, len;

	assert_int_equal(
		cv_sink_split(event, strlen(event), texts, sizeof(texts), headers, &n, &data, &len),
		0);
	assert_int_equal(n, 3);
	assert_string_equal(headers[1].name, "id");
	assert_string_equal(headers[1].value, "n/alarm/7");
	assert_string_equal(headers[2].name, "lane");
	assert_int_equal(len, strlen("{\"value\":\"\\\"}\"}"));
	assert_memory_equal(data, "{\"value\":\"\\\"}\"}", len);
	/* Cut anywhere it is refused or is no longer, and nothing beyond it is read. */
	for (size_t cut = 0; cut < strlen(event); cut++) {
		char *copy = malloc(cut ? cut : 1);

		memcpy(copy, event, cut);
		(void)cv_sink_split(copy, cut, texts, sizeof(texts), headers, &n, &data, &len);
		free(copy);
	}
	assert_true(cv_sink_split(event, strlen(event), texts, 20, headers, &n, &data, &len) < 0);
}

/* A frame of some size whose number is its content. */
static void push(struct cv_sink_window *w, uint64_t number, uint32_t len)
{
	struct {
		struct cv_frame head;
		uint8_t payload[CV_RECORD_MAX];
	} f = {.head = {.len = len, .type = CV_FRAME_RECORD, .seq = number}};

	memset(f.payload, (int)number, len);
	cv_sink_window_push(w, &f.head);
}

static void push_cursor(struct cv_sink_window *w, uint64_t number)
{
	struct {
		struct cv_frame head;
		struct cv_member_cursor cursor;
	} f = {.head = {.len = sizeof(f.cursor), .type = CV_FRAME_CURSOR},
	       .cursor = {.at.next = {number}}};

	cv_sink_window_push(w, &f.head);
}

/* Only what was settled from the oldest on is acknowledged, and a rewind forgets nothing. */
static void window_keeps_order(void **state)
{
	struct cv_sink_window *w;
	struct cv_member_cursor c;
	uint64_t t;

	assert_int_equal(cv_sink_window_create(8, &w), 0);
	for (uint64_t i = 0; i < 3; i++)
		push(w, i, 128);
	push_cursor(w, 3);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(cv_sink_window_next(w, &t)->seq, i);
		assert_int_equal(cv_sink_window_sent(w, t), 1);
	}
	assert_null(cv_sink_window_next(w, &t));
	assert_true(cv_sink_window_settle(w, 2));
	assert_false(cv_sink_window_settle(w, 2));
	assert_false(cv_sink_window_settle(w, 77));
	assert_false(cv_sink_window_advance(w, &c));
	assert_true(cv_sink_window_settle(w, 0));
	assert_false(cv_sink_window_advance(w, &c));
	assert_int_equal(cv_sink_window_rewind(w), 1); /* event 2 overtook event 1 */
	assert_int_equal(cv_sink_window_next(w, &t)->seq, 1);
	assert_int_equal(cv_sink_window_sent(w, t), 2);
	assert_null(cv_sink_window_next(w, &t));
	assert_true(cv_sink_window_settle(w, t));
	assert_true(cv_sink_window_advance(w, &c));
	assert_int_equal(c.at.next[0], 3);
	cv_sink_window_destroy(w);
}

/* As many events as it is for, whatever number that is; cursors among them take no place. */
static void window_is_bounded(void **state)
{
	for (unsigned int events = 1; events <= 100; events += 33) {
		struct cv_sink_window *w;

		assert_int_equal(cv_sink_window_create(events, &w), 0);
		for (uint64_t i = 0; i < events; i++) {
			assert_false(cv_sink_window_is_full(w));
			assert_true(cv_sink_window_has_room(w));
			push(w, 2 * i, 128);
			push_cursor(w, 2 * i);
		}
		assert_true(cv_sink_window_is_full(w));
		cv_sink_window_rewind(w);
		assert_true(cv_sink_window_is_full(w));
		assert_true(cv_sink_window_settle(w, 2 * (events - 1)));
		assert_false(cv_sink_window_is_full(w));
		cv_sink_window_destroy(w);
	}
}

/* Random pushes, sends, answers out of order and rewinds: each frame comes out whole. */
static void window_is_a_ring(void **state)
{
	uint64_t seed = 20261122, pushed = 0, settled = 0, t;
	struct cv_sink_window *w;
	struct cv_member_cursor c;

	assert_int_equal(cv_sink_window_create(16, &w), 0);
	for (int i = 0; i < 200000; i++) {
		uint64_t r = seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		const struct cv_frame *f;

		r >>= 33;
		if (r % 3 == 0 && cv_sink_window_has_room(w))
			push(w, pushed++, (uint32_t)(128 + (r >> 8) % 240 * 8));
		else if (r % 64 == 1)
			cv_sink_window_rewind(w);
		f = cv_sink_window_next(w, &t);
		if (!f)
			continue;
		assert_int_equal(f->seq, t); /* no cursors here: tickets are numbers */
		for (uint32_t k = 0; k < f->len; k++)
			assert_int_equal(((const uint8_t *)cv_frame_payload(f))[k], (uint8_t)t);
		cv_sink_window_sent(w, t);
		if (r % 5 < 4 && cv_sink_window_settle(w, t))
			settled++;
		cv_sink_window_advance(w, &c);
	}
	cv_sink_window_rewind(w);
	while (cv_sink_window_next(w, &t)) {
		cv_sink_window_sent(w, t);
		settled += cv_sink_window_settle(w, t);
	}
	assert_int_equal(settled, pushed);
	assert_true(pushed > 10000);
	cv_sink_window_destroy(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_are_filled),
		cmocka_unit_test(hostile_values_stay_one_token),
		cmocka_unit_test(hostile_characters_are_replaced),
		cmocka_unit_test(cuts_are_between_characters),
		cmocka_unit_test(names_are_cut_between_characters),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(wrong_templates_are_refused),
		cmocka_unit_test(events_are_split),
		cmocka_unit_test(window_keeps_order),
		cmocka_unit_test(window_is_bounded),
		cmocka_unit_test(window_is_a_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
