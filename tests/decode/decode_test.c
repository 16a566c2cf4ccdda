/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/decode/decode_test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_SIZE ((size_t)DECODE_RECORDS_MAX * 512)

/* One direction of a stream: what a flow keeps for it. */
struct decode_side {
	uint8_t held[CV_STREAM_WINDOW];
	size_t len;
	uint64_t skip; /* bytes of a large message still to come */
	uint64_t at; /* stream offset of held[0] */
	bool hunting; /* held[0] is junk; looking for a message start behind it */
};

static void *must(void *p)
{
	if (p == NULL) {
		perror("decode_test");
		abort();
	}
	return p;
}

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	/* The arena is the memory of every lane; records that find it full are shed. */
	(void)sink;
	(void)lane;
}

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	struct decode_run *r =
		(struct decode_run *)(void *)((char *)sink - offsetof(struct decode_run, sink));

	if (cv_record_check(rec, rec->size) != 0) {
		fprintf(stderr, "decode_test: %s made a malformed record\n", r->decoder->name);
		abort();
	}
	if (r->records == DECODE_RECORDS_MAX) {
		fprintf(stderr, "decode_test: more than %d records\n", DECODE_RECORDS_MAX);
		abort();
	}
	r->record[r->records++] = rec;
}

static void arena_reset(struct decode_run *r)
{
	size_t part = ARENA_SIZE / CV_LANE_COUNT & ~(size_t)63;

	for (size_t i = 0; i < CV_LANE_COUNT; i++) {
		r->sink.lane[i].cur = r->arena + i * part;
		r->sink.lane[i].end = r->arena + (i + 1) * part;
	}
}

/*
 * Blocks of runs that ended are kept for the next: megabytes mapped anew for each input would be most
 * of a fuzzer's time. Each is taken again for exactly its size.
 */
static struct kept_block {
	void *at;
	size_t size;
} kept_blocks[4];

/* @param zeroed as calloc() gives it. */
static void *block_take(size_t size, bool zeroed)
{
	void *at = NULL;

	for (size_t i = 0; i < sizeof(kept_blocks) / sizeof(kept_blocks[0]); i++) {
		struct kept_block *b = &kept_blocks[i];

		if (b->at == NULL || b->size != size)
			continue;
		at = b->at;
		b->at = NULL;
		if (zeroed)
			memset(at, 0, size);
		return at;
	}
	if (zeroed)
		return must(calloc(1, size));
	return must(aligned_alloc(64, size));
}

static void block_give(void *at, size_t size)
{
	for (size_t i = 0; i < sizeof(kept_blocks) / sizeof(kept_blocks[0]); i++) {
		struct kept_block *b = &kept_blocks[i];

		if (b->at == NULL) {
			*b = (struct kept_block){at, size};
			return;
		}
	}
	free(at);
}

static size_t worker_size(const struct cv_decoder *decoder)
{
	return decoder->worker_size ? decoder->worker_size : 1;
}

static const struct cv_generation *empty_generation(void)
{
	static const struct cv_generation gen = {
		.magic = CV_GENERATION_MAGIC,
		.version = CV_GENERATION_VERSION,
		.size = sizeof(gen),
		.number = 1,
		.node = "test",
		.decode = 1,
		.mtu = 1500,
	};

	return &gen;
}

struct decode_run *decode_run_new(const struct cv_decoder *decoder, const struct cv_generation *gen)
{
	struct decode_run *r = must(calloc(1, sizeof(*r)));
	bool udp = decoder->transports & CV_TRANSPORT_UDP;

	r->decoder = decoder;
	r->gen = gen ? gen : empty_generation();
	r->arena = block_take(ARENA_SIZE, false);
	r->flow = must(calloc(1, decoder->flow_size ? decoder->flow_size : 1));
	r->worker = block_take(worker_size(decoder), true);
	for (int i = 0; i < 2; i++)
		r->side[i] = must(calloc(1, sizeof(*r->side[i])));
	r->sink.refill = refill;
	r->sink.committed = committed;
	arena_reset(r);
	cv_emit_init(&r->emit, &r->sink);
	r->origin = (struct cv_origin){
		.ts_rx_ns = 1700000000ll * 1000000000,
		.family = 4,
		.ip_proto = udp ? 17 : 6,
		.sport = 40000,
		.dport = udp ? decoder->udp_ports[0] : decoder->tcp_ports[0],
		.proto = decoder->proto,
		.src = {192, 0, 2, 1},
		.dst = {198, 51, 100, 1},
	};
	return r;
}

void decode_remember(struct decode_run *r)
{
	if (cv_repeats_setup(&r->repeats, 1024, 1) != 0)
		abort();
}

void decode_run_free(struct decode_run *r)
{
	if (r == NULL)
		return;
	if (r->decoder->flow_end)
		r->decoder->flow_end(r->flow, r->worker);
	free(r->side[0]);
	free(r->side[1]);
	cv_repeats_release(&r->repeats);
	block_give(r->worker, worker_size(r->decoder));
	free(r->flow);
	block_give(r->arena, ARENA_SIZE);
	free(r);
}

int decode_setup_tcp(void **state, const struct cv_decoder *decoder)
{
	struct decode_run *r = decode_run_new(decoder, NULL);

	r->origin.ip_proto = 6;
	*state = r;
	return 0;
}

int decode_teardown(void **state)
{
	decode_run_free(*state);
	return 0;
}

void decode_run_clear(struct decode_run *r)
{
	r->messages = 0;
	r->rejected = 0;
	r->records = 0;
	r->skipped = 0;
	r->resynced = 0;
	arena_reset(r);
}

void decode_new_flow(struct decode_run *r)
{
	if (r->decoder->flow_end)
		r->decoder->flow_end(r->flow, r->worker);
	memset(r->flow, 0, r->decoder->flow_size);
	for (int i = 0; i < 2; i++)
		memset(r->side[i], 0, sizeof(*r->side[i]));
}

static void set_origin(struct decode_run *r, bool from_client)
{
	struct cv_origin *o = &r->now;

	r->origin.packet++;
	*o = r->origin;
	if (from_client)
		return;
	memcpy(o->src, r->origin.dst, sizeof(o->src));
	memcpy(o->dst, r->origin.src, sizeof(o->dst));
	o->sport = r->origin.dport;
	o->dport = r->origin.sport;
}

static void reject(struct decode_run *r, int64_t ret, uint64_t at)
{
	if (r->rejected < DECODE_REJECTS_MAX) {
		r->reject[r->rejected] = (enum cv_reject)(-ret);
		r->reject_at[r->rejected] = at;
	}
	r->rejected++;
}

/* One call on an exact-size copy. @return what decode() returned, checked for sense. */
static int64_t call(struct decode_run *r, struct cv_decode *d, const uint8_t *data, size_t len)
{
	uint8_t *copy = must(malloc(len ? len : 1));
	int64_t ret;

	if (len != 0)
		memcpy(copy, data, len);
	d->emit = &r->emit;
	d->origin = &r->now;
	d->gen = r->gen;
	d->flow = r->flow;
	d->worker = r->worker;
	if (r->repeats.slot != NULL)
		d->repeats = &r->repeats;
	r->repeats.now_ns = r->origin.ts_rx_ns;
	r->emit.origin = &r->now;
	ret = r->decoder->decode(d, copy, len);
	free(copy);
	if (r->emit.rec != NULL) {
		fprintf(stderr, "decode_test: %s left a half record\n", r->decoder->name);
		abort();
	}
	if (ret <= -(int64_t)CV_REJECT_COUNT) {
		fprintf(stderr, "decode_test: %s returned %lld\n", r->decoder->name,
			(long long)ret);
		abort();
	}
	return ret;
}

void decode_datagram(struct decode_run *r, bool from_client, const void *data, size_t len)
{
	size_t at = 0;

	set_origin(r, from_client);
	while (at < len) {
		struct cv_decode d = {.datagram = true, .from_client = from_client};
		int64_t ret;

		r->now.raw_off = (uint16_t)at;
		ret = call(r, &d, (const uint8_t *)data + at, len - at);
		if (ret <= 0) {
			reject(r, ret == CV_NEED_MORE ? CV_REJECTED(CV_REJECT_TRUNCATED) : ret, at);
			return;
		}
		r->messages++;
		at += (uint64_t)ret < len - at ? (size_t)ret : len - at;
	}
}

static void drop_front(struct decode_side *s, size_t n)
{
	memmove(s->held, s->held + n, s->len - n);
	s->len -= n;
	s->at += n;
}

/* @return false when nothing plausible is in hand. */
static bool hunt(struct decode_run *r, struct decode_side *s)
{
	uint8_t *copy;
	size_t off;

	if (r->decoder->resync == NULL &&
	    r->decoder->resync_by == NULL) { /* nothing until the stream ends */
		drop_front(s, s->len);
		return false;
	}
	if (s->len < 2)
		return false;
	copy = must(malloc(s->len));
	memcpy(copy, s->held, s->len);
	off = r->decoder->resync ? r->decoder->resync(copy, s->len)
				 : r->decoder->resync_by(r->gen, copy, s->len);
	free(copy);
	if (off < 1 || off > s->len)
		abort();
	if (off == s->len) {
		size_t keep = s->len < CV_RESYNC_KEEP ? s->len : CV_RESYNC_KEEP;

		r->resynced += s->len - keep;
		drop_front(s, s->len - keep);
		return false;
	}
	r->resynced += off;
	drop_front(s, off);
	s->hunting = false;
	return true;
}

/* One step on what is held. @return false when more bytes are wanted. */
static bool step(struct decode_run *r, struct decode_side *s, bool from_client)
{
	struct cv_decode d = {
		.window_full = s->len == CV_STREAM_WINDOW,
		.from_client = from_client,
	};
	int64_t ret;

	if (s->len == 0)
		return false;
	if (s->hunting)
		return hunt(r, s);
	ret = call(r, &d, s->held, s->len);
	if (ret > 0) {
		size_t n = (uint64_t)ret < s->len ? (size_t)ret : s->len;

		r->messages++;
		s->skip = (uint64_t)ret - n;
		r->skipped += s->skip;
		drop_front(s, n);
		return true;
	}
	if (ret == CV_NEED_MORE && !d.window_full)
		return false;
	reject(r, ret == CV_NEED_MORE ? CV_REJECTED(CV_REJECT_TOO_LARGE) : ret, s->at);
	if (d.skip != 0) {
		size_t n = d.skip < s->len ? d.skip : s->len;

		s->skip = d.skip - n;
		drop_front(s, n);
		return true;
	}
	s->hunting = true;
	return true;
}

void decode_segment(struct decode_run *r, bool from_client, const void *data, size_t len)
{
	struct decode_side *s = r->side[from_client ? 0 : 1];
	const uint8_t *p = data;

	set_origin(r, from_client);
	while (len > 0) {
		size_t n = s->skip < len ? (size_t)s->skip : len;

		p += n;
		len -= n;
		s->skip -= n;
		s->at += n;
		n = sizeof(s->held) - s->len < len ? sizeof(s->held) - s->len : len;
		memcpy(s->held + s->len, p, n);
		s->len += n;
		p += n;
		len -= n;
		while (s->skip == 0 && step(r, s, from_client))
			;
	}
}

static size_t hex_alloc(const char *hex, uint8_t **out)
{
	size_t max = strlen(hex) / 2 + 1;

	*out = must(malloc(max));
	return decode_hex(hex, *out, max);
}

void decode_datagram_hex(struct decode_run *r, bool from_client, const char *hex)
{
	uint8_t *data;
	size_t len = hex_alloc(hex, &data);

	decode_datagram(r, from_client, data, len);
	free(data);
}

void decode_segment_hex(struct decode_run *r, bool from_client, const char *hex)
{
	uint8_t *data;
	size_t len = hex_alloc(hex, &data);

	decode_segment(r, from_client, data, len);
	free(data);
}

void decode_chunks(struct decode_run *r, bool from_client, const void *data, size_t len,
		   size_t chunk)
{
	const uint8_t *p = data;

	if (chunk == 0)
		chunk = len;
	while (len > 0) {
		size_t n = chunk < len ? chunk : len;

		decode_segment(r, from_client, p, n);
		p += n;
		len -= n;
	}
}

void decode_random_chunks(struct decode_run *r, bool from_client, const void *data, size_t len,
			  uint32_t seed)
{
	const uint8_t *p = data;

	while (len > 0) {
		size_t n;

		seed = seed * 1664525u + 1013904223u;
		n = 1 + (seed >> 8) % ((seed >> 4 & 1) ? 1460 : 16);
		n = n < len ? n : len;
		decode_segment(r, from_client, p, n);
		p += n;
		len -= n;
	}
}

size_t decode_pending(const struct decode_run *r, bool from_client)
{
	const struct decode_side *s = r->side[from_client ? 0 : 1];

	return s->hunting ? 0 : s->len;
}

const char *decode_text(const struct cv_record *rec, enum cv_tlv_tag tag)
{
	static char text[4][CV_TLV_MAX + 1];
	static unsigned int turn;
	struct cv_tlv_view v = cv_record_tlv(rec, tag);
	char *out = text[turn++ % 4];

	if (v.data == NULL)
		return "";
	memcpy(out, v.data, v.len);
	out[v.len] = '\0';
	return out;
}

size_t decode_hex(const char *hex, uint8_t *out, size_t max)
{
	size_t digits = 0;

	for (; *hex; hex++) {
		const char *table = "0123456789abcdef";
		const char *at = strchr(table, tolower((unsigned char)*hex));

		if (isspace((unsigned char)*hex) || *hex == ':' || *hex == '-')
			continue;
		if (at == NULL || digits / 2 >= max)
			abort();
		if (digits % 2 == 0)
			out[digits / 2] = (uint8_t)((at - table) << 4);
		else
			out[digits / 2] |= (uint8_t)(at - table);
		digits++;
	}
	if (digits % 2 != 0)
		abort();
	return digits / 2;
}
