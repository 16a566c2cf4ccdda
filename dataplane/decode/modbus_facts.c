/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request asks for, for the policy to judge. Everything a server could do with the request
 * is stated: also what it would only do if it ignored one of two lengths.
 */
#include "dataplane/decode/judge.h"
#include "dataplane/decode/modbus.h"
#include "dataplane/decode/reader.h"

/* A FIFO queue is its count register and up to 31 registers behind it (section 6.18). */
#define FIFO_REGISTERS 32
#define DIAGNOSTICS_BODY 4 /* sub-function and one data field (section 6.8) */
#define IDENTIFICATION_BODY 3 /* MEI type, read code, object id (section 6.21) */

static void touch(struct cv_decode *d, const struct modbus_adu *adu, enum cv_app_kind kind,
		  uint8_t table, uint32_t address, uint32_t quantity)
{
	const struct cv_app_fact fact = {
		.kind = (uint8_t)kind,
		.table = table,
		.unit = adu->unit,
		.from = address,
		/* No quantity touches nothing; a server that reads it otherwise starts here. */
		.to = address + (quantity ? quantity - 1 : 0),
	};

	cv_judge_fact(d->judge, &fact);
}

/* Two numbers: address and quantity. */
static void touch_range(struct cv_decode *d, const struct modbus_adu *adu, enum cv_app_kind kind,
			uint8_t table, struct cv_reader *r)
{
	uint32_t address = cv_read_be16(r), quantity = cv_read_be16(r);

	touch(d, adu, kind, table, address, quantity);
}

/* Address, quantity and values. Servers differ in which of the two lengths they go by. */
static void touch_written(struct cv_decode *d, const struct modbus_adu *adu, uint8_t table,
			  struct cv_reader *r)
{
	uint32_t address = cv_read_be16(r), quantity = cv_read_be16(r), bytes = cv_read_u8(r);
	uint32_t wanted = table == CV_REG_COIL ? (quantity + 7) / 8 : 2 * quantity;

	if (bytes != wanted || quantity == 0)
		cv_judge_malformed(d->judge);
	touch(d, adu, CV_APP_WRITE, table, address, quantity);
}

static void touch_all(struct cv_decode *d, const struct modbus_adu *adu)
{
	struct cv_reader r = cv_reader(adu->body, adu->body_len);

	switch (adu->function) {
	case MODBUS_READ_COILS:
		touch_range(d, adu, CV_APP_READ, CV_REG_COIL, &r);
		break;
	case MODBUS_READ_DISCRETE:
		touch_range(d, adu, CV_APP_READ, CV_REG_DISCRETE, &r);
		break;
	case MODBUS_READ_HOLDING:
		touch_range(d, adu, CV_APP_READ, CV_REG_HOLDING, &r);
		break;
	case MODBUS_READ_INPUT:
		touch_range(d, adu, CV_APP_READ, CV_REG_INPUT, &r);
		break;
	case MODBUS_WRITE_COIL:
		touch(d, adu, CV_APP_WRITE, CV_REG_COIL, cv_read_be16(&r), 1);
		break;
	case MODBUS_WRITE_REGISTER:
	case MODBUS_MASK_WRITE:
		touch(d, adu, CV_APP_WRITE, CV_REG_HOLDING, cv_read_be16(&r), 1);
		break;
	case MODBUS_WRITE_COILS:
		touch_written(d, adu, CV_REG_COIL, &r);
		break;
	case MODBUS_WRITE_REGISTERS:
		touch_written(d, adu, CV_REG_HOLDING, &r);
		break;
	case MODBUS_READ_WRITE:
		touch_range(d, adu, CV_APP_READ, CV_REG_HOLDING, &r);
		touch_written(d, adu, CV_REG_HOLDING, &r);
		break;
	case MODBUS_READ_FIFO:
		touch(d, adu, CV_APP_READ, CV_REG_HOLDING, cv_read_be16(&r), FIFO_REGISTERS);
		break;
	default:
		break;
	}
}

void modbus_facts(struct cv_decode *d, const struct modbus_adu *adu)
{
	cv_judge_type(d->judge, adu->function);
	touch_all(d, adu);
	/* Servers that go by the function and not by the length would read the rest as a request. */
	if (adu->function == MODBUS_DIAGNOSTICS && adu->body_len != DIAGNOSTICS_BODY)
		cv_judge_malformed(d->judge);
	if (adu->function == MODBUS_ENCAPSULATED && adu->body_len > IDENTIFICATION_BODY &&
	    adu->body[0] == MODBUS_MEI_IDENTIFICATION)
		cv_judge_malformed(d->judge);
}
