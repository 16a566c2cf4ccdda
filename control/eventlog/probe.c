/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does anything lie far behind the end of a lane? Of each mebibyte the blocks of one are looked at, a
 * buffer full at a time: one after the other, those reads were half of what a start takes.
 */
#include "control/eventlog/log_private.h"

#include <stdlib.h>

#include "control/eventlog/segment_file.h"

#define PROBE_STEP (1u << 20) /* bytes; behind what a write may have torn nothing was written */
#define PROBES 16u /* at a time */

struct probe {
	struct cv_op op;
	int res; /* of its read */
};

static void probe_read(struct cv_op *op, int res, uint32_t flags)
{
	struct probe *p = op->owner;

	p->res = res;
}

static bool has_head(const uint8_t *bytes, int len, uint64_t tag)
{
	for (int at = 0; at + (int)CV_UNIT <= len; at += (int)CV_UNIT)
		if (cv_is_head_of((const struct cv_block *)(const void *)(bytes + at), tag))
			return true;
	return false;
}

/* What cannot be read may be a block. @return 1, 0; negative errno: the buffer is the kernel's for good. */
static int any_head(struct cv_loop *loop, int fd, uint64_t from, unsigned int n, uint8_t *buffer,
		    uint64_t tag)
{
	struct probe probe[PROBES];
	int found = 0, res;

	for (unsigned int i = 0; i < n; i++) {
		probe[i] = (struct probe){.op = {.done = probe_read, .owner = &probe[i]}};
		io_uring_prep_read(cv_loop_sqe(loop, &probe[i].op), fd,
				   buffer + (size_t)i * CV_BLOCK_SIZE, CV_BLOCK_SIZE,
				   from + (uint64_t)i * PROBE_STEP);
	}
	for (unsigned int i = 0; i < n; i++) {
		while (probe[i].op.pending) {
			res = cv_loop_turn(loop);
			if (res < 0)
				return res;
		}
		found |= probe[i].res < 0 ||
			 has_head(buffer + (size_t)i * CV_BLOCK_SIZE, probe[i].res, tag);
	}
	return found;
}

bool cv_probe_behind(struct cv_log_lane *l, int fd, uint64_t from, uint64_t size, uint64_t tag)
{
	uint8_t *buffer = aligned_alloc(CV_UNIT, PROBES * (size_t)CV_BLOCK_SIZE);
	int found = !buffer;

	while (found == 0 && from < size) {
		uint64_t left = (size - from + PROBE_STEP - 1) / PROBE_STEP;
		unsigned int n = left < PROBES ? (unsigned int)left : PROBES;

		found = any_head(l->log->loop, fd, from, n, buffer, tag);
		from += (uint64_t)n * PROBE_STEP;
	}
	if (found >= 0)
		free(buffer);
	return found != 0;
}
