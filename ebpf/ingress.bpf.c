/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Ingress: the verdict in the kernel, in front of a port's driver queue. Drop, pass to the host
 * stack, or steer to the dataplane's AF_XDP socket. It goes on judging without a dataplane and
 * then does what the port says (D14).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define CV_CAS64(p, o, n) __sync_val_compare_and_swap(p, o, n)
#define CV_ADD64(p, n) __sync_fetch_and_add(p, n)
#include "dataplane/policy/rules.h"
#include "dataplane/policy/verdict.h"
#include "ebpf/devices.bpf.h"
#include "ebpf/evidence.bpf.h"
#include "ebpf/maps.h"
#define CV_MODULE_LAYOUTS_ONLY
#include "ebpf/module_maps.h"
#include "ebpf/policy_maps.bpf.h"

/* ---- the port ------------------------------------------------------------------------------ */

/* The name is what DPDK's AF_XDP driver looks for. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, CV_QUEUES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cv_xdp_counts);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cv_xdp_port);
} port_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} peer_map SEC(".maps");

struct cv_xdp_test test_io;
__u64 spoof_tat;

#include "ebpf/judge.bpf.h"

/* ---- what follows from the verdict --------------------------------------------------------- */

static __always_inline void count(__u32 reason, __u32 path, __u64 len)
{
	__u32 zero = 0;
	struct cv_xdp_counts *c = bpf_map_lookup_elem(&counters, &zero);

	if (!c || reason >= CV_REASON_COUNT || path >= CV_XDP_PATH_COUNT)
		return;
	c->reason[reason].packets++;
	c->reason[reason].bytes += len;
	c->path[path].packets++;
	c->path[path].bytes += len;
}

/* A frame ends here: let those who capture know. */
static __always_inline int drop(struct xdp_md *ctx, __u32 slot, const struct cv_judgement *j,
				__u32 reason, __u64 len)
{
	const struct cv_policy_head *head;

	count(reason, CV_XDP_DROPPED, len);
	if (evidence.until_ns) {
		struct drop d = {.reason = reason, .rule = j->rule};

		head = bpf_map_lookup_elem(&policy_head, &slot);
		d.generation = head ? head->number : 0;
		keep_evidence(ctx, &d);
	}
	return XDP_DROP;
}

/* No socket is bound to the queue: the peer port, or drop. */
static __always_inline int without_dataplane(struct xdp_md *ctx, __u32 slot,
					     const struct cv_judgement *j, __u64 len)
{
	__u32 zero = 0;
	struct cv_xdp_port *port = bpf_map_lookup_elem(&port_config, &zero);

	if (port && port->bypass && bpf_redirect_map(&peer_map, 0, XDP_DROP) == XDP_REDIRECT) {
		count(CV_REASON_BYPASS, CV_XDP_BYPASS, len);
		return XDP_REDIRECT;
	}
	return drop(ctx, slot, j, CV_REASON_PORT_DOWN, len);
}

static __always_inline __u64 frame_length(const struct xdp_md *ctx)
{
	return (__u64)ctx->data_end - ctx->data;
}

/* A function of its own for the sake of the stack, of which judge() wants most. */
static __noinline void count_shadow(const struct ask *ask, const struct cv_judgement *live,
				    const struct cv_judgement *shadow, __u64 len)
{
	struct cv_shadow_key key = {.live = live->verdict,
				    .shadow = shadow->verdict,
				    .live_rule = live->rule,
				    .shadow_rule = shadow->rule,
				    .device = ask->device};
	struct cv_shadow_diff *d, fresh = {};
	__u32 zero = 0;
	struct cv_xdp_counts *c = bpf_map_lookup_elem(&counters, &zero);

	if (!c)
		return;
	c->shadow.packets++;
	c->shadow.bytes += len;
	/* What quarantine refuses is not the policy's doing. */
	if (CV_VERDICT_ACTION(live->verdict) == CV_VERDICT_ACTION(shadow->verdict) ||
	    CV_VERDICT_REASON(live->verdict) == CV_REASON_QUARANTINE)
		return;
	c->differ.packets++;
	c->differ.bytes += len;
	d = bpf_map_lookup_elem(&shadow_diffs, &key);
	if (!d) {
		bpf_map_update_elem(&shadow_diffs, &key, &fresh, BPF_NOEXIST);
		d = bpf_map_lookup_elem(&shadow_diffs, &key);
		if (!d)
			return;
	}
	__sync_fetch_and_add(&d->packets, 1);
	__sync_fetch_and_add(&d->bytes, len);
	d->last_ns = bpf_ktime_get_coarse_ns();
}

/* The policy in force judges, and the one beside it where there is one. @return its verdict. */
static __always_inline __u32 judge_all(struct xdp_md *ctx, struct ask *ask, struct cv_judgement *j)
{
	__u32 zero = 0, slot;
	__u64 *epoch = bpf_map_lookup_elem(&policy_epoch, &zero), word;
	struct cv_judgement beside = {};

	if (!epoch)
		return CV_TEST_NO_SHADOW;
	word = *(volatile __u64 *)epoch;
	ask->slot = ask->in_force = CV_EPOCH_LIVE(word);
	judge(ctx, ask, j);
	slot = CV_EPOCH_SHADOW(word);
	if (slot == CV_SLOT_NONE)
		return CV_TEST_NO_SHADOW;
	ask->slot = slot;
	ask->shadow = 1;
	ask->live = j->verdict;
	judge(ctx, ask, &beside);
	count_shadow(ask, j, &beside, frame_length(ctx));
	return beside.verdict;
}

static __always_inline __u32 port_index(void)
{
	__u32 zero = 0;
	struct cv_xdp_port *port = bpf_map_lookup_elem(&port_config, &zero);

	return port ? port->index : 0;
}

/* Some of what is spoofed goes to the dataplane, which refuses it too and makes the event. */
static __always_inline int tells_spoof(struct xdp_md *ctx, __u64 len)
{
	const struct cv_limit limit = {.cost_packet = (1000000000ull << 6) / CV_SPOOF_TOLD,
				       .burst = 1000000000ull << 6};

	return !cv_meter(&spoof_tat, &limit, bpf_ktime_get_ns(), len, 1) &&
	       bpf_redirect_map(&xsks_map, ctx->rx_queue_index, XDP_DROP) == XDP_REDIRECT;
}

/* @param slot of the policy in force. */
static __always_inline int conclude(struct xdp_md *ctx, __u32 slot, const struct cv_judgement *j)
{
	__u32 reason = CV_VERDICT_REASON(j->verdict);
	__u64 len = frame_length(ctx);

	switch (CV_VERDICT_ACTION(j->verdict)) {
	case CV_ACTION_FORWARD:
		if (bpf_redirect_map(&xsks_map, ctx->rx_queue_index, XDP_DROP) != XDP_REDIRECT)
			return without_dataplane(ctx, slot, j, len);
		count(reason, CV_XDP_STEERED, len);
		return XDP_REDIRECT;
	case CV_ACTION_HOST:
		count(reason, CV_XDP_HOST, len);
		return XDP_PASS;
	default:
		if (reason == CV_REASON_SPOOF && tells_spoof(ctx, len)) {
			count(reason, CV_XDP_STEERED, len);
			return XDP_REDIRECT;
		}
		return drop(ctx, slot, j, reason, len);
	}
}

/* The name and the version below make libxdp take it for its own and only add its socket. */
SEC("xdp")
int xsk_def_prog(struct xdp_md *ctx)
{
	struct ask ask = {.port = port_index()};
	struct cv_judgement j = {};

	judge_all(ctx, &ask, &j);
	if (ask.module)
		call_module(ctx, ask.module - 1, &j);
	return conclude(ctx, ask.in_force, &j);
}

/* Where the module's entry calls back to. */
SEC("xdp")
int module_finish(struct xdp_md *ctx)
{
	struct cv_judgement j = {};

	hear_module(frame_length(ctx), &j);
	return conclude(ctx, module_slot(), &j);
}

static __always_inline int conclude_test(struct xdp_md *ctx, const struct cv_judgement *j)
{
	count(CV_VERDICT_REASON(j->verdict),
	      CV_VERDICT_ACTION(j->verdict) == CV_ACTION_DROP ? CV_XDP_DROPPED : CV_XDP_HOST,
	      frame_length(ctx));
	return j->verdict;
}

/* The same verdict with the time given: for the differential test, never attached. */
SEC("xdp")
int verdict_test(struct xdp_md *ctx)
{
	struct ask ask = {.port = test_io.port, .given = 1, .now = test_io.now_ns};
	struct cv_judgement j = {};

	test_io.shadow = judge_all(ctx, &ask, &j);
	test_io.rule = j.rule;
	test_io.index = j.index;
	test_io.app = j.app;
	test_io.inspect = j.inspect;
	test_io.module = CV_TEST_NO_MODULE;
	if (ask.module)
		call_module(ctx, ask.module - 1, &j);
	return conclude_test(ctx, &j);
}

SEC("xdp")
int module_finish_test(struct xdp_md *ctx)
{
	struct cv_judgement j = {};

	test_io.module = hear_module(frame_length(ctx), &j);
	return conclude_test(ctx, &j);
}

__uint(xsk_prog_version, 1) SEC("xdp_metadata");

char _license[] SEC("license") = "Dual BSD/GPL";
