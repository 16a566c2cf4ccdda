/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char **ret, size_t *ret_len)
{
	size_t len = 0, room = 0;
	char *text = NULL;
	ssize_t got;

	do {
		if (len + 1 >= room) {
			char *grown;

			room = room ? room * 2 : 16384;
			grown = realloc(text, room);
			if (!grown) {
				free(text);
				return -ENOMEM;
			}
			text = grown;
		}
		got = read(fd, text + len, room - len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got > 0)
			len += (size_t)got;
	} while (got != 0 && !(got < 0 && errno != EINTR) && len <= CV_YAML_SIZE_MAX);

	if (got < 0 || len > CV_YAML_SIZE_MAX) {
		int r = got < 0 ? -errno : -EFBIG;

		free(text);
		return r;
	}
	text[len] = 0;
	*ret = text;
	*ret_len = len;
	return 0;
}

int cv_yaml_read_file(const char *path, char **ret, size_t *ret_len, struct cv_diagnostics *diag)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : read_all(fd, ret, ret_len);

	if (fd >= 0 && !standard)
		close(fd);
	if (r == -EFBIG)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "larger than %u MiB", CV_YAML_SIZE_MAX >> 20);
	else if (r < 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path},
				   r == -ENOENT ? "check the path" : NULL, "cannot read: %s",
				   strerror(-r));
	return r;
}
