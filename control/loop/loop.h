/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control's one event loop over io_uring. One thread. Every request carries a struct cv_op that
 * lives in its owner's object; the owner is freed only when none of its ops is pending.
 */
#ifndef CV_LOOP_H
#define CV_LOOP_H

#include <liburing.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cv_loop;
struct cv_op;

/** @param res as in the CQE: >= 0 or negative errno. @param flags CQE flags. */
typedef void cv_op_done(struct cv_op *op, int res, uint32_t flags);

/** One request in flight. Zero it, set done, give it to cv_loop_sqe(). */
struct cv_op {
	cv_op_done *done;
	void *owner;
	bool pending; /* from cv_loop_sqe() until the last CQE (multishot: without F_MORE) */
	struct __kernel_timespec ts; /* for cv_loop_timer() */
};

/** @return 0, or negative errno; -ENOSYS where io_uring is forbidden. */
int cv_loop_create(unsigned int entries, struct cv_loop **ret);
void cv_loop_destroy(struct cv_loop *loop);

/**
 * An SQE whose completion calls op->done. Never NULL: a full queue is submitted first. The caller
 * fills it with io_uring_prep_*() before it does anything else with the loop.
 */
struct io_uring_sqe *cv_loop_sqe(struct cv_loop *loop, struct cv_op *op);

/** Make sure the next @p n SQEs go to the kernel together: call it before a chain of links. */
void cv_loop_reserve(struct cv_loop *loop, unsigned int n);

/** Give the kernel what is queued now: its owner has work that can be done meanwhile. */
void cv_loop_submit(struct cv_loop *loop);

/** Complete @p op with -ETIME after @p ns. */
void cv_loop_timer(struct cv_loop *loop, struct cv_op *op, uint64_t ns);

/** Ask the kernel to cancel @p op; it completes with -ECANCELED or its own result. */
void cv_loop_cancel(struct cv_loop *loop, struct cv_op *op);

/** Run until cv_loop_stop(); submits and waits in one syscall per turn. @return 0 or -errno. */
int cv_loop_run(struct cv_loop *loop);

/**
 * One turn: submit, wait for one completion, call what completed. For orderly shutdown and for
 * tests; never from inside a completion.
 */
int cv_loop_turn(struct cv_loop *loop);
void cv_loop_stop(struct cv_loop *loop);

/** Wall clock (CLOCK_REALTIME) and monotonic time of this turn, ns. */
int64_t cv_loop_wall_ns(const struct cv_loop *loop);
uint64_t cv_loop_mono_ns(const struct cv_loop *loop);

#endif
