/* SPDX-License-Identifier: Apache-2.0 */
#include "control/capture/capture_hub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/capture/capture_stream.h"

#define SECOND UINT64_C(1000000000)
#define TICK_NS UINT64_C(10000000)
/* Sampling ends by itself so long after the last word of control. */
#define LEASE_NS (2 * SECOND)
/* Samples of one reason that may come at once. */
#define BURST 64

struct cv_capture_hub {
	struct cv_loop *loop;
	const char *node, *version;
	struct cv_capture_port ports[CV_PORTS_MAX];
	unsigned int port_count;
	struct cv_capture_source sources[CV_CAPTURE_SOURCES_MAX];
	unsigned int source_count;
	struct cv_capture_stream *streams;
	unsigned int stream_count;
	struct cv_op tick;
	struct cv_capture_totals totals;
};

/* ---- sampling ------------------------------------------------------------------------------ */

/* What satisfies all captures at once; each filters again for itself. */
static struct cv_evidence_config wanted(const struct cv_capture_hub *hub)
{
	struct cv_evidence_config c = {0};
	uint32_t rate = 1;

	if (!hub->streams)
		return c;
	c.rule = hub->streams->query.rule;
	for (const struct cv_capture_stream *s = hub->streams; s; s = s->next) {
		c.reasons |= s->query.reasons;
		if (s->query.rule != c.rule)
			c.rule = CV_EVIDENCE_ANY_RULE;
		if (s->query.snap > c.snap)
			c.snap = s->query.snap;
		if (s->query.rate > rate)
			rate = s->query.rate;
	}
	c.interval_ns = SECOND / rate;
	c.burst_ns = (BURST - 1) * c.interval_ns;
	c.until_ns = cv_loop_mono_ns(hub->loop) + LEASE_NS;
	return c;
}

static void configure(struct cv_capture_hub *hub)
{
	struct cv_evidence_config config = wanted(hub);

	for (unsigned int i = 0; i < hub->source_count; i++)
		hub->sources[i].configure(hub->sources[i].owner, &config);
}

static void take(void *owner, enum cv_evidence_judge judge, const struct cv_sample *sample,
		 const uint8_t *data)
{
	struct cv_capture_hub *hub = owner;
	struct cv_evidence_note note = {
		.reason = sample->reason,
		.judge = (uint8_t)judge,
		.rule = sample->rule,
		.generation = sample->generation,
	};

	hub->totals.read[judge]++;
	if (!hub->streams)
		return;
	cv_evidence_sender(data, sample->len, sample->wire_len, &note);
	for (struct cv_capture_stream *s = hub->streams; s; s = s->next)
		cv_capture_stream_offer(s, &note, sample, data, &hub->totals);
}

static void drain(struct cv_capture_hub *hub)
{
	for (unsigned int i = 0; i < hub->source_count; i++)
		hub->sources[i].drain(hub->sources[i].owner, take, hub);
}

static void on_tick(struct cv_op *op, int res, uint32_t flags)
{
	struct cv_capture_hub *hub = op->owner;
	struct cv_capture_stream *s, *next;

	if (res != -ETIME || !hub->streams)
		return;
	configure(hub);
	drain(hub);
	for (s = hub->streams; s; s = next) {
		next = s->next;
		if (cv_capture_stream_is_full(s, cv_loop_mono_ns(hub->loop)))
			cv_capture_hub_finish(hub, s);
		cv_capture_stream_flush(s);
	}
	if (hub->streams && !hub->tick.pending)
		cv_loop_timer(hub->loop, &hub->tick, TICK_NS);
}

/* ---- captures ------------------------------------------------------------------------------ */

static void read_seen(const struct cv_capture_hub *hub, uint64_t seen[CV_PORTS_MAX])
{
	memset(seen, 0, CV_PORTS_MAX * sizeof(*seen));
	for (unsigned int i = 0; i < hub->source_count; i++) {
		struct cv_evidence_counts counts[CV_PORTS_MAX];

		hub->sources[i].counts(hub->sources[i].owner, counts);
		for (unsigned int port = 0; port < CV_PORTS_MAX; port++)
			seen[port] += counts[port].seen;
	}
}

static void join(struct cv_capture_hub *hub, struct cv_capture_stream *s)
{
	uint64_t seen[CV_PORTS_MAX];

	drain(hub); /* what is in the rings was for others */
	read_seen(hub, seen);
	for (unsigned int i = 0; i < CV_PORTS_MAX; i++)
		s->port[i].seen_before = seen[i];
	s->begun_ns = cv_loop_wall_ns(hub->loop);
	if (s->query.duration_ns)
		s->until_ns = cv_loop_mono_ns(hub->loop) + s->query.duration_ns;
	s->attached = true;
	s->next = hub->streams;
	hub->streams = s;
	hub->stream_count++;
	hub->totals.captures++;
	configure(hub);
	if (!hub->tick.pending)
		cv_loop_timer(hub->loop, &hub->tick, TICK_NS);
}

void cv_capture_hub_leave(struct cv_capture_hub *hub, struct cv_capture_stream *s)
{
	struct cv_capture_stream **at = &hub->streams;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	s->attached = false;
	hub->stream_count--;
	configure(hub);
	if (!hub->streams)
		drain(hub);
}

void cv_capture_hub_finish(struct cv_capture_hub *hub, struct cv_capture_stream *s)
{
	uint64_t seen[CV_PORTS_MAX];

	drain(hub);
	read_seen(hub, seen);
	cv_capture_stream_finish(s, seen, cv_loop_wall_ns(hub->loop));
	cv_capture_hub_leave(hub, s);
}

static int open_stream(struct cv_capture_hub *hub, const struct cv_http_stream_request *request,
		       const struct cv_capture_query *query, struct cv_http_stream *ret,
		       struct cv_http_refusal *why)
{
	struct cv_capture_stream *s;
	int res;

	if (hub->stream_count == CV_CAPTURES_MAX) {
		snprintf(why->error, sizeof(why->error), "%d captures are running already",
			 CV_CAPTURES_MAX);
		snprintf(why->hint, sizeof(why->hint), "end one of them, or try again later");
		return -EBUSY;
	}
	res = cv_capture_stream_create(hub, query, request, hub->node, hub->version, hub->ports,
				       hub->port_count, &s);
	if (res < 0)
		return res;
	join(hub, s);
	*ret = (struct cv_http_stream){&cv_capture_stream_ops, s};
	return 0;
}

int cv_capture_hub_open(void *owner, const struct cv_http_stream_request *request,
			struct cv_http_stream *ret, struct cv_http_refusal *why)
{
	struct cv_capture_query query;
	int res;

	/* Frames are what devices say, word for word: for those who may use the socket. */
	if (!request->is_local) {
		snprintf(why->error, sizeof(why->error), "captures are not served over TCP");
		snprintf(why->hint, sizeof(why->hint),
			 "use control's Unix socket: culvert capture, or curl --unix-socket");
		return -EPERM;
	}
	res = cv_capture_query_parse(request->query, &query, why);
	if (res < 0)
		return res;
	if (!request->head)
		res = open_stream(owner, request, &query, ret, why);
	if (request->head || res < 0)
		cv_capture_query_free(&query);
	return res;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static void name_ports(struct cv_capture_hub *hub, const struct cv_generation *gen)
{
	const struct cv_gen_port *ports = cv_generation_at(gen, gen->ports);

	hub->port_count = gen->ports.count;
	for (unsigned int i = 0; i < hub->port_count; i++) {
		snprintf(hub->ports[i].name, sizeof(hub->ports[i].name), "%s", ports[i].name);
		snprintf(hub->ports[i].description, sizeof(hub->ports[i].description), "%s:%s",
			 cv_port_kind_name(ports[i].kind), ports[i].target);
	}
}

int cv_capture_hub_create(struct cv_loop *loop, const struct cv_capture_config *config,
			  struct cv_capture_hub **ret)
{
	struct cv_capture_hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return -ENOMEM;
	hub->loop = loop;
	hub->node = config->node;
	hub->version = config->version;
	name_ports(hub, config->gen);
	hub->source_count = config->source_count;
	for (unsigned int i = 0; i < config->source_count; i++)
		hub->sources[i] = config->sources[i];
	hub->tick = (struct cv_op){.done = on_tick, .owner = hub};
	configure(hub); /* a control that was killed may have left it on */
	*ret = hub;
	return 0;
}

void cv_capture_hub_destroy(struct cv_capture_hub *hub)
{
	if (!hub)
		return;
	cv_loop_cancel(hub->loop, &hub->tick);
	while (hub->tick.pending && cv_loop_turn(hub->loop) == 0)
		;
	configure(hub);
	free(hub);
}

void cv_capture_hub_totals(struct cv_capture_hub *hub, struct cv_capture_totals *ret)
{
	if (!hub->streams)
		drain(hub);
	*ret = hub->totals;
}

struct cv_evidence_counts cv_capture_hub_counts(const struct cv_capture_hub *hub,
						enum cv_evidence_judge judge)
{
	struct cv_evidence_counts sum = {0};

	for (unsigned int i = 0; i < hub->source_count; i++) {
		struct cv_evidence_counts counts[CV_PORTS_MAX];

		if (hub->sources[i].judge != judge)
			continue;
		hub->sources[i].counts(hub->sources[i].owner, counts);
		for (unsigned int port = 0; port < CV_PORTS_MAX; port++) {
			sum.seen += counts[port].seen;
			sum.unsampled += counts[port].unsampled;
			sum.overrun += counts[port].overrun;
			sum.sampled += counts[port].sampled;
		}
	}
	return sum;
}

json_t *cv_capture_hub_json(struct cv_capture_hub *hub)
{
	struct cv_capture_totals t;
	static const char *const judges[] = {
#define NAME_ROW(id, name) name,
		CV_JUDGES(NAME_ROW)};
	json_t *doc;

	cv_capture_hub_totals(hub, &t);
	doc = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I}", "on", hub->streams != NULL, "captures",
			(json_int_t)t.captures, "offered", (json_int_t)t.offered, "filtered",
			(json_int_t)t.filtered, "written", (json_int_t)t.written, "lost",
			(json_int_t)t.lost);
	for (unsigned int i = 0; i < CV_JUDGE_COUNT; i++) {
		struct cv_evidence_counts c = cv_capture_hub_counts(hub, (enum cv_evidence_judge)i);

		json_object_set_new(
			doc, judges[i],
			json_pack("{s:I, s:I, s:I, s:I, s:I}", "seen", (json_int_t)c.seen,
				  "unsampled", (json_int_t)c.unsampled, "overrun",
				  (json_int_t)c.overrun, "sampled", (json_int_t)c.sampled, "read",
				  (json_int_t)t.read[i]));
	}
	return doc;
}
