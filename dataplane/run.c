/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>

#include <xdp/libxdp.h>

#include "dataplane/handoff/bell.h"

#define FRAME_BUFFERS 16383
#define OBEY_EVERY 2 /* rounds between looks at what control asks for */
#define PORTS_EVERY 100 /* rounds between readings of the driver's counters */
#define LINK_EVERY 200 /* rounds between looks at the link */
#define CLOCK_EVERY 2000 /* rounds between clock synchronisations */

static volatile bool stop_wanted;

static void on_signal(int sig)
{
	(void)sig;
	stop_wanted = true;
}

#define PROGRAM "culvert-dataplane"

void cv_diag(const char *level, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	cv_journal(PROGRAM, NULL, level, format, ap);
	va_end(ap);
}

void cv_tell(enum cv_message what, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	cv_journal(PROGRAM, cv_messages[what].id, cv_messages[what].level, format, ap);
	va_end(ap);
}

static int make_handoff(struct cv_run *run)
{
	uint64_t incarnation = 0;
	struct timespec now;
	int err;

	while (incarnation == 0)
		if (getrandom(&incarnation, sizeof(incarnation), 0) != sizeof(incarnation))
			return -errno;
	err = cv_handoff_create(1, run->gen->blocks_per_lane, incarnation, &run->handoff);
	if (err < 0)
		return err;
	clock_gettime(CLOCK_REALTIME, &now);
	run->handoff.header->generation = run->gen->number;
	run->handoff.header->pid = (uint64_t)getpid();
	run->handoff.header->started_ns =
		(uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	run->handoff.header->tsc_hz = rte_get_tsc_hz();
	run->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return run->doorbell < 0 ? -errno : 0;
}

static bool has_kind(const struct cv_run *run, enum cv_port_kind kind)
{
	const struct cv_gen_port *ports = cv_generation_at(run->gen, run->gen->ports);

	for (unsigned int i = 0; i < run->gen->ports.count; i++)
		if (ports[i].kind == kind)
			return true;
	return false;
}

static int open_ports(struct cv_run *run)
{
	const struct cv_gen_port *ports = cv_generation_at(run->gen, run->gen->ports);
	char why[640];

	run->pool = cv_port_pool_create(FRAME_BUFFERS, has_kind(run, CV_PORT_PCI));
	if (!run->pool) {
		cv_diag("error", "no memory for %d frame buffers (%s)", FRAME_BUFFERS,
			rte_strerror(rte_errno));
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < run->gen->ports.count; i++) {
		int err = cv_port_open(&run->ports[i], &ports[i], i, run->pool,
				       run->options.pin_dir, why, sizeof(why));

		if (err < 0) {
			cv_diag("error", "%s", why);
			return err;
		}
		run->port_count = i + 1;
	}
	return 0;
}

/* Frames of an af_xdp port were metered in XDP; a limit is applied once (docs/adr/0004). */
static bool polices_here(const struct cv_run *run)
{
	return !has_kind(run, CV_PORT_AF_XDP);
}

static int make_worker(struct cv_run *run)
{
	struct cv_worker *w = &run->worker;
	uint64_t hz = rte_get_tsc_hz();
	int err;

	cv_clock_init(&run->clock, hz);
	w->counters = &run->handoff.counters[0];
	w->evidence = &run->handoff.evidence[0];
	w->ports = run->ports;
	w->port_count = run->port_count;
	w->clock = &run->clock;
	cv_handoff_sink_init(&w->sink, &run->handoff, 0, hz / 1000000 * run->gen->flush_us);
	err = cv_policies_init(&run->policies, run->gen, polices_here(run));
	if (err < 0)
		return err;
	err = cv_pipeline_create_on(run->policies.set, run->gen, polices_here(run), &w->sink.sink,
				    w->counters, &w->pipeline);
	run->policies.pipeline = w->pipeline;
	if (err == 0)
		cv_quarantine_slot_begin(&run->quarantine, w->pipeline);
	return err;
}

static int start(struct cv_run *run)
{
	int err;

	if (!run->options.verbose)
		libxdp_set_print(NULL);
	err = cv_run_fetch_generation(run, &stop_wanted);

	if (err < 0)
		return err;
	if (cv_run_eal(run) < 0)
		return -EIO;
	err = make_handoff(run);
	if (err < 0) {
		cv_diag("error", "cannot make the handoff memory (%s)", strerror(-err));
		return err;
	}
	err = open_ports(run);
	if (err < 0)
		return err;
	err = make_worker(run);
	if (err < 0) {
		cv_diag("error", "cannot build the pipeline (%s)", strerror(-err));
		return err;
	}
	err = cv_run_attach(run);
	if (err < 0)
		cv_diag("warning", "control did not take the handoff (%s); trying again",
			strerror(-err));
	return rte_eal_remote_launch(cv_worker_main, &run->worker, run->worker_lcore);
}

static void ring_doorbell(struct cv_run *run)
{
	uint64_t one = 1;

	if (cv_bell_is_due(&run->handoff) && write(run->doorbell, &one, sizeof(one)) < 0 &&
	    errno != EAGAIN)
		cv_diag("warning", "cannot ring control's doorbell (%s)", strerror(errno));
}

static void read_ports(struct cv_run *run)
{
	for (unsigned int i = 0; i < run->port_count; i++)
		cv_port_counters(&run->ports[i], &run->handoff.ports[i]);
}

/* Evidence is sampled while control says so; a control that died says nothing any more. */
static void expire_evidence(struct cv_run *run)
{
	struct timespec now;

	if (!cv_evidence_on(run->worker.evidence))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	cv_evidence_expire(run->worker.evidence,
			   (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

static void housekeeping(struct cv_run *run)
{
	for (uint64_t round = 1; !stop_wanted; round++) {
		ring_doorbell(run);
		if (round % PORTS_EVERY == 0) {
			read_ports(run);
			expire_evidence(run);
		}
		if (round % OBEY_EVERY == 0)
			cv_run_obey(run);
		if (round % LINK_EVERY == 0)
			cv_run_keep_attached(run);
		if (round % CLOCK_EVERY == 0)
			cv_clock_sync(&run->clock);
		usleep(CV_BELL_US);
	}
}

static void stop(struct cv_run *run)
{
	__atomic_store_n(&run->worker.stop, true, __ATOMIC_RELAXED);
	if (run->eal)
		rte_eal_wait_lcore(run->worker_lcore);
	if (run->handoff.base) {
		read_ports(run);
		ring_doorbell(run);
	}
	for (unsigned int i = 0; i < run->port_count; i++)
		cv_port_close(&run->ports[i]);
	cv_pipeline_destroy(run->worker.pipeline);
	cv_policies_release(&run->policies);
	cv_quarantine_slot_release(&run->quarantine);
	if (run->eal)
		rte_eal_cleanup();
	if (run->link >= 0)
		close(run->link);
	if (run->doorbell >= 0)
		close(run->doorbell);
	cv_handoff_close(&run->handoff);
	free(run->gen);
}

int cv_run(const struct cv_run_options *options)
{
	static struct cv_run run;
	struct sigaction sa = {.sa_handler = on_signal};
	int err;

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	run = (struct cv_run){
		.options = *options, .link = -1, .doorbell = -1, .handoff = {.fd = -1}};
	err = start(&run);
	if (err == 0) {
		cv_tell(CV_MESSAGE_READY, "ready: %u port%s, generation %llu", run.port_count,
			run.port_count == 1 ? "" : "s", (unsigned long long)run.gen->number);
		housekeeping(&run);
	}
	stop(&run);
	return err == 0 || (err == -EINTR && stop_wanted) ? 0 : 1;
}
