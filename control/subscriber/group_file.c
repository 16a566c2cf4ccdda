/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/group_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/handoff/handoff.h"

#define SLOT_SIZE (2 * sizeof(struct cv_group_image))

static const char magic[8] = {'C', 'V', 'G', 'R', 'O', 'U', 'P', '1'};

bool cv_group_name_is_good(const char *name)
{
	static const char first[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strlen(name);

	return n >= 1 && n <= CV_GROUP_NAME_MAX && strchr(first, name[0]) &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
		       n;
}

static uint32_t checksum(const struct cv_group_image *image)
{
	struct cv_group_image copy = *image;

	copy.crc32c = 0;
	return cv_crc32c(0, &copy, sizeof(copy));
}

static bool is_sound(const struct cv_group_image *image)
{
	return memcmp(image->magic, magic, sizeof(magic)) == 0 &&
	       image->crc32c == checksum(image) && memchr(image->name, '\0', sizeof(image->name)) &&
	       (image->name[0] == '\0' || cv_group_name_is_good(image->name)) &&
	       memchr(image->made_by, '\0', sizeof(image->made_by)) &&
	       image->lanes < 1u << CV_LANE_COUNT;
}

const struct cv_group_image *cv_group_image_newer(const struct cv_group_image *two)
{
	bool first = is_sound(&two[0]), second = is_sound(&two[1]);

	if (first && second)
		return two[0].serial > two[1].serial ? &two[0] : &two[1];
	return first ? &two[0] : second ? &two[1] : NULL;
}

static bool is_blank(const struct cv_group_image *two)
{
	const uint8_t *at = (const uint8_t *)two;

	for (size_t i = 0; i < SLOT_SIZE; i++) {
		if (at[i] != 0)
			return false;
	}
	return true;
}

int cv_group_file_open(const char *path, struct cv_group_image *ret, unsigned int *ret_damaged)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	unsigned int slots = CV_GROUPS_MAX;
	struct stat st;

	if (fd < 0)
		return -errno;
	*ret_damaged = 0;
	memset(ret, 0, CV_GROUPS_MAX * sizeof(*ret));
	/* Behind the file's end nothing is in use, and to ask would be most of the work of a start. */
	if (fstat(fd, &st) == 0 && st.st_size < (off_t)(CV_GROUPS_MAX * SLOT_SIZE))
		slots = (unsigned int)(((size_t)st.st_size + SLOT_SIZE - 1) / SLOT_SIZE);
	for (unsigned int i = 0; i < slots; i++) {
		struct cv_group_image two[2];
		const struct cv_group_image *found;
		ssize_t n;

		memset(two, 0, sizeof(two));
		n = pread(fd, two, sizeof(two), (off_t)(i * SLOT_SIZE));
		found = n < 0 ? NULL : cv_group_image_newer(two);
		if (found)
			ret[i] = *found;
		else if (n < 0 || !is_blank(two))
			++*ret_damaged;
	}
	return fd;
}

int cv_group_file_reserve(int fd, unsigned int slot)
{
	return -posix_fallocate(fd, (off_t)(slot * SLOT_SIZE), (off_t)SLOT_SIZE);
}

void cv_group_file_write(struct cv_loop *loop, int fd, unsigned int slot,
			 struct cv_group_image *image, struct cv_op *write, struct cv_op *done)
{
	struct io_uring_sqe *sqe;

	memcpy(image->magic, magic, sizeof(magic));
	image->serial++;
	image->crc32c = checksum(image);
	cv_loop_reserve(loop, 2);
	sqe = cv_loop_sqe(loop, write);
	io_uring_prep_write(sqe, fd, image, sizeof(*image),
			    slot * SLOT_SIZE + (image->serial & 1) * sizeof(*image));
	sqe->flags |= IOSQE_IO_LINK;
	sqe = cv_loop_sqe(loop, done);
	io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
}
