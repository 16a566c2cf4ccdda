/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of a capture: a pcapng stream comes in pieces of any size and is written in whole
 * blocks, so that the file is valid wherever it ends. What the blocks say is counted on the way.
 */
#ifndef CV_CAPTURE_FILE_H
#define CV_CAPTURE_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** No block of a capture is longer, bytes. */
#define CV_CAPTURE_BLOCK_MAX (1u << 20)

struct cv_capture_file {
	int fd;
	int error; /* errno of the first failed write, EBADMSG: what came is not pcapng; 0 = none */
	uint8_t *partial; /* the block that is not whole yet */
	size_t partial_len, partial_room;
	uint64_t frames, bytes; /* written */
	uint64_t missed; /* frames that packet blocks say were lost before them */
	json_t *reasons; /* {reason: frames} */
	/* From the interface statistics at the end; summed. */
	bool complete; /* they came */
	uint64_t seen, unsampled, accepted, lost;
};

/** @param fd is the caller's. @return false: out of memory. */
bool cv_capture_file_init(struct cv_capture_file *f, int fd);
void cv_capture_file_free(struct cv_capture_file *f);

/** Take a piece of the stream. @return false: error is set, no more is wanted. */
bool cv_capture_file_take(struct cv_capture_file *f, const void *data, size_t len);

/** What the file holds: frames, bytes, reasons; with complete also what was left out. */
json_t *cv_capture_file_json(const struct cv_capture_file *f, const char *name);

#endif
