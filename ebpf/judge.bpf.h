/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One policy's verdict on a frame: its look-ups and their order; part of ingress.bpf.c. */
#ifndef CV_JUDGE_BPF_H
#define CV_JUDGE_BPF_H

#include "ebpf/classes.bpf.h"
#include "ebpf/clock.bpf.h"

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
	__u64 sender; /* hash of it */
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
		f->src_class = f->packet.family == 4 ? source_class4(f->slot, f->head->hosts4_bits,
								     f->packet.src.v4)
						     : class_of6(f->slot, f->packet.src.b);
	if (rules && !f->dst_class)
		f->dst_class = f->packet.family == 4 ? target_class4(f->slot, f->head->hosts4_bits,
								     f->packet.dst.v4)
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

static __always_inline const struct cv_rule *find_key(void *rules, __u32 bits, __u64 key)
{
	__u32 at = cv_rules_bucket(key, bits & 31), step, way;

#pragma clang loop unroll(disable)
	for (step = 0; step < CV_RULES_CHAIN; step++) {
		const struct cv_rules_bucket *b = bpf_map_lookup_elem(rules, &at);

		if (!b)
			break;
		way = cv_rules_way(b, key);
		if (way < CV_RULES_WAYS)
			return &b->rule[way];
		at = b->next;
		if (!at)
			break;
	}
	return NULL;
}

static __always_inline const struct cv_rule *find_rule(const struct judge *f)
{
	const struct cv_rule *rule = NULL;
	__u32 slot = f->slot, mask, bit;
	void *rules = bpf_map_lookup_elem(&policy_rules_flat, &slot);

	if (!rules)
		return NULL;
	mask = cv_probe_mask(f->context, &f->packet, f->src_class, f->dst_class);
#pragma clang loop unroll(disable)
	for (bit = 0; bit < CV_PROBES; bit++) {
		struct cv_rule_key key;

		if (!(mask >> bit & 1))
			continue;
		cv_probe_key(bit, &f->packet, f->number, f->src_class, f->dst_class, &key);
		rule = find_key(rules, f->head->rules_bits, cv_rules_key(&key));
		if (rule)
			break;
	}
	return rule;
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

static __always_inline void apply_limits(struct judge *f, const struct cv_rule *rule,
					 const struct ask *ask, struct cv_judgement *j)
{
	__u32 len = f->frame.end - f->frame.data, reason;
	int learn = cv_learns(f->context, f->src_class);
	const struct cv_limit *limit = cv_sender_limit(f->context, rule, f->src_class, &reason);
	__u32 flags = learn ? CV_DEVICE_LEARNED : 0;
	int add = learn || limit;
	struct cv_device *dev;

	f->now = ask->given ? ask->now : time_for(f->head, limit);
	dev = device_of(&f->packet, f->sender, ask->shadow, add, flags, f->now);
	cv_judge_device(dev, limit, reason, f->now, len, j);
	apply_meters(f, rule, len, j);
}

static __always_inline void apply_rule(struct judge *f, const struct ask *ask,
				       struct cv_judgement *j)
{
	const struct cv_rule *rule;

	f->sender = touch_device(&f->packet, ask->shadow);
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
	apply_limits(f, rule, ask, j);
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
	h->last_ns = f->now ? f->now : tick_time();
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

/* Is there a list? Without one it is a load, not a call. */
static __always_inline int has_quarantine(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&quarantine, &zero) != NULL;
}

/* The same for every policy. */
__noinline int is_quarantined(struct xdp_md *ctx, const struct cv_packet *p)
{
	struct cv_span frame = {(void *)(long)ctx->data, (void *)(long)ctx->data_end};
	struct cv_binding_key key;
	__u32 zero = 0;
	void *map = bpf_map_lookup_elem(&quarantine, &zero);

	if (!p || !map)
		return 0;
	if (cv_quarantine_key_addr(frame, p, &key) && bpf_map_lookup_elem(map, &key))
		return 1;
	cv_binding_key_mac(source_mac(&frame), &key);
	return bpf_map_lookup_elem(map, &key) != NULL;
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
	/* Asked once: a list that comes between the two must not look like a difference. */
	if (ask->shadow && CV_VERDICT_REASON(ask->live) == CV_REASON_QUARANTINE)
		bad = CV_REASON_QUARANTINE;
	if (!find_policy(&f)) {
		cv_judge_drop(j, CV_REASON_DENY_DEFAULT);
		return -1;
	}
	if (bad)
		cv_judge_drop(j, bad);
	else if (f.head->n_guards && is_guarded(ctx, &f.packet, f.slot))
		cv_judge_guard(j);
	else if (!ask->shadow && has_quarantine() && is_quarantined(ctx, &f.packet))
		cv_judge_drop(j, CV_REASON_QUARANTINE);
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

#endif
