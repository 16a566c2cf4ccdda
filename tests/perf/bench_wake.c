/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_wake: how long a process that sleeps takes to see what another one has for it, turn by turn.
 *
 *     culvert  a block published in the handoff until control's consumer, over a real event log, looks
 *              at it; a thread rings the doorbell as the dataplane's housekeeping does
 *     eventfd  a write to an eventfd until a process that waits in epoll for it runs
 *
 *     bench_wake DIR WAKES TURNS
 *
 * DIR is for the event log. Prints {"wakes":N,"turns":[{"culvert_us":X,"eventfd_us":X},...]}: p99.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "control/consumer/consumer.h"
#include "dataplane/handoff/bell.h"

/* Longer than control looks for more before it sleeps, and not in step with housekeeping. */
#define APART_US 6000u
#define APART_SPREAD_US 1000u
#define GIVE_UP_NS 1000000000

struct shared {
	int64_t seen_ns; /* when the last wake was seen, 0 = not yet */
	bool ready;
};

static struct shared *seen;
static struct cv_handoff handoff = {.fd = -1};
static int bell, event;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Who waits for the answer spins, on a CPU of its own as an lcore does: woken there one would wait for it. */
static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		perror("bench_wake: CPU");
}

static void look(void *owner, struct cv_block *b)
{
	__atomic_store_n(&seen->seen_ns, now_ns(), __ATOMIC_RELEASE);
}

static void drained(void *owner, struct cv_consumer *c)
{
}

static _Noreturn void consume(const char *dir)
{
	struct cv_eventlog_config config = {.dir = dir, .node = "bench", .segment_size = 16 << 20};
	struct cv_consumer *c;
	struct cv_eventlog *log;
	struct cv_loop *loop;
	const char *why = "no io_uring";

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cv_loop_create(64, &loop) < 0 || cv_eventlog_open(loop, &config, &log, &why) < 0 ||
	    cv_consumer_create(loop, log, handoff.fd, bell, -1, drained, NULL, &c, &why) < 0) {
		fprintf(stderr, "bench_wake: %s\n", why);
		_exit(1);
	}
	cv_consumer_set_look(c, look, NULL);
	__atomic_store_n(&seen->ready, true, __ATOMIC_RELEASE);
	cv_loop_run(loop);
	_exit(0);
}

static _Noreturn void wait_in_epoll(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int set = epoll_create1(0);
	uint64_t rings;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, event, &e) < 0)
		_exit(1);
	while (epoll_wait(set, &e, 1, -1) == 1) {
		__atomic_store_n(&seen->seen_ns, now_ns(), __ATOMIC_RELEASE);
		if (read(event, &rings, sizeof(rings)) < 0)
			break;
	}
	_exit(1);
}

static void *keep_house(void *arg)
{
	const uint64_t one = 1;

	for (;;) {
		if (cv_bell_is_due(&handoff) && write(bell, &one, sizeof(one)) < 0)
			perror("bench_wake: doorbell");
		usleep(CV_BELL_US);
	}
	return NULL;
}

static void publish(void *arg)
{
	static const struct cv_origin origin = {.family = 4, .ip_proto = 17};
	struct cv_handoff_sink *sink = arg;
	static struct cv_emit e;

	if (!e.sink)
		cv_emit_init(&e, &sink->sink);
	e.origin = &origin;
	cv_emit_begin(&e, CV_LANE_ALARM, CV_KIND_MEASUREMENT);
	cv_emit_end(&e);
	cv_handoff_flush(sink, __rdtsc(), 1, true);
}

static void signal_event(void *arg)
{
	const uint64_t one = 1;

	if (write(event, &one, sizeof(one)) < 0)
		perror("bench_wake: eventfd");
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* @return p99 of so many, us. */
static double wakes(unsigned int n, void (*wake)(void *), void *arg)
{
	int64_t *took = calloc(n, sizeof(*took));
	double p99;

	for (unsigned int i = 0; took && i < n; i++) {
		int64_t at, until;

		usleep(APART_US + (useconds_t)(i * 7919u % APART_SPREAD_US));
		__atomic_store_n(&seen->seen_ns, 0, __ATOMIC_RELEASE);
		at = now_ns();
		wake(arg);
		while ((until = __atomic_load_n(&seen->seen_ns, __ATOMIC_ACQUIRE)) == 0) {
			if (now_ns() - at > GIVE_UP_NS) {
				fputs("bench_wake: nobody woke\n", stderr);
				exit(1);
			}
			_mm_pause();
		}
		took[i] = until - at;
	}
	if (!took)
		exit(1);
	qsort(took, n, sizeof(*took), by_size);
	p99 = (double)took[n * 99 / 100] / 1e3;
	free(took);
	return p99;
}

int main(int argc, char **argv)
{
	unsigned int n = argc == 4 ? (unsigned int)atoi(argv[2]) : 0;
	int turns = argc == 4 ? atoi(argv[3]) : 0;
	static struct cv_handoff_sink sink;
	pid_t consumer, waiter;
	pthread_t house;

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bell = eventfd(0, EFD_NONBLOCK);
	event = eventfd(0, 0);
	if (n == 0 || turns < 1 || seen == MAP_FAILED || bell < 0 || event < 0 ||
	    cv_handoff_create(1, 64, 1, &handoff) < 0) {
		fputs("usage: bench_wake DIR WAKES TURNS\n", stderr);
		return 1;
	}
	cv_handoff_sink_init(&sink, &handoff, 0, 1);
	stay_on(0);
	if ((consumer = fork()) == 0)
		consume(argv[1]);
	if ((waiter = fork()) == 0)
		wait_in_epoll();
	pthread_create(&house, NULL, keep_house, NULL);
	stay_on((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	for (int i = 0; i < 1000 && !__atomic_load_n(&seen->ready, __ATOMIC_ACQUIRE); i++)
		usleep(10000);
	printf("{\"wakes\": %u, \"turns\": [", n);
	for (int i = 0; i < turns; i++) {
		double culvert = wakes(n, publish, &sink);

		printf("%s{\"culvert_us\": %.1f, \"eventfd_us\": %.1f}", i ? ", " : "", culvert,
		       wakes(n, signal_event, NULL));
	}
	puts("]}");
	kill(consumer, SIGKILL);
	kill(waiter, SIGKILL);
	waitpid(consumer, NULL, 0);
	waitpid(waiter, NULL, 0);
	return 0;
}
