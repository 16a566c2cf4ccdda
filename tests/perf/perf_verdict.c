/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ns per frame of cv_policy_judge(): CoAP frames of N devices in random order, bursts of 32, with
 * a device limit. Best of five passes, since other work on the machine only adds.
 *
 *     build/tests/perf/perf_verdict [DEVICES [PREFIXES]]
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dataplane/policy/generation_build.h"
#include "dataplane/policy/policy_table.h"

#define BURST 32u
#define FRAMES_MIN (1u << 12) /* different frames, cycled: as many as devices */
#define FRAMES_MAX (1u << 20)
#define FRAME_SIZE 128u
#define FRAME_LEN 88u
#define PASS 4000000u
#define PASSES 5

static uint64_t rng_state = 88172645463325252ull;

static uint32_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (uint32_t)(rng_state >> 16);
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static int add_prefix(struct cv_generation_build *b, uint32_t addr, uint8_t len, uint16_t class_id)
{
	struct cv_gen_prefix p = {.family = 4, .len = len, .class_id = class_id};
	uint32_t network = htonl(addr);

	memcpy(p.addr, &network, sizeof(network));
	return cv_generation_build_prefix(b, &p);
}

static struct cv_policy_table *make_table(unsigned int devices, unsigned int prefixes)
{
	struct cv_gen_rule rule = {
		.key = {.src_class = 1,
			.dst_class = 2,
			.port = htons(5683),
			.ip_proto = 17,
			.match = CV_MATCH_DPORT},
		.rule = {.id = 1,
			 .action = CV_ACTION_FORWARD,
			 .flags = CV_RULE_POLICE,
			 .index = 1,
			 .limit = {.cost_packet = 1000u << 6, .burst = 1ull << 40}}};
	struct cv_generation_build *b = NULL;
	struct cv_policy_table *t = NULL;
	struct cv_generation *g = NULL;
	int err = cv_generation_build_create(&b);

	if (err)
		return NULL;
	cv_generation_build_head(b)->device_capacity = devices;
	err |= add_prefix(b, 0x0a000000, 8, 1) | add_prefix(b, 0xc0a80000, 16, 2);
	for (unsigned int i = 0; i < prefixes; i++)
		err |= add_prefix(b, 0x0b000000 + (i << 8), 24, 3);
	err |= cv_generation_build_rule(b, &rule);
	if (!err && !cv_generation_build_finish(b, &g))
		(void)cv_policy_table_create(g, NULL, &t);
	free(g);
	cv_generation_build_destroy(b);
	return t;
}

static void make_frame(uint8_t *f, uint32_t device)
{
	static const uint8_t head[42] = {
		2, 0,  0,  0, 0, 1,  2, 0, 0, 0,   0,	2, 8, 0,    0x45, 0,	0,    74, 0,  0, 0,
		0, 64, 17, 0, 0, 10, 0, 0, 0, 192, 168, 0, 1, 0x40, 0,	  0x16, 0x33, 0,  54, 0, 0};
	uint32_t src = htonl(0x0a000000 + device);

	memset(f, 0, FRAME_SIZE);
	memcpy(f, head, sizeof(head));
	memcpy(f + 26, &src, sizeof(src));
}

static struct cv_device_table *states; /* of the devices */

static double run_pass(struct cv_policy_table *t, const uint8_t *frames, unsigned int count,
		       uint64_t *forwarded)
{
	struct cv_frame burst[BURST] = {0};
	double start = now_ns();
	uint64_t clock = 1;
	unsigned int at = 0;

	for (unsigned int done = 0; done < PASS; done += BURST) {
		for (unsigned int i = 0; i < BURST; i++) {
			burst[i].data = frames + (size_t)at * FRAME_SIZE;
			burst[i].len = FRAME_LEN;
			at = at + 1 == count ? 0 : at + 1;
		}
		clock += 1000;
		cv_policy_judge(t, states, burst, BURST, clock);
		for (unsigned int i = 0; i < BURST; i++)
			*forwarded += CV_VERDICT_ACTION(burst[i].verdict) == CV_ACTION_FORWARD;
	}
	return (now_ns() - start) / PASS;
}

int main(int argc, char **argv)
{
	unsigned int devices = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 1024;
	unsigned int prefixes = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 0) : 100;
	struct cv_policy_table *t = make_table(devices ? devices : 1, prefixes);
	unsigned int count = devices < FRAMES_MIN   ? FRAMES_MIN
			     : devices > FRAMES_MAX ? FRAMES_MAX
						    : devices;
	uint8_t *frames = aligned_alloc(64, (size_t)count * FRAME_SIZE);
	uint64_t forwarded = 0;
	double best = 1e9;

	if (cv_device_table_create(devices ? devices : 1, 1, &states) || !t || !frames) {
		fprintf(stderr, "perf_verdict: no memory for %u devices\n", devices);
		return 1;
	}
	for (unsigned int i = 0; i < count; i++)
		make_frame(frames + (size_t)i * FRAME_SIZE, rng() % (devices ? devices : 1));
	for (int i = 0; i < PASSES; i++) {
		double ns = run_pass(t, frames, count, &forwarded);

		best = ns < best ? ns : best;
	}
	printf("{\"bench\":\"verdict\",\"devices\":%u,\"prefixes\":%u,\"ns_per_frame\":%.2f,"
	       "\"forwarded\":%llu}\n",
	       devices, prefixes, best, (unsigned long long)forwarded);
	cv_policy_table_destroy(t);
	free(frames);
	return 0;
}
