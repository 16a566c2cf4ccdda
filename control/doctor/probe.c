/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/doctor/doctor.h"

static int line_at(const struct cv_doctor *d, char *ret, size_t size, const char *format,
		   va_list list)
{
	char path[PATH_MAX];
	FILE *in;
	int res = 0;

	vsnprintf(path, sizeof(path), format, list);
	in = cv_probe_open(d, path);
	if (!in)
		return -ENOENT;
	/* Some files of sys refuse the read: speed of a link that is down. */
	if (!fgets(ret, (int)size, in))
		res = -ENODATA;
	else
		ret[strcspn(ret, "\n")] = '\0';
	fclose(in);
	return res;
}

int cv_probe_line(const struct cv_doctor *d, char *ret, size_t size, const char *format, ...)
{
	va_list list;
	int res;

	va_start(list, format);
	res = line_at(d, ret, size, format, list);
	va_end(list);
	return res;
}

int cv_probe_number(const struct cv_doctor *d, long *ret, const char *format, ...)
{
	char text[64], *end;
	va_list list;
	long n;
	int res;

	va_start(list, format);
	res = line_at(d, text, sizeof(text), format, list);
	va_end(list);
	if (res < 0)
		return res;
	n = strtol(text, &end, 10);
	if (end == text)
		return -EINVAL;
	*ret = n;
	return 0;
}

FILE *cv_probe_open(const struct cv_doctor *d, const char *path)
{
	char whole[2 * PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", d->root, path);
	return fopen(whole, "re");
}

int cv_probe_count(const struct cv_doctor *d, const char *path, const char *prefix)
{
	char whole[2 * PATH_MAX];
	struct dirent *entry;
	int n = 0;
	DIR *dir;

	snprintf(whole, sizeof(whole), "%s%s", d->root, path);
	dir = opendir(whole);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL)
		n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	closedir(dir);
	return n;
}

void cv_probe_each(const struct cv_doctor *d, const char *path,
		   void (*each)(void *arg, const char *name), void *arg)
{
	char whole[2 * PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(whole, sizeof(whole), "%s%s", d->root, path);
	dir = opendir(whole);
	while (dir && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			each(arg, entry->d_name);
	if (dir)
		closedir(dir);
}

int cv_probe_link(const struct cv_doctor *d, const char *path, char *ret, size_t size)
{
	char whole[2 * PATH_MAX], target[PATH_MAX];
	ssize_t len;

	snprintf(whole, sizeof(whole), "%s%s", d->root, path);
	len = readlink(whole, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	snprintf(ret, size, "%s", basename(target));
	return 0;
}

bool cv_probe_in_list(const char *list, long number)
{
	while (*list) {
		char *end;
		long first = strtol(list, &end, 10), last = first;

		if (end == list)
			return false;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (number >= first && number <= last)
			return true;
		if (*end != ',')
			return false;
		list = end + 1;
	}
	return false;
}

int cv_probe_key(const struct cv_doctor *d, const char *path, const char *key, long *ret)
{
	FILE *in = cv_probe_open(d, path);
	size_t len = strlen(key);
	int res = -ENOENT;
	char line[256];

	while (in && res < 0 && fgets(line, sizeof(line), in)) {
		if (strncmp(line, key, len) != 0 || line[len] != ':')
			continue;
		*ret = strtol(line + len + 1, NULL, 10);
		res = 0;
	}
	if (in)
		fclose(in);
	return res;
}
