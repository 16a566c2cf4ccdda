/* SPDX-License-Identifier: Apache-2.0 */
/* The peers of bench_fanout, by their protocols as they are on the wire. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/perf/fanout.h"

#define BATCH 256u
#define MESSAGE_MAX (FANOUT_TEXT_MAX + 256)

_Noreturn void fanout_die(const char *what)
{
	perror(what);
	exit(1);
}

int fanout_connect(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int fd;

	if (getaddrinfo(host, port, &hints, &found) != 0)
		fanout_die(host);
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0)
		fanout_die("connect");
	freeaddrinfo(found);
	return fd;
}

void fanout_ask(int fd, const char *request, const char *until)
{
	char head[4096];
	size_t len = 0;
	ssize_t n;

	if (write(fd, request, strlen(request)) < 0)
		fanout_die("subscribe");
	do {
		n = read(fd, head + len, sizeof(head) - 1 - len);
		if (n <= 0)
			fanout_die("subscribe");
		len += (size_t)n;
		head[len] = '\0';
	} while (!strstr(head, until));
}

unsigned int fanout_device(const struct fanout *f, unsigned int n)
{
	return n % f->subscribers;
}

/* ---- publishing ----------------------------------------------------------------------------- */

static int open_publisher(struct fanout *f)
{
	f->publisher = fanout_connect(f->host, f->port);
	if (fcntl(f->publisher, F_SETFL, O_NONBLOCK) < 0)
		fanout_die("fcntl");
	if (!f->out)
		f->out = malloc((size_t)BATCH * MESSAGE_MAX);
	if (!f->out)
		fanout_die("malloc");
	f->out_at = f->out_len = 0;
	return f->publisher;
}

static void ready(struct fanout *f, bool readable)
{
	static char answers[1 << 16];
	ssize_t n;

	if (readable && read(f->publisher, answers, sizeof(answers)) == 0)
		fanout_die("the publisher was cut off");
	if (f->out_at == f->out_len)
		return;
	n = write(f->publisher, f->out + f->out_at, f->out_len - f->out_at);
	if (n < 0 && errno != EAGAIN)
		fanout_die("publish");
	f->out_at += n > 0 ? (size_t)n : 0;
}

static unsigned int publish(struct fanout *f, unsigned int done, unsigned int left,
			    const char *format)
{
	unsigned int n = left < BATCH ? left : BATCH;

	ready(f, false);
	if (f->out_at < f->out_len)
		return 0;
	f->out_at = f->out_len = 0;
	for (unsigned int i = 0; i < n; i++) {
		f->out_len += (size_t)sprintf(f->out + f->out_len, format,
					      fanout_device(f, done + i), f->text_len);
		memcpy(f->out + f->out_len, f->text, f->text_len);
		f->out_len += f->text_len;
		memcpy(f->out + f->out_len, "\r\n", 2);
		f->out_len += 2;
	}
	ready(f, false);
	return n;
}

static void close_publisher(struct fanout *f)
{
	close(f->publisher);
}

/* ---- NATS ----------------------------------------------------------------------------------- */

#define NATS_HELLO "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n"

static int nats_subscribe(struct fanout *f, unsigned int i)
{
	int fd = fanout_connect(f->host, f->port);
	char request[FANOUT_SUBSCRIBERS_MAX * 24];
	size_t n = (size_t)sprintf(request, NATS_HELLO);

	if (f->of == 0)
		n += (size_t)sprintf(request + n, "SUB events.* 1\r\n");
	for (unsigned int k = 0; k < f->of; k++)
		n += (size_t)sprintf(request + n, "SUB events.%u %u\r\n", (i + k) % f->subscribers,
				     k + 1);
	strcpy(request + n, "PING\r\n");
	fanout_ask(fd, request, "PONG\r\n");
	return fd;
}

static int nats_open(struct fanout *f)
{
	open_publisher(f);
	if (write(f->publisher, NATS_HELLO, sizeof(NATS_HELLO) - 1) < 0)
		fanout_die("publish");
	return f->publisher;
}

static unsigned int nats_publish(struct fanout *f, unsigned int done, unsigned int left)
{
	return publish(f, done, left, "PUB events.%u %zu\r\n");
}

const struct fanout_side fanout_nats = {
	.name = "nats",
	.first = 'M', /* MSG */
	.subscribe = nats_subscribe,
	.open = nats_open,
	.publish = nats_publish,
	.ready = ready,
	.close = close_publisher,
};

/* ---- nchan ---------------------------------------------------------------------------------- */

static int nchan_subscribe(struct fanout *f, unsigned int i)
{
	int fd = fanout_connect(f->host, f->port);
	char request[FANOUT_SUBSCRIBERS_MAX * 8 + 128];
	unsigned int wanted = f->of ? f->of : f->subscribers;
	size_t n = (size_t)sprintf(request, "GET /sub/");

	for (unsigned int k = 0; k < wanted; k++)
		n += (size_t)sprintf(request + n, "%s%u", k ? "," : "", (i + k) % f->subscribers);
	sprintf(request + n, " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
	fanout_ask(fd, request, ": hi\n");
	return fd;
}

/* It greets before it listens to all of a subscriber's channels. */
static int nchan_open(struct fanout *f)
{
	usleep(2000000);
	return open_publisher(f);
}

static unsigned int nchan_publish(struct fanout *f, unsigned int done, unsigned int left)
{
	/* The CRLF behind a body is one that servers pass over before a request line (RFC 9112, 2.2). */
	return publish(f, done, left,
		       "POST /pub/%u HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n");
}

const struct fanout_side fanout_nchan = {
	.name = "nchan",
	.first = 'd', /* data: */
	.subscribe = nchan_subscribe,
	.open = nchan_open,
	.publish = nchan_publish,
	.ready = ready,
	.close = close_publisher,
};
