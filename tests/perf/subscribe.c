/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/subscribe.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int subscribe_to(const char *path, const char *lane)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_STREAM, 0);
	char request[128];
	int len = snprintf(request, sizeof(request),
			   "GET /v1/events?from=latest&lane=%s HTTP/1.1\r\nHost: localhost\r\n\r\n",
			   lane);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (sock >= 0 && connect(sock, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    send(sock, request, (size_t)len, 0) == len)
		return sock;
	if (sock >= 0)
		close(sock);
	return -1;
}
