/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ledger.h"

#include "control/alarm/live.h"

#include <stdio.h>
#include <string.h>

#define CV_READING_APART_NS 15000000u
/* At rest for so long, a difference is not on its way any more. */
#define CV_STUCK_NS 2000000000u

static struct cv_equation *add(struct cv_reading *r, const char *text, const char *format,
			       const char *of)
{
	struct cv_equation *e = &r->equations[r->count++];

	*e = (struct cv_equation){.text = text};
	snprintf(e->name, sizeof(e->name), format, of);
	return e;
}

static void term(struct cv_equation *e, const char *name, uint64_t value)
{
	e->terms[e->term_count].name = name;
	e->terms[e->term_count].value = value;
	e->term_count++;
}

static void left(struct cv_equation *e, const char *name, uint64_t value)
{
	term(e, name, value);
	e->left += value;
}

static void right(struct cv_equation *e, const char *name, uint64_t value)
{
	term(e, name, value);
	e->right += value;
}

static uint64_t sum(const uint64_t *numbers, unsigned int n)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < n; i++)
		total += numbers[i];
	return total;
}

static uint64_t steered(const struct cv_ledger_sources *s)
{
	struct cv_xdp_counts counts;
	uint64_t total = 0;

	for (unsigned int i = 0; s->bpf && i < s->gen->ports.count; i++)
		if (cv_bpf_counters(s->bpf, i, &counts) == 0)
			total += counts.path[CV_XDP_STEERED].packets;
	return total;
}

static void read_xdp(struct cv_reading *r, const struct cv_ledger_sources *s)
{
	const struct cv_gen_port *ports = cv_generation_at(s->gen, s->gen->ports);

	for (unsigned int i = 0; s->bpf && i < s->gen->ports.count; i++) {
		struct cv_xdp_counts counts;
		struct cv_equation *e;
		uint64_t judged = 0;

		if (cv_bpf_counters(s->bpf, i, &counts) < 0)
			continue;
		for (unsigned int k = 0; k < CV_REASON_COUNT; k++)
			judged += counts.reason[k].packets;
		e = add(r, "judged = steered + host + bypass + dropped", "xdp:%s", ports[i].name);
		left(e, "judged", judged);
		right(e, "steered", counts.path[CV_XDP_STEERED].packets);
		right(e, "host", counts.path[CV_XDP_HOST].packets);
		right(e, "bypass", counts.path[CV_XDP_BYPASS].packets);
		right(e, "dropped", counts.path[CV_XDP_DROPPED].packets);
	}
}

/*
 * XDP counts since it was first attached, this control's totals since it started or, for a
 * dataplane that is older, since that one started: what XDP had steered before is kept in the
 * handoff header, where the next control finds it.
 */
static void follow_dataplane(struct cv_ledger *l, uint64_t now_steered)
{
	const struct cv_consumer *c = cv_link_server_dataplane(l->sources.link);
	struct cv_handoff_header *h;

	if (!c) {
		l->steered_rest = now_steered;
		return;
	}
	h = cv_consumer_handoff(c)->header;
	if (l->incarnation == h->incarnation)
		return; /* the same one, or it came back after its link was down */
	if (!h->steered_known) {
		h->steered_base = l->steered_rest;
		h->steered_known = 1;
	} else if (l->incarnations == 0) {
		l->steered_base = h->steered_base;
	}
	l->incarnation = h->incarnation;
	l->incarnations++;
}

/* Frames taken from af_xdp ports: all the workers received but what others gave. */
static uint64_t received(const struct cv_ledger_sources *s, const struct cv_totals *t)
{
	const struct cv_gen_port *ports = cv_generation_at(s->gen, s->gen->ports);
	uint64_t rx = t->workers.rx;

	for (unsigned int i = 0; i < s->gen->ports.count; i++)
		if (ports[i].kind != CV_PORT_AF_XDP)
			rx -= t->ports[i].rx;
	return rx;
}

static uint64_t overrun(const struct cv_ledger_sources *s, const struct cv_totals *t)
{
	uint64_t missed = 0;

	for (unsigned int i = 0; i < s->gen->ports.count; i++)
		missed += t->ports[i].rx_missed;
	return missed;
}

/* At rest the note to the next control is exact: what this dataplane alone did not account for. */
static void note_base(struct cv_ledger *l)
{
	const struct cv_ledger_sources *s = &l->sources;
	const struct cv_consumer *c = cv_link_server_dataplane(s->link);
	struct cv_totals t = {0};

	if (!c || !s->bpf || cv_consumer_handoff(c)->header->incarnation != l->incarnation)
		return;
	cv_totals_read(&t, cv_consumer_handoff(c));
	cv_consumer_handoff(c)->header->steered_base =
		steered(s) - received(s, &t) - overrun(s, &t);
}

/*
 * What was in the rings of a dataplane that died is gone with it: when all that were seen are
 * finished, whatever XDP steered and nobody received is lost, and is counted here.
 */
static void read_steered(struct cv_ledger *l, struct cv_reading *r, const struct cv_totals *t)
{
	const struct cv_ledger_sources *s = &l->sources;
	uint64_t now = steered(s), rx = received(s, t), missed;
	struct cv_equation *e;

	if (!s->bpf)
		return;
	follow_dataplane(l, now);
	missed = overrun(s, t);
	now -= l->steered_base;
	if (l->incarnations > 0 && t->finished == l->incarnations && now > rx + missed + l->lost)
		l->lost = now - rx - missed;
	/* In the rings of the next dataplane, before it attached: received after all. */
	if (rx + missed + l->lost > now)
		l->lost = now > rx + missed ? now - rx - missed : 0;
	e = add(r, "steered by XDP = received by the dataplane + missed + lost", "%s",
		"xdp-steered");
	left(e, "steered", now);
	right(e, "rx", rx);
	right(e, "rx_missed", missed);
	right(e, "lost", l->lost);
}

static void read_dataplane(struct cv_reading *r, const struct cv_totals *t)
{
	const struct cv_counters *w = &t->workers;
	struct cv_equation *e;

	e = add(r, "rx = forwarded + host + dropped + interrupted", "%s", "dataplane-rx");
	left(e, "rx", w->rx);
	right(e, "forwarded", w->forwarded);
	right(e, "host", w->host);
	right(e, "dropped", sum(w->dropped, CV_REASON_COUNT));
	right(e, "interrupted", t->interrupted_rx);
	e = add(r, "inspected = sum of the outcomes + interrupted", "%s", "inspected");
	left(e, "inspected", w->inspected);
	right(e, "outcomes", sum(w->outcome, CV_OUTCOME_COUNT));
	right(e, "interrupted", t->interrupted_inspected);
}

static void read_lane(struct cv_reading *r, const struct cv_totals *t,
		      const struct cv_ledger_sources *s, unsigned int lane)
{
	const struct cv_eventlog_counters *log = cv_eventlog_counters(s->log);
	const struct cv_counters *w = &t->workers;
	uint64_t refused = sum(log->refused[lane], CV_REFUSAL_COUNT);
	const char *name = cv_lane_name(lane);
	struct cv_equation *e;

	e = add(r, "produced = handed + shed + abandoned", "produced:%s", name);
	left(e, "produced", w->produced[lane]);
	right(e, "handed", w->handed[lane]);
	right(e, "shed", w->shed[lane]);
	right(e, "abandoned", t->abandoned[lane]);
	e = add(r, "handed = taken from the handoff", "handed:%s", name);
	left(e, "handed", w->handed[lane]);
	right(e, "taken", t->taken[lane]);
	e = add(r, "taken + made here = logged + refused", "taken:%s", name);
	left(e, "taken", t->taken_here[lane]);
	left(e, "made here",
	     (s->devices ? cv_devices_made(s->devices, (enum cv_lane)lane) : 0) +
		     (s->alarms ? cv_alarms_made(s->alarms, (enum cv_lane)lane) : 0));
	right(e, "logged", log->logged[lane]);
	right(e, "refused", refused - log->refused[lane][CV_REFUSAL_ABANDONED]);
}

/* Copies of dropped frames: not packets, and with sums of their own. */
static void read_evidence(struct cv_reading *r, const struct cv_ledger_sources *s)
{
	struct cv_capture_totals captures;
	struct cv_evidence_counts c;
	struct cv_totals t; /* read again: the rings may just have been emptied */
	struct cv_equation *e;

	if (!s->captures)
		return;
	cv_capture_hub_totals(s->captures, &captures);
	cv_link_server_totals(s->link, &t);
	c = cv_capture_hub_counts(s->captures, CV_JUDGE_WORKER);
	e = add(r, "seen = unsampled + overrun + read + abandoned", "%s", "evidence:worker");
	left(e, "seen", c.seen);
	right(e, "unsampled", c.unsampled);
	right(e, "overrun", c.overrun);
	right(e, "read", t.evidence_read);
	right(e, "abandoned", t.evidence_abandoned);
	if (s->bpf) {
		uint64_t taken = 0;

		for (unsigned int i = 0; i < s->gen->ports.count; i++) {
			struct cv_evidence_counts unused;
			uint64_t n = 0;

			(void)cv_bpf_evidence_counts(s->bpf, i, &unused, &n);
			taken += n;
		}
		c = cv_capture_hub_counts(s->captures, CV_JUDGE_XDP);
		e = add(r, "seen = unsampled + overrun + read", "%s", "evidence:xdp");
		left(e, "seen", c.seen);
		right(e, "unsampled", c.unsampled);
		right(e, "overrun", c.overrun);
		right(e, "read", taken);
	}
	e = add(r, "offered = filtered + written + lost", "%s", "evidence:captures");
	left(e, "offered", captures.offered);
	right(e, "filtered", captures.filtered);
	right(e, "written", captures.written);
	right(e, "lost", captures.lost);
}

/* Each number is what a sink's process says; see control/sink/status.h. */
static void read_sinks(struct cv_reading *r, const struct cv_sink_keeper *sinks)
{
	for (unsigned int i = 0; i < cv_sink_keeper_count(sinks); i++) {
		const struct cv_sink_status *s = cv_sink_keeper_status(sinks, i);
		struct cv_equation *e =
			add(r, "taken = delivered + refused + put back + under way", "sink:%s",
			    cv_sink_keeper_settings(sinks, i)->sink.name);
		uint64_t refused = 0;

		for (unsigned int k = 0; k < CV_SINK_REFUSAL_COUNT; k++)
			refused += s->refused[k];
		left(e, "taken", s->count[CV_SINK_COUNTER_TAKEN]);
		right(e, "delivered", s->count[CV_SINK_COUNTER_DELIVERED]);
		right(e, "refused", refused);
		right(e, "put_back", s->count[CV_SINK_COUNTER_PUT_BACK]);
		right(e, "under_way", s->under_way);
	}
}

static void take_reading(struct cv_ledger *l, struct cv_reading *r)
{
	struct cv_totals totals;

	r->count = 0;
	r->at_ns = cv_loop_mono_ns(l->sources.loop);
	cv_link_server_totals(l->sources.link, &totals);
	read_xdp(r, &l->sources);
	read_steered(l, r, &totals);
	read_dataplane(r, &totals);
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		read_lane(r, &totals, &l->sources, lane);
	read_evidence(r, &l->sources);
	read_sinks(r, l->sources.sinks);
}

void cv_ledger_init(struct cv_ledger *l, const struct cv_ledger_sources *sources)
{
	memset(l, 0, sizeof(*l));
	l->sources = *sources;
	l->steered_base = l->steered_rest = steered(sources);
}

static bool is_same(const struct cv_reading *a, const struct cv_reading *b)
{
	if (b->at_ns == 0 || a->count != b->count)
		return false;
	for (unsigned int i = 0; i < a->count; i++)
		for (unsigned int k = 0; k < a->equations[i].term_count; k++)
			if (a->equations[i].terms[k].value != b->equations[i].terms[k].value)
				return false;
	return true;
}

void cv_ledger_attached(void *ledger)
{
	struct cv_ledger *l = ledger;

	if (l->sources.bpf)
		follow_dataplane(l, steered(&l->sources));
}

void cv_ledger_read(struct cv_ledger *l)
{
	if (cv_loop_mono_ns(l->sources.loop) - l->last.at_ns >= CV_READING_APART_NS)
		l->before = l->last;
	take_reading(l, &l->last);
	if (!is_same(&l->last, &l->before))
		l->changed_ns = l->last.at_ns;
	else if (!cv_ledger_broken(l))
		note_base(l);
}

const struct cv_equation *cv_ledger_broken(const struct cv_ledger *l)
{
	for (unsigned int i = 0; i < l->last.count; i++)
		if (l->last.equations[i].left != l->last.equations[i].right)
			return &l->last.equations[i];
	return NULL;
}

enum cv_ledger_state cv_ledger_state(const struct cv_ledger *l)
{
	if (!is_same(&l->last, &l->before))
		return CV_LEDGER_MOVING;
	if (!cv_ledger_broken(l))
		return CV_LEDGER_CLOSED;
	/* Records wait for a slow disk, frames for a worker that was put aside. */
	return l->last.at_ns - l->changed_ns < CV_STUCK_NS ? CV_LEDGER_MOVING : CV_LEDGER_OPEN;
}

json_t *cv_ledger_json(const struct cv_ledger *l)
{
	static const char *const states[] = {"closed", "open", "moving"};
	json_t *list = json_array();

	for (unsigned int i = 0; i < l->last.count; i++) {
		const struct cv_equation *e = &l->last.equations[i];
		json_t *terms = json_object();

		for (unsigned int k = 0; k < e->term_count; k++)
			json_object_set_new(terms, e->terms[k].name,
					    json_integer((json_int_t)e->terms[k].value));
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "name", e->name,
						"text", e->text, "left", (json_int_t)e->left,
						"right", (json_int_t)e->right, "difference",
						(json_int_t)(e->left - e->right), "terms", terms));
	}
	return json_pack("{s:s, s:o}", "state", states[cv_ledger_state(l)], "equations", list);
}
