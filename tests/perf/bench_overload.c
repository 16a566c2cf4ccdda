/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_overload: how late alarms come while there are more measurements than the node can take.
 * Open loop: one thread sends CoAP messages of 64 SenML records each, one sends fire alarms (GB/T
 * 26875.3 over UDP), each from a detector of its own, one reads the alarm lane.
 *
 *     bench_overload HOST SOCKET MESSAGES-PER-S ALARMS-PER-S ALARMS FIRST
 *
 * FIRST: the number of the first detector, since an alarm that came before is a repeat.
 *
 * Prints {"messages":N,"records":N,"sent":N,"received":N,"p50_us":X,"p99_us":X,"p9999_us":X,"max_us":X}:
 * of alarms, from sending the frame to reading the event.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/perf/subscribe.h"

#define RECORDS 64u
#define COAP_PORT 5683
#define FIRE_PORT 5026
#define WAIT_AFTER_NS 5000000000
#define ALARMS_MAX (1u << 20)

static int64_t sent_ns[ALARMS_MAX];
static uint32_t latency_us[ALARMS_MAX];
static atomic_uint received;
static atomic_bool done;
static const char *host;
static unsigned int messages_per_s, first;
static uint64_t messages;
static int alarms_in;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void wait_until(int64_t ns)
{
	int64_t left = ns - now_ns();

	if (left > 0)
		nanosleep(&(struct timespec){left / 1000000000, left % 1000000000}, NULL);
}

static int udp_to(uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (sock < 0 || inet_pton(AF_INET, host, &addr.sin_addr) != 1 ||
	    connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return sock;
}

/* RFC 7252 3: NON POST /m, content format 112 (SenML CBOR), records {n: "aa".., v: value}. */
static size_t make_message(uint8_t *m, uint64_t number)
{
	static const uint8_t head[] = {0x50, 2, 0, 0, 0xb1, 'm', 0x11, 112, 0xff, 0x98, RECORDS};
	uint8_t *at = m + sizeof(head);

	memcpy(m, head, sizeof(head));
	m[2] = (uint8_t)(number >> 8);
	m[3] = (uint8_t)number;
	for (unsigned int i = 0; i < RECORDS; i++) {
		uint8_t record[] = {
			0xa2, 0, 0x62, (uint8_t)('a' + i / 8), (uint8_t)('a' + i % 8), 2,
			0x19, 0, 0};

		record[7] = (uint8_t)(number >> 8);
		record[8] = (uint8_t)(number | 1);
		memcpy(at, record, sizeof(record));
		at += sizeof(record);
	}
	return (size_t)(at - m);
}

static void *send_messages(void *arg)
{
	int sock = udp_to(COAP_PORT);
	int64_t start = now_ns();
	uint8_t m[1024];

	while (sock >= 0 && !atomic_load(&done)) {
		size_t len = make_message(m, messages);

		wait_until(start + (int64_t)(messages * 1000000000u / messages_per_s));
		if (send(sock, m, len, 0) > 0)
			messages++;
	}
	close(sock);
	return NULL;
}

/* GB/T 26875.3 8.2.1.1: type 2 (component-state), one component; zone and number say which. */
static size_t make_alarm(uint8_t *m, uint32_t number)
{
	static const uint8_t head[] = {'@',  '@',  0,	 0, 1, 1, 0x20, 0x3a, 9,    0x1a, 9,
				       0x0c, 0x79, 3,	 0, 0, 0, 0,	0x38, 0x5b, 1,	  0,
				       0,    0,	   0x30, 0, 2, 2, 1,	1,    1,    0x28};
	static const uint8_t end[] = {2, 0x3a, 9, 0x1a, 9, 0x0c, 0, '#', '#'};
	uint8_t *at = m + sizeof(head), sum = 0;

	memset(m, 0, 78);
	memcpy(m, head, sizeof(head));
	m[2] = (uint8_t)number;
	m[3] = (uint8_t)(number >> 8);
	*at++ = (uint8_t)number; /* zone */
	*at++ = (uint8_t)(number >> 8);
	*at++ = (uint8_t)(number >> 16); /* number in it */
	*at++ = (uint8_t)(number >> 24);
	*at++ = 2; /* fire */
	*at++ = 0;
	at += 31; /* of the description */
	memcpy(at, end, sizeof(end));
	for (const uint8_t *p = m + 2; p < at + 6; p++)
		sum = (uint8_t)(sum + *p);
	at[6] = sum;
	return (size_t)(at - m) + sizeof(end);
}

static void got(const char *subject, unsigned int alarms)
{
	const char *number = strstr(subject, "_1-1.40-");
	unsigned long which = number ? strtoul(number + 8, NULL, 16) - first : ALARMS_MAX;
	unsigned int n = atomic_load(&received);

	if (which >= alarms || n >= alarms)
		return;
	latency_us[n] = (uint32_t)((now_ns() - sent_ns[which]) / 1000);
	atomic_store(&received, n + 1);
}

static void *read_alarms(void *arg)
{
	unsigned int alarms = *(unsigned int *)arg;
	static char buf[1 << 20];
	size_t have = 0;
	ssize_t n;

	while ((n = recv(alarms_in, buf + have, sizeof(buf) - 1 - have, 0)) > 0) {
		char *line = buf, *end;

		have += (size_t)n;
		buf[have] = '\0';
		while ((end = strchr(line, '\n'))) {
			*end = '\0';
			got(line, alarms);
			line = end + 1;
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
	}
	return NULL;
}

/* @return 0, or -1: the alarms do not go out. */
static int send_alarms(unsigned int alarms, unsigned int per_s)
{
	int64_t start = now_ns();
	int sock = udp_to(FIRE_PORT), res = sock < 0 ? -1 : 0;
	uint8_t m[128];

	for (unsigned int i = 0; i < alarms && res == 0; i++) {
		size_t len = make_alarm(m, first + i);

		wait_until(start + (int64_t)((uint64_t)i * 1000000000u / per_s));
		sent_ns[i] = now_ns();
		res = send(sock, m, len, 0) == (ssize_t)len ? 0 : -1;
	}
	close(sock);
	return res;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print(unsigned int alarms)
{
	unsigned int n = atomic_load(&received), last = n ? n - 1 : 0;

	qsort(latency_us, n, sizeof(latency_us[0]), by_size);
	printf("{\"messages\": %lu, \"records\": %lu, \"sent\": %u, \"received\": %u, \"p50_us\": "
	       "%u, \"p99_us\": %u, \"p9999_us\": %u, \"max_us\": %u}\n",
	       messages, messages * RECORDS, alarms, n, latency_us[n / 2],
	       latency_us[(uint64_t)n * 99 / 100], latency_us[(uint64_t)n * 9999 / 10000],
	       latency_us[last]);
}

int main(int argc, char **argv)
{
	unsigned int alarms = argc == 7 ? (unsigned int)atoi(argv[5]) : 0;
	unsigned int per_s = argc == 7 ? (unsigned int)atoi(argv[4]) : 0;
	pthread_t sender, reader;
	int64_t last;
	int res;

	messages_per_s = argc == 7 ? (unsigned int)atoi(argv[3]) : 0;
	first = argc == 7 ? (unsigned int)atoi(argv[6]) : 0;
	if (alarms == 0 || alarms > ALARMS_MAX || per_s == 0 || messages_per_s == 0) {
		fputs("usage: bench_overload HOST SOCKET MESSAGES-PER-S ALARMS-PER-S ALARMS "
		      "FIRST\n",
		      stderr);
		return 1;
	}
	host = argv[1];
	alarms_in = subscribe_to(argv[2], "alarm");
	if (alarms_in < 0) {
		perror("bench_overload: subscribe");
		return 1;
	}
	pthread_create(&reader, NULL, read_alarms, &alarms);
	pthread_create(&sender, NULL, send_messages, NULL);
	usleep(1000000); /* the overload stands */
	res = send_alarms(alarms, per_s);
	last = now_ns();
	while (atomic_load(&received) < alarms && now_ns() - last < WAIT_AFTER_NS)
		usleep(1000);
	atomic_store(&done, true);
	pthread_join(sender, NULL);
	shutdown(alarms_in, SHUT_RDWR);
	pthread_join(reader, NULL);
	print(alarms);
	return res == 0 ? 0 : 1;
}
