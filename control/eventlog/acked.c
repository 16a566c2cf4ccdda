/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each lane is acknowledged, in a small file beside the lanes. A block tells that of the
 * blocks before it (durable_seq); the newest one has nobody behind it, and damage to it would look
 * like the torn end of a write. Written once a second where a lane has grown, and at the end: what
 * is damaged while it lies there is told from what never was whole.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "control/eventlog/log_private.h"

#define CV_ACKED_MAGIC 0x4b434143u /* "CACK" */

struct acked {
	uint32_t magic;
	uint32_t crc32c; /* of the rest */
	struct cv_acked told;
};
_Static_assert(sizeof(struct acked) <= CV_ACKED_ROOM, "acked file layout");

static uint32_t checksum(const struct acked *a)
{
	return cv_crc32c(0, &a->told, sizeof(a->told));
}

int cv_acked_read(int fd, enum cv_lane lane, struct cv_acked *ret)
{
	struct acked a;

	if (pread(fd, &a, sizeof(a), (off_t)(lane * CV_ACKED_ROOM)) != (ssize_t)sizeof(a) ||
	    a.magic != CV_ACKED_MAGIC || a.crc32c != checksum(&a) || a.told.end >= CV_SEQ_MAX ||
	    a.told.used % CV_UNIT != 0)
		return -ENODATA;
	*ret = a.told;
	return 0;
}

/* @return whether there is anything new to write. */
static bool fill(struct cv_eventlog *log)
{
	bool changed = false;

	for (int i = 0; i < CV_LANE_COUNT; i++) {
		struct cv_log_lane *l = &log->lane[i];
		const struct cv_segment *active = cv_lane_active(l);
		struct acked a = {.magic = CV_ACKED_MAGIC, .told = l->acked};

		if (active && l->end != l->acked.end) {
			a.told = (struct cv_acked){
				.end = l->end, .segment = active->first, .used = active->used};
			changed = true;
		}
		l->acked = a.told;
		a.crc32c = checksum(&a);
		memcpy(log->acked_bytes + (size_t)i * CV_ACKED_ROOM, &a, sizeof(a));
	}
	return changed;
}

void cv_acked_done(struct cv_op *op, int res, uint32_t flags)
{
	/* Should it fail, the next one says more. */
}

void cv_acked_keep(struct cv_eventlog *log)
{
	struct io_uring_sqe *sqe;

	if (log->acked_op.pending)
		return;
	/* Not flushed: it is for the next control, on the same machine, to find its place at once. */
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		if (cv_lane_active(&log->lane[i]) && log->lane[i].end != log->lane[i].acked.end)
			cv_index_save_active(&log->lane[i]);
	}
	if (!fill(log))
		return;
	cv_loop_reserve(log->loop, 2);
	sqe = cv_loop_sqe(log->loop, NULL);
	io_uring_prep_write(sqe, log->acked, log->acked_bytes, sizeof(log->acked_bytes), 0);
	sqe->flags |= IOSQE_IO_LINK;
	io_uring_prep_fsync(cv_loop_sqe(log->loop, &log->acked_op), log->acked,
			    IORING_FSYNC_DATASYNC);
}

void cv_acked_keep_now(struct cv_eventlog *log)
{
	if (log->acked < 0 || !fill(log))
		return;
	if (pwrite(log->acked, log->acked_bytes, sizeof(log->acked_bytes), 0) > 0)
		(void)fdatasync(log->acked);
}
