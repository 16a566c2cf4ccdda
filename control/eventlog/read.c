/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading: a block from the cache when it is recent, else a window of the segment file, from an
 * index entry on. The window stays with the read, so that a reader in order goes to the file once
 * per window. What is on disk is checked again each time: it may have been damaged since.
 */
#include "control/eventlog/log_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void deliver(struct cv_log_read *rd, const struct cv_block *b, int res)
{
	rd->busy = false;
	rd->done(rd, b, res);
}

/* The segment whose range of sequences @p seq falls into. */
static struct cv_segment *find_segment(struct cv_log_lane *l, uint64_t seq)
{
	size_t low = 0, high = l->count;

	if (l->count == 0 || l->segments[0]->first > seq)
		return NULL;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (l->segments[mid]->first <= seq)
			low = mid;
		else
			high = mid;
	}
	cv_complete_know(l, low);
	return l->segments[low];
}

/* First sequence behind @p seq that the index knows; also says whether a gap record begins it. */
static uint64_t next_known(struct cv_log_lane *l, uint64_t seq, bool *told)
{
	*told = false;
	for (size_t i = 0; i < l->count; i++) {
		const struct cv_segment *s = l->segments[i];
		ssize_t e;

		if (i + 1 < l->count && l->segments[i + 1]->first <= seq)
			continue;
		cv_complete_know(l, i);
		if (s->index_count == 0 || s->index[s->index_count - 1].seq <= seq)
			continue;
		e = cv_index_find(s, seq) + 1;
		*told = s->index[e].off & CV_INDEX_TOLD;
		return s->index[e].seq;
	}
	return l->end;
}

static void deliver_hole(struct cv_log_read *rd, uint64_t skip_to)
{
	struct cv_log_lane *l = &rd->log->lane[rd->lane];
	bool told;
	uint64_t known = next_known(l, rd->seq, &told);

	rd->skip_to = skip_to && skip_to < known ? skip_to : known;
	rd->told = told && rd->skip_to == known;
	deliver(rd, NULL, -EBADMSG);
}

/* @return the block; NULL with *skip_to = next good block behind, 0 = not in this window. */
static const struct cv_block *find_in_window(struct cv_log_read *rd, uint64_t *skip_to)
{
	const uint8_t *window = rd->buffer;
	size_t off = rd->window_at;

	*skip_to = 0;
	while (off + CV_UNIT <= rd->window_len) {
		const struct cv_block *b = (const struct cv_block *)(const void *)(window + off);

		if (!cv_block_is_good(b, rd->lane, rd->window_len - off)) {
			off += CV_UNIT;
			continue;
		}
		if (b->first_seq > rd->seq) {
			*skip_to = b->first_seq;
			return NULL;
		}
		if (rd->seq - b->first_seq < b->count) {
			rd->window_at = (uint32_t)off;
			return b;
		}
		off += cv_unit_align(b->used);
	}
	return NULL;
}

static bool window_may_hold(const struct cv_log_read *rd, const struct cv_segment *s)
{
	const struct cv_block *b;

	if (!rd->buffer || rd->window_len == 0 || rd->window_segment != s->first ||
	    rd->window_lane != rd->lane)
		return false;
	b = (const struct cv_block *)(const void *)((const uint8_t *)rd->buffer + rd->window_at);
	return b->first_seq <= rd->seq;
}

/* One frame, at most two blocks of work. @return false: it is damaged. */
static bool unpack(struct cv_log_read *rd, int res)
{
	const struct cv_pack_frame frame = {.raw_len = rd->unpacked_len, .len = rd->packed_len};

	rd->window_len = rd->unpacked_len;
	return (uint32_t)res == rd->packed_len &&
	       cv_pack_unpack(&frame, rd->packed, rd->buffer) == 0;
}

static void read_done(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_log_read *rd = op->owner;
	const struct cv_block *b;
	uint64_t skip_to;

	close(rd->fd);
	rd->fd = -1;
	if (res < 0) {
		rd->window_len = 0;
		deliver(rd, NULL, res == -ENOMEM ? res : -EIO);
		return;
	}
	if (rd->unpacked_len > 0 && !unpack(rd, res))
		rd->window_len = 0;
	else if (rd->unpacked_len == 0 && (uint32_t)res < rd->window_len)
		rd->window_len = (uint32_t)res;
	b = find_in_window(rd, &skip_to);
	if (b) {
		deliver(rd, b, 0);
		return;
	}
	rd->window_len = 0;
	/* Retention took the segment meanwhile, and another's events are in its file. */
	if (rd->seq < cv_eventlog_begin(rd->log, rd->lane))
		deliver(rd, NULL, -ESTALE);
	else
		deliver_hole(rd, skip_to);
}

static int open_segment(struct cv_log_read *rd, const struct cv_segment *s)
{
	char name[CV_SEGMENT_NAME];

	if (!rd->buffer)
		rd->buffer = aligned_alloc(CV_UNIT, CV_READ_WINDOW);
	if (s->pack.frames && !rd->packed)
		rd->packed = malloc(cv_pack_frame_max());
	if (!rd->buffer || (s->pack.frames && !rd->packed))
		return -ENOMEM;
	cv_segment_name(s->first, cv_segment_suffix(s), name);
	if (s->pack.frames)
		return openat(rd->log->lane[rd->lane].dir, name, O_RDONLY | O_CLOEXEC);
	return cv_lane_open_file(&rd->log->lane[rd->lane], name, O_RDONLY);
}

static void read_file(struct cv_log_read *rd, const struct cv_segment *s, size_t entry)
{
	uint64_t off = s->index[entry].off & ~(uint64_t)CV_INDEX_TOLD;
	uint64_t len = s->used - off;

	rd->window_len = 0;
	rd->fd = open_segment(rd, s);
	if (rd->fd < 0) {
		deliver(rd, NULL, -EIO);
		return;
	}
	rd->window_segment = s->first;
	rd->window_lane = rd->lane;
	rd->window_at = 0;
	rd->window_len = len < CV_READ_WINDOW ? (uint32_t)len : CV_READ_WINDOW;
	rd->op.done = read_done;
	rd->op.owner = rd;
	rd->unpacked_len = 0;
	if (s->pack.frames) {
		const struct cv_pack_frame *frame = cv_pack_find(&s->pack, off);

		rd->unpacked_len = frame->raw_len;
		rd->packed_len = frame->len;
		io_uring_prep_read(cv_loop_sqe(rd->log->loop, &rd->op), rd->fd, rd->packed,
				   frame->len, frame->off);
		return;
	}
	io_uring_prep_read(cv_loop_sqe(rd->log->loop, &rd->op), rd->fd, rd->buffer, rd->window_len,
			   off);
}

static void read_segment(struct cv_log_read *rd, const struct cv_segment *s)
{
	const struct cv_block *b;
	uint64_t skip_to;
	ssize_t entry;

	if (window_may_hold(rd, s)) {
		b = find_in_window(rd, &skip_to);
		if (b) {
			deliver(rd, b, 0);
			return;
		}
	}
	entry = cv_index_find(s, rd->seq);
	if (entry < 0 || rd->seq >= s->end)
		deliver_hole(rd, 0);
	else
		read_file(rd, s, (size_t)entry);
}

void cv_eventlog_read(struct cv_eventlog *log, struct cv_log_read *rd, enum cv_lane lane,
		      uint64_t seq)
{
	struct cv_log_lane *l = &log->lane[lane];
	const struct cv_segment *s;
	const struct cv_block *b;
	uint64_t skip_to;

	rd->log = log;
	rd->lane = lane;
	rd->seq = seq;
	rd->busy = true;
	if (seq >= l->end) {
		deliver(rd, NULL, -ENODATA);
		return;
	}
	if (seq < cv_eventlog_begin(log, lane)) {
		deliver(rd, NULL, -ESTALE);
		return;
	}
	cv_cache_ask(&l->cache, l->end - seq, cv_loop_mono_ns(log->loop));
	b = cv_cache_get(&l->cache, seq, &skip_to);
	s = find_segment(l, seq);
	if (b)
		deliver(rd, b, 0);
	else if (skip_to || !s)
		deliver_hole(rd, skip_to);
	else
		read_segment(rd, s);
}

void cv_eventlog_read_free(struct cv_log_read *rd)
{
	free(rd->buffer);
	free(rd->packed);
	rd->buffer = rd->packed = NULL;
	rd->window_len = 0;
}
