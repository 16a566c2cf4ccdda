/* SPDX-License-Identifier: Apache-2.0 */
/* The files below /run, and who is told of them. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/host/host.h"
#include "control/text/read_file.h"
#include "control/text/replace_file.h"

#define FILE_MAX ((size_t)1 << 20)

static const struct {
	const char *folder, *begins, *ends;
} parts[] = {
#define PART_ROW(id, name, folder, begins, ends) {folder, begins, ends},
	CV_HOST_PARTS(PART_ROW)};

/* ---- files ----------------------------------------------------------------------------------- */

static bool is_same(const char *path, const struct cv_host_file *f)
{
	char *text = NULL;
	size_t len = 0;
	bool same = cv_read_file(path, FILE_MAX, &text, &len) == 0 && len == f->len &&
		    memcmp(text, f->text, len) == 0;

	free(text);
	return same;
}

static int write_one(const char *root, const struct cv_host_file *f, struct cv_host_result *ret,
		     char *why)
{
	int r;

	snprintf(why, PATH_MAX, "%s%s", root, parts[f->part].folder);
	r = cv_make_folders(why, 0755, 0755);
	if (r < 0)
		return r;
	snprintf(why, PATH_MAX, "%s%s/%s", root, parts[f->part].folder, f->name);
	if (is_same(why, f)) {
		ret->same++;
		return 0;
	}
	r = cv_replace_file(why, f->text, f->len, 0644);
	ret->written += r == 0;
	ret->changed[f->part] |= r == 0;
	return r;
}

static bool is_ours(enum cv_host_part part, const char *name)
{
	size_t len = strlen(name), begins = strlen(parts[part].begins),
	       ends = strlen(parts[part].ends);

	return name[0] != '.' && len >= begins + ends &&
	       strncmp(name, parts[part].begins, begins) == 0 &&
	       strcmp(name + len - ends, parts[part].ends) == 0;
}

static bool is_wanted(const struct cv_host_files *files, enum cv_host_part part, const char *name)
{
	for (size_t i = 0; i < files->n; i++)
		if (files->files[i].part == part && strcmp(files->files[i].name, name) == 0)
			return true;
	return false;
}

/* What an earlier configuration asked for. */
static int remove_others(const char *root, enum cv_host_part part,
			 const struct cv_host_files *files, struct cv_host_result *ret, char *why)
{
	char folder[PATH_MAX];
	struct dirent *entry;
	int r = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s%s", root, parts[part].folder);
	snprintf(why, PATH_MAX, "%s", folder);
	dir = opendir(folder);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (entry = readdir(dir))) {
		if (!is_ours(part, entry->d_name) || is_wanted(files, part, entry->d_name))
			continue;
		r = unlinkat(dirfd(dir), entry->d_name, 0) < 0 ? -errno : 0;
		ret->removed += r == 0;
		ret->changed[part] |= r == 0;
	}
	closedir(dir);
	return r;
}

int cv_host_sync(const char *root, const struct cv_host_files *files, struct cv_host_result *ret,
		 char *why)
{
	int r = strlen(root) > PATH_MAX - 200 ? -ENAMETOOLONG : 0;

	*ret = (struct cv_host_result){0};
	snprintf(why, PATH_MAX, "%.200s", root);
	for (size_t i = 0; r == 0 && i < files->n; i++)
		r = write_one(root, &files->files[i], ret, why);
	for (unsigned int p = 0; r == 0 && p < CV_HOST_PART_COUNT; p++)
		r = remove_others(root, (enum cv_host_part)p, files, ret, why);
	return r;
}

/* ---- who reads them -------------------------------------------------------------------------- */

/* Run a program without a word. @return its exit code, 127 when it could not be started. */
static int run(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

/* Who reads a part; one that does not run yet will read the files when it starts. */
static const struct {
	const char *unit; /* has to run for it, NULL = in any case */
	const char *argv[5];
} readers[] = {
	[CV_HOST_NETWORK] = {"systemd-networkd.service", {"networkctl", "reload"}},
	[CV_HOST_DNS] = {"systemd-resolved.service",
			 {"systemctl", "--no-block", "try-restart", "systemd-resolved.service"}},
	[CV_HOST_TIME] = {"chrony.service", {"chronyc", "reload", "sources"}},
	/* Keys are read at each login; whether the server may run its conditions say. Who is logged
	 * in stays. */
	[CV_HOST_LOGIN] = {NULL, {"systemctl", "--no-block", "restart", "ssh.service"}},
};

static void print(const char *const *argv)
{
	fputs("would run:", stdout);
	for (; *argv; argv++)
		printf(" %s", *argv);
	putchar('\n');
}

unsigned int cv_host_tell(const struct cv_host_result *result, bool only_say)
{
	unsigned int failed = 0;

	/* sd_booted(3): without systemd nobody of these runs. */
	if (!only_say && access("/run/systemd/system", F_OK) < 0)
		return 0;
	for (unsigned int p = 0; p < CV_HOST_PART_COUNT; p++) {
		const char *const is_active[] = {"systemctl", "is-active", "--quiet",
						 readers[p].unit, NULL};

		if (!result->changed[p])
			continue;
		if (only_say) {
			print(readers[p].argv);
			continue;
		}
		if (readers[p].unit && run(is_active) != 0)
			continue;
		if (run(readers[p].argv) == 0)
			continue;
		fprintf(stderr, "culvert config host: %s: \"%s %s\" failed\n",
			cv_host_part_name((enum cv_host_part)p), readers[p].argv[0],
			readers[p].argv[1]);
		failed++;
	}
	return failed;
}
