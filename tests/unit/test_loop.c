/* SPDX-License-Identifier: Apache-2.0 */
#include "control/loop/loop.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct probe {
	struct cv_op op;
	struct cv_loop *loop;
	int res, calls;
	unsigned int *left; /* stop the loop when it reaches 0 */
};

static void probe_done(struct cv_op *op, int res, uint32_t flags)
{
	struct probe *p = op->owner;

	p->res = res;
	p->calls++;
	if (--*p->left == 0)
		cv_loop_stop(p->loop);
}

static void probe_init(struct probe *p, struct cv_loop *loop, unsigned int *left)
{
	*p = (struct probe){.loop = loop, .left = left};
	p->op.done = probe_done;
	p->op.owner = p;
}

static void test_timer_and_clock(void **state)
{
	struct cv_loop *loop;
	struct probe p;
	unsigned int left = 1;
	uint64_t before;

	assert_int_equal(cv_loop_create(8, &loop), 0);
	before = cv_loop_mono_ns(loop);
	probe_init(&p, loop, &left);
	cv_loop_timer(loop, &p.op, 5000000);
	assert_true(p.op.pending);
	assert_int_equal(cv_loop_run(loop), 0);
	assert_int_equal(p.res, -ETIME);
	assert_false(p.op.pending);
	assert_true(cv_loop_mono_ns(loop) - before >= 5000000);
	assert_true(cv_loop_wall_ns(loop) > 1600000000ll * 1000000000ll);
	cv_loop_destroy(loop);
}

static void test_cancel(void **state)
{
	struct cv_loop *loop;
	struct probe p;
	unsigned int left = 1;

	assert_int_equal(cv_loop_create(8, &loop), 0);
	probe_init(&p, loop, &left);
	cv_loop_cancel(loop, &p.op); /* not pending: nothing happens */
	cv_loop_timer(loop, &p.op, 3600ull * 1000000000u);
	cv_loop_cancel(loop, &p.op);
	assert_int_equal(cv_loop_run(loop), 0);
	assert_int_equal(p.res, -ECANCELED);
	assert_int_equal(p.calls, 1);
	cv_loop_destroy(loop);
}

/* Far more requests than the ring has room for, made before anything is waited for. */
static void test_more_requests_than_entries(void **state)
{
	enum { N = 1000 };
	struct cv_loop *loop;
	struct probe *p = calloc(N, sizeof(*p));
	unsigned int left = N;

	assert_int_equal(cv_loop_create(4, &loop), 0);
	for (int i = 0; i < N; i++) {
		probe_init(&p[i], loop, &left);
		io_uring_prep_nop(cv_loop_sqe(loop, &p[i].op));
	}
	assert_int_equal(cv_loop_run(loop), 0);
	for (int i = 0; i < N; i++) {
		assert_int_equal(p[i].calls, 1);
		assert_int_equal(p[i].res, 0);
		assert_false(p[i].op.pending);
	}
	cv_loop_destroy(loop);
	free(p);
}

static void test_chain_stays_together(void **state)
{
	struct cv_loop *loop;
	struct probe p[3];
	unsigned int left = 3;

	assert_int_equal(cv_loop_create(4, &loop), 0);
	for (int i = 0; i < 3; i++)
		probe_init(&p[i], loop, &left);
	io_uring_prep_nop(cv_loop_sqe(loop, &p[0].op));
	io_uring_prep_nop(cv_loop_sqe(loop, NULL));
	io_uring_prep_nop(cv_loop_sqe(loop, NULL));
	cv_loop_reserve(loop, 2);
	/* A read from a bad descriptor breaks the chain: the linked request is cancelled. */
	struct io_uring_sqe *sqe = cv_loop_sqe(loop, &p[1].op);

	io_uring_prep_read(sqe, -1, p, 1, 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_nop(cv_loop_sqe(loop, &p[2].op));
	assert_int_equal(cv_loop_run(loop), 0);
	assert_int_equal(p[1].res, -EBADF);
	assert_int_equal(p[2].res, -ECANCELED);
	cv_loop_destroy(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timer_and_clock),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_more_requests_than_entries),
		cmocka_unit_test(test_chain_stays_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
