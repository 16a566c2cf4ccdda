/* SPDX-License-Identifier: Apache-2.0 */
/* Data items of a read answer, one record each. */
#include <string.h>

#include "dataplane/decode/dlt645.h"
#include "dataplane/decode/label.h"
#include "dataplane/decode/meter_bcd.h"
#include "dataplane/normalize/vocabulary.h"

#define TIME_SIZE 5 /* minute, hour, day, month, year of a highest demand */
#define SIGN 0x80
#define STATUS_WORD_1 0x04000501u
#define CLOCK_BATTERY_LOW 0x04u
#define READING_BATTERY_LOW 0x08u

/* An answer's identifier and where its data are. */
struct answer {
	const struct dlt645_frame *f;
	bool edition_1997;
	uint32_t di;
	const uint8_t *data;
	size_t len;
	uint32_t sequence; /* of frames with the rest of an answer */
};

static void put_hex(struct cv_label *l, uint32_t di, bool edition_1997)
{
	static const char digit[] = "0123456789ABCDEF";

	for (int shift = edition_1997 ? 12 : 28; shift >= 0; shift -= 4)
		cv_label_bytes(l, &digit[di >> shift & 0xf], 1);
}

void dlt645_put_code(const struct dlt645_frame *f, uint32_t di, bool edition_1997)
{
	struct cv_label code = {0};

	put_hex(&code, di, edition_1997);
	cv_emit_tlv(f->d->emit, CV_TLV_CODE, code.text, code.len);
}

static void put_raw_name(const struct answer *a, uint32_t di)
{
	struct cv_label name = {0};

	cv_label_str(&name, "raw.");
	put_hex(&name, di, a->edition_1997);
	cv_emit_tlv(a->f->d->emit, CV_TLV_NAME, name.text, name.len);
}

static struct cv_record *begin(const struct answer *a, uint32_t di, enum cv_lane lane,
			       enum cv_kind kind)
{
	struct cv_record *rec = dlt645_begin(a->f, lane, kind);

	rec->seq = a->sequence;
	dlt645_put_code(a->f, di, a->edition_1997);
	return rec;
}

static void put_bytes(const struct answer *a, struct cv_record *rec, const uint8_t *at, size_t len)
{
	rec->value_type = CV_VALUE_BYTES;
	cv_emit_tlv(a->f->d->emit, CV_TLV_BYTES, at, len);
}

static void put_number(const struct answer *a, struct cv_record *rec, const struct dlt645_item *it,
		       const uint8_t *at)
{
	uint8_t digits[8];
	bool below = false;
	uint64_t number;

	memcpy(digits, at, it->size);
	if (it->negative && !meter_missing(at, it->size)) {
		below = digits[it->size - 1] & SIGN;
		digits[it->size - 1] &= (uint8_t)~SIGN;
	}
	if (!meter_bcd(digits, it->size, &number)) {
		rec->quality = CV_QUALITY_BAD;
		if (!meter_missing(at, it->size))
			put_bytes(a, rec, at, it->size);
		return;
	}
	rec->value_type = CV_VALUE_F64;
	rec->value.f64 = meter_scale(number, it->exponent);
	if (below && number != 0)
		rec->value.f64 = -rec->value.f64;
}

static void put_digits(const struct answer *a, struct cv_record *rec, const uint8_t *at, size_t len)
{
	char text[16];

	meter_digits(at, len, text);
	rec->value_type = CV_VALUE_TEXT;
	cv_emit_tlv(a->f->d->emit, CV_TLV_TEXT, text, 2 * len);
}

static void put_battery(const struct answer *a, const char *which)
{
	struct cv_record *rec = begin(a, STATUS_WORD_1, CV_LANE_ALARM, CV_KIND_ALARM);

	rec->name_id = CV_NAME_METER_BATTERY_LOW;
	rec->value_type = CV_VALUE_BOOL;
	rec->value.u64 = 1;
	cv_emit_tlv(a->f->d->emit, CV_TLV_SUB, which, strlen(which));
	cv_emit_end(a->f->d->emit);
}

static void put_value(const struct answer *a, struct cv_record *rec, const struct dlt645_item *it,
		      const uint8_t *at)
{
	switch ((enum dlt645_form)it->form) {
	case DLT645_NUMBER:
		put_number(a, rec, it, at);
		break;
	case DLT645_DIGITS:
		put_digits(a, rec, at, it->size);
		break;
	case DLT645_WORD:
		rec->value_type = CV_VALUE_U64;
		rec->value.u64 = it->size == 1 ? at[0] : (uint64_t)(at[1] << 8 | at[0]);
		break;
	case DLT645_CLOCK: /* the weekday stands between hour and day */
		meter_clock(rec, at, at + 1, at + 4);
		break;
	case DLT645_RAW:
		break;
	}
	if (it->timed && !meter_missing(at + it->size, TIME_SIZE))
		meter_time(rec, NULL, at + it->size, at + it->size + 2);
}

static void put_item(const struct answer *a, uint32_t di, const struct dlt645_item *it,
		     const uint8_t *at)
{
	bool number = it->form == DLT645_NUMBER;
	enum cv_lane lane = it->name ? cv_name_lane(it->name)
			    : number ? CV_LANE_MEASUREMENT
				     : CV_LANE_STATUS;
	struct cv_record *rec = begin(a, di, lane, number ? CV_KIND_MEASUREMENT : CV_KIND_STATE);

	rec->name_id = it->name;
	rec->unit_id = it->unit;
	rec->stage = it->stage;
	if (it->name == CV_NAME_NONE)
		put_raw_name(a, di);
	if (it->sub[0] != '\0')
		cv_emit_tlv(a->f->d->emit, CV_TLV_SUB, it->sub, strlen(it->sub));
	put_value(a, rec, it, at);
	cv_emit_end(a->f->d->emit);
	if (di == STATUS_WORD_1 && !a->edition_1997) {
		if (at[0] & CLOCK_BATTERY_LOW)
			put_battery(a, "clock");
		if (at[0] & READING_BATTERY_LOW)
			put_battery(a, "reading");
	}
}

/* What is not known, not complete, or the rest of a block that began in another frame. */
static void put_raw(const struct answer *a)
{
	struct cv_record *rec = begin(a, a->di, CV_LANE_STATUS, CV_KIND_STATE);

	rec->flags |= CV_FLAG_RAW;
	put_raw_name(a, a->di);
	if (a->len > 0)
		put_bytes(a, rec, a->data, a->len);
	cv_emit_end(a->f->d->emit);
}

/*
 * A block ends where its bytes do: a meter has fewer tariffs than there can be. What is left then is
 * no item: 1997 ends a block with AA, and some meters put a byte of their own behind a value.
 */
static void put_items(const struct answer *a)
{
	struct dlt645_block block =
		a->edition_1997 ? dlt645_block_1997(a->di) : dlt645_block_2007(a->di);
	size_t at = 0;

	for (unsigned int i = 0; i < block.most; i++) {
		uint32_t di = block.first + i * block.step;
		struct dlt645_item it =
			a->edition_1997 ? dlt645_item_1997(di) : dlt645_item_2007(di);
		size_t size = it.size + (it.timed ? (size_t)TIME_SIZE : 0);

		if (it.form == DLT645_RAW || a->len - at < size)
			break;
		put_item(a, di, &it, a->data + at);
		at += size;
	}
	if (at == 0)
		put_raw(a);
}

bool dlt645_emit_items(const struct dlt645_frame *f)
{
	unsigned int function = dlt645_function(f);
	bool rest = function == DLT645_READ_NEXT || function == DLT645_READ_NEXT_97;
	struct answer a = {.f = f};
	size_t width;

	a.edition_1997 = function != DLT645_READ && function != DLT645_READ_NEXT;
	width = a.edition_1997 ? 2 : 4;
	if (f->len < width)
		return false;
	for (size_t i = width; i-- > 0;)
		a.di = a.di << 8 | f->data[i];
	a.data = f->data + width;
	a.len = f->len - width;
	if (function == DLT645_READ_NEXT && a.len > 0)
		a.sequence = a.data[--a.len];
	if (rest)
		put_raw(&a);
	else
		put_items(&a);
	return true;
}
