/* SPDX-License-Identifier: Apache-2.0 */
/* Modbus/TCP: MBAP header (messaging guide 3.1.3) and PDU (specification section 6). */
#include "dataplane/decode/modbus.h"
#include "dataplane/explain/explain.h"

void cv_explain_modbus(struct cv_explain *x);

#define READS(f) ((f) >= 1 && (f) <= 4)

static void values(struct cv_explain *x, unsigned int function, unsigned int bytes)
{
	bool words = function == 3 || function == 4 || function == 16;

	for (unsigned int i = 0; i < bytes && !x->failed; i += words ? 2 : 1) {
		if (words && bytes - i >= 2) {
			cv_explain_be16(x, "register");
		} else {
			cv_explain_u8(x, "bits");
			cv_explain_value(x, "0x%02x", x->failed ? 0 : x->data[x->at - 1]);
		}
	}
}

/*
 * @p len is what the header says.
 *
 * Alone a message does not tell whether it asks or answers: an answer to a read has as many bytes as
 * its second byte says, a question has four.
 */
static void body(struct cv_explain *x, unsigned int function, size_t len)
{
	bool answer = READS(function) && len >= 1 && len == 1u + cv_explain_peek(x, 0);

	if (function & 0x80 && len >= 1) {
		cv_explain_u8(x, "exception");
		return;
	}
	if (answer) {
		unsigned int n = cv_explain_u8(x, "byte count");

		cv_explain_meaning(x, "an answer");
		values(x, function, n);
	} else if ((READS(function) || function == 15 || function == 16) && len >= 4) {
		cv_explain_be16(x, "first address");
		cv_explain_be16(x, "quantity");
		if (len > 5 && !READS(function))
			values(x, function, cv_explain_u8(x, "byte count"));
	} else if ((function == 5 || function == 6) && len == 4) {
		cv_explain_be16(x, "address");
		cv_explain_be16(x, "value");
		cv_explain_meaning(x, function == 5 ? "65280 = on, 0 = off" : "");
	}
}

void cv_explain_modbus(struct cv_explain *x)
{
	unsigned int len, function;
	size_t end;
	const char *name;

	cv_explain_be16(x, "transaction");
	if (cv_explain_be16(x, "protocol") != 0)
		cv_explain_meaning(x, "wrong: must be 0");
	len = cv_explain_be16(x, "length");
	cv_explain_meaning(x, "of unit, function and what follows");
	cv_explain_u8(x, "unit");
	function = cv_explain_u8(x, "function");
	if (x->failed || len < 2)
		return;
	name = modbus_function_name((uint8_t)(function & 0x7f));
	cv_explain_meaning(x, "%s%s", name ? name : "none of the standard",
			   function & 0x80 ? ", refused" : "");
	len -= 2;
	end = len < cv_explain_left(x) ? x->at + len : x->len;
	body(x, function, len);
	if (x->at < end)
		cv_explain_take(x, end - x->at, "data");
}
