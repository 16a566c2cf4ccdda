/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/trial_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a trial's clock begins: limits start fresh, and no time of a capture overflows it. */
#define START_NS 1000000000ull
#define LAST_NS (1ull << 57) /* the meters' arithmetic holds below 2^58 */

#define REASON_NAME(id, name) name,
static const char *const reason_names[] = {CV_REASONS(REASON_NAME)};

static int fail(struct cv_bpf_why *why, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct cv_bpf_why *why, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return err;
}

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	struct cv_trial *t =
		(struct cv_trial *)(void *)((char *)sink - offsetof(struct cv_trial, sink));

	sink->lane[lane].cur = t->records + (size_t)lane * CV_RECORD_MAX;
	sink->lane[lane].end = sink->lane[lane].cur + CV_RECORD_MAX;
}

static int create_table(const struct cv_generation *gen, uint64_t seed,
			struct cv_policy_table **ret, struct cv_device_table **ret_devices)
{
	int err = cv_policy_table_create(gen, NULL, ret);

	return err ? err : cv_device_table_create(gen->device_capacity, seed, ret_devices);
}

/* With a module in front the pipeline sees what passed, metered, as behind XDP. */
static int create_pipeline(struct cv_trial *t, const struct cv_generation *gen)
{
	int err = cv_loaded_create(gen, false, &t->loaded);

	t->set = (struct cv_policy_set){.live = t->loaded, .sequence = 1};
	return err ? err
		   : cv_pipeline_create_on(&t->set, gen, !t->module, &t->sink, &t->counters,
					   &t->pipeline);
}

static int create_native(struct cv_trial *t, const struct cv_policy_file *policy)
{
	/* XDP's tables of devices have one seed, too. */
	uint64_t seed = cv_generation_seed(policy->gen);
	int err;

	t->records = aligned_alloc(64, (size_t)CV_LANE_COUNT * CV_RECORD_MAX);
	if (!t->records)
		return -ENOMEM;
	t->sink.refill = refill;
	for (int lane = 0; lane < CV_LANE_COUNT; lane++)
		refill(&t->sink, (enum cv_lane)lane);
	err = create_table(policy->gen, seed, &t->table, &t->devices);
	if (err == 0 && policy->would)
		err = create_table(policy->would, seed, &t->beside, &t->beside_devices);
	return err ? err : create_pipeline(t, policy->gen);
}

static int open_kernel(struct cv_trial *t, const struct cv_policy_file *policy,
		       struct cv_bpf_why *why)
{
	int err = cv_bpf_offline_open(policy->gen, &t->kernel, why);

	if (err == 0 && policy->would)
		err = cv_bpf_offline_shadow(t->kernel, policy->would, why);
	if (err == 0 && policy->module)
		err = cv_bpf_offline_module(t->kernel, policy->module, policy->module_size, why);
	return err;
}

int cv_trial_create(const struct cv_policy_file *policy, bool kernel, struct cv_trial **ret,
		    struct cv_bpf_why *why)
{
	size_t size = (sizeof(struct cv_trial) + 63) & ~(size_t)63;
	struct cv_trial *t = aligned_alloc(64, size);
	int err;

	if (!t)
		return fail(why, -ENOMEM, "Out of memory.");
	memset(t, 0, size);
	t->module = kernel && policy->module;
	err = create_native(t, policy);
	if (err < 0)
		fail(why, err, "The worker's tables cannot be built: %s.", strerror(-err));
	if (err == 0 && kernel)
		err = open_kernel(t, policy, why);
	if (err < 0)
		cv_trial_destroy(t);
	else
		*ret = t;
	return err;
}

void cv_trial_destroy(struct cv_trial *t)
{
	if (!t)
		return;
	cv_bpf_offline_close(t->kernel);
	cv_pipeline_destroy(t->pipeline);
	cv_loaded_destroy(t->loaded);
	cv_device_table_destroy(t->beside_devices);
	cv_policy_table_destroy(t->beside);
	cv_device_table_destroy(t->devices);
	cv_policy_table_destroy(t->table);
	free(t->records);
	free(t);
}

int cv_trial_module(const struct cv_trial *t, struct cv_bpf_module *ret)
{
	return t->module ? cv_bpf_offline_module_counters(t->kernel, ret) : -ENOENT;
}

static int disagree(const struct cv_source_frame *frame, const char *one, uint32_t a,
		    uint32_t rule_a, const char *other, uint32_t b, uint32_t rule_b,
		    struct cv_bpf_why *why)
{
	return fail(why, -ENOTRECOVERABLE,
		    "Packet %" PRIu64 ": %s says %s (%s, rule %u), %s says %s (%s, rule %u). This "
		    "is a fault in Culvert; please report it with the policy and the packet.",
		    frame->number, one, cv_trial_action(a), cv_trial_reason(a), rule_a, other,
		    cv_trial_action(b), cv_trial_reason(b), rule_b);
}

/* What the rules in shadow mode would have done, by the worker's tables. */
static struct cv_judgement judge_beside(struct cv_trial *t, const struct cv_frame *f,
					struct cv_trial_verdict *ret)
{
	struct cv_judgement j = {0};

	ret->would_index = f->rule_index;
	if (!t->beside)
		return j;
	cv_policy_judge_shadow(t->beside, t->beside_devices, f, 1, t->now_ns, &j);
	ret->would_index = j.index;
	ret->would_drop = CV_VERDICT_ACTION(j.verdict) == CV_ACTION_DROP &&
			  CV_VERDICT_ACTION(f->verdict) != CV_ACTION_DROP;
	return j;
}

/* XDP against the worker's tables. What its module drops is no matter of theirs. */
static int ask_kernel(struct cv_trial *t, const struct cv_source_frame *source,
		      const struct cv_frame *f, const struct cv_judgement *beside,
		      struct cv_trial_verdict *ret, struct cv_bpf_why *why)
{
	struct cv_bpf_judged k;
	int err;

	if (!t->kernel || f->len < CV_BPF_OFFLINE_SHORTEST || f->len > CV_BPF_OFFLINE_LONGEST)
		return 0;
	err = cv_bpf_offline_judge(t->kernel, f->data, f->len, f->port, t->now_ns, &k);
	if (err < 0)
		return fail(why, err,
			    "The kernel does not run the program on packet %" PRIu64
			    " of %u bytes: %s.",
			    source->number, f->len, strerror(-err));
	ret->kernel = true;
	if (k.module != CV_TEST_NO_MODULE &&
	    k.verdict == CV_VERDICT(CV_ACTION_DROP, CV_REASON_MODULE)) {
		ret->verdict = k.verdict;
		k.verdict = f->verdict;
	}
	if (k.verdict != f->verdict || k.rule != f->rule || k.index != f->rule_index ||
	    k.app != f->app || k.inspect != f->inspect)
		return disagree(source, "XDP", k.verdict, k.rule, "the worker", f->verdict, f->rule,
				why);
	if (t->beside && k.shadow != beside->verdict)
		return disagree(source, "XDP, of rules in shadow mode,", k.shadow, 0, "the worker",
				beside->verdict, 0, why);
	return 0;
}

/* The decoders may refuse what passed so far, for reasons of their own. */
static bool may_follow(uint32_t first, uint32_t verdict)
{
	if (first == verdict)
		return true;
	if (CV_VERDICT_ACTION(first) == CV_ACTION_DROP ||
	    CV_VERDICT_ACTION(verdict) != CV_ACTION_DROP)
		return false;
	switch (CV_VERDICT_REASON(verdict)) {
	case CV_REASON_APP_DENIED:
	case CV_REASON_APP_PROTO:
	case CV_REASON_APP_UNJUDGED:
	case CV_REASON_RATE_MESSAGES:
	case CV_REASON_SPOOF:
		return true;
	default:
		return false;
	}
}

static void tell_time(struct cv_trial *t, int64_t ts_ns)
{
	uint64_t now;

	if (!t->begun) {
		t->begun = true;
		t->first_ns = ts_ns;
	}
	now = START_NS + (ts_ns > t->first_ns ? (uint64_t)(ts_ns - t->first_ns) : 0);
	if (now > t->now_ns)
		t->now_ns = now < LAST_NS ? now : LAST_NS;
}

/* What the frame says, and the last word on it. */
static int decode(struct cv_trial *t, const struct cv_source_frame *source,
		  const struct cv_frame *f, struct cv_trial_verdict *ret, struct cv_bpf_why *why)
{
	struct cv_frame decoded = *f;
	uint32_t n;
	const struct cv_rule_hits *hit = &cv_policy_hits(t->loaded->policy, &n)[f->rule_index];
	uint64_t would = hit->would_drop;

	cv_pipeline_burst(t->pipeline, &decoded, 1, t->now_ns);
	ret->verdict = decoded.verdict;
	ret->rule = decoded.rule;
	ret->index = decoded.rule_index;
	if (hit->would_drop != would) { /* for what it says */
		ret->would_drop = true;
		ret->would_index = f->rule_index;
	}
	if (f->rule != decoded.rule || !may_follow(f->verdict, decoded.verdict))
		return disagree(source, "the worker's pipeline", decoded.verdict, decoded.rule,
				"its table", f->verdict, f->rule, why);
	return 0;
}

int cv_trial_frame(struct cv_trial *t, const struct cv_source_frame *source, uint8_t port,
		   struct cv_trial_verdict *ret, struct cv_bpf_why *why)
{
	struct cv_frame f = {
		.data = source->data,
		.len = source->len,
		.port = port,
		.ts_ns = source->ts_ns,
		.number = source->number,
	};
	struct cv_judgement beside;
	int err;

	tell_time(t, source->ts_ns);
	cv_policy_judge(t->table, t->devices, &f, 1, t->now_ns);
	*ret = (struct cv_trial_verdict){
		.verdict = f.verdict,
		.first = f.verdict,
		.rule = f.rule,
		.index = f.rule_index,
		.packet = f.packet,
	};
	beside = judge_beside(t, &f, ret);
	err = ask_kernel(t, source, &f, &beside, ret, why);
	if (err < 0)
		return err;
	/* With a module in front the worker gets what is left. */
	if (t->module && CV_VERDICT_ACTION(ret->verdict) == CV_ACTION_DROP)
		return 0;
	return decode(t, source, &f, ret, why);
}

const char *cv_trial_reason(uint32_t verdict)
{
	uint32_t reason = CV_VERDICT_REASON(verdict);

	return reason < CV_REASON_COUNT ? reason_names[reason] : "?";
}

const char *cv_trial_action(uint32_t verdict)
{
	switch (CV_VERDICT_ACTION(verdict)) {
	case CV_ACTION_DROP:
		return "drop";
	case CV_ACTION_HOST:
		return "host";
	default:
		return "allow";
	}
}
