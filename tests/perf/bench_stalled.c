/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_stalled: what subscribers who do not read cost those who do. The server of the tests over a
 * real event log; readers on a Unix socket count lines. In turn alone and beside the stalled ones.
 *
 *     bench_stalled SERVE READERS STALLED EVENTS TURNS
 *
 * Prints {"readers":N,"stalled":N,"events":N,"bytes_per_subscriber":N,"bytes_per_stalled":N,
 * "turns":[{"beside":X,"alone":X},...]}: memory of the server for one more who waits for events, and
 * for one more who reads none of them; events delivered to all readers together per second.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/perf/serve.h"

#define CONNECTIONS_MAX 2000
#define ADD_AT_ONCE 1000u

static struct serve serve;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct pollfd fds[CONNECTIONS_MAX]; /* readers first */
static uint64_t lines[CONNECTIONS_MAX];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void begin_to_add(void)
{
	fprintf(serve.to, "add measurement %u 100\n", ADD_AT_ONCE);
	fflush(serve.to);
}

static void wait_until_added(void)
{
	char line[64];

	if (!fgets(line, sizeof(line), serve.from))
		die("add");
}

/* Subscribe and read the head, which comes when the place in the log is taken. */
static int subscribe(void)
{
	static const char request[] = "GET /v1/events?from=latest HTTP/1.0\r\nHost: x\r\n\r\n";
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char head[1024];
	ssize_t n = 0, more;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    write(fd, request, sizeof(request) - 1) < 0)
		die("subscribe");
	do {
		more = read(fd, head + n, sizeof(head) - 1 - (size_t)n);
		if (more <= 0)
			die("head");
		n += more;
		head[n] = '\0';
	} while (!strstr(head, "\r\n\r\n"));
	return fd;
}

/* Read what there is. @return whether all readers have all. */
static bool read_some(unsigned int readers, uint64_t want)
{
	static char buffer[1 << 18];
	bool all = true;

	if (poll(fds, readers, 1000) < 0)
		die("poll");
	for (unsigned int i = 0; i < readers; i++) {
		ssize_t n = fds[i].revents ? read(fds[i].fd, buffer, sizeof(buffer)) : 0;

		if (fds[i].revents && n <= 0)
			die("read");
		for (const char *at = buffer; (at = memchr(at, '\n', (size_t)(buffer + n - at)));
		     at++)
			lines[i]++;
		all = all && lines[i] >= want;
	}
	return all;
}

/* @return events delivered per second. */
static double turn(unsigned int readers, unsigned int stalled, unsigned int events)
{
	double begin;

	memset(lines, 0, sizeof(lines));
	for (unsigned int i = 0; i < readers + stalled; i++)
		fds[i] = (struct pollfd){.fd = subscribe(), .events = POLLIN};
	begin = seconds();
	for (unsigned int done = 0; done < events; done += ADD_AT_ONCE) {
		begin_to_add();
		read_some(readers, 0);
		wait_until_added();
	}
	while (!read_some(readers, events))
		;
	begin = (double)readers * events / (seconds() - begin);
	for (unsigned int i = 0; i < readers + stalled; i++)
		close(fds[i].fd);
	return begin;
}

/* Resident memory of the server, bytes. */
static long resident(void)
{
	char path[64], line[128];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", serve.pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld kB", &kib) == 1)
			break;
	if (!f || kib < 0)
		die("memory of the server");
	fclose(f);
	return kib * 1024;
}

/* What one more costs: waiting, then with events that it does not read. */
static void measure_memory(unsigned int n)
{
	const struct timespec settle = {.tv_sec = 1};
	long none, waiting;

	close(subscribe()); /* what is made for the first one */
	none = resident();
	for (unsigned int i = 0; i < n; i++)
		fds[i].fd = subscribe();
	waiting = resident();
	for (int i = 0; i < 20; i++) {
		begin_to_add();
		wait_until_added();
	}
	nanosleep(&settle, NULL);
	printf("\"bytes_per_subscriber\":%ld,\"bytes_per_stalled\":%ld,",
	       (waiting - none) / (long)n, (resident() - none) / (long)n);
	for (unsigned int i = 0; i < n; i++)
		close(fds[i].fd);
	nanosleep(&settle, NULL);
}

int main(int argc, char **argv)
{
	unsigned int readers, stalled, events, turns;

	if (argc != 6) {
		fputs("usage: bench_stalled SERVE READERS STALLED EVENTS TURNS\n", stderr);
		return 2;
	}
	readers = (unsigned int)atoi(argv[2]);
	stalled = (unsigned int)atoi(argv[3]);
	events = (unsigned int)atoi(argv[4]) / ADD_AT_ONCE * ADD_AT_ONCE;
	turns = (unsigned int)atoi(argv[5]);
	if (readers == 0 || readers + stalled > CONNECTIONS_MAX || events == 0)
		return 2;
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/culvert-stalled-%d", getpid());
	serve = serve_start(argv[1], address.sun_path);
	printf("{\"readers\":%u,\"stalled\":%u,\"events\":%u,", readers, stalled, events);
	measure_memory(readers + stalled);
	turn(readers, 0, events); /* the log's first segments are made */
	printf("\"turns\":[");
	for (unsigned int i = 0; i < turns; i++) {
		double beside = turn(readers, stalled, events), alone = turn(readers, 0, events);

		printf("%s{\"beside\":%.0f,\"alone\":%.0f}", i ? "," : "", beside, alone);
	}
	puts("]}");
	serve_end(&serve);
	return 0;
}
