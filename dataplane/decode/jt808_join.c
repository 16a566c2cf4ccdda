/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of several packets. They are put together in a few transfers of bounded size per worker;
 * the oldest makes room. Each packet is told by a record, so that nothing is silent where a message
 * stays incomplete or is too long. Pictures and programs are not put together: their content is not
 * told.
 */
#include <string.h>

#include "dataplane/decode/jt808.h"

static bool same(const struct jt808_transfer *t, const struct jt808_frame *f)
{
	return t->total == f->total && t->id == f->id && t->device_len == f->device_len &&
	       memcmp(t->device, f->device, f->device_len) == 0;
}

static void begin(struct jt808_transfer *t, const struct jt808_frame *f)
{
	memset(t, 0, offsetof(struct jt808_transfer, bytes));
	t->id = f->id;
	t->total = f->total;
	t->first = (uint16_t)(f->serial - f->index + 1);
	t->device_len = f->device_len;
	memcpy(t->device, f->device, f->device_len);
}

/* The transfer that the packet belongs to, or a new one in place of the oldest. */
static struct jt808_transfer *find(struct jt808_worker *w, const struct jt808_frame *f)
{
	struct jt808_transfer *oldest = &w->transfer[0];

	for (unsigned int i = 0; i < JT808_TRANSFERS; i++) {
		struct jt808_transfer *t = &w->transfer[i];

		if (same(t, f))
			return t;
		if (oldest->total != 0 && (t->total == 0 || t->ts < oldest->ts))
			oldest = t;
	}
	begin(oldest, f);
	return oldest;
}

static void tell(const struct jt808_frame *f, uint32_t flags, bool bytes)
{
	bool down = f->direction == CV_DIR_DOWN;
	struct cv_record *rec =
		jt808_begin(f, CV_LANE_STATUS, down ? CV_KIND_COMMAND : CV_KIND_STATE);
	struct cv_label text = {0};

	rec->flags |= flags | CV_FLAG_PARTIAL;
	cv_label_str(&text, "packet ");
	cv_label_u32(&text, f->index);
	cv_label_str(&text, "/");
	cv_label_u32(&text, f->total);
	jt808_put(f, CV_TLV_TEXT, &text);
	if (bytes) {
		rec->flags |= CV_FLAG_RAW;
		rec->value_type = CV_VALUE_BYTES;
		cv_emit_tlv(f->d->emit, CV_TLV_BYTES, f->body, jt808_tellable(f));
	}
	jt808_end(f);
}

/* Add the packet. @return false: there is no room for it */
static bool add(struct jt808_transfer *t, const struct jt808_frame *f)
{
	struct jt808_piece *p = &t->piece[f->index - 1];

	if (f->len > JT808_JOIN_MAX - (size_t)t->used)
		return false;
	/* The standard has them follow each other; some terminals number what they send in between. */
	t->uncertain |= t->first != (uint16_t)(f->serial - f->index + 1);
	*p = (struct jt808_piece){
		.at = t->used, .len = (uint16_t)f->len, .serial = f->serial, .there = true};
	memcpy(t->bytes + t->used, f->body, f->len);
	t->used += (uint16_t)f->len;
	t->got++;
	t->ts = f->d->origin->ts_rx_ns;
	return true;
}

static void take_whole(struct jt808_worker *w, struct jt808_transfer *t, struct jt808_frame *f)
{
	size_t n = 0;

	for (unsigned int i = 0; i < t->total; i++) {
		memcpy(w->whole + n, t->bytes + t->piece[i].at, t->piece[i].len);
		n += t->piece[i].len;
	}
	f->body = w->whole;
	f->len = n;
	f->uncertain = t->uncertain;
	t->total = 0;
}

bool jt808_join(struct jt808_frame *f)
{
	struct jt808_worker *w = f->d->worker;
	struct jt808_transfer *t;

	if (f->id == JT808_MEDIA || f->id == JT808_UPGRADE) {
		if (f->index == 1 && f->id == JT808_MEDIA)
			return true; /* what it is stands in the first packet */
		tell(f, 0, false);
		return false;
	}
	if (f->index == 0 || f->index > f->total || f->total > JT808_PIECES_MAX) {
		tell(f, 0, true);
		return false;
	}
	t = find(w, f);
	if (t->piece[f->index - 1].there) {
		if (t->piece[f->index - 1].serial == f->serial) {
			tell(f, CV_FLAG_DUPLICATE, false);
			return false;
		}
		begin(t, f); /* the same message once more: the one before stays incomplete */
	}
	if (!add(t, f)) {
		t->total = 0;
		tell(f, 0, true);
		return false;
	}
	tell(f, 0, false);
	if (t->got < t->total)
		return false;
	take_whole(w, t, f);
	return true;
}
