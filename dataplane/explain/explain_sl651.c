/* SPDX-License-Identifier: Apache-2.0 */
/* SL 651-2014: hexadecimal frames (6.6.3), ASCII frames (6.6.2). */
#include <ctype.h>

#include "dataplane/decode/sl651.h"
#include "dataplane/explain/explain.h"
#include "dataplane/normalize/vocabulary.h"

void cv_explain_sl651(struct cv_explain *x);

/* Identifier, width and decimals, number. */
static void element(struct cv_explain *x)
{
	const struct sl651_element *e = sl651_element(cv_explain_peek(x, 0));
	bool far = cv_explain_peek(x, 0) == 0xff;
	unsigned int form;

	cv_explain_begin(x, e && e->name ? cv_name_text(e->name) : "element");
	cv_explain_bcd(x, far ? 2 : 1, false, "identifier");
	if (e != NULL)
		cv_explain_meaning(x, "%s in ASCII frames", e->code);
	form = cv_explain_u8(x, "form");
	cv_explain_value(x, "%u, %u", form >> 3, form & 7);
	cv_explain_meaning(x, "bytes, decimals");
	cv_explain_bcd(x, form >> 3, false, "number");
	cv_explain_end(x);
}

static void thing(struct cv_explain *x, uint8_t function)
{
	unsigned int both =
		cv_explain_peek(x, 0) == cv_explain_peek(x, 1) ? cv_explain_peek(x, 0) : 0;

	if (cv_explain_left(x) >= 2 && both == 0xf1) {
		cv_explain_take(x, 2, "station follows");
		cv_explain_bcd(x, 5, false, "station");
		if (sl651_has_class(function))
			cv_explain_take(x, 1, "class of the station");
	} else if (cv_explain_left(x) >= 2 && both == 0xf0) {
		cv_explain_take(x, 2, "time follows");
		cv_explain_bcd(x, 5, false, "observed");
		cv_explain_meaning(x, "YYMMDDhhmm, Beijing");
	} else {
		element(x);
	}
}

/* Picture (F3F3): all that is left. */
static void picture(struct cv_explain *x)
{
	cv_explain_take(x, 2, "picture follows");
	cv_explain_take(x, cv_explain_left(x), "picture");
}

static void body(struct cv_explain *x, uint8_t function, bool up, bool packets)
{
	uint32_t index = 1;

	cv_explain_begin(x, "body");
	if (packets) {
		const uint8_t *at = cv_explain_take(x, 3, "packet");

		index = at ? (at[1] & 0xfu) << 8 | at[2] : 1;
		cv_explain_value(x, "%u of %u", index, at ? (at[0] << 8 | at[1]) >> 4 : 0);
	}
	if (index == 1) {
		cv_explain_be16(x, "serial number");
		cv_explain_bcd(x, 6, false, "sent");
		cv_explain_meaning(x, "YYMMDDhhmmss, Beijing");
	}
	while (index == 1 && up && cv_explain_left(x) != 0 && function >= 0x30 &&
	       function <= 0x3a) {
		if (cv_explain_peek(x, 0) == 0xf3 && cv_explain_peek(x, 1) == 0xf3)
			picture(x);
		else
			thing(x, function);
	}
	if (cv_explain_left(x) != 0) {
		cv_explain_take(x, cv_explain_left(x), "content");
		if (sl651_is_parameters(function)) /* there may be a password in it */
			cv_explain_withhold(x);
	}
	cv_explain_end(x);
}

static uint32_t hex_number(const struct cv_explain *x, size_t at, size_t digits)
{
	uint32_t n = 0;

	for (size_t i = 0; i < digits; i++) {
		uint8_t c = cv_explain_peek(x, at + i);

		n = n << 4 | ((c <= '9' ? c - 48u : (c | 0x20u) - 87u));
	}
	return n;
}

/* 6.6.2: the same in hexadecimal digits, the body in words. */
static void ascii(struct cv_explain *x)
{
	size_t first = x->at, whole;
	uint32_t function, word, got, want;
	const char *name;
	bool up, packets;

	cv_explain_take(x, 1, "start");
	up = cv_explain_peek(x, 18) != '8';
	cv_explain_text(x, up ? 2 : 10, up ? "centre" : "station");
	cv_explain_text(x, up ? 10 : 2, up ? "station" : "centre");
	cv_explain_take(x, 4, "password");
	cv_explain_withhold(x);
	function = hex_number(x, 0, 2);
	name = sl651_function((uint8_t)function);
	cv_explain_text(x, 2, "function");
	cv_explain_meaning(x, "%s", name ? name : "of the maker");
	word = hex_number(x, 1, 3);
	cv_explain_text(x, 4, "direction and length");
	cv_explain_meaning(x, "%s, %u bytes of body", up ? "up" : "down", word);
	packets = cv_explain_u8(x, "start of the body") == 0x16;
	if (x->failed || cv_explain_left(x) < word)
		return;
	whole = cv_explain_narrow(x, word);
	if (packets)
		cv_explain_text(x, 6, "packet");
	while (cv_explain_left(x) != 0) {
		size_t len = 0;

		while (len < cv_explain_left(x) && cv_explain_peek(x, len) != ' ')
			len++;
		cv_explain_text(x, len < cv_explain_left(x) ? len + 1 : len, "word");
		if (sl651_is_parameters((uint8_t)function))
			cv_explain_withhold(x);
	}
	cv_explain_widen(x, whole, "word");
	cv_explain_take(x, 1, "end");
	if (x->failed)
		return;
	want = sl651_crc(x->data + first, x->at - first);
	got = hex_number(x, 0, 4);
	cv_explain_text(x, 4, "check code");
	if (got == want)
		cv_explain_meaning(x, "right");
	else
		cv_explain_meaning(x, "wrong: the bytes before it want %04X", want);
}

void cv_explain_sl651(struct cv_explain *x)
{
	size_t before = 0, first, whole;
	bool up, packets;
	unsigned int word, function;
	const char *name;

	while (before + 1 < cv_explain_left(x) &&
	       !(cv_explain_peek(x, before) == 0x7e && cv_explain_peek(x, before + 1) == 0x7e) &&
	       !(cv_explain_peek(x, before) == 1 && isxdigit(cv_explain_peek(x, before + 1))))
		before++;
	if (before + 10 >= cv_explain_left(x))
		return;
	cv_explain_text(x, before, "before the frame");
	if (cv_explain_peek(x, 0) == 1) {
		ascii(x);
		return;
	}
	first = x->at;
	cv_explain_take(x, 2, "start");
	up = x->len - first > 11 && x->data[first + 11] >> 4 == 0;
	if (up)
		cv_explain_u8(x, "centre");
	cv_explain_bcd(x, 5, false, "station");
	if (!up)
		cv_explain_u8(x, "centre");
	cv_explain_take(x, 2, "password");
	cv_explain_withhold(x);
	function = cv_explain_u8(x, "function");
	name = sl651_function((uint8_t)function);
	cv_explain_value(x, "0x%02x", function);
	cv_explain_meaning(x, "%s", name ? name : "of the maker");
	word = cv_explain_be16(x, "direction and length");
	cv_explain_value(x, "%u, %u", word >> 12, word & 0xfff);
	cv_explain_meaning(x, "%s, bytes of the body", up ? "up" : "down");
	packets = cv_explain_u8(x, "start of the body") == 0x16;
	word &= 0xfff;
	if (x->failed || cv_explain_left(x) < word)
		return;
	whole = cv_explain_narrow(x, word);
	body(x, (uint8_t)function, up, packets);
	cv_explain_widen(x, whole, "content");
	cv_explain_take(x, 1, "end");
	if (cv_explain_left(x) >= 2)
		cv_explain_check(x, 2, false, sl651_crc(x->data + first, x->at - first),
				 "check code");
}
