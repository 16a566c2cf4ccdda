/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers of several packets (mode M3). Pictures are told piece by piece as they come, in records
 * that hold all of their bytes, and once more when the last packet is there; nothing is kept but
 * which packets there were. Other bodies that were cut into packets are told the same way, not
 * decoded.
 */
#include <string.h>

#include "dataplane/decode/label.h"
#include "dataplane/decode/sl651.h"
#include "dataplane/normalize/vocabulary.h"

static bool same(const struct sl651_transfer *t, const struct sl651_frame *f)
{
	return t->total != 0 && t->total == f->h->total && t->fn == f->h->fn &&
	       memcmp(t->station, f->h->station, SL651_STATION) == 0;
}

void sl651_transfer_begin(struct sl651_frame *f)
{
	struct sl651_transfer *t = f->d->flow;

	if (same(t, f) && t->serial == f->serial && t->mark_len == f->mark_len &&
	    memcmp(t->mark, f->mark, f->mark_len) == 0)
		return; /* the first packet again */
	memset(t, 0, sizeof(*t));
	t->total = f->h->total;
	t->fn = f->h->fn;
	t->serial = f->serial;
	t->ts = f->ts;
	t->time_quality = f->time_quality;
	t->mark_len = f->mark_len;
	memcpy(t->mark, f->mark, f->mark_len);
	memcpy(t->station, f->h->station, SL651_STATION);
}

/* @return was it there before? Packets above what is told apart are taken for new ones. */
static bool note(struct sl651_transfer *t, unsigned int index)
{
	uint64_t bit = 1ull << (index - 1) % 64;
	uint64_t *word = &t->seen[(index - 1) / 64 % (SL651_PACKETS_MAX / 64)];

	if (index <= SL651_PACKETS_MAX) {
		if (*word & bit)
			return true;
		*word |= bit;
	}
	t->got++;
	return false;
}

static void describe(const struct sl651_head *h, size_t from, size_t to, struct cv_label *label)
{
	cv_label_str(label, "packet ");
	cv_label_u32(label, h->index);
	cv_label_str(label, "/");
	cv_label_u32(label, h->total);
	cv_label_str(label, ", bytes ");
	cv_label_u32(label, (uint32_t)from);
	cv_label_str(label, "-");
	cv_label_u32(label, (uint32_t)to - 1);
}

/* All of the bytes, in records of as many as one holds. */
static void put_pieces(struct sl651_frame *f, unsigned int name, uint32_t flags,
		       const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at += CV_TLV_MAX) {
		size_t n = len - at < CV_TLV_MAX ? len - at : CV_TLV_MAX;
		struct cv_record *rec = sl651_begin(f, CV_LANE_STATUS, CV_KIND_STATE);
		struct cv_label label = {0};

		rec->name_id = (uint16_t)name;
		rec->flags |= flags | CV_FLAG_RAW | CV_FLAG_PARTIAL;
		rec->value_type = CV_VALUE_BYTES;
		describe(f->h, at, at + n, &label);
		cv_emit_tlv(f->d->emit, CV_TLV_TEXT, label.text, label.len);
		cv_emit_tlv(f->d->emit, CV_TLV_BYTES, data + at, n);
		cv_emit_end(f->d->emit);
	}
}

/* A picture is there: how many bytes it has, and whether they are all of one. */
static void put_whole(struct sl651_frame *f, uint32_t bytes, unsigned int got, bool jpeg)
{
	struct cv_record *rec = sl651_begin(f, CV_LANE_STATUS, CV_KIND_STATE);
	unsigned int total = f->h->total;
	struct cv_label label = {0};

	rec->name_id = CV_NAME_STATION_PICTURE;
	rec->value_type = CV_VALUE_U64;
	rec->value.u64 = bytes;
	rec->unit_id = CV_UNIT_B;
	rec->quality = got == total && jpeg ? CV_QUALITY_GOOD : CV_QUALITY_UNCERTAIN;
	cv_label_u32(&label, got);
	cv_label_str(&label, " of ");
	cv_label_u32(&label, total);
	cv_label_str(&label, jpeg ? " packets, image/jpeg" : " packets");
	cv_emit_tlv(f->d->emit, CV_TLV_TEXT, label.text, label.len);
	cv_emit_end(f->d->emit);
}

static bool jpeg_begins(const uint8_t *data, size_t len)
{
	return len >= 2 && data[0] == 0xff && data[1] == 0xd8;
}

/* Some cameras pad behind the end. The end may also be cut in two by packets; then it is not seen. */
static bool jpeg_ends(const uint8_t *data, size_t len)
{
	while (len > 0 && data[len - 1] == 0)
		len--;
	return len >= 2 && data[len - 2] == 0xff && data[len - 1] == 0xd9;
}

/* Count a packet of the transfer in hand, tell its bytes, and the whole when nothing is missing. */
static void take(struct sl651_frame *f, struct sl651_transfer *t, const uint8_t *data, size_t len)
{
	bool again = note(t, f->h->index);

	if (!again) {
		t->bytes += (uint32_t)len;
		if (f->h->index == 1)
			t->begins = jpeg_begins(data, len);
		if (f->h->index == t->total)
			t->ends = jpeg_ends(data, len);
	}
	put_pieces(f, t->picture ? CV_NAME_STATION_PICTURE : CV_NAME_NONE,
		   again ? CV_FLAG_DUPLICATE : 0, data, len);
	if (!t->picture || again || (t->got != t->total && f->h->index != t->total))
		return;
	put_whole(f, t->bytes, t->got, t->begins && t->ends);
}

void sl651_picture(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	struct sl651_transfer *t = f->d->flow;

	if (f->h->total > 1) {
		t->picture = true;
		t->ts = f->ts;
		t->time_quality = f->time_quality;
		take(f, t, data, len);
		return;
	}
	put_pieces(f, CV_NAME_STATION_PICTURE, 0, data, len);
	put_whole(f, (uint32_t)len, 1, jpeg_begins(data, len) && jpeg_ends(data, len));
}

void sl651_packet(struct sl651_frame *f, const uint8_t *data, size_t len)
{
	struct sl651_transfer *t = f->d->flow;

	if (!same(t, f)) { /* its first packet was not seen */
		put_pieces(f, CV_NAME_NONE, CV_FLAG_UNPAIRED, data, len);
		return;
	}
	f->serial = t->serial;
	f->ts = t->ts;
	f->time_quality = t->time_quality;
	f->mark_len = t->mark_len;
	memcpy(f->mark, t->mark, t->mark_len);
	take(f, t, data, len);
}
