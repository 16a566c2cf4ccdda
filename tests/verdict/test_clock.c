/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits by the program's own clock, as control loads it: what passes in some seconds against what
 * the limit says. The frames come as fast as a core judges them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/policy/generation_build.h"
#include "ebpf/loader_internal.h"
#include "ebpf/offline.h"

#include "ingress.skel.h"

#define RATE 20000u /* packets per second */
#define SECOND 1000000000ull
#define RUN_NS (2 * SECOND)
#define FRAMES_TRIED 200000u

static struct cv_generation *policy(uint64_t burst_ns)
{
	struct cv_gen_rule rule = {
		.key = {.port = htons(5683), .ip_proto = 17},
		.rule = {.id = 1,
			 .action = CV_ACTION_HOST,
			 .flags = CV_RULE_POLICE,
			 .index = 1,
			 .limit = {.cost_packet = (SECOND << 6) / RATE, .burst = burst_ns << 6}}};
	struct cv_generation_build *b = NULL;
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_create(&b), 0);
	assert_int_equal(cv_generation_build_rule(b, &rule), 0);
	assert_int_equal(cv_generation_build_finish(b, &g), 0);
	cv_generation_build_destroy(b);
	return g;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* How long frames were offered, ns. */
struct offered {
	uint64_t whole; /* from before the first to behind the last */
	uint64_t busy; /* of that, without the pauses in which others had the core */
};

/* One call of the kernel: between two it waits for readers, tens of milliseconds. */
static struct offered offer(const struct cv_bpf *b, uint32_t frames)
{
	const uint8_t frame[88] = {2,	 0, 0,	 0,   0, 1, 2,	  0, 0,	   0,	 0, 2, 8,  0,
				   0x45, 0, 0,	 74,  0, 0, 0,	  0, 64,   17,	 0, 0, 10, 0,
				   0,	 1, 192, 168, 0, 1, 0x40, 0, 0x16, 0x33, 0, 54};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = (int)frames);
	uint64_t start = now_ns();

	assert_int_equal(
		bpf_prog_test_run_opts(bpf_program__fd(b->first->object->progs.xsk_def_prog), &run),
		0);
	return (struct offered){now_ns() - start, (uint64_t)run.duration * frames};
}

/* What passed of frames that came as fast as a core judges them, for some seconds. */
static uint64_t passed_of(uint64_t burst_ns, struct offered *offered)
{
	struct cv_generation *g = policy(burst_ns);
	struct cv_rule_hits hits[2], before[2];
	struct cv_bpf_why why = {""};
	struct cv_bpf b = {0};
	uint32_t live;
	int err = cv_bpf_offline_start(&b, 1024);

	if (err == -EPERM) {
		cv_bpf_offline_stop(&b);
		free(g);
		skip();
	}
	assert_int_equal(err, 0);
	/* As many as will take that long; then a policy with an untouched limit for them. */
	assert_int_equal(cv_bpf_install(&b, g, &why), 0);
	*offered = offer(&b, FRAMES_TRIED);
	live = cv_bpf_epoch(&b).live;
	assert_int_equal(cv_bpf_hits(&b, live, before, 2), 0);
	*offered = offer(&b, (uint32_t)(RUN_NS * FRAMES_TRIED / (offered->busy + 1)));
	assert_int_equal(cv_bpf_hits(&b, live, hits, 2), 0);
	assert_true(hits[1].drops > hits[1].packets / 2);
	cv_bpf_offline_stop(&b);
	free(g);
	return hits[1].packets - hits[1].drops - (before[1].packets - before[1].drops);
}

/* By the tick: of two seconds of a burst that is used up, 1 %. */
static void test_tick(void **state)
{
	struct offered o;
	uint64_t passed = passed_of(SECOND, &o);

	print_message("%llu passed in %llu to %llu us\n", (unsigned long long)passed,
		      (unsigned long long)o.busy / 1000, (unsigned long long)o.whole / 1000);
	/* The burst was used up before, and is here again after a pause. */
	assert_true(passed <= (o.whole + SECOND) * RATE / SECOND + 1);
	assert_true(passed >= o.busy * RATE / SECOND * 99 / 100);
}

/* By the clock: of a burst that is half of a tick, the tick would lose half. What a pause of the
 * core costs is nobody's error, hence the room. */
static void test_exact(void **state)
{
	struct offered o;
	uint64_t passed = passed_of(SECOND / 500, &o);

	print_message("%llu passed in %llu to %llu us\n", (unsigned long long)passed,
		      (unsigned long long)o.busy / 1000, (unsigned long long)o.whole / 1000);
	assert_true(passed <= (o.whole + SECOND / 500) * RATE / SECOND + 1);
	assert_true(passed >= o.busy * RATE / SECOND * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tick),
		cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
