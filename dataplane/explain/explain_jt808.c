/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JT/T 808: frame and header (4.4), the position (0200) and what several messages share. Fields are
 * counted without escapes; what is shown of them are the bytes on the wire.
 */
#include <stdio.h>

#include "dataplane/decode/jt808.h"
#include "dataplane/explain/explain.h"

void cv_explain_jt808(struct cv_explain *x);

#define FLAG 0x7e
#define ESCAPE 0x7d

/* Bytes on the wire of the next @p n without escapes. */
static size_t wire(const struct cv_explain *x, size_t n)
{
	size_t at = 0;

	for (; n > 0 && at < cv_explain_left(x); n--)
		at += cv_explain_peek(x, at) == ESCAPE && cv_explain_peek(x, at + 1) >= 1 &&
				      cv_explain_peek(x, at + 1) <= 2
			      ? 2
			      : 1;
	return at + n;
}

/* Up to 40 bytes as a field, without their escapes into @p ret. @return they are there. */
static bool field(struct cv_explain *x, size_t n, const char *name, uint8_t *ret)
{
	size_t len = wire(x, n);
	const uint8_t *at = cv_explain_take(x, len, name);

	for (size_t i = 0, from = 0; at != NULL && i < n && i < 40; i++) {
		bool escape = at[from] == ESCAPE && from + 1 < len &&
			      (at[from + 1] == 1 || at[from + 1] == 2);

		ret[i] = escape ? (at[from + 1] == 2 ? FLAG : ESCAPE) : at[from];
		from += escape ? 2 : 1;
	}
	return at != NULL;
}

static uint32_t number(struct cv_explain *x, size_t n, const char *name)
{
	uint8_t bytes[40] = {0};
	uint32_t v = 0;

	if (!field(x, n, name, bytes))
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | bytes[i];
	cv_explain_value(x, "%u", v);
	return v;
}

static void digits(struct cv_explain *x, size_t n, const char *name)
{
	uint8_t bytes[40];
	char text[84];

	if (!field(x, n, name, bytes))
		return;
	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	cv_explain_value(x, "%s", text);
}

static void position(struct cv_explain *x)
{
	uint32_t status;

	cv_explain_value(x, "0x%08x", number(x, 4, "alarms"));
	status = number(x, 4, "status");
	cv_explain_value(x, "0x%08x", status);
	cv_explain_meaning(x, "%s, %s, %s%s", status & 2 ? "fixed" : "not fixed",
			   status & 4 ? "south" : "north", status & 8 ? "west" : "east",
			   status & 1 ? ", ignition" : "");
	cv_explain_value(x, "%.6f", number(x, 4, "latitude") / 1e6);
	cv_explain_value(x, "%.6f", number(x, 4, "longitude") / 1e6);
	cv_explain_value(x, "%d", (int16_t)number(x, 2, "altitude"));
	cv_explain_meaning(x, "m");
	cv_explain_value(x, "%.1f", number(x, 2, "speed") / 10.0);
	cv_explain_meaning(x, "km/h");
	number(x, 2, "heading");
	cv_explain_meaning(x, "degrees from the north");
	digits(x, JT808_TIME, "time");
	cv_explain_meaning(x, "YYMMDDhhmmss, Beijing");
}

static void extras(struct cv_explain *x)
{
	static const char *const names[] = {
		[1] = "mileage, 0.1 km",
		[2] = "fuel, 0.1 l",
		[3] = "recorder's speed",
		[4] = "alarm to confirm",
		[0x11] = "place of overspeed",
		[0x12] = "area",
		[0x13] = "stretch",
		[0x25] = "signals",
		[0x2a] = "inputs and outputs",
		[0x2b] = "analog inputs",
		[0x30] = "radio signal",
		[0x31] = "satellites",
		[0x64] = "driving assistance",
		[0x65] = "driver's state",
		[0x66] = "tyres",
		[0x67] = "blind spot",
	};

	while (cv_explain_left(x) > 1) {
		uint32_t id = cv_explain_peek(x, 0), len;

		cv_explain_begin(x, CV_EXPLAIN_NAME(names, id, "extra"));
		cv_explain_value(x, "0x%02x", number(x, 1, "id"));
		len = number(x, 1, "length");
		if (len > 0 && len <= 4)
			number(x, len, "value");
		else if (len != 0)
			cv_explain_take(x, wire(x, len), "value");
		cv_explain_end(x);
	}
}

/* Codes that terminals authenticate with are passwords: 0102, and 8100 behind the result. */
static void body(struct cv_explain *x, uint32_t id)
{
	switch (id) {
	case 0x0001:
	case 0x8001:
		number(x, 2, "serial number of the message");
		cv_explain_value(x, "0x%04x", number(x, 2, "message"));
		number(x, 1, "result");
		break;
	case JT808_POSITION:
		position(x);
		extras(x);
		break;
	case 0x0102:
		cv_explain_take(x, cv_explain_left(x), "authentication");
		cv_explain_withhold(x);
		break;
	case 0x8100:
		number(x, 2, "serial number of the message");
		number(x, 1, "result");
		if (cv_explain_left(x) != 0)
			cv_explain_take(x, cv_explain_left(x), "authentication");
		cv_explain_withhold(x);
		break;
	case 0x8103:
	case 0x0104:
	case 0x8105:
	case JT808_UPGRADE: /* parameters and orders have passwords among them */
		cv_explain_take(x, cv_explain_left(x), "parameters");
		cv_explain_withhold(x);
		break;
	default:
		break;
	}
}

static uint32_t head(struct cv_explain *x, uint32_t *id)
{
	uint32_t attributes;
	const char *name;

	*id = number(x, 2, "message");
	name = jt808_name((uint16_t)*id);
	cv_explain_value(x, "0x%04x", *id);
	cv_explain_meaning(x, "%s", name ? name : "of the maker");
	attributes = number(x, 2, "attributes");
	cv_explain_value(x, "0x%04x", attributes);
	cv_explain_meaning(x, "%u bytes of body%s%s%s", attributes & 0x3ff,
			   attributes & 0x1c00 ? ", encrypted" : "",
			   attributes & 0x2000 ? ", one of several packets" : "",
			   attributes & 0x4000 ? ", of 2019" : "");
	if (attributes & 0x4000)
		number(x, 1, "version");
	digits(x, attributes & 0x4000 ? 10 : 6, "terminal");
	number(x, 2, "serial number");
	if (attributes & 0x2000) {
		number(x, 2, "packets");
		number(x, 2, "packet");
	}
	return attributes;
}

/* Of all between the flags but the code itself, without escapes. */
static uint32_t wanted(const struct cv_explain *x, size_t start)
{
	uint8_t sum = 0;

	for (size_t at = start; at < x->at; at++) {
		bool escape = x->data[at] == ESCAPE && at + 1 < x->at &&
			      (x->data[at + 1] == 1 || x->data[at + 1] == 2);

		sum ^= escape ? (x->data[at + 1] == 2 ? FLAG : ESCAPE) : x->data[at];
		at += escape;
	}
	return sum;
}

static void check_code(struct cv_explain *x, size_t start)
{
	uint32_t want = wanted(x, start), got;

	if (cv_explain_left(x) == 0)
		return;
	got = number(x, 1, "check code");
	cv_explain_value(x, "0x%02x", got);
	if (got == want)
		cv_explain_meaning(x, "right");
	else
		cv_explain_meaning(x, "wrong: the bytes before it want 0x%02x", want);
}

void cv_explain_jt808(struct cv_explain *x)
{
	uint32_t id, attributes;
	size_t start, whole;

	if (!cv_explain_before(x, (char[]){FLAG}, 1))
		return;
	cv_explain_take(x, 1, "start");
	while (cv_explain_peek(x, 0) == FLAG) /* the end of one and the start of another */
		cv_explain_take(x, 1, "start");
	start = x->at;
	attributes = head(x, &id);
	if (x->failed)
		return;
	if (wire(x, attributes & 0x3ff) > cv_explain_left(x)) {
		cv_explain_take(x, wire(x, attributes & 0x3ff), "body");
		return;
	}
	whole = cv_explain_narrow(x, wire(x, attributes & 0x3ff));
	if (cv_explain_left(x) != 0 && !(attributes & 0x3c00)) {
		cv_explain_begin(x, "body");
		body(x, id);
		if (cv_explain_left(x) != 0)
			cv_explain_take(x, cv_explain_left(x), "content");
		cv_explain_end(x);
	}
	cv_explain_widen(x, whole, "body");
	check_code(x, start);
	cv_explain_take(x, 1, "end");
}
