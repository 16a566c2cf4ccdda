/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_limit: how far the worker's limit per device is from an exact one over 60 s of simulated
 * time. The oracle is a leaky bucket in rational arithmetic with the exact time of each frame; the
 * worker sees bursts of 32 with one time each, as an lcore does.
 *
 *     bench_limit DEVICES FRAMES uniform|zipf      prints one JSON object
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/generation_build.h"
#include "dataplane/policy/policy_table.h"
#include "tests/perf/traffic.h"

#define BURST 32u
#define SECONDS 60ull
#define RATE 7ull /* packets/s: its interval is no whole number of ns */
#define DEPTH 5ull /* packets at once */
#define NS 1000000000ull

/* Of a device: when its bucket is empty again, in 1/RATE ns; and what each side let pass. */
struct state {
	uint64_t empty;
	uint32_t exact, ours;
};

struct bench {
	uint32_t devices, frames;
	double *zipf; /* cumulative, NULL = uniform */
	struct state *states;
	struct cv_policy_table *table;
	struct cv_device_table *meters;
	uint64_t rng;
};

static double unit(struct bench *b)
{
	b->rng ^= b->rng << 13;
	b->rng ^= b->rng >> 7;
	b->rng ^= b->rng << 17;
	return (double)(b->rng >> 11) * 0x1p-53;
}

/* Zipf with exponent 1: device k sends 1/(k+1) of what device 0 sends. */
static uint32_t pick(struct bench *b)
{
	double u = unit(b);
	uint32_t low = 0, high = b->devices - 1;

	if (!b->zipf)
		return (uint32_t)(u * b->devices);
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (b->zipf[middle] < u)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int make_zipf(struct bench *b)
{
	double sum = 0;

	b->zipf = calloc(b->devices, sizeof(*b->zipf));
	if (!b->zipf)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->devices; i++)
		b->zipf[i] = sum += 1.0 / (i + 1);
	for (uint32_t i = 0; i < b->devices; i++)
		b->zipf[i] /= sum;
	return 0;
}

static int set_up(struct bench *b)
{
	struct cv_generation_build *build = NULL;
	struct cv_generation *g = NULL;
	struct cv_context *c;
	int err = cv_generation_build_create(&build);

	if (err)
		return err;
	/* As control compiles "7/s burst 5": DEPTH frames at once on an idle device. */
	c = &cv_generation_build_head(build)->policy.contexts[0];
	c->device_limit.cost_packet = (NS << 6) / RATE;
	c->device_limit.burst = DEPTH * ((NS << 6) / RATE);
	err = cv_generation_build_finish(build, &g);
	cv_generation_build_destroy(build);
	if (!err)
		err = cv_policy_table_create(g, NULL, &b->table);
	free(g);
	if (!err)
		err = cv_device_table_create(b->devices, 1, &b->meters);
	b->states = calloc(b->devices, sizeof(*b->states));
	return err ? err : b->states ? 0 : -ENOMEM;
}

/* May this frame pass? All in units of 1/RATE ns, in which a frame's interval is NS exactly. */
static bool oracle(struct state *s, uint64_t now_ns)
{
	uint64_t now = now_ns * RATE, from = s->empty > now ? s->empty : now;

	if (from + NS - now > DEPTH * NS)
		return false;
	s->empty = from + NS;
	return true;
}

static void run(struct bench *b)
{
	uint8_t data[BURST][TRAFFIC_LEN];
	double step = (double)(SECONDS * NS) / b->frames, time = 1;

	for (uint32_t done = 0; done < b->frames; done += BURST) {
		struct cv_frame burst[BURST] = {0};
		uint32_t who[BURST];

		for (uint32_t i = 0; i < BURST; i++) {
			who[i] = pick(b);
			time -= step * log(1 - unit(b)); /* Poisson */
			traffic_frame(data[i]);
			traffic_set_device(data[i], who[i], TRAFFIC_HOSTS);
			burst[i].data = data[i];
			burst[i].len = TRAFFIC_LEN;
			b->states[who[i]].exact += oracle(&b->states[who[i]], (uint64_t)time);
		}
		cv_policy_judge(b->table, b->meters, burst, BURST, (uint64_t)time);
		for (uint32_t i = 0; i < BURST; i++)
			b->states[who[i]].ours +=
				CV_VERDICT_ACTION(burst[i].verdict) != CV_ACTION_DROP;
	}
}

static void report(const struct bench *b)
{
	uint64_t exact = 0, ours = 0, apart = 0;
	double worst = 0;

	for (uint32_t i = 0; i < b->devices; i++) {
		const struct state *s = &b->states[i];
		uint32_t d = s->exact > s->ours ? s->exact - s->ours : s->ours - s->exact;

		exact += s->exact;
		ours += s->ours;
		apart += d;
		if (s->exact && (double)d / s->exact > worst)
			worst = (double)d / s->exact;
	}
	printf("{\"keys\":\"%s\",\"devices\":%u,\"frames\":%u,\"seconds\":%llu,\"exact\":%llu,"
	       "\"culvert\":%llu,\"error_percent\":%.4f,\"worst_device_percent\":%.3f}\n",
	       b->zipf ? "zipf" : "uniform", b->devices, b->frames, SECONDS,
	       (unsigned long long)exact, (unsigned long long)ours,
	       exact ? 100.0 * (double)apart / (double)exact : 100.0, 100 * worst);
}

int main(int argc, char **argv)
{
	struct bench b = {.devices = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1000,
			  .frames = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 1000000,
			  .rng = 88172645463325252ull};
	int err = b.devices ? set_up(&b) : -EINVAL;

	if (!err && argc > 3 && !strcmp(argv[3], "zipf"))
		err = make_zipf(&b);
	if (!err) {
		run(&b);
		report(&b);
	} else {
		fprintf(stderr, "bench_limit: %s\n", strerror(-err));
	}
	cv_policy_table_destroy(b.table);
	cv_device_table_destroy(b.meters);
	free(b.states);
	free(b.zipf);
	return err ? 1 : 0;
}
