/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms, and what every cell and probe of the batteries says. */
#include <string.h>

#include "dataplane/decode/gb32960.h"
#include "dataplane/normalize/vocabulary.h"

#define CELL_LISTED 64 /* voltages in one record: seven characters each */
#define PROBE_LISTED 100 /* temperatures: four characters each and a blank */

/* Table 18 */
static const uint16_t alarm_bits[] = {
	CV_NAME_BATTERY_TEMPERATURE_DIFFERENCE,
	CV_NAME_BATTERY_HOT,
	CV_NAME_BATTERY_OVERVOLTAGE,
	CV_NAME_BATTERY_UNDERVOLTAGE,
	CV_NAME_BATTERY_CHARGE_LOW,
	CV_NAME_BATTERY_CELL_OVERVOLTAGE,
	CV_NAME_BATTERY_CELL_UNDERVOLTAGE,
	CV_NAME_BATTERY_CHARGE_HIGH,
	CV_NAME_BATTERY_CHARGE_JUMP,
	CV_NAME_BATTERY_MISMATCH,
	CV_NAME_BATTERY_CELLS_UNEVEN,
	CV_NAME_VEHICLE_INSULATION_ALARM,
	CV_NAME_VEHICLE_DCDC_HOT,
	CV_NAME_VEHICLE_BRAKE_ALARM,
	CV_NAME_VEHICLE_DCDC_ALARM,
	CV_NAME_MOTOR_CONTROLLER_HOT,
	CV_NAME_VEHICLE_INTERLOCK_ALARM,
	CV_NAME_MOTOR_HOT,
	CV_NAME_BATTERY_OVERCHARGED,
};

static const struct gb32960_field level = {
	.name = CV_NAME_VEHICLE_ALARM_LEVEL, .width = 1, .word = true};

static void put_alarm(const struct gb32960_frame *f, unsigned int bit, uint32_t flags,
		      unsigned int worst)
{
	struct cv_label code = {0}, word = {0}, text = {0};
	struct cv_record *rec;

	cv_label_str(&code, "07.bit-");
	cv_label_u32(&code, bit);
	cv_label_bytes(&code, "", 1);
	rec = gb32960_named(f,
			    bit < sizeof(alarm_bits) / sizeof(alarm_bits[0])
				    ? alarm_bits[bit]
				    : CV_NAME_VEHICLE_OTHER_ALARM,
			    code.text, NULL);
	rec->value_type = CV_VALUE_BOOL;
	rec->value.u64 = 1;
	cv_label_hex(&word, flags, 8);
	gb32960_put(f, CV_TLV_FLAG, &word);
	cv_label_str(&text, "highest level ");
	cv_label_u32(&text, worst);
	gb32960_put(f, CV_TLV_TEXT, &text);
	gb32960_end(f);
}

/* Numbers of faults, which are the maker's own: one record, value is how many. */
static void put_faults(const struct gb32960_frame *f, unsigned int name, const uint8_t *at,
		       unsigned int count)
{
	struct cv_record *rec = gb32960_named(f, name, NULL, NULL);
	char text[CV_TLV_MAX];
	size_t n = 0;

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = count;
	for (unsigned int i = 0; i < count && n + 9 <= sizeof(text); i++) {
		struct cv_label one = {0};

		if (i > 0)
			text[n++] = ' ';
		for (unsigned int byte = 0; byte < 4; byte++)
			cv_label_hex(&one, at[4 * i + byte], 2);
		memcpy(text + n, one.text, one.len);
		n += one.len;
		if (i + 1 < count && n + 9 > sizeof(text))
			rec->flags |= CV_FLAG_TRUNCATED;
	}
	cv_emit_tlv(f->d->emit, CV_TLV_TEXT, text, n);
	gb32960_end(f);
}

/* The level has the flags beside it every time, so that it can be told when an alarm is over. */
bool gb32960_alarms(const struct gb32960_frame *f, struct cv_reader *r)
{
	static const uint16_t lists[] = {CV_NAME_BATTERY_FAULT, CV_NAME_MOTOR_FAULT,
					 CV_NAME_ENGINE_FAULT, CV_NAME_VEHICLE_FAULT};
	unsigned int worst = cv_read_u8(r);
	uint32_t flags = cv_read_be32(r);
	struct cv_label word = {0};
	struct cv_record *rec;

	if (r->failed)
		return false;
	rec = gb32960_named(f, level.name, "07.1", NULL);
	cv_label_hex(&word, flags, 8);
	gb32960_put(f, CV_TLV_FLAG, &word);
	if (worst >= 0xfe) {
		rec->quality = CV_QUALITY_BAD;
	} else {
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = worst;
	}
	gb32960_end(f);
	for (unsigned int bit = 0; bit < 32; bit++) {
		if (flags & 1u << bit)
			put_alarm(f, bit, flags, worst);
	}
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		unsigned int count = cv_read_u8(r);
		const uint8_t *at = count < 0xfe ? cv_read_bytes(r, (size_t)count * 4) : r->cur;

		if (r->failed)
			return false;
		if (count != 0 && count < 0xfe)
			put_faults(f, lists[i], at, count);
	}
	return true;
}

static void name_battery(struct cv_label *sub, unsigned int number)
{
	cv_label_str(sub, "battery-");
	cv_label_u32(sub, number);
}

/* "08.65-128": which of them a record has. */
static void put_range(struct cv_label *code, const char *item, unsigned int from, unsigned int to)
{
	cv_label_str(code, item);
	cv_label_str(code, ".");
	cv_label_u32(code, from);
	cv_label_str(code, "-");
	cv_label_u32(code, to);
	cv_label_bytes(code, "", 1);
}

/* Whole volts, three decimals; "-" for one that is not known. */
static void put_millivolts(struct cv_label *l, uint16_t mv)
{
	char decimals[4] = {'.', (char)('0' + mv / 100 % 10), (char)('0' + mv / 10 % 10),
			    (char)('0' + mv % 10)};

	if (mv >= 0xfffe) {
		cv_label_str(l, "-");
		return;
	}
	cv_label_u32(l, mv / 1000);
	cv_label_bytes(l, decimals, sizeof(decimals));
}

static void put_voltages(const struct gb32960_frame *f, const struct cv_label *sub,
			 unsigned int first, const uint8_t *at, unsigned int count)
{
	char text[CELL_LISTED * 8];
	struct cv_label code = {0};
	struct cv_record *rec;
	size_t n = 0;

	put_range(&code, "08", first, first + count - 1);
	rec = gb32960_named(f, CV_NAME_BATTERY_CELL_VOLTAGES, code.text, sub);
	rec->value_type = CV_VALUE_TEXT;
	for (unsigned int i = 0; i < count; i++) {
		struct cv_label one = {0};

		cv_label_str(&one, i > 0 ? " " : "");
		put_millivolts(&one, (uint16_t)(at[2 * i] << 8 | at[2 * i + 1]));
		memcpy(text + n, one.text, one.len);
		n += one.len;
	}
	cv_emit_tlv(f->d->emit, CV_TLV_TEXT, text, n);
	gb32960_end(f);
}

/* 7.2.3.8: of each subsystem voltage, current, and those cells that this frame has. */
bool gb32960_cells(const struct gb32960_frame *f, struct cv_reader *r)
{
	static const struct gb32960_field pack[] = {
		{.name = CV_NAME_BATTERY_PACK_VOLTAGE, .width = 2, .times = 1, .by = 10},
		{.name = CV_NAME_BATTERY_PACK_CURRENT,
		 .width = 2,
		 .times = 1,
		 .by = 10,
		 .offset = 10000},
	};
	unsigned int systems = cv_read_u8(r);

	for (unsigned int i = 0; i < systems && !r->failed; i++) {
		struct cv_label sub = {0};
		unsigned int first, count;
		const uint8_t *at;

		name_battery(&sub, cv_read_u8(r));
		if (cv_reader_left(r) < 9)
			return false;
		gb32960_fields(f, pack, 2, GB32960_CODE(8, 2), &sub, r);
		cv_read_be16(r); /* cells in all */
		first = cv_read_be16(r);
		count = cv_read_u8(r);
		at = cv_read_bytes(r, (size_t)count * 2);
		for (unsigned int done = 0; at != NULL && done < count; done += CELL_LISTED)
			put_voltages(f, &sub, first + done, at + (size_t)done * 2,
				     count - done < CELL_LISTED ? count - done : CELL_LISTED);
	}
	return !r->failed;
}

void gb32960_temperatures(const struct gb32960_frame *f, unsigned int name, const char *item,
			  const struct cv_label *sub, const uint8_t *at, size_t count)
{
	for (size_t done = 0; done < count; done += PROBE_LISTED) {
		size_t here = count - done < PROBE_LISTED ? count - done : PROBE_LISTED;
		char text[PROBE_LISTED * 5];
		struct cv_label code = {0};
		struct cv_record *rec;
		size_t n = 0;

		put_range(&code, item, (unsigned int)done + 1, (unsigned int)(done + here));
		rec = gb32960_named(f, name, code.text, sub);
		rec->value_type = CV_VALUE_TEXT;
		for (size_t i = 0; i < here; i++) {
			int value = at[done + i] - 40;
			struct cv_label one = {0};

			cv_label_str(&one, i > 0 ? " " : "");
			if (at[done + i] >= 0xfe || value < 0)
				cv_label_str(&one, "-");
			if (at[done + i] < 0xfe)
				cv_label_u32(&one, (uint32_t)(value < 0 ? -value : value));
			memcpy(text + n, one.text, one.len);
			n += one.len;
		}
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, text, n);
		gb32960_end(f);
	}
}

/* 7.2.3.9 */
bool gb32960_probes(const struct gb32960_frame *f, struct cv_reader *r)
{
	unsigned int systems = cv_read_u8(r);

	for (unsigned int i = 0; i < systems && !r->failed; i++) {
		struct cv_label sub = {0};
		const uint8_t *at;
		unsigned int count;

		name_battery(&sub, cv_read_u8(r));
		count = cv_read_be16(r);
		if (count >= 0xfffe)
			count = 0;
		at = cv_read_bytes(r, count);
		if (at != NULL)
			gb32960_temperatures(f, CV_NAME_BATTERY_TEMPERATURES, "09", &sub, at,
					     count);
	}
	return !r->failed;
}
