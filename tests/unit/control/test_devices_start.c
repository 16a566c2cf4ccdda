/* SPDX-License-Identifier: Apache-2.0 */
/* What control knows of devices after a start: the registry read beside the work, latest values. */
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
#include "decoder_list.h"

#define SECOND INT64_C(1000000000)

static char dir[64], path[96];
static struct cv_loop *loop;
static struct cv_eventlog *log_;
static struct cv_devices *devices;

static int open_loop(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/culvert-start-XXXXXX");
	snprintf(path, sizeof(path), "%s/%s", mkdtemp(dir) ? dir : "", CV_REGISTRY_FILE);
	return cv_loop_create(64, &loop);
}

static int close_loop(void **state)
{
	char command[96];

	cv_loop_destroy(loop);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void start(uint64_t refill_ns)
{
	const struct cv_eventlog_config config = {
		.dir = dir, .node = "n", .segment_size = 1u << 20};
	const struct cv_devices_config what = {
		.dir = dir, .state_bytes = 64u << 20, .refill_ns = refill_ns};
	const char *why = "";

	assert_int_equal(cv_eventlog_open(loop, &config, &log_, &why), 0);
	assert_int_equal(cv_devices_create(loop, log_, &what, &devices, &why), 0);
}

static void stop(void)
{
	cv_devices_destroy(devices);
	cv_eventlog_close(log_);
}

/* ---- the registry --------------------------------------------------------------------------- */

static void put_devices(int from, int to, const char *owner)
{
	struct cv_registry_store *s = NULL;
	const char *why;

	assert_int_equal(cv_registry_store_open(path, CV_REGISTRY_WRITE, &s, &why), 0);
	assert_int_equal(cv_registry_store_begin(s), 0);
	for (int i = from; i < to; i++) {
		struct cv_registry_device d;
		enum cv_registry_put what;
		char id[64];
		int n = snprintf(id, sizeof(id), "urn:dev:mqtt:%d", i);

		cv_registry_device_init(&d);
		cv_registry_field_set(&d, CV_REGISTRY_FIELD_ID, id, (size_t)n, &why);
		cv_registry_field_set(&d, CV_REGISTRY_FIELD_OWNER, owner, strlen(owner), &why);
		assert_int_equal(cv_registry_store_put(s, &d, &what), 0);
	}
	assert_int_equal(cv_registry_store_commit(s), 0);
	cv_registry_store_close(s);
}

static const struct cv_registry_live *live(void)
{
	return cv_devices_intake(devices)->live;
}

static const char *owner_of(const char *urn)
{
	uint32_t area, row = cv_registry_live_find(live(), urn, strlen(urn), &area);
	const struct cv_registry_facts *f = cv_registry_live_facts(live(), row);

	return f ? cv_registry_live_word(live(), f->owner) : "";
}

static void turn_until(uint64_t count)
{
	for (int i = 0; i < 20000 && cv_registry_live_count(live()) != count; i++)
		assert_int_equal(cv_loop_turn(loop), 0);
	assert_int_equal(cv_registry_live_count(live()), count);
}

/* More than is read or taken over in one go, then an import while it runs. */
static void test_registry_is_followed(void **state)
{
	put_devices(0, 5000, "one");
	start(0);
	assert_false(cv_registry_live_ready(live()));
	assert_true(cv_registry_live_is_there(live()));
	turn_until(5000);
	for (int i = 0; i < 1000 && !cv_registry_live_ready(live()); i++)
		assert_int_equal(cv_loop_turn(loop), 0);
	assert_true(cv_registry_live_ready(live()));
	assert_string_equal(owner_of("urn:dev:mqtt:4999"), "one");
	put_devices(4000, 9000, "two");
	turn_until(9000);
	assert_string_equal(owner_of("urn:dev:mqtt:3999"), "one");
	assert_string_equal(owner_of("urn:dev:mqtt:4000"), "two");
	assert_string_equal(owner_of("urn:dev:mqtt:8999"), "two");
	stop();
}

/* One that comes later is found; a stop in the middle of reading is clean. */
static void test_registry_comes_later(void **state)
{
	start(0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(cv_loop_turn(loop), 0);
	assert_false(cv_registry_live_is_there(live()));
	put_devices(0, 10, "x");
	turn_until(10);
	put_devices(10, 5000, "x");
	stop();
	start(0); /* and stop at once */
	stop();
}

/* While the first import runs there is a file with nothing in it: nobody is unknown for that. */
static void test_empty_registry(void **state)
{
	put_devices(0, 0, "");
	start(0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(cv_loop_turn(loop), 0);
	assert_false(cv_registry_live_ready(live()));
	put_devices(0, 1, "x");
	turn_until(1);
	assert_true(cv_registry_live_ready(live()));
	stop();
}

/* ---- latest values -------------------------------------------------------------------------- */

static _Alignas(CV_BLOCK_ALIGN) uint8_t memory[CV_BLOCK_SIZE];

static void begin_block(struct cv_block *b)
{
	static uint64_t source_seq;

	*b = (struct cv_block){
		.magic = CV_BLOCK_MAGIC,
		.version = CV_BLOCK_VERSION,
		.lane = CV_LANE_MEASUREMENT,
		.used = sizeof(*b),
		.incarnation = 7,
		.source_seq = ++source_seq,
	};
}

static struct cv_record *add_reading(struct cv_block *b, const char *device, double value,
				     int64_t ts_ns)
{
	struct cv_record *rec = (void *)(memory + b->used);
	struct cv_tlv tlv = {.tag = CV_TLV_DEVICE, .len = 4};

	memset(rec, 0, sizeof(*rec) + 8);
	*rec = (struct cv_record){
		.size = sizeof(*rec) + 8,
		.version = CV_RECORD_VERSION,
		.lane = CV_LANE_MEASUREMENT,
		.proto = CV_PROTO_MQTT,
		.direction = CV_DIR_UP,
		.value_type = CV_VALUE_F64,
		.value.f64 = value,
		.name_id = 1,
		.ts_rx_ns = ts_ns,
	};
	memcpy(rec + 1, &tlv, sizeof(tlv));
	memcpy((uint8_t *)(rec + 1) + sizeof(tlv), device, 4);
	b->first_ts_ns = b->count == 0 ? ts_ns : b->first_ts_ns;
	b->last_ts_ns = ts_ns;
	b->used += rec->size;
	b->count++;
	return rec;
}

static void appended(void *owner, enum cv_lane lane, unsigned int blocks, int res)
{
	assert_int_equal(res, 0);
	*(bool *)owner = true;
}

static void append(struct cv_block *b)
{
	bool done = false;

	assert_int_equal(cv_block_check(b, CV_LANE_MEASUREMENT), 0);
	assert_int_equal(cv_eventlog_append(log_, CV_LANE_MEASUREMENT, b, 1, appended, &done), 0);
	while (!done)
		assert_int_equal(cv_loop_turn(loop), 0);
}

static double value_of(const char *urn, int64_t *ret_ns)
{
	const struct cv_state *s = cv_devices_intake(devices)->state;
	const struct cv_state_device *d = cv_state_at(s, cv_state_find(s, urn, strlen(urn)));
	const struct cv_state_value *v = d ? cv_state_value(s, d->first) : NULL;

	if (v)
		*ret_ns = v->time_ns;
	return v ? v->value.f64 : -1;
}

/*
 * Of what the log has, the newest value within the time that is read again; a value that came since
 * the start stays, and nothing is counted as if it had come now.
 */
static void test_values_come_back(void **state)
{
	struct cv_block *b = (void *)memory;
	struct cv_record *rec;
	int64_t now, at = 0;

	put_devices(0, 1, "x");
	start(0);
	now = cv_loop_wall_ns(loop);
	begin_block(b);
	add_reading(b, "OLD1", 1, now - 7200 * SECOND);
	append(b);
	begin_block(b);
	for (int i = 0; i < 100; i++) {
		add_reading(b, "DEV1", i, now - (100 - i) * SECOND);
		add_reading(b, "DEV2", i, now - (100 - i) * SECOND);
	}
	append(b);
	stop();

	start(3600 * SECOND);
	begin_block(b);
	rec = add_reading(b, "DEV2", 1000, now);
	cv_intake_record(cv_devices_intake(devices), rec);
	assert_false(cv_devices_refilled(devices));
	for (int i = 0; i < 1000 && !cv_devices_refilled(devices); i++)
		assert_int_equal(cv_loop_turn(loop), 0);
	assert_true(cv_devices_refilled(devices));
	assert_true(value_of("urn:dev:mqtt:DEV1", &at) == 99);
	assert_int_equal(at, now - SECOND);
	assert_true(value_of("urn:dev:mqtt:DEV2", &at) == 1000);
	assert_true(value_of("urn:dev:mqtt:OLD1", &at) == -1);
	assert_int_equal(cv_devices_intake(devices)->counts[CV_INTAKE_UNKNOWN], 0);
	assert_int_equal(cv_devices_intake(devices)->counts[CV_INTAKE_UNASKED], 1);
	assert_int_equal(cv_devices_made(devices, CV_LANE_SECURITY), 0);
	stop();
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, open_loop, close_loop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(registry_is_followed),
		TEST(registry_comes_later),
		TEST(empty_registry),
		TEST(values_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
