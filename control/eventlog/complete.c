/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Complete segments after a start. Their indexes lie beside them, and how long a start takes must not
 * depend on how many there are: one is loaded when somebody wants it, and the others little by little.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/eventlog/log_private.h"

/* Unasked so many at a time, some 0.2 ms of work, and so long between them. */
#define CV_COMPLETE_MAX 4
#define CV_COMPLETE_NS 2000000u

bool cv_complete_later(struct cv_log_lane *l, struct cv_segment *s)
{
	char name[CV_SEGMENT_NAME];
	struct stat st, index;

	if (s->pack.frames)
		return false;
	cv_segment_name(s->first, ".log", name);
	if (fstatat(l->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	cv_segment_name(s->first, ".idx", name);
	if (fstatat(l->dir, name, &index, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(index.st_mode))
		return false;
	s->size = (uint64_t)st.st_size;
	s->later = true;
	return true;
}

/* Its index is damaged: its blocks say what it has, from the end of the one before on. */
static void scan(struct cv_log_lane *l, size_t i)
{
	struct cv_segment *s = l->segments[i];
	char name[CV_SEGMENT_NAME];
	int fd;

	if (i > 0)
		cv_complete_know(l, i - 1);
	cv_segment_name(s->first, ".log", name);
	fd = cv_lane_open_file(l, name, O_RDONLY);
	if (fd < 0)
		return;
	if (cv_segment_scan_old(l, s, fd, i > 0 ? l->segments[i - 1]->end : 1) == 0)
		cv_index_save(l, s);
	close(fd);
}

void cv_complete_know(struct cv_log_lane *l, size_t i)
{
	struct cv_segment *s = l->segments[i];

	if (!s->later)
		return;
	s->later = false;
	if (cv_index_load(l->dir, s) < 0)
		scan(l, i);
}

/* @return false: none is left. */
static bool know_one(struct cv_eventlog *log)
{
	for (int lane = 0; lane < CV_LANE_COUNT; lane++) {
		struct cv_log_lane *l = &log->lane[lane];

		for (; l->later > 0; l->later--) {
			/* Retention may have taken some of those before. */
			if (l->later > l->count || !l->segments[l->later - 1]->later)
				continue;
			cv_complete_know(l, l->later - 1);
			return true;
		}
	}
	return false;
}

void cv_complete_next(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_eventlog *log = op->owner;
	bool more = !log->closing;

	for (int i = 0; i < CV_COMPLETE_MAX && more; i++)
		more = know_one(log);
	if (more)
		cv_loop_timer(log->loop, &log->complete, CV_COMPLETE_NS);
}

bool cv_eventlog_settled(const struct cv_eventlog *log)
{
	return !log->complete.pending;
}
