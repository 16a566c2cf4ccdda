/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose life of a file a block is of. A segment's file was another's before, and behind its end lie
 * that one's blocks, and in them whatever devices sent: a block counts only with the segment's own
 * tag, which nobody outside can guess. Tags come from a key that is made with the log.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "control/eventlog/log_private.h"
#include "control/eventlog/segment_file.h"

#define KEY_NAME "key"
#define KEY_MAGIC 0x59454b43u /* "CKEY" */

struct key_file {
	uint32_t magic;
	uint32_t crc32c; /* of the rest */
	uint64_t key;
};
_Static_assert(sizeof(struct key_file) == 16, "key file layout");

uint64_t cv_segment_tag(uint64_t key, uint64_t first)
{
	uint64_t x = key + first * 0x9e3779b97f4a7c15u;

	/* The finisher of splitmix64: every bit of the key shows in every bit of the tag. */
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	x ^= x >> 31;
	return x ? x : 1; /* 0 is in blocks that were written before there were tags */
}

int cv_tag_key_read(int dir, uint64_t *ret)
{
	struct key_file k;
	int fd = openat(dir, KEY_NAME, O_RDONLY | O_CLOEXEC), res = 0;

	if (fd < 0)
		return -errno;
	if (pread(fd, &k, sizeof(k), 0) != (ssize_t)sizeof(k) || k.magic != KEY_MAGIC ||
	    k.crc32c != cv_crc32c(0, &k.key, sizeof(k.key)))
		res = -EBADMSG;
	else
		*ret = k.key;
	close(fd);
	return res;
}

int cv_tag_key_make(int dir, uint64_t *ret)
{
	struct key_file k = {.magic = KEY_MAGIC};
	int fd, res = 0;

	if (getrandom(&k.key, sizeof(k.key), 0) != (ssize_t)sizeof(k.key))
		return -EIO;
	k.crc32c = cv_crc32c(0, &k.key, sizeof(k.key));
	fd = openat(dir, KEY_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	/* On the disk before the first block that bears a tag; its name is by the log's own sync. */
	if (pwrite(fd, &k, sizeof(k), 0) != (ssize_t)sizeof(k) || fsync(fd) < 0)
		res = errno ? -errno : -EIO;
	close(fd);
	if (res == 0)
		*ret = k.key;
	return res;
}

uint64_t cv_tag_of_file(struct cv_segment_file *f, unsigned int lane, uint64_t first, uint64_t key)
{
	size_t avail = 0;
	const struct cv_block *b = f->size >= CV_UNIT ? cv_segment_file_view(f, 0, &avail) : NULL;

	/* What it begins with is a head in each of its lives, so no device wrote it. */
	if (b && cv_block_is_good(b, lane, avail) && b->first_seq >= first)
		return b->tag;
	return cv_segment_tag(key, first);
}
