/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments in the making. All of a segment is written before it is used: an append then only
 * overwrites, and commits without extent conversion or a journal entry (about 2x at 64 KiB). The file
 * of a segment that retention gives up was, so it becomes the next one; until there is one, zeros
 * are written.
 */
#include "control/eventlog/log_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPARE_NAME "spare"

int cv_lane_open_file(struct cv_log_lane *l, const char *name, int flags)
{
	int fd;

	if (l->log->counters.direct) {
		fd = openat(l->dir, name, flags | O_DIRECT | O_CLOEXEC, 0640);
		if (fd >= 0 || errno != EINVAL)
			return fd < 0 ? -errno : fd;
		l->log->counters.direct = false; /* the file system has no O_DIRECT */
	}
	fd = openat(l->dir, name, flags | O_CLOEXEC, 0640);
	return fd < 0 ? -errno : fd;
}

static void allocate(struct cv_log_lane *l)
{
	struct cv_spare *sp = &l->spare;

	sp->state = CV_SPARE_ALLOCATE;
	io_uring_prep_fallocate(cv_loop_sqe(l->log->loop, &sp->op), sp->fd, 0, 0,
				(off_t)l->log->config.segment_size);
}

static void write_zeros(struct cv_log_lane *l)
{
	struct cv_spare *sp = &l->spare;
	uint64_t left = l->log->config.segment_size - sp->off;
	unsigned int len = left < CV_ZERO_CHUNK ? (unsigned int)left : CV_ZERO_CHUNK;

	sp->state = CV_SPARE_ZERO;
	io_uring_prep_write(cv_loop_sqe(l->log->loop, &sp->op), sp->fd, l->log->zeros, len,
			    sp->off);
}

static void sync_spare(struct cv_log_lane *l)
{
	struct cv_spare *sp = &l->spare;

	sp->state = CV_SPARE_SYNC;
	io_uring_prep_fsync(cv_loop_sqe(l->log->loop, &sp->op), sp->fd, 0);
}

static void drop_spare(struct cv_log_lane *l)
{
	struct cv_spare *sp = &l->spare;

	if (sp->fd >= 0)
		close(sp->fd);
	sp->fd = -1;
	sp->state = CV_SPARE_NONE;
	unlinkat(l->dir, SPARE_NAME, 0);
}

static void fail_spare(struct cv_log_lane *l, int error)
{
	drop_spare(l);
	l->full = error == -ENOSPC || error == -EDQUOT;
	l->retry_at = cv_loop_mono_ns(l->log->loop) + CV_RETRY_NS;
	cv_trouble_note(l, error);
	if (l->append.busy && !l->append.op.pending && !l->append.held)
		cv_append_fail(l, error);
}

/*
 * One that a control before left unfinished is written anew: to give its room back only to take it
 * again is some milliseconds for each lane of every start. It may be of a larger segment_size.
 */
static int open_spare(struct cv_log_lane *l)
{
	int fd = cv_lane_open_file(l, SPARE_NAME, O_RDWR | O_CREAT);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size > l->log->config.segment_size &&
	    ftruncate(fd, (off_t)l->log->config.segment_size) < 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

void cv_spare_prepare(struct cv_log_lane *l)
{
	struct cv_spare *sp = &l->spare;
	int fd;

	if (sp->state != CV_SPARE_NONE || l->log->closing)
		return;
	fd = open_spare(l);
	if (fd < 0) {
		fail_spare(l, fd);
		return;
	}
	sp->fd = fd;
	sp->off = 0;
	sp->allocated = false;
	allocate(l);
}

bool cv_spare_reuse(struct cv_log_lane *l, const struct cv_segment *s, const char *name)
{
	struct cv_spare *sp = &l->spare;
	struct stat st;
	int fd;

	if (sp->state != CV_SPARE_NONE || l->log->closing || s->pack.frames ||
	    s->size != l->log->config.segment_size)
		return false;
	fd = cv_lane_open_file(l, name, O_RDWR);
	if (fd < 0)
		return false;
	/* A copy that was put back may have holes. */
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_blocks * 512 < s->size ||
	    renameat(l->dir, name, l->dir, SPARE_NAME) < 0) {
		close(fd);
		return false;
	}
	sp->fd = fd;
	sp->state = CV_SPARE_READY;
	l->full = false;
	l->retry_at = 0;
	return true;
}

/* The rename and the directory's sync; the segment counts only when both are on the disk. */
static void name_spare(struct cv_log_lane *l)
{
	struct cv_loop *loop = l->log->loop;
	struct cv_spare *sp = &l->spare;
	struct io_uring_sqe *sqe;

	sp->state = CV_SPARE_NAMING;
	cv_segment_name(l->next, ".log", sp->name);
	sp->off = l->next;
	cv_loop_reserve(loop, 2);
	sqe = cv_loop_sqe(loop, NULL);
	io_uring_prep_renameat(sqe, l->dir, SPARE_NAME, l->dir, sp->name, 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_fsync(cv_loop_sqe(loop, &sp->op), l->dir, 0);
}

static void become_active(struct cv_log_lane *l)
{
	struct cv_segment *old = cv_lane_active(l), *s;
	struct cv_spare *sp = &l->spare;

	s = cv_segment_add(l, sp->off, l->log->config.segment_size);
	if (!s) {
		unlinkat(l->dir, sp->name, 0);
		fail_spare(l, -ENOMEM);
		return;
	}
	s->tag = cv_segment_tag(l->log->tag_key, s->first);
	if (old)
		cv_index_save(l, old);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = sp->fd;
	sp->fd = -1;
	sp->state = CV_SPARE_NONE;
	l->roll_wanted = false;
	l->full = false;
	l->retry_at = 0;
	cv_known_segment(l);
	cv_known_note(l, 0);
	cv_lane_retain(l, cv_loop_wall_ns(l->log->loop));
	cv_spare_prepare(l);
	cv_packing_tick(l->log);
	cv_append_continue(l);
}

void cv_lane_roll(struct cv_log_lane *l)
{
	l->roll_wanted = true;
	if (l->spare.state == CV_SPARE_READY)
		name_spare(l);
	else if (l->log->closing)
		cv_append_fail(l, -ECANCELED);
	else if (l->spare.state == CV_SPARE_AHEAD)
		write_zeros(l);
	else if (l->spare.state != CV_SPARE_NONE)
		return; /* cv_spare_done() comes back to it */
	else if (cv_loop_mono_ns(l->log->loop) < l->retry_at)
		cv_append_fail(l, l->full				   ? -ENOSPC
				  : l->trouble == CV_LOG_TROUBLE_READ_ONLY ? -EROFS
									   : -EIO);
	else
		cv_spare_prepare(l);
}

static void spare_ready(struct cv_log_lane *l)
{
	l->spare.state = CV_SPARE_READY;
	l->full = false;
	l->trouble = CV_LOG_TROUBLE_NONE;
	l->retry_at = 0;
	if (l->roll_wanted && ((l->append.busy && !l->append.held) || l->count == 0))
		name_spare(l);
}

static void allocated_now(struct cv_log_lane *l, bool its_own)
{
	l->spare.allocated = its_own;
	if (its_own) {
		l->full = false;
		if (l->trouble == CV_LOG_TROUBLE_FULL)
			l->trouble = CV_LOG_TROUBLE_NONE;
	}
	write_zeros(l);
}

static void allocated(struct cv_log_lane *l, int res)
{
	if (res == -ENOSPC && cv_lane_reclaim_for(l))
		allocate(l);
	else if (res < 0 && res != -EOPNOTSUPP && res != -EINTR)
		fail_spare(l, res);
	else
		allocated_now(l, res == 0);
}

/* The lane's own writes come first: zeros are written as fast as it grows, not as fast as they can. */
static bool is_ahead(const struct cv_log_lane *l)
{
	const struct cv_segment *active = cv_lane_active(l);

	return l->spare.allocated && active && !l->roll_wanted &&
	       l->spare.off >= active->used + CV_ZERO_AHEAD;
}

void cv_spare_go_on(struct cv_log_lane *l)
{
	if (l->spare.state == CV_SPARE_AHEAD && !l->log->closing && !is_ahead(l))
		write_zeros(l);
}

static void zeros_written(struct cv_log_lane *l, int res)
{
	if (res == -ENOSPC && cv_lane_reclaim_for(l)) {
		write_zeros(l);
		return;
	}
	if (res <= 0 && res != -EINTR && res != -EAGAIN) {
		fail_spare(l, res < 0 ? res : -EIO);
		return;
	}
	if (res > 0)
		l->spare.off += (uint64_t)res & ~(uint64_t)(CV_UNIT - 1);
	if (l->spare.off >= l->log->config.segment_size)
		sync_spare(l);
	else if (is_ahead(l))
		l->spare.state = CV_SPARE_AHEAD;
	else
		write_zeros(l);
}

void cv_spare_done(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_log_lane *l = op->owner;

	if (l->log->closing && l->spare.state != CV_SPARE_NAMING) {
		if (l->append.busy && !l->append.op.pending && !l->append.held)
			cv_append_fail(l, -ECANCELED);
		return;
	}
	switch (l->spare.state) {
	case CV_SPARE_ALLOCATE:
		allocated(l, res);
		break;
	case CV_SPARE_ZERO:
		zeros_written(l, res);
		break;
	case CV_SPARE_SYNC:
		if (res < 0)
			fail_spare(l, res);
		else
			spare_ready(l);
		break;
	case CV_SPARE_NAMING:
		if (res < 0) {
			unlinkat(l->dir, l->spare.name, 0);
			fail_spare(l, res);
		} else {
			become_active(l);
		}
		break;
	case CV_SPARE_NONE:
	case CV_SPARE_AHEAD:
	case CV_SPARE_READY:
		break;
	}
}
