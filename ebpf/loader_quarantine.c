/* SPDX-License-Identifier: Apache-2.0 */
/* The quarantine's map: a whole list in the place of the one before, by one update. */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* Values are not looked at; the kernel wants some. */
static int fill(int fd, const struct cv_quarantine_image *image)
{
	__u32 n = image->count;
	__u32 *values = calloc(n, sizeof(*values));
	int err = 0;

	if (!values)
		return -ENOMEM;
	if (bpf_map_update_batch(fd, image->devices, values, &n, NULL))
		err = -errno;
	free(values);
	return err;
}

/* An empty list is no map at all, so that nobody pays for looking into it. Where there is none
 * already the kernel is not asked: it would wait for its readers all the same. */
static int clear(int outer)
{
	__u32 zero = 0, id;

	if (bpf_map_lookup_elem(outer, &zero, &id) && errno == ENOENT)
		return 0;
	return bpf_map_delete_elem(outer, &zero) && errno != ENOENT ? -errno : 0;
}

int cv_bpf_quarantine_put(const char *dir, int outer, const struct cv_quarantine_image *image)
{
	__u32 zero = 0;
	int fd, err;

	if (!image->count) {
		err = clear(outer);
		cv_held_drop(dir, CV_HELD_QUARANTINE, 0);
		return err;
	}
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "quarantine_in", sizeof(struct cv_binding_key),
			    sizeof(__u32), image->count, NULL);
	if (fd < 0)
		return -errno;
	err = fill(fd, image);
	if (!err)
		err = cv_bpf_update(outer, &zero, &fd);
	if (!err)
		err = cv_held_put(dir, CV_HELD_QUARANTINE, 0, fd);
	close(fd);
	return err;
}

/* @return fd; -ENOENT: no program is loaded; negative errno with @p why set. */
static int open_pin(const char *dir, struct cv_bpf_why *why)
{
	char path[CV_PIN_PATH_SIZE];
	int fd, err = cv_pins_path(dir, NULL, "quarantine", path, sizeof(path));

	if (!err && access(path, F_OK))
		err = -errno;
	fd = err ? err : bpf_obj_get(path);
	if (!err && fd < 0)
		err = -errno;
	if (err && err != -ENOENT)
		cv_bpf_fail(why, err,
			    err == -EACCES || err == -EPERM
				    ? "No right to change the kernel's quarantine under %s. Run as "
				      "root, or with CAP_BPF."
				    : "Cannot open the kernel's quarantine under %s.",
			    dir);
	return err ? err : fd;
}

int cv_bpf_quarantine(const char *dir, const struct cv_quarantine_image *image,
		      struct cv_bpf_why *why)
{
	int outer = open_pin(dir, why), err;

	if (outer < 0)
		return outer;
	err = cv_bpf_quarantine_put(dir, outer, image);
	close(outer);
	if (!err)
		return 0;
	return cv_bpf_fail(why, err == -ENOENT ? -EIO : err,
			   "The kernel does not take a quarantine of %u devices: %s.", image->count,
			   strerror(-err));
}

int cv_bpf_quarantined(const char *dir, uint32_t *ret)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info), zero = 0, id;
	struct cv_bpf_why why;
	int outer = open_pin(dir, &why), inner, err = 0;

	if (outer < 0)
		return outer;
	if (bpf_map_lookup_elem(outer, &zero, &id))
		err = -errno;
	close(outer);
	if (err == -ENOENT) {
		*ret = 0;
		return 0;
	}
	inner = err ? err : cv_held_get(dir, CV_HELD_QUARANTINE, 0, id, false);
	if (inner < 0)
		return inner;
	if (bpf_obj_get_info_by_fd(inner, &info, &size))
		err = -errno;
	close(inner);
	if (!err)
		*ret = info.max_entries;
	return err;
}
