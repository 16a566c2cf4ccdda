/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/flow/fragment.h"

#include <string.h>

#include "dataplane/decode/reader.h"

enum { IPPROTO_FRAGMENT_HEADER = 44, IP6_HEAD = 40, CHAIN_MAX = 8 };

/* A fragment's data: where it is and what its first byte belongs to. */
struct piece {
	const uint8_t *data;
	uint32_t len;
	uint8_t next_header;
};

/* The verdict's l4_off is behind all extension headers it could see, but in a first fragment those
 * behind the fragment header are part of the data (RFC 8200 4.5). */
static struct piece piece_of(const uint8_t *frame, const struct cv_packet *pkt)
{
	struct cv_reader rd = cv_reader(frame + pkt->l3_off, pkt->l4_off - pkt->l3_off);
	struct piece p = {frame + pkt->l4_off, pkt->l3_end - pkt->l4_off, pkt->ip_proto};
	const uint8_t *head;
	uint8_t next;

	if (pkt->family != 6)
		return p;
	head = cv_read_bytes(&rd, IP6_HEAD);
	next = head ? head[6] : 0;
	for (int i = 0; i < CHAIN_MAX && head != NULL; i++) {
		uint8_t here = next;

		head = cv_read_bytes(&rd, 8);
		if (head == NULL)
			break;
		next = head[0];
		if (here == IPPROTO_FRAGMENT_HEADER)
			return (struct piece){rd.cur, (uint32_t)(frame + pkt->l3_end - rd.cur),
					      next};
		cv_read_bytes(&rd, head[1] * 8u);
	}
	return p;
}

static struct cv_fragment_key key_of(const struct cv_packet *pkt)
{
	struct cv_fragment_key k = {
		.id = pkt->frag_id,
		.vlan = pkt->vlan,
		.vlan_inner = pkt->vlan_inner,
		.family = pkt->family,
		.ip_proto = pkt->family == 4 ? pkt->ip_proto : 0,
	};

	memcpy(k.addr[0], &pkt->src, sizeof(k.addr[0]));
	memcpy(k.addr[1], &pkt->dst, sizeof(k.addr[1]));
	return k;
}

/* The slot of a datagram; a new one takes a free slot or that of the oldest. */
static unsigned int find(struct cv_fragments *t, const struct cv_fragment_key *key, int64_t now_ns,
			 unsigned int *lost)
{
	unsigned int best = 0;

	for (unsigned int i = 0; i < CV_DATAGRAMS; i++) {
		if (memcmp(&t->key[i], key, sizeof(*key)) == 0)
			return i;
		if (t->key[best].family != 0 &&
		    (t->key[i].family == 0 || t->first_ns[i] < t->first_ns[best]))
			best = i;
	}
	if (t->key[best].family != 0 && !t->slot[best].is_void)
		(*lost)++;
	t->key[best] = *key;
	t->first_ns[best] = now_ns;
	memset(&t->slot[best], 0, offsetof(struct cv_datagram_slot, data));
	return best;
}

/* How many of the 8-byte units [from, to) are there already. */
static uint32_t units_there(const struct cv_datagram_slot *s, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (uint32_t u = from; u < to; u++)
		n += s->have[u / 64] >> (u % 64) & 1;
	return n;
}

static enum cv_fragment_result make_void(struct cv_datagram_slot *s, unsigned int *lost)
{
	if (!s->is_void)
		(*lost)++;
	s->is_void = 1;
	return CV_FRAGMENT_VOID;
}

static enum cv_fragment_result put(struct cv_datagram_slot *s, const struct cv_packet *pkt,
				   const struct piece *p, unsigned int *lost)
{
	uint32_t end = pkt->frag_off + p->len;
	uint32_t from = pkt->frag_off / 8, to = (end + 7) / 8;
	uint32_t there;

	if (s->is_void || end > CV_DATAGRAM_MAX || (s->total != 0 && end > s->total))
		return make_void(s, lost);
	there = units_there(s, from, to);
	if (there != 0) {
		if (there == to - from && memcmp(s->data + pkt->frag_off, p->data, p->len) == 0)
			return CV_FRAGMENT_DUPLICATE;
		return make_void(s, lost);
	}
	if (!pkt->frag_more) {
		if (s->total != 0 || units_there(s, to, CV_DATAGRAM_MAX / 8) != 0)
			return make_void(s, lost);
		s->total = end;
	}
	for (uint32_t u = from; u < to; u++)
		s->have[u / 64] |= 1ull << (u % 64);
	memcpy(s->data + pkt->frag_off, p->data, p->len);
	s->received += p->len;
	if (pkt->frag_off == 0)
		s->next_header = p->next_header;
	return s->received == s->total ? CV_FRAGMENT_DONE : CV_FRAGMENT_HELD;
}

enum cv_fragment_result cv_fragment_take(struct cv_fragments *t, const uint8_t *frame,
					 const struct cv_packet *pkt, int64_t now_ns,
					 unsigned int *lost, struct cv_datagram_slot **ret)
{
	struct cv_fragment_key key = key_of(pkt);
	struct piece p = piece_of(frame, pkt);
	enum cv_fragment_result result;
	unsigned int i;

	*lost = 0;
	i = find(t, &key, now_ns, lost);
	result = put(&t->slot[i], pkt, &p, lost);
	if (result == CV_FRAGMENT_DONE) {
		t->key[i].family = 0;
		*ret = &t->slot[i];
	}
	return result;
}

static unsigned int sweep(struct cv_fragments *t, int64_t before_ns)
{
	unsigned int lost = 0;

	for (unsigned int i = 0; i < CV_DATAGRAMS; i++) {
		if (t->key[i].family == 0 || t->first_ns[i] > before_ns)
			continue;
		lost += !t->slot[i].is_void;
		t->key[i].family = 0;
	}
	return lost;
}

unsigned int cv_fragments_age(struct cv_fragments *t, int64_t now_ns)
{
	/* Once a second is often enough for a limit of 30 s. */
	if (now_ns - t->swept_ns < 1000000000ll)
		return 0;
	t->swept_ns = now_ns;
	return sweep(t, now_ns - CV_FRAGMENT_NS);
}

unsigned int cv_fragments_drain(struct cv_fragments *t)
{
	return sweep(t, INT64_MAX);
}
