/* SPDX-License-Identifier: Apache-2.0 */
#include "control/subscriber/http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/loop/socket_probe.h"

#define BACKLOG 128

union address {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

__attribute__((format(printf, 3, 4))) static int fail(char *why, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, CV_HTTP_WHY_MAX, format, args);
	va_end(args);
	return error;
}

/* bind() gives the file its mode by the umask; one thread, so nobody else meets this one. */
static int bind_unix(int fd, const union address *to, socklen_t len)
{
	mode_t before = umask(0117);
	int res = bind(fd, &to->any, len) < 0 ? -errno : 0;

	umask(before);
	return res;
}

int cv_http_listen_unix(const char *path, char *why)
{
	union address to = {.un = {.sun_family = AF_UNIX}};
	socklen_t len = sizeof(to.un);
	struct stat st;
	int fd, res;

	if (strlen(path) >= sizeof(to.un.sun_path))
		return fail(why, -ENAMETOOLONG, "%.60s...: a socket path has at most %zu bytes",
			    path, sizeof(to.un.sun_path) - 1);
	strcpy(to.un.sun_path, path);
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return fail(why, -EEXIST,
			    "%s exists and is no socket: remove it or configure "
			    "another path",
			    path);
	if (cv_socket_is_served(&to.un, SOCK_STREAM))
		return fail(why, -EADDRINUSE,
			    "%s is served by another process: stop it or configure "
			    "another path",
			    path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(why, -errno, "no Unix socket: %s", strerror(errno));
	res = bind_unix(fd, &to, len);
	if (res == 0 && listen(fd, BACKLOG) < 0)
		res = -errno;
	if (res == 0)
		return fd;
	close(fd);
	return fail(why, res, "cannot listen on %s: %s; is its directory there and writable?", path,
		    strerror(-res));
}

static int parse_address(const char *text, union address *ret, socklen_t *ret_len, bool *loopback)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2], *end;
	unsigned long port;
	size_t len;

	if (!colon || colon == text || (size_t)(colon - text) >= sizeof(host) || !colon[1])
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end || colon[1] < '0' || colon[1] > '9' || port > UINT16_MAX)
		return -EINVAL;
	len = (size_t)(colon - text);
	memcpy(host, text, len);
	host[len] = '\0';
	memset(ret, 0, sizeof(*ret));
	if (strcmp(host, "localhost") == 0)
		strcpy(host, "127.0.0.1");
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		ret->in6.sin6_family = AF_INET6;
		ret->in6.sin6_port = htons((uint16_t)port);
		*ret_len = sizeof(ret->in6);
		if (inet_pton(AF_INET6, host + 1, &ret->in6.sin6_addr) != 1)
			return -EINVAL;
		*loopback = IN6_IS_ADDR_LOOPBACK(&ret->in6.sin6_addr);
		return 0;
	}
	ret->in4.sin_family = AF_INET;
	ret->in4.sin_port = htons((uint16_t)port);
	*ret_len = sizeof(ret->in4);
	if (inet_pton(AF_INET, host, &ret->in4.sin_addr) != 1)
		return -EINVAL;
	*loopback = ntohl(ret->in4.sin_addr.s_addr) >> 24 == 127;
	return 0;
}

int cv_http_listen_tcp(const char *text, bool is_public, char *why)
{
	union address to;
	socklen_t len;
	bool loopback;
	int fd, on = 1, res = 0;

	if (parse_address(text, &to, &len, &loopback) < 0)
		return fail(why, -EINVAL,
			    "'%.80s' is no address: write 127.0.0.1:8480 or [::1]:8480", text);
	if (!loopback && !is_public)
		return fail(why, -EPERM,
			    "%s is not loopback and would serve the events to the network "
			    "without a password: allow it in the configuration, or use 127.0.0.1",
			    text);
	fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(why, -errno, "no TCP socket: %s", strerror(errno));
	/* A restart must not wait for the old connections' TIME_WAIT. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, &to.any, len) < 0 || listen(fd, BACKLOG) < 0)
		res = -errno;
	if (res == 0)
		return fd;
	close(fd);
	if (res == -EADDRINUSE)
		return fail(why, res,
			    "%s is in use by another process: 'ss -ltnp' shows which; stop it "
			    "or configure another port",
			    text);
	return fail(why, res, "cannot listen on %s: %s", text, strerror(-res));
}

unsigned int cv_http_listen_port(int fd)
{
	union address at;
	socklen_t len = sizeof(at);

	if (getsockname(fd, &at.any, &len) < 0)
		return 0;
	return ntohs(at.any.sa_family == AF_INET6 ? at.in6.sin6_port : at.in4.sin_port);
}
