/* SPDX-License-Identifier: Apache-2.0 */
/* What control knows of devices: the registry in memory, the latest values, the stamps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/intake/devices.h"
#include "control/intake/notice.h"
#include "decoder_list.h"
#include "tests/random.h"

static char dir[64], path[96];

static int make_dir(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/culvert-devices-XXXXXX");
	snprintf(path, sizeof(path), "%s/%s", mkdtemp(dir) ? dir : "", CV_REGISTRY_FILE);
	return 0;
}

static int remove_dir(void **state)
{
	static const char *const more[] = {"", "-wal", "-shm"};
	char file[128];

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		snprintf(file, sizeof(file), "%s%s", path, more[i]);
		unlink(file);
	}
	return rmdir(dir);
}

/* ---- the registry --------------------------------------------------------------------------- */

static struct cv_registry_store *open_store(void)
{
	struct cv_registry_store *s = NULL;
	const char *why;

	assert_int_equal(cv_registry_store_open(path, CV_REGISTRY_WRITE, &s, &why), 0);
	return s;
}

static void set(struct cv_registry_device *d, unsigned int field, const char *text)
{
	const char *why;

	assert_int_equal(cv_registry_field_set(d, field, text, strlen(text), &why), 0);
}

static void put(struct cv_registry_store *s, const char *id, const char *owner, const char *city)
{
	struct cv_registry_device d;
	enum cv_registry_put what;

	cv_registry_device_init(&d);
	set(&d, CV_REGISTRY_FIELD_ID, id);
	set(&d, CV_REGISTRY_FIELD_OWNER, owner);
	set(&d, CV_REGISTRY_FIELD_CITY, city);
	assert_int_equal(cv_registry_store_put(s, &d, &what), 0);
}

static struct cv_registry_live *open_live(void)
{
	struct cv_registry_live *live = NULL;

	assert_int_equal(cv_registry_live_create(path, &live), 0);
	return live;
}

static uint32_t find(const struct cv_registry_live *live, const char *urn, uint32_t *area)
{
	return cv_registry_live_find(live, urn, strlen(urn), area);
}

static void test_live_follows_the_file(void **state)
{
	struct cv_registry_live *live = open_live();
	struct cv_registry_store *s;
	const struct cv_registry_facts *f;
	uint32_t row, area = 0;
	char id[64];

	assert_int_equal(cv_registry_live_step(live), 0);
	assert_false(cv_registry_live_ready(live)); /* there is no registry */
	s = open_store();
	assert_int_equal(cv_registry_store_begin(s), 0);
	for (int i = 0; i < 2 * CV_REGISTRY_STEP + 10; i++) {
		snprintf(id, sizeof(id), "urn:dev:test:%d", i);
		put(s, id, i % 2 ? "odd" : "even", i % 2 ? "310100" : "");
	}
	assert_int_equal(cv_registry_live_step(live), 0);
	assert_int_equal(cv_registry_live_count(live), 0); /* not committed */
	assert_int_equal(cv_registry_store_commit(s), 0);
	assert_int_equal(cv_registry_live_step(live), 1);
	assert_int_equal(cv_registry_live_count(live), CV_REGISTRY_STEP);
	assert_int_equal(cv_registry_live_step(live), 1);
	assert_int_equal(cv_registry_live_step(live), 0);
	assert_int_equal(cv_registry_live_count(live), 2 * CV_REGISTRY_STEP + 10);

	row = find(live, "urn:dev:test:7", &area);
	f = cv_registry_live_facts(live, row);
	assert_non_null(f);
	assert_string_equal(cv_registry_live_word(live, f->owner), "odd");
	assert_int_equal(f->area, area);
	assert_string_equal(cv_registry_live_word(live, cv_registry_live_area(live, area)->city),
			    "310100");
	assert_int_equal(f->lat, CV_REGISTRY_NONE);
	assert_int_equal(find(live, "urn:dev:test:8", &area) > row, 1);
	assert_int_equal(area, 0);
	assert_int_equal(find(live, "urn:dev:test:x", &area), 0);

	assert_int_equal(cv_registry_store_begin(s), 0);
	assert_int_equal(cv_registry_store_remove(s, "urn:dev:test:7"), 0);
	put(s, "urn:dev:test:8", "new", "");
	assert_int_equal(cv_registry_store_commit(s), 0);
	assert_int_equal(cv_registry_live_step(live), 0);
	assert_int_equal(find(live, "urn:dev:test:7", &area), 0);
	assert_null(cv_registry_live_facts(live, row));
	f = cv_registry_live_facts(live, find(live, "urn:dev:test:8", &area));
	assert_string_equal(cv_registry_live_word(live, f->owner), "new");
	cv_registry_store_close(s);
	cv_registry_live_destroy(live);
}

static void test_words(void **state)
{
	struct cv_registry_words w;
	uint32_t numbers[2000];
	char text[32];

	assert_int_equal(cv_registry_words_init(&w), 0);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 2000; i++) {
			int n = snprintf(text, sizeof(text), "word %d", i);
			uint32_t number = cv_registry_word(&w, text, (size_t)n);

			assert_string_equal(cv_registry_word_text(&w, number), text);
			assert_true(round == 0 || numbers[i] == number);
			numbers[i] = number;
		}
	}
	assert_int_equal(cv_registry_word(&w, "", 0), 0);
	assert_int_equal(cv_registry_word_find(&w, "word", 4), 0);
	assert_int_equal(cv_registry_word(&w, "a\0b", 3), 0);
	assert_int_equal(w.left_out, 1);
	cv_registry_words_free(&w);
}

/* ---- records -------------------------------------------------------------------------------- */

struct made {
	struct cv_record head;
	uint8_t tail[CV_RECORD_MAX - sizeof(struct cv_record)];
};

static struct cv_record *make(struct made *m, const char *device, double value)
{
	memset(m, 0, sizeof(*m));
	m->head = (struct cv_record){
		.size = sizeof(m->head),
		.version = CV_RECORD_VERSION,
		.lane = CV_LANE_MEASUREMENT,
		.kind = CV_KIND_MEASUREMENT,
		.proto = CV_PROTO_MQTT,
		.direction = CV_DIR_UP,
		.value_type = CV_VALUE_F64,
		.ts_rx_ns = 1000,
		.value.f64 = value,
	};
	if (device) {
		struct cv_tlv tlv = {CV_TLV_DEVICE, (uint16_t)strlen(device)};

		memcpy(m->tail, &tlv, sizeof(tlv));
		memcpy(m->tail + sizeof(tlv), device, tlv.len);
		m->head.size += (uint16_t)(sizeof(tlv) + (tlv.len + 3u) / 4 * 4);
	}
	return &m->head;
}

static struct cv_record *add(struct made *m, enum cv_tlv_tag tag, const void *data, size_t len)
{
	struct cv_tlv tlv = {(uint16_t)tag, (uint16_t)len};
	uint8_t *at = (uint8_t *)m + m->head.size;

	memcpy(at, &tlv, sizeof(tlv));
	memcpy(at + sizeof(tlv), data, len);
	m->head.size += (uint16_t)(sizeof(tlv) + (len + 3) / 4 * 4);
	return &m->head;
}

/* A record's size is a multiple of 8; the tail ends with zeros. */
static struct cv_record *end(struct made *m)
{
	m->head.size = (uint16_t)((m->head.size + 7u) / 8 * 8);
	assert_int_equal(cv_record_check(&m->head, m->head.size), 0);
	return &m->head;
}

static struct cv_record *named(struct made *m, const char *name, double value)
{
	make(m, "A1", value);
	add(m, CV_TLV_NAME, name, strlen(name));
	return end(m);
}

/* ---- latest values -------------------------------------------------------------------------- */

static const struct cv_state_value *only_value(const struct cv_state *s, uint32_t device)
{
	const struct cv_state_device *d = cv_state_at(s, device);

	assert_int_equal(d->values, 1);
	return cv_state_value(s, d->first);
}

static void test_latest_value(void **state)
{
	struct cv_state *s = NULL;
	struct cv_record *rec;
	struct made m;
	uint32_t d;

	assert_int_equal(cv_state_create(64u << 20, &s), 0);
	d = cv_state_device(s, "urn:dev:mqtt:A1", 15);
	assert_int_equal(d, 1);
	assert_int_equal(cv_state_device(s, "urn:dev:mqtt:A1", 15), d);
	assert_int_equal(cv_state_find(s, "urn:dev:mqtt:A2", 15), 0);
	assert_int_equal(cv_state_take(s, d, named(&m, "level", 1)), CV_STATE_TAKEN);
	rec = named(&m, "level", 2);
	rec->stage = CV_STAGE_HISTORY;
	assert_int_equal(cv_state_take(s, d, rec), CV_STATE_LATE);
	rec = named(&m, "level", 3);
	rec->flags = CV_FLAG_LATE;
	assert_int_equal(cv_state_take(s, d, rec), CV_STATE_LATE);
	rec = named(&m, "level", 4);
	rec->stage = CV_STAGE_RETAINED;
	assert_int_equal(cv_state_take(s, d, rec), CV_STATE_LATE);
	rec = named(&m, "level", 5);
	rec->flags = CV_FLAG_DENIED;
	assert_int_equal(cv_state_take(s, d, rec), CV_STATE_OTHER);
	rec = named(&m, "level", 6);
	rec->direction = CV_DIR_DOWN;
	assert_int_equal(cv_state_take(s, d, rec), CV_STATE_OTHER);
	assert_true(only_value(s, d)->value.f64 == 1);
	assert_int_equal(cv_state_take(s, d, named(&m, "level", 7)), CV_STATE_TAKEN);
	assert_true(only_value(s, d)->value.f64 == 7);
	/* The mean of an hour is another quantity; a retained value is better than none. */
	rec = named(&m, "level", 8);
	rec->stage = CV_STAGE_HOUR;
	assert_int_equal(cv_state_take(s, d, rec), CV_STATE_TAKEN);
	rec = named(&m, "other", 9);
	rec->stage = CV_STAGE_RETAINED;
	assert_int_equal(cv_state_take(s, d, rec), CV_STATE_TAKEN);
	assert_int_equal(cv_state_at(s, d)->values, 3);
	assert_int_equal(cv_state_counts(s)[CV_STATE_LATE], 3);
	cv_state_destroy(s);
}

static void test_texts(void **state)
{
	static const unsigned int lengths[] = {0, 5, 27, 28, 60, 108, 109, 300, 3};
	char text[301], buf[CV_STATE_TEXT_MAX + 1];
	struct cv_state *s = NULL;
	struct made m;
	uint32_t d;

	assert_int_equal(cv_state_create(64u << 20, &s), 0);
	d = cv_state_device(s, "urn:dev:mqtt:A1", 15);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		unsigned int n = lengths[i], kept = n < CV_STATE_TEXT_MAX ? n : CV_STATE_TEXT_MAX;

		memset(text, 'a' + (int)i, n);
		text[n] = '\0';
		make(&m, "A1", 0)->value_type = CV_VALUE_TEXT;
		add(&m, CV_TLV_TEXT, text, n);
		assert_int_equal(cv_state_take(s, d, end(&m)), CV_STATE_TAKEN);
		assert_int_equal(strlen(cv_state_text(s, only_value(s, d), buf)), kept);
		assert_memory_equal(buf, text, kept);
		assert_int_equal(only_value(s, d)->cut, n > kept);
	}
	/* Not within a character. */
	memset(text, 'a', 107);
	memcpy(text + 107, "\xe6\xb0\xb4", 3);
	make(&m, "A1", 0)->value_type = CV_VALUE_TEXT;
	add(&m, CV_TLV_TEXT, text, 110);
	assert_int_equal(cv_state_take(s, d, end(&m)), CV_STATE_TAKEN);
	assert_int_equal(strlen(cv_state_text(s, only_value(s, d), buf)), 107);
	cv_state_destroy(s);
}

/* Full: what is held goes on, what is new is counted, and the bound holds. */
static void test_bound(void **state)
{
	enum { BOUND = 8 << 20, DEVICES = 200000 };
	struct cv_state *s = NULL;
	uint64_t held = 0, refused = 0;
	struct made m;
	char urn[64];
	uint32_t d;

	assert_int_equal(cv_state_create(BOUND, &s), 0);
	for (unsigned int i = 0; i < DEVICES; i++) {
		int n = snprintf(urn, sizeof(urn), "urn:dev:mqtt:%u", i);

		d = cv_state_device(s, urn, (size_t)n);
		held += d != 0;
		refused += d == 0;
		if (d)
			cv_state_take(s, d, named(&m, "level", i));
	}
	assert_true(held > 10000 && refused > 0);
	assert_int_equal(cv_state_counts(s)[CV_STATE_DEVICES_FULL], refused);
	/* What the index takes when it grows is known only afterwards. */
	assert_true(cv_state_bytes(s) <= BOUND + BOUND / 4);
	d = cv_state_find(s, "urn:dev:mqtt:5", 14);
	assert_int_equal(cv_state_take(s, d, named(&m, "level", 99)), CV_STATE_TAKEN);
	assert_true(only_value(s, d)->value.f64 == 99);
	cv_state_destroy(s);
}

static void test_quantities_are_bounded(void **state)
{
	struct cv_state *s = NULL;
	struct made m;
	char name[32];
	uint32_t d;

	assert_int_equal(cv_state_create(64u << 20, &s), 0);
	d = cv_state_device(s, "urn:dev:mqtt:A1", 15);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(cv_state_take(s, d, named(&m, name, i)),
				 i < CV_STATE_VALUES_MAX ? CV_STATE_TAKEN : CV_STATE_VALUES_FULL);
	}
	assert_int_equal(cv_state_values(s), CV_STATE_VALUES_MAX);
	cv_state_destroy(s);
}

/* ---- intake --------------------------------------------------------------------------------- */

static unsigned int told;

static bool on_unknown(void *owner, const char *urn, size_t len, const struct cv_record *rec)
{
	told++;
	return true;
}

static void test_stamps(void **state)
{
	struct cv_registry_live *live = open_live();
	struct cv_registry_store *s = open_store();
	struct cv_intake in = {.live = live, .unknown = on_unknown};
	struct cv_record *rec;
	uint32_t area;
	struct made m;

	told = 0;
	assert_int_equal(cv_state_create(64u << 20, &in.state), 0);
	cv_intake_record(&in, named(&m, "level", 1));
	assert_int_equal(in.counts[CV_INTAKE_UNASKED], 1);
	assert_int_equal(cv_registry_store_begin(s), 0);
	put(s, "urn:dev:mqtt:A1", "x", "310100");
	put(s, "urn:dev:mqtt:A1_2", "y", "");
	assert_int_equal(cv_registry_store_commit(s), 0);
	assert_int_equal(cv_registry_live_step(live), 0);

	rec = named(&m, "level", 1);
	cv_intake_record(&in, rec);
	assert_int_equal(rec->registry_row, find(live, "urn:dev:mqtt:A1", &area));
	assert_int_equal(rec->area_row, area);
	assert_int_not_equal(area, 0);
	make(&m, "A1", 1); /* a component of its own, and one that has none */
	add(&m, CV_TLV_SUB, "2", 1);
	cv_intake_record(&in, end(&m));
	assert_int_equal(m.head.registry_row, find(live, "urn:dev:mqtt:A1_2", &area));
	make(&m, "A1", 1);
	add(&m, CV_TLV_SUB, "3", 1);
	cv_intake_record(&in, end(&m));
	assert_int_equal(m.head.registry_row, find(live, "urn:dev:mqtt:A1", &area));
	assert_int_equal(told, 0);

	for (int i = 0; i < 3; i++) { /* told once */
		make(&m, "B1", 1);
		cv_intake_record(&in, end(&m));
		assert_int_equal(m.head.registry_row, 0);
		assert_int_equal(m.head.area_row, 0);
	}
	assert_int_equal(told, 1);
	make(&m, "B1", 1)->ts_rx_ns +=
		(CV_INTAKE_TELL_S + 1) * INT64_C(1000000000); /* and again the day after */
	cv_intake_record(&in, end(&m));
	assert_int_equal(told, 2);
	make(&m, NULL, 1);
	cv_intake_record(&in, end(&m));
	assert_int_equal(in.counts[CV_INTAKE_NAMELESS], 1);
	assert_int_equal(in.counts[CV_INTAKE_KNOWN], 3);
	assert_int_equal(in.counts[CV_INTAKE_UNKNOWN], 4);
	cv_state_destroy(in.state);
	cv_registry_store_close(s);
	cv_registry_live_destroy(live);
}

/* A block that changes under our hands: nothing is read or written outside of it. */
static void test_broken_blocks(void **state)
{
	static _Alignas(4096) uint8_t memory[CV_BLOCK_SIZE];
	struct cv_block *b = (struct cv_block *)(void *)memory;
	struct cv_registry_live *live = open_live();
	struct cv_intake in = {.live = live};
	uint64_t seed = 9;
	struct made m;

	assert_int_equal(cv_state_create(64u << 20, &in.state), 0);
	for (int i = 0; i < 20000; i++) {
		unsigned int used = sizeof(*b);

		named(&m, "level", i);
		for (int k = 0; k < 8; k++, used += m.head.size)
			memcpy(memory + used, &m, m.head.size);
		b->used = used;
		for (unsigned int k = (unsigned int)(next_random_of(&seed) % 4); k > 0; k--)
			memory[next_random_of(&seed) % used] = (uint8_t)next_random_of(&seed);
		cv_intake_block(&in, b);
	}
	assert_true(cv_state_counts(in.state)[CV_STATE_TAKEN] > 20000);
	cv_state_destroy(in.state);
	cv_registry_live_destroy(live);
}

/* ---- events of our own ---------------------------------------------------------------------- */

struct seen {
	unsigned int n;
	bool done;
};

static void on_read(struct cv_log_read *rd, const struct cv_block *b, int res)
{
	struct seen *seen = rd->owner;
	const struct cv_record *rec = (const struct cv_record *)(const void *)(b + 1);
	struct cv_tlv_view v;

	assert_int_equal(res, 0);
	assert_int_equal(cv_block_check(b, CV_LANE_SECURITY), 0);
	assert_int_equal(b->worker, CV_WORKER_CONTROL);
	assert_int_equal(rec->kind, CV_KIND_ANOMALY);
	assert_int_equal(rec->proto, CV_PROTO_MQTT);
	v = cv_record_tlv(rec, CV_TLV_NAME);
	assert_int_equal(v.len, strlen(CV_NOTICE_UNKNOWN));
	assert_memory_equal(v.data, CV_NOTICE_UNKNOWN, v.len);
	v = cv_record_tlv(rec, CV_TLV_DEVICE);
	assert_memory_equal(v.data, "urn:dev:mqtt:", 13);
	seen->n = b->count;
	seen->done = true;
}

static void turn_until(struct cv_loop *loop, struct cv_devices *d, uint64_t made)
{
	for (int i = 0; i < 5000 && cv_devices_made(d, CV_LANE_SECURITY) < made; i++)
		assert_int_equal(cv_loop_turn(loop), 0);
	assert_int_equal(cv_devices_made(d, CV_LANE_SECURITY), made);
}

static void turn_until_ready(struct cv_loop *loop, struct cv_devices *d)
{
	const struct cv_registry_live *live = cv_devices_intake(d)->live;

	for (int i = 0; i < 5000 && !cv_registry_live_ready(live); i++)
		assert_int_equal(cv_loop_turn(loop), 0);
	assert_true(cv_registry_live_ready(live));
}

static void look_at(struct cv_devices *d, int first, int n)
{
	char device[32];
	struct made m;

	for (int i = first; i < first + n; i++) {
		snprintf(device, sizeof(device), "B%d", i);
		make(&m, device, 1);
		cv_intake_record(cv_devices_intake(d), end(&m));
	}
}

/* Unknown devices are in the log as events, at a bounded rate, and the log's numbers add up. */
static void test_unknown_devices_are_events(void **state)
{
	struct cv_eventlog_config config = {.node = "n", .segment_size = 1u << 20};
	struct cv_devices_config devices = {.dir = dir, .state_bytes = 64u << 20};
	struct cv_registry_store *s = open_store();
	struct cv_eventlog *log = NULL;
	struct cv_devices *d = NULL;
	struct cv_loop *loop = NULL;
	struct seen seen = {0};
	struct cv_log_read rd = {.done = on_read, .owner = &seen};
	const char *why = "";
	char command[192];
	uint64_t first;

	assert_int_equal(cv_registry_store_begin(s), 0);
	put(s, "urn:dev:mqtt:A1", "x", "");
	assert_int_equal(cv_registry_store_commit(s), 0);
	cv_registry_store_close(s);
	config.dir = dir;
	assert_int_equal(cv_loop_create(64, &loop), 0);
	assert_int_equal(cv_eventlog_open(loop, &config, &log, &why), 0);
	assert_int_equal(cv_devices_create(loop, log, &devices, &d, &why), 0);
	turn_until_ready(loop, d);
	look_at(d, 0, 5);
	look_at(d, 0, 5);
	turn_until(loop, d, 5);
	first = cv_eventlog_begin(log, CV_LANE_SECURITY);
	assert_int_equal(cv_eventlog_end(log, CV_LANE_SECURITY) - first, 5);
	cv_eventlog_read(log, &rd, CV_LANE_SECURITY, first);
	while (!seen.done)
		assert_int_equal(cv_loop_turn(loop), 0);
	assert_int_equal(seen.n, 5);
	/* Who is not told now is offered again. */
	look_at(d, 100, 50);
	assert_true(cv_devices_intake(d)->told <= 5 + CV_NOTICES_PER_SECOND);
	for (int i = 0; i < 400 && cv_devices_intake(d)->told < 55; i++) {
		look_at(d, 100, 50);
		assert_int_equal(cv_loop_turn(loop), 0);
	}
	turn_until(loop, d, 55);
	assert_int_equal(cv_devices_intake(d)->told, 55);
	assert_int_equal(cv_eventlog_counters(log)->logged[CV_LANE_SECURITY], 55);
	look_at(d, 200, 3);
	cv_devices_destroy(d);
	cv_eventlog_read_free(&rd);
	cv_eventlog_close(log);
	cv_loop_destroy(loop);
	remove_dir(NULL);
	snprintf(command, sizeof(command), "rm -rf '%s' && mkdir '%s'", dir, dir);
	assert_int_equal(system(command), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, make_dir, remove_dir)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(live_follows_the_file),
		TEST(words),
		TEST(latest_value),
		TEST(texts),
		TEST(bound),
		TEST(quantities_are_bounded),
		TEST(stamps),
		TEST(broken_blocks),
		TEST(unknown_devices_are_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
