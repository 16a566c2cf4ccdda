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

#include <pcap/pcap.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "dataplane/worker.h"
#include "tests/perf/traffic.h"

/* Polls between looks at the clock. */
#define POLLS 4096
/* Buffers beside those that hold the file. */
#define BUFFERS 8191u
#define RING_SIZE 1024

struct bench {
	const char *file;
	double seconds;
	uint32_t devices; /* 0 = one rule for all */
	enum traffic_kind kind;
	uint32_t frames; /* in the file */
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
	struct cv_gen_port port = {
		.name = "in", .kind = CV_PORT_PCAP, .peer = 1, .repeat = UINT32_MAX};
	struct cv_gen_port out = {.name = "out", .kind = CV_PORT_PCAP, .peer = 0};
	struct cv_generation_build *b;
	int err = cv_generation_build_create(&b);

	if (err < 0)
		return err;
	snprintf(port.target, sizeof(port.target), "%s", bench->file);
	snprintf(out.target, sizeof(out.target), "%s", bench->file);
	cv_generation_build_head(b)->decode = 0;
	err = cv_generation_build_port(b, &port);
	if (err == 0)
		err = cv_generation_build_port(b, &out);
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

static int count_frames(struct bench *b)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(b->file, error);
	struct pcap_pkthdr *head;
	const uint8_t *data;

	if (!pcap)
		return -1;
	while (pcap_next_ex(pcap, &head, &data) == 1)
		b->frames++;
	pcap_close(pcap);
	return b->frames ? 0 : -1;
}

/* As cv_port_open() does, for a file that is too large to be repeated there: here it has buffers. */
static int open_large(struct cv_port *port, const struct cv_gen_port *config, unsigned int index,
		      struct rte_mempool *pool)
{
	char name[32], args[512];
	struct rte_eth_conf conf = {0};
	int err;

	*port = (struct cv_port){.config = config,
				 .index = (uint8_t)index,
				 .last = UINT64_MAX,
				 .mtu = RTE_ETHER_MTU};
	snprintf(name, sizeof(name), "net_pcap%u", index);
	/* The other port is for sending: nothing polls it. */
	snprintf(args, sizeof(args), "rx_pcap=%s%s", config->target,
		 config->repeat ? ",infinite_rx=1" : "");
	err = rte_eal_hotplug_add("vdev", name, args);
	if (err == 0)
		err = rte_eth_dev_get_port_by_name(name, &port->ethdev);
	if (err == 0)
		err = rte_eth_dev_configure(port->ethdev, 1, 1, &conf);
	if (err == 0)
		err = rte_eth_rx_queue_setup(port->ethdev, 0, RING_SIZE, SOCKET_ID_ANY, NULL, pool);
	if (err == 0)
		err = rte_eth_tx_queue_setup(port->ethdev, 0, RING_SIZE, SOCKET_ID_ANY, NULL);
	if (err == 0)
		err = rte_eth_dev_start(port->ethdev);
	port->started = err == 0;
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

static void run(struct cv_worker *w, struct cv_port *port, const struct bench *b)
{
	uint64_t hz = rte_get_tsc_hz(), warm = rte_rdtsc() + hz / 4, start, end, rx, sent;

	/* Twice through the file: every device is known. */
	while (rte_rdtsc() < warm || w->counters->rx < 2ull * b->frames)
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
	static struct cv_worker w;
	struct cv_handoff handoff = {.fd = -1};
	struct cv_generation *gen = NULL;
	struct cv_port ports[2] = {0};
	struct rte_mempool *pool;
	struct cv_clock clock;
	struct bench b = {0};
	char why[640] = "no memory, or not a file to play";
	int used = take_arguments(argc, argv, &b), err;

	if (used < 0 || count_frames(&b) < 0) {
		fputs("usage: bench_worker FILE SECONDS [DEVICES hosts|nets] [EAL-ARGUMENTS...]\n",
		      stderr);
		return 1;
	}
	argv[used - 1] = argv[0];
	err = make_generation(&b, &gen);
	if (err == 0 && rte_eal_init(argc - used + 1, argv + used - 1) < 0)
		err = -1;
	pool = err == 0 ? cv_port_pool_create(b.frames + BUFFERS) : NULL;
	for (unsigned int i = 0; pool && err == 0 && i < 2; i++) {
		const struct cv_gen_port *config = cv_generation_at(gen, gen->ports);

		err = b.frames > CV_PORT_REPEAT_FRAMES
			      ? open_large(&ports[i], &config[i], i, pool)
			      : cv_port_open(&ports[i], &config[i], i, pool, "", why, sizeof(why));
	}
	if (!pool || err < 0 || make_worker(&w, gen, ports, &clock, &handoff) < 0) {
		fprintf(stderr, "bench_worker: cannot start: %s\n", why);
		return 1;
	}
	run(&w, &ports[0], &b);
	cv_port_close(&ports[0]);
	cv_port_close(&ports[1]);
	cv_pipeline_destroy(w.pipeline);
	cv_handoff_close(&handoff);
	free(gen);
	return 0;
}
