/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/live.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define LIVE_BATCH 64 /* frames made before they are flushed; NAPI's budget */

int live_open(struct live *l, uint32_t devices, enum traffic_kind kind)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);

	l->link = -1;
	l->object = live_bpf__open_and_load();
	if (!l->object)
		return -errno;
	l->object->bss->device_mask = devices - 1;
	l->object->bss->device_kind = kind;
	/* A program that is attached nowhere costs each run two grace periods of RCU. */
	l->link = bpf_link_create(bpf_program__fd(l->object->progs.live), (int)if_nametoindex("lo"),
				  BPF_XDP, &opts);
	return l->link < 0 ? -errno : 0;
}

void live_close(struct live *l)
{
	if (l->link >= 0)
		close(l->link);
	live_bpf__destroy(l->object);
}

int live_send(struct live *l, unsigned int ifindex, uint32_t odd, uint32_t frames)
{
	uint8_t frame[TRAFFIC_LEN];
	struct xdp_md context = {.data_end = sizeof(frame)};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = (int)frames,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = LIVE_BATCH);

	traffic_frame(frame);
	l->object->bss->into = ifindex;
	l->object->bss->odd = odd;
	return bpf_prog_test_run_opts(bpf_program__fd(l->object->progs.live), &run) ? -errno : 0;
}

int live_received(const char *interface, struct live_count *ret)
{
	struct ifaddrs *all, *a;
	int err = -ENODEV;

	if (getifaddrs(&all))
		return -errno;
	for (a = all; a && err; a = a->ifa_next) {
		const struct rtnl_link_stats *stats = a->ifa_data;

		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_PACKET ||
		    strcmp(a->ifa_name, interface) != 0)
			continue;
		ret->received = stats->rx_packets;
		ret->lost = stats->rx_dropped;
		err = 0;
	}
	freeifaddrs(all);
	return err;
}

double live_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
