/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_city: the worker's loop with everything on, once through a capture: verdict, a limit for each
 * device, flows, decoders, cleaning, records into the handoff. A thread on another CPU takes the
 * blocks as control does, looks at each and gives it back. tools/bench city makes the capture.
 *
 *     bench_city FILE [EAL-ARGUMENTS...]      prints one JSON object
 *
 * PERF_CONTROL in the environment names the FIFO of `perf record --control`: the loop alone is
 * sampled.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "tests/perf/worker_rig.h"

#define DEVICES (1u << 20)
#define SERIES (1u << 20)
#define BLOCKS 256
#define TICKS_PER_SECOND 200 /* as worker.c has it */

struct drain {
	const struct cv_handoff *handoff;
	uint64_t records, broken;
	bool stop;
};

/* All that the worker may do to a frame: every sender is a device with a limit that none reaches. */
static int make_generation(const char *file, struct cv_generation **ret)
{
	struct cv_gen_prefix prefix[] = {
		{.addr = {10}, .family = 4, .len = 8, .class_id = 1},
		{.addr = {0xfd}, .family = 6, .len = 8, .class_id = 1},
	};
	struct cv_gen_rule rule = {
		.key = {.src_class = 1, .match = CV_MATCH_ANY_PORT},
		.rule = {.id = 1,
			 .action = CV_ACTION_FORWARD,
			 .flags = CV_RULE_POLICE | CV_RULE_INSPECT,
			 .index = 1,
			 .limit = {.cost_packet = 1, .burst = CV_COST_MAX}},
	};
	struct cv_generation_build *b;
	struct cv_generation *head;
	int err = cv_generation_build_create(&b);

	if (err < 0)
		return err;
	head = cv_generation_build_head(b);
	head->device_capacity = DEVICES;
	head->flow_capacity = DEVICES;
	head->blocks_per_lane = BLOCKS;
	head->cleaning.series = SERIES;
	head->cleaning.repeats = 1;
	err = worker_rig_ports(b, file);
	for (int i = 0; err == 0 && i < 2; i++)
		err = cv_generation_build_prefix(b, &prefix[i]);
	if (err == 0)
		err = cv_generation_build_rule(b, &rule);
	if (err == 0)
		err = cv_generation_build_finish(b, ret);
	cv_generation_build_destroy(b);
	return err;
}

static void take(struct drain *d, unsigned int lane)
{
	struct cv_channel *ch = cv_handoff_channel(d->handoff, 0, lane);
	uint64_t head = __atomic_load_n(&ch->head, __ATOMIC_ACQUIRE), tail = ch->tail;

	for (; tail != head; tail++) {
		struct cv_block *b = cv_handoff_block(d->handoff, 0, lane, tail);

		d->broken += cv_block_check(b, lane) != 0;
		b->crc32c = cv_block_crc(b);
		d->records += b->count;
		__atomic_store_n(&ch->tail, tail + 1, __ATOMIC_RELEASE);
	}
}

static void *drain(void *arg)
{
	struct drain *d = arg;
	bool last;

	do {
		last = __atomic_load_n(&d->stop, __ATOMIC_ACQUIRE);
		for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
			take(d, lane);
		usleep(200);
	} while (!last);
	return NULL;
}

/* Not where the lcore is; the lcore's affinity would be inherited. */
static int start_drain(struct drain *d, pthread_t *thread)
{
	cpu_set_t cpus;
	pthread_attr_t attr;
	int err;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus);
	err = pthread_create(thread, &attr, drain, d);
	pthread_attr_destroy(&attr);
	return err;
}

static void sampling(const char *word)
{
	const char *path = getenv("PERF_CONTROL");
	int fd = path ? open(path, O_WRONLY) : -1;

	if (fd < 0)
		return;
	if (write(fd, word, strlen(word)) < 0)
		perror("PERF_CONTROL");
	close(fd);
	usleep(100000);
}

/* @return cycles of the whole file. */
static uint64_t run(struct worker_rig *r, int64_t frames)
{
	struct cv_worker *w = &r->worker;
	uint64_t start, next, tsc;

	r->ports[0].last = (uint64_t)frames;
	start = next = rte_rdtsc();
	while (w->counters->rx < (uint64_t)frames) {
		int64_t wall_ns;

		cv_pipeline_turn(w->pipeline);
		cv_worker_poll(w, &r->ports[0]);
		tsc = rte_rdtsc();
		wall_ns = cv_clock_wall_ns(w->clock, cv_clock_mono_ns(w->clock, tsc));
		if (tsc >= next) {
			cv_pipeline_tick(w->pipeline, wall_ns);
			next = tsc + w->clock->hz / TICKS_PER_SECOND;
		}
		cv_handoff_flush(&w->sink, tsc, wall_ns, false);
	}
	tsc = rte_rdtsc();
	cv_handoff_flush(&w->sink, tsc, w->sink.now_ns, true);
	return tsc - start;
}

static uint64_t sum(const uint64_t *v, size_t n)
{
	uint64_t s = 0;

	while (n-- > 0)
		s += *v++;
	return s;
}

static void report(const struct cv_counters *c, const struct drain *d, uint64_t cycles)
{
	double seconds = (double)cycles / (double)rte_get_tsc_hz();

	printf("{\"frames\": %lu, \"forwarded\": %lu, \"messages\": %lu, \"rejected\": %lu, "
	       "\"records\": %lu, \"shed\": %lu, \"drained\": %lu, \"broken\": %lu, "
	       "\"cycles_per_packet\": %.1f, \"ns_per_packet\": %.1f, "
	       "\"packets_per_second\": %.0f}\n",
	       c->rx, c->forwarded, sum(c->messages, CV_PROTO_COUNT),
	       sum(&c->rejected[0][0], sizeof(c->rejected) / sizeof(uint64_t)),
	       sum(c->produced, CV_LANE_COUNT), sum(c->shed, CV_LANE_COUNT), d->records, d->broken,
	       (double)cycles / (double)c->rx, seconds * 1e9 / (double)c->rx,
	       (double)c->rx / seconds);
}

int main(int argc, char **argv)
{
	static struct worker_rig rig;
	struct drain d = {.handoff = &rig.handoff};
	struct cv_generation *gen = NULL;
	int64_t frames = argc > 1 ? worker_rig_frames(argv[1]) : -1;
	pthread_t thread;
	uint64_t cycles;

	if (frames < 0) {
		fputs("usage: bench_city FILE [EAL-ARGUMENTS...]\n", stderr);
		return 1;
	}
	if (make_generation(argv[1], &gen) < 0)
		return 1;
	argv[1] = argv[0];
	/* A node that has run for a while has touched its tables; this one has not yet. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		perror("bench_city: mlockall");
	if (rte_eal_init(argc - 1, argv + 1) < 0 || worker_rig_open(&rig, gen, frames) < 0 ||
	    start_drain(&d, &thread) != 0)
		return 1;
	sampling("enable\n");
	cycles = run(&rig, frames);
	sampling("disable\n");
	__atomic_store_n(&d.stop, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	report(rig.worker.counters, &d, cycles);
	worker_rig_close(&rig);
	free(gen);
	return 0;
}
