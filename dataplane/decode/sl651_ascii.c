/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of ASCII frames (6.6.2): codes and values as words with a blank behind each. */
#include <string.h>

#include "dataplane/decode/sl651.h"
#include "dataplane/normalize/vocabulary.h"

#define MINUTE_NS (60ll * 1000000000)
#define COLUMNS_MAX 16 /* elements of a uniform report */
#define BYTES_MAX 128 /* that stand as digits in one word */

struct words {
	const uint8_t *at, *end;
};

struct word {
	const uint8_t *text;
	size_t len;
};

/** Elements whose values follow in turn. */
struct columns {
	struct sl651_item item[COLUMNS_MAX];
	unsigned int count;
	unsigned int next; /* value, over all columns */
	int64_t first;
};

static bool next_word(struct words *w, struct word *ret)
{
	const uint8_t *blank;

	while (w->at < w->end && *w->at == ' ')
		w->at++;
	if (w->at == w->end)
		return false;
	blank = memchr(w->at, ' ', (size_t)(w->end - w->at));
	ret->text = w->at;
	ret->len = (size_t)((blank ? blank : w->end) - w->at);
	w->at += ret->len;
	return true;
}

static bool is(struct word w, const char *code)
{
	return w.len == strlen(code) && memcmp(w.text, code, w.len) == 0;
}

/* All of the words behind this one, without the blank that ends the body. */
static struct word rest(struct words *w)
{
	struct word ret;

	if (w->at < w->end)
		w->at++;
	ret = (struct word){w->at, (size_t)(w->end - w->at)};
	if (ret.len > 0 && ret.text[ret.len - 1] == ' ')
		ret.len--;
	w->at = w->end;
	return ret;
}

/* @return bytes, 0 when the word is not two digits for each of at most BYTES_MAX. */
static size_t to_bytes(struct word w, uint8_t *ret)
{
	if (w.len % 2 != 0 || w.len > 2 * BYTES_MAX)
		return 0;
	for (size_t i = 0; i < w.len; i++) {
		uint8_t c = w.text[i], low = c | 0x20;
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (low >= 'a' && low <= 'f')
			digit = low - 'a' + 10u;
		else
			return 0;
		ret[i / 2] = (uint8_t)(i % 2 ? ret[i / 2] | digit : digit << 4);
	}
	return w.len / 2;
}

static bool is_value(struct word w)
{
	uint8_t c = w.text[0];

	return is(w, "M") || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

static void put_value(struct sl651_frame *f, const struct sl651_item *it, struct word value)
{
	uint8_t id = it->element ? it->element->id : 0;
	uint8_t bytes[BYTES_MAX];
	size_t n;

	if (is(value, "M")) {
		sl651_number(f, it, NULL, 0, 0);
	} else if (id >= 0xf4 && id <= 0xfc && (n = to_bytes(value, bytes)) != 0) {
		sl651_series(f, it, bytes, n);
	} else if (id == 0x45 && to_bytes(value, bytes) == 4) {
		sl651_state(f, (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
				       (uint32_t)bytes[2] << 8 | bytes[3]);
	} else {
		sl651_number(f, it, (const char *)value.text, value.len, 0);
	}
}

static struct sl651_item item_of(const struct sl651_frame *f, struct word code)
{
	bool parameter = sl651_is_parameters(f->h->fn);

	return (struct sl651_item){
		.element = parameter ? NULL : sl651_element_by_code(code.text, code.len),
		.code = (const char *)code.text,
		.code_len = code.len < 16 ? code.len : 16,
		.parameter = parameter,
	};
}

/* DRD, DRH or DRN and two digits (table C.2). */
static bool take_step(struct sl651_frame *f, struct word w)
{
	int64_t unit;

	if (w.len != 5 || memcmp(w.text, "DR", 2) != 0 || w.text[3] < '0' || w.text[3] > '9' ||
	    w.text[4] < '0' || w.text[4] > '9')
		return false;
	unit = w.text[2] == 'D' ? 24 * 60 : w.text[2] == 'H' ? 60 : 1;
	f->step = ((w.text[3] - '0') * 10 + (w.text[4] - '0')) * unit * MINUTE_NS;
	f->stepped = true;
	return true;
}

/* @return is it a word with a meaning of its own? */
static bool take_guide(struct sl651_frame *f, struct words *w, struct word code)
{
	uint8_t bytes[BYTES_MAX];
	char digits[SL651_STATION];
	struct word value;

	if (is(code, "ST") || is(code, "TT")) {
		if (!next_word(w, &value) || value.len != SL651_STATION)
			return false;
		if (code.text[0] == 'T') {
			sl651_observed(f, value.text);
		} else if (to_bytes(value, bytes) != 0) {
			sl651_digits(bytes, SL651_STATION, digits);
			sl651_take_station(f, digits);
			if (sl651_has_class(f->h->fn))
				next_word(w, &value);
		}
		return true;
	}
	if (is(code, "RGZS")) {
		value = rest(w);
		sl651_text(f, NULL, CV_NAME_STATION_MANUAL_ENTRY, value.text, value.len);
		return true;
	}
	if (is(code, "PIC")) {
		value = rest(w);
		sl651_picture(f, value.text, value.len);
		return true;
	}
	return take_step(f, code);
}

/* What stands alone behind the station's address. @return was it that? */
static bool take_special(struct sl651_frame *f, struct words *w, struct word first)
{
	uint8_t bytes[BYTES_MAX];
	struct word text;
	size_t n;

	if (f->h->fn == SL651_VERSION) {
		text = rest(w);
		sl651_text(f, NULL, CV_NAME_DEVICE_VERSION, text.text, text.len);
		return true;
	}
	if (f->h->fn < SL651_PUMPS || f->h->fn > SL651_EVENTS)
		return false;
	n = to_bytes(first, bytes);
	return n != 0 && sl651_special(f, bytes, n);
}

/* A value of a uniform report: columns in turn, a step later after each round. */
static void put_column(struct sl651_frame *f, struct columns *c, struct word value)
{
	unsigned int column = c->next % c->count;

	if (c->next == 0)
		c->first = f->ts;
	if (f->time_quality == CV_TIME_DEVICE)
		f->ts = c->first + c->next / c->count * f->step;
	put_value(f, &c->item[column], value);
	c->next++;
}

static void put_code(struct sl651_frame *f, struct words *w, struct columns *c, struct word code)
{
	bool uniform = f->stepped && (f->h->fn == SL651_UNIFORM || f->h->fn == SL651_PERIOD);
	struct sl651_item it = item_of(f, code);
	struct word value;

	if (uniform) {
		if (c->count < COLUMNS_MAX)
			c->item[c->count++] = it;
		return;
	}
	if (!next_word(w, &value))
		return;
	if (it.parameter && (f->h->fn == SL651_PASSWORD || is(code, "03")))
		sl651_withheld(f, &it);
	else if (it.parameter && !is_value(value))
		sl651_text(f, &it, CV_NAME_NONE, value.text, value.len);
	else
		put_value(f, &it, value);
}

void sl651_ascii(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	struct words w = {data, data + len};
	struct columns c = {.count = 0};
	struct word word;

	if (!f->h->up && !sl651_is_parameters(f->h->fn)) {
		if (len != 0)
			sl651_command(f, data, len);
		return;
	}
	if (sl651_function(f->h->fn) == NULL) {
		if (len != 0)
			sl651_raw(f, NULL, data, len);
		return;
	}
	while (next_word(&w, &word)) {
		if (take_guide(f, &w, word) || take_special(f, &w, word))
			continue;
		if (c.count != 0 && is_value(word))
			put_column(f, &c, word);
		else
			put_code(f, &w, &c, word);
	}
}
