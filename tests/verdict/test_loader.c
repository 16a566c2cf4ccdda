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
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "dataplane/policy/generation_build.h"
#include "ebpf/loader.h"

#define SKIP 77

static char pin_dir[64];

static int run(const char *command)
{
	return system(command) ? -1 : 0;
}

static struct cv_gen_port port(const char *name, const char *target, uint8_t peer, uint8_t on_loss)
{
	struct cv_gen_port p = {.kind = CV_PORT_AF_XDP, .peer = peer, .on_loss = on_loss};

	snprintf(p.name, sizeof(p.name), "%s", name);
	snprintf(p.target, sizeof(p.target), "%s", target);
	return p;
}

/* UDP 5683 is forwarded, ICMP goes to the host, the rest is denied. */
static struct cv_generation *generation(uint64_t number, const char *target, uint8_t on_loss)
{
	struct cv_gen_port a = port("sensors", target, 1, on_loss);
	struct cv_gen_port b = port("platform", "cvt-b", 0, on_loss);
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
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex("cvt-ap")};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	assert_true(fd >= 0);
	f[36] = (uint8_t)(dport >> 8);
	f[37] = (uint8_t)dport;
	while (count--)
		assert_int_equal(sendto(fd, f, sizeof(f), 0, (void *)&to, sizeof(to)), sizeof(f));
	close(fd);
}

static uint64_t seen(const struct cv_xdp_counts *c)
{
	uint64_t n = 0;

	for (int i = 0; i < CV_REASON_COUNT; i++)
		n += c->reason[i].packets;
	return n;
}

/* XDP runs in softirq: wait until the frames have been counted, at most two seconds. */
static struct cv_xdp_counts counts_after(const struct cv_bpf *b, unsigned int i, uint64_t packets)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	struct cv_xdp_counts c;

	for (int tries = 0; tries < 1000; tries++) {
		assert_int_equal(cv_bpf_counters(b, i, &c), 0);
		if (seen(&c) >= packets)
			break;
		nanosleep(&pause, NULL);
	}
	return c;
}

static uint64_t path_sum(const struct cv_xdp_counts *c)
{
	uint64_t n = 0;

	for (int i = 0; i < CV_XDP_PATH_COUNT; i++)
		n += c->path[i].packets;
	return n;
}

static __u32 link_id(const char *name)
{
	struct bpf_link_info info = {0};
	__u32 size = sizeof(info);
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/port-%s/link", pin_dir, name);
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

	snprintf(path, sizeof(path), "%s/%s", pin_dir, pin);
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
					   "policy_rules",
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
		if (cv_bpf_load(g, pin_dir, &b, &why))
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
	assert_int_equal(cv_bpf_detach(pin_dir, &why), 0);
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

	if (cv_bpf_load(g1, pin_dir, &b, &why))
		fail_msg("%s", why.text);
	assert_int_equal(cv_bpf_generation(b), 1);
	assert_int_equal(cv_bpf_mode(b, 0, &mode), 0);
	assert_int_equal(mode, CV_XDP_MODE_NATIVE);
	assert_true(link_id("sensors") != 0);

	/* No dataplane: what would be forwarded is dropped for that reason. */
	send_frames(17, 5683, 10);
	send_frames(17, 53, 20);
	send_frames(1, 0, 30);
	c = counts_after(b, 0, 60);
	base = seen(&c);
	assert_int_equal(c.reason[CV_REASON_PORT_DOWN].packets, 10);
	assert_int_equal(c.reason[CV_REASON_PORT_DOWN].bytes, 600);
	assert_true(c.reason[CV_REASON_DENY_DEFAULT].packets >= 20);
	assert_int_equal(c.reason[CV_REASON_ALLOW_HOST].packets, 30);
	assert_int_equal(c.path[CV_XDP_HOST].packets, 30);
	assert_int_equal(path_sum(&c), seen(&c));

	/* The second generation denies what the first forwarded. */
	assert_int_equal(cv_bpf_install(b, g2, &why), 0);
	assert_int_equal(cv_bpf_generation(b), 2);
	send_frames(17, 5683, 10);
	c = counts_after(b, 0, base + 10);
	assert_int_equal(c.reason[CV_REASON_PORT_DOWN].packets, 10);

	/* Control goes and comes again: counters go on. */
	cv_bpf_close(b);
	if (cv_bpf_load(g1, pin_dir, &b, &why))
		fail_msg("%s", why.text);
	send_frames(17, 5683, 5);
	c = counts_after(b, 0, base + 15);
	assert_int_equal(c.reason[CV_REASON_PORT_DOWN].packets, 15);
	cv_bpf_close(b);

	assert_int_equal(cv_bpf_detach(pin_dir, &why), 0);
	assert_int_equal(link_id("sensors"), 0);
	assert_int_not_equal(access(pin_dir, F_OK), 0);
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
	if (cv_bpf_load(g, pin_dir, &b, &why))
		fail_msg("%s", why.text);
	send_frames(17, 5683, 10);
	c = counts_after(b, 0, 10);
	assert_int_equal(c.reason[CV_REASON_BYPASS].packets, 10);
	assert_int_equal(c.path[CV_XDP_BYPASS].packets, 10);
	while (got < 10 && recv(fd, frame, sizeof(frame), 0) == 60)
		got++;
	assert_int_equal(got, 10);
	close(fd);
	cv_bpf_close(b);
	assert_int_equal(cv_bpf_detach(pin_dir, &why), 0);
	free(g);
}

static void test_refusals(void **state)
{
	struct cv_generation *missing = generation(1, "cvt-none", CV_LOSS_DROP);
	struct cv_generation *good = generation(1, "cvt-a", CV_LOSS_DROP);
	struct cv_bpf_why why = {""};
	struct cv_bpf *b = NULL;

	assert_int_equal(cv_bpf_load(missing, pin_dir, &b, &why), -ENODEV);
	assert_non_null(strstr(why.text, "cvt-none"));
	assert_int_equal(cv_bpf_load(good, "/tmp/culvert-no-bpffs", &b, &why), -ENOTSUP);
	assert_non_null(strstr(why.text, "mount -t bpf"));
	(void)rmdir("/tmp/culvert-no-bpffs");
	assert_null(b);

	/* Somebody else's program on the second port: the first is given back. */
	assert_int_equal(run("ip link set dev cvt-b xdp obj " CV_TEST_OBJECT " program verdict_test"
			     " 2>/dev/null"),
			 0);
	assert_int_equal(cv_bpf_load(good, pin_dir, &b, &why), -EBUSY);
	assert_non_null(strstr(why.text, "ip link set dev cvt-b xdp off"));
	assert_int_equal(link_id("sensors"), 0);
	assert_int_equal(run("ip link set dev cvt-b xdp off"), 0);
	assert_int_equal(cv_bpf_detach(pin_dir, &why), 0);
	free(missing);
	free(good);
}

static int enter_namespace(void)
{
	static const char *const commands[] = {
		"sysctl -qw net.ipv6.conf.default.disable_ipv6=1",
		"ip link add cvt-a type veth peer name cvt-ap",
		"ip link add cvt-b type veth peer name cvt-bp",
		"for i in cvt-a cvt-ap cvt-b cvt-bp; do ip link set $i up; done",
		"ethtool -K cvt-bp gro on",
	};

	if (geteuid() || unshare(CLONE_NEWNET))
		return -1;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (run(commands[i]))
			return -1;
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attach_judge_switch_detach),
		cmocka_unit_test(test_start_again),
		cmocka_unit_test(test_bypass),
		cmocka_unit_test(test_refusals),
	};

	if (access("/sys/fs/bpf", W_OK)) {
		printf("SKIP: no right to write /sys/fs/bpf\n");
		return SKIP;
	}
	if (enter_namespace()) {
		printf("SKIP: cannot make a network namespace with veth pairs (needs root)\n");
		return SKIP;
	}
	snprintf(pin_dir, sizeof(pin_dir), "/sys/fs/bpf/culvert-test-%d", getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
