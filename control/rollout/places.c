/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rollout/places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/handoff/handoff.h"

#define PLACE_SIZE 4096u /* one page of a disk: written whole or not, and checked all the same */
#define MAGIC 0x3145544154535643ull /* "CVSTATE1" little-endian */

struct place {
	uint64_t magic;
	uint64_t sequence;
	uint32_t len; /* of the text */
	uint32_t crc32c; /* of the place with this field 0 */
	char text[PLACE_SIZE - 24];
};
_Static_assert(sizeof(struct place) == PLACE_SIZE, "state file layout");

static uint32_t crc_of(const struct place *p)
{
	struct place copy = *p;

	copy.crc32c = 0;
	return cv_crc32c(0, &copy, sizeof(copy));
}

static bool is_whole(const struct place *p)
{
	return p->magic == MAGIC && p->len < sizeof(p->text) && p->crc32c == crc_of(p);
}

_Static_assert(sizeof(((struct place *)0)->text) == CV_PLACES_TEXT_MAX + 1, "room of a text");

static int read_newest(struct cv_places *file, char *ret_text)
{
	struct place places[2] = {0};
	const struct place *newest = NULL;
	ssize_t got = pread(file->fd, places, sizeof(places), 0);

	if (got < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (is_whole(&places[i]) && (!newest || places[i].sequence > newest->sequence))
			newest = &places[i];
	if (!newest) {
		static const struct place blank;

		/* Made and never written, as by a crash in the very first start. */
		*ret_text = '\0';
		return memcmp(&places[0], &blank, sizeof(blank)) == 0 &&
				       memcmp(&places[1], &blank, sizeof(blank)) == 0
			       ? 0
			       : -EBADMSG;
	}
	file->sequence = newest->sequence;
	memcpy(ret_text, newest->text, newest->len);
	ret_text[newest->len] = '\0';
	return 0;
}

int cv_places_open(const char *path, struct cv_places *file, char *ret_text)
{
	int res;

	*file = (struct cv_places){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
	if (file->fd < 0)
		return -errno;
	res = flock(file->fd, LOCK_EX | LOCK_NB) < 0 ? EBUSY : 0;
	/* Both places have their room from now on. */
	if (!res)
		res = posix_fallocate(file->fd, 0, 2 * PLACE_SIZE);
	res = res ? -res : read_newest(file, ret_text);
	if (res < 0)
		cv_places_close(file);
	return res;
}

int cv_places_write(struct cv_places *file, const char *text, size_t len)
{
	struct place p = {.magic = MAGIC, .sequence = file->sequence + 1};
	ssize_t put;

	if (len == 0 || len >= sizeof(p.text))
		return -ENOMEM;
	memcpy(p.text, text, len);
	p.len = (uint32_t)len;
	p.crc32c = crc_of(&p);
	put = pwrite(file->fd, &p, sizeof(p), (off_t)(p.sequence % 2 * PLACE_SIZE));
	if (put != (ssize_t)sizeof(p))
		return put < 0 ? -errno : -EIO;
	if (fdatasync(file->fd) < 0)
		return -errno;
	file->sequence++;
	return 0;
}

void cv_places_close(struct cv_places *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}
