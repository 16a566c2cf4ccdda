/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_worker: the worker's loop on a pcap port that repeats its file; every frame is judged,
 * metered per device and sent out of a second port, whose driver discards. Its peer is testpmd's macswap on the
 * same file (tools/bench worker).
 *
 *     bench_worker FILE SECONDS [EAL-ARGUMENTS...]      prints one JSON object
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "dataplane/policy/generation_build.h"
#include "dataplane/worker.h"

/* Polls between looks at the clock. */
#define POLLS 4096

/* Allow the bench's flow with a device limit that no frame exceeds: the limit is worked out and
 * stored for every frame all the same. */
static int make_generation(const char *file, struct cv_generation **ret)
{
	struct cv_gen_port port = {
		.name = "in", .kind = CV_PORT_PCAP, .peer = 1, .repeat = UINT32_MAX};
	struct cv_gen_port out = {.name = "out", .kind = CV_PORT_PCAP, .peer = 0};
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
	struct cv_generation_build *b;
	int err = cv_generation_build_create(&b);

	if (err < 0)
		return err;
	snprintf(port.target, sizeof(port.target), "%s", file);
	snprintf(out.target, sizeof(out.target), "%s", file);
	cv_generation_build_head(b)->decode = 0;
	err = cv_generation_build_port(b, &port);
	if (err == 0)
		err = cv_generation_build_port(b, &out);
	if (err == 0)
		err = cv_generation_build_prefix(b, &prefix);
	if (err == 0)
		err = cv_generation_build_rule(b, &rule);
	if (err == 0)
		err = cv_generation_build_finish(b, ret);
	cv_generation_build_destroy(b);
	return err;
}

/* The worker without control: nobody drains the handoff, and with decode off nothing goes in. */
static int make_worker(struct cv_worker *w, const struct cv_generation *gen, struct cv_port *ports,
		       struct cv_clock *clock, struct cv_handoff *handoff)
{
	int err = cv_handoff_create(1, gen->blocks_per_lane, 1, handoff);

	if (err < 0)
		return err;
	cv_clock_init(clock, rte_get_tsc_hz());
	w->counters = &handoff->counters[0];
	w->evidence = &handoff->evidence[0];
	w->ports = ports;
	w->port_count = 2;
	w->clock = clock;
	cv_handoff_sink_init(&w->sink, handoff, 0, clock->hz / 1000);
	return cv_pipeline_create(gen, true, &w->sink.sink, w->counters, &w->pipeline);
}

static void run(struct cv_worker *w, struct cv_port *port, double seconds)
{
	uint64_t hz = rte_get_tsc_hz(), warm = rte_rdtsc() + hz / 4, start, end, rx, sent;

	while (rte_rdtsc() < warm)
		cv_worker_poll(w, port);
	rx = w->counters->rx;
	sent = w->counters->forwarded;
	start = rte_rdtsc();
	end = start + (uint64_t)(seconds * (double)hz);
	while (rte_rdtsc() < end)
		for (int i = 0; i < POLLS; i++)
			cv_worker_poll(w, port);
	end = rte_rdtsc();
	rx = w->counters->rx - rx;
	sent = w->counters->forwarded - sent;
	printf("{\"frames\": %lu, \"forwarded\": %lu, \"cycles_per_packet\": %.2f, "
	       "\"ns_per_packet\": %.2f}\n",
	       rx, sent, (double)(end - start) / (double)rx,
	       (double)(end - start) / (double)rx * 1e9 / (double)hz);
}

int main(int argc, char **argv)
{
	static struct cv_worker w;
	struct cv_handoff handoff = {.fd = -1};
	struct cv_generation *gen = NULL;
	struct cv_port ports[2] = {0};
	struct cv_clock clock;
	struct rte_mempool *pool;
	char why[640] = "";
	int err;

	if (argc < 3 || atof(argv[2]) <= 0) {
		fputs("usage: bench_worker FILE SECONDS [EAL-ARGUMENTS...]\n", stderr);
		return 1;
	}
	err = make_generation(argv[1], &gen);
	if (err == 0 && rte_eal_init(argc - 2, argv + 2) < 0)
		err = -1;
	pool = err == 0 ? cv_port_pool_create(16383) : NULL;
	for (unsigned int i = 0; pool && err == 0 && i < 2; i++) {
		const struct cv_gen_port *config = cv_generation_at(gen, gen->ports);

		err = cv_port_open(&ports[i], &config[i], i, pool, "", why, sizeof(why));
	}
	if (!pool || err < 0 || make_worker(&w, gen, ports, &clock, &handoff) < 0) {
		fprintf(stderr, "bench_worker: cannot start: %s\n", why);
		return 1;
	}
	run(&w, &ports[0], atof(argv[2]));
	cv_port_close(&ports[0]);
	cv_port_close(&ports[1]);
	cv_pipeline_destroy(w.pipeline);
	cv_handoff_close(&handoff);
	free(gen);
	return 0;
}
