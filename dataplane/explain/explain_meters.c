/* SPDX-License-Identifier: Apache-2.0 */
/* DL/T 645 and CJ/T 188: 68, address, control code, length, data, sum, 16. */
#include <stdio.h>

#include "dataplane/decode/byte_sum.h"
#include "dataplane/decode/dlt645.h"
#include "dataplane/explain/explain.h"
#include "dataplane/normalize/vocabulary.h"

void cv_explain_dlt645(struct cv_explain *x);
void cv_explain_cjt188(struct cv_explain *x);

/* @return offset of the frame's first byte, or len. */
static size_t lead(struct cv_explain *x)
{
	size_t n = 0;

	while (n < cv_explain_left(x) && cv_explain_peek(x, n) != 0x68)
		n++;
	if (n == cv_explain_left(x))
		return x->len;
	if (n != 0) {
		cv_explain_take(x, n, "leaders");
		cv_explain_meaning(x, "passed over");
	}
	return x->at;
}

static unsigned int control(struct cv_explain *x, unsigned int function_bits)
{
	unsigned int c = cv_explain_u8(x, "control code");

	cv_explain_value(x, "0x%02x", c);
	cv_explain_meaning(x, "function 0x%02x, %s%s", c & function_bits,
			   c & 0x80 ? "answer" : "request", c & 0x80 && c & 0x40 ? ", error" : "");
	return c;
}

static void tail(struct cv_explain *x, size_t start)
{
	if (cv_explain_left(x) != 0)
		cv_explain_check(x, 1, false, cv_byte_sum(x->data + start, x->at - start), "sum");
	cv_explain_take(x, 1, "end");
}

/* What an identifier is called, of 2007. */
static void identifier(struct cv_explain *x)
{
	const uint8_t *at = cv_explain_take(x, 4, "identifier");
	struct dlt645_item it;
	uint32_t di = 0;

	if (at == NULL)
		return;
	for (int i = 3; i >= 0; i--)
		di = di << 8 | (uint8_t)(at[i] - 0x33);
	it = dlt645_item_2007(di);
	cv_explain_value(x, "%08x", (unsigned int)di);
	cv_explain_meaning(x, "%s%s%s; 33H taken from each byte",
			   it.name ? cv_name_text(it.name) : "no name", it.sub[0] ? " " : "",
			   it.sub);
}

static void content(struct cv_explain *x, size_t len, const char *name)
{
	const uint8_t *at = cv_explain_take(x, len, name);
	char digits[64] = "";

	if (at == NULL || len == 0)
		return;
	for (size_t i = 0; i < len && 2 * i + 2 < sizeof(digits); i++)
		snprintf(digits + 2 * i, 3, "%02x", (uint8_t)(at[len - 1 - i] - 0x33));
	cv_explain_value(x, "%s", digits);
	cv_explain_meaning(x, "less 33H, highest byte first");
}

void cv_explain_dlt645(struct cv_explain *x)
{
	size_t start = lead(x);
	unsigned int c, len;

	if (start == x->len)
		return;
	cv_explain_take(x, 1, "start");
	cv_explain_bcd(x, 6, true, "address");
	cv_explain_take(x, 1, "start");
	c = control(x, 0x1f);
	len = cv_explain_u8(x, "length");
	if (x->failed || cv_explain_left(x) < len)
		return;
	if (len >= 4 && ((c & 0x1f) == 0x11 || (c & 0x1f) == 0x14) && !(c & 0x40)) {
		identifier(x);
		len -= 4;
	}
	content(x, len, "data");
	tail(x, start);
}

/* The readings of the kinds of meters, as explained in docs/protocols/cjt188.md. */
static void reading(struct cv_explain *x, unsigned int type, size_t end)
{
	static const char *const heat[] = {"energy, settlement day", "energy", "power", "flow",
					   "volume"};
	static const char *const flow[] = {"total", "total, settlement day"};
	bool is_heat = type >> 4 == 2;
	unsigned int fields = is_heat ? 5 : 2;

	if (end - x->at < (is_heat ? 43u : 19u))
		return;
	for (unsigned int i = 0; i < fields; i++) {
		cv_explain_bcd(x, 4, true, is_heat ? heat[i] : flow[i]);
		cv_explain_u8(x, "unit");
		cv_explain_meaning(x, "0x%02x", cv_explain_left(x) ? x->data[x->at - 1] : 0);
	}
	if (is_heat) {
		cv_explain_bcd(x, 3, true, "supply temperature");
		cv_explain_bcd(x, 3, true, "return temperature");
		cv_explain_bcd(x, 3, true, "hours");
	}
	cv_explain_bcd(x, 7, true, "clock");
	cv_explain_meaning(x, "YYYYMMDDhhmmss, Beijing");
	cv_explain_take(x, 2, "state");
	cv_explain_meaning(x, "bits 0-1 valve, bit 2 battery low");
}

void cv_explain_cjt188(struct cv_explain *x)
{
	static const char *const kinds[] = {NULL, "water", "heat", "gas", "electricity"};
	size_t start = lead(x), end;
	unsigned int type, c, len, id;

	if (start == x->len)
		return;
	cv_explain_take(x, 1, "start");
	type = cv_explain_u8(x, "kind of meter");
	cv_explain_value(x, "0x%02x", type);
	cv_explain_meaning(x, "%s", CV_EXPLAIN_NAME(kinds, type >> 4, "none"));
	cv_explain_bcd(x, 7, true, "address");
	c = control(x, 0x3f);
	len = cv_explain_u8(x, "length");
	if (x->failed || cv_explain_left(x) < len)
		return;
	end = x->at + len;
	if (len >= 3 && !(c & 0x40)) {
		id = cv_explain_be16(x, "identifier");
		cv_explain_value(x, "%04x", id);
		cv_explain_u8(x, "serial number");
		if ((id == 0x901f || id == 0x1f90) && c & 0x80)
			reading(x, type, end);
	}
	if (x->at < end)
		cv_explain_bcd(x, end - x->at, true, "data");
	tail(x, start);
}
