/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_first ASK ADDRESS COMMAND...: starts a server and asks until it serves its first event.
 * ASK http: Culvert's, ADDRESS its Unix socket; nats: message 1 of the stream EVENTS, ADDRESS a port.
 * Kills the server as a power cut would. Prints the milliseconds between start and first event.
 */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 120.0

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int connect_to(const char *ask, const char *address)
{
	struct sockaddr_un path = {.sun_family = AF_UNIX};
	struct sockaddr_in port = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bool local = strcmp(ask, "http") == 0;
	int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int res;

	snprintf(path.sun_path, sizeof(path.sun_path), "%s", address);
	port.sin_port = htons((uint16_t)atoi(address));
	res = local ? connect(fd, (struct sockaddr *)&path, sizeof(path))
		    : connect(fd, (struct sockaddr *)&port, sizeof(port));
	if (res == 0)
		return fd;
	close(fd);
	return -1;
}

/* An answer with an event in it, or one that says there is none yet. */
static bool ask_once(const char *ask, const char *address)
{
	static const char http[] = "GET /v1/events?from=earliest&follow=0&limit=1 HTTP/1.0\r\n"
				   "Host: x\r\n\r\n";
	static const char nats[] = "CONNECT {\"verbose\":false}\r\nSUB answer 1\r\n"
				   "PUB $JS.API.STREAM.MSG.GET.EVENTS answer 9\r\n{\"seq\":1}\r\n";
	bool local = strcmp(ask, "http") == 0;
	const char *request = local ? http : nats, *sign = local ? "specversion" : "\"data\":";
	char answer[8192] = "";
	size_t len = 0;
	int fd = connect_to(ask, address);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (fd < 0 || write(fd, request, strlen(request)) < 0) {
		close(fd);
		return false;
	}
	while (!strstr(answer, sign) && !strstr(answer, "\"error\":") && poll(&p, 1, 100) > 0 &&
	       (n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0) {
		len += (size_t)n;
		answer[len] = '\0';
	}
	close(fd);
	return strstr(answer, sign) != NULL;
}

int main(int argc, char **argv)
{
	double begin, at;
	pid_t pid;

	if (argc < 4) {
		fputs("usage: bench_first http|nats ADDRESS COMMAND...\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	begin = now();
	pid = fork();
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execv(argv[3], argv + 3);
		perror(argv[3]);
		_exit(127);
	}
	while (!ask_once(argv[1], argv[2]) && now() - begin < PATIENCE_S &&
	       waitpid(pid, NULL, WNOHANG) == 0)
		usleep(500);
	at = now() - begin;
	if (waitpid(pid, NULL, WNOHANG) != 0 || at >= PATIENCE_S) {
		fprintf(stderr, "bench_first: %s served nothing\n", argv[3]);
		kill(pid, SIGKILL);
		return 1;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("%.3f\n", at * 1e3);
	return 0;
}
