/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pipeline.h"

#include "dataplane/pipeline_internal.h"

static void count_records(struct cv_pipeline *p)
{
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		cv_count_records(p->counters, p->sink, lane);
}

static void count_verdict(struct cv_counters *c, const struct cv_frame *f)
{
	cv_count(&c->rx, 1);
	cv_count(&c->rx_bytes, f->len);
	cv_count(&c->reason[CV_VERDICT_REASON(f->verdict)], 1);
}

void cv_pipeline_burst(struct cv_pipeline *p, struct cv_frame *frames, unsigned int n,
		       uint64_t now_ns)
{
	struct cv_counters *c = p->counters;

	cv_policy_judge(p->policy, p->devices, frames, n, now_ns);
	for (unsigned int i = 0; i < n; i++) {
		struct cv_frame *f = &frames[i];

		count_verdict(c, f);
		if (!p->decode)
			continue;
		/* Per frame and not per burst: a replay must not depend on how frames are grouped. */
		cv_inspect_age(&p->inspect, f->ts_ns);
		if (!f->inspect || CV_VERDICT_ACTION(f->verdict) == CV_ACTION_DROP)
			continue;
		cv_count(&c->inspected, 1);
		cv_count(&c->outcome[cv_inspect_frame(&p->inspect, f)], 1);
	}
	count_records(p);
}

void cv_pipeline_tick(struct cv_pipeline *p, int64_t ts_ns)
{
	if (!p->decode)
		return;
	cv_inspect_age(&p->inspect, ts_ns);
	count_records(p);
}

void cv_pipeline_drain(struct cv_pipeline *p)
{
	if (!p->decode)
		return;
	cv_inspect_drain(&p->inspect);
	count_records(p);
}
