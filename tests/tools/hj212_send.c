/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HJ 212 air station: connects to a platform and sends real-time, minute and device-state frames
 * with right check codes and the current Beijing time. Its check code is computed bit by bit as in
 * annex A, independently of the decoder's.
 *
 * usage: hj212-send [--rate N] [--count N] [--split BYTES] [--udp] HOST PORT
 *   --rate    frames per second, 0 = as fast as possible (default 1)
 *   --count   frames in all, 0 = until interrupted (default 10)
 *   --split   send in pieces of this many bytes (TCP)
 *   --udp     one datagram per frame
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 1200

struct options {
	const char *host, *port;
	unsigned long rate, count, split;
	int type; /* SOCK_STREAM or SOCK_DGRAM */
};

static uint16_t check_code(const char *data, size_t len)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < len; i++) {
		crc = (uint16_t)((crc >> 8) ^ (unsigned char)data[i]);
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xa001) : crc >> 1;
	}
	return crc;
}

/* Body of the n-th frame: values drift slowly, now and then one is marked. */
static int body(unsigned long n, const char *time_text, char *out, size_t size)
{
	static const int numbers[] = {2011, 2011, 2051, 2011, 2021};
	int cn = numbers[n % 5];
	const char *stat = cn == 2051 ? "Avg" : "Rtd";
	unsigned long v = n % 100;
	int len;

	len = snprintf(out, size,
		       "QN=%s%03lu;ST=22;CN=%d;PW=123456;MN=CULVERT0000000000000001;Flag=5;"
		       "CP=&&DataTime=%s;",
		       time_text, n % 1000, cn, time_text);
	if (cn == 2021)
		return len + snprintf(out + len, size - (size_t)len, "SB1-RS=1;SB2-RS=%d&&",
				      v == 4 ? 4 : 1);
	return len + snprintf(out + len, size - (size_t)len,
			      "a34004-%s=%lu.%lu,a34004-Flag=N;a34002-%s=%lu,a34002-Flag=%s;"
			      "a01001-%s=-%lu.5,a01001-Flag=N;a01002-%s=%lu,a01002-Flag=N;"
			      "a01006-%s=101.%02lu,a01006-Flag=N;LA-%s=%lu.2,LA-Flag=N&&",
			      stat, 10 + v, n % 10, stat, 30 + v, v == 7 ? "D" : "N", stat, v % 20,
			      stat, 40 + v % 50, stat, v, stat, 45 + v % 30);
}

static size_t frame(unsigned long n, char *out)
{
	char segment[FRAME_MAX], time_text[24];
	time_t beijing = time(NULL) + 8 * 3600;
	struct tm tm;
	int len;

	gmtime_r(&beijing, &tm);
	strftime(time_text, sizeof(time_text), "%Y%m%d%H%M%S", &tm);
	len = body(n, time_text, segment, sizeof(segment));
	return (size_t)snprintf(out, FRAME_MAX + 16, "##%04d%s%04X\r\n", len, segment,
				check_code(segment, (size_t)len));
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {{"rate", required_argument, NULL, 'r'},
					      {"count", required_argument, NULL, 'c'},
					      {"split", required_argument, NULL, 's'},
					      {"udp", no_argument, NULL, 'u'},
					      {NULL, 0, NULL, 0}};
	int c;

	*o = (struct options){.rate = 1, .count = 10, .type = SOCK_STREAM};
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'r':
			o->rate = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			o->count = strtoul(optarg, NULL, 10);
			break;
		case 's':
			o->split = strtoul(optarg, NULL, 10);
			break;
		case 'u':
			o->type = SOCK_DGRAM;
			break;
		default:
			return -1;
		}
	}
	if (argc - optind != 2)
		return -1;
	o->host = argv[optind];
	o->port = argv[optind + 1];
	return 0;
}

static int dial(const struct options *o)
{
	struct addrinfo hints = {.ai_socktype = o->type}, *list;
	int r = getaddrinfo(o->host, o->port, &hints, &list), fd, on = 1;

	if (r != 0) {
		fprintf(stderr, "hj212-send: %s: %s\n", o->host, gai_strerror(r));
		return -1;
	}
	fd = socket(list->ai_family, list->ai_socktype, 0);
	if (fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) < 0) {
		fprintf(stderr, "hj212-send: %s port %s: %s\n", o->host, o->port, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	} else if (o->type == SOCK_STREAM) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	freeaddrinfo(list);
	return fd;
}

static int transmit(int fd, const struct options *o, const char *data, size_t len)
{
	while (len > 0) {
		size_t piece =
			o->split && o->split < len && o->type == SOCK_STREAM ? o->split : len;
		ssize_t n = send(fd, data, piece, MSG_NOSIGNAL);

		/* A datagram nobody waits for comes back as an error of the next one. */
		if (n < 0 && (errno == EINTR || (errno == ECONNREFUSED && o->type == SOCK_DGRAM)))
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;
	char out[FRAME_MAX + 16];
	unsigned long n;
	int fd;

	if (parse(argc, argv, &o) < 0) {
		fprintf(stderr, "usage: hj212-send [--rate N] [--count N] [--split BYTES] [--udp] "
				"HOST PORT\n");
		return 2;
	}
	fd = dial(&o);
	if (fd < 0)
		return 1;
	for (n = 0; o.count == 0 || n < o.count; n++) {
		if (transmit(fd, &o, out, frame(n, out)) < 0) {
			fprintf(stderr, "hj212-send: after %lu frames: %s\n", n, strerror(errno));
			close(fd);
			return 1;
		}
		if (o.rate)
			usleep((useconds_t)(1000000 / o.rate));
	}
	close(fd);
	printf("%lu frames sent\n", n);
	return 0;
}
