/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cursors of consumer groups on disk: one file of slots, two sectors each, written in turn. A
 * write that is torn leaves the other sector, and no write needs space that was not there when the
 * group was made. Little-endian; all reading happens at the start.
 */
#ifndef CV_GROUP_FILE_H
#define CV_GROUP_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "control/loop/loop.h"
#include "control/subscriber/cursor.h"

/** Most groups, and longest name of one, bytes. */
#define CV_GROUPS_MAX 256
#define CV_GROUP_NAME_MAX 63
#define CV_GROUP_MAKER_SIZE 24

/** One sector, as it is in the file. */
struct cv_group_image {
	char magic[8]; /* "CVGROUP1" */
	uint32_t crc32c; /* of the sector with this field 0 */
	uint32_t lanes; /* bit per enum cv_lane: those its members asked for */
	uint64_t serial; /* of the slot; the higher of two sectors is in force */
	char name[CV_GROUP_NAME_MAX + 1]; /* "" = the slot is free */
	struct cv_cursor cursor;
	int64_t created_ns, acked_ns; /* wall clock */
	char made_by[CV_GROUP_MAKER_SIZE]; /* principal's id, "" = somebody on the machine */
	uint8_t zero[352];
};
_Static_assert(sizeof(struct cv_group_image) == 512, "a sector");

/** 1 to CV_GROUP_NAME_MAX of A-Z a-z 0-9 . _ - with a letter or digit in front. */
bool cv_group_name_is_good(const char *name);

/**
 * Open or make the file and read every slot into @p ret, CV_GROUPS_MAX of them; free ones have no
 * name.
 *
 * @param ret_damaged slots of which neither sector could be read: their groups are lost.
 * @return descriptor or negative errno.
 */
int cv_group_file_open(const char *path, struct cv_group_image *ret, unsigned int *ret_damaged);

/** Make sure that writing a slot needs no more space. @return 0 or negative errno. */
int cv_group_file_reserve(int fd, unsigned int slot);

/**
 * Write a slot through the loop and flush. Sets magic, serial and checksum.
 *
 * @param image untouched until @p done has completed.
 * @param write, done ops of the caller; done tells the result when both have completed.
 */
void cv_group_file_write(struct cv_loop *loop, int fd, unsigned int slot,
			 struct cv_group_image *image, struct cv_op *write, struct cv_op *done);

/** Which of two sectors is in force. @return NULL: neither is sound. */
const struct cv_group_image *cv_group_image_newer(const struct cv_group_image *two);

#endif
