/* SPDX-License-Identifier: Apache-2.0 */
/* Data identifiers of 1997: two bytes. In a block the low digit is F. */
#include "dataplane/decode/dlt645.h"
#include "dataplane/normalize/vocabulary.h"

#define TARIFFS 14

/* By the second digit from below, 1 to 6. The quadrants are in the order 1, 4, 2, 3. */
static const uint16_t active[] = {0, CV_NAME_POWER_ENERGY_IMPORT, CV_NAME_POWER_ENERGY_EXPORT};
static const uint16_t reactive[] = {
	0,
	CV_NAME_POWER_REACTIVE_ENERGY_IMPORT,
	CV_NAME_POWER_REACTIVE_ENERGY_EXPORT,
	CV_NAME_POWER_REACTIVE_ENERGY_Q1,
	CV_NAME_POWER_REACTIVE_ENERGY_Q4,
	CV_NAME_POWER_REACTIVE_ENERGY_Q2,
	CV_NAME_POWER_REACTIVE_ENERGY_Q3,
};
static const uint16_t active_demand[] = {0, CV_NAME_POWER_MAX_DEMAND_IMPORT,
					 CV_NAME_POWER_MAX_DEMAND_EXPORT};
static const uint16_t reactive_demand[] = {
	0,
	CV_NAME_POWER_MAX_REACTIVE_DEMAND_IMPORT,
	CV_NAME_POWER_MAX_REACTIVE_DEMAND_EXPORT,
	CV_NAME_POWER_MAX_REACTIVE_DEMAND_Q1,
	CV_NAME_POWER_MAX_REACTIVE_DEMAND_Q4,
	CV_NAME_POWER_MAX_REACTIVE_DEMAND_Q2,
	CV_NAME_POWER_MAX_REACTIVE_DEMAND_Q3,
};

/* Name of an energy or demand, 0 = none. */
static uint16_t find_name(bool demand, bool is_reactive, unsigned int kind)
{
	if (is_reactive) {
		if (kind >= sizeof(reactive) / sizeof(reactive[0]))
			return 0;
		return demand ? reactive_demand[kind] : reactive[kind];
	}
	if (kind >= sizeof(active) / sizeof(active[0]))
		return 0;
	return demand ? active_demand[kind] : active[kind];
}

/* 9xxx XXXXXX.XX kWh, Axxx XX.XXXX kW; the second digit is month (0, 4, 8) and reactive or not. */
static struct dlt645_item find_energy(uint32_t di, bool demand)
{
	struct dlt645_item it = {.form = DLT645_RAW};
	unsigned int month = di >> 10 & 3, group = di >> 8 & 3, tariff = di & 0xf;
	uint16_t name = find_name(demand, group == 1, di >> 4 & 0xf);

	if (group > 1 || month > 2 || tariff > TARIFFS || name == 0)
		return it;
	it.form = DLT645_NUMBER;
	it.size = demand ? 3 : 4;
	it.exponent = demand ? -1 : -2;
	it.stage = month > 0 ? CV_STAGE_HISTORY : CV_STAGE_REALTIME;
	it.name = name;
	it.unit = (uint16_t)cv_name_unit(name);
	if (tariff != 0) {
		unsigned int at = 0;

		it.sub[at++] = 't';
		if (tariff > 9)
			it.sub[at++] = '1';
		it.sub[at] = (char)('0' + tariff % 10);
	}
	return it;
}

/* B6xx, by the second digit from below. */
static const struct {
	uint8_t size;
	int8_t exponent;
	bool total;
	uint16_t name, unit;
} variables[] = {
	[1] = {2, 0, false, CV_NAME_POWER_VOLTAGE, CV_UNIT_V}, /* XXX V */
	[2] = {2, -2, false, CV_NAME_POWER_CURRENT, CV_UNIT_A}, /* XX.XX A */
	[3] = {3, -1, true, CV_NAME_POWER_ACTIVE, CV_UNIT_W}, /* XX.XXXX kW */
	[4] = {2, 1, true, CV_NAME_POWER_REACTIVE, CV_UNIT_VAR}, /* XX.XX kvar */
	[5] = {2, -3, true, CV_NAME_POWER_FACTOR, CV_UNIT_RATIO}, /* X.XXX */
};
#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

static struct dlt645_item find_variable(uint32_t di)
{
	struct dlt645_item it = {.form = DLT645_RAW};
	unsigned int kind = di >> 4 & 0xf, phase = di & 0xf;

	if (kind >= VARIABLES || variables[kind].size == 0 || phase > 3 ||
	    (phase == 0 && !variables[kind].total))
		return it;
	it.form = DLT645_NUMBER;
	it.size = variables[kind].size;
	it.exponent = variables[kind].exponent;
	it.name = variables[kind].name;
	it.unit = variables[kind].unit;
	if (phase > 0)
		it.sub[0] = (char)('a' + phase - 1);
	return it;
}

struct dlt645_item dlt645_item_1997(uint32_t di)
{
	switch (di) {
	case 0xc010: /* date, weekday */
		return (struct dlt645_item){.form = DLT645_DIGITS, .size = 4};
	case 0xc011: /* time */
		return (struct dlt645_item){.form = DLT645_DIGITS, .size = 3};
	case 0xc020: /* state of the meter */
		return (struct dlt645_item){.form = DLT645_WORD, .size = 1};
	case 0xc032: /* meter number */
	case 0xc033: /* customer number */
	case 0xc034: /* device code */
		return (struct dlt645_item){.form = DLT645_DIGITS, .size = 6};
	default:
		break;
	}
	switch (di >> 12) {
	case 0x9:
	case 0xa:
		return find_energy(di, di >> 12 == 0xa);
	case 0xb:
		if (di >> 8 == 0xb6)
			return find_variable(di);
		break;
	default:
		break;
	}
	return (struct dlt645_item){.form = DLT645_RAW};
}

struct dlt645_block dlt645_block_1997(uint32_t di)
{
	unsigned int kind = di >> 4 & 0xf;

	if ((di & 0xf) != 0xf)
		return (struct dlt645_block){di, 0, 1};
	if (di >> 12 == 0x9 || di >> 12 == 0xa)
		return (struct dlt645_block){di & ~0xfu, 1, TARIFFS + 1};
	if (di >> 8 == 0xb6 && kind < VARIABLES) {
		if (variables[kind].total)
			return (struct dlt645_block){di & ~0xfu, 1, 4};
		return (struct dlt645_block){(di & ~0xfu) | 1, 1, 3};
	}
	return (struct dlt645_block){di, 0, 1};
}
