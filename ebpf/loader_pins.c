/* SPDX-License-Identifier: Apache-2.0 */
#include "ebpf/loader_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/magic.h>

static const char *const shared_pins[] = {
#define CV_PIN_ROW(name) #name,
	CV_SHARED_MAPS(CV_PIN_ROW)};
static const char *const port_pins[] = {CV_PORT_MAPS(CV_PIN_ROW)};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int cv_bpf_fail(struct cv_bpf_why *why, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return err;
}

static int make_folder(const char *dir)
{
	char path[CV_PIN_PATH_SIZE];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

int cv_pins_lock(const char *dir, bool make, struct cv_bpf_why *why)
{
	struct statfs fs;
	struct stat own;
	int err, fd;

	if (strlen(dir) > CV_PIN_DIR_MAX)
		return cv_bpf_fail(why, -ENAMETOOLONG, "The pin folder %.40s... is too long.", dir);
	err = make ? make_folder(dir) : 0;
	if (err == -EACCES || err == -EPERM)
		return cv_bpf_fail(why, err,
				   "No right to make %s. Run as root, or on a BPF filesystem "
				   "mounted for this user; is /sys/fs/bpf mounted?",
				   dir);
	if (err)
		return cv_bpf_fail(why, err, "Cannot make %s: %s.", dir, strerror(-err));
	/* Anybody may make folders in Debian's /sys/fs/bpf, and what lies in them would be trusted. */
	if (stat(dir, &own) == 0 && own.st_uid != geteuid())
		return cv_bpf_fail(why, -EPERM,
				   "%s belongs to another user (%u). Remove it: rm -r %s.", dir,
				   own.st_uid, dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cv_bpf_fail(why, -errno, "Cannot open %s: %s.", dir, strerror(errno));
	if (fstatfs(fd, &fs) || fs.f_type != BPF_FS_MAGIC) {
		close(fd);
		return cv_bpf_fail(why, -ENOTSUP,
				   "%s is not on a BPF filesystem. Mount one: "
				   "mount -t bpf bpf /sys/fs/bpf (enter namespaces with "
				   "nsenter --net=, ip netns exec hides it).",
				   dir);
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return cv_bpf_fail(why, -EBUSY,
				   "Another process is changing the programs under %s. "
				   "Wait for it, or stop the other culvert-control.",
				   dir);
	}
	return fd;
}

bool cv_pins_of_policy(const char *name)
{
	return !strncmp(name, "policy_", strlen("policy_"));
}

int cv_pins_path(const char *dir, const char *port, const char *name, char *ret, size_t size)
{
	int len = port ? snprintf(ret, size, "%s/" CV_PORT_FOLDER "%s/%s", dir, port, name)
		       : snprintf(ret, size, "%s/%s", dir, name);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

/* The kernel adds BPF_F_RDONLY_PROG to a devmap by itself. */
static bool same_shape(const struct bpf_map *map, const struct bpf_map_info *info)
{
	__u32 flags = info->map_flags & ~(__u32)BPF_F_RDONLY_PROG;

	return info->type == bpf_map__type(map) && info->key_size == bpf_map__key_size(map) &&
	       info->value_size == bpf_map__value_size(map) &&
	       info->max_entries == bpf_map__max_entries(map) && flags == bpf_map__map_flags(map);
}

int cv_pins_adopt(struct bpf_map *map, const char *path)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	int err = 0, fd = bpf_obj_get(path);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		err = -errno;
	else if (same_shape(map, &info))
		err = bpf_map__reuse_fd(map, fd);
	else if (unlink(path))
		err = -errno;
	close(fd);
	return err;
}

bool cv_pins_fit(const struct bpf_map *map, const char *path)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	int fd = bpf_obj_get(path);
	bool fits = fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) && same_shape(map, &info);

	if (fd >= 0)
		close(fd);
	return fits;
}

int cv_pins_keep(struct bpf_map *map, const char *path)
{
	if (bpf_obj_pin(bpf_map__fd(map), path) && errno != EEXIST)
		return -errno;
	return 0;
}

void cv_pins_remove_port(const char *dir, const char *port)
{
	char path[CV_PIN_PATH_SIZE + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/" CV_PORT_FOLDER "%s/link", dir, port);
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		/* At once, even while another process still holds the link. */
		(void)bpf_link_detach(fd);
		close(fd);
	}
	(void)unlink(path);
	for (size_t i = 0; i < COUNT(port_pins); i++) {
		snprintf(path, sizeof(path), "%s/" CV_PORT_FOLDER "%s/%s", dir, port, port_pins[i]);
		(void)unlink(path);
	}
	snprintf(path, sizeof(path), "%s/" CV_PORT_FOLDER "%s", dir, port);
	(void)rmdir(path);
}

void cv_pins_remove_empty(const char *dir, const char *port)
{
	char path[CV_PIN_PATH_SIZE];

	if (!cv_pins_path(dir, port, "", path, sizeof(path)))
		(void)rmdir(path);
	(void)rmdir(dir);
}

static bool is_kept(const struct cv_bpf *keep, const char *name)
{
	for (unsigned int i = 0; keep && i < keep->count; i++) {
		if (keep->ports[i].object && !strcmp(keep->ports[i].name, name))
			return true;
	}
	return false;
}

void cv_pins_remove_ports(const char *dir, const struct cv_bpf *keep)
{
	DIR *folder = opendir(dir);
	struct dirent *e;

	if (!folder)
		return;
	while ((e = readdir(folder))) {
		const char *port = e->d_name + strlen(CV_PORT_FOLDER);

		if (e->d_type != DT_DIR ||
		    strncmp(e->d_name, CV_PORT_FOLDER, strlen(CV_PORT_FOLDER)) || strlen(port) > 31)
			continue;
		if (!is_kept(keep, port))
			cv_pins_remove_port(dir, port);
	}
	closedir(folder);
}

void cv_pins_remove_policy(const char *dir)
{
	char path[CV_PIN_PATH_SIZE];
	DIR *folder = opendir(dir);
	struct dirent *e;

	if (!folder)
		return;
	while ((e = readdir(folder))) {
		if (cv_pins_of_policy(e->d_name) &&
		    !cv_pins_path(dir, NULL, e->d_name, path, sizeof(path)))
			(void)unlink(path);
	}
	closedir(folder);
}

void cv_pins_remove_shared(const char *dir)
{
	char path[CV_PIN_PATH_SIZE];

	cv_pins_remove_policy(dir);
	cv_held_drop(dir, CV_HELD_QUARANTINE, 0);
	for (size_t i = 0; i < COUNT(shared_pins); i++) {
		if (!cv_pins_path(dir, NULL, shared_pins[i], path, sizeof(path)))
			(void)unlink(path);
	}
	(void)rmdir(dir);
}
