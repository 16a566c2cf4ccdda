/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker by itself: two pcap ports, a pipeline and the handoff, without control and its threads.
 * For benches; single thread.
 */
#ifndef CV_PERF_WORKER_RIG_H
#define CV_PERF_WORKER_RIG_H

#include "dataplane/policy/generation_build.h"
#include "dataplane/worker.h"

struct worker_rig {
	struct cv_worker worker;
	struct cv_handoff handoff;
	struct cv_port ports[2];
	struct cv_clock clock;
};

/** Two ports, both of @p file: the first repeats it, the second is for sending. @return 0 or -errno. */
int worker_rig_ports(struct cv_generation_build *b, const char *file);

/** Frames in a file of at least one, or -1. */
int64_t worker_rig_frames(const char *file);

/**
 * @param gen    with the ports of worker_rig_ports(); must outlive the rig.
 * @param frames in the file.
 * @return 0, or negative with a message on stderr. To be closed in any case.
 */
int worker_rig_open(struct worker_rig *r, const struct cv_generation *gen, int64_t frames);
void worker_rig_close(struct worker_rig *r);

#endif
