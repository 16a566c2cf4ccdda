/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader on two veth pairs in a network namespace of its own: attach, judge real frames, switch
 * the policy, start again beside what runs, detach; and what it says when it cannot.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "dataplane/policy/generation_build.h"
#include "tests/verdict/veth_lab.h"

/* UDP 5683 is forwarded, ICMP goes to the host, the rest is denied. */
static struct cv_generation *generation(uint64_t number, const char *target, uint8_t on_loss)
{
	struct cv_gen_port a = cv_lab_port("sensors", target, 1, on_loss);
	struct cv_gen_port b = cv_lab_port("platform", "cvt-b", 0, on_loss);
	struct cv_gen_rule coap = {
		.key = {.port = htons(5683), .ip_proto = 17, .match = CV_MATCH_DPORT},
		.rule = {.id = 1, .index = 1, .action = CV_ACTION_FORWARD}};
	struct cv_gen_rule icmp = {.key = {.ip_proto = 1, .match = CV_MATCH_ANY_PORT},
				   .rule = {.id = 2, .index = 2, .action = CV_ACTION_HOST}};
	struct cv_generation_build *build = NULL;
	struct cv_generation *g = NULL;

	assert_int_equal(cv_generation_build_create(&build), 0);
	cv_generation_build_head(build)->number = number;
	cv_generation_build_head(build)->policy.contexts[0].ip_action = CV_ACTION_DROP;
	cv_generation_build_head(build)->policy.contexts[0].non_ip_action = CV_ACTION_DROP;
	cv_generation_build_head(build)->device_capacity = 4096;
	assert_int_equal(cv_generation_build_port(build, &a), 0);
	assert_int_equal(cv_generation_build_port(build, &b), 0);
	if (number != 2) /* the second generation denies CoAP */
		assert_int_equal(cv_generation_build_rule(build, &coap), 0);
	assert_int_equal(cv_generation_build_rule(build, &icmp), 0);
	assert_int_equal(cv_generation_build_finish(build, &g), 0);
	cv_generation_build_destroy(build);
	return g;
}

static void send_frames(uint8_t proto, uint16_t dport, int count)
{
	uint8_t f[60] = {2, 0,	0,     0, 0, 1,	 2, 0, 0, 0,  0, 2, 8, 0, 0x45, 0, 0, 28, 0, 0, 0,
			 0, 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 9, 9,	0, 0, 0,  8, 0, 0};

	f[36] = (uint8_t)(dport >> 8);
	f[37] = (uint8_t)dport;
	cv_lab_send("cvt-ap", f, sizeof(f), count);
}

static __u32 link_id(const char *name)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/port-%s/link", cv_lab_pins, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	close(fd);
	return info.id;
}

static __u32 map_id(const char *pin)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cv_lab_pins, pin);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	close(fd);
	return info.id;
}

/* A new control finds sockets, devices and counters where they were. */
static void test_start_again(void **state)
{
	static const char *const pins[] = {"devices",
					   "policy_rules_flat",
					   "policy_epoch",
					   "port-sensors/xsks_map",
					   "port-sensors/counters",
					   "port-sensors/port_config",
					   "port-sensors/peer_map"};
	struct cv_generation *g = generation(1, "cvt-a", CV_LOSS_FORWARD);
	__u32 before[sizeof(pins) / sizeof(pins[0])], link = 0;
	struct cv_bpf_why why = {""};
	struct cv_bpf *b = NULL;

	for (int start = 0; start < 2; start++) {
		if (cv_bpf_load(g, cv_lab_pins, NULL, &b, &why))
			fail_msg("%s", why.text);
		cv_bpf_close(b);
		for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
			if (start)
				assert_int_equal(map_id(pins[i]), before[i]);
			before[i] = map_id(pins[i]);
		}
		if (start)
			assert_int_equal(link_id("sensors"), link);
		link = link_id("sensors");
	}
	assert_int_equal(cv_bpf_detach(cv_lab_pins, &why), 0);
	free(g);
}

/* Another version's pins: one map of the policies is not there, another is not ours. No slot that
 * the pinned epoch names is whole then. */
static void test_other_version(void **state)
{
	struct cv_generation *g = generation(1, "cvt-a", CV_LOSS_DROP);
	struct cv_bpf_why why = {""};
	struct cv_xdp_counts c;
	struct cv_bpf *b = NULL;
	__u32 epoch, head, devices;
	char path[128];
	uint64_t base;
	int fd;

	if (cv_bpf_load(g, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	assert_int_equal(cv_bpf_install(b, g, &why), 0);
	assert_int_not_equal(cv_bpf_epoch(b).previous, CV_SLOT_NONE);
	cv_bpf_close(b);
	epoch = map_id("policy_epoch");
	head = map_id("policy_head");
	devices = map_id("devices");
	snprintf(path, sizeof(path), "%s/policy_rules_flat", cv_lab_pins);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/policy_of_old", cv_lab_pins);
	assert_int_equal(bpf_obj_pin(fd, path), 0);
	close(fd);

	if (cv_bpf_load(g, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	assert_int_not_equal(map_id("policy_epoch"), epoch);
	assert_int_not_equal(map_id("policy_head"), head);
	assert_int_equal(map_id("devices"), devices);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(cv_bpf_generation(b), 1);
	assert_int_equal(cv_bpf_revert(b), -ENOENT); /* to what no slot holds */
	assert_int_equal(cv_bpf_counters(b, 0, &c), 0);
	base = cv_lab_seen(&c);
	send_frames(1, 0, 30);
	c = cv_lab_counts_after(b, 0, base + 30);
	assert_true(c.reason[CV_REASON_ALLOW_HOST].packets >= 30);
	cv_bpf_close(b);
	assert_int_equal(cv_bpf_detach(cv_lab_pins, &why), 0);
	assert_int_not_equal(access(cv_lab_pins, F_OK), 0);
	free(g);
}

static void test_attach_judge_switch_detach(void **state)
{
	struct cv_generation *g1 = generation(1, "cvt-a", CV_LOSS_DROP);
	struct cv_generation *g2 = generation(2, "cvt-a", CV_LOSS_DROP);
	struct cv_bpf_why why = {""};
	struct cv_xdp_counts c;
	struct cv_bpf *b = NULL;
	enum cv_xdp_mode mode;
	uint64_t base;

	if (cv_bpf_load(g1, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	assert_int_equal(cv_bpf_generation(b), 1);
	assert_int_equal(cv_bpf_mode(b, 0, &mode), 0);
	assert_int_equal(mode, CV_XDP_MODE_NATIVE);
	assert_true(link_id("sensors") != 0);

	/* No dataplane: what would be forwarded is dropped for that reason. */
	send_frames(17, 5683, 10);
	send_frames(17, 53, 20);
	send_frames(1, 0, 30);
	c = cv_lab_counts_after(b, 0, 60);
	base = cv_lab_seen(&c);
	assert_int_equal(c.reason[CV_REASON_PORT_DOWN].packets, 10);
	assert_int_equal(c.reason[CV_REASON_PORT_DOWN].bytes, 600);
	assert_true(c.reason[CV_REASON_DENY_DEFAULT].packets >= 20);
	assert_int_equal(c.reason[CV_REASON_ALLOW_HOST].packets, 30);
	assert_int_equal(c.path[CV_XDP_HOST].packets, 30);
	assert_int_equal(cv_lab_path_sum(&c), cv_lab_seen(&c));

	/* The second generation denies what the first forwarded. */
	assert_int_equal(cv_bpf_install(b, g2, &why), 0);
	assert_int_equal(cv_bpf_generation(b), 2);
	send_frames(17, 5683, 10);
	c = cv_lab_counts_after(b, 0, base + 10);
	assert_int_equal(c.reason[CV_REASON_PORT_DOWN].packets, 10);

	/* Control goes and comes again: counters go on. */
	cv_bpf_close(b);
	if (cv_bpf_load(g1, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	send_frames(17, 5683, 5);
	c = cv_lab_counts_after(b, 0, base + 15);
	assert_int_equal(c.reason[CV_REASON_PORT_DOWN].packets, 15);
	cv_bpf_close(b);

	assert_int_equal(cv_bpf_detach(cv_lab_pins, &why), 0);
	assert_int_equal(link_id("sensors"), 0);
	assert_int_not_equal(access(cv_lab_pins, F_OK), 0);
	free(g1);
	free(g2);
}

/* on_dataplane_loss: forward. The far end has GRO on, without which veth takes no redirect. */
static void test_bypass(void **state)
{
	struct cv_generation *g = generation(1, "cvt-a", CV_LOSS_FORWARD);
	struct cv_bpf_why why = {""};
	struct cv_bpf *b = NULL;
	struct cv_xdp_counts c;
	uint8_t frame[256];
	int fd, got = 0;
	struct timeval wait = {.tv_sec = 2};
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = (int)if_nametoindex("cvt-bp")};

	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)&at, sizeof(at)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	if (cv_bpf_load(g, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	send_frames(17, 5683, 10);
	c = cv_lab_counts_after(b, 0, 10);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 10);
	assert_int_equal(c.path[CV_XDP_BYPASS].packets, 10);
	while (got < 10 && recv(fd, frame, sizeof(frame), 0) == 60)
		got++;
	assert_int_equal(got, 10);
	close(fd);
	cv_bpf_close(b);
	assert_int_equal(cv_bpf_detach(cv_lab_pins, &why), 0);
	free(g);
}

static void test_refusals(void **state)
{
	struct cv_generation *missing = generation(1, "cvt-none", CV_LOSS_DROP);
	struct cv_generation *good = generation(1, "cvt-a", CV_LOSS_DROP);
	struct cv_bpf_why why = {""};
	struct cv_bpf *b = NULL;

	assert_int_equal(cv_bpf_load(missing, cv_lab_pins, NULL, &b, &why), -ENODEV);
	assert_non_null(strstr(why.text, "cvt-none"));
	assert_int_equal(cv_bpf_load(good, "/tmp/culvert-no-bpffs", NULL, &b, &why), -ENOTSUP);
	assert_non_null(strstr(why.text, "mount -t bpf"));
	(void)rmdir("/tmp/culvert-no-bpffs");
	assert_null(b);

	/* Somebody else's program on the second port: the first is given back. */
	assert_int_equal(cv_lab_run("ip link set dev cvt-b xdp obj " CV_TEST_OBJECT
				    " program verdict_test"
				    " 2>/dev/null"),
			 0);
	assert_int_equal(cv_bpf_load(good, cv_lab_pins, NULL, &b, &why), -EBUSY);
	assert_non_null(strstr(why.text, "ip link set dev cvt-b xdp off"));
	assert_int_equal(link_id("sensors"), 0);
	assert_int_equal(cv_lab_run("ip link set dev cvt-b xdp off"), 0);
	assert_int_equal(cv_bpf_detach(cv_lab_pins, &why), 0);
	free(missing);
	free(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach_judge_switch_detach),
		cmocka_unit_test(test_start_again),
		cmocka_unit_test(test_other_version),
		cmocka_unit_test(test_bypass),
		cmocka_unit_test(test_refusals),
	};

	if (cv_lab_enter())
		return CV_LAB_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
