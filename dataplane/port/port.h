/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port is where frames come in and leave (D2): af_xdp:IFNAME, pci:ADDRESS or pcap:FILE, each a
 * DPDK ethdev behind the same calls, so that the worker does not know which.
 */
#ifndef CV_PORT_H
#define CV_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "dataplane/handoff/handoff.h"
#include "dataplane/policy/generation.h"

/** Most frames of a pcap file that is played more than once: the driver holds them in buffers. */
#define CV_PORT_REPEAT_FRAMES 8192

struct cv_port {
	const struct cv_gen_port *config;
	uint16_t ethdev; /* DPDK port id */
	uint8_t index; /* in the generation */
	uint8_t started;
	uint16_t mtu; /* largest L3 packet, bytes */
	uint64_t number; /* frames received so far; worker only */
	uint64_t last; /* receive no frame beyond this number; UINT64_MAX = no end */
	uint64_t due; /* paced pcap: TSC of the next burst; worker only */
	uint64_t gap; /* paced pcap: TSC cycles between frames, 0 = not paced */
};

/**
 * Make the packet buffers of all ports. Not rte_pktmbuf_pool_create(): with 4 KiB pages and
 * AF_XDP its gaps at page ends push buffers out of the umem and frames vanish, and the stride of
 * 4096 aliases in L1.
 *
 * @param for_cards there are pci ports: cards want buffers whose addresses they know.
 * @return pool or NULL with rte_errno set.
 */
struct rte_mempool *cv_port_pool_create(unsigned int buffers, bool for_cards);

/**
 * Create the ethdev and start it.
 *
 * @param pin_dir where control pinned the XDP maps.
 * @param why     on failure: what is missing and what to do, at most @p why_size bytes.
 * @return 0 or negative errno.
 */
int cv_port_open(struct cv_port *port, const struct cv_gen_port *config, unsigned int index,
		 struct rte_mempool *pool, const char *pin_dir, char *why, size_t why_size);

/** Stop and close; safe on a port that was never opened. */
void cv_port_close(struct cv_port *port);

/** Copy the driver's counters; housekeeping thread. */
void cv_port_counters(const struct cv_port *port, struct cv_port_counters *out);

#endif
