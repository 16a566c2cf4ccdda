/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP: RFC 7252 section 3, over TCP RFC 8323 section 3.2. */
#include <stdio.h>
#include <string.h>

#include "dataplane/explain/explain.h"

void cv_explain_coap(struct cv_explain *x);

/* RFC 7252 table 7 and what came later. */
static const char *option_name(uint32_t number)
{
	static const struct {
		uint16_t number;
		const char *name;
	} names[] = {
		{1, "If-Match"},	{3, "Uri-Host"},	{4, "ETag"},
		{5, "If-None-Match"},	{6, "Observe"},		{7, "Uri-Port"},
		{8, "Location-Path"},	{9, "OSCORE"},		{11, "Uri-Path"},
		{12, "Content-Format"}, {14, "Max-Age"},	{15, "Uri-Query"},
		{17, "Accept"},		{20, "Location-Query"}, {23, "Block2"},
		{27, "Block1"},		{28, "Size2"},		{35, "Proxy-Uri"},
		{39, "Proxy-Scheme"},	{60, "Size1"},		{258, "No-Response"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == number)
			return names[i].name;
	return "option";
}

static bool is_text(uint32_t number)
{
	return number == 3 || number == 8 || number == 11 || number == 15 || number == 20 ||
	       number == 35 || number == 39;
}

/* Length or delta that did not fit its nibble. */
static uint32_t extended(struct cv_explain *x, uint32_t nibble, const char *name)
{
	if (nibble == 13)
		return 13 + cv_explain_u8(x, name);
	return nibble == 14 ? 269 + cv_explain_be16(x, name) : nibble;
}

static void value(struct cv_explain *x, uint32_t number, uint32_t len)
{
	const uint8_t *at;
	uint32_t n = 0;

	if (is_text(number)) {
		cv_explain_text(x, len, "value");
		return;
	}
	at = cv_explain_take(x, len, "value");
	for (uint32_t i = 0; at != NULL && i < len && len <= 4; i++)
		n = n << 8 | at[i];
	if (at != NULL && len != 0 && len <= 4)
		cv_explain_value(x, "%u", n);
}

static uint32_t option(struct cv_explain *x, uint32_t number)
{
	uint32_t delta, len, first;

	first = cv_explain_peek(x, 0);
	cv_explain_begin(x, "option");
	cv_explain_take(x, 1, "delta and length");
	cv_explain_value(x, "%u, %u", first >> 4, first & 15);
	delta = extended(x, first >> 4, "more of the delta");
	len = extended(x, first & 15, "more of the length");
	if (first >> 4 == 15 || (first & 15) == 15) {
		cv_explain_meaning(x, "wrong: 15 is reserved");
		x->failed = true;
		return 0;
	}
	number += delta;
	if (!x->failed)
		snprintf(x->field[x->open[x->depth - 1]].name, sizeof(x->field[0].name), "%s (%u)",
			 option_name(number), number);
	value(x, number, len);
	cv_explain_end(x);
	return number;
}

static void code(struct cv_explain *x)
{
	static const char *const methods[] = {"empty",	"GET",	 "POST",  "PUT",
					      "DELETE", "FETCH", "PATCH", "iPATCH"};
	unsigned int c = cv_explain_u8(x, "code");

	cv_explain_value(x, "%u.%02u", c >> 5, c & 31);
	if (c < 8)
		cv_explain_meaning(x, "%s", methods[c]);
	else
		cv_explain_meaning(x, "%s",
				   c >> 5 == 2	 ? "success"
				   : c >> 5 == 4 ? "the client's error"
				   : c >> 5 == 5 ? "the server's error"
				   : c >> 5 == 7 ? "signal of the connection"
						 : "unassigned");
}

/* @return bytes of the token; *@p ret those of options and payload. */
static uint32_t head_udp(struct cv_explain *x, size_t *ret)
{
	static const char *const types[] = {"confirmable", "non-confirmable", "acknowledgement",
					    "reset"};
	uint32_t first = cv_explain_u8(x, "version, type, token length");

	cv_explain_value(x, "%u, %u, %u", first >> 6, first >> 4 & 3, first & 15);
	cv_explain_meaning(x, "%s%s", first >> 6 == 1 ? "" : "wrong version; ",
			   types[first >> 4 & 3]);
	code(x);
	cv_explain_be16(x, "message ID");
	*ret = cv_explain_left(x);
	return first & 15;
}

static uint32_t head_tcp(struct cv_explain *x, size_t *ret)
{
	uint32_t first = cv_explain_u8(x, "length, token length"), nibble = first >> 4;

	cv_explain_value(x, "%u, %u", nibble, first & 15);
	*ret = nibble;
	if (nibble == 13)
		*ret = 13 + cv_explain_u8(x, "more of the length");
	else if (nibble == 14)
		*ret = 269 + cv_explain_be16(x, "more of the length");
	else if (nibble == 15)
		*ret = 65805 + (size_t)cv_explain_be32(x, "more of the length");
	code(x);
	return first & 15;
}

/* Is the path that of LwM2M's object 0, whose resources are keys? @param from first field of the message */
static bool is_security(const struct cv_explain *x, unsigned int from)
{
	for (; from + 2 < x->count; from++) {
		if (strcmp(x->field[from].name, "Uri-Path (11)") == 0)
			return strcmp(x->field[from + 2].value, "0") == 0;
	}
	return false;
}

void cv_explain_coap(struct cv_explain *x)
{
	unsigned int from = x->count;
	size_t len = 0, whole;
	uint32_t token = x->stream ? head_tcp(x, &len) : head_udp(x, &len), number = 0;

	if (token > 8)
		cv_explain_meaning(x, "wrong: the token has at most 8 bytes");
	cv_explain_take(x, token, "token");
	if (x->failed)
		return;
	if (x->stream && len > cv_explain_left(x)) {
		cv_explain_take(x, len, "options and payload");
		return;
	}
	whole = x->stream ? cv_explain_narrow(x, len) : x->len;
	while (cv_explain_left(x) != 0 && cv_explain_peek(x, 0) != 0xff)
		number = option(x, number);
	if (cv_explain_left(x) != 0) {
		cv_explain_take(x, 1, "payload marker");
		cv_explain_text(x, cv_explain_left(x), "payload");
		if (is_security(x, from))
			cv_explain_withhold(x);
	}
	x->len = whole;
}
