/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict over native tables, a burst at a time and in stages, so that the loads of one frame
 * are in flight while the others compute: parse and find the flow, look up what is new, then
 * decide in order, since the meter of a device depends on the frames before.
 */
#include "dataplane/policy/device_burst.h"
#include "dataplane/policy/policy_flow.h"
#include "dataplane/policy/policy_lookup.h"
#include "dataplane/policy/quarantine_lookup.h"

/* One frame between the stages. */
struct step {
	struct flow_key key;
	struct cv_judgement j;
	struct flow_entry *flow; /* its set, then its entry; NULL = not asked for */
	const struct cv_context *context;
	const struct cv_rule *rule;
	const struct cv_limit *limit; /* of the sender */
	struct device_step sender;
	uint64_t want; /* the first rule key to try */
	uint32_t class_id[2]; /* of source and destination, or where prefix4 says more */
	uint32_t probes; /* rule keys to try */
	uint32_t number; /* of the context */
	uint32_t place; /* of its state, as the flow knows it; 0 = not known */
	uint32_t reason; /* of a refusal by the limit */
	bool open; /* not decided by parsing */
	bool known; /* its flow was remembered */
	bool spoofed; /* a binding does not hold */
	bool ask; /* the device has a say */
	bool learn;
};

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

static bool asks_source(const struct step *s)
{
	return cv_needs_classes(s->context) || cv_asks_sender(s->context);
}

/*
 * Ask for what the classes of new frames will be read from. By itself and tight: a processor that
 * waits for a translation before it lets go of a prefetch (Zen 3) then waits for those of many
 * frames at once.
 */
CV_INLINE void ask_classes(const struct cv_policy_table *t, const struct cv_frame *frames,
			   const struct step *steps, unsigned int n)
{
	uint64_t src = UINT64_MAX, dst = UINT64_MAX; /* of the frame before */

	for (unsigned int i = 0; i < n; i++) {
		const struct cv_packet *p = &frames[i].packet;

		if (!steps[i].open || steps[i].known || p->family != 4)
			continue;
		if (p->src.v4 != src && asks_source(&steps[i]))
			ask_class4(&t->prefix4, p->src.v4);
		if (p->dst.v4 != dst && cv_needs_classes(steps[i].context))
			ask_class4(&t->prefix4, p->dst.v4);
		src = p->src.v4;
		dst = p->dst.v4;
	}
}

/* One end of the frame before: many senders have one receiver, and the other way round. */
struct end {
	uint64_t addr;
	uint32_t class_id;
};

CV_INLINE uint32_t begin_end(const struct cv_policy_table *t, const struct cv_packet *p,
			     const uint64_t *addr, const uint8_t *mac, struct end *before)
{
	if (p->family != 4 || t->head.flags & CV_POLICY_MACS)
		return begin_class(t, p, addr, mac);
	if (before->addr == addr[0])
		before->class_id = rest_of_class4(&t->prefix4, (uint32_t)addr[0], before->class_id);
	else
		*before = (struct end){addr[0], begin_class4(&t->prefix4, (uint32_t)addr[0])};
	return before->class_id;
}

static void begin_classes(const struct cv_policy_table *t, const struct cv_frame *f, struct step *s,
			  struct end before[2])
{
	const struct cv_packet *p = &f->packet;

	s->class_id[0] = s->class_id[1] = 0;
	if (asks_source(s))
		s->class_id[0] = begin_end(t, p, (const uint64_t *)p->src.q,
					   f->data + CV_ETH_SOURCE, &before[0]);
	if (cv_needs_classes(s->context))
		s->class_id[1] = begin_end(t, p, (const uint64_t *)p->dst.q, f->data, &before[1]);
	if (t->head.flags & CV_POLICY_BINDINGS)
		s->spoofed = is_spoofed(t, p, cv_load_mac(f->data + CV_ETH_SOURCE));
}

/* Ask for the rule that the first key leads to. */
static void ask_first_rule(const struct cv_policy_table *t, const struct cv_packet *p,
			   struct step *s)
{
	struct cv_rule_key key;

	s->probes =
		cv_probe_mask(s->context, p, (uint16_t)s->class_id[0], (uint16_t)s->class_id[1]);
	if (!s->probes)
		return;
	cv_probe_key((uint32_t)__builtin_ctz(s->probes), p, s->number, (uint16_t)s->class_id[0],
		     (uint16_t)s->class_id[1], &key);
	s->want = rule_key(&key);
	ask_rule(&t->rules, s->want);
}

static void find_classes(const struct cv_policy_table *t, const struct cv_frame *frames,
			 struct step *steps, unsigned int n)
{
	uint8_t late[CV_BURST_MAX]; /* whose classes are behind one more block */
	struct end before[2] = {{.addr = UINT64_MAX}, {.addr = UINT64_MAX}};
	unsigned int n_late = 0;

	ask_classes(t, frames, steps, n);
	for (unsigned int i = 0; i < n; i++) {
		struct step *s = &steps[i];

		if (!s->open || s->known)
			continue;
		begin_classes(t, &frames[i], s, before);
		if ((s->class_id[0] | s->class_id[1]) & CV_BLOCK4_MORE)
			late[n_late++] = (uint8_t)i;
		else
			ask_first_rule(t, &frames[i].packet, s);
	}
	for (unsigned int i = 0; i < n_late; i++) {
		const struct cv_packet *p = &frames[late[i]].packet;
		struct step *s = &steps[late[i]];

		s->class_id[0] = middle_class4(&t->prefix4, p->src.v4, s->class_id[0]);
		s->class_id[1] = middle_class4(&t->prefix4, p->dst.v4, s->class_id[1]);
	}
	for (unsigned int i = 0; i < n_late; i++) {
		const struct cv_packet *p = &frames[late[i]].packet;
		struct step *s = &steps[late[i]];

		s->class_id[0] = last_class4(&t->prefix4, p->src.v4, s->class_id[0]);
		s->class_id[1] = last_class4(&t->prefix4, p->dst.v4, s->class_id[1]);
		ask_first_rule(t, p, s);
	}
}

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
	/* As in ask_classes(), what asks for memory is by itself. */
	for (unsigned int i = 0; i < n; i++) {
		struct cv_device_key key;

		if (!steps[i].ask)
			continue;
		cv_device_key(&frames[i].packet, &key);
		ask_tags(&devices->map, &key, steps[i].place, &steps[i].sender);
	}
	for (unsigned int i = 0; i < n; i++) {
		if (steps[i].ask)
			ask_state(&devices->map, &steps[i].sender);
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
