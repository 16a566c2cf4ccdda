/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sender that is faster than what it sends to: BPF_PROG_RUN with live frames. The frames never
 * are socket buffers, so a veth pair costs the receiver about what a NIC's driver would. One thread.
 */
#ifndef CV_PERF_LIVE_H
#define CV_PERF_LIVE_H

#include <stdint.h>
#include <time.h>

#include "tests/perf/traffic.h"

#include "live.skel.h"

struct live {
	struct live_bpf *object;
	int link; /* keeps the program attached, see live_open() */
};

/**
 * In the network namespace the frames are to be sent in.
 *
 * @param devices power of two.
 * @param l to be given to live_close() in any case.
 * @return 0 or negative errno.
 */
int live_open(struct live *l, uint32_t devices, enum traffic_kind kind);
void live_close(struct live *l);

/**
 * Send the next frames into an interface, one end of a veth pair whose other end has NAPI.
 *
 * @param odd 0 or 1, see traffic_choose().
 * @return 0 or negative errno. A full ring at the other end is no error.
 */
int live_send(struct live *l, unsigned int ifindex, uint32_t odd, uint32_t frames);

/** Of what was sent into the other end of an interface, modulo 2^32. */
struct live_count {
	uint32_t received;
	uint32_t lost; /* its ring was full */
};

/** Counts of an interface of this namespace. @return 0 or negative errno. */
int live_received(const char *interface, struct live_count *ret);

double live_now(void); /* s, monotonic */

#endif
