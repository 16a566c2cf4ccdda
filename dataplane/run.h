/* SPDX-License-Identifier: Apache-2.0 */
/* The live dataplane: start-up, housekeeping and orderly stop around the worker's lcore. */
#ifndef CV_RUN_H
#define CV_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_mempool.h>

#include "dataplane/journal.h"
#include "dataplane/policies.h"
#include "dataplane/quarantine_slot.h"
#include "dataplane/worker.h"

struct cv_run_options {
	const char *link; /* path of control's link socket */
	const char *pin_dir; /* where control pins the XDP maps */
	int lcore; /* CPU of the worker, -1 = last one allowed */
	bool no_huge; /* use 4 KiB pages even where hugepages are free */
	bool verbose; /* let DPDK's own messages through */
};

/** Everything the running dataplane owns. Zeroed by cv_run(); the main thread's. */
struct cv_run {
	struct cv_run_options options;
	struct cv_generation *gen; /* it was started with: private copy, checked */
	struct cv_policies policies; /* what the worker judges by, and what it may */
	struct cv_quarantine_slot quarantine; /* who may send nothing, whatever the policy says */
	struct cv_handoff handoff;
	int link; /* socket to control, -1 = not connected */
	int doorbell; /* eventfd that control reads when it sleeps */
	char refusal[96]; /* what control said when it last refused the link, "" = nothing */
	struct cv_clock clock;
	struct rte_mempool *pool;
	struct cv_port ports[CV_PORTS_MAX];
	unsigned int port_count;
	struct cv_worker worker;
	unsigned int worker_lcore; /* DPDK lcore id */
	bool eal; /* EAL is up */
};

/**
 * Run until SIGTERM or SIGINT.
 *
 * @return exit code: 0 orderly stop, 1 could not start (the reason is on stderr).
 */
int cv_run(const struct cv_run_options *options);

/* eal.c: start DPDK with what this machine has. @return 0 or -1, reason printed. */
int cv_run_eal(struct cv_run *run);

/* attach.c: connect to control and take its generation; waits until control is there or stop. */
int cv_run_fetch_generation(struct cv_run *run, const volatile bool *stop);
/* attach.c: offer the handoff to control; on a lost link connect again. Never blocks > 0.5 s. */
void cv_run_keep_attached(struct cv_run *run);
/* attach.c: read an image that came by the link and check it; *ret is the caller's. */
int cv_run_read_generation(int fd, struct cv_generation **ret);
/* attach.c: do what control asks for, as far as it can be done at once. Never blocks. */
void cv_run_obey(struct cv_run *run);
/* attach.c: hand memfd and doorbell over on the connected link. @return 0 or negative errno. */
int cv_run_attach(struct cv_run *run);

/** One line on stderr: "culvert-dataplane: LEVEL: ...". Main thread only. */
__attribute__((format(printf, 2, 3))) void cv_diag(const char *level, const char *format, ...);
/** The same with the id and the level of a message that is waited for (docs/operator/messages.md). */
__attribute__((format(printf, 2, 3))) void cv_tell(enum cv_message what, const char *format, ...);

#endif
