/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict over native tables, a burst at a time and in stages, so that the loads of one frame
 * are in flight while the others compute: parse and find the flow, look up what is new, then
 * decide in order, since the meter of a device depends on the frames before.
 */
#include "dataplane/policy/policy_table_internal.h"

#include <string.h>

static uint16_t class_of4(const struct prefix4 *p, uint32_t addr)
{
	uint32_t a = __builtin_bswap32(addr);
	uint32_t e = p->top[a >> 16];

	if (e & PREFIX4_MORE)
		e = p->blocks[(e & ~PREFIX4_MORE) * PREFIX4_BLOCK + ((a >> 8) & 0xff)];
	if (e & PREFIX4_MORE)
		e = p->blocks[(e & ~PREFIX4_MORE) * PREFIX4_BLOCK + (a & 0xff)];
	return (uint16_t)e;
}

static uint16_t class_of6(const struct prefix6 *p, const uint64_t addr[2])
{
	for (uint32_t i = 0; i < p->lengths; i++) {
		uint32_t len = p->len[i];
		uint64_t q[2] = {addr[0] & mask64(len), addr[1] & mask64(len < 64 ? 0 : len - 64)};
		uint32_t home = hash_prefix6(q, len);

		for (uint32_t step = 0; step <= p->reach; step++) {
			const struct prefix6_entry *e = &p->entries[(home + step) & p->mask];

			if (!e->class_id)
				break;
			if (e->q[0] == q[0] && e->q[1] == q[1] && e->len == len)
				return (uint16_t)e->class_id;
		}
	}
	return 0;
}

static const struct cv_rule *find_key(const struct rule_table *t, const struct cv_rule_key *key)
{
	uint64_t want;
	uint32_t home;

	memcpy(&want, key, sizeof(want));
	home = hash_rule(want);
	for (uint32_t step = 0; step <= t->reach; step++) {
		uint32_t at = (home + step) & t->mask;

		if (t->keys[at] == want)
			return &t->rules[at];
		if (!t->keys[at])
			return NULL;
	}
	return NULL;
}

static const struct cv_rule *find_rule(const struct cv_policy_table *t, const struct cv_packet *p)
{
	uint16_t src = 0, dst = 0;
	uint32_t mask;

	if (!t->defaults.probes)
		return NULL;
	if (cv_needs_classes(&t->defaults)) {
		if (p->family == 4) {
			src = class_of4(&t->prefix4, p->src.v4);
			dst = class_of4(&t->prefix4, p->dst.v4);
		} else {
			src = class_of6(&t->prefix6, (const uint64_t *)p->src.q);
			dst = class_of6(&t->prefix6, (const uint64_t *)p->dst.q);
		}
	}
	for (mask = cv_probe_mask(&t->defaults, p, src, dst); mask; mask &= mask - 1) {
		struct cv_rule_key key;
		const struct cv_rule *r;

		cv_probe_key((uint32_t)__builtin_ctz(mask), p, src, dst, &key);
		r = find_key(&t->rules, &key);
		if (r)
			return r;
	}
	return NULL;
}

/* ---- devices ------------------------------------------------------------------------------ */

static uint64_t hash_device(const struct device_table *t, const struct cv_device_key *k)
{
	uint64_t identity = (uint64_t)k->vlan << 16 | k->family;

	return hash_fold(k->addr[0] ^ t->seed, k->addr[1] ^ 0xbf58476d1ce4e5b9ull ^ identity);
}

static uint32_t device_bucket(const struct device_table *t, uint64_t hash, unsigned int choice)
{
	return (uint32_t)(choice ? hash >> 24 : hash) & t->mask;
}

static uint16_t device_tag(uint64_t hash)
{
	uint16_t tag = (uint16_t)(hash >> 48);

	return tag ? tag : 1;
}

static bool same_device(const struct cv_device_key *a, const struct cv_device_key *b)
{
	return a->addr[0] == b->addr[0] && a->addr[1] == b->addr[1] && a->vlan == b->vlan &&
	       a->family == b->family;
}

static uint32_t find_device(const struct device_table *t, const struct cv_device_key *key,
			    uint64_t hash)
{
	uint16_t tag = device_tag(hash);

	for (unsigned int choice = 0; choice < 2; choice++) {
		uint32_t bucket = device_bucket(t, hash, choice);

		for (uint32_t way = 0; way < DEVICE_WAYS; way++) {
			uint32_t slot = bucket * DEVICE_WAYS + way;

			if (t->tags[bucket][way] == tag && same_device(&t->entries[slot].key, key))
				return slot;
		}
	}
	return DEVICE_NONE;
}

/* A free place, else that of the device silent for longest, if it was for DEVICE_IDLE. */
static uint32_t device_room(const struct device_table *t, uint64_t hash, uint32_t now)
{
	uint32_t best = DEVICE_NONE, idle = DEVICE_IDLE;

	for (unsigned int choice = 0; choice < 2; choice++) {
		uint32_t bucket = device_bucket(t, hash, choice);

		for (uint32_t way = 0; way < DEVICE_WAYS; way++) {
			uint32_t slot = bucket * DEVICE_WAYS + way;
			const struct cv_device *dev = &t->entries[slot].dev;

			if (!t->tags[bucket][way])
				return slot;
			if (!(dev->flags & CV_DEVICE_QUARANTINED) && now - dev->last_seen > idle) {
				idle = now - dev->last_seen;
				best = slot;
			}
		}
	}
	return best;
}

static uint32_t add_device(struct device_table *t, const struct cv_device_key *key, uint64_t hash,
			   uint64_t now_ns)
{
	uint32_t now = (uint32_t)(now_ns >> CV_DEVICE_SEEN_SHIFT);
	uint32_t slot = device_room(t, hash, now);

	if (slot == DEVICE_NONE)
		return slot;
	t->tags[slot / DEVICE_WAYS][slot % DEVICE_WAYS] = device_tag(hash);
	t->entries[slot].key = *key;
	t->entries[slot].dev = (struct cv_device){.last_seen = now};
	return slot;
}

struct cv_device *cv_policy_device(struct cv_policy_table *t, const struct cv_device_key *key,
				   bool add, uint64_t now_ns)
{
	uint64_t hash = hash_device(&t->devices, key);
	uint32_t slot = find_device(&t->devices, key, hash);

	if (slot == DEVICE_NONE && add)
		slot = add_device(&t->devices, key, hash, now_ns);
	return slot == DEVICE_NONE ? NULL : &t->devices.entries[slot].dev;
}

/* ---- flows: verdicts already looked up ---------------------------------------------------- */

static void flow_key_of(const struct cv_packet *p, struct flow_key *k)
{
	k->src[0] = p->src.q[0];
	k->src[1] = p->src.q[1];
	k->dst[0] = p->dst.q[0];
	k->dst[1] = p->dst.q[1];
	k->rest = (uint64_t)p->ports << 32 | (uint64_t)p->vlan << 16 | (uint64_t)p->ip_proto << 8 |
		  (uint64_t)(p->fragment == CV_FRAG_LATER) << 7 | p->family;
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

/* The newer of the two flows of a set is in front. */
static struct flow_entry *remember(struct flow_entry *set, const struct flow_key *key,
				   const struct cv_rule *rule)
{
	set[1] = set[0];
	set[0].key = *key;
	set[0].rule = rule;
	set[0].device = DEVICE_NONE;
	return &set[0];
}

/* ---- the burst ---------------------------------------------------------------------------- */

/* One frame between the stages. */
struct step {
	struct flow_key key;
	struct cv_judgement j;
	struct flow_entry *flow; /* its set, then its entry; NULL = decided by parsing */
	const struct cv_rule *rule;
	uint64_t hash; /* of the device, where the flow does not know it */
	uint32_t device;
	bool ask; /* the device has a say */
};

static void parse(struct cv_policy_table *t, struct cv_frame *f, struct step *s)
{
	struct cv_packet *p = &f->packet;
	struct cv_span span = {f->data, f->data + f->len};
	int bad;

	memset(p, 0, sizeof(*p));
	bad = cv_parse(span, p);
	s->flow = NULL;
	s->ask = false;
	s->j.rule = 0;
	if (bad) {
		cv_judge_drop(&s->j, (uint32_t)bad);
	} else if (!p->family) {
		cv_judge_non_ip(&t->defaults, &s->j);
	} else {
		flow_key_of(p, &s->key);
		s->flow = t->flows[hash_flow(&s->key) % FLOW_SETS];
		__builtin_prefetch(&s->flow[0], 1);
		__builtin_prefetch(&s->flow[1], 1);
	}
}

static void look_up(struct cv_policy_table *t, const struct cv_packet *p, struct step *s,
		    bool police)
{
	struct flow_entry *set = s->flow;

	if (same_flow(&set[0].key, &s->key))
		s->flow = &set[0];
	else if (same_flow(&set[1].key, &s->key))
		s->flow = &set[1];
	else
		s->flow = remember(set, &s->key, find_rule(t, p));
	s->rule = s->flow->rule;
	s->device = s->flow->device;
	cv_judge_rule(&t->defaults, s->rule, &s->j);
	s->ask = police && CV_VERDICT_ACTION(s->j.verdict) != CV_ACTION_DROP;
	if (!s->ask)
		return;
	if (s->device != DEVICE_NONE) {
		__builtin_prefetch(&t->devices.entries[s->device], 1);
	} else {
		struct cv_device_key key;

		cv_device_key(p, &key);
		s->hash = hash_device(&t->devices, &key);
		__builtin_prefetch(t->devices.tags[device_bucket(&t->devices, s->hash, 0)]);
		__builtin_prefetch(t->devices.tags[device_bucket(&t->devices, s->hash, 1)]);
	}
}

static struct cv_device *device_of(struct cv_policy_table *t, const struct cv_packet *p,
				   struct step *s, uint64_t now_ns)
{
	struct device_table *devices = &t->devices;
	struct cv_device_key key;
	uint32_t slot = s->device;

	cv_device_key(p, &key);
	/* The slot may have been given to another device since the flow was remembered. */
	if (slot != DEVICE_NONE && same_device(&devices->entries[slot].key, &key))
		return &devices->entries[slot].dev;
	if (slot != DEVICE_NONE)
		s->hash = hash_device(devices, &key);
	slot = find_device(devices, &key, s->hash);
	if (slot == DEVICE_NONE && cv_rule_polices(s->rule))
		slot = add_device(devices, &key, s->hash, now_ns);
	if (slot == DEVICE_NONE)
		return NULL;
	/* A later frame of the burst may have taken the flow's place. */
	if (same_flow(&s->flow->key, &s->key))
		s->flow->device = slot;
	return &devices->entries[slot].dev;
}

void cv_policy_judge(struct cv_policy_table *t, struct cv_frame *frames, unsigned int n,
		     uint64_t now_ns, bool police)
{
	struct step steps[CV_BURST_MAX];

	for (unsigned int i = 0; i < n; i++)
		parse(t, &frames[i], &steps[i]);
	for (unsigned int i = 0; i < n; i++) {
		if (steps[i].flow)
			look_up(t, &frames[i].packet, &steps[i], police);
	}
	for (unsigned int i = 0; i < n; i++) {
		struct cv_frame *f = &frames[i];
		struct step *s = &steps[i];

		if (s->ask)
			cv_judge_device(device_of(t, &f->packet, s, now_ns), s->rule, now_ns,
					f->len, &s->j);
		f->verdict = s->j.verdict;
		f->rule = s->j.rule;
		f->inspect = (uint8_t)s->j.inspect;
	}
}
