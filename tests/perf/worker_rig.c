/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/worker_rig.h"

#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include <pcap/pcap.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

/* Buffers beside those that hold the file. */
#define BUFFERS 8191u
#define RING_SIZE 1024

int worker_rig_ports(struct cv_generation_build *b, const char *file)
{
	struct cv_gen_port port = {
		.name = "in", .kind = CV_PORT_PCAP, .peer = 1, .repeat = UINT32_MAX};
	struct cv_gen_port out = {.name = "out", .kind = CV_PORT_PCAP, .peer = 0};
	int err;

	snprintf(port.target, sizeof(port.target), "%s", file);
	snprintf(out.target, sizeof(out.target), "%s", file);
	err = cv_generation_build_port(b, &port);
	return err ? err : cv_generation_build_port(b, &out);
}

int64_t worker_rig_frames(const char *file)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(file, error);
	struct pcap_pkthdr *head;
	const uint8_t *data;
	int64_t frames = 0;

	if (!pcap)
		return -1;
	while (pcap_next_ex(pcap, &head, &data) == 1)
		frames++;
	pcap_close(pcap);
	return frames ? frames : -1;
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

static int make_worker(struct worker_rig *r, const struct cv_generation *gen)
{
	struct cv_worker *w = &r->worker;
	int err = cv_handoff_create(1, gen->blocks_per_lane, 1, &r->handoff);

	if (err < 0)
		return err;
	cv_clock_init(&r->clock, rte_get_tsc_hz());
	w->counters = &r->handoff.counters[0];
	w->evidence = &r->handoff.evidence[0];
	w->ports = r->ports;
	w->port_count = 2;
	w->clock = &r->clock;
	cv_handoff_sink_init(&w->sink, &r->handoff, 0, r->clock.hz / 1000);
	return cv_pipeline_create(gen, true, &w->sink.sink, w->counters, &w->pipeline);
}

int worker_rig_open(struct worker_rig *r, const struct cv_generation *gen, int64_t frames)
{
	const struct cv_gen_port *config = cv_generation_at(gen, gen->ports);
	char why[640] = "no memory, or not a file to play";
	struct rte_mempool *pool;
	int err = 0;

	memset(r, 0, sizeof(*r));
	r->handoff.fd = -1;
	pool = cv_port_pool_create((unsigned int)frames + BUFFERS, false);
	for (unsigned int i = 0; pool && err == 0 && i < 2; i++)
		err = frames > CV_PORT_REPEAT_FRAMES ? open_large(&r->ports[i], &config[i], i, pool)
						     : cv_port_open(&r->ports[i], &config[i], i,
								    pool, "", why, sizeof(why));
	if (pool && err == 0)
		err = make_worker(r, gen);
	if (!pool || err < 0) {
		fprintf(stderr, "cannot start a worker: %s\n", why);
		return -1;
	}
	return 0;
}

void worker_rig_close(struct worker_rig *r)
{
	cv_port_close(&r->ports[0]);
	cv_port_close(&r->ports[1]);
	cv_pipeline_destroy(r->worker.pipeline);
	cv_handoff_close(&r->handoff);
}
