/* SPDX-License-Identifier: Apache-2.0 */
/* Files in the data folder: staged, and put in place, so that a power cut at any step is made good. */
#include "control/provision/place.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/text/replace_file.h"

int cv_place_path(const char *folder, const char *name, char ret[PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s/%s", folder, name) < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* "trust" of "trust/a.pub" is made where it lacks. What is private lies in a private folder. */
static int make_folder_of(const char *base, const char *name)
{
	const char *slash = strchr(name, '/');
	char folder[PATH_MAX];

	if (!slash)
		return 0;
	if (snprintf(folder, sizeof(folder), "%s/%.*s", base, (int)(slash - name), name) >=
	    (int)sizeof(folder))
		return -ENAMETOOLONG;
	if (mkdir(folder, strncmp(name, "access/", 7) == 0 ? 0700 : 0755) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

int cv_place_write(const char *base, const char *name, const void *data, size_t size, mode_t mode)
{
	char path[PATH_MAX];
	int r = cv_place_path(base, name, path);

	if (r == 0)
		r = make_folder_of(base, name);
	return r < 0 ? r : cv_write_file(path, data, size, mode);
}

int cv_place_move(const char *from, const char *name, const char *to, const char *target)
{
	char a[PATH_MAX], b[PATH_MAX], *slash;
	int r = cv_place_path(from, name, a);

	if (r == 0)
		r = cv_place_path(to, target, b);
	if (r == 0)
		r = make_folder_of(to, target);
	if (r < 0)
		return r;
	if (rename(a, b) < 0)
		return errno == ENOENT && access(b, F_OK) == 0 ? 0
							       : -errno; /* before a power cut */
	slash = strrchr(b, '/');
	*slash = '\0';
	return cv_sync_folder(b);
}

/* Two levels are all there are. */
void cv_place_clear(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[PATH_MAX];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    cv_place_path(folder, entry->d_name, path) < 0)
			continue;
		if (unlink(path) < 0 && errno == EISDIR)
			cv_place_clear(path);
	}
	if (dir)
		closedir(dir);
	(void)rmdir(folder);
}
