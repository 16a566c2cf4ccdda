/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that were judged and passed on, but may not have arrived: whatever comes again in their
 * place has to be the same, or a sender could have one thing judged and another delivered (first
 * with a wrong checksum or a short life, then "again"). What the receiver has acknowledged it will
 * not take again. Only in directions under constraints; copies of segments in the memory for
 * out-of-order ones. Where there is none left, a repeat cannot be judged and is dropped. What passed
 * unseen inside a large message may be anything: where it begins and ends was said before.
 */
#include <string.h>

#include "dataplane/flow/segments.h"

static struct cv_segment *at(const struct cv_inspect *in, uint32_t i)
{
	return &in->memory.segment[i];
}

static void drop_first(struct cv_inspect *in, struct cv_flow_dir *d)
{
	uint32_t i = d->unacked;

	d->unacked = at(in, i)->next;
	d->unacked_count--;
	cv_segment_put(&in->memory, i);
}

void cv_unacked_trim(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	struct cv_flow_dir *d = &f->dir[dir];

	while (d->unacked != CV_INDEX_NONE && (d->flags & CV_TCP_ACKED) &&
	       cv_seq_diff(at(in, d->unacked)->seq + at(in, d->unacked)->len, d->ack) <= 0)
		drop_first(in, d);
}

void cv_unacked_drop(struct cv_inspect *in, struct cv_flow *f, unsigned int dir)
{
	while (f->dir[dir].unacked != CV_INDEX_NONE)
		drop_first(in, &f->dir[dir]);
}

void cv_unacked_append(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t i)
{
	struct cv_flow_dir *d = &f->dir[dir];

	at(in, i)->next = CV_INDEX_NONE;
	if (d->unacked == CV_INDEX_NONE)
		d->unacked = i;
	else
		at(in, d->unacked_last)->next = i;
	d->unacked_last = i;
	d->unacked_count++;
}

/* The piece that byte @p seq goes to the end of, or NULL. Senders of single bytes share one. */
static struct cv_segment *last_with_room(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
					 uint32_t seq)
{
	struct cv_flow_dir *d = &f->dir[dir];
	struct cv_segment *s = d->unacked == CV_INDEX_NONE ? NULL : at(in, d->unacked_last);
	uint32_t i = CV_INDEX_NONE;

	if (s != NULL && s->seq + s->len == seq && s->len < CV_SEGMENT_DATA)
		return s;
	if (d->unacked_count < CV_SEGMENTS_PER_DIR)
		i = cv_segment_get(&in->memory);
	if (i == CV_INDEX_NONE)
		return NULL;
	at(in, i)->seq = seq;
	at(in, i)->len = 0;
	cv_unacked_append(in, f, dir, i);
	return at(in, i);
}

/* No decoder sees these bytes: they are inside a large message. */
static void keep_unseen(struct cv_flow_dir *d, uint32_t seq, size_t len)
{
	if (d->unseen_to != seq)
		d->unseen_from = seq;
	d->unseen_to = seq + (uint32_t)len;
}

void cv_unacked_keep(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t seq,
		     const uint8_t *data, size_t len)
{
	struct cv_flow_dir *d = &f->dir[dir];

	if (d->stream.skip >= len) {
		keep_unseen(d, seq, len);
		return;
	}
	if (cv_seq_diff(seq, d->unseen_to) > CV_OLD_SPAN) /* before the numbers come round again */
		d->unseen_from = d->unseen_to = seq;
	while (len > 0) {
		struct cv_segment *s = last_with_room(in, f, dir, seq);
		size_t n;

		if (s == NULL)
			return;
		n = (size_t)CV_SEGMENT_DATA - s->len;
		n = n < len ? n : len;
		memcpy(s->data + s->len, data, n);
		s->len = (uint16_t)(s->len + n);
		seq += (uint32_t)n;
		data += n;
		len -= n;
	}
}

/*
 * How many bytes from @p from on are the same: up to the end of the piece they lie in.
 *
 * @return 0: they differ, or there is no telling.
 */
static uint32_t same_bytes(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			   const uint8_t *data, uint32_t from, uint32_t len)
{
	const struct cv_flow_dir *d = &f->dir[dir];
	uint32_t n = d->unseen_to - from;

	if (cv_seq_diff(from, d->unseen_from) >= 0 && cv_seq_diff(d->unseen_to, from) > 0)
		return n < len ? n : len;
	for (uint32_t i = d->unacked; i != CV_INDEX_NONE; i = at(in, i)->next) {
		const struct cv_segment *s = at(in, i);

		if (cv_seq_diff(from, s->seq) < 0 || cv_seq_diff(s->seq + s->len, from) <= 0)
			continue;
		n = s->seq + s->len - from;
		n = n < len ? n : len;
		if (memcmp(s->data + (from - s->seq), data, n) == 0)
			return n;
		cv_inspect_overlap(in, f);
		return 0;
	}
	return 0;
}

bool cv_unacked_same(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		     const struct cv_tcp_segment *seg)
{
	const struct cv_flow_dir *d = &f->dir[dir];
	uint32_t from = seg->seq, to = seg->seq + seg->len, n;

	if (cv_seq_diff(to, d->next) > 0)
		to = d->next;
	if ((d->flags & CV_TCP_ACKED) && cv_seq_diff(d->ack, from) > 0)
		from = d->ack;
	if (cv_seq_diff(d->first, from) > 0)
		from = d->first;
	for (; cv_seq_diff(to, from) > 0; from += n) {
		n = same_bytes(in, f, dir, seg->data + (from - seg->seq), from, to - from);
		if (n == 0)
			return false;
	}
	return true;
}
