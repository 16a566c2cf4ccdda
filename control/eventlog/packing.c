/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which segment is packed when: one at a time, the oldest complete one of a lane that asks for it,
 * on a thread of its own with little weight. The thread has its own copy of what it needs; the loop
 * takes the result over, and only then removes the plain file. Both files: the plain one counts.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/eventlog/log_private.h"

#define CV_PACK_RETRY_NS 60000000000u

static void work(void *owner)
{
	struct cv_packing *p = owner;

	/* For this thread only, and of no consequence where it is not allowed. */
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
	p->res = cv_pack_make(p->lane->dir, &p->copy, p->level, &p->made, &p->size);
}

static void release_copy(struct cv_packing *p)
{
	free(p->copy.index);
	p->copy.index = NULL;
}

static void take_over(struct cv_packing *p)
{
	struct cv_segment *s = p->segment;
	char name[CV_SEGMENT_NAME];

	s->pack = p->made;
	p->made = (struct cv_pack){0};
	s->size = p->size;
	cv_segment_name(s->first, ".idx", name);
	unlinkat(p->lane->dir, name, 0);
	cv_segment_name(s->first, ".log", name);
	unlinkat(p->lane->dir, name, 0);
	p->lane->log->counters.packed++;
	p->lane->log->counters.packed_from += s->used;
	p->lane->log->counters.packed_to += p->size;
}

static void done(void *owner)
{
	struct cv_packing *p = owner;

	p->segment->packing = false;
	if (p->res == 0)
		take_over(p);
	else if (p->res == -ENODATA)
		p->segment->unpackable = true;
	else
		p->retry_at = cv_loop_mono_ns(p->task.loop) + CV_PACK_RETRY_NS;
	release_copy(p);
}

int cv_packing_init(struct cv_eventlog *log)
{
	struct cv_packing *p = &log->packing;

	*p = (struct cv_packing){.level = log->config.compress_level ? log->config.compress_level
								     : 3};
	p->task = (struct cv_task){.loop = log->loop, .work = work, .done = done, .owner = p};
	return cv_task_init(&p->task);
}

void cv_packing_release(struct cv_eventlog *log)
{
	cv_task_release(&log->packing.task);
	free(log->packing.made.frames); /* the thread's work that was not taken over */
	release_copy(&log->packing);
}

static void start(struct cv_packing *p, struct cv_log_lane *l, struct cv_segment *s)
{
	size_t size = s->index_count * sizeof(*s->index);

	p->copy = *s;
	p->copy.index = malloc(size + 1);
	if (!p->copy.index)
		return;
	memcpy(p->copy.index, s->index, size);
	p->lane = l;
	p->segment = s;
	s->packing = true; /* retention leaves it alone meanwhile */
	if (cv_task_start(&p->task) < 0) {
		s->packing = false;
		release_copy(p);
	}
}

void cv_packing_tick(struct cv_eventlog *log)
{
	struct cv_packing *p = &log->packing;

	if (p->task.running || cv_loop_mono_ns(log->loop) < p->retry_at)
		return;
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		struct cv_log_lane *l = &log->lane[i];

		/* The newest two are plain: recovery reads and cuts them. */
		for (size_t s = 0; log->config.compress[i] && s + 2 < l->count; s++) {
			if (l->segments[s]->pack.frames || l->segments[s]->unpackable)
				continue;
			cv_complete_know(l, s);
			start(p, l, l->segments[s]);
			return;
		}
	}
}
