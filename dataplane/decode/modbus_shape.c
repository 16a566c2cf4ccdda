/* SPDX-License-Identifier: Apache-2.0 */
/* How long the body behind each function code is: the only redundancy Modbus/TCP has. */
#include "dataplane/decode/modbus.h"
#include "dataplane/decode/reader.h"

#define FUNCTIONS (MODBUS_ENCAPSULATED + 1)
#define BODY_MAX 252 /* PDU of 253 bytes without the function code (section 4.1) */

enum layout {
	UNKNOWN,
	FIXED, /* exactly n bytes */
	COUNTED, /* n bytes, one byte count, that many bytes */
	COUNTED16, /* a count of two bytes, that many bytes */
	AT_LEAST, /* n bytes or more */
};

struct shape {
	uint8_t layout; /* enum layout */
	uint8_t n;
};

static const struct shape request_shapes[FUNCTIONS] = {
	[MODBUS_READ_COILS] = {FIXED, 4},
	[MODBUS_READ_DISCRETE] = {FIXED, 4},
	[MODBUS_READ_HOLDING] = {FIXED, 4},
	[MODBUS_READ_INPUT] = {FIXED, 4},
	[MODBUS_WRITE_COIL] = {FIXED, 4},
	[MODBUS_WRITE_REGISTER] = {FIXED, 4},
	[MODBUS_READ_EXCEPTION_STATUS] = {FIXED, 0},
	[MODBUS_DIAGNOSTICS] = {AT_LEAST, 2},
	[MODBUS_EVENT_COUNTER] = {FIXED, 0},
	[MODBUS_EVENT_LOG] = {FIXED, 0},
	[MODBUS_WRITE_COILS] = {COUNTED, 4},
	[MODBUS_WRITE_REGISTERS] = {COUNTED, 4},
	[MODBUS_SERVER_ID] = {FIXED, 0},
	[MODBUS_READ_FILE] = {COUNTED, 0},
	[MODBUS_WRITE_FILE] = {COUNTED, 0},
	[MODBUS_MASK_WRITE] = {FIXED, 6},
	[MODBUS_READ_WRITE] = {COUNTED, 8},
	[MODBUS_READ_FIFO] = {FIXED, 2},
	[MODBUS_ENCAPSULATED] = {AT_LEAST, 1},
};

static const struct shape response_shapes[FUNCTIONS] = {
	[MODBUS_READ_COILS] = {COUNTED, 0},
	[MODBUS_READ_DISCRETE] = {COUNTED, 0},
	[MODBUS_READ_HOLDING] = {COUNTED, 0},
	[MODBUS_READ_INPUT] = {COUNTED, 0},
	[MODBUS_WRITE_COIL] = {FIXED, 4},
	[MODBUS_WRITE_REGISTER] = {FIXED, 4},
	[MODBUS_READ_EXCEPTION_STATUS] = {FIXED, 1},
	[MODBUS_DIAGNOSTICS] = {AT_LEAST, 2},
	[MODBUS_EVENT_COUNTER] = {FIXED, 4},
	[MODBUS_EVENT_LOG] = {COUNTED, 0},
	[MODBUS_WRITE_COILS] = {FIXED, 4},
	[MODBUS_WRITE_REGISTERS] = {FIXED, 4},
	[MODBUS_SERVER_ID] = {COUNTED, 0},
	[MODBUS_READ_FILE] = {COUNTED, 0},
	[MODBUS_WRITE_FILE] = {COUNTED, 0},
	[MODBUS_MASK_WRITE] = {FIXED, 6},
	[MODBUS_READ_WRITE] = {COUNTED, 0},
	[MODBUS_READ_FIFO] = {COUNTED16, 0},
	[MODBUS_ENCAPSULATED] = {AT_LEAST, 1},
};

const char *modbus_function_name(uint8_t function)
{
#define NAME_ROW(id, code, name) [code] = name,
	static const char *const names[FUNCTIONS] = {MODBUS_FUNCTIONS(NAME_ROW)};

	return function < FUNCTIONS ? names[function] : NULL;
}

static struct shape shape_of(uint8_t function, bool request)
{
	if (function & MODBUS_EXCEPTION)
		return request ? (struct shape){UNKNOWN, 0} : (struct shape){FIXED, 1};
	if (function >= FUNCTIONS)
		return (struct shape){UNKNOWN, 0};
	return request ? request_shapes[function] : response_shapes[function];
}

/* Does a body of body_len bytes, of which the first seen are in hand, have this shape? */
static enum modbus_fit fit(struct shape s, const uint8_t *body, size_t body_len, size_t seen)
{
	switch (s.layout) {
	case FIXED:
		return body_len == s.n ? MODBUS_FIT_YES : MODBUS_FIT_NO;
	case AT_LEAST:
		return body_len >= s.n ? MODBUS_FIT_YES : MODBUS_FIT_NO;
	case COUNTED:
		if (body_len < s.n + 1u)
			return MODBUS_FIT_NO;
		if (seen < s.n + 1u)
			return MODBUS_FIT_MORE;
		return body[s.n] == body_len - s.n - 1 ? MODBUS_FIT_YES : MODBUS_FIT_NO;
	case COUNTED16:
		if (body_len < 2)
			return MODBUS_FIT_NO;
		if (seen < 2)
			return MODBUS_FIT_MORE;
		return (size_t)(body[0] << 8 | body[1]) == body_len - 2 ? MODBUS_FIT_YES
									: MODBUS_FIT_NO;
	default:
		return MODBUS_FIT_NO;
	}
}

enum modbus_fit modbus_plausible(const uint8_t *data, size_t len)
{
	struct cv_reader r = cv_reader(data, len < CV_RESYNC_KEEP ? len : CV_RESYNC_KEEP);
	size_t length, seen;
	uint8_t function;
	enum modbus_fit as_request, as_response;

	if ((len > 2 && data[2] != 0) || (len > 3 && data[3] != 0) || (len > 4 && data[4] != 0) ||
	    (len > 5 && (data[5] < 2 || data[5] > BODY_MAX + 2)))
		return MODBUS_FIT_NO;
	cv_read_bytes(&r, 4);
	length = cv_read_be16(&r);
	cv_read_u8(&r);
	function = cv_read_u8(&r);
	if (r.failed)
		return MODBUS_FIT_MORE;
	if (modbus_function_name(function & (uint8_t)~MODBUS_EXCEPTION) == NULL)
		return MODBUS_FIT_NO;
	seen = cv_reader_left(&r);
	as_request = fit(shape_of(function, true), r.cur, length - 2, seen);
	as_response = fit(shape_of(function, false), r.cur, length - 2, seen);
	/* The byte count of a read-write request lies behind what may be looked at. */
	if (as_request == MODBUS_FIT_MORE && len >= CV_RESYNC_KEEP)
		as_request = MODBUS_FIT_YES;
	return as_request > as_response ? as_request : as_response;
}

enum cv_reject modbus_check(const struct modbus_adu *adu, bool request)
{
	struct shape s = shape_of(adu->function, request);

	/* Functions that are not ours, vendors' own (UMAS 90) among them, have any length. */
	if (s.layout == UNKNOWN)
		return CV_REJECT_NONE;
	/* Servers are seen that leave rubbish behind an exception code. */
	if (adu->function & MODBUS_EXCEPTION)
		return adu->body_len > 0 ? CV_REJECT_NONE : CV_REJECT_BAD_LENGTH;
	if (fit(s, adu->body, adu->body_len, adu->body_len) == MODBUS_FIT_YES)
		return CV_REJECT_NONE;
	if (s.layout == COUNTED && adu->body_len > s.n)
		return CV_REJECT_BAD_VALUE;
	if (s.layout == COUNTED16 && adu->body_len >= 2)
		return CV_REJECT_BAD_VALUE;
	return CV_REJECT_BAD_LENGTH;
}
