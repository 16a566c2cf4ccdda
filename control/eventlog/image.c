/* SPDX-License-Identifier: Apache-2.0 */
#include "control/eventlog/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct finding_row {
	const char *name, *text;
	bool wrong;
};

#define ROW(id, finding_name, is_wrong, meaning)                                                   \
	{.name = finding_name, .text = meaning, .wrong = is_wrong},
static const struct finding_row findings[] = {CV_FINDINGS(ROW)};

const char *cv_finding_name(enum cv_finding_kind kind)
{
	return findings[kind].name;
}

const char *cv_finding_text(enum cv_finding_kind kind)
{
	return findings[kind].text;
}

bool cv_finding_is_wrong(enum cv_finding_kind kind)
{
	return findings[kind].wrong;
}

static int add_segment(struct cv_image_lane *l, uint64_t first, uint64_t size, bool packed)
{
	struct cv_image_segment *s;

	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 16;

		s = realloc(l->segments, room * sizeof(*s));
		if (!s)
			return -ENOMEM;
		l->segments = s;
		l->room = room;
	}
	s = &l->segments[l->count++];
	*s = (struct cv_image_segment){
		.packed = packed,
		.index = {.first = first, .end = first, .size = size, .newest = INT64_MIN},
	};
	cv_segment_name(first, packed ? ".zst" : ".log", s->name);
	return 0;
}

static bool has_plain(const struct cv_image_lane *l, uint64_t first)
{
	char name[CV_SEGMENT_NAME];

	cv_segment_name(first, ".log", name);
	return faccessat(l->dir, name, F_OK, 0) == 0;
}

static int load_packed(struct cv_image_lane *l, struct cv_image_segment *s)
{
	int fd = openat(l->dir, s->name, O_RDONLY | O_CLOEXEC), res;

	if (fd < 0)
		return -errno;
	res = cv_pack_load(fd, &s->index);
	if (res == -EBADMSG)
		(void)cv_pack_search(fd, &s->index);
	close(fd);
	return res;
}

static int take_entry(struct cv_image_lane *l, const char *name)
{
	uint64_t plain = cv_segment_parse_name(name, ".log");
	uint64_t packed = cv_segment_parse_name(name, ".zst"), first = plain ? plain : packed;
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "spare") == 0 ||
	    strcmp(name, "packing") == 0 || strcmp(name, CV_INDEX_ACTIVE) == 0)
		return 0;
	if (packed != 0 && has_plain(l, packed))
		return 0; /* the plain one counts as long as it is there */
	if (first != 0) {
		if (fstatat(l->dir, name, &st, 0) < 0)
			return errno == ENOENT ? 0 : -errno; /* retention was faster */
		return add_segment(l, first, st.st_size > 0 ? (uint64_t)st.st_size : 0,
				   packed != 0);
	}
	if (cv_segment_parse_name(name, ".idx") != 0) {
		l->orphans += !has_plain(l, cv_segment_parse_name(name, ".idx"));
		return 0;
	}
	l->foreign++;
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct cv_image_segment *x = a, *y = b;

	return x->index.first < y->index.first ? -1 : x->index.first > y->index.first;
}

static int list_lane(struct cv_image_lane *l)
{
	int fd = openat(l->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), res = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		res = -errno;
		if (fd >= 0)
			close(fd);
		return res;
	}
	while (res == 0 && (entry = readdir(dir)))
		res = take_entry(l, entry->d_name);
	closedir(dir);
	if (l->count)
		qsort(l->segments, l->count, sizeof(*l->segments), by_first);
	for (size_t i = 0; res == 0 && i < l->count; i++) {
		struct cv_image_segment *s = &l->segments[i];
		int loaded = s->packed ? load_packed(l, s) : cv_index_load(l->dir, &s->index);

		s->indexed = loaded == 0;
		s->index_damaged = loaded == -EBADMSG;
	}
	return res;
}

static int open_lane(struct cv_log_image *image, enum cv_lane lane)
{
	struct cv_image_lane *l = &image->lane[lane];
	int acked;

	l->dir = openat(image->dir, cv_lane_name(lane), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir < 0)
		return errno == ENOENT ? 0 : -errno;
	acked = openat(image->dir, "acked", O_RDONLY | O_CLOEXEC);
	if (acked >= 0) {
		(void)cv_acked_read(acked, lane, &l->acked);
		close(acked);
	}
	return list_lane(l);
}

/*
 * Who holds the lock, without touching it: an attempt to take it could make a control that starts
 * at that moment give up. Rows are "1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE 0 EOF".
 */
static pid_t find_writer(int dir)
{
	unsigned int major_of, minor_of;
	unsigned long inode;
	char line[256];
	pid_t pid, found = 0;
	struct stat st;
	FILE *locks;

	if (fstatat(dir, "lock", &st, 0) < 0)
		return 0;
	locks = fopen("/proc/locks", "re");
	while (locks && fgets(line, sizeof(line), locks)) {
		const char *at = strstr(line, "FLOCK");

		if (at &&
		    sscanf(at, "FLOCK ADVISORY WRITE %d %x:%x:%lu", &pid, &major_of, &minor_of,
			   &inode) == 4 &&
		    inode == st.st_ino && makedev(major_of, minor_of) == st.st_dev)
			found = pid;
	}
	if (locks)
		fclose(locks);
	return found;
}

int cv_log_image_open(const char *path, struct cv_log_image **ret, const char **why)
{
	struct cv_log_image *image = calloc(1, sizeof(*image));
	bool any = false;
	int res = 0;

	*why = "memory is out";
	if (!image)
		return -ENOMEM;
	for (int i = 0; i < CV_LANE_COUNT; i++)
		image->lane[i] = (struct cv_image_lane){.lane = (enum cv_lane)i, .dir = -1};
	image->path = strdup(path);
	image->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (image->dir < 0)
		res = -errno;
	if (res == 0) {
		image->writer = find_writer(image->dir);
		(void)cv_tag_key_read(image->dir, &image->tag_key);
	}
	for (int i = 0; res == 0 && i < CV_LANE_COUNT; i++) {
		res = open_lane(image, (enum cv_lane)i);
		any |= image->lane[i].dir >= 0;
	}
	if (res == 0 && any && image->path) {
		*ret = image;
		return 0;
	}
	if (res == 0)
		*why = cv_log_why("%s is no event log: it has none of the folders alarm, "
				  "measurement, status and security",
				  path);
	else if (res != -ENOMEM)
		*why = cv_log_why("cannot read %s: %s", path, strerror(-res));
	cv_log_image_close(image);
	return res < 0 ? res : -ENOENT;
}

void cv_log_image_close(struct cv_log_image *image)
{
	if (!image)
		return;
	for (int i = 0; i < CV_LANE_COUNT; i++) {
		struct cv_image_lane *l = &image->lane[i];

		for (size_t s = 0; s < l->count; s++) {
			free(l->segments[s].index.index);
			free(l->segments[s].index.pack.frames);
		}
		free(l->segments);
		if (l->dir >= 0)
			close(l->dir);
	}
	if (image->dir >= 0)
		close(image->dir);
	free(image->path);
	free(image);
}

uint64_t cv_image_lane_bytes(const struct cv_image_lane *lane)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < lane->count; i++)
		bytes += lane->segments[i].index.size;
	return bytes;
}
