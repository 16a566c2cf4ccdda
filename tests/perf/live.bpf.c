/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What sends the frames of tools/bench path and swap, by BPF_PROG_RUN with live frames: each is
 * made the next device's and redirected into one end of a veth pair. Beside it the least a program
 * at the other end can do.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "tests/perf/traffic.h"

/* Set by the bench: devices - 1, enum traffic_kind, interface. */
__u32 device_mask, device_kind, into;
/* Which of a device's two ports, see traffic_choose(). */
__u32 odd;
/* Frames so far, changed by the program only. */
__u32 sent;

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} bare_out SEC(".maps");

SEC("xdp")
int live(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;
	__u32 device = traffic_device(sent++, device_mask);

	if ((void *)(data + TRAFFIC_LEN) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	*(__u32 *)(data + TRAFFIC_SOURCE) = __builtin_bswap32(traffic_address(device, device_kind));
	*(__u16 *)(data + TRAFFIC_DPORT) =
		__builtin_bswap16(TRAFFIC_FIRST_PORT + traffic_choose(traffic_port(device), odd));
	return bpf_redirect(into, 0);
}

SEC("xdp")
int bare_drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int bare_forward(struct xdp_md *ctx)
{
	return bpf_redirect_map(&bare_out, 0, XDP_DROP);
}

char _license[] SEC("license") = "Dual BSD/GPL";
