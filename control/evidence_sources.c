/* SPDX-License-Identifier: Apache-2.0 */
#include "control/evidence_sources.h"

#include <string.h>
#include <time.h>

/* ---- workers ------------------------------------------------------------------------------- */

static void workers_configure(void *owner, const struct cv_evidence_config *config)
{
	const struct cv_handoff *h;

	for (unsigned int i = 0; (h = cv_link_server_handoff(owner, i)); i++)
		for (unsigned int w = 0; w < h->worker_count; w++)
			cv_evidence_configure(&h->evidence[w], config);
}

/* No more than the ring held: the worker may be filling it behind us. */
static void drain_worker(struct cv_evidence *e, cv_capture_take *take, void *hub)
{
	struct cv_evidence_slot slot;

	for (unsigned int n = 0; n < CV_EVIDENCE_SLOTS; n++) {
		int res = cv_evidence_read(e, &slot);

		if (res == 0)
			break;
		if (res > 0)
			take(hub, CV_JUDGE_WORKER, &slot.head, slot.data);
	}
}

static void workers_drain(void *owner, cv_capture_take *take, void *hub)
{
	const struct cv_handoff *h;

	for (unsigned int i = 0; (h = cv_link_server_handoff(owner, i)); i++)
		for (unsigned int w = 0; w < h->worker_count; w++)
			drain_worker(&h->evidence[w], take, hub);
}

static void workers_counts(void *owner, struct cv_evidence_counts ret[CV_PORTS_MAX])
{
	struct cv_totals totals;

	cv_link_server_totals(owner, &totals);
	memcpy(ret, totals.evidence, sizeof(totals.evidence));
}

struct cv_capture_source cv_evidence_of_workers(struct cv_link_server *link)
{
	return (struct cv_capture_source){
		.judge = CV_JUDGE_WORKER,
		.owner = link,
		.configure = workers_configure,
		.drain = workers_drain,
		.counts = workers_counts,
	};
}

/* ---- XDP ----------------------------------------------------------------------------------- */

static void xdp_configure(void *owner, const struct cv_evidence_config *config)
{
	/* Without memory for a reader nothing is sampled there; the counts then stay zero. */
	(void)cv_bpf_evidence_configure(owner, config);
}

struct xdp_reading {
	cv_capture_take *take;
	void *hub;
	uint64_t wall_minus_mono_ns;
};

static void on_xdp_sample(void *owner, const struct cv_sample *head, const uint8_t *data)
{
	const struct xdp_reading *r = owner;
	struct cv_sample sample = *head;

	sample.ts_ns += r->wall_minus_mono_ns;
	r->take(r->hub, CV_JUDGE_XDP, &sample, data);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The program stamps with the monotonic clock; read at once, both clocks stand microseconds apart. */
static void xdp_drain(void *owner, cv_capture_take *take, void *hub)
{
	struct xdp_reading r = {
		.take = take,
		.hub = hub,
		.wall_minus_mono_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC),
	};

	cv_bpf_evidence_read(owner, on_xdp_sample, &r);
}

static void xdp_counts(void *owner, struct cv_evidence_counts ret[CV_PORTS_MAX])
{
	uint64_t taken;

	memset(ret, 0, CV_PORTS_MAX * sizeof(*ret));
	for (unsigned int i = 0; i < CV_PORTS_MAX; i++)
		(void)cv_bpf_evidence_counts(owner, i, &ret[i], &taken);
}

struct cv_capture_source cv_evidence_of_xdp(struct cv_bpf *bpf)
{
	return (struct cv_capture_source){
		.judge = CV_JUDGE_XDP,
		.owner = bpf,
		.configure = xdp_configure,
		.drain = xdp_drain,
		.counts = xdp_counts,
	};
}
