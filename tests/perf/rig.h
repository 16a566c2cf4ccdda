/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What frames go through in tools/bench path: they are sent into `into`, come in by `in`, which has
 * a NAPI thread of its own on the last CPU, may leave by `out`, and end behind it at `sink`. Two
 * veth pairs in the network namespace of the caller. One thread.
 */
#ifndef CV_PERF_RIG_H
#define CV_PERF_RIG_H

#include <net/if.h>
#include <stdint.h>
#include <time.h>

#include "tests/perf/live.h"

struct rig {
	char into[IFNAMSIZ], in[IFNAMSIZ], out[IFNAMSIZ], sink[IFNAMSIZ];
	unsigned int ifindex; /* of `into` */
	clockid_t thread; /* CPU time of the NAPI thread */
	/* Kept by the bench: what came out before it began; what came in since, and of that what
	 * is allowed. */
	uint32_t begin_sink;
	uint64_t received, passed;
};

/** @param number told apart by it. @return 0 or negative errno. */
int rig_make(struct rig *rig, unsigned int number);

/** When what judges is attached to `in`: find its thread, which gets the caller's priority. */
int rig_take_thread(struct rig *rig);

/** CPU time of the thread so far, s. */
double rig_cpu(const struct rig *rig);

/**
 * Wait until nothing is on its way any more.
 *
 * @param before of live_received() for `in`, @param sent into it since.
 * @param ret what came in since.
 * @return 0, -ETIMEDOUT or negative errno.
 */
int rig_drain(const struct rig *rig, const struct live_count *before, uint32_t sent,
	      struct live_count *ret);

#endif
