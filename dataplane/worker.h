/* SPDX-License-Identifier: Apache-2.0 */
/* One lcore's run-to-completion loop: rx, verdict, decode, tx, handoff. */
#ifndef CV_WORKER_H
#define CV_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/clock.h"
#include "dataplane/handoff/handoff.h"
#include "dataplane/pipeline.h"
#include "dataplane/port/port.h"

/** Owner: run.c. The lcore writes all but stop and clock. */
struct cv_worker {
	struct cv_pipeline *pipeline;
	struct cv_handoff_sink sink;
	struct cv_counters *counters; /* in the handoff mapping */
	struct cv_evidence *evidence; /* likewise */
	struct cv_port *ports; /* all ports of this worker */
	unsigned int port_count;
	const struct cv_clock *clock;
	bool stop; /* set by the main thread, relaxed */
};

/** Poll until stop is set, then publish what is left. For rte_eal_remote_launch(). Returns 0. */
int cv_worker_main(void *worker);

/** One receive burst of one port; the number of frames. For the bench. */
unsigned int cv_worker_poll(struct cv_worker *w, struct cv_port *port);

#endif
