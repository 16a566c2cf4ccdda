/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a control that is killed had come, in shared memory: it outlives the process and not the
 * machine, as what was written to the files does in the kernel. Who finds it need not search behind
 * the end of a lane for what a power failure could have left there. It is a help, not the truth:
 * recovery holds it against the blocks and does without it where they say otherwise.
 *
 * A file of the log's folder would do as well, but for the disk: to store into its pages may wait
 * for that. Named by the folder's device and inode, owned by control's user, gone with an orderly end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/eventlog/log_private.h"

#define SHARED_FOLDER "/dev/shm"
#define SLOT_ROOM 2048u

/* Two per lane, written in turn: one is whole whenever the process ends. */
union slot {
	struct {
		uint32_t crc32c; /* of the rest */
		uint32_t unused;
		uint64_t turn; /* the larger one is newer */
		struct cv_known known;
	};
	uint8_t room[SLOT_ROOM];
};
_Static_assert(sizeof(union slot) == SLOT_ROOM, "shared memory layout");

struct cv_known_map {
	union slot slot[CV_LANE_COUNT][2];
};

static uint32_t checksum(const union slot *s)
{
	return cv_crc32c(0, &s->turn,
			 offsetof(union slot, known) + sizeof(s->known) -
				 offsetof(union slot, turn));
}

static int shared_name(const struct cv_eventlog *log, char *name, size_t size)
{
	struct stat st;

	if (fstat(log->dir, &st) < 0)
		return -errno;
	snprintf(name, size, SHARED_FOLDER "/culvert-log-%llx-%llx", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	return 0;
}

/* Nobody else may have made it, and its room is its own: a store must not fail. */
static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       (st.st_mode & 077) == 0 && st.st_nlink == 1 &&
	       posix_fallocate(fd, 0, sizeof(struct cv_known_map)) == 0;
}

void cv_known_open(struct cv_eventlog *log)
{
	char name[128];
	void *map;
	int fd;

	if (shared_name(log, name, sizeof(name)) < 0)
		return;
	fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	map = is_ours(fd) ? mmap(NULL, sizeof(struct cv_known_map), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_POPULATE, fd, 0)
			  : MAP_FAILED;
	close(fd);
	if (map != MAP_FAILED)
		log->known = map;
}

void cv_known_close(struct cv_eventlog *log, bool orderly)
{
	char name[128];

	if (!log->known)
		return;
	munmap(log->known, sizeof(struct cv_known_map));
	log->known = NULL;
	if (orderly && shared_name(log, name, sizeof(name)) == 0)
		unlink(name);
}

bool cv_known_read(struct cv_log_lane *l, struct cv_known *ret)
{
	const struct cv_known_map *map = l->log->known;
	const union slot *best = NULL;

	for (int i = 0; map && i < 2; i++) {
		const union slot *s = &map->slot[l->lane][i];

		if (s->turn > 0 && s->crc32c == checksum(s) && (!best || s->turn > best->turn))
			best = s;
	}
	if (!best)
		return false;
	/* What is noted next is newer, whatever becomes of this. */
	l->known_turn = best->turn;
	*ret = best->known;
	return true;
}

bool cv_known_is_of(const struct cv_known *known, const struct cv_log_lane *l)
{
	const struct cv_segment *s = cv_lane_active(l);
	char name[CV_SEGMENT_NAME];
	struct stat st;

	cv_segment_name(s->first, ".log", name);
	/* Another log may have been made where one was removed, and have its inodes; not its key. */
	return known->segment == s->first &&
	       known->tag == cv_segment_tag(l->log->tag_key, s->first) &&
	       fstatat(l->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && known->dev == st.st_dev &&
	       known->ino == st.st_ino && known->used <= known->in_flight &&
	       known->in_flight <= (uint64_t)st.st_size && known->used % CV_UNIT == 0 &&
	       known->in_flight % CV_UNIT == 0;
}

void cv_known_segment(struct cv_log_lane *l)
{
	struct stat st;

	l->known_dev = l->known_ino = 0;
	if (fstat(l->fd, &st) == 0) {
		l->known_dev = st.st_dev;
		l->known_ino = st.st_ino;
	}
}

void cv_known_note(struct cv_log_lane *l, uint64_t bytes)
{
	const struct cv_segment *active = cv_lane_active(l);
	union slot *s;

	if (!l->log->known || !active)
		return;
	s = &l->log->known->slot[l->lane][++l->known_turn & 1];
	s->turn = l->known_turn;
	s->known.dev = l->known_dev;
	s->known.ino = l->known_ino;
	s->known.segment = active->first;
	s->known.tag = active->tag;
	s->known.used = active->used;
	s->known.end = l->end;
	s->known.in_flight = active->used + bytes;
	memcpy(s->known.source, l->sources, sizeof(s->known.source));
	s->crc32c = checksum(s);
	/* The process may end anywhere; what the compiler moved would be a slot that is not whole. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}
