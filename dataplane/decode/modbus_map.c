/* SPDX-License-Identifier: Apache-2.0 */
/* Registers become named values by the map in the generation; the rest is carried raw. */
#include <math.h>
#include <string.h>

#include "dataplane/decode/modbus.h"
#include "dataplane/normalize/vocabulary.h"

#define UNIT_ANY 0xffffu
#define QUANTITY_MAX 2000 /* coils in one response (section 6.1) */

static const char *const tables[] = {"coil", "discrete", "input", "holding"};

struct cv_record *modbus_begin(struct cv_decode *d, const struct modbus_adu *adu, enum cv_lane lane,
			       enum cv_kind kind, bool request)
{
	struct cv_record *rec = cv_emit_begin(d->emit, lane, kind);
	uint8_t function = adu->function & (uint8_t)~MODBUS_EXCEPTION;
	const char *name = modbus_function_name(function);
	struct cv_label label = {0};

	/* The server holds the registers: it is the device, the client is the platform. */
	rec->direction = request ? CV_DIR_DOWN : CV_DIR_UP;
	rec->device_end = request ? CV_DEVICE_END_DST : CV_DEVICE_END_SRC;
	rec->raw_len = adu->size;
	rec->seq = adu->transaction;
	rec->status = adu->function;
	cv_label_u32(&label, adu->unit);
	cv_emit_tlv(d->emit, CV_TLV_SUB, label.text, label.len);
	if (name) {
		cv_emit_tlv(d->emit, CV_TLV_METHOD, name, strlen(name));
	} else {
		label.len = 0;
		cv_label_str(&label, "function-");
		cv_label_u32(&label, function);
		cv_emit_tlv(d->emit, CV_TLV_METHOD, label.text, label.len);
	}
	return rec;
}

void modbus_code(struct cv_decode *d, struct modbus_range range)
{
	struct cv_label label = {0};

	cv_label_str(&label, tables[range.table]);
	cv_label_str(&label, ".");
	cv_label_u32(&label, range.address);
	if (range.quantity > 1) {
		cv_label_str(&label, "-");
		cv_label_u32(&label, range.address + range.quantity - 1u);
	}
	cv_emit_tlv(d->emit, CV_TLV_CODE, label.text, label.len);
}

void modbus_put_raw_name(struct cv_decode *d, struct modbus_range range)
{
	struct cv_label label = {0};

	cv_label_str(&label, "raw.modbus.");
	cv_label_str(&label, tables[range.table]);
	cv_label_str(&label, ".");
	cv_label_u32(&label, range.address);
	cv_emit_tlv(d->emit, CV_TLV_NAME, label.text, label.len);
}

static unsigned int words_of(const struct cv_gen_register *reg)
{
	return reg->type >= CV_REG_U32 ? 2 : 1;
}

/* Sorting key of the map: unit, table, address. */
static uint64_t key(unsigned int unit, unsigned int table, unsigned int address)
{
	return (uint64_t)unit << 32 | (uint64_t)table << 16 | address;
}

/* First register not before the key: index, or the count. */
static unsigned int lower_bound(const struct cv_gen_register *regs, unsigned int count,
				uint64_t wanted)
{
	unsigned int low = 0, high = count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct cv_gen_register *reg = &regs[mid];

		if (key(reg->unit, reg->table, reg->address) < wanted)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct cv_gen_register *modbus_register_at(const struct cv_generation *gen, uint8_t unit,
						 uint8_t table, uint16_t address,
						 unsigned int words)
{
	const struct cv_gen_register *regs = cv_generation_at(gen, gen->registers);
	const unsigned int units[] = {unit, UNIT_ANY};

	for (unsigned int i = 0; i < 2; i++) {
		uint64_t wanted = key(units[i], table, address);
		unsigned int at = lower_bound(regs, gen->registers.count, wanted);

		if (at < gen->registers.count &&
		    key(regs[at].unit, regs[at].table, regs[at].address) == wanted &&
		    words_of(&regs[at]) == words)
			return &regs[at];
	}
	return NULL;
}

static double register_value(const struct cv_gen_register *reg, const uint8_t *words)
{
	uint16_t first = (uint16_t)(words[0] << 8 | words[1]);
	uint16_t second = words_of(reg) == 2 ? (uint16_t)(words[2] << 8 | words[3]) : 0;
	uint32_t big = (uint32_t)first << 16 | second;
	uint32_t swapped = (uint32_t)second << 16 | first;
	float f;

	switch (reg->type) {
	case CV_REG_S16:
		return (int16_t)first;
	case CV_REG_U32:
		return big;
	case CV_REG_S32:
		return (int32_t)big;
	case CV_REG_U32_SWAPPED:
		return swapped;
	case CV_REG_S32_SWAPPED:
		return (int32_t)swapped;
	case CV_REG_F32:
		memcpy(&f, &big, sizeof(f));
		return (double)f;
	case CV_REG_F32_SWAPPED:
		memcpy(&f, &swapped, sizeof(f));
		return (double)f;
	default:
		return first;
	}
}

void modbus_put_register(struct cv_decode *d, struct cv_record *rec,
			 const struct cv_gen_register *reg, const uint8_t *words, bool bit)
{
	size_t unit_len = strlen(reg->unit_name);
	double value;

	cv_emit_tlv(d->emit, CV_TLV_NAME, reg->name, strlen(reg->name));
	rec->unit_id = (uint16_t)cv_unit_by_text(reg->unit_name, unit_len);
	if (rec->unit_id == CV_UNIT_NONE && unit_len != 0)
		cv_emit_tlv(d->emit, CV_TLV_UNIT, reg->unit_name, unit_len);
	if (words == NULL || reg->type == CV_REG_BOOL) {
		rec->value_type = CV_VALUE_BOOL;
		rec->value.u64 = words ? (words[0] | words[1]) != 0 : bit;
		return;
	}
	value = register_value(reg, words) * reg->scale + reg->offset;
	if (isfinite(value)) {
		rec->value_type = CV_VALUE_F64;
		rec->value.f64 = value;
		return;
	}
	/* NaN and infinity: the device has no value. The words tell which it was. */
	rec->quality = CV_QUALITY_BAD;
	rec->flags |= CV_FLAG_RANGE;
	cv_emit_tlv(d->emit, CV_TLV_BYTES, words, 2 * (size_t)words_of(reg));
}

static bool bit_at(const uint8_t *bytes, unsigned int i)
{
	return bytes[i / 8] >> (i % 8) & 1;
}

/* What all records of one response share. */
struct values {
	struct cv_decode *d;
	const struct modbus_adu *adu;
	struct modbus_range range;
	const uint8_t *bytes;
	uint32_t flags;
};

static void put_mapped(const struct values *v, const struct cv_gen_register *reg)
{
	struct modbus_range range = v->range;
	unsigned int at = (unsigned int)reg->address - range.address;
	unsigned int words = range.table <= CV_REG_DISCRETE ? 1 : words_of(reg);
	struct modbus_range own = {range.table, reg->address, (uint16_t)words};
	struct cv_record *rec =
		modbus_begin(v->d, v->adu, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT, false);

	rec->flags |= v->flags;
	modbus_code(v->d, own);
	if (range.table <= CV_REG_DISCRETE)
		modbus_put_register(v->d, rec, reg, NULL, bit_at(v->bytes, at));
	else
		modbus_put_register(v->d, rec, reg, v->bytes + 2 * (size_t)at, false);
	cv_emit_end(v->d->emit);
}

/* Which places of a range some register of the map has taken. */
struct coverage {
	uint64_t bit[(QUANTITY_MAX + 63) / 64];
	unsigned int taken;
};

/* @return false when another register has a part of it already. */
static bool cover(struct coverage *c, unsigned int at, unsigned int words)
{
	for (unsigned int i = at; i < at + words; i++)
		if (c->bit[i / 64] >> (i % 64) & 1)
			return false;
	for (unsigned int i = at; i < at + words; i++)
		c->bit[i / 64] |= 1ull << (i % 64);
	c->taken += words;
	return true;
}

/* A register of this very unit goes before one of any unit at the same place. */
static void put_unit(const struct values *v, unsigned int unit, struct coverage *covered)
{
	const struct cv_generation *gen = v->d->gen;
	const struct cv_gen_register *regs = cv_generation_at(gen, gen->registers);
	unsigned int count = gen->registers.count;
	struct modbus_range range = v->range;
	uint64_t end = key(unit, range.table, range.address) + range.quantity;

	for (unsigned int i = lower_bound(regs, count, key(unit, range.table, range.address));
	     i < count && key(regs[i].unit, regs[i].table, regs[i].address) < end; i++) {
		unsigned int at = (unsigned int)regs[i].address - range.address;
		unsigned int words = range.table <= CV_REG_DISCRETE ? 1 : words_of(&regs[i]);

		if (at + words <= range.quantity && cover(covered, at, words))
			put_mapped(v, &regs[i]);
	}
}

void modbus_values(struct cv_decode *d, const struct modbus_adu *adu, struct modbus_range range,
		   const uint8_t *bytes, size_t len, uint32_t flags)
{
	struct values v = {d, adu, range, bytes, flags};
	struct coverage covered;
	struct cv_record *rec;

	if (d->gen->registers.count != 0 && range.quantity <= QUANTITY_MAX &&
	    range.address + range.quantity <= UINT16_MAX + 1) {
		memset(&covered, 0, sizeof(covered));
		put_unit(&v, adu->unit, &covered);
		put_unit(&v, UNIT_ANY, &covered);
		if (covered.taken == range.quantity)
			return;
	}
	rec = modbus_begin(d, adu, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT, false);
	rec->flags |= CV_FLAG_RAW | flags;
	rec->value_type = CV_VALUE_BYTES;
	modbus_put_raw_name(d, range);
	modbus_code(d, range);
	cv_emit_tlv(d->emit, CV_TLV_BYTES, bytes, len);
	cv_emit_end(d->emit);
}
