/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outer maps and program arrays hold can be had again by its number, but for that the kernel
 * wants CAP_SYS_ADMIN, which control does not have. So what is needed again has a pin of its own.
 */
#include "ebpf/loader_internal.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>

static int path_of(const char *dir, const char *what, uint32_t slot, char ret[CV_PIN_PATH_SIZE])
{
	char name[40];

	snprintf(name, sizeof(name), "%s_%u", what, slot);
	return cv_pins_path(dir, NULL, name, ret, CV_PIN_PATH_SIZE);
}

int cv_held_put(const char *dir, const char *what, uint32_t slot, int fd)
{
	char path[CV_PIN_PATH_SIZE];
	int err = path_of(dir, what, slot, path);

	if (!*dir) /* a try-out, which nobody comes back to */
		return 0;
	if (err)
		return err;
	if (unlink(path) && errno != ENOENT)
		return -errno;
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

void cv_held_drop(const char *dir, const char *what, uint32_t slot)
{
	char path[CV_PIN_PATH_SIZE];

	if (*dir && !path_of(dir, what, slot, path))
		(void)unlink(path);
}

static __u32 number_of(int fd, bool program)
{
	struct bpf_prog_info prog = {0};
	struct bpf_map_info map = {0};
	__u32 size = program ? sizeof(prog) : sizeof(map);

	if (bpf_obj_get_info_by_fd(fd, program ? (void *)&prog : (void *)&map, &size))
		return 0;
	return program ? prog.id : map.id;
}

int cv_held_get(const char *dir, const char *what, uint32_t slot, uint32_t id, bool program)
{
	char path[CV_PIN_PATH_SIZE];
	int err = path_of(dir, what, slot, path), fd = err || !*dir ? -1 : bpf_obj_get(path);

	if (fd >= 0 && number_of(fd, program) == id)
		return fd;
	if (fd >= 0)
		close(fd);
	/* Of an older version, or one that was killed in between. */
	fd = program ? bpf_prog_get_fd_by_id(id) : bpf_map_get_fd_by_id(id);
	return fd < 0 ? -errno : fd;
}
