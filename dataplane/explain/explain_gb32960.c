/* SPDX-License-Identifier: Apache-2.0 */
/* GB/T 32960.3-2016: frame (6.3), items of real-time information (7.2). */
#include "dataplane/decode/gb32960.h"
#include "dataplane/explain/explain.h"

void cv_explain_gb32960(struct cv_explain *x);

#define WIDE 2

/* A number on the wire: (raw - offset) / by, in unit; 1, 2 or 4 bytes. */
struct part {
	const char *name, *unit;
	uint8_t len;
	uint16_t by, offset;
};

static const struct part vehicle[] = {
	{"vehicle", "1 started, 2 off, 3 other", 1, 0, 0},
	{"charging", "1 parked, 2 driving, 3 not, 4 done", 1, 0, 0},
	{"mode", "1 electric, 2 hybrid, 3 fuel", 1, 0, 0},
	{"speed", "km/h", 2, 10, 0},
	{"mileage", "km", 4, 10, 0},
	{"voltage", "V", 2, 10, 0},
	{"current", "A", 2, 10, 1000},
	{"charge", "%", 1, 1, 0},
	{"DC-DC", "1 on, 2 off", 1, 0, 0},
	{"gear", "0-3 gear, 4 braking, 5 driving", 1, 0, 0},
	{"insulation", "kohm", 2, 1, 0},
	{"accelerator", "%", 1, 1, 0},
	{"brake", "%", 1, 1, 0},
};
static const struct part motor[] = {
	{"number", "", 1, 0, 0},
	{"state", "1 consuming, 2 generating, 3 off, 4 ready", 1, 0, 0},
	{"controller", "Cel", 1, 1, 40},
	{"speed", "1/min", 2, 1, 20000},
	{"torque", "N m", 2, 10, 2000},
	{"temperature", "Cel", 1, 1, 40},
	{"voltage", "V", 2, 10, 0},
	{"current", "A", 2, 10, 1000},
};
static const struct part cell[] = {
	{"voltage", "V", 2, 10, 0},
	{"current", "A", 2, 10, 0},
	{"consumption", "kg/100 km", 2, 100, 0},
};
static const struct part cell_rest[] = {
	{"hydrogen", "Cel", 2, 10, 40},	   {"probe", "", 1, 0, 0},
	{"concentration", "ppm", 2, 1, 0}, {"sensor", "", 1, 0, 0},
	{"pressure", "MPa", 2, 10, 0},	   {"sensor", "", 1, 0, 0},
	{"DC-DC", "1 on, 2 off", 1, 0, 0},
};
static const struct part engine[] = {
	{"state", "1 on, 2 off", 1, 0, 0},
	{"speed", "1/min", 2, 1, 0},
	{"consumption", "l/100 km", 2, 100, 0},
};
static const struct part extremes[] = {
	{"subsystem", "", 1, 0, 0},
	{"cell", "", 1, 0, 0},
	{"highest voltage", "V", 2, 1000, 0},
	{"subsystem", "", 1, 0, 0},
	{"cell", "", 1, 0, 0},
	{"lowest voltage", "V", 2, 1000, 0},
	{"subsystem", "", 1, 0, 0},
	{"probe", "", 1, 0, 0},
	{"highest temperature", "Cel", 1, 1, 40},
	{"subsystem", "", 1, 0, 0},
	{"probe", "", 1, 0, 0},
	{"lowest temperature", "Cel", 1, 1, 40},
};
#define PARTS(x, list) parts(x, list, sizeof(list) / sizeof((list)[0]))

static void parts(struct cv_explain *x, const struct part *p, size_t n)
{
	for (; n > 0; n--, p++) {
		uint32_t raw = p->len == 1   ? cv_explain_u8(x, p->name)
			       : p->len == 2 ? cv_explain_be16(x, p->name)
					     : cv_explain_be32(x, p->name);
		uint32_t none = p->len == 1 ? 0xfe : p->len == 2 ? 0xfffe : 0xfffffffe;

		if (p->by != 0 && raw >= none)
			cv_explain_meaning(x, raw == none ? "abnormal" : "not valid");
		else if (p->by != 0)
			cv_explain_value(x, "%.10g %s", (double)raw / p->by - p->offset, p->unit);
		else
			cv_explain_meaning(x, "%s", p->unit);
	}
}

static void time_field(struct cv_explain *x)
{
	const uint8_t *t = cv_explain_take(x, GB32960_TIME, "time");

	if (t != NULL)
		cv_explain_value(x, "20%02u-%02u-%02u %02u:%02u:%02u", t[0], t[1], t[2], t[3], t[4],
				 t[5]);
	cv_explain_meaning(x, "Beijing");
}

static void position(struct cv_explain *x)
{
	uint32_t status = cv_explain_u8(x, "status");

	cv_explain_meaning(x, "%s, %s, %s", status & 1 ? "not fixed" : "fixed",
			   status & 2 ? "south" : "north", status & 4 ? "west" : "east");
	cv_explain_value(x, "%.6f", cv_explain_be32(x, "longitude") / 1e6);
	cv_explain_value(x, "%.6f", cv_explain_be32(x, "latitude") / 1e6);
}

static void alarms(struct cv_explain *x)
{
	static const char *const lists[] = {"battery faults", "motor faults", "engine faults",
					    "other faults"};

	cv_explain_u8(x, "highest level");
	cv_explain_value(x, "0x%08x", cv_explain_be32(x, "alarm flags"));
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t n = cv_explain_u8(x, lists[i]);

		if (n != 0 && n < 0xfe)
			cv_explain_take(x, (size_t)4 * n, "numbers");
	}
}

static void subsystems(struct cv_explain *x, bool cells)
{
	static const struct part pack[] = {
		{"voltage", "V", 2, 10, 0},
		{"current", "A", 2, 10, 1000},
		{"cells", "", 2, 0, 0},
		{"first cell here", "", 2, 0, 0},
	};
	uint32_t systems = cv_explain_u8(x, "subsystems"), n;

	for (uint32_t i = 0; i < systems && cv_explain_left(x) != 0; i++) {
		cv_explain_begin(x, "subsystem");
		cv_explain_u8(x, "number");
		if (cells)
			PARTS(x, pack);
		n = cells ? cv_explain_u8(x, "cells here") : cv_explain_be16(x, "probes");
		if (n != 0 && n < 0xfffe) {
			cv_explain_take(x, cells ? (size_t)WIDE * n : n, "values");
			cv_explain_meaning(x, cells ? "0.001 V each" : "Cel and 40 each");
		}
		cv_explain_end(x);
	}
}

static void fuel_cell(struct cv_explain *x)
{
	uint32_t n;

	PARTS(x, cell);
	n = cv_explain_be16(x, "probes");
	if (n != 0 && n < 0xfffe)
		cv_explain_take(x, n, "temperatures");
	PARTS(x, cell_rest);
}

/* @return false: not known, and nothing says how long it is. */
static bool item(struct cv_explain *x)
{
	static const char *const names[] = {NULL,	"vehicle",     "motors",   "fuel cell",
					    "engine",	"position",    "extremes", "alarms",
					    "voltages", "temperatures"};
	uint32_t type = cv_explain_peek(x, 0), n;

	if (type == 0 || (type > 9 && type < 0x80))
		return false;
	cv_explain_begin(x, CV_EXPLAIN_NAME(names, type, "of the maker"));
	cv_explain_u8(x, "item");
	switch (type) {
	case 1:
		PARTS(x, vehicle);
		break;
	case 2:
		n = cv_explain_u8(x, "motors");
		for (; n > 0 && cv_explain_left(x) != 0; n--)
			PARTS(x, motor);
		break;
	case 3:
		fuel_cell(x);
		break;
	case 4:
		PARTS(x, engine);
		break;
	case 5:
		position(x);
		break;
	case 6:
		PARTS(x, extremes);
		break;
	case 7:
		alarms(x);
		break;
	case 8:
	case 9:
		subsystems(x, type == 8);
		break;
	default:
		n = cv_explain_be16(x, "length");
		if (n != 0)
			cv_explain_take(x, n, "content");
		break;
	}
	cv_explain_end(x);
	return true;
}

static void login(struct cv_explain *x)
{
	uint32_t count, len;

	cv_explain_be16(x, "serial number");
	cv_explain_text(x, 20, "SIM card");
	count = cv_explain_u8(x, "subsystems");
	len = cv_explain_u8(x, "length of a code");
	for (; count > 0 && len != 0 && cv_explain_left(x) != 0; count--)
		cv_explain_text(x, len, "code");
}

static void platform_login(struct cv_explain *x)
{
	cv_explain_be16(x, "serial number");
	cv_explain_text(x, 12, "user");
	cv_explain_take(x, 20, "password");
	cv_explain_withhold(x);
	cv_explain_u8(x, "encryption");
}

static void data_unit(struct cv_explain *x, uint32_t command, bool answer)
{
	bool items = command == GB32960_REALTIME || command == GB32960_REISSUE;

	if (cv_explain_left(x) >= GB32960_TIME)
		time_field(x);
	while (items && cv_explain_left(x) != 0)
		if (!item(x))
			break;
	if (answer || cv_explain_left(x) == 0)
		return;
	if (command == GB32960_LOGIN)
		login(x);
	else if (command == GB32960_PLATFORM_LOGIN)
		platform_login(x);
	else if (command == GB32960_LOGOUT || command == GB32960_PLATFORM_LOGOUT)
		cv_explain_be16(x, "serial number");
	if (command == GB32960_CONTROL && cv_explain_left(x) > 1) {
		cv_explain_u8(x, "order");
		cv_explain_take(x, cv_explain_left(x), "parameters");
		cv_explain_withhold(x); /* user and password of a server */
	}
}

static uint8_t exclusive_or(const uint8_t *data, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum ^= data[i];
	return sum;
}

void cv_explain_gb32960(struct cv_explain *x)
{
	static const char *const answers[] = {NULL, "done", "failed", "VIN is there twice"};
	static const char *const ciphers[] = {NULL, "none", "RSA", "AES"};
	size_t start, whole;
	uint32_t command, answer, cipher, len;
	const char *name;

	if (!cv_explain_before(x, "##", 2))
		return;
	cv_explain_text(x, 2, "start");
	start = x->at;
	command = cv_explain_u8(x, "command");
	name = gb32960_name((uint8_t)command);
	cv_explain_meaning(x, "%s", name ? name : "of the maker");
	answer = cv_explain_u8(x, "answer");
	cv_explain_meaning(x, "%s",
			   answer == GB32960_IS_COMMAND ? "a command"
							: CV_EXPLAIN_NAME(answers, answer, "none"));
	cv_explain_text(x, GB32960_VIN, "vehicle");
	cipher = cv_explain_u8(x, "encryption");
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(ciphers, cipher, "not stated"));
	len = cv_explain_be16(x, "length");
	if (x->failed)
		return;
	if (len > cv_explain_left(x)) {
		cv_explain_take(x, len, "data unit");
		return;
	}
	whole = cv_explain_narrow(x, len);
	if (cipher <= 1 && len != 0) {
		cv_explain_begin(x, "data unit");
		data_unit(x, command, answer != GB32960_IS_COMMAND);
		cv_explain_end(x);
	}
	cv_explain_widen(x, whole, cipher > 1 ? "encrypted" : "content");
	cv_explain_check(x, 1, false, exclusive_or(x->data + start, x->at - start), "check code");
}
