/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery of one segment: follow the chain of blocks from the start. Where it breaks, look at
 * what comes behind: a good block that says events of the broken place were durable before it was
 * written proves damage, and so does the file "acked"; the chain goes on behind it. Without such
 * proof it is the torn end of a write nobody was told of, and is cut.
 */
#include "control/eventlog/log_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "control/eventlog/segment_file.h"

struct scan {
	struct cv_log_lane *l;
	struct cv_segment *s;
	struct cv_segment_file file;
	uint64_t expected; /* lowest sequence the next block may have */
	uint64_t end; /* one past the last event before it; a segment may begin behind a hole */
	uint64_t off;
	bool proof_known;
	uint64_t proof; /* highest durable_seq of any good block behind */
	uint64_t limit; /* where looking behind ends */
	bool clean; /* from the end of the chain to there nothing looks like a block of this segment */
	bool last, marked; /* marked: "acked" speaks of this segment */
	const struct cv_known *known; /* of the last segment, NULL = nothing is */
	bool old; /* the lane is open: its sources are those of newer blocks */
};

bool cv_block_is_good(const struct cv_block *b, unsigned int lane, size_t avail)
{
	return avail >= sizeof(*b) && b->magic == CV_BLOCK_MAGIC && b->used >= sizeof(*b) &&
	       b->used <= avail && b->used <= CV_BLOCK_SIZE && b->first_seq > 0 &&
	       b->first_seq < CV_SEQ_MAX && b->durable_seq <= b->first_seq &&
	       cv_block_crc(b) == b->crc32c && cv_block_check(b, lane) == 0;
}

bool cv_block_is_gap(const struct cv_block *b)
{
	const struct cv_record *rec = (const struct cv_record *)(const void *)(b + 1);

	return b->worker == CV_WORKER_CONTROL && rec->kind == CV_KIND_GAP;
}

static bool good_at(struct scan *sc, uint64_t off, const struct cv_block **ret)
{
	size_t avail;
	const struct cv_block *b = cv_segment_file_view(&sc->file, off, &avail);

	*ret = b;
	return b && b->tag == sc->s->tag && b->first_seq >= sc->expected &&
	       cv_block_is_good(b, sc->l->lane, avail);
}

/*
 * How far to look behind a break. The rest of the active segment is zeros or blocks of a life before;
 * reading all of that is most of what recovery would take.
 */
static uint64_t limit_behind(struct scan *sc)
{
	uint64_t limit = sc->off + CV_TORN_MAX;

	if (sc->known)
		return sc->known->in_flight > sc->off ? sc->known->in_flight : sc->off;
	if (!sc->last || limit >= sc->file.size || (sc->marked && sc->l->acked.end > sc->expected))
		return sc->file.size;
	if (cv_probe_behind(sc->l, sc->file.fd, limit, sc->file.size, sc->s->tag))
		return sc->file.size;
	return limit;
}

/* @return offset of the next good block behind the break, 0 = none that proves damage. */
static uint64_t find_behind(struct scan *sc)
{
	const struct cv_block *b;
	uint64_t found = 0;

	sc->limit = limit_behind(sc);
	sc->clean = false;
	if (sc->proof_known && sc->proof <= sc->expected)
		return 0;
	(void)good_at(sc, sc->off, &b);
	sc->clean = b && !cv_is_head_of(b, sc->s->tag);
	for (uint64_t off = sc->off + CV_UNIT; off < sc->limit; off += CV_UNIT) {
		bool good = good_at(sc, off, &b);

		sc->clean &= b && !cv_is_head_of(b, sc->s->tag);
		if (!good)
			continue;
		if (found == 0)
			found = off;
		if (!sc->proof_known && b->durable_seq > sc->proof)
			sc->proof = b->durable_seq;
		if (sc->proof_known)
			break;
	}
	sc->proof_known = true;
	return sc->proof > sc->expected ? found : 0;
}

static int take_block(struct scan *sc, const struct cv_block *b, bool behind_damage)
{
	bool told = cv_block_is_gap(b) && b->first_seq > sc->end;
	int res = cv_index_add(sc->s, b, sc->off, told, behind_damage);

	if (res < 0)
		return res;
	if (!sc->old)
		cv_source_note(sc->l, b);
	sc->expected = sc->end = b->first_seq + b->count;
	sc->off += cv_unit_align(b->used);
	sc->s->used = sc->off;
	return 0;
}

static int follow_chain(struct scan *sc)
{
	bool behind_damage = false;
	const struct cv_block *b;
	int res = 0;

	while (res == 0 && sc->off < sc->file.size) {
		uint64_t next;

		if (good_at(sc, sc->off, &b)) {
			res = take_block(sc, b, behind_damage);
			behind_damage = false;
			continue;
		}
		next = find_behind(sc);
		if (next == 0)
			break;
		sc->l->log->counters.bad_blocks++;
		behind_damage = true;
		sc->off = next;
	}
	return res;
}

/* Whether the chain ends where it may, and nothing was written behind that. */
static bool is_as_known(struct scan *sc)
{
	const struct cv_known *known = sc->known;
	const struct cv_block *b;
	size_t avail;

	if (sc->off < known->used || sc->off > known->in_flight || sc->expected < known->end)
		return false;
	if (known->in_flight == sc->file.size)
		return true;
	b = cv_segment_file_view(&sc->file, known->in_flight, &avail);
	return b && !cv_is_head_of(b, sc->s->tag);
}

/*
 * Overwrite the heads of what is behind the last good block, so that no later recovery takes it for
 * blocks of this segment.
 */
static int cut_tail(struct scan *sc)
{
	struct cv_eventlog *log = sc->l->log;
	uint64_t cut = 0;

	for (uint64_t off = sc->s->used; !sc->clean && off < sc->limit; off += CV_UNIT) {
		size_t avail;
		const struct cv_block *b = cv_segment_file_view(&sc->file, off, &avail);

		if (b && !cv_is_head_of(b, sc->s->tag))
			continue;
		if (pwrite(sc->file.fd, log->zeros, CV_UNIT, (off_t)off) != (ssize_t)CV_UNIT)
			return errno ? -errno : -EIO;
		cut += CV_UNIT;
	}
	/* What was acknowledged is on the disk, and there is nothing else. */
	if (sc->known && cut == 0 && sc->s->used == sc->known->used)
		return 0;
	/* Also where nothing is cut: the last write may be in the disk's cache only, and from now on
	 * subscribers see it. */
	if (fdatasync(sc->file.fd) < 0)
		return -errno;
	log->counters.cut_bytes += cut;
	return 0;
}

/*
 * A file without a single block of ours is not ours to cut. One block of this version says that the
 * file is of this version, whatever damage made of the others' heads.
 */
static int check_foreign(struct scan *sc)
{
	bool another = false;
	size_t avail;

	for (uint64_t off = 0; off < sc->file.size; off += CV_UNIT) {
		const struct cv_block *b = cv_segment_file_view(&sc->file, off, &avail);

		if (off == 0 && (!b || sc->file.unreadable > 0))
			return -EIO;
		if (!b)
			continue;
		if (off == 0 && b->magic == 0)
			return 0;
		if (b->magic == CV_BLOCK_MAGIC && b->version == CV_BLOCK_VERSION)
			return 0;
		another |= b->magic == CV_BLOCK_MAGIC;
	}
	return another ? -EPROTO : -ENOMSG;
}

/* The last blocks are damaged, and nothing is behind them: the log goes on behind their place. */
static void lose_newest(struct scan *sc)
{
	const struct cv_acked *acked = &sc->l->acked;
	struct cv_segment *s = sc->s;

	sc->l->log->counters.bad_blocks++;
	s->end = acked->end;
	if (acked->used > s->used && acked->used <= s->size)
		s->used = acked->used;
}

/* From a little before the end: what one write took may not have been given back yet. */
static void note_sources(struct scan *sc)
{
	const struct cv_segment *s = sc->s;
	const struct cv_block *b;

	sc->off = 0;
	for (size_t i = s->index_count; i > 0; i--) {
		sc->off = s->index[i - 1].off & ~(uint64_t)CV_INDEX_TOLD;
		if (s->used - sc->off >= CV_TORN_MAX)
			break;
	}
	while (sc->off < s->used) {
		if (good_at(sc, sc->off, &b)) {
			cv_source_note(sc->l, b);
			sc->off += cv_unit_align(b->used);
		} else {
			sc->off += CV_UNIT;
		}
	}
}

static void go_to_index_end(struct scan *sc)
{
	if (!sc->known)
		note_sources(sc);
	sc->off = sc->s->used;
	sc->expected = sc->end = sc->s->end;
}

/*
 * A write of a control that was killed may still be under way: it must be over before its place is
 * read, let alone written. To allocate what is allocated waits for that (ext4, XFS).
 */
static void wait_for_writes(const struct scan *sc, int fd)
{
	if (sc->known && sc->known->in_flight == sc->known->used)
		return;
	(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)sc->s->size);
}

static void know_tag(struct scan *sc)
{
	sc->s->tag = cv_tag_of_file(&sc->file, sc->l->lane, sc->s->first, sc->l->log->tag_key);
}

int cv_segment_sources(struct cv_log_lane *l, const struct cv_segment *s, int fd)
{
	struct cv_segment copy = *s;
	struct scan sc = {.l = l, .s = &copy};
	int res = cv_segment_file_init(&sc.file, fd, s->size, &s->pack);

	if (res == 0 && s->used <= sc.file.size) {
		know_tag(&sc);
		note_sources(&sc);
	}
	cv_segment_file_release(&sc.file);
	return res;
}

static int scan_segment(struct scan *sc, int fd)
{
	struct cv_log_lane *l = sc->l;
	struct cv_segment *s = sc->s;
	int res;

	if (!s->pack.frames && (s->size == 0 || s->size % CV_UNIT != 0))
		return -ENOMSG;
	res = cv_segment_file_init(&sc->file, fd, s->size, &s->pack);
	if (res < 0)
		return res;
	sc->expected = s->first > sc->end ? s->first : sc->end;
	if (sc->marked)
		sc->proof = l->acked.end;
	sc->limit = sc->file.size;
	if (sc->known)
		s->tag = sc->known->tag; /* whoever noted that had looked */
	else
		know_tag(sc);
	res = s->pack.frames || sc->known ? 0 : check_foreign(sc);
	if (res == 0 && s->index_count > 0)
		go_to_index_end(sc);
	if (res == 0)
		res = follow_chain(sc);
	if (res == 0 && sc->known && !is_as_known(sc))
		res = -ESTALE;
	if (res == 0 && sc->marked && l->acked.end > s->end)
		lose_newest(sc);
	if (res == 0 && sc->last)
		res = cut_tail(sc);
	cv_segment_file_release(&sc->file);
	return res;
}

int cv_segment_scan_old(struct cv_log_lane *l, struct cv_segment *s, int fd, uint64_t end)
{
	struct scan sc = {.l = l, .s = s, .end = end, .old = true};

	return scan_segment(&sc, fd);
}

int cv_segment_scan(struct cv_log_lane *l, struct cv_segment *s, int fd, bool last)
{
	struct scan sc = {.l = l, .s = s, .end = l->end, .last = last};

	sc.marked = l->acked.segment == s->first;
	sc.known = last ? l->known : NULL;
	if (sc.known)
		memcpy(l->sources, sc.known->source, sizeof(l->sources));
	if (last)
		wait_for_writes(&sc, fd);
	return scan_segment(&sc, fd);
}
