/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed segments: NUMBER.zst holds the bytes of NUMBER.log, one zstd frame per entry of the
 * index, so that reading by number unpacks one of them; behind them, in a skippable frame, the
 * index and the table of the frames. `zstd -dc` gives the blocks back.
 */
#ifndef CV_LOG_PACK_H
#define CV_LOG_PACK_H

#include <stddef.h>
#include <stdint.h>

struct cv_segment;

struct cv_pack_frame {
	uint64_t raw_off, off; /* in the segment, in the file */
	uint32_t raw_len, len;
};

struct cv_pack {
	struct cv_pack_frame
		*frames; /* in order, without holes; NULL = the segment is not packed */
	size_t count;
	uint64_t raw_size;
};

/**
 * Write the packed copy of a segment that is complete: file, flush, rename, flush of the folder. The
 * plain one stays. Blocks for long: for a thread of its own.
 *
 * @param s its index is read only.
 * @param ret_size bytes of the new file.
 * @return 0; -ENODATA the segment has no index to pack by; or negative errno.
 */
int cv_pack_make(int dir, const struct cv_segment *s, int level, struct cv_pack *ret,
		 uint64_t *ret_size);

/** Index and table of a packed segment. @return 0, -EBADMSG the table is damaged, or negative errno. */
int cv_pack_load(int fd, struct cv_segment *s);

/** Find the frames of a file whose table is damaged, into s->pack. @return 0 or negative errno. */
int cv_pack_search(int fd, struct cv_segment *s);

/** @param data f->len bytes, @param to room for CV_READ_WINDOW. @return 0 or -EBADMSG. */
int cv_pack_unpack(const struct cv_pack_frame *f, const void *data, void *to);

/** The frame that holds this byte of the segment, NULL = none. */
const struct cv_pack_frame *cv_pack_find(const struct cv_pack *p, uint64_t raw_off);

/** Room that any frame fits in. */
size_t cv_pack_frame_max(void);

#endif
