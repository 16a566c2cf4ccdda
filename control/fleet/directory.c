/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a fleet's directory. */
#include "control/fleet/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/text/read_file.h"
#include "control/text/replace_file.h"

#define BLOCK ((size_t)1 << 20)

static int path_in(const char *dir, const char *name, char ret[PATH_MAX])
{
	return snprintf(ret, PATH_MAX, "%s/%s", dir, name) < PATH_MAX - 8 ? 0 : -ENAMETOOLONG;
}

int cv_fleet_load(const char *dir, struct cv_fleet_index *ret, struct cv_diagnostics *diag)
{
	char path[PATH_MAX], why[CV_FLEET_WHY], *text = NULL;
	size_t len = 0;
	int r = path_in(dir, CV_FLEET_INDEX, path);

	if (r == 0)
		r = cv_read_file(path, CV_FLEET_INDEX_MAX, &text, &len);
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return cv_diagnostics_fail(diag, path, r, NULL, strerror(-r));
	r = cv_fleet_index_parse(text, len, ret, why);
	free(text);
	return r < 0 ? cv_diagnostics_fail(diag, path, r, NULL, why) : 0;
}

/* ---- index ----------------------------------------------------------------------------------- */

static int put(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	int r = path_in(dir, name, path);

	return r < 0 ? r : cv_replace_file(path, text, strlen(text), 0644);
}

int cv_fleet_store(const char *dir, struct cv_fleet_index *index, int64_t seconds,
		   const struct cv_secret_key *key, struct cv_diagnostics *diag)
{
	char *text = NULL, *signature = NULL, comment[256];
	int64_t now = time(NULL);
	int r;

	/* By the clock, so that a directory that was lost goes on where it was. */
	index->serial = index->serial + 1 > (uint64_t)now ? index->serial + 1 : (uint64_t)now;
	index->created = now;
	index->expires = now + seconds;
	snprintf(comment, sizeof(comment),
		 "timestamp:%" PRId64 "\tfile:index\tserial:%" PRIu64 "\trelease:%.80s\thashed",
		 now, index->serial, index->version);
	r = cv_fleet_index_write(index, &text);
	if (r == 0)
		r = cv_sign(key, text, strlen(text), comment, &signature);
	if (r == 0)
		r = put(dir, CV_FLEET_INDEX, text);
	if (r == 0)
		r = put(dir, CV_FLEET_SIGNATURE, signature);
	if (r == 0) /* the bundle's name with theirs: its contents are there since it was copied */
		r = cv_sync_folder(dir);
	free(text);
	free(signature);
	return r < 0 ? cv_diagnostics_fail(diag, dir, r,
					   "the index may lack its signature: do it again",
					   strerror(-r))
		     : 0;
}

/* ---- bundle ---------------------------------------------------------------------------------- */

/* Copy and hash. @param to -1 = only hash. */
static int copy(int from, int to, struct cv_fleet_index *index)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	uint8_t *block = malloc(BLOCK);
	ssize_t n = -1;
	int r = block ? 0 : -ENOMEM;

	crypto_hash_sha256_init(&state);
	index->size = 0;
	while (r == 0 && (n = read(from, block, BLOCK)) > 0) {
		crypto_hash_sha256_update(&state, block, (size_t)n);
		index->size += (uint64_t)n;
		if (index->size > CV_FLEET_BUNDLE_MAX)
			r = -EFBIG;
		else if (to >= 0 && write(to, block, (size_t)n) != n)
			r = errno ? -errno : -ENOSPC;
	}
	if (r == 0 && n < 0)
		r = -errno;
	if (r == 0 && index->size == 0)
		r = -ENODATA;
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(index->sha256, sizeof(index->sha256), hash, sizeof(hash));
	free(block);
	return r;
}

static bool is_same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int copy_in(int from, const char *path, struct cv_fleet_index *index)
{
	char fresh[PATH_MAX];
	int to, r;

	if (is_same_file(from, path))
		return copy(from, -1, index);
	snprintf(fresh, sizeof(fresh), "%.4080s.new", path);
	to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (to < 0)
		return -errno;
	r = copy(from, to, index);
	if (r == 0 && fsync(to) < 0)
		r = -errno;
	if (close(to) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(fresh);
	return r;
}

int cv_fleet_add_bundle(const char *dir, const char *bundle, struct cv_fleet_index *index,
			struct cv_diagnostics *diag)
{
	const char *slash = strrchr(bundle, '/'), *name = slash ? slash + 1 : bundle;
	char path[PATH_MAX];
	int from, r = path_in(dir, name, path);

	if (r < 0 || !cv_fleet_name_is_good(name) || strlen(name) >= sizeof(index->bundle))
		return cv_diagnostics_fail(diag, bundle, -EINVAL, "rename it",
					   "its name must be of letters, digits and ._-+~");
	strcpy(index->bundle, name);
	from = open(bundle, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return cv_diagnostics_fail(diag, bundle, -errno, NULL, strerror(errno));
	r = copy_in(from, path, index);
	close(from);
	return r < 0 ? cv_diagnostics_fail(diag, bundle, r, NULL,
					   r == -ENODATA ? "it is empty" : strerror(-r))
		     : 0;
}
