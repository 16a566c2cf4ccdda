/* SPDX-License-Identifier: Apache-2.0 */
#include "control/loop/task.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void *run(void *arg)
{
	struct cv_task *task = arg;
	uint64_t one = 1;

	task->work(task->owner);
	/* An eventfd that nobody has read takes 2^64 - 2 such writes: it cannot fail. */
	(void)!write(task->bell, &one, sizeof(one));
	return NULL;
}

static void on_bell(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_task *task = op->owner;

	if (res < 0)
		return; /* cancelled: cv_task_release() waits for the thread */
	pthread_join(task->thread, NULL);
	task->running = false;
	task->done(task->owner);
}

int cv_task_init(struct cv_task *task)
{
	task->op = (struct cv_op){.done = on_bell, .owner = task};
	task->bell = eventfd(0, EFD_CLOEXEC);
	return task->bell < 0 ? -errno : 0;
}

int cv_task_start(struct cv_task *task)
{
	int err;

	if (task->running)
		return -EBUSY;
	task->running = true;
	err = pthread_create(&task->thread, NULL, run, task);
	if (err) {
		task->running = false;
		return -err;
	}
	io_uring_prep_read(cv_loop_sqe(task->loop, &task->op), task->bell, &task->rung,
			   sizeof(task->rung), 0);
	return 0;
}

void cv_task_release(struct cv_task *task)
{
	if (!task->loop)
		return;
	if (task->op.pending) {
		cv_loop_cancel(task->loop, &task->op);
		while (task->op.pending && cv_loop_turn(task->loop) == 0)
			;
	}
	if (task->running)
		pthread_join(task->thread, NULL);
	task->running = false;
	if (task->bell >= 0)
		close(task->bell);
	task->bell = -1;
}
