/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The peer of tools/bench xdp: the same policy made of the kernel's own maps (LPM_TRIE, HASH,
 * LRU_HASH), and the generator in front of both sides. The generator writes the next device into
 * the frame and calls what is under test by a tail call, so that one BPF_PROG_RUN with a repeat
 * count sees all devices; "nothing" behind the same generator is the floor.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define CV_CAS64(p, o, n) __sync_val_compare_and_swap(p, o, n)
#define CV_ADD64(p, n) __sync_fetch_and_add(p, n)
#include "dataplane/policy/verdict.h"
#include "tests/perf/traffic.h"

struct prefix_key {
	__u32 len, addr; /* network order */
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix_key);
	__type(value, __u32);
} prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TRAFFIC_RULES);
	__type(key, struct cv_rule_key);
	__type(value, struct cv_rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, struct cv_device_key);
	__type(value, struct cv_device);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TRAFFIC_RULES + 1);
	__type(key, __u32);
	__type(value, struct cv_rule_hits);
} hits SEC(".maps");

struct counts {
	__u64 packets[CV_REASON_COUNT], bytes[CV_REASON_COUNT];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counts);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

/* Set by the bench: devices - 1, enum traffic_kind. */
volatile const __u32 device_mask, device_kind;
__u32 sent;

SEC("xdp")
int generator(struct xdp_md *ctx)
{
	__u8 *data = (void *)(long)ctx->data;
	__u32 device = traffic_device(sent++, device_mask);

	if ((void *)(data + TRAFFIC_LEN) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	*(__u32 *)(data + TRAFFIC_SOURCE) = __builtin_bswap32(traffic_address(device, device_kind));
	*(__u16 *)(data + TRAFFIC_DPORT) =
		__builtin_bswap16(TRAFFIC_FIRST_PORT + traffic_port(device));
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int nothing(struct xdp_md *ctx)
{
	return XDP_PASS;
}

static __always_inline __u16 class_of(__u32 addr)
{
	struct prefix_key key = {.len = 32, .addr = addr};
	__u32 *class_id = bpf_map_lookup_elem(&prefixes, &key);

	return class_id ? *class_id : 0;
}

/* Plain IPv4 with UDP only: less than what Culvert looks at. */
static __always_inline int parse(struct cv_span f, struct cv_packet *p)
{
	const __u8 *ip = f.data + 14;

	if (ip + 28 > f.end || CV_LOAD16(f.data + 12) != __builtin_bswap16(0x0800) ||
	    ip[0] != 0x45 || ip[9] != 17)
		return CV_REASON_BAD_IP;
	p->family = 4;
	p->ip_proto = 17;
	p->src.v4 = CV_LOAD32(ip + 12);
	p->dst.v4 = CV_LOAD32(ip + 16);
	p->dport = CV_LOAD16(ip + 22);
	return 0;
}

static __always_inline struct cv_device *device_of(const struct cv_packet *p)
{
	struct cv_device_key key;
	struct cv_device fresh = {}, *dev;

	cv_device_key(p, &key);
	dev = bpf_map_lookup_elem(&devices, &key);
	if (dev)
		return dev;
	bpf_map_update_elem(&devices, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&devices, &key);
}

static __always_inline void judge(struct cv_span f, const struct cv_packet *p,
				  struct cv_judgement *j)
{
	struct cv_rule_key key = {.src_class = class_of(p->src.v4),
				  .dst_class = class_of(p->dst.v4),
				  .port = p->dport,
				  .ip_proto = p->ip_proto,
				  .match = CV_MATCH_DPORT};
	struct cv_rule *rule = bpf_map_lookup_elem(&rules, &key);
	struct cv_context none = {.ip_action = CV_ACTION_DROP};

	cv_judge_rule(&none, rule, j);
	if (rule)
		cv_judge_device(device_of(p), &rule->limit, CV_REASON_RATE_DEVICE,
				bpf_ktime_get_ns(), f.end - f.data, j);
}

static __always_inline void count(const struct cv_judgement *j, __u64 len)
{
	__u32 zero = 0, index = j->index, reason = CV_VERDICT_REASON(j->verdict);
	struct cv_rule_hits *h = bpf_map_lookup_elem(&hits, &index);
	struct counts *c = bpf_map_lookup_elem(&counters, &zero);

	if (!h || !c || reason >= CV_REASON_COUNT)
		return;
	h->packets++;
	h->bytes += len;
	h->drops += CV_VERDICT_ACTION(j->verdict) == CV_ACTION_DROP;
	h->last_ns = bpf_ktime_get_coarse_ns();
	c->packets[reason]++;
	c->bytes[reason] += len;
}

SEC("xdp")
int stock(struct xdp_md *ctx)
{
	struct cv_span f = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};
	struct cv_judgement j = {};
	struct cv_packet p = {};
	int bad = parse(f, &p);

	if (bad)
		cv_judge_drop(&j, bad);
	else
		judge(f, &p, &j);
	count(&j, f.end - f.data);
	return CV_VERDICT_ACTION(j.verdict) == CV_ACTION_HOST ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
