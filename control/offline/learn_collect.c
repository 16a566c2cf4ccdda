/* SPDX-License-Identifier: Apache-2.0 */
/* From frames to edges: who asks whom for what. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/offline/learn.h"
#include "dataplane/policy/generation_build.h"
#include "dataplane/policy/verdict_parse.h"

#define NS_PER_S 1000000000
/* Where ports that clients choose begin (Linux: 32768, IANA: 49152). */
#define TEMPORARY_PORT 32768u
#define SYSTEM_PORT 1024u
#define TCP_FLAGS 13 /* offset in the header */
#define TCP_OFFSET 12
enum { TH_SYN = 0x02, TH_RST = 0x04, TH_ACK = 0x10 };

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	struct cv_learn *l =
		(struct cv_learn *)(void *)((char *)sink - offsetof(struct cv_learn, sink));

	sink->lane[lane].cur = l->records + (size_t)lane * CV_RECORD_MAX;
	sink->lane[lane].end = sink->lane[lane].cur + CV_RECORD_MAX;
}

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	cv_learn_record((struct cv_learn *)(void *)((char *)sink - offsetof(struct cv_learn, sink)),
			rec);
}

static int make_generation(struct cv_learn *l, const struct cv_gen_hint *hints, unsigned int count)
{
	struct cv_generation_build *b = NULL;
	int err = cv_generation_build_create(&b);

	for (unsigned int i = 0; err == 0 && i < count; i++)
		err = cv_generation_build_hint(b, &hints[i]);
	if (err == 0)
		err = cv_generation_build_finish(b, &l->gen);
	cv_generation_build_destroy(b);
	return err;
}

int cv_learn_start(const struct cv_gen_hint *hints, unsigned int count, struct cv_learn **ret)
{
	size_t size = (sizeof(struct cv_learn) + 63) & ~(size_t)63;
	struct cv_learn *l = aligned_alloc(64, size);
	int err = -ENOMEM;

	if (!l)
		return err;
	memset(l, 0, size);
	cv_intern_init(&l->hosts, sizeof(struct cv_learn_host), CV_LEARN_HOST_KEY,
		       CV_LEARN_HOSTS_MAX);
	cv_intern_init(&l->edges, sizeof(struct cv_learn_edge), CV_LEARN_EDGE_KEY,
		       CV_LEARN_EDGES_MAX);
	cv_intern_init(&l->senders, sizeof(struct cv_learn_sender), CV_LEARN_SENDER_KEY,
		       CV_LEARN_SENDERS_MAX);
	cv_intern_init(&l->facts, sizeof(struct cv_learn_fact), CV_LEARN_FACT_KEY,
		       CV_LEARN_FACTS_MAX);
	cv_intern_init(&l->said, sizeof(struct cv_learn_said), CV_LEARN_SAID_KEY,
		       CV_LEARN_SAID_MAX);
	cv_intern_init(&l->identities, sizeof(struct cv_learn_identity), CV_LEARN_IDENTITY_KEY,
		       CV_LEARN_IDENTITIES_MAX);
	for (size_t i = 0; i < sizeof(l->fragment) / sizeof(l->fragment[0]); i++)
		l->fragment[i].edge = CV_INTERN_NONE;
	l->records = aligned_alloc(64, (size_t)CV_LANE_COUNT * CV_RECORD_MAX);
	if (l->records) {
		l->sink.refill = refill;
		l->sink.committed = committed;
		for (int lane = 0; lane < CV_LANE_COUNT; lane++)
			refill(&l->sink, (enum cv_lane)lane);
		err = make_generation(l, hints, count);
	}
	if (err == 0)
		err = cv_pipeline_create(l->gen, false, &l->sink, &l->counters, &l->pipeline);
	if (err == 0)
		cv_pipeline_witness(l->pipeline, cv_learn_witness, l);
	if (err < 0)
		cv_learn_free(l);
	else
		*ret = l;
	return err;
}

void cv_learn_free(struct cv_learn *l)
{
	if (!l)
		return;
	cv_pipeline_destroy(l->pipeline);
	free(l->gen);
	free(l->records);
	cv_intern_release(&l->hosts);
	cv_intern_release(&l->edges);
	cv_intern_release(&l->senders);
	cv_intern_release(&l->facts);
	cv_intern_release(&l->said);
	cv_intern_release(&l->identities);
	free(l);
}

static uint32_t host_of(struct cv_learn *l, const uint8_t addr[16], uint32_t family)
{
	struct cv_learn_host key = {.family = family};

	memcpy(key.addr, addr, sizeof(key.addr));
	return cv_intern_add(&l->hosts, &key);
}

/* What the packet at hand is, in terms of edges. */
struct seen {
	const struct cv_packet *p;
	const uint8_t *frame;
	uint32_t src, dst; /* hosts */
	uint16_t sport, dport; /* host order */
	uint8_t flags; /* TCP */
	bool payload; /* TCP carries bytes */
	bool tcp;
};

static struct cv_learn_edge edge_key(uint32_t client, uint32_t server, uint8_t ip_proto,
				     uint16_t port)
{
	return (struct cv_learn_edge){
		.client = client, .server = server, .port = port, .ip_proto = ip_proto};
}

uint32_t cv_learn_find_edge(const struct cv_learn *l, uint32_t src, uint32_t dst, uint8_t ip_proto,
			    uint16_t sport, uint16_t dport, bool *back)
{
	struct cv_learn_edge to = edge_key(src, dst, ip_proto, dport);
	struct cv_learn_edge from = edge_key(dst, src, ip_proto, sport);
	uint32_t there = cv_intern_find(&l->edges, &to);
	uint32_t here = cv_intern_find(&l->edges, &from);

	*back = there == CV_INTERN_NONE ||
		(here != CV_INTERN_NONE && cv_learn_edge(l, here)->sure == CV_LEARN_SURE &&
		 cv_learn_edge(l, there)->sure != CV_LEARN_SURE);
	return *back ? here : there;
}

/* How much a port looks like a service. */
static int rank_of(const struct cv_learn *l, uint8_t ip_proto, uint16_t port)
{
	const struct cv_gen_hint *hint = cv_generation_at(l->gen, l->gen->hints);

	for (uint32_t i = 0; i < l->gen->hints.count; i++) {
		if (hint[i].port == port && hint[i].ip_proto == ip_proto && hint[i].decoder)
			return 3;
	}
	if (port < SYSTEM_PORT)
		return 2;
	return port < TEMPORARY_PORT;
}

/* Nobody has been seen to open it: the port tells, and where it does not, who spoke first. */
static bool sent_by_server(const struct cv_learn *l, const struct seen *s)
{
	if (s->tcp && (s->flags & TH_SYN))
		return (s->flags & TH_ACK) != 0;
	return rank_of(l, s->p->ip_proto, s->sport) > rank_of(l, s->p->ip_proto, s->dport);
}

static uint32_t edge_of(struct cv_learn *l, const struct seen *s, bool *back)
{
	bool syn = s->tcp && (s->flags & TH_SYN);
	struct cv_learn_edge key;
	uint32_t i = CV_INTERN_NONE;

	if (!syn)
		i = cv_learn_find_edge(l, s->src, s->dst, s->p->ip_proto, s->sport, s->dport, back);
	if (i == CV_INTERN_NONE) {
		*back = sent_by_server(l, s);
		key = *back ? edge_key(s->dst, s->src, s->p->ip_proto, s->sport)
			    : edge_key(s->src, s->dst, s->p->ip_proto, s->dport);
		i = cv_intern_add(&l->edges, &key);
	}
	if (i != CV_INTERN_NONE && syn)
		cv_learn_edge(l, i)->sure = CV_LEARN_SURE;
	return i;
}

static void count_sender(struct cv_learn *l, struct cv_learn_edge *e)
{
	struct cv_learn_sender key = {
		.client = e->client, .port = e->port, .ip_proto = e->ip_proto};
	struct cv_learn_sender *s;
	int64_t second = l->clock_ns / NS_PER_S;

	if (e->packets[0] == 0) /* its first */
		e->sender = cv_intern_add(&l->senders, &key);
	if (e->sender == CV_INTERN_NONE)
		return;
	s = cv_intern_at(&l->senders, e->sender);
	if (s->second != second) {
		s->second = second;
		s->count = 0;
	}
	if (++s->count > s->peak)
		s->peak = s->count;
}

static void count_edge(struct cv_learn *l, uint32_t i, const struct seen *s, bool back,
		       uint32_t len, int64_t ts_ns)
{
	struct cv_learn_edge *e = cv_learn_edge(l, i);
	uint16_t client_port = back ? s->dport : s->sport;

	if (!back)
		count_sender(l, e);
	if (e->packets[0] + e->packets[1] == 0) {
		e->first_ns = ts_ns;
		e->client_port = client_port;
	} else if (e->client_port != client_port && s->p->fragment != CV_FRAG_LATER) {
		e->many_client_ports = true;
	}
	e->packets[back]++;
	e->bytes[back] += len;
	e->last_ns = ts_ns;
	if (s->payload || (s->tcp && (s->flags & TH_SYN) && (s->flags & TH_ACK)))
		e->opened = true;
}

static void read_tcp(struct seen *s)
{
	const uint8_t *h = s->frame + s->p->l4_off;
	uint32_t len = s->p->l3_end - s->p->l4_off;

	s->tcp = true;
	if (s->p->fragment == CV_FRAG_LATER || len < CV_TCP_HEAD)
		return;
	s->flags = h[TCP_FLAGS];
	s->payload = !(s->flags & TH_RST) && len > (uint32_t)(h[TCP_OFFSET] >> 4) * 4;
}

/* A later fragment carries no port; it goes with its first. */
static uint32_t edge_of_fragment(struct cv_learn *l, const struct seen *s, bool *back)
{
	uint32_t at = (s->src * 31 + s->dst * 7 + s->p->frag_id) %
		      (sizeof(l->fragment) / sizeof(l->fragment[0]));

	if (s->p->fragment == CV_FRAG_FIRST) {
		uint32_t edge = edge_of(l, s, back);

		l->fragment[at].src = s->src;
		l->fragment[at].dst = s->dst;
		l->fragment[at].id = s->p->frag_id;
		l->fragment[at].edge = edge;
		l->fragment[at].back = *back;
		return edge;
	}
	if (l->fragment[at].src != s->src || l->fragment[at].dst != s->dst ||
	    l->fragment[at].id != s->p->frag_id)
		return CV_INTERN_NONE;
	*back = l->fragment[at].back;
	return l->fragment[at].edge;
}

/* @return its edge, CV_INTERN_NONE = none. */
static uint32_t take_ip(struct cv_learn *l, const struct cv_packet *p,
			const struct cv_source_frame *frame)
{
	struct seen s = {
		.p = p,
		.frame = frame->data,
		.src = host_of(l, p->src.b, p->family),
		.dst = host_of(l, p->dst.b, p->family),
		.sport = __builtin_bswap16(p->sport),
		.dport = __builtin_bswap16(p->dport),
	};
	bool back = false;
	uint32_t edge;

	l->vlans[p->vlan / 8 % sizeof(l->vlans)] |= (uint8_t)(1u << p->vlan % 8);
	if (p->ip_proto == CV_IPPROTO_TCP)
		read_tcp(&s);
	if (s.src == CV_INTERN_NONE || s.dst == CV_INTERN_NONE) {
		l->forgotten++;
		return CV_INTERN_NONE;
	}
	cv_learn_see_host(l, s.src, frame->data + CV_ETH_SOURCE, p->vlan);
	edge = p->fragment == CV_FRAG_NONE ? edge_of(l, &s, &back) : edge_of_fragment(l, &s, &back);
	if (edge != CV_INTERN_NONE)
		count_edge(l, edge, &s, back, frame->len, frame->ts_ns);
	else if (p->fragment == CV_FRAG_LATER)
		l->fragments++;
	else
		l->forgotten++;
	return edge;
}

/* Not every message makes a record (a CoAP GET makes none), but each is counted. */
static void decode(struct cv_learn *l, const struct cv_source_frame *frame, uint32_t edge)
{
	uint64_t before[CV_PROTO_COUNT];
	struct cv_frame f = {
		.data = frame->data,
		.len = frame->len,
		.ts_ns = frame->ts_ns,
		.number = frame->number,
	};

	memcpy(before, l->counters.messages, sizeof(before));
	l->edge = edge;
	cv_pipeline_burst(l->pipeline, &f, 1, (uint64_t)l->clock_ns);
	for (unsigned int p = 1; edge != CV_INTERN_NONE && p < CV_PROTO_COUNT; p++) {
		if (l->counters.messages[p] != before[p])
			cv_learn_edge(l, edge)->decoder = (uint8_t)p;
	}
}

void cv_learn_frame(struct cv_learn *l, const struct cv_source_frame *frame)
{
	struct cv_packet p = {0};
	int bad = cv_parse((struct cv_span){frame->data, frame->data + frame->len}, &p);
	uint32_t edge;

	if (l->frames++ == 0)
		l->first_ns = frame->ts_ns;
	l->bytes += frame->len;
	l->last_ns = frame->ts_ns;
	if (frame->ts_ns > l->clock_ns)
		l->clock_ns = frame->ts_ns;
	l->cut += frame->captured < frame->len;
	l->strange_link += !frame->supported;
	if (bad) {
		l->bad[bad]++;
	} else if (!p.family) {
		l->non_ip++;
	} else {
		edge = take_ip(l, &p, frame);
		/* Zeros stand for what the capture cut off: not the decoders' business. */
		if (frame->captured == frame->len)
			decode(l, frame, edge);
	}
}

void cv_learn_finish(struct cv_learn *l)
{
	l->edge = CV_INTERN_NONE;
	cv_pipeline_drain(l->pipeline);
}
