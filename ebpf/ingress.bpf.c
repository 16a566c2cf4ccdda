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
#include "ebpf/evidence.bpf.h"
#include "ebpf/maps.h"
#define CV_MODULE_LAYOUTS_ONLY
#include "ebpf/module_maps.h"

/* ---- the policy, shared by all ports ------------------------------------------------------ */

/* Inner maps say sizes, not types: clang leaves only a forward declaration of such types. */
#define INNER(name, kind, flags, key, value)                                                       \
	struct name {                                                                              \
		__uint(type, kind);                                                                \
		__uint(max_entries, 1);                                                            \
		__uint(map_flags, flags);                                                          \
		__uint(key_size, key);                                                             \
		__uint(value_size, value);                                                         \
	}

INNER(blocks4_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP | BPF_F_MMAPABLE, 4,
      sizeof(struct cv_block4));
INNER(hosts4_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP | BPF_F_MMAPABLE, 4,
      sizeof(struct cv_hosts4));
INNER(prefix6_map, BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, sizeof(struct cv_prefix6_key), 4);
INNER(macs_map, BPF_MAP_TYPE_HASH, 0, 8, 4);
INNER(bindings_map, BPF_MAP_TYPE_HASH, 0, sizeof(struct cv_binding_key), sizeof(struct cv_binding));
INNER(rules_map, BPF_MAP_TYPE_HASH, 0, sizeof(struct cv_rule_key), sizeof(struct cv_rule));
INNER(meters_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4, sizeof(struct cv_meter));
INNER(hits_map, BPF_MAP_TYPE_ARRAY, BPF_F_INNER_MAP, 4, sizeof(struct cv_rule_hits));

/* A map for each slot. */
#define SLOTS(name, inner)                                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                          \
		__uint(max_entries, CV_POLICY_SLOTS);                                              \
		__type(key, __u32);                                                                \
		__array(values, struct inner);                                                     \
	} name SEC(".maps")

SLOTS(policy_blocks4, blocks4_map);
SLOTS(policy_hosts4, hosts4_map);
SLOTS(policy_prefix6, prefix6_map);
SLOTS(policy_macs, macs_map);
SLOTS(policy_bindings, bindings_map);
SLOTS(policy_rules, rules_map);
SLOTS(policy_meters, meters_map);
SLOTS(policy_hits, hits_map); /* CPU * (n_rules + 1) + rule index */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CV_POLICY_SLOTS);
	__type(key, __u32);
	__type(value, struct cv_policy_head);
} policy_head SEC(".maps");

/* Context by VLAN, for each port of each slot: slot * CV_PORTS_MAX + port. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CV_POLICY_SLOTS *CV_PORTS_MAX);
	__type(key, __u32);
	__type(value, __u8[CV_VLANS]);
} policy_places SEC(".maps");

/* cv_epoch_word(); mapped by the loader, whose one store switches the policy. */
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

/* The shadow policy's meters: what it would have let pass. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536); /* likewise */
	__type(key, struct cv_device_key);
	__type(value, struct cv_device);
} devices_shadow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CV_SHADOW_DIFFS);
	__type(key, struct cv_shadow_key);
	__type(value, struct cv_shadow_diff);
} shadow_diffs SEC(".maps");

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

/* ---- look-ups ------------------------------------------------------------------------------ */

/* One frame while it is judged. */
struct judge {
	struct cv_span frame;
	struct cv_packet packet;
	const struct cv_policy_head *head;
	const struct cv_context *context;
	__u32 slot, number; /* of the policy, of the context */
	__u32 port;
	__u16 src_class, dst_class;
	__u64 now;
};

/* What judge() is asked. */
struct ask {
	__u32 slot, port;
	__u32 in_force; /* slot of the policy in force, also when it is the other's turn */
	__u32 shadow; /* it is the shadow policy's turn */
	__u32 live; /* shadow: the verdict in force */
	__u32 given; /* 1 = now is the time, not the clock */
	__u32 module; /* out: slot + 1 of the module to be asked, 0 = none */
	__u32 pad;
	__u64 now;
	struct cv_device_key device; /* out, with shadow: the sender */
};

#include "ebpf/module.bpf.h"

static __always_inline __u32 host4(__u32 slot, __u32 bits, __u32 addr)
{
	__u32 at = cv_hosts4_bucket(addr, bits & 31);
	void *map = bpf_map_lookup_elem(&policy_hosts4, &slot);
	const struct cv_hosts4 *hosts = map ? bpf_map_lookup_elem(map, &at) : NULL;

	return hosts ? cv_hosts4_find(hosts, addr) : 0;
}

/* One level further, where the entry says that there is one. */
static __always_inline __u32 block4(void *map, __u32 entry, __u32 byte)
{
	__u32 block = entry & ~CV_BLOCK4_MORE;
	const struct cv_block4 *b;

	if (!(entry & CV_BLOCK4_MORE))
		return entry;
	b = bpf_map_lookup_elem(map, &block);
	return b ? b->entry[byte & 0xff] : 0;
}

static __always_inline __u16 class_of4(__u32 slot, __u32 bits, __u32 addr)
{
	__u32 a = __builtin_bswap32(addr), entry = bits ? host4(slot, bits, addr) : 0;
	void *map;

	if (entry)
		return entry;
	map = bpf_map_lookup_elem(&policy_blocks4, &slot);
	if (!map)
		return 0;
	entry = block4(map, CV_BLOCK4_MORE | a >> 24, a >> 16);
	entry = block4(map, entry, a >> 8);
	return block4(map, entry, a);
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

static __always_inline __u16 class_of_mac(__u32 slot, __u64 mac)
{
	void *map = bpf_map_lookup_elem(&policy_macs, &slot);
	__u32 *class_id = map ? bpf_map_lookup_elem(map, &mac) : NULL;

	return class_id ? *class_id : 0;
}

/* Source and destination address of the frame; cv_parse() has seen that they are there. */
static __always_inline __u64 source_mac(const struct cv_span *f)
{
	return f->data + CV_ETH_HEAD > f->end ? 0 : cv_load_mac(f->data + CV_ETH_SOURCE);
}

static __always_inline __u64 target_mac(const struct cv_span *f)
{
	return f->data + CV_ETH_HEAD > f->end ? 0 : cv_load_mac(f->data);
}

static __always_inline void find_classes(struct judge *f)
{
	int rules = cv_needs_classes(f->context);

	f->src_class = f->dst_class = 0;
	if (!rules && !cv_asks_sender(f->context))
		return;
	if (f->head->flags & CV_POLICY_MACS) {
		f->src_class = class_of_mac(f->slot, source_mac(&f->frame));
		if (rules)
			f->dst_class = class_of_mac(f->slot, target_mac(&f->frame));
	}
	if (!f->src_class)
		f->src_class = f->packet.family == 4
				       ? class_of4(f->slot, f->head->hosts4_bits, f->packet.src.v4)
				       : class_of6(f->slot, f->packet.src.b);
	if (rules && !f->dst_class)
		f->dst_class = f->packet.family == 4
				       ? class_of4(f->slot, f->head->hosts4_bits, f->packet.dst.v4)
				       : class_of6(f->slot, f->packet.dst.b);
}

static __always_inline int is_spoofed(const struct judge *f)
{
	__u64 mac = source_mac(&f->frame);
	const struct cv_binding *b;
	struct cv_binding_key key;
	__u32 slot = f->slot;
	void *map;

	map = bpf_map_lookup_elem(&policy_bindings, &slot);
	if (!map)
		return 0;
	cv_binding_key_addr(&f->packet, &key);
	b = bpf_map_lookup_elem(map, &key);
	if (b && !cv_binding_holds(b, &f->packet, mac))
		return 1;
	cv_binding_key_mac(mac, &key);
	b = bpf_map_lookup_elem(map, &key);
	return b && !cv_binding_holds(b, &f->packet, mac);
}

static __always_inline const struct cv_rule *find_rule(const struct judge *f)
{
	const struct cv_rule *rule = NULL;
	__u32 slot = f->slot, mask, bit;
	void *map = bpf_map_lookup_elem(&policy_rules, &slot);

	if (!map)
		return NULL;
	mask = cv_probe_mask(f->context, &f->packet, f->src_class, f->dst_class);
#pragma clang loop unroll(disable)
	for (bit = 0; bit < CV_PROBES; bit++) {
		struct cv_rule_key key;

		if (!(mask >> bit & 1))
			continue;
		cv_probe_key(bit, &f->packet, f->number, f->src_class, f->dst_class, &key);
		rule = bpf_map_lookup_elem(map, &key);
		if (rule)
			break;
	}
	return rule;
}

static __always_inline struct cv_device *find_device(void *map, const struct cv_packet *p, int add,
						     __u32 flags, __u64 now)
{
	struct cv_device fresh = {.last_seen = now >> CV_DEVICE_SEEN_SHIFT, .flags = flags};
	struct cv_device_key key;
	struct cv_device *dev;

	cv_device_key(p, &key);
	dev = bpf_map_lookup_elem(map, &key);
	if (dev || !add)
		return dev;
	/* Another CPU may have been first: both then find the same one. */
	bpf_map_update_elem(map, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, &key);
}

/* ---- judging ------------------------------------------------------------------------------- */

static __always_inline void apply_meters(const struct judge *f, const struct cv_rule *rule,
					 __u32 len, struct cv_judgement *j)
{
	__u32 slot = f->slot, at;
	struct cv_meter *m;
	void *map;

	if (!(f->head->flags & CV_POLICY_METERS))
		return;
	map = bpf_map_lookup_elem(&policy_meters, &slot);
	if (!map)
		return;
	if (rule && rule->meter) {
		at = rule->meter - 1;
		m = bpf_map_lookup_elem(map, &at);
		if (m)
			cv_judge_meter(m, f->now, len, j);
	}
	at = f->port;
	m = bpf_map_lookup_elem(map, &at);
	if (m)
		cv_judge_meter(m, f->now, len, j);
}

static __always_inline void apply_limits(const struct judge *f, const struct cv_rule *rule,
					 int shadow, struct cv_judgement *j)
{
	__u32 len = f->frame.end - f->frame.data, reason;
	int learn = cv_learns(f->context, f->src_class);
	const struct cv_limit *limit = cv_sender_limit(f->context, rule, f->src_class, &reason);
	__u32 flags = learn ? CV_DEVICE_LEARNED : 0;
	int add = learn || limit;
	struct cv_device *dev =
		shadow ? find_device(&devices_shadow, &f->packet, add, flags, f->now)
		       : find_device(&devices, &f->packet, add, flags, f->now);

	cv_judge_device(dev, limit, reason, f->now, len, j);
	apply_meters(f, rule, len, j);
}

static __always_inline void apply_rule(struct judge *f, const struct ask *ask,
				       struct cv_judgement *j)
{
	const struct cv_rule *rule;

	find_classes(f);
	if (f->head->flags & CV_POLICY_BINDINGS && is_spoofed(f)) {
		cv_judge_drop(j, CV_REASON_SPOOF);
		return;
	}
	if (f->context->unknown == CV_UNKNOWN_DROP && !f->src_class) {
		cv_judge_drop(j, CV_REASON_UNKNOWN);
		return;
	}
	rule = find_rule(f);
	cv_judge_rule(f->context, rule, j);
	if (CV_VERDICT_ACTION(j->verdict) == CV_ACTION_DROP)
		return;
	/* The clock is read for frames that come as far as a limit only. */
	f->now = ask->given ? ask->now : bpf_ktime_get_ns();
	apply_limits(f, rule, ask->shadow, j);
}

static __always_inline int find_policy(struct judge *f)
{
	__u32 slot = f->slot, row = f->slot * CV_PORTS_MAX + f->port;
	const __u8 *place = bpf_map_lookup_elem(&policy_places, &row);

	f->head = bpf_map_lookup_elem(&policy_head, &slot);
	if (!place || !f->head)
		return 0;
	f->number = place[f->packet.vlan & (CV_VLANS - 1)] & (CV_CONTEXTS_MAX - 1);
	f->context = &f->head->contexts[f->number];
	return 1;
}

static __always_inline void count_hit(const struct judge *f, const struct ask *ask,
				      const struct cv_judgement *j)
{
	int drop = CV_VERDICT_ACTION(j->verdict) == CV_ACTION_DROP;
	__u32 slot = f->slot;
	void *map = bpf_map_lookup_elem(&policy_hits, &slot);
	__u32 at = bpf_get_smp_processor_id() * (f->head->n_rules + 1) + j->index;
	struct cv_rule_hits *h = map ? bpf_map_lookup_elem(map, &at) : NULL;

	if (!h)
		return;
	h->packets++;
	h->bytes += f->frame.end - f->frame.data;
	h->drops += drop;
	if (ask->shadow && CV_VERDICT_ACTION(ask->live) != CV_ACTION_DROP)
		h->would_drop += drop;
	h->last_ns = bpf_ktime_get_coarse_ns();
}

/*
 * Global functions are verified once and by themselves, with any content of what they are given:
 * the ways through parsing do not multiply with the ways through what follows.
 */

__noinline int parse_frame(struct xdp_md *ctx, struct cv_packet *p)
{
	struct cv_span frame = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};

	return p ? cv_parse(frame, p) : CV_REASON_SHORT;
}

__noinline int is_guarded(struct xdp_md *ctx, const struct cv_packet *p, __u32 slot)
{
	struct cv_span frame = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};
	const struct cv_policy_head *head = bpf_map_lookup_elem(&policy_head, &slot);

	return p && head && cv_guarded(head, frame, p);
}

/* One policy's verdict. @return 0: all went well. */
__noinline int judge(struct xdp_md *ctx, struct ask *ask, struct cv_judgement *j)
{
	struct judge f = {};
	int bad;

	if (!ask || !j)
		return -1;
	bad = parse_frame(ctx, &f.packet);
	f.frame.data = (void *)(long)ctx->data;
	f.frame.end = (void *)(long)ctx->data_end;
	f.slot = ask->slot & (CV_POLICY_SLOTS - 1);
	f.port = ask->port & (CV_PORTS_MAX - 1);
	if (!find_policy(&f)) {
		cv_judge_drop(j, CV_REASON_DENY_DEFAULT);
		return -1;
	}
	if (bad)
		cv_judge_drop(j, bad);
	else if (f.head->n_guards && is_guarded(ctx, &f.packet, f.slot))
		cv_judge_guard(j);
	else if (!f.packet.family)
		cv_judge_non_ip(f.context, j);
	else
		apply_rule(&f, ask, j);
	count_hit(&f, ask, j);
	if (ask->shadow && f.packet.family)
		cv_device_key(&f.packet, &ask->device);
	if (!ask->shadow && wants_module(&f, j)) {
		tell_module(&f, ask, j);
		ask->module = f.slot + 1;
	}
	return 0;
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

static __always_inline void count_shadow(const struct ask *ask, const struct cv_judgement *live,
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
