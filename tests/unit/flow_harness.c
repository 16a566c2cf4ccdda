/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/flow_harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/policy/generation_build.h"

enum { ADDRESSES = 12, TAGS = 8, ETH = 14, IP4 = 20, IP6 = 40, FRAGMENT = 8, TCP = 20, UDP = 8 };

static void *must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	struct flow_harness *h =
		(struct flow_harness *)(void *)((char *)sink - offsetof(struct flow_harness, sink));

	if (h->full) {
		sink->lane[lane].cur = sink->lane[lane].end = NULL;
		return;
	}
	sink->lane[lane].cur = h->memory + (size_t)lane * CV_RECORD_MAX;
	sink->lane[lane].end = sink->lane[lane].cur + CV_RECORD_MAX;
}

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	struct flow_harness *h =
		(struct flow_harness *)(void *)((char *)sink - offsetof(struct flow_harness, sink));

	if (h->records == FH_RECORDS_MAX || cv_record_check(rec, rec->size) != 0)
		abort();
	memcpy(&h->record[h->records++], rec, rec->size);
}

struct flow_harness *flow_harness_of(struct cv_generation *gen)
{
	struct flow_harness *h = must(aligned_alloc(64, (sizeof(*h) + 63) & ~(size_t)63));

	memset(h, 0, sizeof(*h));
	h->gen = gen;
	h->record = must(calloc(FH_RECORDS_MAX, sizeof(*h->record)));
	h->memory = must(aligned_alloc(64, (size_t)CV_LANE_COUNT * CV_RECORD_MAX));
	h->now_ns = 1700000000ll * 1000000000;
	h->sink.refill = refill;
	h->sink.committed = committed;
	for (int lane = 0; lane < CV_LANE_COUNT; lane++)
		refill(&h->sink, (enum cv_lane)lane);
	if (cv_pipeline_create(h->gen, false, &h->sink, &h->counters, &h->pipeline) != 0)
		abort();
	return h;
}

struct flow_harness *flow_harness_new(uint32_t flows, const struct cv_gen_hint *hint)
{
	struct cv_generation_build *b;
	struct cv_generation *gen;

	if (cv_generation_build_create(&b) != 0)
		abort();
	cv_generation_build_head(b)->flow_capacity = flows;
	cv_generation_build_head(b)->cleaning.repeats = 1;
	if ((hint != NULL && cv_generation_build_hint(b, hint) != 0) ||
	    cv_generation_build_finish(b, &gen) != 0)
		abort();
	cv_generation_build_destroy(b);
	return flow_harness_of(gen);
}

void flow_harness_drain(struct flow_harness *h)
{
	cv_pipeline_drain(h->pipeline);
}

static void check_ledger(const struct flow_harness *h)
{
	const struct cv_counters *c = &h->counters;
	uint64_t outcomes = 0, handed = 0, reasons = 0;

	for (int i = 0; i < CV_OUTCOME_COUNT; i++)
		outcomes += c->outcome[i];
	for (int i = 0; i < CV_LANE_COUNT; i++)
		handed += c->produced[i] - c->shed[i];
	for (int i = 0; i < CV_REASON_COUNT; i++)
		reasons += c->reason[i];
	if (reasons == c->rx && outcomes == c->inspected && handed == h->records &&
	    c->flow[CV_FLOW_CREATED] ==
		    c->flow[CV_FLOW_ENDED] + c->flow[CV_FLOW_EXPIRED] + c->flow[CV_FLOW_EVICTED])
		return;
	fprintf(stderr, "the ledger is open\n");
	abort();
}

void flow_harness_free(struct flow_harness *h)
{
	flow_harness_drain(h);
	check_ledger(h);
	cv_pipeline_destroy(h->pipeline);
	free(h->gen);
	free(h->record);
	free(h->memory);
	free(h);
}

static void put16(uint8_t *at, unsigned int v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

/* Tags go between the addresses and what follows them (IEEE 802.1Q, 802.1ad). */
static size_t put_tags(uint8_t *at, const struct fh_flow *f)
{
	if (f->vlan == 0)
		return 0;
	put16(at, f->vlan_inner ? 0x88a8 : 0x8100);
	put16(at + 2, f->vlan);
	if (f->vlan_inner == 0)
		return 4;
	put16(at + 4, 0x8100);
	put16(at + 6, f->vlan_inner);
	return 8;
}

static void play(struct flow_harness *h, const struct fh_flow *flow, bool from_client,
		 const uint8_t *frame, size_t len)
{
	uint64_t before[CV_OUTCOME_COUNT];
	uint8_t tags[TAGS];
	size_t tags_len = put_tags(tags, flow);
	uint8_t *copy = must(malloc(len + tags_len));
	struct cv_frame f = {
		.data = copy,
		.len = (uint32_t)(len + tags_len),
		.port = h->port[from_client],
		.ts_ns = h->now_ns,
		.number = ++h->number,
	};

	memcpy(copy, frame, ADDRESSES);
	memcpy(copy + ADDRESSES, tags, tags_len);
	memcpy(copy + ADDRESSES + tags_len, frame + ADDRESSES, len - ADDRESSES);
	copy[ADDRESSES - 1] ^= h->mac;
	memcpy(before, h->counters.outcome, sizeof(before));
	cv_pipeline_burst(h->pipeline, &f, 1, h->mono_ns);
	h->verdict = f.verdict;
	h->outcome = CV_OUTCOME_COUNT;
	for (int i = 0; i < CV_OUTCOME_COUNT; i++) {
		if (h->counters.outcome[i] != before[i])
			h->outcome = (enum cv_outcome)i;
	}
	free(copy);
}

/* @return where the upper layer goes. */
static uint8_t *put_ip(uint8_t *frame, const struct fh_flow *f, bool from_client, uint8_t proto,
		       size_t len)
{
	uint8_t client = f->client, server = 200;
	uint8_t *ip = frame + ETH;

	if (f->ipv6) {
		put16(frame + 12, 0x86dd);
		ip[0] = 0x60;
		put16(ip + 4, (unsigned int)len);
		ip[6] = proto;
		ip[8] = ip[24] = 0x20;
		ip[9] = ip[25] = 0x01;
		ip[23] = from_client ? client : server;
		ip[39] = from_client ? server : client;
		return ip + IP6;
	}
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, (unsigned int)(IP4 + len));
	ip[9] = proto;
	ip[12] = ip[16] = 10;
	ip[15] = from_client ? client : server;
	ip[19] = from_client ? server : client;
	return ip + IP4;
}

void fh_tcp(struct flow_harness *h, const struct fh_flow *f, bool from_client, uint8_t flags,
	    uint32_t seq, uint32_t ack, const void *data, size_t len)
{
	uint8_t *frame = must(calloc(1, ETH + IP6 + TCP + len));
	uint8_t *tcp = put_ip(frame, f, from_client, 6, TCP + len);

	put16(tcp, from_client ? f->client_port : f->server_port);
	put16(tcp + 2, from_client ? f->server_port : f->client_port);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = TCP / 4 << 4;
	tcp[13] = flags;
	if (len != 0)
		memcpy(tcp + TCP, data, len);
	play(h, f, from_client, frame, (size_t)(tcp - frame) + TCP + len);
	free(frame);
}

size_t fh_udp_payload(const struct fh_flow *f, const void *data, size_t len, uint8_t *out)
{
	memset(out, 0, UDP);
	put16(out, f->client_port);
	put16(out + 2, f->server_port);
	put16(out + 4, (unsigned int)(UDP + len));
	memcpy(out + UDP, data, len);
	return UDP + len;
}

void fh_udp(struct flow_harness *h, const struct fh_flow *f, bool from_client, const void *data,
	    size_t len)
{
	uint8_t *frame = must(calloc(1, ETH + IP6 + UDP + len));
	uint8_t *udp = put_ip(frame, f, from_client, 17, UDP + len);

	fh_udp_payload(f, data, len, udp);
	if (!from_client) {
		put16(udp, f->server_port);
		put16(udp + 2, f->client_port);
	}
	play(h, f, from_client, frame, (size_t)(udp - frame) + UDP + len);
	free(frame);
}

void fh_fragment(struct flow_harness *h, const struct fh_flow *f, uint32_t id, const void *payload,
		 size_t off, size_t len, bool more)
{
	uint8_t *frame = must(calloc(1, ETH + IP6 + FRAGMENT + len));
	uint8_t *at;

	if (f->ipv6) {
		at = put_ip(frame, f, true, 44, FRAGMENT + len);
		at[0] = 17;
		put16(at + 2, (unsigned int)(off | more));
		put32(at + 4, id);
		at += FRAGMENT;
	} else {
		at = put_ip(frame, f, true, 17, len);
		put16(frame + ETH + 4, id);
		put16(frame + ETH + 6, (unsigned int)(off / 8 | (more ? 0x2000 : 0)));
	}
	memcpy(at, (const uint8_t *)payload + off, len);
	play(h, f, true, frame, (size_t)(at - frame) + len);
	free(frame);
}

/* What may differ: time, frame, and where in the frame the message began. */
static bool same_record(struct fh_record a, struct fh_record b)
{
	a.head.ts_rx_ns = b.head.ts_rx_ns;
	a.head.packet = b.head.packet;
	a.head.raw_off = b.head.raw_off;
	return a.head.size == b.head.size && memcmp(&a, &b, a.head.size) == 0;
}

bool fh_same_records(const struct flow_harness *a, const struct flow_harness *b)
{
	if (a->records != b->records)
		return false;
	for (size_t i = 0; i < a->records; i++) {
		if (!same_record(a->record[i], b->record[i]))
			return false;
	}
	return true;
}

uint64_t fh_messages(const struct flow_harness *h)
{
	uint64_t n = 0;

	for (int p = 0; p < CV_PROTO_COUNT; p++)
		n += h->counters.messages[p];
	return n;
}

uint64_t fh_rejected_for(const struct flow_harness *h, enum cv_reject reason)
{
	uint64_t n = 0;

	for (int p = 0; p < CV_PROTO_COUNT; p++)
		n += h->counters.rejected[p][reason];
	return n;
}

uint64_t fh_rejected(const struct flow_harness *h)
{
	uint64_t n = 0;

	/* In the order of memory: of the other one gcc 12 makes aligned loads of what is not. */
	for (int p = 0; p < CV_PROTO_COUNT; p++) {
		for (int r = 0; r < CV_REJECT_COUNT; r++)
			n += h->counters.rejected[p][r];
	}
	return n;
}

size_t fh_sample(const char *name, uint8_t *out, size_t max)
{
	char path[1024];
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/samples/%s", root ? root : ".", name);
	f = fopen(path, "rb");
	if (f == NULL) {
		fprintf(stderr, "%s: no such sample\n", path);
		abort();
	}
	n = fread(out, 1, max, f);
	fclose(f);
	return n;
}
