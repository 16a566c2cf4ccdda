/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows: what the policy said of frames like this one. A look-up saved where flows repeat, and a
 * line lost where they do not, so a table that finds few of them asks for them in few bursts.
 */
#ifndef CV_POLICY_FLOW_H
#define CV_POLICY_FLOW_H

#include "dataplane/policy/policy_table_internal.h"

/* Flows are asked for in every burst, or in one of so many while they are not worth it. */
#define FLOW_TRY 16u
/* They are worth it where three frames of four are of a known flow: to look for one that is not
 * there, and to put it there, costs more than what one that is there saves. */
#define FLOW_MISS 3
/* Hits, less misses by their weight, that it takes to change that. */
#define FLOW_WORTH 256

static inline void flow_key_of(const struct cv_frame *f, struct flow_key *k)
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

static inline uint32_t hash_flow(const struct flow_key *k)
{
	uint64_t a = hash_fold(k->src[0] ^ k->rest, k->dst[0] ^ 0x9e3779b97f4a7c15ull);
	uint64_t b = hash_fold(k->src[1] ^ 0xbf58476d1ce4e5b9ull, k->dst[1] ^ a);

	return (uint32_t)(a ^ b);
}

static inline bool same_flow(const struct flow_key *a, const struct flow_key *b)
{
	return !((a->src[0] ^ b->src[0]) | (a->src[1] ^ b->src[1]) | (a->dst[0] ^ b->dst[0]) |
		 (a->dst[1] ^ b->dst[1]) | (a->rest ^ b->rest));
}

/* Is this burst to ask for flows? The MAC addresses have a say that no flow key holds. */
static inline bool flows_asked(struct cv_policy_table *t)
{
	if (t->head.flags & (CV_POLICY_MACS | CV_POLICY_BINDINGS))
		return false;
	return t->flow_worth >= 0 || t->flow_bursts++ % FLOW_TRY == 0;
}

/* What a burst has found that asked. */
static inline void flows_found(struct cv_policy_table *t, int hits, int misses)
{
	int worth = t->flow_worth + hits - FLOW_MISS * misses;

	t->flow_worth = worth > FLOW_WORTH ? FLOW_WORTH : worth < -FLOW_WORTH ? -FLOW_WORTH : worth;
}

/** @return NULL: not remembered. */
static inline struct flow_entry *flow_find(struct flow_entry *set, const struct flow_key *key)
{
	if (same_flow(&set[0].key, key))
		return &set[0];
	return same_flow(&set[1].key, key) ? &set[1] : NULL;
}

/* Room for a flow; the newer of the two of a set is in front. */
static inline struct flow_entry *flow_add(struct flow_entry *set, const struct flow_key *key)
{
	/* A frame before it in the burst was of the same flow. */
	if (!same_flow(&set[0].key, key)) {
		set[1] = set[0];
		set[0].key = *key;
	}
	return &set[0];
}

#endif
