/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that would hold up the loop for longer than an event may wait: it runs on a thread of its
 * own, and its end is a completion of the loop like any other. At most one at a time per task.
 */
#ifndef CV_TASK_H
#define CV_TASK_H

#include <pthread.h>

#include "control/loop/loop.h"

struct cv_task {
	struct cv_loop *loop;
	struct cv_op op;
	void (*work)(
		void *owner); /* on the thread: touches nothing that the loop touches meanwhile */
	void (*done)(void *owner); /* on the loop, after work() */
	void *owner;
	pthread_t thread;
	int bell; /* eventfd, -1 = none */
	uint64_t rung;
	bool running; /* from start until done() is called */
};

/** Zero it, set loop, work, done and owner. @return 0 or negative errno. */
int cv_task_init(struct cv_task *task);

/** @return 0; -EBUSY: it runs; -EAGAIN: no thread. */
int cv_task_start(struct cv_task *task);

/** Wait for what runs, without calling done(), and free. Also half-initialised. */
void cv_task_release(struct cv_task *task);

#endif
