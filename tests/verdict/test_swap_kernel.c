/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's policy and programs are replaced while the program judges as fast as it can: 200
 * policies and 50 programs, and no frame is judged by a mixture. Two policies say the same of the
 * frame with the classes of their groups the other way round, so that a mixture would drop it.
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "dataplane/policy/generation_build.h"
#include "ebpf/loader.h"
#include "tests/verdict/veth_lab.h"

#define DATA_SWAPS 200
#define PROGRAM_SWAPS 50
#define AT_ONCE 2000 /* runs of one system call */

/* udp 10.1.0.1 -> 10.2.0.1:5683 */
static const unsigned char frame[60] = {2,    0, 0,  0,	 0, 1, 2, 0, 0,	 0,  0, 2,  8,	0,
					0x45, 0, 0,  46, 0, 1, 0, 0, 64, 17, 0, 0,  10, 1,
					0,    1, 10, 2,	 0, 1, 4, 1, 22, 51, 0, 26, 0,	0};

static struct cv_generation *make(uint64_t number)
{
	uint16_t sensors = number % 2 ? 1 : 2, platform = 3 - sensors;
	struct cv_gen_port port = cv_lab_port("sensors", "cvt-a", CV_PEER_NONE, CV_LOSS_DROP);
	struct cv_gen_prefix a = {.addr = {10, 1}, .family = 4, .len = 16, .class_id = sensors};
	struct cv_gen_prefix b = {.addr = {10, 2}, .family = 4, .len = 16, .class_id = platform};
	struct cv_gen_rule rule = {
		.key = {sensors, platform, htons(5683), 17, CV_MATCH_DPORT},
		.rule = {.id = (uint32_t)number, .index = 1, .action = CV_ACTION_FORWARD}};
	struct cv_generation_build *build = NULL;
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_create(&build), 0);
	cv_generation_build_head(build)->number = number;
	cv_generation_build_head(build)->policy.contexts[0].non_ip_action = CV_ACTION_FORWARD;
	assert_int_equal(cv_generation_build_port(build, &port), 0);
	assert_int_equal(cv_generation_build_prefix(build, &a), 0);
	assert_int_equal(cv_generation_build_prefix(build, &b), 0);
	assert_int_equal(cv_generation_build_rule(build, &rule), 0);
	assert_int_equal(cv_generation_build_finish(build, &g), 0);
	cv_generation_build_destroy(build);
	return g;
}

struct traffic {
	bool stop; /* atomic */
	uint64_t frames;
	int failed;
};

/* The program that the interface's link has now. */
static int current_program(void)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);
	char path[128];
	int fd, program;

	snprintf(path, sizeof(path), "%s/port-sensors/link", cv_lab_pins);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -1;
	program =
		bpf_obj_get_info_by_fd(fd, &info, &size) ? -1 : bpf_prog_get_fd_by_id(info.prog_id);
	close(fd);
	return program;
}

static void *judge_on(void *arg)
{
	struct traffic *t = arg;

	while (!__atomic_load_n(&t->stop, __ATOMIC_RELAXED)) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
			    .data_size_in = sizeof(frame), .repeat = AT_ONCE);
		int program = current_program();

		if (program < 0)
			continue; /* replaced between the two calls: look again */
		if (bpf_prog_test_run_opts(program, &opts))
			t->failed++;
		else
			t->frames += AT_ONCE;
		close(program);
	}
	return NULL;
}

static void swap_policy(struct cv_bpf *b, uint64_t number)
{
	struct cv_generation *g = make(number);
	struct cv_bpf_why why = {""};
	struct cv_epoch to = cv_bpf_epoch(b);
	uint32_t slot;

	if (cv_bpf_prepare(b, g, &slot, &why))
		fail_msg("%s", why.text);
	to.previous = to.live;
	to.live = slot;
	to.number = number;
	cv_bpf_switch(b, &to);
	cv_bpf_settle(b);
	assert_int_equal(cv_bpf_generation(b), number);
	free(g);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_swaps(void **state)
{
	struct cv_bpf *b = cv_lab_load(make(1));
	struct cv_xdp_counts before, after;
	struct traffic t = {0};
	uint64_t number = 1, other = 0;
	struct cv_bpf_why why = {""};
	pthread_t thread;
	double begin;

	assert_int_equal(cv_bpf_counters(b, 0, &before), 0);
	begin = now_s();
	assert_int_equal(pthread_create(&thread, NULL, judge_on, &t), 0);
	for (int i = 0; i < DATA_SWAPS; i++)
		swap_policy(b, ++number);
	for (int i = 0; i < PROGRAM_SWAPS; i++) {
		cv_bpf_close(b);
		b = cv_lab_load(make(++number));
	}
	__atomic_store_n(&t.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	begin = now_s() - begin;
	assert_int_equal(cv_bpf_counters(b, 0, &after), 0);
	for (int i = 0; i < CV_REASON_COUNT; i++)
		if (i != CV_REASON_ALLOW && i != CV_REASON_ALLOW_NON_IP && i != CV_REASON_PORT_DOWN)
			other += after.reason[i].packets - before.reason[i].packets;
	printf("%llu frames in %.1f s (%.0f k/s), %d policies and %d programs replaced\n",
	       (unsigned long long)t.frames, begin, (double)t.frames / begin / 1e3, DATA_SWAPS,
	       PROGRAM_SWAPS);
	assert_int_equal(t.failed, 0);
	assert_int_equal(other, 0);
	assert_true(t.frames > 0);
	/* Allowed by the policy, then without a dataplane to go to. */
	assert_true(after.reason[CV_REASON_PORT_DOWN].packets -
			    before.reason[CV_REASON_PORT_DOWN].packets +
			    after.reason[CV_REASON_ALLOW].packets -
			    before.reason[CV_REASON_ALLOW].packets >=
		    t.frames);
	cv_bpf_close(b);
	assert_int_equal(cv_bpf_detach(cv_lab_pins, &why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_swaps)};

	if (cv_lab_enter())
		return CV_LAB_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
