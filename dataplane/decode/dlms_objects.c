/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of OBIS codes (IEC 62056-6-1): medium, channel, quantity, kind of processing, tariff or order,
 * billing period.
 */
#include <string.h>

#include "dataplane/decode/dlms.h"
#include "dataplane/normalize/vocabulary.h"

#define ELECTRICITY 1
#define HEAT 6
#define GAS 7
#define COLD_WATER 8
#define HOT_WATER 9

/* Kinds of processing, value group D. */
#define DEMAND 4
#define MAXIMUM 6
#define INSTANT 7
#define TOTAL 8

/* Units, Blue Book table 4. */
#define UNIT_DEG 8
#define UNIT_M3 13
#define UNIT_M3_CORRECTED 14
#define UNIT_W 27
#define UNIT_VA 28
#define UNIT_VAR 29
#define UNIT_WH 30
#define UNIT_VAH 31
#define UNIT_VARH 32
#define UNIT_A 33
#define UNIT_V 35
#define UNIT_HZ 44
#define UNIT_COUNT 255

struct quantity {
	uint8_t medium, c, d;
	uint8_t unit;
	int8_t shift;
	uint16_t name;
};

static const struct quantity quantities[] = {
#define ROW(c, d, unit, shift, name)                                                               \
	{                                                                                          \
		ELECTRICITY, c, d, UNIT_##unit, shift, CV_NAME_##name                              \
	}
	ROW(1, TOTAL, WH, -3, POWER_ENERGY_IMPORT),
	ROW(2, TOTAL, WH, -3, POWER_ENERGY_EXPORT),
	ROW(3, TOTAL, VARH, -3, POWER_REACTIVE_ENERGY_IMPORT),
	ROW(4, TOTAL, VARH, -3, POWER_REACTIVE_ENERGY_EXPORT),
	ROW(5, TOTAL, VARH, -3, POWER_REACTIVE_ENERGY_Q1),
	ROW(6, TOTAL, VARH, -3, POWER_REACTIVE_ENERGY_Q2),
	ROW(7, TOTAL, VARH, -3, POWER_REACTIVE_ENERGY_Q3),
	ROW(8, TOTAL, VARH, -3, POWER_REACTIVE_ENERGY_Q4),
	ROW(9, TOTAL, VAH, -3, POWER_APPARENT_ENERGY_IMPORT),
	ROW(10, TOTAL, VAH, -3, POWER_APPARENT_ENERGY_EXPORT),
	ROW(16, TOTAL, WH, -3, POWER_ENERGY), /* import less export */
	ROW(1, INSTANT, W, 0, POWER_ACTIVE), /* of export the sign is another: raw */
	ROW(16, INSTANT, W, 0, POWER_ACTIVE),
	ROW(3, INSTANT, VAR, 0, POWER_REACTIVE),
	ROW(9, INSTANT, VA, 0, POWER_APPARENT),
	ROW(11, INSTANT, A, 0, POWER_CURRENT),
	ROW(12, INSTANT, V, 0, POWER_VOLTAGE),
	ROW(13, INSTANT, COUNT, 0, POWER_FACTOR),
	ROW(14, INSTANT, HZ, 0, POWER_FREQUENCY),
	ROW(1, DEMAND, W, 0, POWER_DEMAND),
	ROW(16, DEMAND, W, 0, POWER_DEMAND),
	ROW(3, DEMAND, VAR, 0, POWER_REACTIVE_DEMAND),
	ROW(9, DEMAND, VA, 0, POWER_APPARENT_DEMAND),
	ROW(1, MAXIMUM, W, 0, POWER_MAX_DEMAND_IMPORT),
	ROW(2, MAXIMUM, W, 0, POWER_MAX_DEMAND_EXPORT),
	ROW(3, MAXIMUM, VAR, 0, POWER_MAX_REACTIVE_DEMAND_IMPORT),
	ROW(4, MAXIMUM, VAR, 0, POWER_MAX_REACTIVE_DEMAND_EXPORT),
	ROW(9, MAXIMUM, VA, 0, POWER_MAX_APPARENT_DEMAND_IMPORT),
	ROW(10, MAXIMUM, VA, 0, POWER_MAX_APPARENT_DEMAND_EXPORT),
#undef ROW
	{HEAT, 1, 0, UNIT_WH, -3, CV_NAME_HEAT_ENERGY},
	{HEAT, 2, 0, UNIT_M3, 0, CV_NAME_HEAT_VOLUME},
	{GAS, 3, 0, UNIT_M3, 0, CV_NAME_GAS_VOLUME},
	{GAS, 3, 0, UNIT_M3_CORRECTED, 0, CV_NAME_GAS_VOLUME},
	{COLD_WATER, 1, 0, UNIT_M3, 0, CV_NAME_WATER_VOLUME},
	{HOT_WATER, 1, 0, UNIT_M3, 0, CV_NAME_WATER_VOLUME},
};

/* Quantities of a phase stand 20, 40 and 60 further on; current and voltage of neutral are 91, 92. */
static uint8_t phase(uint8_t c, char *sub)
{
	unsigned int p = 0;

	sub[0] = '\0';
	if (c == 91 || c == 92) {
		memcpy(sub, "n", 2);
		return (uint8_t)(c - 80);
	}
	if (c > 20 && c <= 80) {
		p = (c - 1u) / 20;
		c = (uint8_t)(c - 20 * p);
	}
	if (p > 0) {
		sub[0] = (char)('a' + p - 1);
		sub[1] = '\0';
	}
	return c;
}

static void put_tariff(char *sub, size_t size, unsigned int tariff)
{
	struct cv_label label = {0};

	cv_label_str(&label, sub);
	if (label.len > 0)
		cv_label_str(&label, "-");
	cv_label_str(&label, "t");
	cv_label_u32(&label, tariff);
	if (label.len < size) {
		memcpy(sub, label.text, label.len);
		sub[label.len] = '\0';
	}
}

struct dlms_object dlms_object(const uint8_t *obis)
{
	struct dlms_object ret = {.stage = CV_STAGE_REALTIME};
	uint8_t c = obis[2];

	if (obis[0] == ELECTRICITY)
		c = phase(c, ret.sub);
	/* instantaneous values have no tariff: an order of a harmonic is another quantity */
	if (obis[0] == ELECTRICITY && obis[3] == INSTANT && obis[4] != 0)
		return ret;
	for (size_t i = 0; i < sizeof(quantities) / sizeof(quantities[0]); i++) {
		const struct quantity *q = &quantities[i];

		if (q->medium != obis[0] || q->c != c || q->d != obis[3])
			continue;
		ret.name = q->name;
		ret.unit = q->unit;
		ret.shift = q->shift;
		break;
	}
	if (obis[4] != 0)
		put_tariff(ret.sub, sizeof(ret.sub), obis[4]);
	if (obis[5] != 255)
		ret.stage = CV_STAGE_HISTORY;
	return ret;
}

unsigned int dlms_unit(uint8_t unit)
{
	static const struct {
		uint8_t number;
		uint8_t unit; /* enum cv_unit */
	} units[] = {
		{5, CV_UNIT_HOUR},	 {6, CV_UNIT_MIN},	    {7, CV_UNIT_S},
		{UNIT_DEG, CV_UNIT_DEG}, {9, CV_UNIT_CEL},	    {11, CV_UNIT_M},
		{12, CV_UNIT_M_S},	 {UNIT_M3, CV_UNIT_M3},	    {UNIT_M3_CORRECTED, CV_UNIT_M3},
		{15, CV_UNIT_M3_H},	 {19, CV_UNIT_L},	    {20, CV_UNIT_KG},
		{23, CV_UNIT_PA},	 {25, CV_UNIT_J},	    {UNIT_W, CV_UNIT_W},
		{UNIT_VA, CV_UNIT_VA},	 {UNIT_VAR, CV_UNIT_VAR},   {UNIT_WH, CV_UNIT_WH},
		{UNIT_VAH, CV_UNIT_VAH}, {UNIT_VARH, CV_UNIT_VARH}, {UNIT_A, CV_UNIT_A},
		{34, CV_UNIT_C},	 {UNIT_V, CV_UNIT_V},	    {37, CV_UNIT_F},
		{38, CV_UNIT_OHM},	 {UNIT_HZ, CV_UNIT_HZ},	    {52, CV_UNIT_K},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].number == unit)
			return units[i].unit;
	return CV_UNIT_NONE;
}

void dlms_obis(struct cv_label *label, const uint8_t *obis)
{
	static const char separators[DLMS_OBIS] = {'-', ':', '.', '.', '*', '\0'};

	for (unsigned int i = 0; i < DLMS_OBIS; i++) {
		cv_label_u32(label, obis[i]);
		if (i + 1 < DLMS_OBIS)
			cv_label_bytes(label, &separators[i], 1);
	}
}
