/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events and the registry: filters by area and tag, and what events are told with. Expected texts
 * were written by hand from docs/subscriber/events.md, RFC 8428 and ETSI GS CIM 009.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/projection/projection.h"
#include "control/subscriber/event_query.h"
#include "decoder_list.h"

static char dir[64], path[96];
static struct cv_registry_live *live;
static struct cv_registry_store *store;
static struct cv_event_query q;
static struct cv_http_refusal why;

static int open_all(void **state)
{
	const char *sentence;

	snprintf(dir, sizeof(dir), "/tmp/culvert-registry-XXXXXX");
	snprintf(path, sizeof(path), "%s/%s", mkdtemp(dir) ? dir : "", CV_REGISTRY_FILE);
	return cv_registry_store_open(path, CV_REGISTRY_WRITE, &store, &sentence) < 0 ||
			       cv_registry_live_create(path, &live) < 0
		       ? -1
		       : 0;
}

static int close_all(void **state)
{
	static const char *const more[] = {"", "-wal", "-shm"};
	char file[128];

	cv_event_query_release(&q);
	cv_registry_live_destroy(live);
	cv_registry_store_close(store);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		snprintf(file, sizeof(file), "%s%s", path, more[i]);
		unlink(file);
	}
	return rmdir(dir);
}

/* "id=...;kind=...": fields of a device. */
static void put(const char *text)
{
	struct cv_registry_device d;
	enum cv_registry_put what;
	const char *sentence;

	cv_registry_device_init(&d);
	while (*text) {
		size_t name = strcspn(text, "="), value = strcspn(text + name + 1, ";");
		int field = cv_registry_field_find(text, name);

		assert_true(field >= 0);
		assert_int_equal(cv_registry_field_set(&d, (unsigned int)field, text + name + 1,
						       value, &sentence),
				 0);
		text += name + 1 + value;
		text += *text == ';';
	}
	assert_int_equal(cv_registry_store_begin(store), 0);
	assert_int_equal(cv_registry_store_put(store, &d, &what), 0);
	assert_int_equal(cv_registry_store_commit(store), 0);
	assert_int_equal(cv_registry_live_step(live), 0);
}

static _Alignas(8) uint8_t memory[CV_RECORD_MAX], told_memory[CV_RECORD_MAX];

static void add_tlv(struct cv_record *rec, enum cv_tlv_tag tag, const void *data, size_t len)
{
	struct cv_tlv tlv = {.tag = (uint16_t)tag, .len = (uint16_t)len};
	uint8_t *at = memory + rec->size;

	memcpy(at, &tlv, sizeof(tlv));
	memcpy(at + sizeof(tlv), data, len);
	rec->size = (uint16_t)(rec->size + sizeof(tlv) + (len + 3) / 4 * 4);
}

/* A reading of a device, stamped as control does it. */
static struct cv_record *reading(const char *device)
{
	struct cv_record *rec = (struct cv_record *)(void *)memory;

	memset(memory, 0, sizeof(memory));
	*rec = (struct cv_record){
		.size = sizeof(*rec),
		.version = CV_RECORD_VERSION,
		.lane = CV_LANE_MEASUREMENT,
		.proto = CV_PROTO_MQTT,
		.value_type = CV_VALUE_U64,
		.value.u64 = 7,
		.ts_rx_ns = INT64_MAX - 1, /* after all of the registry was read */
	};
	add_tlv(rec, CV_TLV_DEVICE, device, strlen(device));
	rec->size = (uint16_t)((rec->size + 7) / 8 * 8);
	rec->registry_row = cv_registry_live_find_record(live, rec, &rec->area_row);
	assert_int_equal(cv_record_check(rec, sizeof(memory)), 0);
	return rec;
}

static int ask(const char *text)
{
	struct cv_http_query query;
	int res;

	memset(&why, 0, sizeof(why));
	cv_event_query_release(&q);
	assert_int_equal(cv_http_query_parse(text, strlen(text), &query), 0);
	res = cv_event_query_parse(&query, "", "", &q, &why);
	return res < 0 ? res : cv_event_query_set_registry(&q, live, &why);
}

static bool passes(const char *text, const struct cv_record *rec)
{
	assert_int_equal(ask(text), 0);
	return cv_event_query_matches(&q, rec);
}

static void test_filters(void **state)
{
	struct cv_record *rec;

	put("id=urn:dev:mqtt:A;city=310100;district=310115;street=310115005;tags=wet,old");
	put("id=urn:dev:mqtt:B;city=310100;district=310104");
	put("id=urn:dev:mqtt:C;tags=older");
	rec = reading("A");
	assert_int_not_equal(rec->area_row, 0);
	assert_true(passes("area=310115005", rec));
	assert_true(passes("area=3101", rec));
	assert_true(passes("area=44,310115", rec));
	assert_false(passes("area=310104", rec));
	assert_false(passes("area=3101150051", rec));
	assert_true(passes("tag=old", rec));
	assert_true(passes("tag=dry,wet&area=31", rec));
	assert_false(passes("tag=ol", rec));
	assert_false(passes("tag=old&area=44", rec));
	assert_true(passes("area=310104", reading("B")));
	assert_false(passes("area=310115", reading("B")));
	assert_false(passes("tag=old", reading("C")));
	assert_false(passes("area=3", reading("C")));
	assert_false(passes("area=3", reading("nobody")));
	rec->kind = CV_KIND_GAP; /* concerns everybody */
	assert_true(passes("area=44", rec));
}

static void test_filters_are_checked(void **state)
{
	put("id=urn:dev:mqtt:A");
	assert_int_equal(ask("area=3101*2"), -EINVAL);
	assert_non_null(strstr(why.error, "area=, character 5"));
	assert_int_equal(ask("area=3101,,2"), -EINVAL);
	assert_int_equal(ask("tag="), -EINVAL);
}

/* Nobody gets a stream that passes everything over in silence. */
static void test_no_registry(void **state)
{
	assert_int_equal(ask("area=31"), -EBUSY); /* nothing was read */
	assert_non_null(strstr(why.error, "still being read"));
	cv_registry_live_destroy(live);
	assert_int_equal(cv_registry_live_create("/nowhere/registry.db", &live), 0);
	assert_int_equal(ask("area=31"), -EINVAL);
	assert_non_null(strstr(why.error, "no registry"));
	assert_int_equal(ask("name=air.*"), 0);
}

/* History keeps the area of its time; what came before all was read is looked up. */
static void test_area_of_the_time(void **state)
{
	struct cv_record *rec;
	uint32_t row;

	put("id=urn:dev:mqtt:A;city=310100");
	rec = reading("A");
	row = rec->registry_row;
	put("id=urn:dev:mqtt:A;city=440300");
	assert_true(passes("area=3101", rec));
	assert_false(passes("area=4403", rec));
	assert_int_equal(reading("A")->registry_row, row);
	assert_true(passes("area=4403", rec));
	rec->registry_row = rec->area_row = 0; /* it was unknown when it was stamped */
	assert_false(passes("area=4403", rec));
	rec->ts_rx_ns = 1;
	assert_true(passes("area=4403", rec));
}

/* ---- telling -------------------------------------------------------------------------------- */

static char text[4 * CV_PROJECTION_ROOM];

static const char *project(enum cv_event_format format, const struct cv_record *rec)
{
	const struct cv_projection_ops *ops = cv_projections[format].ops;
	static const struct cv_member_cursor next;
	struct cv_projection_at at = {.node = "n", .seq = 4, .next = &next, .first = true};
	struct cv_json out = cv_json(text, sizeof(text) - 1);

	rec = cv_registry_live_tell(live, rec, true, told_memory);
	assert_int_equal(cv_record_check(rec, CV_RECORD_MAX), 0);
	ops->record(&out, &at, rec);
	assert_false(out.failed);
	*out.at = '\0';
	return text;
}

#define EVERYTHING                                                                                 \
	"id=urn:dev:mqtt:A;kind=\xe6\xb0\xb4;owner=Water \"Works\";lat=31.2;lon=121.5;alt=4;"      \
	"city=310100;district=310115;zone=z;interval=60;tags=wet,old"

static void test_cloudevent(void **state)
{
	const char *event;

	put(EVERYTHING);
	event = project(CV_EVENT_NDJSON, reading("A"));
	assert_non_null(strstr(event, "\"subject\":\"urn:dev:mqtt:A\",\"area\":\"310115\","
				      "\"devicekind\":\"\xe6\xb0\xb4\",\"time\":"));
	assert_non_null(strstr(
		event, "\"registry\":{\"kind\":\"\xe6\xb0\xb4\",\"owner\":\"Water \\\"Works\\\"\","
		       "\"position\":{\"lat\":31.2,\"lon\":121.5,\"alt\":4},\"city\":\"310100\","
		       "\"district\":\"310115\",\"zone\":\"z\",\"tags\":[\"wet\",\"old\"]}"));
	event = project(CV_EVENT_NDJSON, reading("nobody"));
	assert_null(strstr(event, "registry"));
	assert_null(strstr(event, "\"area\""));
}

static void test_other_projections(void **state)
{
	const char *event;

	put(EVERYTHING);
	assert_non_null(strstr(project(CV_EVENT_SENML, reading("A")), ",\"area\":\"310115\"}"));
	event = project(CV_EVENT_NGSI_LD, reading("A"));
	assert_non_null(strstr(event, "\"owner\":{\"type\":\"Property\",\"value\":"
				      "\"Water \\\"Works\\\"\"},\"zone\":"));
	assert_non_null(strstr(event,
			       "\"area\":{\"type\":\"Property\",\"value\":\"310115\"},"
			       "\"tags\":{\"type\":\"Property\",\"value\":[\"wet\",\"old\"]},"
			       "\"location\":{\"type\":\"GeoProperty\",\"value\":{\"type\":"
			       "\"Point\",\"coordinates\":[121.5,31.2,4]}}}"));
}

/* Who may not know who or where a device is does not learn it from the registry. */
static void test_masks(void **state)
{
	static const struct cv_scope_text hide_place = {.masks = "position"},
					  hide_device = {.masks = "device"};
	const struct cv_scope_text *const texts[] = {&hide_place, &hide_device};

	put(EVERYTHING);
	for (int i = 0; i < 2; i++) {
		const struct cv_record *rec, *told;
		struct cv_scope scope;

		assert_int_equal(cv_scope_parse(texts[i], &scope, &why), 0);
		rec = cv_scope_see(&scope, live, reading("A"));
		assert_non_null(rec);
		told = cv_registry_live_tell(live, rec, i != 0, told_memory);
		assert_null(cv_record_tlv(told, CV_TLV_PLACE).data);
		assert_int_equal(cv_record_tlv(told, CV_TLV_OWNER).data != NULL, i == 0);
		assert_non_null(cv_record_tlv(told, CV_TLV_AREA).data);
		assert_int_equal(ask("tag=old"), 0);
		assert_int_equal(cv_event_query_matches(&q, rec), i == 0);
		cv_scope_release(&scope);
	}
}

static bool sees(const char *areas, const struct cv_registry_live *where,
		 const struct cv_record *rec)
{
	struct cv_scope_text wanted = {0};
	struct cv_scope scope;
	bool in;

	snprintf(wanted.areas, sizeof(wanted.areas), "%s", areas);
	assert_int_equal(cv_scope_parse(&wanted, &scope, &why), 0);
	in = cv_scope_see(&scope, where, rec) != NULL;
	cv_scope_release(&scope);
	return in;
}

/* The area of a record is that of its time; what is in none is in no scope of areas. */
static void test_scope_of_areas(void **state)
{
	struct cv_record *rec;
	uint32_t area = 0;

	put("id=urn:dev:mqtt:A;city=310100;district=310115;street=310115005");
	put("id=urn:dev:mqtt:B;city=440300");
	put("id=urn:dev:mqtt:C");
	rec = reading("A");
	assert_true(sees("31", live, rec));
	assert_true(sees("4403,310115005", live, rec));
	assert_false(sees("310116", live, rec));
	assert_false(sees("4403", live, rec));
	assert_false(sees("3101150051", live, rec));
	assert_false(sees("31", NULL, rec));
	put("id=urn:dev:mqtt:A;city=440300"); /* moved */
	assert_true(sees("31", live, rec));
	assert_true(sees("4403", live, reading("A")));
	assert_false(sees("3", live, reading("C")));
	assert_false(sees("3", live, reading("nobody")));
	rec = reading("C");
	rec->kind = CV_KIND_GAP; /* nobody knows what was missing */
	assert_true(sees("3", live, rec));
	assert_int_not_equal(cv_registry_live_find(live, "urn:dev:mqtt:B", 14, &area), 0);
	assert_true(cv_registry_live_is_within(live, area, "44", 2));
}

/* A record with no room to spare goes out as it is; with little, with what fits. */
static void test_largest_records(void **state)
{
	uint8_t bytes[CV_TLV_MAX] = {1};

	put(EVERYTHING);
	for (unsigned int spare = 0; spare < 200; spare += 4) {
		struct cv_record *rec = reading("A");
		const struct cv_record *told;

		while (rec->size < CV_RECORD_MAX - spare) {
			size_t left = CV_RECORD_MAX - spare - rec->size, len = left - 4;

			add_tlv(rec, CV_TLV_BYTES, bytes, len < CV_TLV_MAX ? len : CV_TLV_MAX - 8);
		}
		rec->size = (uint16_t)((rec->size + 7) / 8 * 8);
		assert_int_equal(cv_record_check(rec, CV_RECORD_MAX), 0);
		told = cv_registry_live_tell(live, rec, true, told_memory);
		assert_int_equal(cv_record_check(told, CV_RECORD_MAX), 0);
		assert_int_equal(cv_record_tlv(told, CV_TLV_AREA).len > 0, spare >= 20);
		project(CV_EVENT_NDJSON, rec);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, open_all, close_all)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(filters),	       TEST(filters_are_checked),
		TEST(no_registry),     TEST(area_of_the_time),
		TEST(cloudevent),      TEST(other_projections),
		TEST(largest_records), TEST(masks),
		TEST(scope_of_areas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
