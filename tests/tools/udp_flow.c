/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udp_flow: a numbered flow of CoAP messages (NON POST /seq, text/plain payload = number), so that
 * a test can say which frames were lost and which events are missing.
 *
 *     udp_flow send HOST PORT PER-SECOND COUNT    prints "sent N", also on SIGTERM before COUNT
 *     udp_flow recv PORT                          until SIGTERM, then prints
 *                                                 "received N distinct D highest H reordered R"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_COUNT 100000000u

/* RFC 7252 section 3: version 1, NON, no token, 0.02 POST; Uri-Path "seq"; payload marker. */
static size_t make_message(uint8_t *m, uint32_t seq)
{
	static const uint8_t head[] = {0x50, 0x02, 0, 0, 0xb3, 's', 'e', 'q', 0x10, 0xff};

	memcpy(m, head, sizeof(head));
	m[2] = (uint8_t)(seq >> 8);
	m[3] = (uint8_t)seq;
	return sizeof(head) + (size_t)sprintf((char *)m + sizeof(head), "%u", seq);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int open_to(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *ai;
	int sock;

	if (getaddrinfo(host, port, &hints, &ai) != 0)
		return -1;
	sock = socket(ai->ai_family, ai->ai_socktype, 0);
	if (sock >= 0 && connect(sock, ai->ai_addr, ai->ai_addrlen) < 0) {
		close(sock);
		sock = -1;
	}
	freeaddrinfo(ai);
	return sock;
}

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

#define BATCH 64

struct batch {
	struct mmsghdr headers[BATCH];
	struct iovec parts[BATCH];
	uint8_t messages[BATCH][64];
};

/* Until the time of message @p seq has come. */
static void wait_for(int64_t start, uint64_t rate, uint32_t seq)
{
	int64_t wait = start + (int64_t)((uint64_t)seq * 1000000000u / rate) - now_ns();
	struct timespec ts = {wait / 1000000000, wait % 1000000000};

	if (wait > 0)
		nanosleep(&ts, NULL);
}

/* Messages whose time has come, at least one. @return how many. */
static unsigned int make_batch(struct batch *b, uint32_t seq, uint32_t count, int64_t start,
			       uint64_t rate)
{
	uint64_t due = (uint64_t)((now_ns() - start) / 1000) * rate / 1000000;
	unsigned int n = 0;

	do {
		b->parts[n].iov_base = b->messages[n];
		b->parts[n].iov_len = make_message(b->messages[n], seq + n);
		b->headers[n].msg_hdr.msg_iov = &b->parts[n];
		b->headers[n].msg_hdr.msg_iovlen = 1;
		n++;
	} while (n < BATCH && seq + n <= count && seq + n <= due);
	return n;
}

static int send_flow(const char *host, const char *port, uint64_t rate, uint32_t count)
{
	struct sigaction sa = {.sa_handler = on_signal};
	int sock = open_to(host, port);
	int64_t start = now_ns();
	static struct batch b;
	uint32_t sent = 0, seq = 1;

	if (sock < 0) {
		perror("udp_flow: send");
		return 1;
	}
	sigaction(SIGTERM, &sa, NULL);
	while (seq <= count && !stopped) {
		unsigned int n, at = 0;

		wait_for(start, rate, seq);
		n = make_batch(&b, seq, count, start, rate);
		while (at < n) {
			int done = sendmmsg(sock, b.headers + at, n - at, 0);

			/* An ICMP error of an earlier frame is reported here; it then goes out. */
			if (done <= 0)
				done = sendmmsg(sock, b.headers + at, 1, 0);
			sent += done > 0 ? (unsigned int)done : 0;
			at += done > 0 ? (unsigned int)done : 1;
		}
		seq += n;
	}
	printf("sent %u\n", sent);
	fprintf(stderr, "in %.3f s\n", (double)(now_ns() - start) / 1e9);
	close(sock);
	return 0;
}

static int receive_flow(const char *port)
{
	struct sockaddr_in6 addr = {.sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)atoi(port))};
	struct sigaction sa = {.sa_handler = on_signal};
	struct timeval timeout = {.tv_usec = 100000};
	uint32_t received = 0, distinct = 0, highest = 0, reordered = 0;
	uint8_t *seen = calloc(MAX_COUNT / 8 + 1, 1);
	int sock = socket(AF_INET6, SOCK_DGRAM, 0), size = 8 << 20;
	char m[128];

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (!seen || sock < 0 || bind(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		perror("udp_flow: recv");
		return 1;
	}
	for (;;) {
		ssize_t n = recv(sock, m, sizeof(m) - 1, 0);
		uint32_t seq;

		/* Asked to stop, take what has arrived first. */
		if (n < 0 && errno != EINTR && stopped)
			break;
		if (n < 10)
			continue;
		m[n] = '\0';
		seq = (uint32_t)strtoul(m + 10, NULL, 10);
		if (seq == 0 || seq > MAX_COUNT)
			continue;
		received++;
		reordered += seq < highest;
		if (seq > highest)
			highest = seq;
		distinct += !(seen[seq / 8] >> seq % 8 & 1);
		seen[seq / 8] |= (uint8_t)(1 << seq % 8);
	}
	printf("received %u distinct %u highest %u reordered %u\n", received, distinct, highest,
	       reordered);
	free(seen);
	close(sock);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "send") == 0 && strtoull(argv[4], NULL, 10) > 0)
		return send_flow(argv[2], argv[3], strtoull(argv[4], NULL, 10),
				 (uint32_t)strtoul(argv[5], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "recv") == 0)
		return receive_flow(argv[2]);
	fputs("usage: udp_flow send HOST PORT PER-SECOND COUNT | udp_flow recv PORT\n", stderr);
	return 1;
}
