/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_fanout SERVE SUBSCRIBERS OF EVENTS TURNS [NAME=HOST:PORT]...: events delivered per second, by
 * Culvert's server over a real event log (durable before anybody sees them) and in turn by peers that
 * keep them in memory: nats (a NATS server) and nchan (nginx, see tools/bench-stream.sh).
 *
 * There are as many devices as subscribers. Subscriber i wants the events of OF devices from i on, by
 * a filter of its own, as server-sent events; OF 0: all events, a line each. The peers carry the text
 * of one of Culvert's events. No side is ahead of its readers by more than AHEAD events.
 *
 * Prints {"text_bytes":N,"deliveries":N,"turns":[{"culvert":X,"nats":X},...]}.
 */
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/perf/fanout.h"
#include "tests/perf/serve.h"

#define AHEAD 10000u
#define ADD_AT_ONCE 5000u

static struct fanout f;
static struct serve serve;
static struct pollfd fds[FANOUT_SUBSCRIBERS_MAX + 1]; /* readers, then who publishes */
static bool line_begins[FANOUT_SUBSCRIBERS_MAX];

/* ---- Culvert -------------------------------------------------------------------------------- */

static void start(char *program)
{
	char line[64];

	snprintf(f.path, sizeof(f.path), "/tmp/culvert-fanout-%d", getpid());
	serve = serve_start(program, f.path);
	fprintf(serve.to, "devices %u\n", f.subscribers);
	fflush(serve.to);
	if (!fgets(line, sizeof(line), serve.from))
		fanout_die("serve");
}

static int subscribe(struct fanout *fan, unsigned int i)
{
	char request[FANOUT_SUBSCRIBERS_MAX * 40 + 128];
	size_t n = (size_t)sprintf(request, "GET /v1/events?from=latest");
	int fd = fanout_connect("127.0.0.1", serve.port);

	if (fan->of > 0)
		n += (size_t)sprintf(request + n, "&format=sse&device=");
	for (unsigned int k = 0; k < fan->of; k++)
		n += (size_t)sprintf(request + n, "%surn:dev:ip:192.0.2.%u", k ? "," : "",
				     (i + k) % fan->subscribers);
	sprintf(request + n, " HTTP/1.0\r\nHost: localhost\r\n\r\n");
	fanout_ask(fd, request, "\r\n\r\n");
	return fd;
}

static int open_serve(struct fanout *fan)
{
	return fileno(serve.from);
}

static unsigned int publish(struct fanout *fan, unsigned int done, unsigned int left)
{
	if (fan->adding)
		return 0;
	fprintf(serve.to, "add measurement %u 100\n", ADD_AT_ONCE);
	fflush(serve.to);
	fan->adding = true;
	return ADD_AT_ONCE;
}

static void ready(struct fanout *fan, bool readable)
{
	char line[64];

	if (readable && !fgets(line, sizeof(line), serve.from))
		fanout_die("add");
	fan->adding = fan->adding && !readable;
}

static void close_serve(struct fanout *fan)
{
	while (fan->adding)
		ready(fan, true);
}

const struct fanout_side fanout_culvert = {
	.name = "culvert",
	.subscribe = subscribe,
	.open = open_serve,
	.publish = publish,
	.ready = ready,
	.close = close_serve,
};

/* ---- turns ---------------------------------------------------------------------------------- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* An event's text, from the log that the first turn has filled. */
static void take_text(void)
{
	int fd = fanout_connect("127.0.0.1", serve.port);
	char answer[FANOUT_TEXT_MAX + 1024], *text;
	size_t len = 0;
	ssize_t n;

	dprintf(fd, "GET /v1/events?from=earliest&follow=0&limit=1 HTTP/1.0\r\nHost: "
		    "localhost\r\n\r\n");
	while ((n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)n;
	answer[len] = '\0';
	text = strstr(answer, "\r\n\r\n");
	if (!text || strlen(text + 4) < 2)
		fanout_die(answer);
	f.text_len = strlen(text + 4) - 1; /* without its line's end */
	memcpy(f.text, text + 4, f.text_len);
	close(fd);
}

static uint64_t read_some(unsigned int i, char first)
{
	static char data[1 << 18];
	ssize_t n = read(fds[i].fd, data, sizeof(data));
	const char *at = data, *end = data + n;
	uint64_t found;

	if (n <= 0)
		fanout_die("a subscriber was cut off");
	found = line_begins[i] && *data == first;
	while ((at = memchr(at, '\n', (size_t)(end - at))) && ++at < end)
		found += *at == first;
	line_begins[i] = end[-1] == '\n';
	return found;
}

/* What is written is what has been read, but for so much. */
static void go_on(const struct fanout_side *side, uint64_t each, uint64_t got, unsigned int *done)
{
	if (*done < f.events && *done * each <= got + AHEAD * each)
		*done += side->publish(&f, *done, f.events - *done);
}

/* @return deliveries per second. */
static double turn(const struct fanout_side *side)
{
	const char first = side->first ? side->first : f.of > 0 ? 'd' : '{';
	const uint64_t each = f.of ? f.of : f.subscribers, want = each * f.events;
	uint64_t got = 0;
	unsigned int done = 0;
	double begin;

	for (unsigned int i = 0; i < f.subscribers; i++) {
		fds[i] = (struct pollfd){.fd = side->subscribe(&f, i), .events = POLLIN};
		line_begins[i] = true;
	}
	fds[f.subscribers] = (struct pollfd){.fd = side->open(&f)};
	begin = now();
	while (got < want) {
		go_on(side, each, got, &done);
		fds[f.subscribers].events = f.out_at < f.out_len ? POLLIN | POLLOUT : POLLIN;
		if (poll(fds, f.subscribers + 1, 10000) <= 0) {
			fprintf(stderr, "%s: nothing comes after %llu of %llu deliveries\n",
				side->name, (unsigned long long)got, (unsigned long long)want);
			exit(1);
		}
		for (unsigned int i = 0; i < f.subscribers; i++)
			got += fds[i].revents ? read_some(i, first) : 0;
		if (fds[f.subscribers].revents)
			side->ready(&f, fds[f.subscribers].revents & POLLIN);
	}
	begin = (double)got / (now() - begin);
	side->close(&f);
	for (unsigned int i = 0; i < f.subscribers; i++)
		close(fds[i].fd);
	if (got != want)
		fanout_die("more deliveries than events");
	return begin;
}

/* NAME=HOST:PORT */
static void peer_turn(const char *peer)
{
	static const struct fanout_side *const sides[] = {&fanout_nats, &fanout_nchan};
	char copy[64], *name = copy, *colon;

	snprintf(copy, sizeof(copy), "%s", peer);
	f.host = strchr(copy, '=');
	colon = strrchr(copy, ':');
	if (!f.host || !colon)
		fanout_die(peer);
	*f.host++ = *colon = '\0';
	f.port = colon + 1;
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(name, sides[i]->name) != 0)
			continue;
		printf(",\"%s\":%.0f", name, turn(sides[i]));
		f.out_at = f.out_len = 0;
		return;
	}
	fanout_die(peer);
}

int main(int argc, char **argv)
{
	unsigned int turns;

	if (argc < 6) {
		fputs("usage: bench_fanout SERVE SUBSCRIBERS OF EVENTS TURNS [NAME=HOST:PORT]...\n",
		      stderr);
		return 2;
	}
	f.subscribers = (unsigned int)atoi(argv[2]);
	f.of = (unsigned int)atoi(argv[3]);
	f.events = (unsigned int)atoi(argv[4]) / ADD_AT_ONCE * ADD_AT_ONCE;
	turns = (unsigned int)atoi(argv[5]);
	if (f.subscribers == 0 || f.subscribers > FANOUT_SUBSCRIBERS_MAX || f.of > f.subscribers ||
	    f.events % f.subscribers != 0 || f.events == 0)
		return 2;
	start(argv[1]);
	turn(&fanout_culvert); /* the log's first segments are made */
	take_text();
	printf("{\"text_bytes\":%zu,\"deliveries\":%llu,\"turns\":[", f.text_len,
	       (unsigned long long)f.events * (f.of ? f.of : f.subscribers));
	for (unsigned int i = 0; i < turns; i++) {
		printf("%s{\"culvert\":%.0f", i ? "," : "", turn(&fanout_culvert));
		for (int k = 6; k < argc; k++)
			peer_turn(argv[k]);
		printf("}");
	}
	puts("]}");
	serve_end(&serve);
	return 0;
}
