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

static int create_native(struct cv_trial *t, const struct cv_generation *gen)
{
	int err;

	t->records = aligned_alloc(64, (size_t)CV_LANE_COUNT * CV_RECORD_MAX);
	if (!t->records)
		return -ENOMEM;
	t->sink.refill = refill;
	for (int lane = 0; lane < CV_LANE_COUNT; lane++)
		refill(&t->sink, (enum cv_lane)lane);
	err = cv_policy_table_create(gen, NULL, &t->table);
	if (err == 0)
		err = cv_device_table_create(gen->device_capacity, cv_generation_seed(gen),
					     &t->devices);
	if (err == 0)
		err = cv_pipeline_create(gen, true, &t->sink, &t->counters, &t->pipeline);
	return err;
}

int cv_trial_create(const struct cv_generation *gen, bool kernel, struct cv_trial **ret,
		    struct cv_bpf_why *why)
{
	size_t size = (sizeof(struct cv_trial) + 63) & ~(size_t)63;
	struct cv_trial *t = aligned_alloc(64, size);
	int err;

	if (!t)
		return fail(why, -ENOMEM, "Out of memory.");
	memset(t, 0, size);
	err = create_native(t, gen);
	if (err < 0)
		fail(why, err, "The worker's tables cannot be built: %s.", strerror(-err));
	if (err == 0 && kernel)
		err = cv_bpf_offline_open(gen, &t->kernel, why);
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
	cv_device_table_destroy(t->devices);
	cv_policy_table_destroy(t->table);
	free(t->records);
	free(t);
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

/* XDP against the worker's tables. */
static int ask_kernel(struct cv_trial *t, const struct cv_source_frame *source,
		      const struct cv_frame *f, struct cv_trial_verdict *ret,
		      struct cv_bpf_why *why)
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
	if (k.verdict != f->verdict || k.rule != f->rule || k.index != f->rule_index ||
	    k.app != f->app || k.inspect != f->inspect)
		return disagree(source, "XDP", k.verdict, k.rule, "the worker", f->verdict, f->rule,
				why);
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
	struct cv_frame decoded = f;
	uint64_t now;
	int err;

	if (!t->begun) {
		t->begun = true;
		t->first_ns = source->ts_ns;
	}
	now = START_NS +
	      (source->ts_ns > t->first_ns ? (uint64_t)(source->ts_ns - t->first_ns) : 0);
	if (now > t->now_ns)
		t->now_ns = now < LAST_NS ? now : LAST_NS;
	*ret = (struct cv_trial_verdict){0};
	cv_policy_judge(t->table, t->devices, &f, 1, t->now_ns);
	err = ask_kernel(t, source, &f, ret, why);
	if (err < 0)
		return err;
	cv_pipeline_burst(t->pipeline, &decoded, 1, t->now_ns);
	ret->first = f.verdict;
	ret->verdict = decoded.verdict;
	ret->rule = decoded.rule;
	ret->index = decoded.rule_index;
	ret->packet = f.packet;
	if (f.rule != decoded.rule || !may_follow(f.verdict, decoded.verdict))
		return disagree(source, "the worker's pipeline", decoded.verdict, decoded.rule,
				"its table", f.verdict, f.rule, why);
	return 0;
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
