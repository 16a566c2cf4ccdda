/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/perf/decode_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A few blocks of the handoff, which stay in a cache: what it costs that they are read elsewhere is
 * what bench_handoff and bench_city measure. */
#define SINK_SIZE (4u << 16)
/* Twice the last-level cache of what we run on: read through, nothing else is left in it. */
#define EVICT_SIZE (64u << 20)
#define LINE 64

static uint8_t sink_memory[SINK_SIZE] __attribute__((aligned(64)));
static struct cv_generation nothing;

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	sink->lane[lane].cur = sink_memory;
	sink->lane[lane].end = sink_memory + SINK_SIZE;
}

double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

struct subject *subject_new(enum cv_proto proto, const struct cv_generation *gen)
{
	struct subject *s = aligned_alloc(64, (sizeof(*s) + 63) & ~(size_t)63);

	if (s == NULL)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->decoder = cv_decoders[proto];
	s->sink.refill = refill;
	s->origin = (struct cv_origin){.family = 4,
				       .src = {10, 1, 2, 3},
				       .dst = {192, 0, 2, 1},
				       .proto = (uint8_t)proto,
				       .ts_rx_ns = 1700000000000000000};
	cv_emit_init(&s->emit, &s->sink);
	s->emit.origin = &s->origin;
	s->decode = (struct cv_decode){
		.emit = &s->emit,
		.origin = &s->origin,
		.gen = gen ? gen : &nothing,
		.flow = calloc(1, CV_FLOW_STATE_MAX),
		.worker = calloc(1, s->decoder->worker_size + 1),
	};
	if (s->decode.flow == NULL || s->decode.worker == NULL) {
		subject_free(s);
		return NULL;
	}
	return s;
}

void subject_free(struct subject *s)
{
	if (s == NULL)
		return;
	free(s->decode.flow);
	free(s->decode.worker);
	free(s);
}

static int64_t decode(struct subject *s, const struct subject_message *m)
{
	if (m->first) {
		if (s->decoder->flow_end)
			s->decoder->flow_end(s->decode.flow, s->decode.worker);
		memset(s->decode.flow, 0, s->decoder->flow_size);
	}
	s->origin.ip_proto = m->datagram ? 17 : 6;
	s->decode.datagram = m->datagram;
	s->decode.from_client = m->from_client;
	return s->decoder->decode(&s->decode, s->bytes + m->at, m->given);
}

uint64_t subject_records(const struct subject *s)
{
	uint64_t n = 0;

	for (int i = 0; i < CV_LANE_COUNT; i++)
		n += s->sink.lane[i].produced;
	return n;
}

unsigned int subject_add(struct subject *s, const void *data, size_t len, bool first, bool datagram,
			 bool from_client)
{
	unsigned int before = s->count;
	uint32_t at = s->used;
	int64_t n;

	if (len > SUBJECT_BYTES - 64 - s->used)
		return 0;
	memcpy(s->bytes + at, data, len);
	while (s->count < SUBJECT_MESSAGES && at < s->used + len) {
		struct subject_message m = {.at = at,
					    .given = (uint32_t)(s->used + len - at),
					    .first = first,
					    .datagram = datagram,
					    .from_client = from_client};
		uint64_t records = subject_records(s);

		n = decode(s, &m);
		if (n <= 0 || n > m.given)
			break;
		m.len = (uint32_t)n;
		s->message[s->count++] = m;
		s->wire += m.len;
		s->records += subject_records(s) - records;
		at += m.len;
		first = false;
	}
	s->used += (uint32_t)len;
	return s->count - before;
}

static void must(struct subject *s, const struct subject_message *m)
{
	int64_t n = decode(s, m);

	if (n != m->len) {
		fprintf(stderr, "bench_decode: %s: a message of %u bytes gave %ld\n",
			s->decoder->name, m->len, (long)n);
		exit(1);
	}
}

double subject_pass(struct subject *s, unsigned int rounds)
{
	double start = bench_now();

	for (unsigned int r = 0; r < rounds; r++)
		for (unsigned int i = 0; i < s->count; i++)
			must(s, &s->message[i]);
	return bench_now() - start;
}

/* Written the first time, so that it is memory and not the page of zeros. */
static void evict(void)
{
	static volatile uint8_t *memory;

	if (memory == NULL) {
		memory = aligned_alloc(4096, EVICT_SIZE);
		if (memory == NULL)
			exit(1);
	}
	for (size_t i = 0; i < EVICT_SIZE; i += LINE)
		memory[i]++;
}

double subject_cold(struct subject *s, unsigned int count)
{
	double ns = 0;

	count = count < s->count ? count : s->count;
	for (unsigned int i = 0; i < count; i++) {
		double start;

		evict();
		start = bench_now();
		must(s, &s->message[i]);
		ns += bench_now() - start;
	}
	return ns / count;
}

double subject_empty_record(struct subject *s, unsigned int rounds)
{
	double start = bench_now();

	for (unsigned int i = 0; i < rounds; i++) {
		cv_emit_begin(&s->emit, CV_LANE_MEASUREMENT, CV_KIND_MEASUREMENT);
		cv_emit_end(&s->emit);
	}
	return (bench_now() - start) / rounds;
}
