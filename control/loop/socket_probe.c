/* SPDX-License-Identifier: Apache-2.0 */
#include "control/loop/socket_probe.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 10000000
#define TRIES 100

static bool answers(const struct sockaddr_un *addr, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool served = fd >= 0 && (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ||
				  errno == EAGAIN); /* it has more callers than it takes */

	if (fd >= 0)
		close(fd);
	return served;
}

bool cv_socket_is_served(const struct sockaddr_un *addr, int type)
{
	for (int i = 0; i < TRIES; i++) {
		if (!answers(addr, type))
			return false;
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	return true;
}
