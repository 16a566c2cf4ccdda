/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/bundle/bundle.h"

static int write_file(int dir, const struct cv_bundle_file *f)
{
	int fd = openat(dir, f->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t done = 0;
	int r = fd < 0 ? -errno : 0;

	while (r == 0 && done < f->size) {
		ssize_t n = write(fd, f->data + done, f->size - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			r = n == 0 ? -EIO : -errno;
	}
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int write_files(const struct cv_bundle *bundle, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = fd < 0 ? -errno : 0;

	for (size_t i = 0; r == 0 && i < bundle->n_files; i++)
		r = write_file(fd, &bundle->files[i]);
	if (fd >= 0)
		close(fd);
	return r;
}

void cv_bundle_discard(const struct cv_bundle *bundle, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < bundle->n_files; i++)
		unlinkat(fd, bundle->files[i].name, 0);
	if (fd >= 0)
		close(fd);
	rmdir(dir);
}

void cv_bundle_name_findings(const char *dir, struct cv_diagnostics *diag)
{
	size_t len = strlen(dir);

	for (size_t i = 0; i < diag->n; i++) {
		char *file = diag->items[i].file;

		if (file && strncmp(file, dir, len) == 0 && file[len] == '/')
			memmove(file, file + len + 1, strlen(file + len + 1) + 1);
	}
}

int cv_bundle_unpack(const struct cv_bundle *bundle, const char *parent, char *ret_dir,
		     struct cv_diagnostics *diag)
{
	const char *tmp = parent ? parent : getenv("TMPDIR");
	char dir[PATH_MAX];
	int r = 0;

	if (snprintf(dir, sizeof(dir), "%s/culvert-policy.XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
	    (int)sizeof(dir))
		r = -ENAMETOOLONG;
	else if (!mkdtemp(dir))
		r = -errno;
	if (r == 0) {
		r = write_files(bundle, dir);
		if (r < 0)
			cv_bundle_discard(bundle, dir);
	}
	if (r == 0)
		strcpy(ret_dir, dir);
	else
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = bundle->path},
				   "check the space left", "cannot be unpacked into %s: %s",
				   tmp && *tmp ? tmp : "/tmp", strerror(-r));
	return r;
}

int cv_bundle_module(const struct cv_bundle *bundle, void **ret, size_t *ret_size)
{
	const struct cv_bundle_file *module = NULL;
	void *copy = NULL;

	for (size_t i = 0; i < bundle->n_files; i++) {
		if (bundle->files[i].kind != CV_BUNDLE_MODULE)
			continue;
		if (module)
			return -EINVAL;
		module = &bundle->files[i];
	}
	if (module) {
		copy = malloc(module->size ? module->size : 1);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, module->data, module->size);
	}
	*ret = copy;
	*ret_size = module ? module->size : 0;
	return 0;
}
