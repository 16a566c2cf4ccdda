/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict over native tables, a burst at a time and in stages, so that the loads of one frame
 * are in flight while the others compute: parse and find the flow, look up what is new, then
 * decide in order, since the meter of a device depends on the frames before.
 */
#include "dataplane/policy/policy_lookup.h"

/* ---- flows: verdicts already looked up ---------------------------------------------------- */

static void flow_key_of(const struct cv_frame *f, struct flow_key *k)
{
	const struct cv_packet *p = &f->packet;

	k->src[0] = p->src.q[0];
	k->src[1] = p->src.q[1];
	k->dst[0] = p->dst.q[0];
	k->dst[1] = p->dst.q[1];
	k->rest = (uint64_t)p->ports << 32 | (uint64_t)p->vlan << 16 | (uint64_t)p->ip_proto << 8 |
		  (uint64_t)(p->fragment == CV_FRAG_LATER) << 6 | (uint64_t)(p->family == 6) << 5 |
		  f->port % CV_PORTS_MAX | 0x80;
}

static uint32_t hash_flow(const struct flow_key *k)
{
	uint64_t a = hash_fold(k->src[0] ^ k->rest, k->dst[0] ^ 0x9e3779b97f4a7c15ull);
	uint64_t b = hash_fold(k->src[1] ^ 0xbf58476d1ce4e5b9ull, k->dst[1] ^ a);

	return (uint32_t)(a ^ b);
}

static bool same_flow(const struct flow_key *a, const struct flow_key *b)
{
	return !((a->src[0] ^ b->src[0]) | (a->src[1] ^ b->src[1]) | (a->dst[0] ^ b->dst[0]) |
		 (a->dst[1] ^ b->dst[1]) | (a->rest ^ b->rest));
}

/* ---- what the policy says of a flow -------------------------------------------------------- */

static const struct cv_rule *find_rule(const struct cv_policy_table *t, const struct cv_packet *p,
				       uint32_t context, uint16_t src, uint16_t dst)
{
	const struct cv_context *c = &t->head.contexts[context];
	uint32_t mask;

	for (mask = cv_probe_mask(c, p, src, dst); mask; mask &= mask - 1) {
		struct cv_rule_key key;
		const struct cv_rule *r;

		cv_probe_key((uint32_t)__builtin_ctz(mask), p, context, src, dst, &key);
		r = find_key(&t->rules, &key);
		if (r)
			return r;
	}
	return NULL;
}

static void look_up(const struct cv_policy_table *t, const struct cv_frame *f, uint32_t context,
		    struct flow_entry *e)
{
	const struct cv_context *c = &t->head.contexts[context];
	const struct cv_packet *p = &f->packet;
	uint16_t src = 0, dst = 0;

	if (cv_needs_classes(c) || cv_asks_sender(c))
		src = class_of(t, p, (const uint64_t *)p->src.q, f->data + CV_ETH_SOURCE);
	if (cv_needs_classes(c))
		dst = class_of(t, p, (const uint64_t *)p->dst.q, f->data);
	e->src_class = src;
	e->spoofed = t->head.flags & CV_POLICY_BINDINGS &&
		     is_spoofed(t, p, cv_load_mac(f->data + CV_ETH_SOURCE));
	e->rule = find_rule(t, p, context, src, dst);
	e->device = DEVICE_NONE;
}

/* ---- the burst ---------------------------------------------------------------------------- */

/* One frame between the stages. */
struct step {
	struct flow_key key;
	struct cv_judgement j;
	struct flow_entry *flow; /* its set, then its entry; NULL = decided by parsing */
	const struct cv_context *context;
	const struct cv_rule *rule;
	const struct cv_limit *limit; /* of the sender */
	uint64_t hash; /* of the device, where the flow does not know it */
	uint32_t number; /* of the context */
	uint32_t device;
	uint32_t reason; /* of a refusal by the limit */
	bool ask; /* the device has a say */
	bool learn;
	struct flow_entry own; /* where flows are not remembered */
};

/* What follows from parsing alone, or where the flow will be found. */
static void begin(struct cv_policy_table *t, const struct cv_frame *f, uint32_t bad, struct step *s)
{
	const struct cv_packet *p = &f->packet;
	struct cv_span span = {f->data, f->data + f->len};

	s->flow = NULL;
	s->ask = false;
	s->j = (struct cv_judgement){0};
	s->number = t->places[(f->port % CV_PORTS_MAX) * CV_VLANS + p->vlan];
	s->context = &t->head.contexts[s->number];
	if (bad) {
		cv_judge_drop(&s->j, bad);
	} else if (t->head.n_guards && cv_guarded(&t->head, span, p)) {
		cv_judge_guard(&s->j);
	} else if (!p->family) {
		cv_judge_non_ip(s->context, &s->j);
	} else if (t->head.flags & (CV_POLICY_MACS | CV_POLICY_BINDINGS)) {
		s->flow = &s->own; /* the MAC addresses have a say, which no flow key holds */
	} else {
		flow_key_of(f, &s->key);
		s->flow = t->flows[hash_flow(&s->key) % FLOW_SETS];
		__builtin_prefetch(&s->flow[0], 1);
		__builtin_prefetch(&s->flow[1], 1);
	}
}

static void find_flow(struct cv_policy_table *t, const struct cv_frame *f, struct step *s)
{
	struct flow_entry *set = s->flow;

	if (set == &s->own) {
		look_up(t, f, s->number, set);
	} else if (same_flow(&set[1].key, &s->key)) {
		s->flow = &set[1];
	} else if (!same_flow(&set[0].key, &s->key)) {
		/* The newer of the two flows of a set is in front. */
		set[1] = set[0];
		set[0].key = s->key;
		look_up(t, f, s->number, &set[0]);
	}
	s->rule = s->flow->rule;
	s->device = s->flow->device;
}

static void prefetch_device(const struct cv_device_table *d, const struct cv_packet *p,
			    struct step *s)
{
	struct cv_device_key key;

	if (s->device != DEVICE_NONE) {
		__builtin_prefetch(&d->entries[s->device], 1);
		return;
	}
	cv_device_key(p, &key);
	s->hash = hash_device(d, &key);
	__builtin_prefetch(d->tags[device_bucket(d, s->hash, 0)]);
	__builtin_prefetch(d->tags[device_bucket(d, s->hash, 1)]);
}

/* What the policy says, up to the limits. */
static void apply_rule(struct cv_policy_table *t, const struct cv_frame *f, struct step *s,
		       const struct cv_device_table *devices)
{
	const struct cv_context *c = s->context;
	uint16_t src;

	find_flow(t, f, s);
	src = s->flow->src_class;
	if (s->flow->spoofed) {
		cv_judge_drop(&s->j, CV_REASON_SPOOF);
		return;
	}
	if (c->unknown == CV_UNKNOWN_DROP && !src) {
		cv_judge_drop(&s->j, CV_REASON_UNKNOWN);
		return;
	}
	cv_judge_rule(c, s->rule, &s->j);
	s->ask = devices && CV_VERDICT_ACTION(s->j.verdict) != CV_ACTION_DROP;
	if (!s->ask)
		return;
	s->limit = cv_sender_limit(c, s->rule, src, &s->reason);
	s->learn = cv_learns(c, src);
	prefetch_device(devices, &f->packet, s);
}

static struct cv_device *device_of(struct cv_device_table *devices, const struct cv_packet *p,
				   struct step *s, uint64_t now_ns)
{
	struct cv_device_key key;
	uint32_t slot = s->device;

	cv_device_key(p, &key);
	/* The slot may have been given to another device since the flow was remembered. */
	if (slot != DEVICE_NONE && same_device(&devices->entries[slot].key, &key))
		return &devices->entries[slot].dev;
	if (slot != DEVICE_NONE)
		s->hash = hash_device(devices, &key);
	slot = find_device(devices, &key, s->hash);
	if (slot == DEVICE_NONE && (s->limit || s->learn)) {
		slot = add_device(devices, &key, s->hash, now_ns);
		if (slot != DEVICE_NONE && s->learn)
			devices->entries[slot].dev.flags = CV_DEVICE_LEARNED;
	}
	if (slot == DEVICE_NONE)
		return NULL;
	/* A later frame of the burst may have taken the flow's place. */
	if (s->flow != &s->own && same_flow(&s->flow->key, &s->key))
		s->flow->device = slot;
	return &devices->entries[slot].dev;
}

static void apply_limits(struct cv_policy_table *t, struct cv_device_table *devices,
			 const struct cv_frame *f, struct step *s, uint64_t now_ns)
{
	cv_judge_device(device_of(devices, &f->packet, s, now_ns), s->limit, s->reason, now_ns,
			f->len, &s->j);
	if (!(t->head.flags & CV_POLICY_METERS))
		return;
	if (s->rule && s->rule->meter)
		cv_judge_meter(&t->meters[s->rule->meter - 1], now_ns, f->len, &s->j);
	cv_judge_meter(&t->meters[f->port % CV_PORTS_MAX], now_ns, f->len, &s->j);
}

static void count_hit(struct cv_policy_table *t, const struct step *s, uint32_t len,
		      uint64_t now_ns)
{
	struct cv_rule_hits *h = &t->hits[s->j.index];

	h->packets++;
	h->bytes += len;
	h->drops += CV_VERDICT_ACTION(s->j.verdict) == CV_ACTION_DROP;
	h->last_ns = now_ns;
}

static void finish(struct cv_policy_table *t, struct cv_device_table *devices,
		   const struct cv_frame *frames, struct step *steps, unsigned int n,
		   uint64_t now_ns)
{
	for (unsigned int i = 0; i < n; i++) {
		if (steps[i].flow)
			apply_rule(t, &frames[i], &steps[i], devices);
	}
	for (unsigned int i = 0; i < n; i++) {
		if (steps[i].ask)
			apply_limits(t, devices, &frames[i], &steps[i], now_ns);
		count_hit(t, &steps[i], frames[i].len, now_ns);
	}
}

void cv_policy_judge(struct cv_policy_table *t, struct cv_device_table *devices,
		     struct cv_frame *frames, unsigned int n, uint64_t now_ns)
{
	struct step steps[CV_BURST_MAX];

	for (unsigned int i = 0; i < n; i++) {
		struct cv_frame *f = &frames[i];
		struct cv_span span = {f->data, f->data + f->len};

		memset(&f->packet, 0, sizeof(f->packet));
		begin(t, f, (uint32_t)cv_parse(span, &f->packet), &steps[i]);
	}
	finish(t, devices, frames, steps, n, now_ns);
	for (unsigned int i = 0; i < n; i++) {
		struct cv_frame *f = &frames[i];
		const struct cv_judgement *j = &steps[i].j;

		f->verdict = j->verdict;
		f->rule = j->rule;
		f->rule_index = j->index;
		f->app = j->app;
		f->inspect = j->inspect;
	}
}

void cv_policy_refused(struct cv_policy_table *t, uint32_t rule_index, bool would)
{
	struct cv_rule_hits *h = &t->hits[rule_index];

	h->drops += !would;
	h->would_drop += would;
}

/* Reasons that parsing gives: the same under every policy. */
static uint32_t parse_reason(uint32_t verdict)
{
	uint32_t reason = CV_VERDICT_REASON(verdict);

	return reason >= CV_REASON_SHORT && reason <= CV_REASON_BAD_L4 ? reason : 0;
}

void cv_policy_judge_shadow(struct cv_policy_table *t, struct cv_device_table *devices,
			    const struct cv_frame *frames, unsigned int n, uint64_t now_ns,
			    struct cv_judgement *ret)
{
	struct step steps[CV_BURST_MAX];

	for (unsigned int i = 0; i < n; i++)
		begin(t, &frames[i], parse_reason(frames[i].verdict), &steps[i]);
	finish(t, devices, frames, steps, n, now_ns);
	for (unsigned int i = 0; i < n; i++) {
		const uint32_t live = frames[i].verdict;

		ret[i] = steps[i].j;
		if (CV_VERDICT_ACTION(ret[i].verdict) == CV_ACTION_DROP &&
		    CV_VERDICT_ACTION(live) != CV_ACTION_DROP)
			t->hits[ret[i].index].would_drop++;
	}
}
