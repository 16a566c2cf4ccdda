/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy on trial: the judges agree on generated frames under generated policies, and when they
 * are made to differ, that is noticed and called a fault.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/offline/device.h"
#include "control/offline/trial_internal.h"
#include "dataplane/policy/generation_build.h"
#include "tests/verdict/generate.h"

#define POLICIES 6
#define FRAMES 3000

static struct cv_random rnd = {.state = 20260101};

static bool no_kernel(const struct cv_generation *gen)
{
	struct cv_bpf_offline *o = NULL;
	struct cv_bpf_why why;

	if (cv_bpf_offline_open(gen, &o, &why) == 0) {
		cv_bpf_offline_close(o);
		return false;
	}
	print_message("skipped: %s\n", why.text);
	return true;
}

static struct cv_source_frame next_frame(uint8_t *data, uint64_t number)
{
	uint32_t len = cv_generate_frame(&rnd, data);

	return (struct cv_source_frame){
		.data = data,
		.len = len,
		.captured = len,
		.ts_ns = 1700000000000000000ll + (int64_t)number * 50000,
		.number = number,
		.supported = true,
	};
}

/* Judge frames until one is a fault. @return how many were judged before. */
static unsigned int judge(struct cv_trial *t, unsigned int frames, struct cv_bpf_why *why)
{
	static uint8_t data[CV_GENERATE_MAX];

	for (unsigned int i = 0; i < frames; i++) {
		struct cv_source_frame f = next_frame(data, i + 1);
		struct cv_trial_verdict v;
		int err = cv_trial_frame(t, &f, 0, &v, why);

		if (err == -ENOTRECOVERABLE)
			return i;
		assert_int_equal(err, 0);
	}
	return frames;
}

static void judges_agree(void **state)
{
	for (unsigned int p = 0; p < POLICIES; p++) {
		struct cv_generation *gen = cv_generate_policy(&rnd, p + 1);
		struct cv_trial *t = NULL;
		struct cv_bpf_why why = {""};

		assert_non_null(gen);
		if (no_kernel(gen)) {
			free(gen);
			skip();
		}
		assert_int_equal(
			cv_trial_create(&(struct cv_policy_file){.gen = gen}, true, &t, &why), 0);
		if (judge(t, FRAMES, &why) != FRAMES)
			fail_msg("%s", why.text);
		cv_trial_destroy(t);
		free(gen);
	}
}

static bool is_rate(uint32_t verdict)
{
	uint32_t reason = CV_VERDICT_REASON(verdict);

	return (reason >= CV_REASON_QUARANTINE && reason <= CV_REASON_RATE_PORT) ||
	       reason == CV_REASON_NO_STATE;
}

/* The steps that explain a verdict end with it, over every kind of policy and frame. */
static void steps_end_where_the_judges_do(void **state)
{
	static uint8_t data[CV_GENERATE_MAX];
	unsigned int by_step[CV_TRACE_STEP_COUNT] = {0};

	for (unsigned int p = 0; p < 20; p++) {
		struct cv_generation *gen = cv_generate_policy(&rnd, p + 1);
		struct cv_trial *t = NULL;
		struct cv_bpf_why why = {""};

		assert_int_equal(
			cv_trial_create(&(struct cv_policy_file){.gen = gen}, false, &t, &why), 0);
		for (unsigned int i = 0; i < FRAMES; i++) {
			struct cv_source_frame f = next_frame(data, i + 1);
			uint8_t port = (uint8_t)cv_below(&rnd, CV_PORTS_MAX);
			struct cv_trial_verdict v;
			struct cv_trace trace;

			assert_int_equal(cv_trial_frame(t, &f, port, &v, &why), 0);
			cv_trace(gen, data, f.len, port, &trace);
			by_step[trace.step]++;
			assert_int_equal(trace.rule ? trace.rule->id : 0, v.rule);
			if (!is_rate(v.first))
				assert_int_equal(trace.verdict, v.first);
		}
		cv_trial_destroy(t);
		free(gen);
	}
	for (unsigned int i = 0; i < CV_TRACE_STEP_COUNT; i++)
		assert_true(by_step[i] > 0);
}

static struct cv_generation *everything(uint8_t action)
{
	struct cv_generation_build *b = NULL;
	struct cv_generation *gen = NULL;

	assert_int_equal(cv_generation_build_create(&b), 0);
	for (unsigned int i = 0; i < CV_CONTEXTS_MAX; i++)
		cv_generation_build_head(b)->policy.contexts[i].ip_action = action;
	assert_int_equal(cv_generation_build_finish(b, &gen), 0);
	cv_generation_build_destroy(b);
	return gen;
}

/* The kernel of another policy's trial in the place of its own. */
static void a_contradiction_is_a_fault(void **state)
{
	struct cv_generation *allow = everything(CV_ACTION_FORWARD);
	struct cv_generation *deny = everything(CV_ACTION_DROP);
	struct cv_bpf_why why = {""};
	struct cv_trial *t = NULL;

	if (no_kernel(allow)) {
		free(allow);
		free(deny);
		skip();
	}
	assert_int_equal(cv_trial_create(&(struct cv_policy_file){.gen = allow}, false, &t, &why),
			 0);
	assert_int_equal(cv_bpf_offline_open(deny, &t->kernel, &why), 0);
	assert_true(judge(t, FRAMES, &why) < FRAMES);
	assert_non_null(strstr(why.text, "XDP says drop (deny-default, rule 0)"));
	assert_non_null(strstr(why.text, "a fault in Culvert"));
	cv_trial_destroy(t);
	/* The same between the worker's two tables. */
	assert_int_equal(cv_trial_create(&(struct cv_policy_file){.gen = deny}, false, &t, &why),
			 0);
	cv_policy_table_destroy(t->table);
	assert_int_equal(cv_policy_table_create(allow, NULL, &t->table), 0);
	assert_true(judge(t, FRAMES, &why) < FRAMES);
	cv_trial_destroy(t);
	assert_int_equal(cv_trial_create(&(struct cv_policy_file){.gen = allow}, false, &t, &why),
			 0);
	cv_policy_table_destroy(t->table);
	assert_int_equal(cv_policy_table_create(deny, NULL, &t->table), 0);
	assert_true(judge(t, FRAMES, &why) < FRAMES);
	cv_trial_destroy(t);
	free(allow);
	free(deny);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_agree),
		cmocka_unit_test(a_contradiction_is_a_fault),
		cmocka_unit_test(steps_end_where_the_judges_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
