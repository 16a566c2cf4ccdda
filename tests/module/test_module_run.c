/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules in the kernel behind the verdict: what they drop and what passes, replaced under traffic,
 * absent, over their budget.
 *
 * usage: test_module_run COAP_BURST.o CODES.o REFUSED.o
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "tests/module/module_node.h"

#define SWAPS 50

/* ---- what it drops ------------------------------------------------------------------------- */

static void test_burst(void **state)
{
	struct cv_bpf *b = node_start(1);
	struct cv_bpf_module m;
	struct cv_xdp_counts c;

	node_install(b, &node_burst);
	node_send_coap(40001, 7, 20); /* one id, 20 times: first and four repetitions pass */
	for (uint16_t id = 100; id < 200; id++)
		node_send_coap(40001, id, 1);
	node_send_coap(40001, 8, 5);
	node_send_coap(40002, 7, 5); /* the same id of another endpoint */
	c = cv_lab_counts_after(b, 0, 130);
	assert_int_equal(c.reason[CV_REASON_MODULE].packets, 15);
	assert_int_equal(c.reason[CV_REASON_MODULE].bytes, 15 * 60);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 115);
	assert_int_equal(c.path[CV_XDP_DROPPED].packets, 15);
	assert_int_equal(cv_lab_path_sum(&c), cv_lab_seen(&c));
	m = node_module(b);
	assert_string_equal(m.slot.info.name, "coap_burst");
	assert_int_equal(m.counts.runs, 130);
	assert_int_equal(m.counts.continued, 115);
	assert_int_equal(m.counts.drops[0].packets, 15);
	assert_int_equal(m.counts.drops[0].bytes, 15 * 60);
	assert_int_equal(m.counts.absent, 0);
	assert_true(m.counts.timed >= 1 && m.counts.time_max_ns > 0);

	cv_bpf_module_remove(b);
	assert_false(node_has_module(b));
	node_send_coap(40001, 7, 20);
	c = cv_lab_counts_after(b, 0, 150);
	assert_int_equal(c.reason[CV_REASON_MODULE].packets, 15);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 135);
	node_stop(b);
}

static void test_codes_and_fields(void **state)
{
	struct cv_bpf *b = node_start(9);
	struct cv_module_frame f;
	struct cv_bpf_module m;
	struct cv_xdp_counts c;

	node_install(b, &node_codes);
	for (uint16_t code = 0; code < CV_MODULE_CODES; code++)
		node_send_coap((uint16_t)(7000 + code), 1, code + 1);
	node_send_coap(7100, 1, 3);
	node_send_coap(7777, 1, 1);
	c = cv_lab_counts_after(b, 0, 140);
	assert_int_equal(c.reason[CV_REASON_MODULE].packets, 136);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 4);
	m = node_module(b);
	for (unsigned int code = 0; code < CV_MODULE_CODES; code++)
		assert_int_equal(m.counts.drops[code].packets, code + 1);
	assert_int_equal(m.counts.invalid, 3);
	assert_int_equal(m.counts.continued, 1);

	f = node_saw();
	assert_int_equal(f.generation, 9);
	assert_int_equal(f.rule, 41);
	assert_int_equal(f.src[0], htonl(0x0a000001));
	assert_int_equal(f.dst[0], htonl(0x0a000002));
	assert_int_equal(f.sport, 7777);
	assert_int_equal(f.dport, 5683);
	assert_int_equal(f.l3_off, 14);
	assert_int_equal(f.l4_off, 34);
	assert_int_equal(f.l3_end, 46);
	assert_int_equal(f.family, 4);
	assert_int_equal(f.ip_proto, 17);
	assert_int_equal(f.ethertype, 0x0800);
	assert_int_equal(f.vlan | f.vlan_inner | f.vlans | f.fragment | f.port | f.to_host, 0);
	assert_true(f.now_ns > 0);
	node_stop(b);
}

/* What the verdict drops and what the guard claims is none of its business. */
static void test_never_asked(void **state)
{
	struct cv_bpf *b = node_start(1);
	struct cv_xdp_counts c;
	uint8_t f[60];

	node_install(b, &node_codes);
	node_frame(f, 17, 7000, 53, 0); /* denied by the policy */
	cv_lab_send("cvt-ap", f, sizeof(f), 10);
	node_frame(f, 17, 7000, 22, 0); /* management */
	cv_lab_send("cvt-ap", f, sizeof(f), 10);
	c = cv_lab_counts_after(b, 0, 20);
	assert_int_equal(c.reason[CV_REASON_DENY_DEFAULT].packets, 10);
	assert_int_equal(c.reason[CV_REASON_ALLOW_GUARD].packets, 10);
	assert_int_equal(node_module(b).counts.runs, 0);
	node_frame(f, 1, 0, 0, 0); /* for this node by a rule: asked */
	cv_lab_send("cvt-ap", f, sizeof(f), 10);
	c = cv_lab_counts_after(b, 0, 30);
	assert_int_equal(c.reason[CV_REASON_ALLOW_HOST].packets, 10);
	assert_int_equal(node_module(b).counts.runs, 10);
	assert_int_equal(node_saw().to_host, 1);
	node_stop(b);
}

/* ---- under traffic ------------------------------------------------------------------------- */

static atomic_bool traffic_ends;

static void *traffic(void *sent)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex("cvt-ap")};
	const struct timespec pause = {.tv_nsec = 500000};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	uint64_t n = 0;
	uint8_t f[60];

	while (!traffic_ends) {
		for (int i = 0; i < 64; i++, n++) {
			node_frame(f, 17, (uint16_t)(10000 + n / 65536), 5683, (uint16_t)n);
			if (sendto(fd, f, sizeof(f), 0, (void *)&to, sizeof(to)) != sizeof(f))
				abort();
		}
		nanosleep(&pause, NULL);
	}
	close(fd);
	*(uint64_t *)sent = n;
	return NULL;
}

static uint64_t far_end_received(void)
{
	uint64_t n = 0;
	FILE *f = popen("ip -j -s link show dev cvt-bp | jq '.[0].stats64.rx.packets'", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu", &n), 1);
	pclose(f);
	return n;
}

/* Id of the program in force, and of the map it has of its own. */
static void ids(const struct cv_bpf *b, __u32 *program, __u32 *map)
{
	__u32 maps[8], slot = cv_bpf_epoch(b).live, size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.nr_map_ids = 8, .map_ids = (uintptr_t)maps};
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/module_programs", cv_lab_pins);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &slot, program), 0);
	close(fd);
	fd = bpf_prog_get_fd_by_id(*program);
	assert_true(fd >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	close(fd);
	for (__u32 i = 0; i < info.nr_map_ids; i++) {
		struct bpf_map_info m = {0};

		size = sizeof(m);
		fd = bpf_map_get_fd_by_id(maps[i]);
		assert_true(fd >= 0);
		assert_int_equal(bpf_obj_get_info_by_fd(fd, &m, &size), 0);
		close(fd);
		if (!strcmp(m.name, "messages") || !strcmp(m.name, "codes_saw"))
			*map = maps[i];
	}
}

/* The kernel lets go of them after a grace period. */
static bool is_gone(__u32 program, __u32 map)
{
	for (int tries = 0; tries < 200; tries++) {
		int p = bpf_prog_get_fd_by_id(program), m = bpf_map_get_fd_by_id(map);

		if (p < 0 && m < 0)
			return true;
		if (p >= 0)
			close(p);
		if (m >= 0)
			close(m);
		usleep(20000);
	}
	return false;
}

static void test_replaced_under_traffic(void **state)
{
	struct cv_bpf *b = node_start(1);
	uint64_t sent = 0, before = far_end_received();
	__u32 programs[SWAPS] = {0}, maps[SWAPS] = {0};
	struct cv_xdp_counts c;
	pthread_t thread;

	traffic_ends = false;
	assert_int_equal(pthread_create(&thread, NULL, traffic, &sent), 0);
	for (int i = 0; i < SWAPS; i++) {
		node_install(b, i & 1 ? &node_codes : &node_burst);
		ids(b, &programs[i], &maps[i]);
		assert_true(programs[i] && maps[i]);
	}
	traffic_ends = true;
	pthread_join(thread, NULL);
	c = cv_lab_counts_after(b, 0, sent);
	print_message("%lu frames in %d swaps\n", sent, SWAPS);
	assert_true(sent > 1000);
	assert_int_equal(cv_lab_seen(&c), sent);
	assert_int_equal(cv_lab_path_sum(&c), sent);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, sent);
	for (int tries = 0; tries < 100 && far_end_received() - before < sent; tries++)
		usleep(20000);
	assert_int_equal(far_end_received() - before, sent);
	assert_int_equal(node_module(b).counts.absent, 0);
	for (int i = 0; i < SWAPS - 1; i++)
		assert_true(is_gone(programs[i], maps[i]));
	node_stop(b);
	assert_true(is_gone(programs[SWAPS - 1], maps[SWAPS - 1]));
}

/* ---- what may go wrong --------------------------------------------------------------------- */

/* No program where one should be: as if there were no module, and counted. */
static void test_absent(void **state)
{
	struct cv_bpf *b = node_start(1);
	struct cv_xdp_counts c;
	char path[128];
	__u32 slot;
	int fd;

	node_install(b, &node_codes);
	snprintf(path, sizeof(path), "%s/module_programs", cv_lab_pins);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	slot = cv_bpf_epoch(b).live;
	assert_int_equal(bpf_map_delete_elem(fd, &slot), 0);
	close(fd);
	node_send_coap(7000, 1, 10);
	c = cv_lab_counts_after(b, 0, 10);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 10);
	assert_int_equal(node_module(b).counts.absent, 10);
	assert_int_equal(node_module(b).counts.runs, 0);
	node_stop(b);
}

static void test_budget(void **state)
{
	struct cv_bpf *b = node_start(1);
	struct cv_bpf_module m;

	node_install(b, &node_codes); /* allows itself 1 ns */
	node_send_coap(7777, 1, 1000);
	cv_lab_counts_after(b, 0, 1000);
	m = node_module(b);
	assert_int_equal(cv_bpf_module_mean_ns(&m), 0); /* too few to say */
	assert_false(cv_bpf_module_over_budget(&m));
	node_send_coap(7777, 1, 10000);
	cv_lab_counts_after(b, 0, 11000);
	m = node_module(b);
	print_message("mean %lu ns, longest %llu ns, %llu of %llu runs timed\n",
		      cv_bpf_module_mean_ns(&m), m.counts.time_max_ns, m.counts.timed,
		      m.counts.runs);
	assert_true(m.counts.timed >= CV_MODULE_TIMED_MIN);
	assert_true(cv_bpf_module_mean_ns(&m) > 1 && cv_bpf_module_mean_ns(&m) < 1000000);
	assert_true(m.counts.time_max_ns >= cv_bpf_module_mean_ns(&m));
	assert_true(cv_bpf_module_over_budget(&m));
	assert_true(node_judged(b) == 11000);
	node_stop(b);
}

static int tests(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_burst),	    cmocka_unit_test(test_codes_and_fields),
		cmocka_unit_test(test_never_asked), cmocka_unit_test(test_replaced_under_traffic),
		cmocka_unit_test(test_absent),	    cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}

int main(int argc, char **argv)
{
	return node_run_tests(argc, argv, tests);
}
