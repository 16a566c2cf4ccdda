/* SPDX-License-Identifier: Apache-2.0 */
/* A real event log in a folder of its own, driven step by step. */
#ifndef CV_LOG_FIXTURE_H
#define CV_LOG_FIXTURE_H

#include "control/eventlog/eventlog.h"

#define FX_INCARNATION 0xabcdefull

struct fixture {
	char dir[256];
	struct cv_eventlog_config config;
	struct cv_loop *loop;
	struct cv_eventlog *log;
	struct cv_block *blocks; /* CV_APPEND_MAX of them */
	struct cv_block *copy; /* what the last read gave */
	struct cv_log_read read;
	int append_res, read_res;
	unsigned int appending; /* appends under way */
	/* Told of each append, or NULL. */
	void (*appended)(struct fixture *fx, enum cv_lane lane, int res);
};

/** A new folder under $TMPDIR or /tmp. */
void fx_init(struct fixture *fx, uint64_t segment_size);
/** Stop, remove the folder. */
void fx_destroy(struct fixture *fx);
void fx_remove_tree(const char *dir);

/** @return what cv_eventlog_open() did. */
int fx_open(struct fixture *fx, const char **why);
void fx_close(struct fixture *fx);

/** Open a file of a lane to read and write; ends the program where that fails. */
int fx_open_file(const struct fixture *fx, enum cv_lane lane, const char *name);

/** Take away what says how far the active segment goes: the next start follows its blocks. */
void fx_forget_index(const struct fixture *fx, enum cv_lane lane);

/**
 * Fill block @p i with @p count records whose values are @p value, value + 1, ...; each carries
 * @p text bytes of text.
 *
 * @return records that fit.
 */
unsigned int fx_block(struct fixture *fx, unsigned int i, enum cv_lane lane, uint64_t source_seq,
		      uint64_t value, unsigned int count, size_t text);

/** Append the first @p n blocks and wait. @return what done was told. */
int fx_append(struct fixture *fx, enum cv_lane lane, unsigned int n);

/**
 * Append the first @p n blocks, and the @p m behind them while those are on their way. Waits for both.
 *
 * @return what done was told of the first that failed, 0 = none did.
 */
int fx_append_two(struct fixture *fx, enum cv_lane lane, unsigned int n, unsigned int m);

/** Read and wait; the block is in fx->copy. */
int fx_read(struct fixture *fx, enum cv_lane lane, uint64_t seq);

/** Value of the record with @p seq in a block. */
uint64_t fx_value(const struct cv_block *b, uint64_t seq);

/** Turn the loop until @p ns have passed. */
void fx_wait(struct fixture *fx, uint64_t ns);

#endif
