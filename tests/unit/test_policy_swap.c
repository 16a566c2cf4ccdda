/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy changes while the worker judges: every frame is judged by one whole policy, and
 * nothing of an old one is looked at once the new one is taken. Two policies say the same of every
 * frame with the classes of their groups the other way round, so that the prefixes of one and the
 * rules of the other would drop it.
 */
#include "tests/unit/verdict_help.h"

#include <pthread.h>
#include <stdbool.h>

#include "dataplane/pipeline.h"
#include "dataplane/policy/loaded.h"

#define SWITCHES 400

static struct cv_sink sink; /* never written to: nothing is decoded */
static struct cv_counters counters;

static struct cv_generation *make(uint64_t number)
{
	struct cv_generation_build *b = policy(CV_ACTION_DROP);
	uint16_t sensors = number % 2 ? 1 : 2, platform = 3 - sensors;
	struct cv_rule_key coap = {sensors, platform, htons(5683), 17, CV_MATCH_DPORT};
	struct cv_generation *g = NULL;

	cv_generation_build_head(b)->number = number;
	cv_generation_build_head(b)->decode = 0;
	prefix(b, AF_INET, "10.1.0.0", 16, sensors);
	prefix(b, AF_INET, "10.2.0.0", 24, platform);
	rule(b, (uint32_t)number, coap, CV_ACTION_FORWARD);
	assert_int_equal(cv_generation_build_finish(b, &g), 0);
	cv_generation_build_destroy(b);
	return g;
}

static struct cv_loaded *load(uint64_t number)
{
	struct cv_generation *g = make(number);
	struct cv_loaded *l = NULL;

	assert_int_equal(cv_loaded_create(g, number % 3 == 0, &l), 0);
	l->owned = g;
	return l;
}

struct lcore {
	struct cv_pipeline *p;
	bool stop; /* atomic */
	uint64_t frames, mixed, wrong_rule, bursts, turns;
};

/* What the worker does, with frames of 256 devices in turn. */
static void *judge_on(void *arg)
{
	struct lcore *l = arg;
	static struct bytes frames[256];
	uint8_t host = 0;

	for (unsigned int i = 0; i < 256; i++) {
		ethernet(&frames[i], 0x0800);
		ip4(&frames[i], (uint8_t)i, 17, 0, 12);
		udp(&frames[i], (uint16_t)(1000 + i), 5683, 4);
	}
	while (!__atomic_load_n(&l->stop, __ATOMIC_RELAXED)) {
		struct cv_frame burst[32] = {0};
		uint64_t before = cv_pipeline_taken(l->p);

		cv_pipeline_turn(l->p);
		l->turns += cv_pipeline_taken(l->p) != before;
		for (unsigned int i = 0; i < 32; i++, host++) {
			burst[i].data = frames[host].b;
			burst[i].len = frames[host].len;
		}
		cv_pipeline_burst(l->p, burst, 32, SECOND + l->bursts++);
		for (unsigned int i = 0; i < 32; i++) {
			l->frames++;
			l->mixed += burst[i].verdict != FORWARD(ALLOW);
			/* All of a burst by the same one. */
			l->wrong_rule += burst[i].rule != burst[0].rule;
		}
	}
	return NULL;
}

static void wait_taken(struct cv_pipeline *p, uint64_t sequence)
{
	while (cv_pipeline_taken(p) != sequence)
		;
}

static void test_swap(void **state)
{
	struct cv_policy_set *set = calloc(1, sizeof(*set)), *old;
	struct lcore l = {0};
	pthread_t thread;

	*set = (struct cv_policy_set){.live = load(1), .sequence = 1};
	assert_int_equal(cv_pipeline_create_on(set, set->live->gen, true, &sink, &counters, &l.p),
			 0);
	assert_int_equal(pthread_create(&thread, NULL, judge_on, &l), 0);
	for (uint64_t i = 2; i <= SWITCHES; i++) {
		old = set;
		set = calloc(1, sizeof(*set));
		*set = (struct cv_policy_set){.live = load(i), .sequence = i};
		if (i % 4 == 0) { /* the one before stays, beside it */
			set->shadow = old->live;
			assert_int_equal(cv_loaded_make_shadow(set->shadow), 0);
		}
		cv_pipeline_switch(l.p, set);
		wait_taken(l.p, i);
		/* Freed at once: a look at it from now on is a crash. */
		if (old->shadow)
			cv_loaded_destroy(old->shadow);
		if (!set->shadow)
			cv_loaded_destroy(old->live);
		free(old);
	}
	__atomic_store_n(&l.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(l.mixed, 0);
	assert_int_equal(l.wrong_rule, 0);
	assert_int_equal(l.turns, SWITCHES - 1);
	assert_true(l.frames >= SWITCHES);
	assert_int_equal(counters.rx, l.frames);
	assert_int_equal(counters.reason[CV_REASON_ALLOW], l.frames);
	cv_pipeline_destroy(l.p);
	cv_loaded_destroy(set->shadow);
	cv_loaded_destroy(set->live);
	free(set);
}

/* The test above can fail: prefixes of one and rules of the other do drop. */
static void test_mixture_would_show(void **state)
{
	struct cv_generation *g = make(1);
	struct cv_gen_prefix *prefixes =
		(struct cv_gen_prefix *)(uintptr_t)cv_generation_at(g, g->prefixes);
	struct cv_loaded *l = NULL;
	struct cv_frame r;
	struct bytes f;

	for (uint32_t i = 0; i < g->prefixes.count; i++)
		prefixes[i].class_id = 3 - prefixes[i].class_id;
	g->crc32c = cv_generation_crc(g);
	assert_int_equal(cv_loaded_create(g, false, &l), 0);
	l->owned = g;
	ethernet(&f, 0x0800);
	ip4(&f, 7, 17, 0, 12);
	udp(&f, 1000, 5683, 4);
	r = judge(l->policy, &f);
	assert_int_equal(r.verdict, DROP(DENY_DEFAULT));
	cv_loaded_destroy(l);
}

/* What is set up once cannot be changed by a policy. */
static void test_fit(void **state)
{
	struct cv_generation *a = make(1), *b = make(2);
	const struct cv_gen_port port = {
		.name = "a", .target = "eth0", .kind = CV_PORT_AF_XDP, .peer = CV_PEER_NONE};
	struct cv_generation_build *build = policy(CV_ACTION_DROP);
	struct cv_generation *c = NULL;

	assert_true(cv_loaded_fits(a, b));
	b->flow_capacity++;
	assert_false(cv_loaded_fits(a, b));
	b->flow_capacity--;
	cv_generation_build_head(build)->decode = 0;
	assert_int_equal(cv_generation_build_finish(build, &c), 0);
	assert_true(cv_loaded_fits(a, c));
	free(c);
	assert_int_equal(cv_generation_build_port(build, &port), 0);
	assert_int_equal(cv_generation_build_finish(build, &c), 0);
	assert_false(cv_loaded_fits(a, c));
	cv_generation_build_destroy(build);
	free(a);
	free(b);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_mixture_would_show),
		cmocka_unit_test(test_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
