/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a segment file from end to end, for recovery and for tools. Synchronous. */
#ifndef CV_SEGMENT_FILE_H
#define CV_SEGMENT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/eventlog/pack.h"
#include "dataplane/handoff/handoff.h"

/** Whether it begins like a block of the segment with this tag, whatever became of the rest. */
static inline bool cv_is_head_of(const struct cv_block *b, uint64_t tag)
{
	return b->magic == CV_BLOCK_MAGIC && b->tag == tag;
}

struct cv_segment_file {
	int fd; /* the caller's */
	uint64_t size; /* bytes of the segment, not of a packed file */
	const struct cv_pack *pack; /* NULL = plain */
	uint8_t *packed; /* a frame of it */
	const struct cv_pack_frame *bad; /* the last one that could not be unpacked */
	uint64_t unreadable; /* bytes that the disk did not give, so far; seen as zeros */
	uint8_t *buffer;
	uint64_t buffer_off;
	size_t buffer_len;
};

/**
 * @param fd stays the caller's. @param size of the file. @param pack its frames, which stay where
 * they are; with frames NULL the file is plain. @return 0 or -ENOMEM.
 */
int cv_segment_file_init(struct cv_segment_file *f, int fd, uint64_t size,
			 const struct cv_pack *pack);
void cv_segment_file_release(struct cv_segment_file *f);

/**
 * The bytes at @p off, a multiple of CV_BLOCK_ALIGN below size: room for a whole block unless the
 * file ends before. A unit that the disk does not give reads as zeros.
 *
 * @param avail bytes there; valid until the next call.
 * @return NULL: nothing can be read there.
 */
const struct cv_block *cv_segment_file_view(struct cv_segment_file *f, uint64_t off, size_t *avail);

/** Forget what was read: the file may have changed. */
void cv_segment_file_forget(struct cv_segment_file *f);

#endif
