/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies (6.6): serial number, time of sending, and what depends on function and coding. */
#include <string.h>

#include "dataplane/decode/civil_time.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/sl651.h"

#define SENT 12 /* digits of the time of sending */
#define DAY_NS (86400ll * 1000000000)

bool sl651_time(const uint8_t *digits, size_t count, int64_t *ret)
{
	unsigned int part[6] = {0};

	for (size_t i = 0; i < count; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		part[i / 2] = part[i / 2] * 10 + (unsigned int)(digits[i] - '0');
	}
	return cv_civil_time(
		&(struct cv_civil){2000 + part[0], part[1], part[2], part[3], part[4], part[5]},
		CV_BEIJING_S, ret);
}

/* Nothing is observed a day after it was sent. */
void sl651_observed(struct sl651_frame *f, const uint8_t *digits)
{
	int64_t ts;

	f->ts = 0;
	f->time_quality = CV_TIME_IMPLAUSIBLE;
	if (!sl651_time(digits, 10, &ts) || (f->sent_known && ts > f->sent + DAY_NS))
		return;
	f->ts = ts;
	f->time_quality = CV_TIME_DEVICE;
}

static void take_sent(struct sl651_frame *f, uint16_t serial, const uint8_t *digits)
{
	struct cv_label mark = {0};

	f->serial = serial;
	cv_label_bytes(&mark, digits, SENT);
	cv_label_str(&mark, "/");
	cv_label_u32(&mark, serial);
	memcpy(f->mark, mark.text, mark.len);
	f->mark_len = (uint8_t)mark.len;
	f->sent_known = sl651_time(digits, SENT, &f->sent);
	f->ts = f->sent_known ? f->sent : 0;
	f->time_quality = f->sent_known ? CV_TIME_DEVICE : CV_TIME_IMPLAUSIBLE;
}

/* @return bytes used up, 0 when the body does not begin so. */
static size_t hex_start(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	uint8_t digits[SENT];

	if (len < 2 + SENT / 2)
		return 0;
	for (size_t i = 0; i < SENT; i++) {
		uint8_t nibble = i % 2 ? data[2 + i / 2] & 15 : data[2 + i / 2] >> 4;

		digits[i] = (uint8_t)(nibble < 10 ? '0' + nibble : 'A' + nibble - 10);
	}
	take_sent(f, (uint16_t)(data[0] << 8 | data[1]), digits);
	return 2 + SENT / 2;
}

static size_t ascii_start(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	uint32_t serial = 0;

	if (len < 4 + SENT)
		return 0;
	for (size_t i = 0; i < 4 + SENT; i++) {
		uint8_t c = data[i];
		bool digit = c >= '0' && c <= '9';

		if (!digit && (i >= 4 || !((c | 0x20) >= 'a' && (c | 0x20) <= 'f')))
			return 0;
		if (i < 4)
			serial = serial << 4 |
				 (unsigned int)(digit ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	take_sent(f, (uint16_t)serial, data + 4);
	return 4 + SENT;
}

enum cv_reject sl651_body(struct cv_decode *d, const struct sl651_head *h)
{
	struct sl651_frame f = {.d = d, .h = h, .station = h->station};
	bool alone = h->total == 1;
	size_t start;

	/* Only the first packet has serial number and time; the others are pieces of the body. */
	if (h->packets && h->up && h->index > 1) {
		sl651_packet(&f, h->body, h->len);
		if (f.records == 0)
			sl651_bare(&f);
		return CV_REJECT_NONE;
	}
	if (h->packets && !h->up && h->len == 0) { /* a packet is wanted again, or none is */
		sl651_bare(&f);
		return CV_REJECT_NONE;
	}
	start = h->ascii ? ascii_start(&f, h->body, h->len) : hex_start(&f, h->body, h->len);
	if (start == 0)
		return CV_REJECT_BAD_PAYLOAD;
	f.trigger = h->up && h->fn == SL651_ADDED;
	if (!alone && h->up)
		sl651_transfer_begin(&f);
	if (!alone && h->up && h->fn != SL651_PICTURE)
		sl651_packet(&f, h->body + start, h->len - start);
	else if (h->ascii)
		sl651_ascii(&f, h->body + start, h->len - start);
	else
		sl651_hex(&f, h->body + start, h->len - start);
	if (f.records == 0)
		sl651_bare(&f);
	return CV_REJECT_NONE;
}
