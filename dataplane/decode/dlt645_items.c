/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data identifiers of 2007: DI3 is the class, DI2 the quantity, DI1 tariff or phase, DI0 the
 * settlement period or the order of a harmonic.
 */

#include "dataplane/decode/dlt645.h"
#include "dataplane/normalize/vocabulary.h"

#define CLASS_ENERGY 0x00
#define CLASS_DEMAND 0x01
#define CLASS_VARIABLE 0x02
#define CLASS_PARAMETER 0x04

#define TARIFFS 63
#define SETTLEMENTS 12
#define HARMONICS 21
#define STATUS_WORDS 7

/* Energy and highest demand of one kind of current, by DI2 from 00. */
struct quantity {
	uint16_t energy, energy_unit;
	uint16_t demand, demand_unit;
	bool negative; /* a sum that may be below 0: the top bit is its sign */
};

#define QUANTITY(energy, demand, negative)                                                         \
	{                                                                                          \
		CV_NAME_##energy, CV_UNIT_OF_##energy, CV_NAME_##demand, CV_UNIT_OF_##demand,      \
			negative                                                                   \
	}
static const struct quantity quantities[] = {
	QUANTITY(POWER_ENERGY, POWER_MAX_DEMAND, true),
	QUANTITY(POWER_ENERGY_IMPORT, POWER_MAX_DEMAND_IMPORT, false),
	QUANTITY(POWER_ENERGY_EXPORT, POWER_MAX_DEMAND_EXPORT, false),
	QUANTITY(POWER_REACTIVE_ENERGY_1, POWER_MAX_REACTIVE_DEMAND_1, true),
	QUANTITY(POWER_REACTIVE_ENERGY_2, POWER_MAX_REACTIVE_DEMAND_2, true),
	QUANTITY(POWER_REACTIVE_ENERGY_Q1, POWER_MAX_REACTIVE_DEMAND_Q1, false),
	QUANTITY(POWER_REACTIVE_ENERGY_Q2, POWER_MAX_REACTIVE_DEMAND_Q2, false),
	QUANTITY(POWER_REACTIVE_ENERGY_Q3, POWER_MAX_REACTIVE_DEMAND_Q3, false),
	QUANTITY(POWER_REACTIVE_ENERGY_Q4, POWER_MAX_REACTIVE_DEMAND_Q4, false),
	QUANTITY(POWER_APPARENT_ENERGY_IMPORT, POWER_MAX_APPARENT_DEMAND_IMPORT, false),
	QUANTITY(POWER_APPARENT_ENERGY_EXPORT, POWER_MAX_APPARENT_DEMAND_EXPORT, false),
};
#define QUANTITIES (sizeof(quantities) / sizeof(quantities[0]))

/* The same of one phase stand from 15, 29 and 3D on: these are "01", so to say. */
static const uint8_t phase_base[] = {0x14, 0x28, 0x3c};

/* A variable of each phase: DI1 1 to 3, and 0 for all together where there is such a value. */
struct variable {
	uint8_t size;
	int8_t exponent;
	bool negative;
	bool total;
	uint16_t name, unit;
};

#define VARIABLE(size, exponent, negative, total, name)                                            \
	{                                                                                          \
		size, exponent, negative, total, CV_NAME_##name, CV_UNIT_OF_##name                 \
	}
static const struct variable variables[] = {
	[0x01] = VARIABLE(2, -1, false, false, POWER_VOLTAGE), /* XXX.X V */
	[0x02] = VARIABLE(3, -3, true, false, POWER_CURRENT), /* XXX.XXX A */
	[0x03] = VARIABLE(3, -1, true, true, POWER_ACTIVE), /* XX.XXXX kW, to W */
	[0x04] = VARIABLE(3, -1, true, true, POWER_REACTIVE), /* XX.XXXX kvar */
	[0x05] = VARIABLE(3, -1, false, true, POWER_APPARENT), /* XX.XXXX kVA */
	[0x06] = VARIABLE(2, -3, true, true, POWER_FACTOR), /* X.XXX */
	[0x07] = VARIABLE(2, -1, false, false, POWER_PHASE_ANGLE), /* XXX.X degrees */
	[0x08] = VARIABLE(2, -2, false, false, POWER_VOLTAGE_DISTORTION), /* XX.XX % */
	[0x09] = VARIABLE(2, -2, false, false, POWER_CURRENT_DISTORTION),
	[0x0a] = VARIABLE(2, -2, false, false, POWER_VOLTAGE_HARMONIC),
	[0x0b] = VARIABLE(2, -2, false, false, POWER_CURRENT_HARMONIC),
};
#define VARIABLES (sizeof(variables) / sizeof(variables[0]))
#define VOLTAGE_HARMONIC 0x0a

/* 028000xx, by DI0. */
static const struct dlt645_item singles[] = {
	[0x01] = {.size = 3,
		  .exponent = -3,
		  .negative = true,
		  .name = CV_NAME_POWER_CURRENT,
		  .unit = CV_UNIT_A,
		  .sub = "n"}, /* neutral */
	[0x02] = {.size = 2, .exponent = -2, .name = CV_NAME_POWER_FREQUENCY, .unit = CV_UNIT_HZ},
	[0x03] = {.size = 3,
		  .exponent = -1,
		  .negative = true,
		  .stage = CV_STAGE_MINUTE,
		  .name = CV_NAME_POWER_ACTIVE,
		  .unit = CV_UNIT_W},
	[0x04] = {.size = 3,
		  .exponent = -1,
		  .negative = true,
		  .name = CV_NAME_POWER_DEMAND,
		  .unit = CV_UNIT_W},
	[0x05] = {.size = 3,
		  .exponent = -1,
		  .negative = true,
		  .name = CV_NAME_POWER_REACTIVE_DEMAND,
		  .unit = CV_UNIT_VAR},
	[0x06] = {.size = 3,
		  .exponent = -1,
		  .name = CV_NAME_POWER_APPARENT_DEMAND,
		  .unit = CV_UNIT_VA},
	[0x07] = {.size = 2,
		  .exponent = -1,
		  .negative = true,
		  .name = CV_NAME_DEVICE_TEMPERATURE,
		  .unit = CV_UNIT_CEL},
	[0x08] = {.size = 2,
		  .exponent = -2,
		  .name = CV_NAME_DEVICE_BATTERY_VOLTAGE,
		  .unit = CV_UNIT_V,
		  .sub = "clock"},
	[0x09] = {.size = 2,
		  .exponent = -2,
		  .name = CV_NAME_DEVICE_BATTERY_VOLTAGE,
		  .unit = CV_UNIT_V,
		  .sub = "reading"},
	[0x0a] = {.size = 4, .unit = CV_UNIT_MIN}, /* how long the battery was in use */
};

static uint8_t byte(uint32_t di, unsigned int index)
{
	return (uint8_t)(di >> 8 * index);
}

/* Kind of current by DI2. @return false when there is none. */
static bool find_quantity(uint8_t di2, size_t *ret, char *phase)
{
	*phase = '\0';
	for (unsigned int p = 0; p < sizeof(phase_base); p++) {
		if (di2 > phase_base[p] && di2 < phase_base[p] + QUANTITIES) {
			di2 = (uint8_t)(di2 - phase_base[p]);
			*phase = (char)('a' + p);
			break;
		}
	}
	*ret = di2;
	return di2 < QUANTITIES;
}

/* "a", "t1", "a-t1", "b-h5"; nothing for phase 0 and number 0. */
static void name_sub(struct dlt645_item *it, char phase, char letter, unsigned int number)
{
	size_t at = 0;

	if (phase != '\0')
		it->sub[at++] = phase;
	if (number == 0)
		return;
	if (at > 0)
		it->sub[at++] = '-';
	it->sub[at++] = letter;
	if (number > 9)
		it->sub[at++] = (char)('0' + number / 10);
	it->sub[at] = (char)('0' + number % 10);
}

/* XXXXXX.XX kWh; XX.XXXX kW and the minute it was reached. */
static struct dlt645_item find_energy(uint32_t di, bool demand)
{
	struct dlt645_item it = {.form = DLT645_RAW};
	uint8_t tariff = byte(di, 1), settlement = byte(di, 0);
	char phase;
	size_t q;

	if (!find_quantity(byte(di, 2), &q, &phase) || tariff > TARIFFS || settlement > SETTLEMENTS)
		return it;
	it.form = DLT645_NUMBER;
	it.size = demand ? 3 : 4;
	it.exponent = demand ? -1 : -2;
	it.negative = quantities[q].negative;
	it.timed = demand;
	it.stage = settlement > 0 ? CV_STAGE_HISTORY : CV_STAGE_REALTIME;
	it.name = demand ? quantities[q].demand : quantities[q].energy;
	it.unit = demand ? quantities[q].demand_unit : quantities[q].energy_unit;
	name_sub(&it, phase, 't', tariff);
	return it;
}

static struct dlt645_item find_variable(uint32_t di)
{
	struct dlt645_item it = {.form = DLT645_RAW};
	uint8_t di2 = byte(di, 2), phase = byte(di, 1), order = byte(di, 0);
	const struct variable *v = &variables[di2 < VARIABLES ? di2 : 0];

	if (di2 == 0x80 && phase == 0 && order < sizeof(singles) / sizeof(singles[0]) &&
	    singles[order].size != 0) {
		it = singles[order];
		it.form = DLT645_NUMBER;
		return it;
	}
	if (v->size == 0 || phase > 3 || (phase == 0 && !v->total))
		return it;
	if (di2 >= VOLTAGE_HARMONIC ? order == 0 || order > HARMONICS : order != 0)
		return it;
	it.form = DLT645_NUMBER;
	it.size = v->size;
	it.exponent = v->exponent;
	it.negative = v->negative;
	it.name = v->name;
	it.unit = v->unit;
	name_sub(&it, phase ? (char)('a' + phase - 1) : '\0', 'h', order);
	return it;
}

static struct dlt645_item find_parameter(uint32_t di)
{
	static const struct {
		uint32_t di;
		uint8_t form, size;
	} parameters[] = {
		{0x04000101, DLT645_DIGITS, 4}, /* date, weekday */
		{0x04000102, DLT645_DIGITS, 3}, /* time */
		{0x0400010c, DLT645_CLOCK, 7},	{0x04000401, DLT645_DIGITS, 6}, /* address */
		{0x04000402, DLT645_DIGITS, 6}, /* meter number */
		{0x0400040e, DLT645_DIGITS, 6}, /* customer number */
	};
	struct dlt645_item it = {.form = DLT645_RAW};

	if (di > 0x04000500 && di <= 0x04000500 + STATUS_WORDS)
		return (struct dlt645_item){.form = DLT645_WORD, .size = 2};
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (parameters[i].di == di) {
			it.form = parameters[i].form;
			it.size = parameters[i].size;
		}
	}
	if (it.form == DLT645_CLOCK)
		it.name = CV_NAME_DEVICE_CLOCK;
	return it;
}

struct dlt645_item dlt645_item_2007(uint32_t di)
{
	switch (byte(di, 3)) {
	case CLASS_ENERGY:
	case CLASS_DEMAND:
		return find_energy(di, byte(di, 3) == CLASS_DEMAND);
	case CLASS_VARIABLE:
		return find_variable(di);
	case CLASS_PARAMETER:
		return find_parameter(di);
	default:
		return (struct dlt645_item){.form = DLT645_RAW};
	}
}

static struct dlt645_block variable_block(uint32_t di)
{
	uint8_t di2 = byte(di, 2);

	if (di2 >= VARIABLES || variables[di2].size == 0)
		return (struct dlt645_block){di, 0, 1};
	if (byte(di, 1) == 0xff && byte(di, 0) == 0) {
		if (variables[di2].total)
			return (struct dlt645_block){di & ~0xff00u, 0x100, 4};
		return (struct dlt645_block){(di & ~0xff00u) | 0x100, 0x100, 3};
	}
	if (byte(di, 0) == 0xff && di2 >= VOLTAGE_HARMONIC)
		return (struct dlt645_block){(di & ~0xffu) | 1, 1, HARMONICS};
	return (struct dlt645_block){di, 0, 1};
}

struct dlt645_block dlt645_block_2007(uint32_t di)
{
	switch (byte(di, 3)) {
	case CLASS_ENERGY:
	case CLASS_DEMAND:
		if (byte(di, 1) == 0xff && byte(di, 0) != 0xff)
			return (struct dlt645_block){di & ~0xff00u, 0x100, TARIFFS + 1};
		if (byte(di, 0) == 0xff && byte(di, 1) != 0xff)
			return (struct dlt645_block){di & ~0xffu, 1, SETTLEMENTS + 1};
		break;
	case CLASS_VARIABLE:
		return variable_block(di);
	case CLASS_PARAMETER:
		if (di == 0x040005ff)
			return (struct dlt645_block){0x04000501, 1, STATUS_WORDS};
		break;
	default:
		break;
	}
	return (struct dlt645_block){di, 0, 1};
}
