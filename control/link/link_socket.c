/* SPDX-License-Identifier: Apache-2.0 */
#include "control/link/link_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/loop/socket_probe.h"

static int fail(int fd, int res, const char **why, const char *path, const char *remedy)
{
	static char text[400]; /* one thread */

	snprintf(text, sizeof(text), "cannot listen on %s (%s): %s", path, strerror(-res), remedy);
	*why = text;
	if (fd >= 0)
		close(fd);
	return res;
}

int cv_link_file(const char *name, const void *data, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), res;

	if (fd >= 0 && write(fd, data, size) == (ssize_t)size &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	res = errno ? -errno : -ENOMEM;
	if (fd >= 0)
		close(fd);
	return res;
}

int cv_link_generation_file(const struct cv_generation *gen, const char **why)
{
	int fd = cv_link_file("culvert-generation", gen, gen->size);

	if (fd < 0)
		*why = "no memory for the generation";
	return fd;
}

/* A socket file is stale when nobody listens on it. */
static int clear_stale(const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (cv_socket_is_served(addr, SOCK_SEQPACKET))
		return -EADDRINUSE;
	return unlink(addr->sun_path) < 0 ? -errno : 0;
}

static void make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = '\0';
	(void)mkdir(folder, 0755); /* when it cannot be made, bind() says why */
}

int cv_link_listen(const char *path, const char **why)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = -1, res;
	mode_t mask;

	if (strlen(path) == 0 || strlen(path) >= sizeof(addr.sun_path))
		return fail(fd, -ENAMETOOLONG, why, path, "choose a shorter link socket path");
	strcpy(addr.sun_path, path);
	make_folder(path);
	res = clear_stale(&addr);
	if (res == -EADDRINUSE)
		return fail(fd, res, why, path, "another culvert-control runs: stop it first");
	if (res < 0)
		return fail(fd, res, why, path, "remove what is there, or choose another path");
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(fd, -errno, why, path, "raise the limit of open files");
	mask = umask(0177); /* mode 0600 from the first moment */
	res = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	umask(mask);
	if (res == 0 && listen(fd, 16) < 0)
		res = -errno;
	if (res < 0)
		return fail(fd, res, why, path,
			    "make its folder writable for culvert-control, or choose another path");
	return fd;
}
