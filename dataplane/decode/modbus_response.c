/* SPDX-License-Identifier: Apache-2.0 */
/* Responses: values, acknowledgements, errors. */
#include <string.h>

#include "dataplane/decode/modbus.h"
#include "dataplane/decode/reader.h"
#include "dataplane/decode/text.h"

struct answer {
	struct cv_decode *d;
	const struct modbus_adu *adu;
	struct modbus_pending request;
	bool paired;
};

static int table_of(uint8_t function)
{
	switch (function) {
	case MODBUS_READ_COILS:
	case MODBUS_WRITE_COIL:
	case MODBUS_WRITE_COILS:
		return CV_REG_COIL;
	case MODBUS_READ_DISCRETE:
		return CV_REG_DISCRETE;
	case MODBUS_READ_INPUT:
		return CV_REG_INPUT;
	case MODBUS_READ_HOLDING:
	case MODBUS_WRITE_REGISTER:
	case MODBUS_WRITE_REGISTERS:
	case MODBUS_READ_WRITE:
	case MODBUS_MASK_WRITE:
		return CV_REG_HOLDING;
	default:
		return -1;
	}
}

static struct cv_record *begin(const struct answer *a, enum cv_lane lane, enum cv_kind kind)
{
	struct cv_record *rec = modbus_begin(a->d, a->adu, lane, kind, false);

	if (!a->paired)
		rec->flags |= CV_FLAG_UNPAIRED;
	return rec;
}

/* State of the server that is no register: the body, or a number out of it. */
static void state_bytes(const struct answer *a, const uint8_t *bytes, size_t len)
{
	struct cv_record *rec = begin(a, CV_LANE_STATUS, CV_KIND_STATE);

	rec->flags |= CV_FLAG_RAW;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(a->d->emit, CV_TLV_BYTES, bytes, len);
	cv_emit_end(a->d->emit);
}

static void state_number(const struct answer *a, uint64_t value)
{
	struct cv_record *rec = begin(a, CV_LANE_STATUS, CV_KIND_STATE);

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = value;
	cv_emit_end(a->d->emit);
}

static const char *exception_name(uint8_t code)
{
	/* Section 7. */
	static const char *const names[] = {
		[1] = "illegal-function",
		[2] = "illegal-data-address",
		[3] = "illegal-data-value",
		[4] = "server-device-failure",
		[5] = "acknowledge",
		[6] = "server-device-busy",
		[8] = "memory-parity-error",
		[10] = "gateway-path-unavailable",
		[11] = "gateway-target-device-failed-to-respond",
	};

	return code < sizeof(names) / sizeof(names[0]) && names[code] ? names[code] : "unknown";
}

static void exception(const struct answer *a)
{
	struct cv_record *rec = begin(a, CV_LANE_STATUS, CV_KIND_ERROR);
	const char *name = exception_name(a->adu->body[0]);
	int table = table_of(a->adu->function & (uint8_t)~MODBUS_EXCEPTION);

	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = a->adu->body[0];
	cv_emit_tlv(a->d->emit, CV_TLV_TEXT, name, strlen(name));
	if (a->paired && table >= 0)
		modbus_code(a->d, (struct modbus_range){(uint8_t)table, a->request.address,
							a->request.quantity});
	cv_emit_end(a->d->emit);
}

/* Values whose place is not known, because the request was not seen or asked for other ones. */
static void stray_values(const struct answer *a, int table, const uint8_t *bytes, size_t len)
{
	static const char *const names[] = {"raw.modbus.coil", "raw.modbus.discrete",
					    "raw.modbus.input", "raw.modbus.holding"};
	struct cv_record *rec = begin(a, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);

	rec->flags |= CV_FLAG_RAW | CV_FLAG_UNPAIRED;
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(a->d->emit, CV_TLV_NAME, names[table], strlen(names[table]));
	cv_emit_tlv(a->d->emit, CV_TLV_BYTES, bytes, len);
	cv_emit_end(a->d->emit);
}

/* Functions 1 to 4 and the reading half of 23: byte count, values. */
static void read_values(const struct answer *a)
{
	int table = table_of(a->adu->function);
	const uint8_t *bytes = a->adu->body + 1;
	size_t len = a->adu->body[0], wanted;
	struct modbus_range range = {(uint8_t)table, a->request.address, a->request.quantity};

	wanted =
		table <= CV_REG_DISCRETE ? (range.quantity + 7u) / 8u : 2u * (size_t)range.quantity;
	if (a->paired && len == wanted && range.quantity != 0)
		modbus_values(a->d, a->adu, range, bytes, len, 0);
	else
		stray_values(a, table, bytes, len);
}

/* Functions 5 and 6 repeat the request (sections 6.5, 6.6). */
static void single_written(const struct answer *a)
{
	struct cv_reader r = cv_reader(a->adu->body, a->adu->body_len);
	uint8_t table = (uint8_t)table_of(a->adu->function);
	struct modbus_range range = {table, cv_read_be16(&r), 1};
	uint8_t coil = a->adu->body[2] != 0;
	uint32_t flags = a->paired && a->request.address == range.address ? 0 : CV_FLAG_UNPAIRED;

	if (table == CV_REG_COIL)
		modbus_values(a->d, a->adu, range, &coil, 1, flags);
	else
		modbus_values(a->d, a->adu, range, a->adu->body + 2, 2, flags);
}

/* What a multiple write has set, if its values are still remembered. */
static bool multiple_written(const struct answer *a)
{
	const struct modbus_write *w = modbus_written(a->d->worker, a->d->flow, a->adu);

	if (w == NULL || !a->paired)
		return false;
	modbus_values(a->d, a->adu, w->range, w->bytes, w->len, 0);
	return true;
}

static void acknowledged(const struct answer *a)
{
	struct cv_reader r = cv_reader(a->adu->body, a->adu->body_len);
	struct modbus_range range = {.table = (uint8_t)table_of(a->adu->function)};

	range.address = cv_read_be16(&r);
	range.quantity = a->adu->function == MODBUS_MASK_WRITE ? 1 : cv_read_be16(&r);
	begin(a, CV_LANE_STATUS, CV_KIND_STATE);
	modbus_code(a->d, range);
	cv_emit_end(a->d->emit);
}

static void identification_object(const struct answer *a, uint8_t id, const uint8_t *text,
				  size_t len)
{
	/* Section 6.21, table of basic and regular objects. */
	static const char *const names[] = {"vendor-name",     "product-code", "revision",
					    "vendor-url",      "product-name", "model-name",
					    "application-name"};
	struct cv_record *rec = begin(a, CV_LANE_STATUS, CV_KIND_STATE);
	struct cv_label label = {0};

	cv_label_str(&label, "raw.modbus.identification.");
	if (id < sizeof(names) / sizeof(names[0]))
		cv_label_str(&label, names[id]);
	else
		cv_label_u32(&label, id);
	cv_emit_tlv(a->d->emit, CV_TLV_NAME, label.text, label.len);
	if (cv_utf8_valid(text, len)) {
		rec->value_type = CV_VALUE_TEXT;
		cv_emit_tlv(a->d->emit, CV_TLV_TEXT, text, len);
	} else {
		rec->value_type = CV_VALUE_BYTES;
		rec->flags |= CV_FLAG_ENCODING;
		cv_emit_tlv(a->d->emit, CV_TLV_BYTES, text, len);
	}
	cv_emit_end(a->d->emit);
}

/* Objects of a device identification; emits them only when all of them are whole. */
static enum cv_reject identification(const struct answer *a, bool emit)
{
	struct cv_reader r = cv_reader(a->adu->body, a->adu->body_len);
	unsigned int count;

	/* MEI type, read code, conformity, more follows, next object id */
	cv_read_bytes(&r, 5);
	count = cv_read_u8(&r);
	for (unsigned int i = 0; i < count && !r.failed; i++) {
		uint8_t id = cv_read_u8(&r);
		size_t len = cv_read_u8(&r);
		const uint8_t *text = cv_read_bytes(&r, len);

		if (emit && text)
			identification_object(a, id, text, len);
	}
	if (r.failed)
		return CV_REJECT_BAD_VALUE;
	return CV_REJECT_NONE;
}

static enum cv_reject encapsulated(const struct answer *a)
{
	enum cv_reject reject;

	if (a->adu->body[0] != MODBUS_MEI_IDENTIFICATION) {
		state_bytes(a, a->adu->body, a->adu->body_len);
		return CV_REJECT_NONE;
	}
	reject = identification(a, false);
	return reject == CV_REJECT_NONE ? identification(a, true) : reject;
}

static enum cv_reject server_state(const struct answer *a)
{
	const uint8_t *body = a->adu->body;

	switch (a->adu->function) {
	case MODBUS_READ_EXCEPTION_STATUS:
		state_number(a, body[0]);
		break;
	case MODBUS_EVENT_COUNTER:
		state_number(a, (uint64_t)(body[2] << 8 | body[3]));
		break;
	case MODBUS_EVENT_LOG:
	case MODBUS_SERVER_ID:
	case MODBUS_READ_FILE:
	case MODBUS_WRITE_FILE:
		state_bytes(a, body + 1, a->adu->body_len - 1);
		break;
	case MODBUS_ENCAPSULATED:
		return encapsulated(a);
	default:
		state_bytes(a, body, a->adu->body_len);
		break;
	}
	return CV_REJECT_NONE;
}

enum cv_reject modbus_response(struct cv_decode *d, const struct modbus_adu *adu)
{
	struct answer a = {.d = d, .adu = adu};

	a.paired = modbus_pair(d->flow, adu, &a.request);
	if (adu->function & MODBUS_EXCEPTION) {
		exception(&a);
		return CV_REJECT_NONE;
	}
	switch (adu->function) {
	case MODBUS_READ_WRITE:
		multiple_written(&a);
		__attribute__((fallthrough));
	case MODBUS_READ_COILS:
	case MODBUS_READ_DISCRETE:
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
		read_values(&a);
		return CV_REJECT_NONE;
	case MODBUS_WRITE_COIL:
	case MODBUS_WRITE_REGISTER:
		single_written(&a);
		return CV_REJECT_NONE;
	case MODBUS_WRITE_COILS:
	case MODBUS_WRITE_REGISTERS:
		if (!multiple_written(&a))
			acknowledged(&a);
		return CV_REJECT_NONE;
	case MODBUS_MASK_WRITE:
		acknowledged(&a);
		return CV_REJECT_NONE;
	default:
		return server_state(&a);
	}
}
