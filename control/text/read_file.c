/* SPDX-License-Identifier: Apache-2.0 */
#include "control/text/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_all(int fd, size_t max, char **ret, size_t *ret_len)
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
	} while (got != 0 && !(got < 0 && errno != EINTR) && len <= max);

	if (got < 0 || len > max) {
		int r = got < 0 ? -errno : -EFBIG;

		free(text);
		return r;
	}
	text[len] = 0;
	*ret = text;
	*ret_len = len;
	return 0;
}

int cv_read_file(const char *path, size_t max, char **ret, size_t *ret_len)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r = fd < 0 ? -errno : read_all(fd, max, ret, ret_len);

	if (fd >= 0 && !standard)
		close(fd);
	return r;
}
