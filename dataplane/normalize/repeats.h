/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that were delivered before. Devices send again what nobody confirmed, under the same
 * number and with the same content: such a message is counted and makes no records. A decoder asks
 * when it has a whole valid message and has told the policy of it, before the first record:
 *
 *     if (cv_repeated(d->repeats, print, CV_REPEAT_HOUR))
 *             return length;
 *
 * What the policy then denies, or what finds no memory, was not delivered: it is forgotten again,
 * so that the device's next try is taken.
 *
 * Bounded: where a set is full, the message that would be remembered for the shortest time is
 * forgotten early, which lets a repeat through and never loses a message. One owner: a worker.
 */
#ifndef CV_REPEATS_H
#define CV_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/print.h"

/** Messages remembered for each worker; 4 MiB. */
#define CV_REPEATS_MAX (1u << 18)
/** Messages that wait for what becomes of their frame. What is beyond is not remembered. */
#define CV_REPEATS_PENDING 64

#define CV_REPEAT_MINUTE 60000000000ll
#define CV_REPEAT_HOUR (60 * CV_REPEAT_MINUTE)

struct cv_repeat {
	uint64_t print; /* 0 = free */
	int64_t until_ns; /* by the worker's clock for ageing */
};

#define CV_REPEAT_WAYS 4

struct cv_repeats {
	void *memory;
	struct cv_repeat *slot; /* in memory; sets of CV_REPEAT_WAYS, a cache line each */
	uint32_t mask; /* of sets */
	uint32_t pending_count;
	uint64_t seed;
	int64_t now_ns; /* set by the owner before each message */
	uint64_t found; /* repeats since the start */
	uint64_t crowded; /* forgotten before their time since the start */
	struct cv_repeat *pending[CV_REPEATS_PENDING];
};

/** The only allocation. @param count a power of two, >= CV_REPEAT_WAYS. @return 0 or -ENOMEM. */
int cv_repeats_setup(struct cv_repeats *r, uint32_t count, uint64_t seed);
/** A zeroed or half set up object is fine. */
void cv_repeats_release(struct cv_repeats *r);

/**
 * Was this message delivered in its lifetime? If not it is remembered for so long.
 *
 * @param r NULL: nobody remembers.
 * @param print of what tells one message from another: who sent it, its number, its content.
 * @return true: it is a repeat, and was counted.
 */
bool cv_repeated(struct cv_repeats *r, uint64_t print, int64_t lifetime_ns);

/**
 * The same of one part of a message that has several: it is not counted, for the message is a repeat
 * only when all of it is (cv_repeat_found()).
 */
bool cv_repeat_part(struct cv_repeats *r, uint64_t print, int64_t lifetime_ns);
/** All parts of the message were repeats. */
static inline void cv_repeat_found(struct cv_repeats *r)
{
	r->found++;
}

/** It was not delivered after all. */
void cv_repeat_forget(struct cv_repeats *r, uint64_t print);

/** A message that is not a repeat whatever is remembered, and that repeats will be told from. */
void cv_repeat_begin(struct cv_repeats *r, uint64_t print, int64_t lifetime_ns);

/** What is known before a message. */
struct cv_repeats_mark {
	uint64_t found;
	uint32_t pending_count;
};

static inline struct cv_repeats_mark cv_repeats_mark(const struct cv_repeats *r)
{
	return (struct cv_repeats_mark){r->found, r->pending_count};
}

/** Forget what was remembered and found since @p mark: the message was refused after all. */
void cv_repeats_back(struct cv_repeats *r, struct cv_repeats_mark mark);

/** What the messages since the last call came to: delivered, or forgotten again. */
void cv_repeats_settle(struct cv_repeats *r, bool delivered);

/** The seed for a print; 0 where nobody remembers. */
static inline uint64_t cv_repeats_seed(const struct cv_repeats *r)
{
	return r ? r->seed : 0;
}

#endif
