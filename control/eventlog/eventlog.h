/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event log (D10): per lane a row of segment files of blocks, the same bytes the handoff
 * carries. A block is acknowledged when the kernel says it is on stable storage, and only
 * acknowledged events are ever shown to a subscriber. One thread (control's loop).
 *
 * Directory: DIR/<lane>/<first sequence, 20 digits>.log, each file a whole number of
 * CV_BLOCK_ALIGN units; a block starts on a unit and is followed by zeros up to the next. DIR/owed
 * says how many refused records no gap record tells of yet.
 */
#ifndef CV_EVENTLOG_H
#define CV_EVENTLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "control/loop/loop.h"
#include "dataplane/handoff/handoff.h"

struct cv_eventlog;

struct cv_eventlog_config {
	const char *dir;
	const char *node;
	uint64_t segment_size; /* bytes, multiple of CV_BLOCK_SIZE */
	uint64_t retain_bytes[CV_LANE_COUNT]; /* per lane, 0 = no bound */
	uint64_t retain_ns[CV_LANE_COUNT]; /* per lane, 0 = no bound */
	/* How much larger a lane may become by cv_eventlog_hold(), bytes. */
	uint64_t hold_bytes;
	bool compress[CV_LANE_COUNT]; /* pack complete segments with zstd */
	int compress_level; /* of zstd, 0 = 3 */
};

/** Why handed records did not reach the log (ledger: handed = logged + refused[reason]). */
#define CV_REFUSALS(X)                                                                             \
	X(DISK_FULL, "disk-full")                                                                  \
	X(IO_ERROR, "io-error")                                                                    \
	X(BAD_BLOCK, "bad-block") /* the producer published something malformed */                 \
	X(REPEATED, "repeated") /* already logged before control restarted */                      \
	X(ABANDONED, "abandoned") /* never handed: the dataplane died before it could or told */   \
	X(READ_ONLY, "read-only") /* the file system takes no writes */
#define CV_REFUSAL_ROW(id, name) CV_REFUSAL_##id,
enum cv_refusal { CV_REFUSALS(CV_REFUSAL_ROW) CV_REFUSAL_COUNT };

struct cv_eventlog_counters {
	uint64_t logged[CV_LANE_COUNT];
	uint64_t refused[CV_LANE_COUNT][CV_REFUSAL_COUNT];
	uint64_t gaps[CV_LANE_COUNT]; /* gap records made here; part of no other number */
	uint64_t blocks, writes, bytes; /* acknowledged; bytes as written, padding included */
	uint64_t cut_bytes; /* torn tails removed at recovery */
	uint64_t bad_blocks; /* found damaged in the middle of the log */
	unsigned int known; /* lanes whose end needed no search at the start: control was killed */
	uint64_t packed, packed_from, packed_to; /* segments, and their bytes before and after */
	bool direct; /* O_DIRECT in use */
};

/**
 * Open or make the log: recovers every lane (cuts torn tails), prepares segments. Synchronous, and
 * turns the loop: not from inside a completion.
 *
 * @param why set on failure to a sentence with the remedy; static or owned by the log module.
 * @return 0 or negative errno.
 */
int cv_eventlog_open(struct cv_loop *loop, const struct cv_eventlog_config *config,
		     struct cv_eventlog **ret, const char **why);

/** Take over retention, compression and hold_bytes; the rest stays as it was opened with. */
void cv_eventlog_configure(struct cv_eventlog *log, const struct cv_eventlog_config *config);

/** Finish writes in flight and close. */
void cv_eventlog_close(struct cv_eventlog *log);

typedef void cv_eventlog_appended(void *owner, enum cv_lane lane, unsigned int blocks, int res);

/** Most blocks in one append. */
#define CV_APPEND_MAX 64

/**
 * Append @p n checked blocks of one lane that lie behind each other in memory, CV_BLOCK_SIZE
 * apart, full or not. Sets first_seq, durable_seq, node and crc32c in them and zeroes what is behind
 * used in their last unit. They stay untouched until @p done says they are durable (res 0) or
 * that at least one was refused (res < 0, counted). While the write of one append is with the disk a
 * second one is taken and made ready behind it; @p done is told in order. It may be called before this
 * returns when the disk is full.
 *
 * @param n 1..CV_APPEND_MAX.
 * @return 0, -EBUSY: try again later; -EBADMSG: a head is malformed.
 */
int cv_eventlog_append(struct cv_eventlog *log, enum cv_lane lane, struct cv_block *blocks,
		       unsigned int n, cv_eventlog_appended *done, void *owner);

/** Count records that will never be logged; a gap record follows when the log takes writes. */
void cv_eventlog_refuse(struct cv_eventlog *log, enum cv_lane lane, enum cv_refusal why,
			uint64_t records);

/**
 * Number of the last block of a channel that is in the log, 0 = none: after a restart of control
 * the consumer gives back, without logging again, what is already there.
 */
uint64_t cv_eventlog_last_source(const struct cv_eventlog *log, uint64_t incarnation,
				 unsigned int worker, enum cv_lane lane);

/** Sequence of the oldest event kept, and one past the newest acknowledged. */
uint64_t cv_eventlog_begin(const struct cv_eventlog *log, enum cv_lane lane);
uint64_t cv_eventlog_end(const struct cv_eventlog *log, enum cv_lane lane);

/**
 * Keep events of a lane from @p seq on beyond what is retained, up to hold_bytes more; UINT64_MAX =
 * none. A full disk goes before that.
 */
void cv_eventlog_hold(struct cv_eventlog *log, enum cv_lane lane, uint64_t seq);

/** Bytes of a lane's files on disk, and whether it refuses records because the disk is full. */
uint64_t cv_eventlog_bytes(const struct cv_eventlog *log, enum cv_lane lane);
bool cv_eventlog_full(const struct cv_eventlog *log, enum cv_lane lane);

/* What ails the disk of a lane: id, name, what, remedy. */
#define CV_LOG_TROUBLES(X)                                                                         \
	X(NONE, "none", "is well", "")                                                             \
	X(FULL, "disk-full", "is full", "free some space")                                         \
	X(READ_ONLY, "read-only", "is mounted read-only",                                          \
	  "see in the kernel's log why, mount it writable")                                        \
	X(IO_ERROR, "io-error", "fails", "see the kernel's log, replace the disk")                 \
	X(SLOW, "slow", "takes more than a second for a write", "see what else uses it")
#define CV_LOG_TROUBLE_ROW(id, name, what, remedy) CV_LOG_TROUBLE_##id,
enum cv_log_trouble { CV_LOG_TROUBLES(CV_LOG_TROUBLE_ROW) CV_LOG_TROUBLE_COUNT };

const char *cv_log_trouble_name(enum cv_log_trouble t);
const char *cv_log_trouble_text(enum cv_log_trouble t);
const char *cv_log_trouble_remedy(enum cv_log_trouble t);

/** What the last attempt to write to a lane met; ends by itself with the first that works. */
enum cv_log_trouble cv_eventlog_trouble(const struct cv_eventlog *log, enum cv_lane lane);

/** The lane's append waits for the disk: alarms do, other records are refused. */
bool cv_eventlog_held(const struct cv_eventlog *log, enum cv_lane lane);

/** End held appends with -ECANCELED; for owners that must not wait for the disk. */
void cv_eventlog_let_go(struct cv_eventlog *log);

/**
 * A sequence at or shortly before the first event of a lane received at or after @p ts_ns: all
 * before it is older. Reads the index only, so the reader skips up to some blocks of older events.
 */
uint64_t cv_eventlog_seek(struct cv_eventlog *log, enum cv_lane lane, int64_t ts_ns);

/**
 * Whether the indexes of all complete segments are in memory, some time after the start; until then
 * cv_eventlog_seek() may have to read many.
 */
bool cv_eventlog_settled(const struct cv_eventlog *log);

struct cv_log_read;
/**
 * @param block the block that holds the wanted sequence, valid during the call and checked; NULL
 *        when res < 0: -ENODATA nothing there yet, -ESTALE retained away (go to begin),
 *        -EBADMSG no such event (go to rd->skip_to; rd->told says whether a gap record there
 *        tells of it, else the events are damaged), -EIO. No other result exists.
 */
typedef void cv_log_read_done(struct cv_log_read *rd, const struct cv_block *block, int res);

/** A read; lives in its owner, who zeroes it first and must not free it while busy. */
struct cv_log_read {
	struct cv_op op;
	cv_log_read_done *done;
	void *owner;
	struct cv_eventlog *log;
	enum cv_lane lane;
	uint64_t seq;
	uint64_t skip_to;
	bool told;
	bool busy;
	void *buffer; /* owned by the read; NULL until first used; free with cv_eventlog_read_free() */
	void *packed; /* likewise: a frame of a packed segment */
	uint32_t packed_len, unpacked_len; /* of that frame; 0 = the segment is plain */
	/* What the buffer holds: bytes of the segment that begins with sequence window_segment. */
	uint64_t window_segment;
	uint32_t window_len, window_at; /* bytes there; where the block of the last answer is */
	enum cv_lane window_lane;
	int fd; /* while busy */
};

/**
 * Fetch the block that holds @p seq: from memory when it is recent (done is then called before
 * this returns), else from the file through the loop.
 */
void cv_eventlog_read(struct cv_eventlog *log, struct cv_log_read *rd, enum cv_lane lane,
		      uint64_t seq);
void cv_eventlog_read_free(struct cv_log_read *rd);

/** Called on the loop's thread whenever a lane's end has grown. It may remove itself only. */
struct cv_log_watch {
	struct cv_log_watch *next;
	void (*grown)(struct cv_log_watch *w, enum cv_lane lane);
};
void cv_eventlog_watch(struct cv_eventlog *log, struct cv_log_watch *w);
void cv_eventlog_unwatch(struct cv_eventlog *log, struct cv_log_watch *w);

const struct cv_eventlog_counters *cv_eventlog_counters(const struct cv_eventlog *log);

#endif
