/* SPDX-License-Identifier: Apache-2.0 */
#include "control/evidence_sources.h"

#include <string.h>

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
