/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pipeline.h"

#include "dataplane/pipeline_internal.h"
#include "dataplane/policy/policy_table_internal.h"

/* What the lane's counters are brought up to can be read by others: nothing of it may wait. */
static void count_records(struct cv_pipeline *p)
{
	if (p->decode)
		cv_emit_finish(&p->inspect.emit);
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		cv_count_records(p->counters, p->sink, lane);
	if (p->decode)
		cv_inspect_count_radio(&p->inspect);
}

static void count_verdict(struct cv_counters *c, const struct cv_frame *f)
{
	cv_count(&c->rx, 1);
	cv_count(&c->rx_bytes, f->len);
}

/* Decode a frame that may pass; the rule's constraints on what it says may yet drop it. */
static void inspect(struct cv_pipeline *p, struct cv_frame *f)
{
	if ((!f->inspect && f->app == 0) || CV_VERDICT_ACTION(f->verdict) == CV_ACTION_DROP)
		return;
	if (!p->decode) {
		if (f->app != 0) /* nobody can say whether it may pass */
			f->verdict = CV_VERDICT(CV_ACTION_DROP, CV_REASON_APP_UNJUDGED);
		return;
	}
	cv_count(&p->counters->inspected, 1);
	cv_count(&p->counters->outcome[cv_inspect_frame(&p->inspect, f)], 1);
	if (p->inspect.enforce.drop != 0)
		f->verdict = CV_VERDICT(CV_ACTION_DROP, p->inspect.enforce.drop);
	if (p->inspect.enforce.drop != 0 || p->inspect.enforce.would != 0)
		cv_policy_refused(p->set->live->policy, f->rule_index,
				  p->inspect.enforce.drop == 0);
}

void cv_pipeline_switch(struct cv_pipeline *p, const struct cv_policy_set *set)
{
	__atomic_store_n(&p->next, set, __ATOMIC_RELEASE);
}

uint64_t cv_pipeline_taken(const struct cv_pipeline *p)
{
	return __atomic_load_n(&p->taken, __ATOMIC_ACQUIRE);
}

void cv_pipeline_quarantine(struct cv_pipeline *p, const struct cv_quarantine_set *quarantine)
{
	__atomic_store_n(&p->next_quarantine, quarantine, __ATOMIC_RELEASE);
}

uint64_t cv_pipeline_quarantine_taken(const struct cv_pipeline *p)
{
	return __atomic_load_n(&p->quarantine_taken, __ATOMIC_ACQUIRE);
}

void cv_pipeline_turn(struct cv_pipeline *p)
{
	const struct cv_policy_set *next = __atomic_load_n(&p->next, __ATOMIC_ACQUIRE);
	const struct cv_quarantine_set *quarantine =
		__atomic_load_n(&p->next_quarantine, __ATOMIC_ACQUIRE);

	if (next == p->set && quarantine == p->quarantine)
		return;
	p->set = next;
	p->inspect.gen = next->live->gen;
	/* What a table was told when it was last in force may be gone. */
	cv_policy_quarantine(next->live->policy, quarantine);
	if (next->shadow) /* takes the word of the policy in force */
		cv_policy_quarantine(next->shadow->policy, NULL);
	p->quarantine = quarantine;
	__atomic_store_n(&p->taken, next->sequence, __ATOMIC_RELEASE);
	if (quarantine)
		__atomic_store_n(&p->quarantine_taken, quarantine->sequence, __ATOMIC_RELEASE);
}

uint64_t cv_pipeline_generation(const struct cv_pipeline *p)
{
	return p->set->live->gen->number;
}

/* What the shadow would have said is counted; the frames go as the policy in force says. */
static void judge(struct cv_pipeline *p, struct cv_frame *frames, unsigned int n, uint64_t now_ns)
{
	const struct cv_policy_set *set = p->set;
	struct cv_judgement said[CV_BURST_MAX];

	cv_policy_judge(set->live->policy, p->devices, frames, n, now_ns);
	/* Where limits are not applied here, XDP judges the shadow too. */
	if (set->shadow && p->devices)
		cv_policy_judge_shadow(set->shadow->policy, set->shadow->shadow_devices, frames, n,
				       now_ns, said);
}

void cv_pipeline_burst(struct cv_pipeline *p, struct cv_frame *frames, unsigned int n,
		       uint64_t now_ns)
{
	struct cv_counters *c = p->counters;

	judge(p, frames, n, now_ns);
	p->inspect.enforce.now_ns = now_ns;
	for (unsigned int i = 0; i < n; i++) {
		struct cv_frame *f = &frames[i];

		count_verdict(c, f);
		/* Per frame and not per burst: a replay must not depend on how frames are grouped. */
		if (p->decode)
			cv_inspect_age(&p->inspect, f->ts_ns);
		if (p->decode && f->verdict == CV_VERDICT(CV_ACTION_DROP, CV_REASON_SPOOF))
			cv_inspect_spoof(&p->inspect, f);
		inspect(p, f);
		/* Once, by the last word on it. */
		cv_count(&c->reason[CV_VERDICT_REASON(f->verdict)], 1);
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

void cv_pipeline_stop(struct cv_pipeline *p)
{
	if (!p->decode)
		return;
	cv_hearings_drain(&p->inspect.hearings, &p->inspect.emit);
	count_records(p);
}
