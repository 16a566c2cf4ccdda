/* SPDX-License-Identifier: Apache-2.0 */
#include "control/loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CV_TURN_BATCH 64

/* A completion taken from the ring and not yet delivered. */
struct completion {
	struct cv_op *op;
	int res;
	uint32_t flags;
};

struct cv_loop {
	struct io_uring ring;
	bool stop;
	int64_t wall_ns;
	uint64_t mono_ns;
	/* Completions that had to leave a full ring before it could take requests again. */
	struct completion *backlog;
	size_t backlog_count, backlog_room;
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void refresh_clocks(struct cv_loop *loop)
{
	loop->wall_ns = (int64_t)clock_ns(CLOCK_REALTIME);
	loop->mono_ns = clock_ns(CLOCK_MONOTONIC);
}

/*
 * The ring does what the loop asks for and nothing else (-EACCES): a filter of system calls does not
 * see what a ring does.
 */
static int restrict_ring(struct io_uring *ring)
{
	static const uint8_t ops[] = {
		IORING_OP_NOP,		IORING_OP_READ,	     IORING_OP_WRITE,	 IORING_OP_WRITEV,
		IORING_OP_FSYNC,	IORING_OP_FALLOCATE, IORING_OP_RENAMEAT, IORING_OP_POLL_ADD,
		IORING_OP_ACCEPT,	IORING_OP_RECV,	     IORING_OP_SEND,	 IORING_OP_TIMEOUT,
		IORING_OP_ASYNC_CANCEL,
	};
	struct io_uring_restriction rows[sizeof(ops) + 1] = {
		{.opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED, .sqe_flags = IOSQE_IO_LINK}};

	for (size_t i = 0; i < sizeof(ops); i++)
		rows[i + 1] = (struct io_uring_restriction){.opcode = IORING_RESTRICTION_SQE_OP,
							    .sqe_op = ops[i]};
	/* The shared liburing 2.3 lacks its names for the two. */
	if (syscall(__NR_io_uring_register, ring->ring_fd, IORING_REGISTER_RESTRICTIONS, rows,
		    sizeof(ops) + 1) < 0 ||
	    syscall(__NR_io_uring_register, ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) <
		    0)
		return -errno;
	return 0;
}

int cv_loop_create(unsigned int entries, struct cv_loop **ret)
{
	/* The first set needs Linux 6.1; completions then run only when the loop asks for them. */
	static const unsigned int flags[] = {
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL,
		IORING_SETUP_SUBMIT_ALL, 0};
	struct cv_loop *loop = calloc(1, sizeof(*loop));
	int res = -EINVAL;

	if (!loop)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]) && res == -EINVAL; i++)
		res = io_uring_queue_init(entries, &loop->ring, flags[i] | IORING_SETUP_R_DISABLED);
	if (res == 0) {
		res = restrict_ring(&loop->ring);
		if (res < 0)
			io_uring_queue_exit(&loop->ring);
	}
	if (res < 0) {
		free(loop);
		return res == -EPERM || res == -EACCES ? -ENOSYS : res;
	}
	io_uring_ring_dontfork(&loop->ring);
	refresh_clocks(loop);
	*ret = loop;
	return 0;
}

void cv_loop_destroy(struct cv_loop *loop)
{
	if (!loop)
		return;
	io_uring_queue_exit(&loop->ring);
	free(loop->backlog);
	free(loop);
}

static unsigned int take_completions(struct cv_loop *loop, struct completion *batch)
{
	struct io_uring_cqe *cqes[CV_TURN_BATCH];
	unsigned int n = io_uring_peek_batch_cqe(&loop->ring, cqes, CV_TURN_BATCH);

	for (unsigned int i = 0; i < n; i++)
		batch[i] = (struct completion){
			.op = io_uring_cqe_get_data(cqes[i]),
			.res = cqes[i]->res,
			.flags = cqes[i]->flags,
		};
	io_uring_cq_advance(&loop->ring, n);
	return n;
}

/*
 * Older kernels refuse requests (EBUSY) while completions overflow. We may be deep inside a
 * completion, so those are only set aside here and delivered by the next turn.
 */
static bool set_completions_aside(struct cv_loop *loop)
{
	unsigned int n;

	if (loop->backlog_room - loop->backlog_count < CV_TURN_BATCH) {
		size_t room = loop->backlog_room + 4 * (size_t)CV_TURN_BATCH;
		struct completion *grown = realloc(loop->backlog, room * sizeof(*grown));

		if (!grown)
			return false;
		loop->backlog = grown;
		loop->backlog_room = room;
	}
	n = take_completions(loop, loop->backlog + loop->backlog_count);
	loop->backlog_count += n;
	return n != 0;
}

void cv_loop_submit(struct cv_loop *loop)
{
	const struct timespec pause = {.tv_nsec = 100000};

	while (io_uring_submit(&loop->ring) < 0)
		if (!set_completions_aside(loop))
			nanosleep(&pause, NULL);
}

void cv_loop_reserve(struct cv_loop *loop, unsigned int n)
{
	while (io_uring_sq_space_left(&loop->ring) < n)
		cv_loop_submit(loop);
}

struct io_uring_sqe *cv_loop_sqe(struct cv_loop *loop, struct cv_op *op)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(&loop->ring)))
		cv_loop_submit(loop);
	io_uring_sqe_set_data(sqe, op);
	if (op) {
		assert(!op->pending);
		op->pending = true;
	}
	return sqe;
}

void cv_loop_timer(struct cv_loop *loop, struct cv_op *op, uint64_t ns)
{
	struct io_uring_sqe *sqe = cv_loop_sqe(loop, op);

	op->ts.tv_sec = (long long)(ns / 1000000000u);
	op->ts.tv_nsec = (long long)(ns % 1000000000u);
	io_uring_prep_timeout(sqe, &op->ts, 0, 0);
}

void cv_loop_cancel(struct cv_loop *loop, struct cv_op *op)
{
	if (op->pending)
		io_uring_prep_cancel(cv_loop_sqe(loop, NULL), op, 0);
}

static void deliver(const struct completion *c)
{
	if (!c->op)
		return;
	if (!(c->flags & IORING_CQE_F_MORE))
		c->op->pending = false;
	c->op->done(c->op, c->res, c->flags);
}

static void deliver_backlog(struct cv_loop *loop)
{
	/* By index: a delivery may set more aside and move the array. */
	for (size_t i = 0; i < loop->backlog_count; i++) {
		struct completion c = loop->backlog[i];

		deliver(&c);
	}
	loop->backlog_count = 0;
}

int cv_loop_turn(struct cv_loop *loop)
{
	struct completion batch[CV_TURN_BATCH];
	unsigned int n, wait = loop->backlog_count == 0;
	int res = io_uring_submit_and_wait(&loop->ring, wait);

	if (res < 0 && res != -EINTR && res != -EBUSY && res != -EAGAIN)
		return res;
	refresh_clocks(loop);
	deliver_backlog(loop);
	while ((n = take_completions(loop, batch)) != 0) {
		for (unsigned int i = 0; i < n; i++)
			deliver(&batch[i]);
		if (n < CV_TURN_BATCH)
			break;
	}
	return 0;
}

int cv_loop_run(struct cv_loop *loop)
{
	int res = 0;

	loop->stop = false;
	while (!loop->stop && res == 0)
		res = cv_loop_turn(loop);
	return res;
}

void cv_loop_stop(struct cv_loop *loop)
{
	loop->stop = true;
}

int64_t cv_loop_wall_ns(const struct cv_loop *loop)
{
	return loop->wall_ns;
}

uint64_t cv_loop_mono_ns(const struct cv_loop *loop)
{
	return loop->mono_ns;
}
