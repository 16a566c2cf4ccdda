/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a lane: its folder, its segments in order, the last one's torn end. Synchronous. */
#include "control/eventlog/log_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *cv_log_why(const char *format, ...)
{
	static char text[512]; /* one thread opens one log at a time */
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

static const char *remedy(int res)
{
	switch (res) {
	case -EACCES:
	case -EPERM:
		return "give the user of culvert-control write permission there";
	case -EROFS:
		return "mount it writable or set another log.dir";
	case -ENOSPC:
	case -EDQUOT:
		return "free some space, or lower log.segment_size";
	case -ENOTDIR:
	case -ENOENT:
	case -ELOOP:
		return "log.dir must be a folder";
	case -EPROTO:
		return "it was written by another version of Culvert: run that version, or move "
		       "the file away";
	case -ENOMSG:
		return "it is not an event log of Culvert: move the file away, or set another "
		       "log.dir";
	case -EMFILE:
	case -ENFILE:
		return "raise the limit of open files";
	case -ENOMEM:
		return "memory is out";
	default:
		return "check the disk";
	}
}

static int tell(struct cv_log_lane *l, const char *name, int res, const char **why)
{
	const char *what = res == -EPROTO || res == -ENOMSG ? "unknown format" : strerror(-res);

	*why = cv_log_why("cannot use %s/%s/%s (%s): %s", l->log->config.dir, cv_lane_name(l->lane),
			  name, what, remedy(res));
	return res;
}

static int by_first(const void *a, const void *b)
{
	const struct cv_segment *const *x = a, *const *y = b;

	return (*x)->first < (*y)->first ? -1 : (*x)->first > (*y)->first;
}

/* Packed, but control ended before the plain file was removed: that one counts. */
static bool drop_unfinished(struct cv_log_lane *l, uint64_t first, const char *packed)
{
	char plain[CV_SEGMENT_NAME];

	cv_segment_name(first, ".log", plain);
	if (faccessat(l->dir, plain, F_OK, 0) < 0)
		return false;
	unlinkat(l->dir, packed, 0);
	return true;
}

static int add_packed(struct cv_log_lane *l, uint64_t first)
{
	struct cv_segment *s = cv_segment_add(l, first, 0);
	char name[CV_SEGMENT_NAME];
	struct stat st;
	int fd, res;

	if (!s)
		return -ENOMEM;
	cv_segment_name(first, ".zst", name);
	fd = openat(l->dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	res = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ? -ENOMSG : 0;
	s->size = res == 0 ? (uint64_t)st.st_size : 0;
	if (res == 0)
		res = cv_pack_load(fd, s);
	if (res == -EBADMSG)
		res = cv_pack_search(fd, s);
	close(fd);
	return res;
}

static int list_segments(struct cv_log_lane *l)
{
	int fd = openat(l->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), res = 0;
	struct dirent *entry;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		res = -errno;
		if (fd >= 0)
			close(fd);
		return res;
	}
	while (res == 0 && (entry = readdir(dir))) {
		uint64_t plain = cv_segment_parse_name(entry->d_name, ".log");
		uint64_t packed = cv_segment_parse_name(entry->d_name, ".zst");

		if (packed != 0 && !drop_unfinished(l, packed, entry->d_name))
			res = add_packed(l, packed);
		else if (plain != 0 && !cv_segment_add(l, plain, 0))
			res = -ENOMEM;
	}
	closedir(dir);
	if (l->count)
		qsort(l->segments, l->count, sizeof(struct cv_segment *), by_first);
	return res;
}

/* Whether what is in a segment is known without reading it. */
static bool is_indexed(struct cv_log_lane *l, struct cv_segment *s)
{
	if (s->pack.frames)
		return s->index_count > 0;
	return cv_index_load(l->dir, s) == 0;
}

/*
 * The last one is read from where its own index ends. It may be empty: the newest blocks are then
 * those at the end of the one before.
 */
static int read_segment(struct cv_log_lane *l, struct cv_segment *s, int fd, size_t behind)
{
	int res = 0;

	if (behind == 0) {
		(void)cv_index_load_active(l->dir, s);
		return cv_segment_scan(l, s, fd, true);
	}
	if (is_indexed(l, s))
		return behind == 1 && !l->known ? cv_segment_sources(l, s, fd) : 0;
	res = cv_segment_scan(l, s, fd, false);
	if (res == 0 && !s->pack.frames)
		cv_index_save(l, s);
	return res;
}

/* What is read goes on where the one before ends. */
static void know_before(struct cv_log_lane *l, size_t i)
{
	if (i == 0)
		return;
	cv_complete_know(l, i - 1);
	if (l->segments[i - 1]->end > l->end)
		l->end = l->segments[i - 1]->end;
}

static int load_segment(struct cv_log_lane *l, size_t i)
{
	struct cv_segment *s = l->segments[i];
	bool last = i + 1 == l->count;
	char name[CV_SEGMENT_NAME];
	struct stat st;
	int fd, res = 0;

	if (i + 2 < l->count && cv_complete_later(l, s)) {
		l->later = i + 1;
		return 0;
	}
	know_before(l, i);
	cv_segment_name(s->first, cv_segment_suffix(s), name);
	if (s->pack.frames && last)
		return -ENOMSG; /* the one that events go to is plain */
	if (s->pack.frames)
		fd = openat(l->dir, name, O_RDONLY | O_CLOEXEC);
	else
		fd = cv_lane_open_file(l, name, last ? O_RDWR : O_RDONLY);
	if (fd < 0)
		return s->pack.frames ? -errno : fd;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
		res = -ENOMSG;
	else
		s->size = (uint64_t)st.st_size;
	if (res == 0)
		res = read_segment(l, s, fd, l->count - 1 - i);
	if (res == 0 && last)
		l->fd = fd;
	else
		close(fd);
	if (s->end > l->end)
		l->end = s->end;
	return res;
}

static int open_folder(struct cv_log_lane *l)
{
	const char *name = cv_lane_name(l->lane);

	if (mkdirat(l->log->dir, name, 0750) < 0 && errno != EEXIST)
		return -errno;
	l->dir = openat(l->log->dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir < 0)
		return -errno;
	if (faccessat(l->dir, ".", W_OK | X_OK, 0) < 0)
		return -errno;
	if (unlinkat(l->dir, "packing", 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

/* As if it had not been looked at. */
static void forget(struct cv_segment *s)
{
	if (s->pack.frames)
		return;
	free(s->index);
	s->index = NULL;
	s->later = false;
	s->index_count = s->index_room = 0;
	s->end = s->first;
	s->used = 0;
	s->newest = INT64_MIN;
}

/* @param known room for what shared memory says. @param name is set to the segment at fault. */
static int load_segments(struct cv_log_lane *l, struct cv_known *known, char name[CV_SEGMENT_NAME])
{
	int res = 0;

	if (cv_known_read(l, known) && l->count && cv_known_is_of(known, l))
		l->known = known;
	for (size_t i = 0; res == 0 && i < l->count; i++) {
		cv_segment_name(l->segments[i]->first, ".log", name);
		res = load_segment(l, i);
		if (res != -ESTALE || !l->known)
			continue;
		/* The last two once more, as after a power failure. */
		l->known = NULL;
		memset(l->sources, 0, sizeof(l->sources));
		l->end = 1;
		forget(l->segments[i]);
		if (i > 0)
			forget(l->segments[--i]);
		i--;
		res = 0;
	}
	if (res == 0 && l->known)
		l->log->counters.known++;
	l->known = NULL;
	if (res == 0 && l->count)
		cv_known_segment(l);
	return res;
}

int cv_lane_open(struct cv_eventlog *log, enum cv_lane lane, const char **why)
{
	struct cv_log_lane *l = &log->lane[lane];
	char name[CV_SEGMENT_NAME] = "";
	struct cv_known known;
	int res;

	l->end = 1;
	l->gap_block = aligned_alloc(CV_UNIT, CV_UNIT);
	res = l->gap_block ? cv_cache_create(&l->cache) : -ENOMEM;
	if (res == 0)
		res = open_folder(l);
	if (res == 0)
		res = list_segments(l);
	(void)cv_acked_read(log->acked, lane, &l->acked);
	if (res == 0)
		res = load_segments(l, &known, name);
	if (res < 0)
		return tell(l, name, res, why);
	if (l->count && cv_lane_active(l)->first > l->end)
		l->end = cv_lane_active(l)->first;
	/* Numbers that subscribers have seen are not given to others, whatever became of the files. */
	if (l->end < l->acked.end)
		l->end = l->acked.end;
	l->next = l->end;
	l->index.fd = openat(l->dir, CV_INDEX_ACTIVE, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	cv_owed_load(l);
	cv_known_note(l, 0);
	return 0;
}

void cv_lane_close(struct cv_log_lane *l)
{
	for (size_t i = 0; i < l->count; i++)
		cv_segment_free(l->segments[i]);
	free(l->segments);
	if (l->spare.fd >= 0) {
		close(l->spare.fd);
		unlinkat(l->dir, "spare", 0);
	}
	if (l->fd >= 0)
		close(l->fd);
	if (l->dir >= 0)
		close(l->dir);
	if (l->index.fd >= 0)
		close(l->index.fd);
	free(l->index.bytes);
	free(l->gap_block);
	cv_cache_destroy(&l->cache);
}
