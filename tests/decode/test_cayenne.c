/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads and values are published: TheThingsNetwork's and ElectronicCats' tests, as named below. */
#include <errno.h>
#include <stdlib.h>

#include "dataplane/decode/cayenne.h"
#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/classified_test.h"

extern const struct cv_decoder cv_decoder_mqttsn;

static void nothing(void *arg, struct cv_record *rec)
{
	(void)arg;
	(void)rec;
}

/* Emits into the run's records, from a copy of exactly the payload's length. */
static int run(struct decode_run *r, const char *hex)
{
	static const struct cv_cayenne_origin origin = {.complete = nothing};
	uint8_t bytes[256];
	size_t len = decode_hex(hex, bytes, sizeof(bytes));
	uint8_t *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, bytes, len);
	decode_run_clear(r);
	r->now = r->origin;
	r->emit.origin = &r->now;
	ret = cv_cayenne_check(copy, len);
	if (ret == 0)
		cv_cayenne_emit(&r->emit, copy, len, &origin);
	free(copy);
	return ret;
}

struct want {
	const char *code;
	enum cv_name name;
	const char *raw;
	double value;
};

static void check(const struct decode_run *r, const struct want *want, size_t n)
{
	size_t found = 0;

	assert_int_equal(r->records, n);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			const struct cv_record *rec = r->record[k];

			if (strcmp(decode_text(rec, CV_TLV_CODE), want[i].code) != 0)
				continue;
			found++;
			assert_int_equal(rec->name_id, want[i].name);
			assert_string_equal(decode_text(rec, CV_TLV_NAME), want[i].raw);
			assert_true(rec->value.f64 == want[i].value);
			if (want[i].name != CV_NAME_NONE)
				assert_int_equal(rec->unit_id, cv_name_unit(want[i].name));
		}
	}
	assert_int_equal(found, n);
}

/* TheThingsNetwork, cayennelpp_test.go. */
static void all_types(void **state)
{
	static const struct want want[] = {
		{"1.0", CV_NAME_NONE, "raw.digital-input", 255},
		{"2.1", CV_NAME_NONE, "raw.digital-output", 100},
		{"3.2", CV_NAME_NONE, "raw.analog-input", 54.5},
		{"4.3", CV_NAME_NONE, "raw.analog-output", -54.5},
		{"5.101", CV_NAME_WEATHER_ILLUMINANCE, "", 500},
		{"6.102", CV_NAME_NONE, "raw.presence", 50},
		{"7.103", CV_NAME_WEATHER_TEMPERATURE, "", -15.6},
		{"8.104", CV_NAME_WEATHER_HUMIDITY, "", 49.5},
		{"9.113.x", CV_NAME_NONE, "raw.acceleration", -0.424},
		{"9.113.y", CV_NAME_NONE, "raw.acceleration", 0.015},
		{"9.113.z", CV_NAME_NONE, "raw.acceleration", 1.666},
		{"10.115", CV_NAME_WEATHER_PRESSURE, "", 1073.5},
		{"11.134.x", CV_NAME_NONE, "raw.rotation", 3.55},
		{"11.134.y", CV_NAME_NONE, "raw.rotation", 5.61},
		{"11.134.z", CV_NAME_NONE, "raw.rotation", -4.1},
	};
	struct decode_run *r = *state;

	assert_int_equal(run(r, "0100ff 020164 0302154a 0403eab6 056501f4 066632 0767ff64 086863 "
				"0971fe58000f0682 0a7329ef 0b8601630231fe66"),
			 0);
	check(r, want, COUNT_OF(want));
}

static void positions(void **state)
{
	struct decode_run *r = *state;
	struct cv_position where;

	assert_int_equal(run(r, "0c8807fd8700bef500086a"), 0);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->name_id, CV_NAME_DEVICE_POSITION);
	assert_true(cv_record_position(r->record[0], &where));
	assert_int_equal(where.lat, 523655000);
	assert_int_equal(where.lon, 48885000);
	assert_int_equal(where.alt, 21540);
	/* ElectronicCats, aunit/main.cpp:238 */
	assert_int_equal(run(r, "018806765ef2960a0003e8"), 0);
	assert_true(cv_record_position(r->record[0], &where));
	assert_int_equal(where.lat, 423518000);
	assert_int_equal(where.lon, -879094000);
	assert_int_equal(where.alt, 10000);
}

/* ElectronicCats, aunit/main.cpp:154, 249 and 261. */
static void temperatures(void **state)
{
	static const struct want two[] = {{"3.103", CV_NAME_WEATHER_TEMPERATURE, "", 27.2},
					  {"5.103", CV_NAME_WEATHER_TEMPERATURE, "", 25.5}};
	static const struct want cold[] = {{"5.103", CV_NAME_WEATHER_TEMPERATURE, "", -4.7}};
	struct decode_run *r = *state;

	assert_int_equal(run(r, "03670110056700FF"), 0);
	check(r, two, COUNT_OF(two));
	assert_int_equal(run(r, "0567FFD1"), 0);
	check(r, cold, COUNT_OF(cold));
	assert_int_equal(run(r, "0567FF"), -EBADMSG);
	assert_int_equal(run(r, "0567FFD105"), -EBADMSG);
	assert_int_equal(run(r, "05670110 0669ff"), -EBADMSG); /* no such type: nothing at all */
	assert_int_equal(r->records, 0);
	assert_int_equal(run(r, ""), -ENODATA);
}

static int setup(void **state)
{
	*state = decode_run_new(&cv_decoder_mqttsn, NULL);
	return 0;
}

/* Where a topic says so. */
static void in_mqttsn(void **state)
{
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, "0b 0a 0000 0016 612f6c7070"); /* REGISTER a/lpp */
	decode_datagram_hex(r, false, "07 0b 000b 0016 00");
	decode_run_clear(r);
	decode_datagram_hex(r, true, "0f 0c 00 000b 0017 03670110056700FF");
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[0]->name_id, CV_NAME_WEATHER_TEMPERATURE);
	assert_true(r->record[0]->value.f64 == 27.2);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "publish");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, decode_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_types),
		TEST(positions),
		TEST(temperatures),
		TEST(in_mqttsn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
