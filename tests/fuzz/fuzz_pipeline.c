/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole pipeline on a sequence of frames, read from the input as if it were a little-endian
 * pcap file with whatever lengths it claims. Beyond not crashing: the ledger closes, and what the
 * flow stage took from its pools is back when all flows have ended. Once without constraints on
 * messages and once with some.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/pipeline_internal.h"
#include "dataplane/policy/app_build.h"
#include "dataplane/policy/generation_build.h"

#define FILE_HEAD 24
#define RECORD_HEAD 16
#define FLOWS 16 /* few, so that eviction happens */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[CV_LANE_COUNT][CV_RECORD_MAX] __attribute__((aligned(64)));

static void refill(struct cv_sink *sink, enum cv_lane lane)
{
	/* Every lane sheds now and then. */
	if (sink->lane[lane].produced % 7 == 6) {
		sink->lane[lane].cur = sink->lane[lane].end;
		return;
	}
	sink->lane[lane].cur = memory[lane];
	sink->lane[lane].end = memory[lane] + CV_RECORD_MAX;
}

static uint64_t committed_records;

static void committed(struct cv_sink *sink, const struct cv_record *rec)
{
	(void)sink;
	if (cv_record_check(rec, rec->size) != 0)
		abort();
	committed_records++;
}

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* Constraints on a well-known port and on what comes back from it; some are met, some are not. */
static void constrain(struct cv_generation_build *b, struct cv_app_build *ab, unsigned int proto,
		      const char *key, const char *value)
{
	const struct cv_decoder *d = cv_decoders[proto];
	struct cv_gen_rule rule = {.rule = {.id = proto,
					    .index = proto,
					    .action = CV_ACTION_FORWARD,
					    .flags = CV_RULE_INSPECT}};
	uint16_t app[2];
	const char *why;

	cv_app_build_begin(ab, &(struct cv_app){.proto = (uint8_t)proto,
						.flags = CV_APP_RATE_SENDER,
						.meter = cv_app_build_meter(ab),
						.cost = 1u << 20,
						.burst = 1u << 30});
	must(cv_app_build_value(ab, cv_app_key_find(proto, key, strlen(key)), value, strlen(value),
				&why) == 0);
	must(cv_app_build_end(ab, &app[0], &app[1]) == 0);
	for (unsigned int way = 0; way < 2; way++) {
		rule.rule.app = app[way];
		for (unsigned int tcp = 0; tcp < 2; tcp++) {
			uint16_t port = tcp ? d->tcp_ports[0] : d->udp_ports[0];

			if (port == 0 && proto != CV_PROTO_HJ212)
				continue; /* not over this transport */
			rule.key = (struct cv_rule_key){
				.port = __builtin_bswap16(port ? port : 9000),
				.ip_proto = tcp ? 6 : 17,
				.match = CV_KEY_MATCH(way ? CV_MATCH_SPORT : CV_MATCH_DPORT, 0)};
			must(cv_generation_build_rule(b, &rule) == 0);
		}
	}
}

static void add_constraints(struct cv_generation_build *b)
{
	static const struct cv_binding place = {.flags = CV_BIND_VLAN, .vlan = 7};
	struct cv_app_pattern twice;
	struct cv_app_build *ab;
	struct cv_apps *apps;

	must(cv_app_build_create(&ab) == 0);
	constrain(b, ab, CV_PROTO_MODBUS, "functions", "1-4");
	constrain(b, ab, CV_PROTO_MQTT, "publish", "#");
	constrain(b, ab, CV_PROTO_COAP, "paths", "#");
	constrain(b, ab, CV_PROTO_HJ212, "commands", "2000-2999");
	must(cv_app_build_identity(ab, CV_PROTO_MQTT, "x", 1, &place) == 0);
	must(cv_app_build_finish(ab, &apps, &twice) == 0);
	must(cv_generation_build_apps(b, apps) == 0);
	free(apps);
	cv_app_build_destroy(ab);
}

static const struct cv_generation *generation(bool constrained)
{
	static struct cv_generation *gens[2];
	struct cv_generation_build *b;

	if (gens[constrained] != NULL)
		return gens[constrained];
	must(cv_generation_build_create(&b) == 0);
	cv_generation_build_head(b)->flow_capacity = FLOWS;
	cv_generation_build_head(b)->device_capacity = FLOWS;
	cv_generation_build_head(b)->cleaning.repeats = 1;
	cv_generation_build_head(b)->cleaning.series = 64;
	cv_generation_build_head(b)->cleaning.gateway_hold_ns = CV_GATEWAY_HOLD;
	if (constrained)
		add_constraints(b);
	must(cv_generation_build_finish(b, &gens[constrained]) == 0);
	cv_generation_build_destroy(b);
	return gens[constrained];
}

static uint64_t sum(const uint64_t *v, size_t n)
{
	uint64_t s = 0;

	while (n-- > 0)
		s += v[n];
	return s;
}

static void check(const struct cv_pipeline *p)
{
	const struct cv_counters *c = p->counters;
	const struct cv_stream_memory *m = &p->inspect.memory;
	uint32_t free_segments = m->segment_count - m->segment_fresh;
	uint32_t free_windows = m->window_count - m->window_fresh;

	for (uint32_t i = m->segment_free; i != CV_INDEX_NONE; i = m->segment[i].next)
		free_segments++;
	for (uint32_t i = m->window_free; i != CV_INDEX_NONE; i = m->window_next[i])
		free_windows++;
	if (free_segments != m->segment_count || free_windows != m->window_count ||
	    p->inspect.flows.live != 0 || p->inspect.flows.gaps.first != CV_INDEX_NONE)
		abort();
	if (c->rx != sum(c->reason, CV_REASON_COUNT) ||
	    c->inspected != sum(c->outcome, CV_OUTCOME_COUNT) ||
	    sum(c->produced, CV_LANE_COUNT) != committed_records + sum(c->shed, CV_LANE_COUNT) ||
	    c->flow[CV_FLOW_CREATED] !=
		    c->flow[CV_FLOW_ENDED] + c->flow[CV_FLOW_EXPIRED] + c->flow[CV_FLOW_EVICTED])
		abort();
	if (c->flow[CV_FLOW_RADIO_HEARD] !=
		    c->flow[CV_FLOW_RADIO_TOLD] + c->flow[CV_FLOW_RADIO_COPIES] ||
	    c->flow[CV_FLOW_RADIO_WAITING] != 0 || p->inspect.emit.ahead_count != 0)
		abort();
}

static uint32_t le32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static void play(struct cv_pipeline *p, const uint8_t *data, size_t size)
{
	for (uint64_t number = 1; size >= RECORD_HEAD; number++) {
		size_t len = le32(data + 8);
		struct cv_frame f = {
			.ts_ns = (int64_t)le32(data) * 1000000000 + le32(data + 4),
			.number = number,
			.port = data[12],
		};
		uint8_t *copy;

		data += RECORD_HEAD;
		size -= RECORD_HEAD;
		len = len < size ? len : size;
		copy = malloc(len ? len : 1);
		if (copy == NULL)
			abort();
		memcpy(copy, data, len);
		f.data = copy;
		f.len = (uint32_t)len;
		cv_pipeline_burst(p, &f, 1, (uint64_t)f.ts_ns);
		if (p->inspect.emit.rec != NULL)
			abort(); /* begun and never ended: the next record would overwrite it */
		free(copy);
		data += len;
		size -= len;
	}
}

static void run(const struct cv_generation *gen, const uint8_t *data, size_t size)
{
	static struct cv_counters counters;
	struct cv_sink sink = {.refill = refill, .committed = committed};
	struct cv_pipeline *p;

	memset(&counters, 0, sizeof(counters));
	committed_records = 0;
	must(cv_pipeline_create(gen, true, &sink, &counters, &p) == 0);
	if (size > FILE_HEAD)
		play(p, data + FILE_HEAD, size - FILE_HEAD);
	cv_pipeline_drain(p);
	check(p);
	cv_pipeline_destroy(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(generation(false), data, size);
	run(generation(true), data, size);
	return 0;
}
