/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a lane from its first block to its last and holding each against the rules: the same as
 * recovery's (recover.c), but nothing is changed, and all that is found is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/eventlog/image.h"
#include "control/eventlog/segment_file.h"

struct walker {
	const struct cv_log_image *image;
	const struct cv_image_lane *lane;
	const struct cv_walk *walk;
	struct cv_walked *out;
	uint64_t expected; /* lowest number the next block may have, 0 = any */
	bool hole_told; /* the numbers missing before the next block are told of already */
	bool stop;
	/* The segment */
	const struct cv_image_segment *s;
	struct cv_segment_file file;
	size_t i;
	bool last;
	uint64_t limit; /* what is behind was never acknowledged */
	uint64_t tag; /* of its blocks */
	uint64_t off;
	size_t entry; /* the next one of the sidecar */
	int64_t newest;
	bool index_wrong, damaged;
};

static void tell(struct walker *w, enum cv_finding_kind kind, uint64_t bytes, uint64_t from,
		 uint64_t to)
{
	struct cv_finding f = {
		.kind = kind,
		.lane = w->lane->lane,
		.file = w->s ? w->s->name : "",
		.off = w->off,
		.bytes = bytes,
		.from = from,
		.to = to,
	};

	if (w->walk->finding)
		w->walk->finding(w->walk->owner, &f);
}

static const struct cv_block *good_at(struct walker *w, uint64_t off)
{
	size_t avail;
	const struct cv_block *b = cv_segment_file_view(&w->file, off, &avail);

	return b && b->tag == w->tag && cv_block_is_good(b, w->lane->lane, avail) ? b : NULL;
}

/* The sidecar's entries against the blocks where they point. */
static void check_entry(struct walker *w, const struct cv_block *b, bool hole)
{
	const struct cv_segment *idx = &w->s->index;
	const struct cv_index_entry *e = idx->index + w->entry;
	bool told = cv_block_is_gap(b) && hole;

	if (!w->s->indexed || w->index_wrong || w->damaged || w->entry >= idx->index_count ||
	    (e->off & ~(uint64_t)CV_INDEX_TOLD) > w->off)
		return;
	w->index_wrong = (e->off & ~(uint64_t)CV_INDEX_TOLD) != w->off || e->seq != b->first_seq ||
			 e->newest_before != w->newest ||
			 (e->off & CV_INDEX_TOLD) != (told ? CV_INDEX_TOLD : 0);
	w->entry++;
}

static void check_index_end(struct walker *w)
{
	const struct cv_segment *idx = &w->s->index;

	if (w->s->index_damaged)
		w->index_wrong = true;
	if (w->s->indexed && !w->stop && !w->damaged &&
	    (w->entry != idx->index_count || idx->newest != w->newest || idx->used != w->off))
		w->index_wrong = true;
	if (w->index_wrong)
		tell(w, CV_FINDING_INDEX, 0, 0, 0);
}

/* Numbers [expected, b->first_seq) are missing. */
static void judge_hole(struct walker *w, const struct cv_block *b)
{
	const struct cv_record *rec = (const struct cv_record *)(const void *)(b + 1);
	uint64_t hole = w->expected && b->first_seq > w->expected ? b->first_seq - w->expected : 0;
	uint64_t told = cv_block_is_gap(b) ? rec->value.u64 : 0;

	if (cv_block_is_gap(b)) {
		w->out->gap_records++;
		w->out->told += told;
	}
	if (w->expected == 0 || w->hole_told)
		return; /* what is before the oldest segment went by retention */
	if (told > hole)
		tell(w, CV_FINDING_GAP, cv_unit_align(b->used), b->first_seq, b->first_seq + 1);
	else if (hole > 0 && told == 0)
		tell(w, CV_FINDING_HOLE, 0, w->expected, b->first_seq);
	else if (hole > told)
		tell(w, CV_FINDING_UNTOLD, 0, w->expected, b->first_seq);
}

static void note_times(struct walker *w, const struct cv_block *b)
{
	int64_t low = b->first_ts_ns < b->last_ts_ns ? b->first_ts_ns : b->last_ts_ns;
	int64_t high = b->first_ts_ns > b->last_ts_ns ? b->first_ts_ns : b->last_ts_ns;

	if (low < w->out->oldest)
		w->out->oldest = low;
	if (high > w->out->newest)
		w->out->newest = high;
	if (high > w->newest)
		w->newest = high;
}

static void take_block(struct walker *w, const struct cv_block *b)
{
	struct cv_walked *out = w->out;
	bool hole = b->first_seq > out->end;

	if (b->first_seq < w->expected) {
		tell(w, CV_FINDING_ORDER, cv_unit_align(b->used), b->first_seq,
		     b->first_seq + b->count);
		w->off += cv_unit_align(b->used);
		return;
	}
	judge_hole(w, b);
	check_entry(w, b, hole);
	note_times(w, b);
	if (out->blocks++ == 0)
		out->begin = b->first_seq;
	out->records += b->count;
	if (b->durable_seq > out->durable)
		out->durable = b->durable_seq;
	w->hole_told = false;
	w->expected = out->end = b->first_seq + b->count;
	w->off += cv_unit_align(b->used);
	if (w->walk->block && !w->walk->block(w->walk->owner, w->lane->lane, b))
		w->stop = true;
}

/* What the next segment says was durable when its first block was written, 0 = nothing. */
static uint64_t proof_of_next(const struct walker *w)
{
	const struct cv_image_segment *s = w->s + 1;
	struct cv_segment_file f = {.fd = -1};
	const struct cv_block *b;
	uint64_t proof = 0;
	size_t avail;
	int fd;

	if (w->last)
		return 0;
	fd = openat(w->lane->dir, s->name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (cv_segment_file_init(&f, fd, s->index.size, &s->index.pack) == 0 && f.size >= CV_UNIT) {
		b = cv_segment_file_view(&f, 0, &avail);
		if (b && cv_block_is_good(b, w->lane->lane, avail))
			proof = b->durable_seq;
	}
	cv_segment_file_release(&f);
	close(fd);
	return proof;
}

/* The chain breaks at off. @return offset of the next good block, 0 = none, *proof: lost for sure. */
static uint64_t look_behind(struct walker *w, bool *proof)
{
	uint64_t found = 0, durable = w->s->indexed && !w->last ? w->s->index.end : 0;
	const struct cv_acked *acked = &w->lane->acked;
	const struct cv_block *b;

	if (acked->segment == w->s->index.first && acked->end > durable)
		durable = acked->end;

	for (uint64_t off = w->off + CV_UNIT; off < w->limit; off += CV_UNIT) {
		b = good_at(w, off);
		if (!b || b->first_seq < w->expected)
			continue;
		if (found == 0)
			found = off;
		if (b->durable_seq > durable)
			durable = b->durable_seq;
		if (durable > w->expected)
			break;
	}
	if (durable <= w->expected)
		durable = proof_of_next(w);
	*proof = durable > w->expected;
	return found;
}

static void tell_tail(struct walker *w)
{
	uint64_t start = w->off, dirty = 0;
	size_t avail;

	for (uint64_t off = w->off; off < w->file.size; off += CV_UNIT) {
		const struct cv_block *b = cv_segment_file_view(&w->file, off, &avail);

		if (!b || cv_is_head_of(b, w->tag))
			dirty += CV_UNIT;
	}
	w->off = start;
	if (dirty > 0)
		tell(w, CV_FINDING_TAIL, dirty, 0, 0);
}

/* Nothing good is behind the damage in this segment. */
static void tell_lost_end(struct walker *w)
{
	const struct cv_acked *acked = &w->lane->acked;
	bool marked = acked->segment == w->s->index.first && acked->end > w->expected;
	uint64_t limit = marked && acked->used > w->off ? acked->used : w->limit;

	tell(w, CV_FINDING_DAMAGE, limit - w->off, w->expected, marked ? acked->end : 0);
	if (marked)
		w->expected = acked->end;
	w->off = w->limit;
}

/* Retention gave the file to another segment while we read it. */
static bool is_gone(const struct walker *w)
{
	struct stat here, there;

	return fstat(w->file.fd, &here) < 0 ||
	       fstatat(w->lane->dir, w->s->name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	       here.st_ino != there.st_ino;
}

/* @return whether the chain goes on in this segment. */
static bool mend(struct walker *w)
{
	bool proof;
	uint64_t next = look_behind(w, &proof);

	if (w->image->writer && w->last) {
		/* What was half written when we looked may be whole by now. */
		cv_segment_file_forget(&w->file);
		if (good_at(w, w->off))
			return true;
	}
	if (w->image->writer && is_gone(w)) {
		tell(w, CV_FINDING_REMOVED, 0, 0, 0);
		w->hole_told = w->damaged = true;
		return false;
	}
	if (!proof) {
		tell_tail(w);
		return false;
	}
	if (next != 0) {
		const struct cv_block *b = good_at(w, next);

		tell(w, CV_FINDING_DAMAGE, next - w->off, w->expected, b ? b->first_seq : 0);
		w->off = next;
	} else {
		tell_lost_end(w);
	}
	w->hole_told = w->damaged = true;
	return next != 0;
}

static void follow_chain(struct walker *w)
{
	uint64_t reported = 0;
	bool on = true;

	while (on && !w->stop && w->off < w->limit) {
		const struct cv_block *b = good_at(w, w->off);

		if (b)
			take_block(w, b);
		else
			on = mend(w);
		if (w->walk->progress && w->off - reported >= 8u << 20) {
			w->walk->progress(w->walk->owner, w->off - reported);
			reported = w->off;
		}
	}
	w->out->bytes += w->off;
	if (w->walk->progress)
		w->walk->progress(w->walk->owner, w->s->index.size - reported);
}

/* A segment's own name is the lowest number in it. */
static void enter(struct walker *w)
{
	const struct cv_segment *idx = &w->s->index;

	w->tag = cv_tag_of_file(&w->file, w->lane->lane, idx->first, w->image->tag_key);
	w->off = 0;
	w->entry = 0;
	w->newest = INT64_MIN;
	w->index_wrong = w->damaged = false;
	w->limit = w->s->indexed && !w->last ? idx->used : w->file.size;
	if (w->expected && idx->first < w->expected)
		tell(w, CV_FINDING_ORDER, 0, idx->first, w->expected);
	else if (w->expected == 0)
		w->expected = idx->first;
}

static int walk_segment(struct walker *w)
{
	int fd, res;

	fd = openat(w->lane->dir, w->s->name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		tell(w, errno == ENOENT ? CV_FINDING_REMOVED : CV_FINDING_FILE, 0, 0, 0);
		w->hole_told = true;
		return 0;
	}
	if (w->s->index.size == 0 ||
	    (w->s->packed ? !w->s->index.pack.frames : w->s->index.size % CV_UNIT != 0)) {
		tell(w, CV_FINDING_FILE, w->s->index.size, 0, 0);
		close(fd);
		return 0;
	}
	res = cv_segment_file_init(&w->file, fd, w->s->index.size, &w->s->index.pack);
	if (res == 0) {
		enter(w);
		follow_chain(w);
		check_index_end(w);
		if (w->file.unreadable > 0)
			tell(w, CV_FINDING_FILE, w->file.unreadable, 0, 0);
	}
	cv_segment_file_release(&w->file);
	close(fd);
	return res;
}

static bool wanted(const struct walker *w)
{
	uint64_t next = w->last ? UINT64_MAX : w->lane->segments[w->i + 1].index.first;

	return !w->walk->wants || w->walk->wants(w->walk->owner, w->lane->lane, w->s, next);
}

int cv_log_image_walk(const struct cv_log_image *image, enum cv_lane lane,
		      const struct cv_walk *walk, struct cv_walked *ret)
{
	struct walker w = {.image = image, .lane = &image->lane[lane], .walk = walk, .out = ret};
	int res = 0;

	*ret = (struct cv_walked){.oldest = INT64_MAX, .newest = INT64_MIN};
	if (w.lane->orphans)
		tell(&w, CV_FINDING_ORPHAN, 0, 0, 0);
	if (w.lane->foreign)
		tell(&w, CV_FINDING_FOREIGN, 0, 0, 0);
	for (; res == 0 && !w.stop && w.i < w.lane->count; w.i++) {
		w.s = &w.lane->segments[w.i];
		w.last = w.i + 1 == w.lane->count;
		if (wanted(&w)) {
			res = walk_segment(&w);
		} else {
			w.expected = 0;
			ret->end = 0;
		}
	}
	if (res == 0 && !w.stop && w.lane->acked.end > ret->durable)
		ret->durable = w.lane->acked.end;
	if (res == 0 && !w.stop && w.last && w.expected && w.lane->acked.end > w.expected &&
	    !image->writer) {
		w.s = NULL;
		w.off = 0;
		tell(&w, CV_FINDING_DAMAGE, 0, w.expected, w.lane->acked.end);
	}
	return res;
}
