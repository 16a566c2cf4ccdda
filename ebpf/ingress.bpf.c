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
#include "dataplane/policy/verdict.h"
#include "ebpf/maps.h"

/* ---- the policy, shared by all ports ------------------------------------------------------ */

/* Inner maps say sizes, not types: clang leaves only a forward declaration of such types. */
struct prefix4_map {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct cv_prefix4_key));
	__uint(value_size, sizeof(__u32));
};

struct prefix6_map {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct cv_prefix6_key));
	__uint(value_size, sizeof(__u32));
};

struct rules_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct cv_rule_key));
	__uint(value_size, sizeof(struct cv_rule));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, CV_POLICY_SLOTS);
	__type(key, __u32);
	__array(values, struct prefix4_map);
} policy_prefix4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, CV_POLICY_SLOTS);
	__type(key, __u32);
	__array(values, struct prefix6_map);
} policy_prefix6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, CV_POLICY_SLOTS);
	__type(key, __u32);
	__array(values, struct rules_map);
} policy_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CV_POLICY_SLOTS);
	__type(key, __u32);
	__type(value, struct cv_policy_defaults);
} policy_defaults SEC(".maps");

/* CV_EPOCH(); mapped by the loader, whose one store switches the policy. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} policy_epoch SEC(".maps");

/* Least recently used devices give way, so spoofed senders cannot lock real ones out for good. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536); /* the loader sets the generation's device_capacity */
	__type(key, struct cv_device_key);
	__type(value, struct cv_device);
} devices SEC(".maps");

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

/* ---- look-ups ------------------------------------------------------------------------------ */

static __always_inline __u16 class_of4(__u32 slot, __u32 addr)
{
	struct cv_prefix4_key key = {.len = 32, .addr = addr};
	void *map = bpf_map_lookup_elem(&policy_prefix4, &slot);
	__u32 *class_id = map ? bpf_map_lookup_elem(map, &key) : NULL;

	return class_id ? *class_id : 0;
}

static __always_inline __u16 class_of6(__u32 slot, const __u8 *addr)
{
	struct cv_prefix6_key key = {.len = 128};
	void *map = bpf_map_lookup_elem(&policy_prefix6, &slot);
	__u32 *class_id;

	__builtin_memcpy(key.addr, addr, sizeof(key.addr));
	class_id = map ? bpf_map_lookup_elem(map, &key) : NULL;
	return class_id ? *class_id : 0;
}

static __always_inline const struct cv_rule *
find_rule(__u32 slot, const struct cv_policy_defaults *defaults, const struct cv_packet *p)
{
	const struct cv_rule *rule = NULL;
	__u16 src = 0, dst = 0;
	__u32 mask, bit;
	void *map;

	if (cv_needs_classes(defaults)) {
		if (p->family == 4) {
			src = class_of4(slot, p->src.v4);
			dst = class_of4(slot, p->dst.v4);
		} else {
			src = class_of6(slot, p->src.b);
			dst = class_of6(slot, p->dst.b);
		}
	}
	map = bpf_map_lookup_elem(&policy_rules, &slot);
	if (!map)
		return NULL;
	mask = cv_probe_mask(defaults, p, src, dst);
#pragma clang loop unroll(disable)
	for (bit = 0; bit < CV_PROBES; bit++) {
		struct cv_rule_key key;

		if (!(mask >> bit & 1))
			continue;
		cv_probe_key(bit, p, src, dst, &key);
		rule = bpf_map_lookup_elem(map, &key);
		if (rule)
			break;
	}
	return rule;
}

static __always_inline struct cv_device *find_device(const struct cv_packet *p, int add, __u64 now)
{
	struct cv_device fresh = {.last_seen = now >> CV_DEVICE_SEEN_SHIFT};
	struct cv_device_key key;
	struct cv_device *dev;

	cv_device_key(p, &key);
	dev = bpf_map_lookup_elem(&devices, &key);
	if (dev || !add)
		return dev;
	/* Another CPU may have been first: both then find the same one. */
	bpf_map_update_elem(&devices, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&devices, &key);
}

/* The clock is read for frames that come as far as a device only. @p given: use this time. */
static __always_inline void judge(struct xdp_md *ctx, const __u64 *given, struct cv_judgement *j)
{
	struct cv_span frame = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};
	__u32 len = frame.end - frame.data, zero = 0, slot;
	const struct cv_policy_defaults *defaults;
	const struct cv_rule *rule;
	struct cv_packet p = {};
	__u64 *epoch, now;
	int bad;

	j->rule = 0;
	epoch = bpf_map_lookup_elem(&policy_epoch, &zero);
	slot = epoch ? CV_EPOCH_SLOT(*(volatile __u64 *)epoch) : 0;
	defaults = bpf_map_lookup_elem(&policy_defaults, &slot);
	bad = cv_parse(frame, &p);
	if (bad || !defaults) {
		cv_judge_drop(j, bad ? bad : CV_REASON_DENY_DEFAULT);
		return;
	}
	if (!p.family) {
		cv_judge_non_ip(defaults, j);
		return;
	}
	rule = find_rule(slot, defaults, &p);
	cv_judge_rule(defaults, rule, j);
	if (CV_VERDICT_ACTION(j->verdict) == CV_ACTION_DROP)
		return;
	now = given ? *given : bpf_ktime_get_ns();
	cv_judge_device(find_device(&p, cv_rule_polices(rule), now), rule, now, len, j);
}

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

/* No socket is bound to the queue: the peer port, or drop. */
static __always_inline int without_dataplane(__u64 len)
{
	__u32 zero = 0;
	struct cv_xdp_port *port = bpf_map_lookup_elem(&port_config, &zero);

	if (port && port->bypass && bpf_redirect_map(&peer_map, 0, XDP_DROP) == XDP_REDIRECT) {
		count(CV_REASON_BYPASS, CV_XDP_BYPASS, len);
		return XDP_REDIRECT;
	}
	count(CV_REASON_PORT_DOWN, CV_XDP_DROPPED, len);
	return XDP_DROP;
}

/* The name and the version below make libxdp take it for its own and only add its socket. */
SEC("xdp")
int xsk_def_prog(struct xdp_md *ctx)
{
	__u64 len = ctx->data_end - ctx->data;
	struct cv_judgement j;

	judge(ctx, NULL, &j);
	switch (CV_VERDICT_ACTION(j.verdict)) {
	case CV_ACTION_FORWARD:
		if (bpf_redirect_map(&xsks_map, ctx->rx_queue_index, XDP_DROP) != XDP_REDIRECT)
			return without_dataplane(len);
		count(CV_VERDICT_REASON(j.verdict), CV_XDP_STEERED, len);
		return XDP_REDIRECT;
	case CV_ACTION_HOST:
		count(CV_VERDICT_REASON(j.verdict), CV_XDP_HOST, len);
		return XDP_PASS;
	default:
		count(CV_VERDICT_REASON(j.verdict), CV_XDP_DROPPED, len);
		return XDP_DROP;
	}
}

/* The same verdict with the time given: for the differential test, never attached. */
SEC("xdp")
int verdict_test(struct xdp_md *ctx)
{
	__u64 len = ctx->data_end - ctx->data;
	struct cv_judgement j;

	judge(ctx, &test_io.now_ns, &j);
	test_io.rule = j.rule;
	test_io.inspect = j.inspect;
	count(CV_VERDICT_REASON(j.verdict),
	      CV_VERDICT_ACTION(j.verdict) == CV_ACTION_DROP ? CV_XDP_DROPPED : CV_XDP_HOST, len);
	return j.verdict;
}

__uint(xsk_prog_version, 1) SEC("xdp_metadata");

char _license[] SEC("license") = "Dual BSD/GPL";
