/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_swap: frames in at one end of a node and out at the other, counted where they come out.
 *
 *     bench_swap NETNS INTERFACE NETNS INTERFACE DEVICES PER-SECOND SECONDS
 *
 * Sent into the first interface, dropped by XDP at the second one, both outside the node. PER-SECOND
 * 0: as fast as they are taken. Prints one JSON object.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "tests/perf/live.h"

#define AT_ONCE 4096 /* frames of one system call */
#define PAUSE_US 200 /* between calls, where there is a rate */

struct bench {
	const char *from, *in; /* network namespace, interface */
	const char *to, *out;
	uint32_t devices, rate;
	double seconds;
	struct live live;
};

static int enter(const char *name)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = setns(fd, CLONE_NEWNET) ? -errno : 0;
	close(fd);
	return err;
}

static int came_out(const struct bench *b, struct live_count *ret)
{
	int err = enter(b->to);

	return err ? err : live_received(b->out, ret);
}

/* @param ret frames sent. */
static int send_all(struct bench *b, double *ret_seconds, uint64_t *ret)
{
	unsigned int ifindex = if_nametoindex(b->in);
	double begin = live_now(), now = begin;
	uint64_t sent = 0;
	int err = ifindex ? 0 : -ENODEV;

	for (; !err && now - begin < b->seconds; now = live_now()) {
		uint32_t due = AT_ONCE;

		if (b->rate)
			due = (uint32_t)((now - begin) * b->rate - (double)sent);
		if (due)
			err = live_send(&b->live, ifindex, 0, due);
		sent += due;
		if (b->rate)
			usleep(PAUSE_US);
	}
	*ret_seconds = now - begin;
	*ret = sent;
	return err;
}

static int drop_at_end(const struct bench *b, const struct bpf_program *program)
{
	int err = enter(b->to), fd = program ? bpf_program__fd(program) : -1;

	return err ? err
		   : bpf_xdp_attach((int)if_nametoindex(b->out), fd, XDP_FLAGS_DRV_MODE, NULL);
}

static int run(struct bench *b)
{
	struct live_count before = {0}, after = {0};
	uint32_t received;
	double seconds;
	uint64_t sent;
	int err = drop_at_end(b, b->live.object->progs.bare_drop);

	if (!err)
		err = came_out(b, &before);
	if (!err)
		err = enter(b->from);
	if (!err)
		err = send_all(b, &seconds, &sent);
	usleep(50000); /* what is still on its way */
	if (!err)
		err = came_out(b, &after);
	(void)drop_at_end(b, NULL);
	received = after.received - before.received;
	if (!err)
		printf("{\"seconds\":%.3f,\"sent\":%llu,\"received\":%u,\"per_s\":%.0f}\n", seconds,
		       (unsigned long long)sent, received, received / seconds);
	return err;
}

int main(int argc, char **argv)
{
	struct bench b = {.live.link = -1};
	int err;

	if (argc != 8) {
		fprintf(stderr, "usage: bench_swap NETNS INTERFACE NETNS INTERFACE DEVICES "
				"PER-SECOND SECONDS\n");
		return 1;
	}
	b.from = argv[1];
	b.in = argv[2];
	b.to = argv[3];
	b.out = argv[4];
	b.devices = (uint32_t)strtoul(argv[5], NULL, 0);
	b.rate = (uint32_t)strtoul(argv[6], NULL, 0);
	b.seconds = atof(argv[7]);
	err = enter(b.from);
	if (!err)
		err = live_open(&b.live, b.devices, TRAFFIC_HOSTS);
	if (!err)
		err = run(&b);
	if (err)
		fprintf(stderr, "bench_swap: %s\n", strerror(-err));
	live_close(&b.live);
	return err ? 1 : 0;
}
