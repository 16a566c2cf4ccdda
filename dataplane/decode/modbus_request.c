/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests. One that reads leaves nothing but the memory of what was asked; one that changes
 * something is a command.
 */
#include "dataplane/decode/modbus.h"
#include "dataplane/decode/reader.h"

#define COIL_ON 0xff00 /* section 6.5; 0x0000 is off, anything else is refused by the server */

static struct cv_record *command(struct cv_decode *d, const struct modbus_adu *adu)
{
	return modbus_begin(d, adu, CV_LANE_STATUS, CV_KIND_COMMAND, true);
}

/* Functions 5 and 6. */
static void write_single(struct cv_decode *d, const struct modbus_adu *adu, uint8_t table)
{
	struct cv_reader r = cv_reader(adu->body, adu->body_len);
	struct modbus_range range = {table, cv_read_be16(&r), 1};
	uint16_t value = cv_read_be16(&r);
	const struct cv_gen_register *reg =
		modbus_register_at(d->gen, adu->unit, table, range.address, 1);
	struct cv_record *rec = command(d, adu);
	bool coil = table == CV_REG_COIL;

	modbus_remember(d->flow, adu, range.address, 1);
	modbus_code(d, range);
	if (coil && value != COIL_ON && value != 0) {
		modbus_put_raw_name(d, range);
		rec->flags |= CV_FLAG_RANGE | CV_FLAG_RAW;
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = value;
	} else if (reg) {
		modbus_put_register(d, rec, reg, coil ? NULL : adu->body + 2, value != 0);
	} else {
		modbus_put_raw_name(d, range);
		rec->flags |= CV_FLAG_RAW;
		rec->value_type = coil ? CV_VALUE_BOOL : CV_VALUE_U64;
		rec->value.u64 = coil ? value == COIL_ON : value;
	}
	cv_emit_end(d->emit);
}

static void write_record(struct cv_decode *d, const struct modbus_adu *adu,
			 struct modbus_range range, const uint8_t *bytes, size_t len)
{
	struct cv_record *rec = command(d, adu);

	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	modbus_put_raw_name(d, range);
	modbus_code(d, range);
	cv_emit_tlv(d->emit, CV_TLV_BYTES, bytes, len);
	cv_emit_end(d->emit);
}

/* Functions 15 and 16, and the writing half of 23. */
static void write_multiple(struct cv_decode *d, const struct modbus_adu *adu, struct cv_reader *r,
			   uint8_t table)
{
	struct modbus_range range = {.table = table};
	const uint8_t *bytes;
	size_t len;

	range.address = cv_read_be16(r);
	range.quantity = cv_read_be16(r);
	len = cv_read_u8(r);
	bytes = cv_read_bytes(r, len);
	if (r->failed)
		return; /* not reached: modbus_check() has seen the byte count */
	modbus_remember_write(d->worker, d->flow, adu, range, bytes, len);
	write_record(d, adu, range, bytes, len);
}

/* Every other function that is not a plain read: carried as it is. */
static void other(struct cv_decode *d, const struct modbus_adu *adu)
{
	struct cv_record *rec = command(d, adu);

	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(d->emit, CV_TLV_BYTES, adu->body, adu->body_len);
	cv_emit_end(d->emit);
}

/* What is asked for stands in front, where the function names a place. */
static void remember(struct cv_decode *d, const struct modbus_adu *adu)
{
	struct cv_reader r = cv_reader(adu->body, adu->body_len);
	uint16_t address = 0, quantity = 0;

	switch (adu->function) {
	case MODBUS_READ_COILS:
	case MODBUS_READ_DISCRETE:
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
	case MODBUS_READ_WRITE:
	case MODBUS_WRITE_COILS:
	case MODBUS_WRITE_REGISTERS:
		address = cv_read_be16(&r);
		quantity = cv_read_be16(&r);
		break;
	case MODBUS_READ_FIFO:
		address = cv_read_be16(&r);
		break;
	default:
		break;
	}
	modbus_remember(d->flow, adu, address, quantity);
}

void modbus_request(struct cv_decode *d, const struct modbus_adu *adu)
{
	struct cv_reader r = cv_reader(adu->body, adu->body_len);

	switch (adu->function) {
	case MODBUS_WRITE_COIL:
		write_single(d, adu, CV_REG_COIL);
		return;
	case MODBUS_WRITE_REGISTER:
		write_single(d, adu, CV_REG_HOLDING);
		return;
	case MODBUS_READ_WRITE:
		cv_read_be32(&r); /* what it reads */
		write_multiple(d, adu, &r, CV_REG_HOLDING);
		break;
	case MODBUS_WRITE_COILS:
		write_multiple(d, adu, &r, CV_REG_COIL);
		break;
	case MODBUS_WRITE_REGISTERS:
		write_multiple(d, adu, &r, CV_REG_HOLDING);
		break;
	case MODBUS_READ_COILS:
	case MODBUS_READ_DISCRETE:
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
	case MODBUS_READ_FIFO:
	case MODBUS_READ_EXCEPTION_STATUS:
	case MODBUS_EVENT_COUNTER:
	case MODBUS_EVENT_LOG:
	case MODBUS_SERVER_ID:
	case MODBUS_READ_FILE:
		break;
	case MODBUS_ENCAPSULATED:
		if (adu->body_len != 0 && adu->body[0] == MODBUS_MEI_IDENTIFICATION)
			break;
		__attribute__((fallthrough));
	default:
		other(d, adu);
		break;
	}
	remember(d, adu);
}
