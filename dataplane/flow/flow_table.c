/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/flow/flow.h"

#include <string.h>

#define SECOND 1000000000ll
/* RFC 5382 (TCP, 2 h 4 min) and RFC 4787 (UDP, 2 min at least) speak of NATs, whose state cannot be
 * picked up again; ours can, so an hour of silence is enough, and not-IoT flows cost little. */
#define TIMEOUT_SHORT (30 * SECOND)
#define TIMEOUT_UDP (300 * SECOND)
#define TIMEOUT_TCP (3600 * SECOND)
/* Flows that get a second chance before the next one is evicted whatever it did. */
#define EVICT_TRIES 8

/* Some order of the two ends, the same for both directions. */
static bool swapped(const struct cv_packet *pkt, uint16_t sport, uint16_t dport)
{
	if (pkt->src.q[0] != pkt->dst.q[0])
		return pkt->src.q[0] > pkt->dst.q[0];
	if (pkt->src.q[1] != pkt->dst.q[1])
		return pkt->src.q[1] > pkt->dst.q[1];
	return sport > dport;
}

struct cv_flow_key cv_flow_key_of(const struct cv_packet *pkt, uint8_t ip_proto, uint16_t sport,
				  uint16_t dport, unsigned int *dir)
{
	unsigned int d = swapped(pkt, sport, dport);
	struct cv_flow_key key;

	key.addr[d][0] = pkt->src.q[0];
	key.addr[d][1] = pkt->src.q[1];
	key.addr[1 - d][0] = pkt->dst.q[0];
	key.addr[1 - d][1] = pkt->dst.q[1];
	key.tags = (uint64_t)sport << (16 * d) | (uint64_t)dport << (16 * (1 - d)) |
		   (uint64_t)pkt->vlan << 32 | (uint64_t)pkt->vlan_inner << 48;
	key.proto = ip_proto | (uint64_t)pkt->family << 8;
	*dir = d;
	return key;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9fb21c651e98df25ull;
	return h ^ (h >> 32);
}

static uint64_t hash(const struct cv_flow_table *t, const struct cv_flow_key *key)
{
	uint64_t h = mix(t->seed, key->addr[0][0]);

	h = mix(h, key->addr[0][1]);
	h = mix(h, key->addr[1][0]);
	h = mix(h, key->addr[1][1]);
	h = mix(h, key->tags);
	h = mix(h, key->proto) * 0x9e3779b97f4a7c15ull;
	return h ^ (h >> 29);
}

/* The two sets of a key and its tag. Tag 0 marks a free way. */
struct place {
	struct cv_flow_set *set[2];
	uint16_t tag;
};

static struct place place_of(const struct cv_flow_table *t, const struct cv_flow_key *key)
{
	uint64_t h = hash(t, key);
	uint16_t tag = (uint16_t)(h >> 48);

	return (struct place){
		.set = {&t->set[h & t->set_mask], &t->set[(h >> 24) & t->set_mask]},
		.tag = tag ? tag : 1,
	};
}

static bool same_key(const struct cv_flow_key *a, const struct cv_flow_key *b)
{
	return ((a->addr[0][0] ^ b->addr[0][0]) | (a->addr[0][1] ^ b->addr[0][1]) |
		(a->addr[1][0] ^ b->addr[1][0]) | (a->addr[1][1] ^ b->addr[1][1]) |
		(a->tags ^ b->tags) | (a->proto ^ b->proto)) == 0;
}

struct cv_flow *cv_flow_find(struct cv_flow_table *t, const struct cv_flow_key *key)
{
	struct place p = place_of(t, key);

	for (int s = 0; s < 2; s++) {
		for (int w = 0; w < CV_FLOW_SET_WAYS; w++) {
			struct cv_flow *f;

			if (p.set[s]->tag[w] != p.tag)
				continue;
			f = &t->flow[p.set[s]->flow[w]];
			if (same_key(&f->key, key))
				return f;
		}
	}
	return NULL;
}

static int free_ways(const struct cv_flow_set *s)
{
	int n = 0;

	for (int w = 0; w < CV_FLOW_SET_WAYS; w++)
		n += s->tag[w] == 0;
	return n;
}

static void unlink_flow(struct cv_flow_table *t, struct cv_flow *f)
{
	struct cv_flow_list_head *l = &t->list[f->list];

	*(f->prev == CV_INDEX_NONE ? &l->first : &t->flow[f->prev].next) = f->next;
	*(f->next == CV_INDEX_NONE ? &l->last : &t->flow[f->next].prev) = f->prev;
}

static void link_last(struct cv_flow_table *t, struct cv_flow *f, enum cv_flow_list list)
{
	struct cv_flow_list_head *l = &t->list[list];
	uint32_t index = (uint32_t)(f - t->flow);

	f->list = (uint8_t)list;
	f->listed_ns = f->last_ns;
	f->prev = l->last;
	f->next = CV_INDEX_NONE;
	*(l->last == CV_INDEX_NONE ? &l->first : &t->flow[l->last].next) = index;
	l->last = index;
}

void cv_flow_relist(struct cv_flow_table *t, struct cv_flow *f, enum cv_flow_list list)
{
	unlink_flow(t, f);
	link_last(t, f, list);
}

static struct cv_flow *first_of(struct cv_flow_table *t, enum cv_flow_list list)
{
	uint32_t i = t->list[list].first;

	return i == CV_INDEX_NONE ? NULL : &t->flow[i];
}

/* Which list gives up a flow: first the short-lived, then whose oldest is older. */
static enum cv_flow_list poorest_list(struct cv_flow_table *t)
{
	struct cv_flow *udp = first_of(t, CV_FLOWS_UDP);
	struct cv_flow *tcp = first_of(t, CV_FLOWS_TCP);

	if (first_of(t, CV_FLOWS_SHORT) != NULL)
		return CV_FLOWS_SHORT;
	if (tcp == NULL)
		return CV_FLOWS_UDP;
	return udp != NULL && udp->last_ns <= tcp->last_ns ? CV_FLOWS_UDP : CV_FLOWS_TCP;
}

static struct cv_flow *victim_of_table(struct cv_flow_table *t)
{
	struct cv_flow *f = NULL;

	for (int i = 0; i < EVICT_TRIES; i++) {
		enum cv_flow_list list = poorest_list(t);

		f = first_of(t, list);
		if (f->last_ns == f->listed_ns)
			return f;
		cv_flow_relist(t, f, list);
	}
	return f;
}

static struct cv_flow *victim_of_sets(struct cv_flow_table *t, const struct place *p)
{
	struct cv_flow *oldest = &t->flow[p->set[0]->flow[0]];

	for (int s = 0; s < 2; s++) {
		for (int w = 0; w < CV_FLOW_SET_WAYS; w++) {
			struct cv_flow *f = &t->flow[p->set[s]->flow[w]];

			if (f->last_ns < oldest->last_ns)
				oldest = f;
		}
	}
	return oldest;
}

struct cv_flow *cv_flow_victim(struct cv_flow_table *t, const struct cv_flow_key *key)
{
	struct place p;

	if (t->live == t->capacity)
		return victim_of_table(t);
	p = place_of(t, key);
	if (free_ways(p.set[0]) + free_ways(p.set[1]) > 0)
		return NULL;
	return victim_of_sets(t, &p);
}

struct cv_flow *cv_flow_insert(struct cv_flow_table *t, const struct cv_flow_key *key,
			       enum cv_flow_list list, int64_t now_ns)
{
	struct place p = place_of(t, key);
	struct cv_flow_set *s = p.set[free_ways(p.set[1]) > free_ways(p.set[0])];
	uint32_t index = t->free != CV_INDEX_NONE ? t->free : t->fresh;
	struct cv_flow *f = &t->flow[index];
	int w = 0;

	while (w < CV_FLOW_SET_WAYS && s->tag[w] != 0)
		w++;
	if (t->live == t->capacity || w == CV_FLOW_SET_WAYS)
		return NULL;
	if (t->free != CV_INDEX_NONE)
		t->free = f->next;
	else
		t->fresh++;
	t->live++;
	s->tag[w] = p.tag;
	s->flow[w] = index;
	memset(f, 0, sizeof(*f));
	f->key = *key;
	f->last_ns = now_ns;
	for (int d = 0; d < 2; d++) {
		f->dir[d].segments = CV_INDEX_NONE;
		f->dir[d].unacked = CV_INDEX_NONE;
		f->dir[d].stream.held = CV_INDEX_NONE;
	}
	link_last(t, f, list);
	return f;
}

void cv_flow_remove(struct cv_flow_table *t, struct cv_flow *f)
{
	struct place p = place_of(t, &f->key);
	uint32_t index = (uint32_t)(f - t->flow);

	for (int s = 0; s < 2; s++) {
		for (int w = 0; w < CV_FLOW_SET_WAYS; w++) {
			if (p.set[s]->tag[w] == p.tag && p.set[s]->flow[w] == index)
				p.set[s]->tag[w] = 0;
		}
	}
	cv_flow_gap_del(t, f);
	unlink_flow(t, f);
	f->next = t->free;
	t->free = index;
	t->live--;
}

int64_t cv_flow_timeout(const struct cv_flow *f)
{
	static const int64_t timeout[CV_FLOW_LISTS] = {
		[CV_FLOWS_SHORT] = TIMEOUT_SHORT,
		[CV_FLOWS_UDP] = TIMEOUT_UDP,
		[CV_FLOWS_TCP] = TIMEOUT_TCP,
	};

	return timeout[f->list];
}

struct cv_flow *cv_flow_idle(struct cv_flow_table *t, int64_t now_ns, unsigned int *budget)
{
	for (int list = 0; list < CV_FLOW_LISTS; list++) {
		struct cv_flow *f;

		while ((f = first_of(t, (enum cv_flow_list)list)) != NULL) {
			/* The list is ordered by listed_ns: behind the first young one all are. */
			if (f->listed_ns + cv_flow_timeout(f) > now_ns)
				break;
			if ((*budget)-- <= 1) {
				*budget = 0;
				return NULL;
			}
			if (f->last_ns + cv_flow_timeout(f) <= now_ns)
				return f;
			cv_flow_relist(t, f, (enum cv_flow_list)list);
		}
	}
	return NULL;
}

struct cv_flow *cv_flow_any(struct cv_flow_table *t)
{
	for (int list = 0; list < CV_FLOW_LISTS; list++) {
		struct cv_flow *f = first_of(t, (enum cv_flow_list)list);

		if (f != NULL)
			return f;
	}
	return NULL;
}

void cv_flow_gap_add(struct cv_flow_table *t, struct cv_flow *f, int64_t now_ns)
{
	uint32_t index = (uint32_t)(f - t->flow);

	f->in_gap_list = 1;
	f->gap_ns = now_ns;
	f->gap_prev = t->gaps.last;
	f->gap_next = CV_INDEX_NONE;
	*(t->gaps.last == CV_INDEX_NONE ? &t->gaps.first : &t->flow[t->gaps.last].gap_next) = index;
	t->gaps.last = index;
}

void cv_flow_gap_del(struct cv_flow_table *t, struct cv_flow *f)
{
	if (!f->in_gap_list)
		return;
	f->in_gap_list = 0;
	*(f->gap_prev == CV_INDEX_NONE ? &t->gaps.first : &t->flow[f->gap_prev].gap_next) =
		f->gap_next;
	*(f->gap_next == CV_INDEX_NONE ? &t->gaps.last : &t->flow[f->gap_next].gap_prev) =
		f->gap_prev;
}
