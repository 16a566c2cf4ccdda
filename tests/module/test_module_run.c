/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules in the kernel behind the verdict, on two veth pairs: what they drop and what passes,
 * replaced under traffic, tied to the policies they came with, kept when control starts again.
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

#include "dataplane/policy/generation_build.h"
#include "ebpf/module.h"
#include "tests/verdict/veth_lab.h"

#define SWAPS 50

struct object {
	char *bytes;
	size_t size;
};
static struct object burst, codes, refused;

static struct object read_object(const char *path)
{
	struct object o = {.bytes = malloc(CV_MODULE_SIZE_MAX)};
	FILE *f = fopen(path, "rb");

	assert_non_null(o.bytes);
	if (!f)
		fail_msg("cannot open %s", path);
	o.size = fread(o.bytes, 1, CV_MODULE_SIZE_MAX, f);
	fclose(f);
	return o;
}

/* UDP 5683 is forwarded (in the kernel: there is no dataplane), ICMP and the guard's UDP 22 go to
 * the host, the rest is denied. */
static struct cv_generation *generation_of(uint64_t number, bool swapped)
{
	struct cv_gen_port a = cv_lab_port("sensors", "cvt-a", !swapped, CV_LOSS_FORWARD);
	struct cv_gen_port b = cv_lab_port("platform", "cvt-b", swapped, CV_LOSS_FORWARD);
	struct cv_gen_rule coap = {
		.key = {.port = htons(5683), .ip_proto = 17, .match = CV_MATCH_DPORT},
		.rule = {.id = 41, .index = 1, .action = CV_ACTION_FORWARD}};
	struct cv_gen_rule icmp = {.key = {.ip_proto = 1, .match = CV_MATCH_ANY_PORT},
				   .rule = {.id = 42, .index = 2, .action = CV_ACTION_HOST}};
	struct cv_generation_build *build = NULL;
	struct cv_generation *g = NULL;
	struct cv_policy_head *policy;

	assert_int_equal(cv_generation_build_create(&build), 0);
	cv_generation_build_head(build)->number = number;
	cv_generation_build_head(build)->device_capacity = 4096;
	policy = &cv_generation_build_head(build)->policy;
	policy->contexts[0].ip_action = CV_ACTION_DROP;
	policy->contexts[0].non_ip_action = CV_ACTION_DROP;
	policy->n_guards = 1;
	policy->guards[0] = (struct cv_guard){
		.addr = {htonl(0x0a000002)}, .port = htons(22), .ip_proto = 17, .family = 4};
	assert_int_equal(cv_generation_build_port(build, swapped ? &b : &a), 0);
	assert_int_equal(cv_generation_build_port(build, swapped ? &a : &b), 0);
	assert_int_equal(cv_generation_build_rule(build, &coap), 0);
	assert_int_equal(cv_generation_build_rule(build, &icmp), 0);
	assert_int_equal(cv_generation_build_finish(build, &g), 0);
	cv_generation_build_destroy(build);
	return g;
}

static struct cv_generation *generation(uint64_t number)
{
	return generation_of(number, false);
}

/* 10.0.0.1 to 10.0.0.2: a CoAP GET in UDP, or with another protocol just bytes. */
static void make_frame(uint8_t f[60], uint8_t proto, uint16_t sport, uint16_t dport, uint16_t id)
{
	static const uint8_t start[60] = {2,  0, 0,  0, 0, 1, 2, 0,  0, 0,  0, 2,  8,	 0, 0x45,
					  0,  0, 32, 0, 0, 0, 0, 64, 0, 0,  0, 10, 0,	 0, 1,
					  10, 0, 0,  2, 0, 0, 0, 0,  0, 12, 0, 0,  0x40, 1};

	memcpy(f, start, 60);
	f[23] = proto;
	f[34] = (uint8_t)(sport >> 8);
	f[35] = (uint8_t)sport;
	f[36] = (uint8_t)(dport >> 8);
	f[37] = (uint8_t)dport;
	f[44] = (uint8_t)(id >> 8);
	f[45] = (uint8_t)id;
}

static void send_coap(uint16_t sport, uint16_t id, int count)
{
	uint8_t f[60];

	make_frame(f, 17, sport, 5683, id);
	cv_lab_send("cvt-ap", f, sizeof(f), count);
}

static struct cv_bpf *start(uint64_t number)
{
	struct cv_generation *g = generation(number);
	struct cv_bpf_why why = {""};
	struct cv_bpf *b = NULL;

	if (cv_bpf_load(g, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	free(g);
	return b;
}

static void stop(struct cv_bpf *b)
{
	struct cv_bpf_why why;

	cv_bpf_close(b);
	assert_int_equal(cv_bpf_detach(cv_lab_pins, &why), 0);
	assert_int_not_equal(access(cv_lab_pins, F_OK), 0);
}

static void install(struct cv_bpf *b, const struct object *o)
{
	struct cv_bpf_why why = {""};

	if (cv_bpf_module_install(b, CV_MODULE_ALL_PORTS, o->bytes, o->size, &why))
		fail_msg("%s", why.text);
}

static struct cv_bpf_module live_module(const struct cv_bpf *b)
{
	struct cv_bpf_module m = {0};
	uint64_t drops = 0;

	assert_int_equal(cv_bpf_module_counters(b, cv_bpf_epoch(b).live, &m), 0);
	for (int i = 0; i < CV_MODULE_CODES; i++)
		drops += m.counts.drops[i].packets;
	assert_int_equal(m.counts.runs, m.counts.continued + m.counts.invalid + drops);
	return m;
}

static bool has_module(const struct cv_bpf *b)
{
	struct cv_bpf_module m;

	return cv_bpf_module_counters(b, cv_bpf_epoch(b).live, &m) == 0;
}

static uint64_t judged(const struct cv_bpf *b)
{
	struct cv_xdp_counts c;

	assert_int_equal(cv_bpf_counters(b, 0, &c), 0);
	return cv_lab_seen(&c);
}

/* ---- what it drops ------------------------------------------------------------------------- */

static void test_burst(void **state)
{
	struct cv_bpf *b = start(1);
	struct cv_bpf_module m;
	struct cv_xdp_counts c;

	install(b, &burst);
	send_coap(40001, 7, 20); /* one id, 20 times: first and four repetitions pass */
	for (uint16_t id = 100; id < 200; id++)
		send_coap(40001, id, 1);
	send_coap(40001, 8, 5);
	send_coap(40002, 7, 5); /* the same id of another endpoint */
	c = cv_lab_counts_after(b, 0, 130);
	assert_int_equal(c.reason[CV_REASON_MODULE].packets, 15);
	assert_int_equal(c.reason[CV_REASON_MODULE].bytes, 15 * 60);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 115);
	assert_int_equal(c.path[CV_XDP_DROPPED].packets, 15);
	assert_int_equal(cv_lab_path_sum(&c), cv_lab_seen(&c));
	m = live_module(b);
	assert_string_equal(m.slot.info.name, "coap_burst");
	assert_int_equal(m.counts.runs, 130);
	assert_int_equal(m.counts.continued, 115);
	assert_int_equal(m.counts.drops[0].packets, 15);
	assert_int_equal(m.counts.drops[0].bytes, 15 * 60);
	assert_int_equal(m.counts.absent, 0);
	assert_true(m.counts.timed >= 1 && m.counts.time_max_ns > 0);

	cv_bpf_module_remove(b);
	assert_false(has_module(b));
	send_coap(40001, 7, 20);
	c = cv_lab_counts_after(b, 0, 150);
	assert_int_equal(c.reason[CV_REASON_MODULE].packets, 15);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 135);
	stop(b);
}

static struct cv_module_frame saw(void)
{
	__u32 id = 0, zero = 0;

	/* struct cv_module_ctx begins with two pointers, then it is the frame's fields. */
	while (!bpf_map_get_next_id(id, &id)) {
		struct {
			uint64_t data[2];
			struct cv_module_frame frame;
		} value = {0};
		struct bpf_map_info info = {0};
		__u32 size = sizeof(info);
		int err, fd = bpf_map_get_fd_by_id(id);

		assert_int_equal(fd < 0 ? 0 : bpf_obj_get_info_by_fd(fd, &info, &size), 0);
		if (fd < 0 || strcmp(info.name, "codes_saw")) {
			if (fd >= 0)
				close(fd);
			continue;
		}
		assert_true(info.value_size <= sizeof(value));
		err = bpf_map_lookup_elem(fd, &zero, &value);
		close(fd);
		assert_int_equal(err, 0);
		return value.frame;
	}
	fail_msg("the module's map is not there");
	return (struct cv_module_frame){0};
}

static void test_codes_and_fields(void **state)
{
	struct cv_bpf *b = start(9);
	struct cv_module_frame f;
	struct cv_bpf_module m;
	struct cv_xdp_counts c;

	install(b, &codes);
	for (uint16_t code = 0; code < CV_MODULE_CODES; code++)
		send_coap((uint16_t)(7000 + code), 1, code + 1);
	send_coap(7100, 1, 3);
	send_coap(7777, 1, 1);
	c = cv_lab_counts_after(b, 0, 140);
	assert_int_equal(c.reason[CV_REASON_MODULE].packets, 136);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 4);
	m = live_module(b);
	for (unsigned int code = 0; code < CV_MODULE_CODES; code++)
		assert_int_equal(m.counts.drops[code].packets, code + 1);
	assert_int_equal(m.counts.invalid, 3);
	assert_int_equal(m.counts.continued, 1);

	f = saw();
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
	stop(b);
}

/* What the verdict drops and what the guard claims is none of its business. */
static void test_never_asked(void **state)
{
	struct cv_bpf *b = start(1);
	struct cv_xdp_counts c;
	uint8_t f[60];

	install(b, &codes);
	make_frame(f, 17, 7000, 53, 0); /* denied by the policy */
	cv_lab_send("cvt-ap", f, sizeof(f), 10);
	make_frame(f, 17, 7000, 22, 0); /* management */
	cv_lab_send("cvt-ap", f, sizeof(f), 10);
	c = cv_lab_counts_after(b, 0, 20);
	assert_int_equal(c.reason[CV_REASON_DENY_DEFAULT].packets, 10);
	assert_int_equal(c.reason[CV_REASON_ALLOW_GUARD].packets, 10);
	assert_int_equal(live_module(b).counts.runs, 0);
	make_frame(f, 1, 0, 0, 0); /* for this node by a rule: asked */
	cv_lab_send("cvt-ap", f, sizeof(f), 10);
	c = cv_lab_counts_after(b, 0, 30);
	assert_int_equal(c.reason[CV_REASON_ALLOW_HOST].packets, 10);
	assert_int_equal(live_module(b).counts.runs, 10);
	assert_int_equal(saw().to_host, 1);
	stop(b);
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
			make_frame(f, 17, (uint16_t)(10000 + n / 65536), 5683, (uint16_t)n);
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
	struct cv_bpf *b = start(1);
	uint64_t sent = 0, before = far_end_received();
	__u32 programs[SWAPS] = {0}, maps[SWAPS] = {0};
	struct cv_xdp_counts c;
	pthread_t thread;

	traffic_ends = false;
	assert_int_equal(pthread_create(&thread, NULL, traffic, &sent), 0);
	for (int i = 0; i < SWAPS; i++) {
		install(b, i & 1 ? &codes : &burst);
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
	assert_int_equal(live_module(b).counts.absent, 0);
	for (int i = 0; i < SWAPS - 1; i++)
		assert_true(is_gone(programs[i], maps[i]));
	stop(b);
	assert_true(is_gone(programs[SWAPS - 1], maps[SWAPS - 1]));
}

/* ---- with policies ------------------------------------------------------------------------- */

static void switch_to(struct cv_bpf *b, uint64_t number)
{
	struct cv_generation *g = generation(number);
	struct cv_bpf_why why = {""};

	if (cv_bpf_install(b, g, &why))
		fail_msg("%s", why.text);
	free(g);
}

static void stage(struct cv_bpf *b, const struct object *o)
{
	struct cv_bpf_why why = {""};

	if (cv_bpf_module_stage(b, CV_MODULE_ALL_PORTS, o->bytes, o->size, &why))
		fail_msg("%s", why.text);
}

static void test_goes_with_its_policy(void **state)
{
	struct cv_generation *g = generation(4);
	struct cv_bpf *b = start(1);
	struct cv_bpf_why why = {""};

	assert_false(has_module(b));
	stage(b, &burst);
	assert_false(has_module(b)); /* not before its policy */
	switch_to(b, 2);
	assert_string_equal(live_module(b).slot.info.name, "coap_burst");
	switch_to(b, 3);
	assert_false(has_module(b));
	assert_int_equal(cv_bpf_revert(b), 0);
	assert_string_equal(live_module(b).slot.info.name, "coap_burst");
	assert_int_equal(cv_bpf_revert(b), 0);
	assert_false(has_module(b));

	/* A shadow's module does not run before it is promoted. */
	stage(b, &codes);
	assert_int_equal(cv_bpf_shadow(b, g, &why), 0);
	send_coap(7003, 1, 10);
	assert_int_equal(cv_lab_counts_after(b, 0, 10).reason[CV_REASON_MODULE].packets, 0);
	assert_int_equal(cv_bpf_promote(b), 0);
	send_coap(7003, 1, 10);
	assert_int_equal(cv_lab_counts_after(b, 0, 20).reason[CV_REASON_MODULE].packets, 10);

	/* One that is refused leaves everything as it is. */
	assert_int_equal(
		cv_bpf_module_install(b, CV_MODULE_ALL_PORTS, refused.bytes, refused.size, &why),
		-EINVAL);
	assert_non_null(strstr(why.text, ".bpf.c:"));
	assert_int_equal(
		cv_bpf_module_stage(b, CV_MODULE_ALL_PORTS, refused.bytes, refused.size, &why),
		-EINVAL);
	assert_string_equal(live_module(b).slot.info.name, "codes");
	free(g);
	stop(b);
}

static void test_ports(void **state)
{
	struct cv_bpf *b = start(1);
	struct cv_bpf_why why = {""};

	/* For the second port only. */
	assert_int_equal(cv_bpf_module_install(b, 1u << 1, codes.bytes, codes.size, &why), 0);
	send_coap(7000, 1, 10);
	assert_int_equal(cv_lab_counts_after(b, 0, 10).reason[CV_REASON_MODULE].packets, 0);
	assert_int_equal(live_module(b).counts.runs, 0);
	stop(b);
}

/* A control that starts again leaves the module in force, with what it remembers. */
static void test_start_again(void **state)
{
	struct cv_bpf *b = start(1);
	struct cv_bpf_why why = {""};
	uint64_t base;

	install(b, &burst);
	send_coap(40001, 7, 5);
	cv_lab_counts_after(b, 0, 5);
	cv_bpf_close(b);
	send_coap(40001, 7, 5); /* nobody is there, and it judges */
	b = start(2);
	base = cv_lab_counts_after(b, 0, 10).reason[CV_REASON_MODULE].packets;
	assert_int_equal(base, 5);
	assert_string_equal(live_module(b).slot.info.name, "coap_burst");
	send_coap(40001, 7, 5);
	assert_int_equal(cv_lab_counts_after(b, 0, 15).reason[CV_REASON_MODULE].packets, 10);
	/* Control says which it should be: that very one stays, another takes its place. */
	assert_int_equal(
		cv_bpf_module_ensure(b, CV_MODULE_ALL_PORTS, burst.bytes, burst.size, &why), 0);
	assert_int_equal(live_module(b).counts.runs, 5);
	assert_int_equal(
		cv_bpf_module_ensure(b, CV_MODULE_ALL_PORTS, codes.bytes, codes.size, &why), 0);
	assert_string_equal(live_module(b).slot.info.name, "codes");
	switch_to(b, 3); /* but the next policy has one only when it brings one */
	assert_false(has_module(b));
	assert_int_equal(
		cv_bpf_module_ensure(b, CV_MODULE_ALL_PORTS, burst.bytes, burst.size, &why), 0);
	assert_int_equal(cv_bpf_module_ensure(b, CV_MODULE_ALL_PORTS, NULL, 0, &why), 0);
	assert_false(has_module(b));
	stop(b);
}

/* The ports have other numbers than before: a frame must not go on by another port's program, so
 * no module runs before control says which. */
static void test_ports_renumbered(void **state)
{
	struct cv_generation *g = generation_of(2, true);
	struct cv_bpf *b = start(1);
	struct cv_bpf_why why = {""};
	struct cv_xdp_counts c;

	install(b, &codes);
	cv_bpf_close(b);
	if (cv_bpf_load(g, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	assert_false(has_module(b));
	install(b, &codes);
	send_coap(7004, 1, 10);
	c = cv_lab_counts_after(b, 1, 10);
	assert_int_equal(c.reason[CV_REASON_MODULE].packets, 10);
	assert_int_equal(saw().port, 1);
	send_coap(7777, 1, 10);
	c = cv_lab_counts_after(b, 1, 20);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 10);
	assert_int_equal(judged(b), 0); /* nothing by the other port */
	free(g);
	stop(b);
}

/* ---- what may go wrong --------------------------------------------------------------------- */

/* No program where one should be: as if there were no module, and counted. */
static void test_absent(void **state)
{
	struct cv_bpf *b = start(1);
	struct cv_xdp_counts c;
	char path[128];
	__u32 slot;
	int fd;

	install(b, &codes);
	snprintf(path, sizeof(path), "%s/module_programs", cv_lab_pins);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	slot = cv_bpf_epoch(b).live;
	assert_int_equal(bpf_map_delete_elem(fd, &slot), 0);
	close(fd);
	send_coap(7000, 1, 10);
	c = cv_lab_counts_after(b, 0, 10);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 10);
	assert_int_equal(live_module(b).counts.absent, 10);
	assert_int_equal(live_module(b).counts.runs, 0);
	stop(b);
}

static void test_budget(void **state)
{
	struct cv_bpf *b = start(1);
	struct cv_bpf_module m;

	install(b, &codes); /* allows itself 1 ns */
	send_coap(7777, 1, 1000);
	cv_lab_counts_after(b, 0, 1000);
	m = live_module(b);
	assert_int_equal(cv_bpf_module_mean_ns(&m), 0); /* too few to say */
	assert_false(cv_bpf_module_over_budget(&m));
	send_coap(7777, 1, 10000);
	cv_lab_counts_after(b, 0, 11000);
	m = live_module(b);
	print_message("mean %lu ns, longest %llu ns, %llu of %llu runs timed\n",
		      cv_bpf_module_mean_ns(&m), m.counts.time_max_ns, m.counts.timed,
		      m.counts.runs);
	assert_true(m.counts.timed >= CV_MODULE_TIMED_MIN);
	assert_true(cv_bpf_module_mean_ns(&m) > 1 && cv_bpf_module_mean_ns(&m) < 1000000);
	assert_true(m.counts.time_max_ns >= cv_bpf_module_mean_ns(&m));
	assert_true(cv_bpf_module_over_budget(&m));
	assert_true(judged(b) == 11000);
	stop(b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_codes_and_fields),
		cmocka_unit_test(test_never_asked),
		cmocka_unit_test(test_replaced_under_traffic),
		cmocka_unit_test(test_goes_with_its_policy),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_start_again),
		cmocka_unit_test(test_ports_renumbered),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_budget),
	};
	int failed;

	if (argc != 4)
		return 2;
	if (cv_lab_enter())
		return CV_LAB_SKIP;
	burst = read_object(argv[1]);
	codes = read_object(argv[2]);
	refused = read_object(argv[3]);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(burst.bytes);
	free(codes.bytes);
	free(refused.bytes);
	return failed;
}
