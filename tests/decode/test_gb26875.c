/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expected values are those of GB/T 26875.3-2011 and of the examples that go round with it (a unit's
 * maker's, address 0x379, centre 0x5b38), and of the published vectors, decoded by others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dataplane/normalize/vocabulary.h"
#include "tests/decode/gb26875_frames.h"

/* From a Chinese name with rubbish behind its end (published vector). */
#define NAMED_FIRE                                                                                 \
	"4040140010000509091b07152c312c320000784d07918e23300002020101012a01000100020031bac5bdd3bf" \
	"dab0e531bbd8c2b731bac500bac5d6f7bbfaf898cfa000000025110301060c472323"
/* One datagram with one data unit; every record of it. */
static size_t app(struct decode_run *r, uint8_t command, const char *app_hex)
{
	uint8_t bytes[1100];
	size_t len = frame(command, app_hex, bytes);

	decode_run_clear(r);
	decode_datagram(r, command != GB26875_CONTROL && command != GB26875_REQUEST, bytes, len);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->rejected, 0);
	return r->records;
}

static void fire(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	decode_datagram_hex(r, true, SMOKE_FIRE);
	assert_int_equal(r->messages, 1);
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->lane, CV_LANE_ALARM);
	assert_int_equal(rec->kind, CV_KIND_ALARM);
	assert_int_equal(rec->name_id, CV_NAME_FIRE_ALARM);
	assert_int_equal(rec->value_type, CV_VALUE_BOOL);
	assert_int_equal(rec->value.u64, 1);
	assert_int_equal(rec->status, 0x0202);
	assert_int_equal(rec->seq, 1);
	assert_int_equal(rec->direction, CV_DIR_UP);
	assert_int_equal(rec->device_end, CV_DEVICE_END_SRC);
	assert_int_equal(rec->raw_len, 78);
	assert_int_equal(rec->ts_device_ns, TIME_NS);
	assert_int_equal(rec->time_quality, CV_TIME_DEVICE);
	assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "000000000379");
	assert_string_equal(decode_text(rec, CV_TLV_SUB), "1-1.40-0002000a");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "send-component-state");
	assert_string_equal(decode_text(rec, CV_TLV_CODE), "2.1");
	assert_string_equal(decode_text(rec, CV_TLV_FLAG), "0002");
	assert_string_equal(decode_text(rec, CV_TLV_TEXT), ""); /* all blanks */
}

static void text_ends_at_its_zero(void **state)
{
	struct decode_run *r = *state;

	decode_datagram_hex(r, true, NAMED_FIRE);
	assert_int_equal(r->records, 1);
	assert_int_equal(r->record[0]->name_id, CV_NAME_FIRE_ALARM);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "1号接口板1回路1号");
	assert_string_equal(decode_text(r->record[0], CV_TLV_DEVICE), "0000322c312c");
	assert_int_equal(r->record[0]->flags, 0);
}

static void every_condition_is_a_record(void **state)
{
	static const unsigned int names[] = {
		CV_NAME_FIRE_ALARM,
		CV_NAME_FIRE_FAULT,
		CV_NAME_FIRE_SHIELD,
		CV_NAME_FIRE_SUPERVISION,
		CV_NAME_FIRE_STARTED,
		CV_NAME_FIRE_FEEDBACK,
		CV_NAME_FIRE_DELAY,
		CV_NAME_FIRE_MAIN_POWER_FAULT,
		CV_NAME_FIRE_BACKUP_POWER_FAULT,
		CV_NAME_FIRE_BUS_FAULT,
		CV_NAME_FIRE_MANUAL_MODE,
		CV_NAME_FIRE_CONFIG_CHANGED,
		CV_NAME_FIRE_RESET,
		CV_NAME_NONE,
		CV_NAME_NONE,
	};
	struct decode_run *r = *state;
	uint64_t seen = 0;

	assert_int_equal(app(r, GB26875_SEND, "01 01 0b 07 ff ff" TIME), 15);
	for (size_t i = 0; i < r->records; i++) {
		const struct cv_record *rec = r->record[i];
		unsigned int bit = (unsigned int)atoi(decode_text(rec, CV_TLV_CODE) + 2);

		assert_in_range(bit, 1, 15);
		seen |= 1u << bit;
		assert_int_equal(rec->name_id, names[bit - 1]);
		if (rec->name_id)
			assert_int_equal(rec->lane, cv_name_lane(rec->name_id));
		assert_int_equal(rec->kind == CV_KIND_ALARM, rec->lane == CV_LANE_ALARM);
		assert_string_equal(decode_text(rec, CV_TLV_SUB), "11-7");
		assert_string_equal(decode_text(rec, CV_TLV_FLAG), "ffff");
	}
	assert_int_equal(seen, 0xfffe);
	/* Nothing to report, whether bit 0 is set or not. */
	assert_int_equal(app(r, GB26875_SEND, "01 02 0b 07 01 00" TIME "0b 08 00 00" TIME), 2);
	for (uint64_t i = 0; i < 2; i++) {
		assert_int_equal(r->record[i]->name_id, CV_NAME_FIRE_STATE);
		assert_int_equal(r->record[i]->lane, CV_LANE_STATUS);
		assert_int_equal(r->record[i]->value.u64, 1 - i);
	}
	/* A component's power; its bits from 9 on mean nothing yet. */
	assert_int_equal(app(r, GB26875_SEND, "02 01 01 01 81 01 00 00 00 00 03" BLANKS TIME), 2);
	assert_int_equal(r->record[0]->name_id, CV_NAME_FIRE_POWER_FAULT);
	assert_string_equal(decode_text(r->record[1], CV_TLV_NAME), "raw.state-9");
}

static void units_and_operations(void **state)
{
	static const unsigned int unit[] = {CV_NAME_FIRE_ALARM,
					    CV_NAME_FIRE_FAULT,
					    CV_NAME_FIRE_MAIN_POWER_FAULT,
					    CV_NAME_FIRE_BACKUP_POWER_FAULT,
					    CV_NAME_FIRE_LINK_FAULT,
					    CV_NAME_FIRE_LINE_FAULT};
	struct decode_run *r = *state;
	char hex[64];

	for (unsigned int bit = 1; bit < 7; bit++) {
		snprintf(hex, sizeof(hex), "15 01 %02x" TIME, 1u << bit | 1);
		assert_int_equal(app(r, GB26875_ANSWER, hex), 1);
		assert_int_equal(r->record[0]->name_id, unit[bit - 1]);
		assert_int_equal(r->record[0]->lane, CV_LANE_ALARM);
		assert_string_equal(decode_text(r->record[0], CV_TLV_SUB), "");
		assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "answer-unit-state");
	}
	assert_int_equal(app(r, GB26875_SEND, "04 01 01 02 ff 09" TIME), 8);
	assert_int_equal(r->record[r->records - 1]->kind == CV_KIND_ALARM, false);
	assert_int_equal(app(r, GB26875_SEND, "04 01 01 02 20 09" TIME), 1);
	assert_int_equal(r->record[0]->name_id, CV_NAME_FIRE_CONFIRMED);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "operator 9");
	assert_int_equal(app(r, GB26875_SEND, "04 01 01 02 04 09" TIME), 1);
	assert_int_equal(r->record[0]->name_id, CV_NAME_FIRE_MANUAL_ALARM);
	assert_int_equal(r->record[0]->lane, CV_LANE_ALARM);
	decode_run_clear(r);
	decode_datagram_hex(r, true, MAIN_POWER);
	decode_datagram_hex(r, true, GUARD_ANSWER);
	assert_int_equal(r->records, 2);
	assert_int_equal(r->record[0]->name_id, CV_NAME_FIRE_MAIN_POWER_FAULT);
	assert_int_equal(r->record[1]->name_id, CV_NAME_FIRE_GUARD_ANSWER);
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT), "operator 1");
}

static void values(void **state)
{
	static const struct {
		unsigned int type, raw, name;
		double value;
		const char *unit;
	} cases[] = {
		{1, 7, CV_NAME_FIRE_COUNT, 7, "count"},
		{2, 305, CV_NAME_FIRE_HEIGHT, 3.05, "m"},
		{3, 800, CV_NAME_FIRE_TEMPERATURE, 80, "Cel"},
		{3, 0xff9c, CV_NAME_FIRE_TEMPERATURE, -10, "Cel"},
		{4, 16, CV_NAME_FIRE_PRESSURE, 1.6e6, "Pa"},
		{5, 1013, CV_NAME_FIRE_PRESSURE, 101300, "Pa"},
		{6, 125, CV_NAME_FIRE_GAS, 12.5, "/100"},
		{7, 30, CV_NAME_FIRE_TIME, 30, "s"},
		{8, 2203, CV_NAME_FIRE_VOLTAGE, 220.3, "V"},
		{9, 51, CV_NAME_FIRE_CURRENT, 5.1, "A"},
		{10, 403, CV_NAME_FIRE_FLOW, 40.3, "l/s"},
		{11, 5, CV_NAME_FIRE_AIR_FLOW, 30, "m3/h"},
		{12, 19, CV_NAME_FIRE_WIND_SPEED, 19, "m/s"},
	};
	struct decode_run *r = *state;
	char hex[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct cv_record *rec;

		snprintf(hex, sizeof(hex), "03 01 01 02 28 01 02 03 04 %02x %02x %02x" TIME,
			 cases[i].type, cases[i].raw & 255, cases[i].raw >> 8);
		assert_int_equal(app(r, GB26875_SEND, hex), 1);
		rec = r->record[0];
		assert_int_equal(rec->lane, CV_LANE_MEASUREMENT);
		assert_int_equal(rec->name_id, cases[i].name);
		assert_true(rec->value.f64 == cases[i].value);
		assert_string_equal(cv_unit_text(rec->unit_id), cases[i].unit);
		assert_string_equal(decode_text(rec, CV_TLV_SUB), "1-2.40-04030201");
		assert_int_equal(rec->flags, 0);
	}
	assert_int_equal(app(r, GB26875_SEND, "03 01 01 02 28 01 02 03 04 0c 15 00" TIME), 1);
	assert_int_equal(r->record[0]->flags, CV_FLAG_RANGE); /* wind of 21 m/s, table 6 */
	assert_int_equal(app(r, GB26875_SEND, "03 01 01 02 28 01 02 03 04 80 fe ff" TIME), 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "raw.analog-128");
	assert_int_equal(r->record[0]->value.i64, -2);
}

static void versions_descriptions_clocks(void **state)
{
	struct decode_run *r = *state;

	assert_int_equal(app(r, GB26875_SEND, "19 01 01 0a"), 1);
	assert_int_equal(r->record[0]->name_id, CV_NAME_DEVICE_VERSION);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "1.10");
	assert_int_equal(app(r, GB26875_SEND, "05 01 01 02 03 04"), 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_SUB), "1-2");
	/* With and without a time: editions differ. */
	assert_int_equal(app(r, GB26875_SEND, "06 02 01 02 04 d1 cc b8 d0 01 03 01 41"), 2);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "烟感");
	assert_string_equal(decode_text(r->record[1], CV_TLV_TEXT), "A");
	assert_int_equal(app(r, GB26875_SEND, "06 01 01 02 02 41 42" TIME), 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_TEXT), "AB");
	assert_int_equal(r->record[0]->ts_device_ns, TIME_NS);
	assert_int_equal(app(r, GB26875_SEND, "1a 01 03 41 ff 42"), 1);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_BYTES);
	assert_int_equal(r->record[0]->flags, CV_FLAG_ENCODING);
	assert_int_equal(app(r, GB26875_SEND, "07 01 01 02 28 01 02 03 04" BLANKS), 1);
	assert_int_equal(r->record[0]->name_id, CV_NAME_DEVICE_DESCRIPTION);
	assert_int_equal(app(r, GB26875_SEND, "1c 01" TIME), 1);
	assert_int_equal(r->record[0]->name_id, CV_NAME_DEVICE_CLOCK);
	assert_int_equal(r->record[0]->value.i64, TIME_NS / 1000000000);
	assert_int_equal(app(r, GB26875_SEND, "08 01 01 02 3c 3A 09 1A 09 0C"), 1);
	assert_int_equal(r->record[0]->value_type, CV_VALUE_NONE);
	assert_int_equal(r->record[0]->quality, CV_QUALITY_BAD);
}

static void times(void **state)
{
	struct decode_run *r = *state;

	/* 30 February; no time at all: the frame's. */
	assert_int_equal(app(r, GB26875_SEND, "15 01 02 00 00 00 1e 02 0c"), 1);
	assert_int_equal(r->record[0]->time_quality, CV_TIME_IMPLAUSIBLE);
	assert_int_equal(r->record[0]->ts_device_ns, 0);
	assert_int_equal(app(r, GB26875_SEND, "15 01 02 00 00 00 00 00 00"), 1);
	assert_int_equal(r->record[0]->time_quality, CV_TIME_DEVICE);
	assert_int_equal(r->record[0]->ts_device_ns, TIME_NS + 30ll * 1000000000);
	/* The centre's clock is not the device's. */
	assert_int_equal(app(r, GB26875_REQUEST, "51 01 00"), 1);
	assert_int_equal(r->record[0]->time_quality, CV_TIME_ABSENT);
}

static void what_the_centre_sends(void **state)
{
	static const struct {
		const char *hex, *method;
		enum cv_kind kind;
		uint64_t value;
	} cases[] = {
		{SENT DOWN "03 00 04 51 01 00 FE 23 23", "request-unit-state", CV_KIND_COMMAND, 0},
		{SENT DOWN "03 00 04 55 01 00 02 23 23", "request-unit-version", CV_KIND_COMMAND,
		 0},
		{SENT DOWN "03 00 04 58 01 00 05 23 23", "request-unit-clock", CV_KIND_COMMAND, 0},
		{SENT DOWN "03 00 01 59 01 00 03 23 23", "control-initialize", CV_KIND_COMMAND, 0},
		{SENT DOWN "08 00 01 5A 01" TIME "7D 23 23", "control-set-clock", CV_KIND_COMMAND,
		 TIME_NS / 1000000000},
		{SENT DOWN "03 00 01 5B 01 0A 0F 23 23", "control-guard-check", CV_KIND_COMMAND,
		 10},
		{ANSWERED DOWN "00 00 03 AB 23 23", "confirm", CV_KIND_STATE, 0},
		{ANSWERED DOWN "00 00 06 AE 23 23", "deny", CV_KIND_ERROR, 0},
	};
	struct decode_run *r = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct cv_record *rec;

		decode_run_clear(r);
		decode_datagram_hex(r, false, cases[i].hex);
		assert_int_equal(r->messages, 1);
		assert_int_equal(r->records, 1);
		rec = r->record[0];
		assert_string_equal(decode_text(rec, CV_TLV_METHOD), cases[i].method);
		assert_int_equal(rec->kind, cases[i].kind);
		assert_int_equal(rec->lane, CV_LANE_STATUS);
		assert_int_equal(rec->value.u64, cases[i].value);
		assert_int_equal(rec->direction, CV_DIR_DOWN);
		assert_int_equal(rec->device_end, CV_DEVICE_END_DST);
		assert_string_equal(decode_text(rec, CV_TLV_DEVICE), "000000000379");
	}
	/* Everything that can be asked for. */
	assert_int_equal(app(r, GB26875_REQUEST, "3d 02 01 01 01 02"), 2);
	assert_string_equal(decode_text(r->record[1], CV_TLV_SUB), "1-2");
	assert_int_equal(app(r, GB26875_REQUEST, "3e 01 01 01 0a 00 02 00"), 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_SUB), "1-1.0002000a");
	assert_int_equal(app(r, GB26875_REQUEST, "40 01 01 01 05" TIME), 1);
	assert_int_equal(r->record[0]->value.u64, 5);
	assert_int_equal(app(r, GB26875_REQUEST, "54 01 07" TIME), 1);
	assert_int_equal(r->record[0]->value.u64, 7);
}

static void makers_own(void **state)
{
	struct decode_run *r = *state;
	const struct cv_record *rec;

	/* Type 150, of a unit sold in 2024 (published vector). */
	decode_datagram_hex(r, true,
			    "4040000001010f220e190713010000000000ffff00000000120002960100035b010000"
			    "000200000f220e190713f12323");
	assert_int_equal(r->records, 1);
	rec = r->record[0];
	assert_int_equal(rec->flags, CV_FLAG_RAW);
	assert_int_equal(rec->value_type, CV_VALUE_BYTES);
	assert_string_equal(decode_text(rec, CV_TLV_NAME), "raw.type-150");
	assert_string_equal(decode_text(rec, CV_TLV_METHOD), "send-type-150");
	assert_int_equal(cv_record_tlv(rec, CV_TLV_BYTES).len, 16);
	/* A type of the standard in another layout, an unknown command. */
	assert_int_equal(app(r, GB26875_SEND, "02 01 01 02 03 04"), 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_NAME), "raw.type-2");
	assert_int_equal(app(r, 130, "15 01 02" TIME), 1);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "command-130-unit-state");
}

static void heartbeats_and_no_address(void **state)
{
	struct decode_run *r = *state;

	assert_int_equal(app(r, GB26875_SEND, ""), 1);
	assert_int_equal(r->record[0]->kind, CV_KIND_SESSION);
	assert_string_equal(decode_text(r->record[0], CV_TLV_METHOD), "heartbeat");
	decode_run_clear(r);
	decode_datagram_hex(r, true,
			    "404002000102162a100c07160000000000006400000000000900021501140e2a100c"
			    "0716882323");
	assert_int_equal(r->records, 2); /* fault, and of the backup power */
	assert_null(cv_record_tlv(r->record[0], CV_TLV_DEVICE).data);
	assert_int_equal(r->record[1]->name_id, CV_NAME_FIRE_BACKUP_POWER_FAULT);
}

/* "KEY": VALUE of a row's description, as text up to the next comma or brace. */
static const char *member(const char *json, const char *key)
{
	static char text[4][160];
	static unsigned int turn;
	char quoted[32], *out = text[turn++ % 4];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	at = strstr(json, quoted);
	if (at == NULL)
		return NULL;
	at += strlen(quoted);
	at += *at == '"';
	snprintf(out, sizeof(text[0]), "%.*s", (int)strcspn(at, "\",}"), at);
	return out;
}

/* ns since the epoch of "2020-10-22 17:13:24" in Beijing, by libc. */
static int64_t instant(const char *text)
{
	struct tm tm = {0};

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return ((int64_t)timegm(&tm) - 8 * 3600) * 1000000000;
}

static void check_object(const struct cv_record *rec, const char *object, unsigned int type)
{
	char want[64];

	if (type == 2) {
		snprintf(want, sizeof(want), "%s-%s.%s-%08lx", member(object, "sys"),
			 member(object, "saddr"), member(object, "ptype"),
			 strtoul(member(object, "paddr"), NULL, 16));
		assert_string_equal(decode_text(rec, CV_TLV_SUB), want);
		assert_string_equal(decode_text(rec, CV_TLV_TEXT), member(object, "desc"));
	}
	if (type == 2 || type == 21) {
		snprintf(want, sizeof(want), "%0*lx", type == 2 ? 4 : 2,
			 strtoul(member(object, "state"), NULL, 16));
		assert_string_equal(decode_text(rec, CV_TLV_FLAG), want);
	}
	if (type == 24) {
		snprintf(want, sizeof(want), "operator %s", member(object, "operator"));
		assert_string_equal(decode_text(rec, CV_TLV_TEXT), want);
		snprintf(want, sizeof(want), "%02lx", strtoul(member(object, "op"), NULL, 16));
		assert_string_equal(decode_text(rec, CV_TLV_FLAG), want);
	}
	if (member(object, "t"))
		assert_int_equal(rec->ts_device_ns, instant(member(object, "t")));
}

/* A row: sum good, source, frame, what another decoder made of it. */
static void vector(void *arg, char *const *column)
{
	struct decode_run *r = arg;
	const char *json = column[3], *objects = strstr(json, "\"objs\"");
	bool good = strcmp(column[0], "True") == 0;
	unsigned int cmd = (unsigned int)atoi(member(json, "cmd"));
	unsigned int type = (unsigned int)atoi(member(json, "type"));
	char device[32];

	snprintf(device, sizeof(device), "%s", member(json, cmd == 4 ? "dst" : "src"));
	decode_run_clear(r);
	decode_datagram_hex(r, true, column[2]);
	assert_int_equal(r->messages, good);
	assert_int_equal(r->rejected, !good);
	if (!good) {
		assert_int_equal(r->reject[0], CV_REJECT_BAD_CHECKSUM);
		return;
	}
	assert_true(r->records > 0);
	for (size_t i = 0; i < r->records; i++) {
		const struct cv_record *rec = r->record[i];

		assert_int_equal(rec->seq, atoi(member(json, "serial")));
		assert_int_equal(rec->status, cmd << 8 | type);
		assert_string_equal(decode_text(rec, CV_TLV_DEVICE),
				    strcmp(device, "000000000000") ? device : "");
		check_object(rec, objects, type);
	}
}

static void shared_vectors(void **state)
{
	unsigned int rows = decode_vectors("gb26875.tsv", 4, vector, *state);

	if (rows == 0)
		skip();
	assert_int_equal(rows, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fire),
		TEST(text_ends_at_its_zero),
		TEST(every_condition_is_a_record),
		TEST(units_and_operations),
		TEST(values),
		TEST(versions_descriptions_clocks),
		TEST(times),
		TEST(what_the_centre_sends),
		TEST(makers_own),
		TEST(heartbeats_and_no_address),
		TEST(shared_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
