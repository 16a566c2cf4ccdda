/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in a folder that somebody gave us. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/bundle/sign.h"
#include "control/provision/provision.h"

static const struct {
	const char *folder, *begins, *ends, *target;
	mode_t mode;
	enum cv_provision_form form;
} kinds[] = {
#define KIND_ROW(id, folder, begins, ends, target, mode, form)                                     \
	{folder, begins, ends, target, mode, CV_PROVISION_##form},
	CV_PROVISION_KINDS(KIND_ROW)};

#define CREDENTIAL "culvert.provision."

static const char accepted[] =
	"accepted are node.yaml, policy.yaml, alarms.yaml, lists/*, trust/*.pub, update/*.pem, "
	"update/*.key, update/fleet.pub, tls/*.pem, tls/*.key, access/authorized_keys and "
	"access/root.hash";

const char *cv_provision_target(const struct cv_provision_file *file)
{
	return *kinds[file->kind].target ? kinds[file->kind].target : file->name;
}

mode_t cv_provision_mode(enum cv_provision_kind kind)
{
	return kinds[kind].mode;
}

/* A kind whose name is whole in the table has no other. */
static bool fits(unsigned int kind, const char *folder, const char *name)
{
	const char *begins = kinds[kind].begins, *ends = kinds[kind].ends;
	size_t len = strlen(name);

	if (strcmp(kinds[kind].folder, folder) != 0)
		return false;
	if (*begins)
		return strcmp(begins, name) == 0;
	return len > strlen(ends) && strcmp(name + len - strlen(ends), ends) == 0;
}

/* What a program of somebody's desk has left there. */
static bool is_litter(const char *name)
{
	return name[0] == '.' || strcmp(name, "System Volume Information") == 0 ||
	       strcmp(name, "lost+found") == 0 || strncmp(name, "README", 6) == 0;
}

static bool is_safe(const char *name)
{
	static const char safe[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return *name && strspn(name, safe) == strlen(name);
}

static int check_form(const struct cv_provision_file *f, const char *path,
		      struct cv_diagnostics *diag)
{
	struct cv_trust trust = {0};
	int r = 0;

	if (kinds[f->kind].form == CV_PROVISION_PUBLIC_KEY)
		r = cv_trust_add_text(path, f->data, f->size, &trust, diag);
	else if (kinds[f->kind].form == CV_PROVISION_PEM && !strstr(f->data, "-----BEGIN "))
		r = cv_diagnostics_fail(diag, path, -EINVAL, "convert it with openssl",
					"this is no PEM file");
	cv_trust_free(&trust);
	return r;
}

/* No link, no device: what is not simply there is not taken. */
static int load(int dir, const char *name, const char *path, struct cv_provision_file *ret,
		struct cv_diagnostics *diag)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st = {0};
	ssize_t n = 0;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		r = cv_diagnostics_fail(diag, path, -errno, NULL,
					errno == ELOOP ? "this is a link, expected a file"
						       : strerror(errno));
	else if (!S_ISREG(st.st_mode))
		r = cv_diagnostics_fail(diag, path, -EINVAL, accepted, "this is no file");
	else if ((size_t)st.st_size > CV_PROVISION_FILE_SIZE)
		r = cv_diagnostics_fail(diag, path, -EFBIG, NULL, "larger than 4 MiB");
	if (r == 0) {
		ret->data = malloc((size_t)st.st_size + 1);
		n = ret->data ? read(fd, ret->data, (size_t)st.st_size) : -1;
		if (n != st.st_size)
			r = cv_diagnostics_fail(diag, path, n < 0 ? -errno : -EIO, NULL,
						"cannot be read whole");
	}
	if (fd >= 0)
		close(fd);
	if (r < 0)
		return r;
	ret->data[n] = '\0';
	ret->size = (size_t)n;
	return 0;
}

static int take(struct cv_provision_set *set, int dir, const char *file, const char *folder,
		const char *name, const char *path, struct cv_diagnostics *diag)
{
	struct cv_provision_file *f = &set->files[set->n];
	unsigned int kind = 0;
	int r;

	while (kind < CV_PROVISION_KIND_COUNT && !fits(kind, folder, name))
		kind++;
	if (kind == CV_PROVISION_KIND_COUNT || !is_safe(name))
		return cv_diagnostics_fail(diag, path, -EINVAL, accepted,
					   "nothing that a node can be given");
	if (set->n == CV_PROVISION_FILES_MAX)
		return cv_diagnostics_fail(diag, path, -E2BIG, NULL, "too many files");
	*f = (struct cv_provision_file){.kind = (enum cv_provision_kind)kind};
	if (snprintf(f->name, sizeof(f->name), "%s%s%s", folder, *folder ? "/" : "", name) >=
	    (int)sizeof(f->name))
		return cv_diagnostics_fail(diag, path, -ENAMETOOLONG, NULL, "its name is too long");
	r = load(dir, file, path, f, diag);
	if (r == 0) {
		set->n++;
		set->size += f->size;
		r = check_form(f, path, diag);
	} else {
		free(f->data);
	}
	if (r == 0 && set->size > CV_PROVISION_SIZE)
		r = cv_diagnostics_fail(diag, path, -EFBIG, NULL,
					"the files are larger than 16 MiB together");
	return r;
}

/* "culvert.provision.trust--a.pub" */
static int take_credential(struct cv_provision_set *set, int dir, const char *file,
			   const char *path, struct cv_diagnostics *diag)
{
	char folder[NAME_MAX + 1];
	const char *name, *dashes;

	if (strncmp(file, CREDENTIAL, strlen(CREDENTIAL)) != 0)
		return 0;
	name = file + strlen(CREDENTIAL);
	dashes = strstr(name, "--");
	snprintf(folder, sizeof(folder), "%.*s", dashes ? (int)(dashes - name) : 0, name);
	return take(set, dir, file, folder, dashes ? dashes + 2 : name, path, diag);
}

static bool is_folder(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static int read_folder(const char *path, const char *folder, bool credentials,
		       struct cv_provision_set *set, struct cv_diagnostics *diag)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int r = 0, one;

	if (!dir)
		return cv_diagnostics_fail(diag, path, -errno, NULL, strerror(errno));
	/* All that is wrong is told, not only the first. */
	while ((entry = readdir(dir))) {
		const char *name = entry->d_name;
		char *at;

		if (is_litter(name))
			continue;
		if (asprintf(&at, "%s/%s", path, name) < 0) {
			closedir(dir);
			return -ENOMEM;
		}
		if (credentials)
			one = take_credential(set, dirfd(dir), name, at, diag);
		else if (!*folder && is_folder(dirfd(dir), name))
			one = read_folder(at, name, false, set, diag);
		else
			one = take(set, dirfd(dir), name, folder, name, at, diag);
		free(at);
		if (r == 0)
			r = one;
	}
	closedir(dir);
	return r;
}

static int by_name(const void *a, const void *b)
{
	const struct cv_provision_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int cv_provision_read(const char *folder, bool credentials, struct cv_provision_set *set,
		      struct cv_diagnostics *diag)
{
	int r = read_folder(folder, "", credentials, set, diag);

	qsort(set->files, set->n, sizeof(set->files[0]), by_name);
	return r;
}

void cv_provision_release(struct cv_provision_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		explicit_bzero(set->files[i].data, set->files[i].size);
		free(set->files[i].data);
	}
	set->n = set->size = 0;
}

void cv_provision_hash(const struct cv_provision_set *set, char ret[CV_PROVISION_HASH])
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < set->n; i++) {
		const struct cv_provision_file *f = &set->files[i];
		uint64_t size = f->size;

		/* Names end with their zero: no two sets read the same. */
		crypto_hash_sha256_update(&state, (const unsigned char *)f->name,
					  strlen(f->name) + 1);
		crypto_hash_sha256_update(&state, (const unsigned char *)&size, sizeof(size));
		crypto_hash_sha256_update(&state, (const unsigned char *)f->data, f->size);
	}
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(ret, CV_PROVISION_HASH, hash, sizeof(hash));
}
