/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_latency: open-loop latency from sending a frame to reading its event. One thread sends at a
 * fixed rate whatever comes back; the other reads. Three ways in turn:
 *
 *     culvert  CoAP message through the wire and Culvert to an NDJSON subscriber on a Unix socket
 *     udp      bare UDP datagram to an echo on loopback and back
 *     mqtt     mosquitto publish to subscribe, QoS 0
 *
 *     bench_latency culvert HOST SOCKET RATE COUNT
 *     bench_latency udp RATE COUNT
 *     bench_latency mqtt HOST RATE COUNT
 *
 * Prints {"sent":N,"received":N,"p50_us":X,"p99_us":X,"max_us":X}.
 */
#include <arpa/inet.h>
#include <mosquitto.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/perf/subscribe.h"

#define WAIT_AFTER_NS 2000000000
#define MAX_COUNT 10000000u

struct run {
	unsigned int rate, count;
	uint32_t *latency_ns; /* [count], in order of arrival */
	atomic_uint received;
	atomic_bool done;
	int in, out;
	struct mosquitto *mosq;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void got(struct run *r, int64_t sent)
{
	unsigned int n = atomic_load(&r->received);
	int64_t latency = now_ns() - sent;

	if (n >= r->count || latency < 0 || latency > UINT32_MAX)
		return;
	r->latency_ns[n] = (uint32_t)latency;
	atomic_store(&r->received, n + 1);
}

/* The stamp travels as a decimal number: exact in a double (ns since boot < 2^53). */
static void send_coap(struct run *r)
{
	char m[64] = {0x50, 0x02, 0, 0, (char)0xb3, 's', 'e', 'q', 0x10, (char)0xff};
	int n = 10 + sprintf(m + 10, "%ld", now_ns());

	if (send(r->out, m, (size_t)n, 0) < 0)
		perror("bench_latency: send");
}

static void send_udp(struct run *r)
{
	int64_t stamp = now_ns();

	if (send(r->out, &stamp, sizeof(stamp), 0) < 0)
		perror("bench_latency: send");
}

static void send_mqtt(struct run *r)
{
	int64_t stamp = now_ns();

	mosquitto_publish(r->mosq, NULL, "bench", sizeof(stamp), &stamp, 0, false);
}

static void *read_events(void *arg)
{
	struct run *r = arg;
	static char buf[1 << 20];
	size_t have = 0;
	ssize_t n;

	while (!atomic_load(&r->done) &&
	       (n = recv(r->in, buf + have, sizeof(buf) - 1 - have, 0)) > 0) {
		char *line = buf, *end;

		have += (size_t)n;
		buf[have] = '\0';
		while ((end = strchr(line, '\n'))) {
			char *value;

			*end = '\0';
			value = strstr(line, "\"value\":");
			if (value && strstr(line, "\"seq\""))
				got(r, (int64_t)strtod(value + 8, NULL));
			line = end + 1;
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
	}
	return NULL;
}

static void *read_udp(void *arg)
{
	struct run *r = arg;
	int64_t stamp;

	while (!atomic_load(&r->done))
		if (recv(r->in, &stamp, sizeof(stamp), 0) == sizeof(stamp))
			got(r, stamp);
	return NULL;
}

static void *echo(void *arg)
{
	struct sockaddr_in from;
	int sock = *(int *)arg;
	int64_t stamp;

	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n =
			recvfrom(sock, &stamp, sizeof(stamp), 0, (struct sockaddr *)&from, &len);

		if (n > 0)
			sendto(sock, &stamp, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
	return NULL;
}

static void on_message(struct mosquitto *m, void *arg, const struct mosquitto_message *msg)
{
	int64_t stamp;

	(void)m;
	if (msg->payloadlen == sizeof(stamp)) {
		memcpy(&stamp, msg->payload, sizeof(stamp));
		got(arg, stamp);
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void open_loop(struct run *r, void (*one)(struct run *))
{
	int64_t start = now_ns(), last;
	unsigned int n;

	for (unsigned int i = 0; i < r->count; i++) {
		int64_t wait = start + (int64_t)((uint64_t)i * 1000000000u / r->rate) - now_ns();

		if (wait > 0)
			nanosleep(&(struct timespec){wait / 1000000000, wait % 1000000000}, NULL);
		one(r);
	}
	last = now_ns();
	while (atomic_load(&r->received) < r->count && now_ns() - last < WAIT_AFTER_NS)
		usleep(1000);
	atomic_store(&r->done, true);
	n = atomic_load(&r->received);
	qsort(r->latency_ns, n, sizeof(uint32_t), by_size);
	printf("{\"sent\": %u, \"received\": %u, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": "
	       "%.1f}\n",
	       r->count, n, n ? r->latency_ns[n / 2] / 1e3 : -1,
	       n ? r->latency_ns[(uint64_t)n * 99 / 100] / 1e3 : -1,
	       n ? r->latency_ns[n - 1] / 1e3 : -1);
}

static int udp_to(const char *host, uint16_t port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (inet_pton(AF_INET, host, &addr.sin_addr) != 1 ||
	    connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return sock;
}

static int run_culvert(struct run *r, const char *host, const char *path)
{
	pthread_t reader;

	r->out = udp_to(host, 5683);
	r->in = subscribe_to(path, "measurement");
	if (r->out < 0 || r->in < 0)
		return 1;
	pthread_create(&reader, NULL, read_events, r);
	usleep(300000); /* the subscription is in place */
	open_loop(r, send_coap);
	shutdown(r->in, SHUT_RDWR);
	pthread_join(reader, NULL);
	return 0;
}

static int run_udp(struct run *r)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	static int server;
	socklen_t len = sizeof(addr);
	pthread_t reader, echoer;

	server = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(server, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    getsockname(server, (struct sockaddr *)&addr, &len) < 0)
		return 1;
	r->in = r->out = udp_to("127.0.0.1", ntohs(addr.sin_port));
	pthread_create(&echoer, NULL, echo, &server);
	pthread_create(&reader, NULL, read_udp, r);
	open_loop(r, send_udp);
	return 0;
}

static int run_mqtt(struct run *r, const char *host)
{
	struct mosquitto *sub;

	mosquitto_lib_init();
	sub = mosquitto_new(NULL, true, r);
	r->mosq = mosquitto_new(NULL, true, NULL);
	mosquitto_message_callback_set(sub, on_message);
	if (mosquitto_connect(sub, host, 1883, 60) || mosquitto_connect(r->mosq, host, 1883, 60))
		return 1;
	mosquitto_int_option(sub, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(r->mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_subscribe(sub, NULL, "bench", 0);
	mosquitto_loop_start(sub);
	mosquitto_loop_start(r->mosq);
	usleep(300000); /* the subscription is in place */
	open_loop(r, send_mqtt);
	return 0;
}

int main(int argc, char **argv)
{
	struct run r = {0};

	if (argc < 4 || (r.count = (unsigned int)atoi(argv[argc - 1])) == 0 ||
	    r.count > MAX_COUNT || (r.rate = (unsigned int)atoi(argv[argc - 2])) == 0) {
		fputs("usage: bench_latency culvert HOST SOCKET RATE COUNT | udp RATE COUNT | mqtt "
		      "HOST RATE COUNT\n",
		      stderr);
		return 1;
	}
	r.latency_ns = calloc(r.count, sizeof(uint32_t));
	if (!r.latency_ns)
		return 1;
	if (strcmp(argv[1], "culvert") == 0 && argc == 6)
		return run_culvert(&r, argv[2], argv[3]);
	if (strcmp(argv[1], "udp") == 0 && argc == 4)
		return run_udp(&r);
	if (strcmp(argv[1], "mqtt") == 0 && argc == 5)
		return run_mqtt(&r, argv[2]);
	return 1;
}
