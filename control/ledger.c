/* SPDX-License-Identifier: Apache-2.0 */
#include "control/ledger.h"

#include <stdio.h>
#include <string.h>

#define CV_READING_APART_NS 15000000u

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
 * XDP counts since it was first attached, a dataplane since it started. What XDP had steered before
 * is kept in the handoff header, where the next control finds it.
 */
static void follow_dataplane(struct cv_ledger *l, uint64_t now_steered)
{
	const struct cv_consumer *c = cv_link_server_dataplane(l->sources.link);
	struct cv_handoff_header *h;

	if (!c) {
		l->incarnation = 0;
		l->steered_rest = now_steered;
		return;
	}
	h = cv_consumer_handoff(c)->header;
	if (l->incarnation == h->incarnation)
		return;
	if (!h->steered_known) {
		h->steered_base = l->steered_rest;
		h->steered_known = 1;
	}
	l->incarnation = h->incarnation;
	l->steered_base = h->steered_base;
}

static void read_steered(struct cv_ledger *l, struct cv_reading *r)
{
	const struct cv_ledger_sources *s = &l->sources;
	const struct cv_gen_port *ports = cv_generation_at(s->gen, s->gen->ports);
	const struct cv_consumer *c;
	uint64_t now = steered(s), rx = 0, missed = 0;
	struct cv_equation *e;

	if (!s->bpf)
		return;
	follow_dataplane(l, now);
	c = cv_link_server_dataplane(s->link);
	for (unsigned int i = 0; c && i < s->gen->ports.count; i++) {
		const struct cv_port_counters *p = &cv_consumer_handoff(c)->ports[i];

		if (ports[i].kind != CV_PORT_AF_XDP)
			continue;
		rx += __atomic_load_n(&p->rx, __ATOMIC_RELAXED);
		missed += __atomic_load_n(&p->rx_missed, __ATOMIC_RELAXED);
	}
	e = add(r, "steered by XDP = received by the dataplane + missed", "%s", "xdp-steered");
	left(e, "steered", now - (l->incarnation ? l->steered_base : l->steered_rest));
	right(e, "rx", rx);
	right(e, "rx_missed", missed);
}

static void read_dataplane(struct cv_reading *r, const struct cv_totals *t)
{
	const struct cv_counters *w = &t->workers;
	struct cv_equation *e;

	e = add(r, "rx = forwarded + host + dropped", "%s", "dataplane-rx");
	left(e, "rx", w->rx);
	right(e, "forwarded", w->forwarded);
	right(e, "host", w->host);
	right(e, "dropped", sum(w->dropped, CV_REASON_COUNT));
	right(e, "interrupted", t->interrupted_rx);
	e = add(r, "inspected = sum of the outcomes", "%s", "inspected");
	left(e, "inspected", w->inspected);
	right(e, "outcomes", sum(w->outcome, CV_OUTCOME_COUNT));
	right(e, "interrupted", t->interrupted_inspected);
}

static void read_lane(struct cv_reading *r, const struct cv_totals *t,
		      const struct cv_eventlog_counters *log, unsigned int lane)
{
	const struct cv_counters *w = &t->workers;
	uint64_t refused = sum(log->refused[lane], CV_REFUSAL_COUNT);
	const char *name = cv_lane_name(lane);
	struct cv_equation *e;

	e = add(r, "produced = handed + shed", "produced:%s", name);
	left(e, "produced", w->produced[lane]);
	right(e, "handed", w->handed[lane]);
	right(e, "shed", w->shed[lane]);
	right(e, "abandoned", t->abandoned[lane]);
	e = add(r, "handed = taken from the handoff", "handed:%s", name);
	left(e, "handed", w->handed[lane]);
	right(e, "taken", t->taken[lane]);
	e = add(r, "taken = logged + refused", "taken:%s", name);
	left(e, "taken", t->taken_here[lane]);
	right(e, "logged", log->logged[lane]);
	right(e, "refused", refused - log->refused[lane][CV_REFUSAL_ABANDONED]);
}

static void take_reading(struct cv_ledger *l, struct cv_reading *r)
{
	struct cv_totals totals;

	r->count = 0;
	r->at_ns = cv_loop_mono_ns(l->sources.loop);
	cv_link_server_totals(l->sources.link, &totals);
	read_xdp(r, &l->sources);
	read_steered(l, r);
	read_dataplane(r, &totals);
	for (unsigned int lane = 0; lane < CV_LANE_COUNT; lane++)
		read_lane(r, &totals, cv_eventlog_counters(l->sources.log), lane);
}

void cv_ledger_init(struct cv_ledger *l, const struct cv_ledger_sources *sources)
{
	memset(l, 0, sizeof(*l));
	l->sources = *sources;
	l->steered_rest = steered(sources);
}

void cv_ledger_read(struct cv_ledger *l)
{
	if (cv_loop_mono_ns(l->sources.loop) - l->last.at_ns >= CV_READING_APART_NS)
		l->before = l->last;
	take_reading(l, &l->last);
}

static bool is_still(const struct cv_ledger *l)
{
	const struct cv_reading *a = &l->last, *b = &l->before;

	if (b->at_ns == 0 || a->count != b->count)
		return false;
	for (unsigned int i = 0; i < a->count; i++)
		for (unsigned int k = 0; k < a->equations[i].term_count; k++)
			if (a->equations[i].terms[k].value != b->equations[i].terms[k].value)
				return false;
	return true;
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
	if (!is_still(l))
		return CV_LEDGER_MOVING;
	return cv_ledger_broken(l) ? CV_LEDGER_OPEN : CV_LEDGER_CLOSED;
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
