/* SPDX-License-Identifier: Apache-2.0 */
#include "control/consumer/totals.h"

/* All members are 64-bit numbers; relaxed loads, since another process counts. */
static void add_numbers(void *to, const void *from, size_t size)
{
	const uint64_t *src = from;
	uint64_t *dst = to;

	for (size_t i = 0; i < size / sizeof(*src); i++)
		dst[i] += __atomic_load_n(&src[i], __ATOMIC_RELAXED);
}

static uint64_t missing(uint64_t whole, uint64_t parts)
{
	return whole > parts ? whole - parts : 0;
}

void cv_totals_add(struct cv_totals *to, const struct cv_totals *from)
{
	add_numbers(to, from, sizeof(*to));
}

void cv_totals_read(struct cv_totals *to, const struct cv_handoff *h)
{
	for (unsigned int w = 0; w < h->worker_count; w++) {
		add_numbers(&to->workers, &h->counters[w], sizeof(to->workers));
		for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
			to->taken[lane] += cv_channel_taken(cv_handoff_channel(h, w, lane)).records;
	}
	add_numbers(to->ports, h->ports, sizeof(to->ports));
	for (unsigned int w = 0; w < h->worker_count; w++) {
		for (unsigned int i = 0; i < CV_PORTS_MAX; i++)
			add_numbers(&to->evidence[i], &h->evidence[w].ports[i].counts,
				    sizeof(to->evidence[i]));
		to->evidence_read += __atomic_load_n(&h->evidence[w].tail, __ATOMIC_RELAXED);
	}
}

/* The frame it had in its hands when it died counts as not sampled. */
static void settle_evidence(struct cv_totals *t)
{
	uint64_t sampled = 0;

	for (unsigned int i = 0; i < CV_PORTS_MAX; i++) {
		struct cv_evidence_counts *c = &t->evidence[i];

		c->unsampled += missing(c->seen, c->unsampled + c->overrun + c->sampled);
		sampled += c->sampled;
	}
	t->evidence_abandoned = missing(sampled, t->evidence_read);
}

void cv_totals_settle(struct cv_totals *t, bool drained)
{
	struct cv_counters *w = &t->workers;
	uint64_t judged = w->forwarded + w->host, decoded = 0;

	for (unsigned int i = 0; i < CV_REASON_COUNT; i++)
		judged += w->dropped[i];
	for (unsigned int i = 0; i < CV_OUTCOME_COUNT; i++)
		decoded += w->outcome[i];
	t->interrupted_rx = missing(w->rx, judged);
	t->interrupted_inspected = missing(w->inspected, decoded);
	/* Radio frames that waited for other gateways: records that nobody will make. */
	w->produced[CV_LANE_STATUS] += w->flow[CV_FLOW_RADIO_WAITING];
	w->flow[CV_FLOW_RADIO_TOLD] += w->flow[CV_FLOW_RADIO_WAITING];
	w->flow[CV_FLOW_RADIO_WAITING] = 0;
	for (unsigned int i = 0; i < CV_LANE_COUNT; i++) {
		/* Counted as handed, but it died before the block was published. */
		if (drained)
			w->handed[i] -= missing(w->handed[i], t->taken[i]);
		t->abandoned[i] = missing(w->produced[i], w->handed[i] + w->shed[i]);
		t->untold[i] = missing(w->shed[i], w->shed_told[i]);
	}
	settle_evidence(t);
	t->finished = 1;
}
