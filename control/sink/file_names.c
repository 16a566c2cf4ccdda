/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sink/file_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FINISHED ".ndjson"
#define PART ".ndjson.part"

void cv_sink_file_name(const char *sink, uint64_t wall_ns, unsigned int n, char *ret)
{
	time_t seconds = (time_t)(wall_ns / 1000000000u);
	char when[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &tm);
	snprintf(ret, CV_SINK_FILE_NAME_MAX, "%.31s-%s.%06uZ-%03u" PART, sink, when,
		 (unsigned int)(wall_ns / 1000 % 1000000), n % 1000);
}

int cv_sink_file_finish(int dir, const char *part)
{
	char name[CV_SINK_FILE_NAME_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)(strlen(part) - strlen(".part")), part);
	return renameat2(dir, part, dir, name, RENAME_NOREPLACE);
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

static bool is_ours(const char *name, const char *sink, const char *end)
{
	size_t n = strlen(sink);

	return strncmp(name, sink, n) == 0 && name[n] == '-' && name[n + 1] >= '0' &&
	       name[n + 1] <= '9' && !strchr(name + n, '/') && ends_in(name, end) &&
	       strlen(name) == n + strlen("-20260504T030201.123456Z-000") + strlen(end);
}

/* Where the last whole line ends. */
static int64_t whole_lines(int fd, int64_t size)
{
	char block[4096];

	while (size > 0) {
		size_t n = size < (int64_t)sizeof(block) ? (size_t)size : sizeof(block);
		const char *line;

		if (pread(fd, block, n, size - (int64_t)n) != (ssize_t)n)
			return -1;
		line = memrchr(block, '\n', n);
		if (line)
			return size - (int64_t)n + (line - block) + 1;
		size -= (int64_t)n;
	}
	return 0;
}

static int recover_part(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW), res = 0;
	struct stat st;
	int64_t keep;

	if (fd < 0 || fstat(fd, &st) < 0) {
		res = -errno;
	} else {
		keep = whole_lines(fd, st.st_size);
		if (keep < 0 || (keep < st.st_size && ftruncate(fd, keep) < 0) || fsync(fd) < 0)
			res = -errno;
	}
	if (fd >= 0)
		close(fd);
	if (res == 0 && cv_sink_file_finish(dir, name) < 0)
		res = -errno;
	return res;
}

/* The directory as a stream of its own; the descriptor stays the caller's. */
static DIR *list(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

int cv_sink_file_recover(int dir, const char *sink)
{
	const struct dirent *e;
	DIR *d = list(dir);
	int res = 0;

	if (!d)
		return -errno;
	while (res == 0 && (e = readdir(d)) != NULL) {
		if (is_ours(e->d_name, sink, PART))
			res = recover_part(dir, e->d_name);
	}
	closedir(d);
	return res;
}

/* Names sort by time. @return finished files; the first in order is in @p ret. */
static unsigned int oldest(int dir, const char *sink, char *ret)
{
	const struct dirent *e;
	DIR *d = list(dir);
	unsigned int n = 0;

	while (d && (e = readdir(d)) != NULL) {
		if (!is_ours(e->d_name, sink, FINISHED))
			continue;
		if (n++ == 0 || strcmp(e->d_name, ret) < 0)
			snprintf(ret, CV_SINK_FILE_NAME_MAX, "%.95s", e->d_name);
	}
	if (d)
		closedir(d);
	return n;
}

void cv_sink_file_expire(int dir, const char *sink, unsigned int keep)
{
	char name[CV_SINK_FILE_NAME_MAX];

	while (oldest(dir, sink, name) > keep && unlinkat(dir, name, 0) == 0)
		;
}
