/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The module behind the verdict: ingress calls it by a tail call, and the module's entry, which is
 * not the module's own code, calls the program that goes on with the frame. A call that fails falls
 * through, as if there were no module. Part of ingress.bpf.c.
 */
#ifndef CV_MODULE_BPF_H
#define CV_MODULE_BPF_H

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, CV_MODULE_PROGRAMS);
	__type(key, __u32);
	__type(value, __u32);
} module_programs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CV_POLICY_SLOTS);
	__type(key, __u32);
	__type(value, struct cv_module_slot);
} module_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CV_POLICY_SLOTS);
	__type(key, __u32);
	__type(value, struct cv_module_counts);
} module_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cv_module_frame);
} module_frame SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cv_module_held);
} module_held SEC(".maps");

/* Is the policy's module asked about this frame? Never about what the verdict drops, and never
 * about the management of the node, which no module can cut. */
static __always_inline int wants_module(const struct judge *f, const struct cv_judgement *j)
{
	__u32 slot = f->slot;
	struct cv_module_slot *s = bpf_map_lookup_elem(&module_slots, &slot);

	return s && s->ports >> (f->port & 31) & 1 &&
	       CV_VERDICT_ACTION(j->verdict) != CV_ACTION_DROP &&
	       CV_VERDICT_REASON(j->verdict) != CV_REASON_ALLOW_GUARD;
}

static __always_inline __u16 host_order(__u16 network)
{
	return __builtin_bswap16(network);
}

/* All the module will see of the frame but its bytes. */
static __always_inline void tell_module(const struct judge *f, const struct ask *ask,
					const struct cv_judgement *j)
{
	__u32 zero = 0;
	struct cv_module_frame *m = bpf_map_lookup_elem(&module_frame, &zero);

	if (!m)
		return;
	m->now_ns = ask->given ? ask->now : f->now ? f->now : bpf_ktime_get_ns();
	m->src[0] = f->packet.src.q[0];
	m->src[1] = f->packet.src.q[1];
	m->dst[0] = f->packet.dst.q[0];
	m->dst[1] = f->packet.dst.q[1];
	m->generation = f->head->number;
	m->rule = j->rule;
	m->l3_end = f->packet.l3_end;
	m->l3_off = f->packet.l3_off;
	m->l4_off = f->packet.l4_off;
	m->sport = host_order(f->packet.sport);
	m->dport = host_order(f->packet.dport);
	m->vlan = f->packet.vlan;
	m->vlan_inner = f->packet.vlan_inner;
	m->ethertype = f->packet.ethertype;
	m->family = f->packet.family;
	m->ip_proto = f->packet.ip_proto;
	m->fragment = f->packet.fragment;
	m->vlans = f->packet.vlans;
	m->port = f->port;
	m->context = f->number;
	m->zone_in = f->context->zone_in;
	m->zone_out = f->context->zone_out;
	m->to_host = CV_VERDICT_ACTION(j->verdict) == CV_ACTION_HOST;
	m->pad = 0;
	m->next = CV_MODULE_FINISH(f->port);
	m->result = CV_MODULE_CONTINUE;
}

/* Returns only when there is no module to call. */
static __always_inline void call_module(struct xdp_md *ctx, __u32 slot,
					const struct cv_judgement *j)
{
	struct cv_module_counts *c = bpf_map_lookup_elem(&module_counts, &slot);
	__u32 zero = 0;
	struct cv_module_held *held = bpf_map_lookup_elem(&module_held, &zero);

	if (!c || !held)
		return;
	held->verdict = j->verdict;
	held->rule = j->rule;
	held->index = j->index;
	held->slot = slot;
	held->began_ns = c->runs & (CV_MODULE_TIMED_OF - 1) ? 0 : bpf_ktime_get_ns();
	bpf_tail_call(ctx, &module_programs, slot);
	c->absent++;
}

static __always_inline void count_time(struct cv_module_counts *c, __u64 began_ns)
{
	__u64 took;

	if (!began_ns)
		return;
	took = bpf_ktime_get_ns() - began_ns;
	c->timed++;
	c->time_ns += took;
	if (took > c->time_max_ns)
		c->time_max_ns = took;
}

/*
 * The module is done: its word on the frame, counted.
 *
 * @param j the judgement, a drop if the module says so.
 * @return what it returned.
 */
static __always_inline __u32 hear_module(__u64 len, struct cv_judgement *j)
{
	__u32 zero = 0, slot, result, code;
	struct cv_module_frame *m = bpf_map_lookup_elem(&module_frame, &zero);
	struct cv_module_held *held = bpf_map_lookup_elem(&module_held, &zero);
	struct cv_module_counts *c;

	if (!m || !held)
		return CV_MODULE_CONTINUE;
	j->verdict = held->verdict;
	j->rule = held->rule;
	j->index = held->index;
	slot = held->slot;
	result = m->result;
	code = result & (CV_MODULE_CODES - 1);
	c = bpf_map_lookup_elem(&module_counts, &slot);
	if (!c)
		return CV_MODULE_CONTINUE;
	count_time(c, held->began_ns);
	c->runs++;
	if (result == CV_MODULE_CONTINUE) {
		c->continued++;
	} else if ((result & ~(CV_MODULE_CODES - 1)) == CV_MODULE_DROP) {
		c->drops[code].packets++;
		c->drops[code].bytes += len;
		cv_judge_drop(j, CV_REASON_MODULE);
	} else {
		c->invalid++;
	}
	return result;
}

/* Slot of the policy whose module is being heard. */
static __always_inline __u32 module_slot(void)
{
	__u32 zero = 0;
	struct cv_module_held *held = bpf_map_lookup_elem(&module_held, &zero);

	return held ? held->slot : 0;
}

#endif
