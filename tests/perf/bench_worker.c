/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_worker: the worker's loop on a pcap port that repeats its file; every frame is judged,
 * metered per device and sent out of a second port, whose driver discards. Its peer is testpmd's macswap on the
 * same file (tools/bench worker). With DEVICES, a power of two, it judges by the policy of traffic.h,
 * and its peer is l3fwd with an ACL (tools/bench l3fwd-acl).
 *
 *     bench_worker FILE SECONDS [DEVICES hosts|nets] [EAL-ARGUMENTS...]      prints one JSON object
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "tests/perf/traffic.h"
#include "tests/perf/worker_rig.h"

/* Polls between looks at the clock. */
#define POLLS 4096

struct bench {
	const char *file;
	double seconds;
	uint32_t devices; /* 0 = one rule for all */
	enum traffic_kind kind;
	int64_t frames; /* in the file */
};

/* Allow the bench's flow with a device limit that no frame exceeds: the limit is worked out and
 * stored for every frame all the same. */
static int build_rule(struct cv_generation_build *b)
{
	struct cv_gen_prefix prefix = {.addr = {10, 0, 0, 0}, .family = 4, .len = 8, .class_id = 1};
	struct cv_gen_rule rule = {
		.key = {.src_class = 1,
			.dst_class = 1,
			.port = __builtin_bswap16(9999),
			.ip_proto = 17,
			.match = CV_MATCH_DPORT},
		.rule = {.id = 1,
			 .action = CV_ACTION_FORWARD,
			 .flags = CV_RULE_POLICE,
			 .index = 1,
			 .limit = {.cost_packet = 1, .burst = CV_COST_MAX}},
	};
	int err = cv_generation_build_prefix(b, &prefix);

	return err ? err : cv_generation_build_rule(b, &rule);
}

static int make_generation(const struct bench *bench, struct cv_generation **ret)
{
	struct cv_generation_build *b;
	int err = cv_generation_build_create(&b);

	if (err < 0)
		return err;
	cv_generation_build_head(b)->decode = 0;
	err = worker_rig_ports(b, bench->file);
	if (err == 0 && bench->devices)
		err = traffic_fill(b, bench->devices, bench->kind, CV_ACTION_FORWARD,
				   CV_ACTION_FORWARD);
	else if (err == 0)
		err = build_rule(b);
	if (err == 0)
		err = cv_generation_build_finish(b, ret);
	cv_generation_build_destroy(b);
	return err;
}

static void run(struct cv_worker *w, struct cv_port *port, const struct bench *b)
{
	uint64_t hz = rte_get_tsc_hz(), warm = rte_rdtsc() + hz / 4, start, end, rx, sent;

	/* Twice through the file: every device is known. */
	while (rte_rdtsc() < warm || w->counters->rx < 2 * (uint64_t)b->frames)
		cv_worker_poll(w, port);
	rx = w->counters->rx;
	sent = w->counters->forwarded;
	start = rte_rdtsc();
	end = start + (uint64_t)(b->seconds * (double)hz);
	while (rte_rdtsc() < end)
		for (int i = 0; i < POLLS; i++)
			cv_worker_poll(w, port);
	end = rte_rdtsc();
	rx = w->counters->rx - rx;
	sent = w->counters->forwarded - sent;
	printf("{\"frames\": %lu, \"forwarded\": %lu, \"cycles_per_packet\": %.2f, "
	       "\"ns_per_packet\": %.2f, \"packets_per_second\": %.0f}\n",
	       rx, sent, (double)(end - start) / (double)rx,
	       (double)(end - start) / (double)rx * 1e9 / (double)hz,
	       (double)rx / ((double)(end - start) / (double)hz));
}

/* @return how many arguments are ours, the program's name with them. */
static int take_arguments(int argc, char **argv, struct bench *b)
{
	if (argc < 3 || atof(argv[2]) <= 0)
		return -1;
	b->file = argv[1];
	b->seconds = atof(argv[2]);
	if (argc < 5 || argv[3][0] == '-')
		return 3;
	b->devices = (uint32_t)strtoul(argv[3], NULL, 0);
	b->kind = strcmp(argv[4], "nets") ? TRAFFIC_HOSTS : TRAFFIC_NETS;
	return b->devices & (b->devices - 1) ? -1 : 5;
}

int main(int argc, char **argv)
{
	static struct worker_rig rig;
	struct cv_generation *gen = NULL;
	struct bench b = {0};
	int used = take_arguments(argc, argv, &b), err;

	if (used < 0 || (b.frames = worker_rig_frames(b.file)) < 0) {
		fputs("usage: bench_worker FILE SECONDS [DEVICES hosts|nets] [EAL-ARGUMENTS...]\n",
		      stderr);
		return 1;
	}
	argv[used - 1] = argv[0];
	err = make_generation(&b, &gen);
	if (err == 0 && rte_eal_init(argc - used + 1, argv + used - 1) < 0)
		err = -1;
	if (err == 0)
		err = worker_rig_open(&rig, gen, b.frames);
	if (err < 0)
		return 1;
	/* Nobody drains the handoff, and with decode off nothing goes in. */
	run(&rig.worker, &rig.ports[0], &b);
	worker_rig_close(&rig);
	free(gen);
	return 0;
}
