/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

#define BURST 32

/* Ageing runs this often, TSC cycles = hz / TICKS_PER_SECOND. */
#define TICKS_PER_SECOND 200

struct burst {
	struct rte_mbuf *mbufs[BURST];
	struct cv_frame frames[BURST];
	unsigned int n;
	uint64_t mono_ns; /* when it was received */
};

static __attribute__((noinline)) void keep_evidence(const struct cv_worker *w,
						    const struct cv_frame *f, unsigned int reason,
						    uint64_t mono_ns)
{
	cv_evidence_offer(w->evidence,
			  &(struct cv_evidence_drop){
				  .data = f->data,
				  .len = f->len,
				  .rule = f->rule,
				  .generation = cv_pipeline_generation(w->pipeline),
				  .ts_ns = f->ts_ns,
				  .reason = (uint8_t)reason,
				  .port = f->port,
			  },
			  mono_ns);
}

static void count_drop(struct cv_worker *w, const struct burst *b, unsigned int i,
		       unsigned int reason)
{
	cv_count(&w->counters->dropped[reason], 1);
	if (cv_evidence_on(w->evidence))
		keep_evidence(w, &b->frames[i], reason, b->mono_ns);
	rte_pktmbuf_free(b->mbufs[i]);
}

static struct cv_port *peer_of(struct cv_worker *w, const struct cv_port *port)
{
	return port->config->peer == CV_PEER_NONE ? NULL : &w->ports[port->config->peer];
}

/* Forward what the verdict lets pass, in order; what the driver does not take is a counted drop. */
static void transmit(struct cv_worker *w, struct cv_port *port, const struct burst *b)
{
	struct cv_port *peer = peer_of(w, port);
	struct rte_mbuf *out[BURST];
	unsigned int n = 0, sent = 0;
	uint8_t of[BURST]; /* which frame of the burst it is */

	for (unsigned int i = 0; i < b->n; i++) {
		const struct cv_frame *f = &b->frames[i];
		unsigned int reason = CV_VERDICT_REASON(f->verdict);

		if (CV_VERDICT_ACTION(f->verdict) != CV_ACTION_FORWARD)
			count_drop(w, b, i, reason);
		else if (!peer)
			count_drop(w, b, i, CV_REASON_TAP);
		else if (f->len > peer->mtu + RTE_ETHER_HDR_LEN + 2u * RTE_VLAN_HLEN)
			count_drop(w, b, i, CV_REASON_OVERSIZE);
		else {
			of[n] = (uint8_t)i;
			out[n++] = b->mbufs[i];
		}
	}
	if (n > 0)
		sent = rte_eth_tx_burst(peer->ethdev, 0, out, (uint16_t)n);
	cv_count(&w->counters->forwarded, sent);
	for (; sent < n; sent++)
		count_drop(w, b, of[sent], CV_REASON_TX_FULL);
}

static unsigned int receive(struct cv_port *port, struct burst *b, int64_t wall_ns)
{
	uint64_t left = port->last - port->number;
	unsigned int n =
		rte_eth_rx_burst(port->ethdev, 0, b->mbufs, left < BURST ? (uint16_t)left : BURST);

	for (unsigned int i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(b->mbufs[i], void *));
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = b->mbufs[i];
		struct cv_frame *f = &b->frames[i];

		f->data = rte_pktmbuf_mtod(m, const uint8_t *);
		f->len = rte_pktmbuf_data_len(m);
		f->port = port->index;
		f->ts_ns = wall_ns;
		f->number = ++port->number;
	}
	b->n = n;
	return n;
}

/* A paced pcap port gives no frame before its time. */
static bool is_due(struct cv_port *port, uint64_t tsc)
{
	if (port->gap == 0)
		return true;
	if (port->due == 0)
		port->due = tsc;
	if (tsc < port->due)
		return false;
	port->due += port->gap * BURST;
	return true;
}

unsigned int cv_worker_poll(struct cv_worker *w, struct cv_port *port)
{
	struct burst b;
	uint64_t tsc = rte_rdtsc(), mono_ns;

	if (!is_due(port, tsc))
		return 0;
	mono_ns = cv_clock_mono_ns(w->clock, tsc);
	if (receive(port, &b, cv_clock_wall_ns(w->clock, mono_ns)) == 0)
		return 0;
	b.mono_ns = mono_ns;
	cv_pipeline_burst(w->pipeline, b.frames, b.n, mono_ns);
	transmit(w, port, &b);
	cv_count(&w->counters->cycles_busy, rte_rdtsc() - tsc);
	return b.n;
}

static void tick(struct cv_worker *w, uint64_t tsc, uint64_t *next)
{
	int64_t wall_ns = cv_clock_wall_ns(w->clock, cv_clock_mono_ns(w->clock, tsc));

	if (tsc >= *next) {
		cv_pipeline_tick(w->pipeline, wall_ns);
		*next = tsc + w->clock->hz / TICKS_PER_SECOND;
	}
	cv_handoff_flush(&w->sink, tsc, wall_ns, false);
}

int cv_worker_main(void *arg)
{
	struct cv_worker *w = arg;
	uint64_t next_tick = 0, tsc;

	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		unsigned int n = 0;

		cv_pipeline_turn(w->pipeline);
		for (unsigned int i = 0; i < w->port_count; i++)
			n += cv_worker_poll(w, &w->ports[i]);
		tick(w, rte_rdtsc(), &next_tick);
		cv_count(&w->counters->polls, 1);
		if (n == 0) {
			cv_count(&w->counters->polls_empty, 1);
			rte_pause();
		}
	}
	cv_pipeline_stop(w->pipeline);
	tsc = rte_rdtsc();
	cv_handoff_flush(&w->sink, tsc, cv_clock_wall_ns(w->clock, cv_clock_mono_ns(w->clock, tsc)),
			 true);
	return 0;
}
