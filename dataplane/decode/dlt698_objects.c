/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of annex A: what their attributes are called, their scaling, and which events are alarms. */
#include <string.h>

#include "dataplane/decode/dlt698.h"
#include "dataplane/normalize/vocabulary.h"

#define ATTRIBUTE(oad) ((uint8_t)((oad) >> 8 & 0x1f))
#define OI(oad) ((uint16_t)((oad) >> 16))

/* Energy and highest demand of one kind of current, by the second digit from the right of the OI. */
static const struct {
	uint16_t energy, energy_unit;
	uint16_t demand, demand_unit;
} quantities[] = {
#define QUANTITY(energy, demand)                                                                   \
	{                                                                                          \
		CV_NAME_##energy, CV_UNIT_OF_##energy, CV_NAME_##demand, CV_UNIT_OF_##demand       \
	}
	QUANTITY(POWER_ENERGY, POWER_MAX_DEMAND),
	QUANTITY(POWER_ENERGY_IMPORT, POWER_MAX_DEMAND_IMPORT),
	QUANTITY(POWER_ENERGY_EXPORT, POWER_MAX_DEMAND_EXPORT),
	QUANTITY(POWER_REACTIVE_ENERGY_1, POWER_MAX_REACTIVE_DEMAND_1),
	QUANTITY(POWER_REACTIVE_ENERGY_2, POWER_MAX_REACTIVE_DEMAND_2),
	QUANTITY(POWER_REACTIVE_ENERGY_Q1, POWER_MAX_REACTIVE_DEMAND_Q1),
	QUANTITY(POWER_REACTIVE_ENERGY_Q2, POWER_MAX_REACTIVE_DEMAND_Q2),
	QUANTITY(POWER_REACTIVE_ENERGY_Q3, POWER_MAX_REACTIVE_DEMAND_Q3),
	QUANTITY(POWER_REACTIVE_ENERGY_Q4, POWER_MAX_REACTIVE_DEMAND_Q4),
	QUANTITY(POWER_APPARENT_ENERGY_IMPORT, POWER_MAX_APPARENT_DEMAND_IMPORT),
	QUANTITY(POWER_APPARENT_ENERGY_EXPORT, POWER_MAX_APPARENT_DEMAND_EXPORT),
#undef QUANTITY
};
#define QUANTITIES (sizeof(quantities) / sizeof(quantities[0]))

/* 20xx and others; exponents are those of the annex, to the name's unit. */
static const struct variable {
	uint16_t oi;
	uint8_t attribute;
	int8_t exponent;
	uint8_t layout, stage;
	uint16_t name, unit;
	const char *sub;
} variables[] = {
#define VARIABLE(oi, attribute, exponent, layout, stage, name, sub)                                \
	{                                                                                          \
		oi, attribute, exponent, DLT698_##layout, CV_STAGE_##stage, CV_NAME_##name,        \
			CV_UNIT_OF_##name, sub                                                     \
	}
	VARIABLE(0x2000, 2, -1, PHASES, REALTIME, POWER_VOLTAGE, ""),
	VARIABLE(0x2001, 2, -3, PHASES, REALTIME, POWER_CURRENT, ""),
	VARIABLE(0x2001, 4, -3, SINGLE, REALTIME, POWER_CURRENT, "n"), /* neutral */
	VARIABLE(0x2002, 2, -1, PHASES, REALTIME, POWER_VOLTAGE_ANGLE, ""),
	VARIABLE(0x2003, 2, -1, PHASES, REALTIME, POWER_PHASE_ANGLE, ""),
	VARIABLE(0x2004, 2, -1, TOTAL_PHASES, REALTIME, POWER_ACTIVE, ""),
	VARIABLE(0x2005, 2, -1, TOTAL_PHASES, REALTIME, POWER_REACTIVE, ""),
	VARIABLE(0x2006, 2, -1, TOTAL_PHASES, REALTIME, POWER_APPARENT, ""),
	VARIABLE(0x2007, 2, -1, TOTAL_PHASES, MINUTE, POWER_ACTIVE, ""), /* mean of a minute */
	VARIABLE(0x2008, 2, -1, TOTAL_PHASES, MINUTE, POWER_REACTIVE, ""),
	VARIABLE(0x2009, 2, -1, TOTAL_PHASES, MINUTE, POWER_APPARENT, ""),
	VARIABLE(0x200a, 2, -3, TOTAL_PHASES, REALTIME, POWER_FACTOR, ""),
	VARIABLE(0x200b, 2, -2, PHASES, REALTIME, POWER_VOLTAGE_DISTORTION, ""),
	VARIABLE(0x200c, 2, -2, PHASES, REALTIME, POWER_CURRENT_DISTORTION, ""),
	VARIABLE(0x200f, 2, -2, SINGLE, REALTIME, POWER_FREQUENCY, ""),
	VARIABLE(0x2010, 2, -1, SINGLE, REALTIME, DEVICE_TEMPERATURE, ""),
	VARIABLE(0x2011, 2, -2, SINGLE, REALTIME, DEVICE_BATTERY_VOLTAGE, "clock"),
	VARIABLE(0x2012, 2, -2, SINGLE, REALTIME, DEVICE_BATTERY_VOLTAGE, "reading"),
	VARIABLE(0x2017, 2, -1, SINGLE, REALTIME, POWER_DEMAND, ""), /* kW, 4 decimals */
	VARIABLE(0x2018, 2, -1, SINGLE, REALTIME, POWER_REACTIVE_DEMAND, ""),
	VARIABLE(0x2019, 2, -1, SINGLE, REALTIME, POWER_APPARENT_DEMAND, ""),
	VARIABLE(0x4000, 2, 0, SINGLE, REALTIME, DEVICE_CLOCK, ""),
#undef VARIABLE
};

/* A phase's is the number next to that of all. */
static bool phase(uint16_t oi, char *sub)
{
	unsigned int p = oi & 0xf;

	if (p > 3)
		return false;
	sub[0] = p == 0 ? '\0' : (char)('a' + p - 1);
	sub[1] = '\0';
	return true;
}

/* 00Qp, attribute 2 in 0.01 kWh, 4 in 0.0001 kWh. */
static struct dlt698_object energy(uint16_t oi, uint8_t attribute)
{
	struct dlt698_object ret = {.layout = DLT698_TARIFFS, .stage = CV_STAGE_REALTIME};
	unsigned int q = oi >> 4 & 0xf;

	if (q >= QUANTITIES || (attribute != 2 && attribute != 4) || !phase(oi, ret.sub))
		return (struct dlt698_object){0};
	ret.name = quantities[q].energy;
	ret.unit = quantities[q].energy_unit;
	ret.exponent = attribute == 2 ? -2 : -4;
	return ret;
}

/* 10Qp of the settlement period, 11Qp of the freeze; 0.0001 kW and the time of each. */
static struct dlt698_object demand(uint16_t oi, uint8_t attribute)
{
	struct dlt698_object ret = {.layout = DLT698_TARIFFS, .stage = CV_STAGE_REALTIME};
	unsigned int q = oi >> 4 & 0xf;

	if (q >= QUANTITIES || attribute != 2 || !phase(oi, ret.sub))
		return (struct dlt698_object){0};
	ret.name = quantities[q].demand;
	ret.unit = quantities[q].demand_unit;
	ret.exponent = -1; /* to W */
	return ret;
}

struct dlt698_object dlt698_object(uint32_t oad)
{
	uint16_t oi = OI(oad);
	uint8_t attribute = ATTRIBUTE(oad);
	struct dlt698_object ret = {0};

	if (oi < 0x0100)
		return energy(oi, attribute);
	if (oi >> 8 == 0x10 || oi >> 8 == 0x11)
		return demand(oi, attribute);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const struct variable *v = &variables[i];

		if (v->oi != oi || v->attribute != attribute)
			continue;
		ret.name = v->name;
		ret.unit = v->unit;
		ret.exponent = v->exponent;
		ret.layout = v->layout;
		ret.stage = v->stage;
		memcpy(ret.sub, v->sub, strlen(v->sub));
		break;
	}
	return ret;
}

uint16_t dlt698_event(uint16_t oi)
{
	static const struct {
		uint16_t oi, name;
	} events[] = {
		{0x3000, CV_NAME_POWER_VOLTAGE_LOSS},
		{0x3001, CV_NAME_POWER_UNDERVOLTAGE},
		{0x3002, CV_NAME_POWER_OVERVOLTAGE},
		{0x3003, CV_NAME_POWER_PHASE_LOSS},
		{0x3004, CV_NAME_POWER_CURRENT_LOSS},
		{0x3005, CV_NAME_POWER_OVERCURRENT},
		{0x3006, CV_NAME_POWER_CURRENT_LOSS},
		{0x3007, CV_NAME_POWER_REVERSAL},
		{0x3008, CV_NAME_POWER_OVERLOAD},
		{0x3009, CV_NAME_POWER_DEMAND_EXCEEDED},
		{0x300a, CV_NAME_POWER_DEMAND_EXCEEDED},
		{0x300b, CV_NAME_POWER_DEMAND_EXCEEDED},
		{0x300c, CV_NAME_POWER_FACTOR_LOW},
		{0x300d, CV_NAME_POWER_VOLTAGE_LOSS}, /* of all phases */
		{0x300f, CV_NAME_POWER_PHASE_SEQUENCE},
		{0x3010, CV_NAME_POWER_PHASE_SEQUENCE},
		{0x3011, CV_NAME_POWER_OUTAGE},
		{0x301b, CV_NAME_METER_COVER_OPEN},
		{0x301c, CV_NAME_METER_COVER_OPEN}, /* of the terminals */
		{0x301d, CV_NAME_POWER_VOLTAGE_UNBALANCE},
		{0x301e, CV_NAME_POWER_CURRENT_UNBALANCE},
		{0x302a, CV_NAME_METER_MAGNETIC_FIELD},
		{0x302b, CV_NAME_METER_SWITCH_FAULT},
		{0x302c, CV_NAME_METER_SUPPLY_FAULT},
		{0x302d, CV_NAME_POWER_CURRENT_UNBALANCE}, /* severe */
		{0x302e, CV_NAME_METER_CLOCK_FAULT},
		{0x302f, CV_NAME_METER_FAULT},
		{0x3105, CV_NAME_METER_CLOCK_FAULT}, /* as its concentrator sees it */
		{0x3106, CV_NAME_POWER_OUTAGE}, /* of the concentrator, or its end */
		{0x3109, CV_NAME_METER_AUTH_FAILED},
		{0x310a, CV_NAME_METER_FAULT}, /* of the concentrator */
		{0x310b, CV_NAME_METER_BACKWARD},
		{0x310c, CV_NAME_METER_RUNAWAY}, /* more than can be */
		{0x310d, CV_NAME_METER_RUNAWAY},
		{0x310e, CV_NAME_METER_STOPPED},
		{0x310f, CV_NAME_METER_READ_FAILED},
		{0x3111, CV_NAME_METER_UNKNOWN},
		{0x311b, CV_NAME_METER_COVER_OPEN}, /* of the box */
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i].oi == oi)
			return events[i].name;
	return CV_NAME_NONE;
}

uint8_t dlt698_stage(uint16_t oi)
{
	switch (oi) {
	case 0x5001: /* second */
		return CV_STAGE_REALTIME;
	case 0x5002:
		return CV_STAGE_MINUTE;
	case 0x5003:
		return CV_STAGE_HOUR;
	case 0x5004:
		return CV_STAGE_DAY;
	default:
		/* settlement day, month, year, switchings; events */
		return oi >> 8 == 0x50 || oi >> 12 == 3 ? CV_STAGE_HISTORY : CV_STAGE_REALTIME;
	}
}

const char *dlt698_dar(uint8_t dar)
{
	static const char *const names[] = {
		"success",
		"hardware fault",
		"temporary fault",
		"access refused",
		"object undefined",
		"class does not fit",
		"no such object",
		"type does not fit",
		"out of range",
		"data block not available",
		"fragments cancelled",
		"not in fragments",
		"block write cancelled",
		"no block write",
		"block number",
		"password or right",
		"baud rate cannot be changed",
		"too many time zones",
		"too many day periods",
		"too many tariffs",
		"security does not match",
		"recharged already",
		"ESAM check failed",
		"security check failed",
		"wrong customer number",
		"wrong count of recharges",
		"hoarding",
		"address",
		"symmetric decryption",
		"asymmetric decryption",
		"signature",
		"meter suspended",
		"time tag not valid",
		"request timed out",
		"ESAM P1 P2",
		"ESAM LC",
	};

	return dar < sizeof(names) / sizeof(names[0]) ? names[dar] : NULL;
}
