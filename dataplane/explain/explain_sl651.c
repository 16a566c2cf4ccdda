/* SPDX-License-Identifier: Apache-2.0 */
/* SL 651-2014, hexadecimal frames (6.6.3). Of ASCII frames (01H) the start is told alone. */
#include <stdio.h>
#include <string.h>

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

static void body(struct cv_explain *x, uint8_t function, size_t end)
{
	size_t whole = x->len;

	x->len = end;
	cv_explain_begin(x, "body");
	cv_explain_be16(x, "serial number");
	cv_explain_bcd(x, 6, false, "sent");
	cv_explain_meaning(x, "YYMMDDhhmmss, Beijing");
	while (cv_explain_left(x) != 0 && function >= 0x30 && function <= 0x3a)
		thing(x, function);
	if (cv_explain_left(x) != 0)
		cv_explain_take(x, cv_explain_left(x), "content");
	cv_explain_end(x);
	x->len = whole;
	x->failed = x->failed && x->at < end;
}

void cv_explain_sl651(struct cv_explain *x)
{
	static const uint8_t start[] = {0x7e, 0x7e};
	size_t before = 0, first;
	bool up;
	unsigned int word, function;
	const char *name;

	while (before + 1 < x->len && memcmp(x->data + before, start, 2) != 0)
		before++;
	if (before + 10 >= x->len)
		return;
	cv_explain_text(x, before, "before the frame");
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
	cv_explain_u8(x, "start of the body");
	word &= 0xfff;
	if (x->failed || cv_explain_left(x) < word)
		return;
	body(x, (uint8_t)function, x->at + word);
	cv_explain_take(x, 1, "end");
	if (cv_explain_left(x) >= 2)
		cv_explain_check(x, 2, false, sl651_crc(x->data + first, x->at - first),
				 "check code");
}
