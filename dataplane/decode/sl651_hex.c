/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of hexadecimal frames (6.6.3): identifier, a byte of width and decimals, data. */
#include <string.h>

#include "dataplane/decode/judge.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/sl651.h"
#include "dataplane/normalize/vocabulary.h"

#define MINUTE_NS (60ll * 1000000000)
#define WIDTH_MAX 31
#define EVENTS 32 /* counters of function 50H (table 82) */
#define EVENTS_NAMED 18

/* Identifiers with a meaning of their own. */
#define ID_PASSWORD 0x03 /* parameter */
#define ID_STEP 0x04
#define ID_MODE 0x0c /* parameter */
#define ID_CARD 0x0f /* parameter */
#define ID_STATE 0x45
#define ID_TIME 0xf0
#define ID_STATION 0xf1
#define ID_MANUAL 0xf2
#define ID_PICTURE 0xf3
#define ID_SERIES_FIRST 0xf4
#define ID_SERIES_LAST 0xfc
#define ID_BATCH 0xfd
#define ID_EXTENDED 0xff

void sl651_digits(const uint8_t *bytes, size_t digits, char *ret)
{
	static const char digit[] = "0123456789ABCDEF";

	for (size_t i = 0; i < digits; i++)
		ret[i] = digit[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
}

void sl651_take_station(struct sl651_frame *f, const char *digits)
{
	struct cv_app_fact fact = {.kind = CV_APP_IDENTITY, .len = SL651_STATION};

	f->station = f->h->station;
	if (memcmp(digits, f->h->station, SL651_STATION) == 0)
		return;
	memcpy(f->inner, digits, SL651_STATION);
	f->station = f->inner;
	fact.text = (const uint8_t *)f->inner;
	if (f->d->judge != NULL) /* a relay speaks for it */
		cv_judge_fact(f->d->judge, &fact);
}

static bool all_ones(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] != 0xff)
			return false;
	return true;
}

void sl651_bcd(struct sl651_frame *f, const struct sl651_item *it, const uint8_t *data, size_t len,
	       int decimals)
{
	char text[2 * WIDTH_MAX + 1];
	bool negative = len > 1 && data[0] == 0xff;
	size_t at = negative;

	if (all_ones(data, len)) {
		sl651_number(f, it, NULL, 0, 0);
		return;
	}
	text[0] = '-';
	for (size_t i = at; i < len; i++) {
		if ((data[i] & 15) > 9 || data[i] >> 4 > 9) {
			sl651_raw(f, it, data, len);
			return;
		}
	}
	sl651_digits(data + at, 2 * (len - at), text + negative);
	sl651_number(f, it, text, negative + 2 * (len - at), -decimals);
}

/* Days, hours, minutes in BCD, of which one is not zero (table C.3). */
static void take_step(struct sl651_frame *f, const uint8_t *data)
{
	static const int16_t minutes[] = {24 * 60, 60, 1};

	f->step = 0;
	for (size_t i = 0; i < 3; i++)
		f->step += (data[i] / 16 * 10 + data[i] % 16) * minutes[i] * MINUTE_NS;
	f->stepped = true;
}

static void put_parameter(struct sl651_frame *f, const struct sl651_item *it, uint8_t id,
			  const uint8_t *data, size_t len, int decimals)
{
	bool running = f->h->fn == SL651_SET_RUNNING || f->h->fn == SL651_GET_RUNNING;

	if (id == ID_PASSWORD)
		sl651_withheld(f, it);
	else if (!running && id == ID_CARD)
		sl651_text(f, it, CV_NAME_NONE, data, len);
	else if (running || id == ID_MODE)
		sl651_bcd(f, it, data, len, decimals);
	else
		sl651_raw(f, it, data, len);
}

/* Functions 31H and 38H: one element, then its values one after the other. */
static void put_values(struct sl651_frame *f, const struct sl651_item *it, const uint8_t *data,
		       size_t width, size_t count, int decimals)
{
	int64_t first = f->ts;

	for (size_t i = 0; i < count; i++) {
		if (f->time_quality == CV_TIME_DEVICE)
			f->ts = first + (int64_t)i * f->step;
		sl651_bcd(f, it, data + i * width, width, decimals);
	}
	f->ts = first;
}

/* An identifier and its data. @return bytes used up, 0 when they are not all there. */
static size_t put_element(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	size_t ids = data[0] == ID_EXTENDED ? 2 : 1, width;
	bool uniform = f->stepped && (f->h->fn == SL651_UNIFORM || f->h->fn == SL651_PERIOD);
	struct sl651_item it = {.parameter = sl651_is_parameters(f->h->fn)};
	const uint8_t *value;
	char code[4];
	size_t left;
	int decimals;

	if (len < ids + 1 || len - ids - 1 < data[ids] >> 3)
		return 0;
	width = data[ids] >> 3;
	decimals = data[ids] & 7;
	value = data + ids + 1;
	left = len - ids - 1;
	sl651_digits(data, 2 * ids, code);
	it.code = code;
	it.code_len = 2 * ids;
	if (ids == 1 && !it.parameter)
		it.element = sl651_element(data[0]);
	if (uniform && width != 0 && left % width == 0)
		width = left;
	if (it.parameter) {
		put_parameter(f, &it, data[0], value, width, decimals);
	} else if (data[0] == ID_STEP && width == 3) {
		take_step(f, value);
	} else if (data[0] == ID_STATE && width == 4) {
		sl651_state(f, (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 |
				       (uint32_t)value[2] << 8 | value[3]);
	} else if (data[0] >= ID_SERIES_FIRST && data[0] <= ID_SERIES_LAST) {
		sl651_series(f, &it, value, width);
	} else if (width != 0) {
		put_values(f, &it, value, data[ids] >> 3, width / (data[ids] >> 3), decimals);
	}
	return ids + 1 + width;
}

/* Address of a station and its class. @return as put_element() */
static size_t take_station(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	size_t size = 2 + SL651_STATION / 2 + sl651_has_class(f->h->fn);
	char digits[SL651_STATION];

	if (len < size)
		return 0;
	sl651_digits(data + 2, SL651_STATION, digits);
	sl651_take_station(f, digits);
	return size;
}

static size_t take_time(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	char digits[10];

	if (len < 7)
		return 0;
	sl651_digits(data + 2, sizeof(digits), digits);
	sl651_observed(f, (const uint8_t *)digits);
	return 7;
}

/* One thing of a body; data of groups that have no length go to the end. @return as put_element() */
static size_t put_one(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	static const char batch[] = "FD";
	unsigned int both = len < 2 ? 0 : (unsigned int)(data[0] << 8 | data[1]);

	switch (both) {
	case ID_STATION << 8 | ID_STATION:
		return take_station(f, data, len);
	case ID_TIME << 8 | ID_TIME:
		return take_time(f, data, len);
	case ID_MANUAL << 8 | ID_MANUAL:
		sl651_text(f, NULL, CV_NAME_STATION_MANUAL_ENTRY, data + 2, len - 2);
		return len;
	case ID_PICTURE << 8 | ID_PICTURE:
		sl651_picture(f, data + 2, len - 2);
		return len;
	case ID_BATCH << 8 | 0xf6:
		sl651_raw(f, &(struct sl651_item){sl651_element(ID_BATCH), batch, 2, false},
			  data + 2, len - 2);
		return len;
	default:
		return put_element(f, data, len);
	}
}

static void put_events(struct sl651_frame *f, const uint8_t *data)
{
	for (unsigned int i = 0; i < EVENTS; i++) {
		unsigned int n = (unsigned int)(data[2 * i] << 8 | data[2 * i + 1]);
		struct cv_label code = {0}, count = {0};

		if (n == 0 && i >= EVENTS_NAMED)
			continue;
		cv_label_str(&code, "ERC");
		cv_label_u32(&code, i + 1);
		cv_label_u32(&count, n);
		sl651_number(f, &(struct sl651_item){NULL, code.text, code.len, false}, count.text,
			     count.len, 0);
	}
}

/* Number of gates, a bit for each, opening of each in BCD, centimetres (table 77). */
static bool put_gates(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	size_t gates = data[0], bytes = (gates + 7) / 8;
	uint64_t bits = 0;

	if (bytes > 8 || len < 1 + bytes)
		return false;
	for (size_t i = 0; i < bytes; i++)
		bits |= (uint64_t)data[1 + i] << 8 * i;
	sl651_bits(f, CV_NAME_GATE_SWITCHES, bits);
	data += 1 + bytes;
	len -= 1 + bytes;
	for (size_t i = 0; i < gates && len >= 2; i++, data += 2, len -= 2) {
		struct sl651_element gate = {.name = CV_NAME_GATE_OPENING, .shift = -2, .sub = "0"};
		struct cv_label number = {0};

		cv_label_u32(&number, (uint32_t)i + 1);
		memcpy(gate.sub, number.text, number.len);
		sl651_bcd(f, &(struct sl651_item){&gate, "4E", 2, false}, data, 2, 0);
	}
	return len == 0;
}

bool sl651_special(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	uint64_t bits = 0;

	if (len == 0)
		return f->h->fn >= SL651_PUMPS && f->h->fn <= SL651_EVENTS;
	switch (f->h->fn) {
	case SL651_PUMPS:
	case SL651_VALVES:
		if (data[0] > 8 || len != 1u + data[0])
			return false;
		for (size_t i = 0; i < data[0]; i++)
			bits |= (uint64_t)data[1 + i] << 8 * i;
		sl651_bits(f,
			   f->h->fn == SL651_PUMPS ? CV_NAME_PUMP_SWITCHES : CV_NAME_VALVE_SWITCHES,
			   bits);
		return true;
	case SL651_GATES:
		return put_gates(f, data, len);
	case SL651_QUOTA:
		sl651_bits(f, CV_NAME_WATER_QUOTA_CONTROL, data[0] == 0xff);
		return len == 1 && (data[0] == 0 || data[0] == 0xff);
	case SL651_EVENTS:
		if (len < 2 * EVENTS)
			return false;
		put_events(f, data);
		return len == 2 * EVENTS;
	case SL651_VERSION:
		if (len != 1u + data[0])
			return false;
		sl651_text(f, NULL, CV_NAME_DEVICE_VERSION, data + 1, len - 1);
		return true;
	default:
		return false;
	}
}

/* Frames down tell what to do; of queries only the bytes are told. */
static bool is_told(const struct sl651_head *h)
{
	return h->up || h->fn == SL651_SET_BASIC || h->fn == SL651_SET_RUNNING ||
	       h->fn == SL651_PASSWORD || h->fn == SL651_IC_CARD;
}

static void put_rest(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	static const char code[] = "03";

	if (sl651_is_parameters(f->h->fn)) /* there may be a password in it */
		sl651_withheld(f, &(struct sl651_item){NULL, code, 2, true});
	else if (f->h->up)
		sl651_raw(f, NULL, data, len);
	else
		sl651_command(f, data, len);
}

void sl651_hex(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	bool special =
		f->h->fn == SL651_VERSION || (f->h->fn >= SL651_PUMPS && f->h->fn <= SL651_EVENTS);

	while (len > 0) {
		bool named = len >= 2 && data[0] == ID_STATION && data[1] == ID_STATION;
		size_t used = 0;

		if (special && !named) {
			if (!sl651_special(f, data, len))
				put_rest(f, data, len);
			return;
		}
		if (named || (is_told(f->h) && sl651_function(f->h->fn) != NULL))
			used = put_one(f, data, len);
		if (used == 0) {
			put_rest(f, data, len);
			return;
		}
		data += used;
		len -= used;
	}
}
