/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the event log, shared by its own files only. */
#ifndef CV_LOG_PRIVATE_H
#define CV_LOG_PRIVATE_H

#include <sys/uio.h>

#include "control/eventlog/eventlog.h"
#include "control/eventlog/pack.h"
#include "control/loop/task.h"

struct cv_segment_file;

#define CV_UNIT CV_BLOCK_ALIGN
/* The index has about one entry per so many bytes of a segment. */
#define CV_INDEX_STEP CV_BLOCK_SIZE
/* From one entry this much holds every block that begins before the next entry. */
#define CV_READ_WINDOW (2 * CV_BLOCK_SIZE)
#define CV_CACHE_SIZE (4u << 20)
#define CV_ZERO_CHUNK (256u << 10)
#define CV_TICK_NS 1000000000u
/* The next segment's zeros keep so far ahead of what is written to this one, bytes. */
#define CV_ZERO_AHEAD (8u << 20)
/* After a failure to get a segment, this long passes before the next attempt. */
#define CV_RETRY_NS 200000000u
#define CV_SEQ_MAX (UINT64_MAX / 2)
#define CV_SOURCES_MAX 64
/* Most that one write takes, so most that can be torn behind the last acknowledged block. */
#define CV_TORN_MAX ((uint64_t)CV_APPEND_MAX * CV_BLOCK_SIZE + CV_UNIT)
#define CV_INDEX_ACTIVE "active.idx"
#define CV_SEGMENT_NAME 32 /* room for 20 digits and a suffix */

struct cv_index_entry {
	uint64_t seq; /* first event of the block at off */
	int64_t newest_before; /* latest receive time in the segment before this block */
	uint64_t off; /* bytes; bit 0: the block begins with a gap record telling of a hole */
};

#define CV_INDEX_TOLD 1u

struct cv_segment {
	uint64_t first; /* its name; no event in it is before */
	uint64_t tag; /* its blocks bear it; others in the file are of a life before */
	uint64_t end; /* one past its last event */
	uint64_t used; /* bytes with acknowledged blocks */
	uint64_t size; /* of the file */
	struct cv_pack pack; /* frames NULL = a plain file */
	bool later; /* its index is still to be loaded: end, used, newest and index say nothing */
	bool packing; /* it is being packed: not to be removed */
	bool unpackable;
	int64_t newest; /* latest receive time, INT64_MIN while empty */
	struct cv_index_entry *index;
	size_t index_count, index_room;
};

/* Copies of the newest blocks, so that readers at the tail need no disk. */
struct cv_log_cache {
	uint8_t *memory; /* CV_CACHE_SIZE, used as a ring of whole blocks */
	struct cv_cached {
		uint64_t seq;
		uint32_t count, off, size;
	} * entry; /* ring, oldest at first */
	uint32_t first, count, write_off;
	/* Of the newest entries so many are on their way to the disk: not to be seen yet. */
	uint32_t staged;
	bool spoiled;
	uint64_t asked_ns; /* monotonic: when a reader last wanted one of the newest events */
};

/* What one call of cv_eventlog_append() brings. */
struct cv_batch {
	struct cv_block *blocks;
	unsigned int n, at; /* all, 0 = there is no batch; done */
	struct cv_block head[CV_APPEND_MAX]; /* copies that the producer cannot change */
	cv_eventlog_appended *done;
	void *owner;
};

/* One write to the active segment: a gap block, and blocks of a batch. */
struct cv_log_write {
	unsigned int take; /* blocks of the batch, from its at on; they have their numbers */
	uint64_t numbers; /* so many the lane gave it */
	uint64_t gap_value; /* what the gap record tells of, 0 = there is none */
	struct iovec iov[CV_APPEND_MAX + 1];
	unsigned int iovs;
	size_t bytes;
};

/* The append in flight of one lane. */
struct cv_append {
	struct cv_op write, op; /* the write, and the flush that follows it */
	int written;
	bool busy;
	struct cv_batch batch; /* n 0: a gap record alone */
	struct cv_log_write now;
	unsigned int retries;
	uint64_t submitted_at; /* monotonic ns */
	uint64_t failing_since; /* monotonic ns, 0 = the last write was good */
	struct cv_op retry; /* timer */
	bool held; /* it failed and waits for the disk; neither write nor flush is in flight */
	/* Handed over meanwhile, and its write, made up while the disk is busy with the one before. */
	struct cv_batch next_batch;
	struct cv_log_write next;
	bool next_made;
};

/* The next segment of a lane in the making: allocated, written with zeros, synced, then ready. */
enum cv_spare_state {
	CV_SPARE_NONE,
	CV_SPARE_ALLOCATE,
	CV_SPARE_ZERO,
	CV_SPARE_AHEAD, /* enough zeros for now: goes on as the lane grows */
	CV_SPARE_SYNC,
	CV_SPARE_READY,
	CV_SPARE_NAMING, /* on its way to become the active segment */
};

struct cv_spare {
	struct cv_op op;
	enum cv_spare_state state;
	int fd;
	bool allocated; /* its room on the disk is its own */
	uint64_t off;
	char name[CV_SEGMENT_NAME];
};

struct cv_source {
	uint64_t incarnation, seq;
	unsigned int worker;
};

#define CV_ACKED_ROOM 512u /* bytes per lane, a sector: written whole or not at all */

/* What the file "acked" says of a lane. */
struct cv_acked {
	uint64_t end; /* one past the last acknowledged event, 0 = not known */
	uint64_t segment; /* that had the last one, by its name */
	uint64_t used; /* its bytes */
};

/* What shared memory says of a lane (known.c). */
struct cv_known {
	uint64_t dev, ino; /* of the active segment's file */
	uint64_t segment, tag; /* its name, and what its blocks bear */
	uint64_t used, end; /* acknowledged: bytes of it, and one past the last event */
	uint64_t in_flight; /* nothing was written from here on, bytes */
	struct cv_source source[CV_SOURCES_MAX];
};

/* The active segment's index on its way to its file. */
struct cv_index_active {
	struct cv_op op;
	int fd; /* -1 = there is none */
	void *bytes; /* not touched while op is pending */
};

struct cv_log_lane {
	struct cv_eventlog *log;
	enum cv_lane lane;
	int dir;
	int fd; /* of the active segment, the last one; -1 = none yet */
	struct cv_segment **segments; /* oldest first */
	size_t count, room;
	size_t later; /* segments before this one may still be to be loaded */
	uint64_t end; /* one past the newest acknowledged event */
	uint64_t next; /* next number to give out */
	uint64_t own_seq; /* blocks made by control */
	uint64_t gap_pending; /* refused records that no gap record tells of yet */
	enum cv_refusal gap_why;
	uint64_t retry_at; /* monotonic ns, 0 = now */
	uint64_t hold; /* events from here on are wanted; UINT64_MAX = nobody said so */
	bool full;
	enum cv_log_trouble trouble; /* what the last attempt to write met */
	uint64_t slow_until; /* monotonic ns: a write took too long, tell of it until then */
	bool roll_wanted; /* the active segment failed or is used up */
	struct cv_block *gap_block; /* one unit */
	struct cv_append append;
	struct cv_spare spare;
	struct cv_log_cache cache;
	struct cv_source sources[CV_SOURCES_MAX]; /* latest first */
	struct cv_acked acked; /* as last written */
	struct cv_index_active index;
	uint64_t known_turn, known_dev, known_ino; /* of what is noted in shared memory */
	const struct cv_known
		*known; /* while the lane is opened: what is trusted, NULL = nothing */
};

/* The segment that is being packed. While the task runs, copy to res are its thread's. */
struct cv_packing {
	struct cv_task task;
	struct cv_log_lane *lane;
	struct cv_segment *segment;
	uint64_t retry_at; /* monotonic ns */
	struct cv_segment copy;
	int level;
	struct cv_pack made;
	uint64_t size;
	int res;
};

struct cv_eventlog {
	struct cv_loop *loop;
	struct cv_eventlog_config config;
	char *dir_path;
	char node[32];
	int dir, lock;
	int owed; /* file of what gap records must still tell */
	int acked; /* file of how far the lanes are acknowledged */
	struct cv_known_map *known; /* shared memory, NULL = there is none */
	struct cv_op acked_op;
	uint64_t tag_key;
	uint8_t acked_bytes[CV_LANE_COUNT *
			    CV_ACKED_ROOM]; /* not touched while acked_op is pending */
	bool opened, closing;
	uint64_t incarnation; /* random: names the blocks control makes */
	struct cv_op tick, complete; /* timers */
	struct cv_packing packing;
	uint8_t *zeros; /* CV_ZERO_CHUNK */
	struct cv_log_watch *watches;
	struct cv_eventlog_counters counters;
	struct cv_log_lane lane[CV_LANE_COUNT];
};

static inline size_t cv_unit_align(size_t n)
{
	return (n + CV_UNIT - 1) & ~(size_t)(CV_UNIT - 1);
}

static inline struct cv_segment *cv_lane_active(const struct cv_log_lane *l)
{
	return l->count ? l->segments[l->count - 1] : NULL;
}

/* ---- write.c ---- */

struct cv_block *cv_batch_block(const struct cv_batch *b, unsigned int i);
void cv_write_begin(struct cv_log_write *w);
/** The lane's gap block, of all it owes; takes a number. */
void cv_write_add_gap(struct cv_log_lane *l, struct cv_log_write *w);
/** As many blocks of @p b as @p room, bytes of the segment, holds; gives them their numbers. */
void cv_write_add_blocks(struct cv_log_lane *l, struct cv_log_write *w, struct cv_batch *b,
			 uint64_t room);

/* ---- append.c ---- */

/** Go on with the append in flight, or start one for a gap record that is owed. */
void cv_append_continue(struct cv_log_lane *l);
/** No segment can be had: refuse what the append still holds. */
void cv_append_fail(struct cv_log_lane *l, int error);
void cv_append_written(struct cv_op *op, int res, uint32_t flags);
void cv_append_synced(struct cv_op *op, int synced, uint32_t flags);
void cv_source_note(struct cv_log_lane *l, const struct cv_block *b);

/** Submit the write that failed once more. */
void cv_append_again(struct cv_log_lane *l);
/** End the append with -ECANCELED: its blocks go on waiting where they are. */
void cv_append_give_up(struct cv_log_lane *l);

/* ---- trouble.c ---- */

/** @param error of a write, a flush or of making a segment. */
enum cv_refusal cv_refusal_of(int error);
void cv_trouble_note(struct cv_log_lane *l, int error);
/** A write is acknowledged. */
void cv_trouble_written(struct cv_log_lane *l);
/** @return whether the append waits for the disk instead of being refused. */
bool cv_append_hold(struct cv_log_lane *l, int error);
void cv_append_retry(struct cv_op *op, int res, uint32_t flags);

/* ---- owed.c ---- */

/** Keep what the lane owes where the next control finds it. */
void cv_owed_keep(const struct cv_log_lane *l);
/** After recovery: what the control before still owed, as a hole behind the last event. */
void cv_owed_load(struct cv_log_lane *l);

/* ---- acked.c ---- */

/** Write down how far the lanes are acknowledged, through the loop; nothing where nothing is new. */
void cv_acked_keep(struct cv_eventlog *log);
/** The same before the end, synchronously. */
void cv_acked_keep_now(struct cv_eventlog *log);
void cv_acked_done(struct cv_op *op, int res, uint32_t flags);
/** @return 0, or -ENODATA: it says nothing of this lane. */
int cv_acked_read(int fd, enum cv_lane lane, struct cv_acked *ret);

/* ---- known.c ---- */

/** Find or make the shared memory; without it the log works all the same. */
void cv_known_open(struct cv_eventlog *log);
/** @param orderly the files say all there is to know: remove it. */
void cv_known_close(struct cv_eventlog *log, bool orderly);
/** What was noted last of a lane. @return false: nothing. */
bool cv_known_read(struct cv_log_lane *l, struct cv_known *ret);
/** Whether it speaks of the lane's last segment, and of that file. */
bool cv_known_is_of(const struct cv_known *known, const struct cv_log_lane *l);
/** The lane has another active segment. */
void cv_known_segment(struct cv_log_lane *l);
/** Before @p bytes are written behind what the active segment has; 0 = before nothing. */
void cv_known_note(struct cv_log_lane *l, uint64_t bytes);

/* ---- tag.c ---- */

uint64_t cv_segment_tag(uint64_t key, uint64_t first);
/** @return 0, -ENOENT, -EBADMSG, or what opening failed with. */
int cv_tag_key_read(int dir, uint64_t *ret);
/** Make one and have it on the disk, but for its name. @return 0 or negative errno. */
int cv_tag_key_make(int dir, uint64_t *ret);
/** Tag of the segment in a file, by what that begins with. @param first the segment's name. */
uint64_t cv_tag_of_file(struct cv_segment_file *f, unsigned int lane, uint64_t first, uint64_t key);

/* ---- packing.c ---- */

int cv_packing_init(struct cv_eventlog *log);
void cv_packing_release(struct cv_eventlog *log);
/** Start to pack the next segment, if there is one to pack. */
void cv_packing_tick(struct cv_eventlog *log);

/* ---- segment.c ---- */

/** ".log" or ".zst" */
const char *cv_segment_suffix(const struct cv_segment *s);

void cv_segment_name(uint64_t first, const char *suffix, char name[CV_SEGMENT_NAME]);
/** @return the sequence in a name like 00000000000000000001.log, 0 = another file. */
uint64_t cv_segment_parse_name(const char *name, const char *suffix);
/** Append a segment to the lane's row. @return NULL when memory is out. */
struct cv_segment *cv_segment_add(struct cv_log_lane *l, uint64_t first, uint64_t size);
void cv_segment_free(struct cv_segment *s);
/** Retention by bytes and age. Never the active segment. */
void cv_lane_retain(struct cv_log_lane *l, int64_t now_ns);
/** What is worth least goes first (D8). */
extern const enum cv_lane cv_lanes_by_worth[CV_LANE_COUNT];
/** Give up the oldest segment of a lane that is worth less than @p l. @return false: none left. */
bool cv_lane_reclaim_for(struct cv_log_lane *l);

/* ---- spare.c ---- */

void cv_spare_done(struct cv_op *op, int res, uint32_t flags);
/** Start making the next segment unless that is under way. */
void cv_spare_prepare(struct cv_log_lane *l);
/**
 * Make the file of a segment that is given up the next one, where none is in the making: all of it
 * was written once, so it needs no zeros.
 *
 * @param name of the file. @return false: it is not fit for that, or is not needed.
 */
bool cv_spare_reuse(struct cv_log_lane *l, const struct cv_segment *s, const char *name);
/** The lane has grown: write more zeros, if that waits. */
void cv_spare_go_on(struct cv_log_lane *l);
/** Make the spare segment the active one; cv_append_continue() or cv_append_fail() follows. */
void cv_lane_roll(struct cv_log_lane *l);
/** Open a file of the lane, with O_DIRECT where that works. */
int cv_lane_open_file(struct cv_log_lane *l, const char *name, int flags);

/* ---- index.c ---- */

/**
 * Note a block by its head. @param told it begins with a gap record that tells of the hole before
 * it, @param force make an entry, @return 0 or -ENOMEM.
 */
int cv_index_add(struct cv_segment *s, const struct cv_block *b, uint64_t off, bool told,
		 bool force);
/** Position of the last entry at or before @p seq, -1 = none. */
ssize_t cv_index_find(const struct cv_segment *s, uint64_t seq);
/** Sidecar file of a segment that is complete; losing it costs a scan. */
void cv_index_save(struct cv_log_lane *l, const struct cv_segment *s);
/**
 * The same of the active segment, as far as it is acknowledged, through the loop and under a name of
 * its own.
 */
void cv_index_save_active(struct cv_log_lane *l);
/** The same before the end, synchronously: the next control need not look for what this one knows. */
void cv_index_save_active_now(struct cv_log_lane *l);
void cv_index_active_saved(struct cv_op *op, int res, uint32_t flags);
/** Entries of a segment whose first, end and used are known: in order, within it. */
bool cv_index_is_good(const struct cv_segment *s);
/** @return 0, -ENOENT no sidecar, -EBADMSG not one of this segment. */
int cv_index_load(int dir, struct cv_segment *s);
int cv_index_load_active(int dir, struct cv_segment *s);

/* ---- recover.c ---- */

/**
 * Find the blocks of a segment file: fills end, used, newest, index, and the lane's sources. Where
 * the segment comes with an index, what is in that is taken as it is.
 *
 * @param last the lane's last segment: its torn tail is cut. With the lane's known, where that says
 *        how far something may be written.
 * @return 0, -EPROTO other format, -ENOMSG foreign content, -ESTALE known is not right (the lane's
 *         sources and @p s are to be emptied), or what reading failed with.
 */
int cv_segment_scan(struct cv_log_lane *l, struct cv_segment *s, int fd, bool last);
/**
 * The same of a segment with others behind it, once the lane is open. @param end one past the last
 * event before it.
 */
int cv_segment_scan_old(struct cv_log_lane *l, struct cv_segment *s, int fd, uint64_t end);
/** Note whose blocks are the last ones of a segment that is indexed. @return 0 or -ENOMEM. */
int cv_segment_sources(struct cv_log_lane *l, const struct cv_segment *s, int fd);
/** Whole block good: head, bounds, checksum, records. @param avail bytes at @p b. */
bool cv_block_is_good(const struct cv_block *b, unsigned int lane, size_t avail);
/** A block that control made to tell of refused records. */
bool cv_block_is_gap(const struct cv_block *b);

/* ---- complete.c ---- */

/** Leave a complete segment for later, if its index is there. @return false: it is to be read now. */
bool cv_complete_later(struct cv_log_lane *l, struct cv_segment *s);
/** Have the index of segment @p i. What cannot be read at all has none. */
void cv_complete_know(struct cv_log_lane *l, size_t i);
/** Timer: load one of those that are left. */
void cv_complete_next(struct cv_op *op, int res, uint32_t flags);

/* ---- probe.c ---- */

/**
 * Whether a block with this tag may lie between @p from and @p size, bytes of the file: what one append
 * writes is not overlooked. Turns the loop.
 */
bool cv_probe_behind(struct cv_log_lane *l, int fd, uint64_t from, uint64_t size, uint64_t tag);

/* ---- lanes.c ---- */

int cv_lane_open(struct cv_eventlog *log, enum cv_lane lane, const char **why);
void cv_lane_close(struct cv_log_lane *l);
/** Keep a sentence for the caller of cv_eventlog_open(). */
const char *cv_log_why(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- cache.c ---- */

int cv_cache_create(struct cv_log_cache *c);
void cv_cache_destroy(struct cv_log_cache *c);
/**
 * Copy a block that is on its way to the disk. @param head trusted head of the block, @param body its
 * records.
 */
void cv_cache_stage(struct cv_log_cache *c, const struct cv_block *head, const void *body);
/** The staged blocks are on the disk: readers may see them. */
void cv_cache_show(struct cv_log_cache *c);
/** They are not. */
void cv_cache_unstage(struct cv_log_cache *c);
/** Forget all copies: those that follow will not be behind them. */
void cv_cache_forget(struct cv_log_cache *c);
/** A reader wants @p behind events before the lane's end. @param now monotonic, ns. */
void cv_cache_ask(struct cv_log_cache *c, uint64_t behind, uint64_t now);
/** Whether anybody has lately read what the cache could have had. */
bool cv_cache_is_wanted(const struct cv_log_cache *c, uint64_t now);
/**
 * @return the block that holds @p seq; NULL and *skip_to = next number there is when @p seq falls
 * into a hole between cached blocks; NULL and *skip_to = 0 when it is older than the cache.
 */
const struct cv_block *cv_cache_get(const struct cv_log_cache *c, uint64_t seq, uint64_t *skip_to);

#endif
