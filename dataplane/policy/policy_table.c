/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict over native tables, a burst at a time and in stages, so that the loads of one frame
 * are in flight while the others compute: parse and find the flow, look up what is new, then
 * decide in order, since the meter of a device depends on the frames before.
 */
#include "dataplane/policy/policy_flow.h"
#include "dataplane/policy/policy_step.h"
#include "dataplane/policy/quarantine_lookup.h"

/* ---- parsing, and flows ------------------------------------------------------------------- */

/* What follows from parsing alone, or where the flow will be found. */
static void begin(struct cv_policy_table *t, const struct cv_frame *f, uint32_t bad, bool flows,
		  struct step *s)
{
	const struct cv_packet *p = &f->packet;
	struct cv_span span = {f->data, f->data + f->len};

	s->flow = NULL;
	s->open = s->known = s->spoofed = s->ask = false;
	s->place = 0;
	s->j = (struct cv_judgement){0};
	s->number = t->places[(f->port % CV_PORTS_MAX) * CV_VLANS + p->vlan];
	s->context = &t->head.contexts[s->number];
	if (bad) {
		cv_judge_drop(&s->j, bad);
	} else if (t->head.n_guards && cv_guarded(&t->head, span, p)) {
		cv_judge_guard(&s->j);
	} else if (is_quarantined(t->quarantine, span, p)) {
		cv_judge_drop(&s->j, CV_REASON_QUARANTINE);
	} else if (!p->family) {
		cv_judge_non_ip(s->context, &s->j);
	} else {
		s->open = true;
		if (!flows)
			return;
		flow_key_of(f, &s->key);
		s->flow = t->flows[hash_flow(&s->key) % FLOW_SETS];
		__builtin_prefetch(&s->flow[0], 1);
		__builtin_prefetch(&s->flow[1], 1);
	}
}

static void find_flows(struct cv_policy_table *t, struct step *steps, unsigned int n)
{
	int hits = 0, misses = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct step *s = &steps[i];
		struct flow_entry *e;

		if (!s->open)
			continue;
		e = flow_find(s->flow, &s->key);
		if (!e) {
			misses++;
			continue;
		}
		hits++;
		s->flow = e;
		s->known = true;
		s->rule = e->rule;
		s->place = e->device;
		s->class_id[0] = e->src_class;
	}
	flows_found(t, hits, misses);
}

/* ---- what the policy says of a new flow ---------------------------------------------------- */

static void find_rule(const struct cv_policy_table *t, const struct cv_packet *p, struct step *s)
{
	uint64_t want = s->want;
	uint32_t mask = s->probes;

	s->rule = NULL;
	while (mask) {
		struct cv_rule_key key;

		s->rule = find_key(&t->rules, want);
		mask &= mask - 1;
		if (s->rule || !mask)
			return;
		cv_probe_key((uint32_t)__builtin_ctz(mask), p, s->number, (uint16_t)s->class_id[0],
			     (uint16_t)s->class_id[1], &key);
		want = rule_key(&key);
	}
}

static void remember(struct step *s)
{
	struct flow_entry *e = flow_add(s->flow, &s->key);

	e->rule = s->rule;
	e->device = 0;
	e->src_class = (uint16_t)s->class_id[0];
	s->flow = e;
}

/* ---- the limits ---------------------------------------------------------------------------- */

/* What the policy says, up to the limits. */
static void apply_rule(struct cv_policy_table *t, const struct cv_frame *f, struct step *s,
		       const struct cv_device_table *devices)
{
	const struct cv_context *c = s->context;
	uint16_t src;

	if (!s->known) {
		find_rule(t, &f->packet, s);
		if (s->flow)
			remember(s);
	}
	src = (uint16_t)s->class_id[0];
	if (s->spoofed) {
		cv_judge_drop(&s->j, CV_REASON_SPOOF);
		return;
	}
	if (c->unknown == CV_UNKNOWN_DROP && !src) {
		cv_judge_drop(&s->j, CV_REASON_UNKNOWN);
		return;
	}
	cv_judge_rule(c, s->rule, &s->j);
	__builtin_prefetch(&t->hits[s->j.index], 1);
	s->ask = devices && CV_VERDICT_ACTION(s->j.verdict) != CV_ACTION_DROP;
	if (!s->ask)
		return;
	s->limit = cv_sender_limit(c, s->rule, src, &s->reason);
	s->learn = cv_learns(c, src);
}

/* As in ask_classes(), what asks for memory is by itself. */
static void ask_devices(const struct cv_device_table *devices, const struct cv_frame *frames,
			struct step *steps, unsigned int n)
{
	struct device_step *asked[CV_BURST_MAX];
	unsigned int n_asked = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct step *s = &steps[i];
		struct cv_device_key key;

		if (!s->ask)
			continue;
		cv_device_key(&frames[i].packet, &key);
		asked[n_asked] = &s->sender;
		n_asked += ask_tags(&devices->map, &key, s->place, &s->sender);
	}
	if (n_asked)
		ask_states(&devices->map, asked, n_asked);
}

static struct cv_device *device_of(struct cv_device_table *devices, const struct cv_packet *p,
				   struct step *s, uint64_t now_ns)
{
	const struct cv_device_map *map = &devices->map;
	struct cv_device_key key;
	uint32_t place;

	cv_device_key(p, &key);
	place = device_found(map, &key, &s->sender);
	if (!place && (s->limit || s->learn))
		place = cv_device_add(map, &s->sender.aim, s->learn ? CV_DEVICE_LEARNED : 0,
				      now_ns);
	/* A later frame of the burst may have taken the flow's place. */
	if (place && s->flow && same_flow(&s->flow->key, &s->key))
		s->flow->device = place;
	return cv_device_at(map, place);
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
		   const struct cv_frame *frames, struct step *steps, unsigned int n, bool flows,
		   uint64_t now_ns)
{
	if (flows)
		find_flows(t, steps, n);
	find_classes(t, frames, steps, n);
	for (unsigned int i = 0; i < n; i++) {
		if (steps[i].open)
			apply_rule(t, &frames[i], &steps[i], devices);
	}
	ask_devices(devices, frames, steps, n);
	for (unsigned int i = 0; i < n; i++) {
		if (steps[i].ask)
			apply_limits(t, devices, &frames[i], &steps[i], now_ns);
		count_hit(t, &steps[i], frames[i].len, now_ns);
	}
}

void cv_policy_judge(struct cv_policy_table *t, struct cv_device_table *devices,
		     struct cv_frame *frames, unsigned int n, uint64_t now_ns)
{
	const bool flows = flows_asked(t);
	struct step steps[CV_BURST_MAX];

	for (unsigned int i = 0; i < n; i++) {
		struct cv_frame *f = &frames[i];
		struct cv_span span = {f->data, f->data + f->len};

		memset(&f->packet, 0, sizeof(f->packet));
		begin(t, f, (uint32_t)cv_parse(span, &f->packet), flows, &steps[i]);
	}
	finish(t, devices, frames, steps, n, flows, now_ns);
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

void cv_policy_quarantine(struct cv_policy_table *t, const struct cv_quarantine_set *quarantine)
{
	t->quarantine = quarantine;
}

void cv_policy_judge_shadow(struct cv_policy_table *t, struct cv_device_table *devices,
			    const struct cv_frame *frames, unsigned int n, uint64_t now_ns,
			    struct cv_judgement *ret)
{
	const bool flows = flows_asked(t);
	struct step steps[CV_BURST_MAX];

	for (unsigned int i = 0; i < n; i++)
		begin(t, &frames[i], cv_settled(frames[i].verdict), flows, &steps[i]);
	finish(t, devices, frames, steps, n, flows, now_ns);
	for (unsigned int i = 0; i < n; i++) {
		const uint32_t live = frames[i].verdict;

		ret[i] = steps[i].j;
		if (CV_VERDICT_ACTION(ret[i].verdict) == CV_ACTION_DROP &&
		    CV_VERDICT_ACTION(live) != CV_ACTION_DROP)
			t->hits[ret[i].index].would_drop++;
	}
}
