/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/verdict/veth_lab.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

char cv_lab_pins[64];

int cv_lab_run(const char *command)
{
	return system(command) ? -1 : 0;
}

/* What a test that failed has left would be found by the next one. */
static void leave(void)
{
	struct cv_bpf_why why;

	(void)cv_bpf_detach(cv_lab_pins, &why);
}

int cv_lab_enter(void)
{
	static const char *const commands[] = {
		"sysctl -qw net.ipv6.conf.default.disable_ipv6=1",
		"ip link add cvt-a type veth peer name cvt-ap",
		"ip link add cvt-b type veth peer name cvt-bp",
		"for i in cvt-a cvt-ap cvt-b cvt-bp; do ip link set $i up; done",
		"ethtool -K cvt-bp gro on", /* without it veth takes no redirect */
	};

	if (access("/sys/fs/bpf", W_OK)) {
		printf("SKIP: no right to write /sys/fs/bpf\n");
		return CV_LAB_SKIP;
	}
	if (geteuid() || unshare(CLONE_NEWNET)) {
		printf("SKIP: cannot make a network namespace with veth pairs (needs root)\n");
		return CV_LAB_SKIP;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (cv_lab_run(commands[i])) {
			printf("SKIP: cannot make veth pairs: %s\n", commands[i]);
			return CV_LAB_SKIP;
		}
	}
	snprintf(cv_lab_pins, sizeof(cv_lab_pins), "/sys/fs/bpf/culvert-test-%d", getpid());
	return atexit(leave) ? CV_LAB_SKIP : 0;
}

struct cv_gen_port cv_lab_port(const char *name, const char *target, uint8_t peer, uint8_t on_loss)
{
	struct cv_gen_port p = {.kind = CV_PORT_AF_XDP, .peer = peer, .on_loss = on_loss};

	snprintf(p.name, sizeof(p.name), "%s", name);
	snprintf(p.target, sizeof(p.target), "%s", target);
	return p;
}

struct cv_bpf *cv_lab_load(struct cv_generation *g)
{
	struct cv_bpf_why why = {""};
	struct cv_bpf *b = NULL;

	if (cv_bpf_load(g, cv_lab_pins, NULL, &b, &why))
		fail_msg("%s", why.text);
	free(g);
	return b;
}

void cv_lab_send(const char *interface, const void *frame, size_t len, int count)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	assert_true(fd >= 0);
	while (count--)
		assert_int_equal(sendto(fd, frame, len, 0, (void *)&to, sizeof(to)), len);
	close(fd);
}

uint64_t cv_lab_seen(const struct cv_xdp_counts *c)
{
	uint64_t n = 0;

	for (int i = 0; i < CV_REASON_COUNT; i++)
		n += c->reason[i].packets;
	return n;
}

uint64_t cv_lab_path_sum(const struct cv_xdp_counts *c)
{
	uint64_t n = 0;

	for (int i = 0; i < CV_XDP_PATH_COUNT; i++)
		n += c->path[i].packets;
	return n;
}

struct cv_xdp_counts cv_lab_counts_after(const struct cv_bpf *b, unsigned int port,
					 uint64_t packets)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	struct cv_xdp_counts c;

	for (int tries = 0; tries < 10000; tries++) {
		assert_int_equal(cv_bpf_counters(b, port, &c), 0);
		if (cv_lab_seen(&c) >= packets)
			break;
		nanosleep(&pause, NULL);
	}
	return c;
}
