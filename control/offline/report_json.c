/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "control/offline/report.h"

#define REASON_NAME(id, name) name,
static const char *const reason_names[] = {CV_REASONS(REASON_NAME)};

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *count(const struct cv_tally_count *c)
{
	return json_pack("{so so}", "packets", number(c->packets), "bytes", number(c->bytes));
}

static json_t *word(uint32_t verdict, uint32_t rule)
{
	return json_pack("{ss ss so}", "action", cv_trial_action(verdict), "reason",
			 cv_trial_reason(verdict), "rule", number(rule));
}

static json_t *reasons(const struct cv_tally *t)
{
	json_t *o = json_object();

	for (unsigned int i = 0; i < CV_REASON_COUNT; i++) {
		if (t->reason[i].packets)
			json_object_set_new(o, reason_names[i], count(&t->reason[i]));
	}
	return o;
}

static json_t *rules(const struct cv_tally *t)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i <= t->gen->policy.n_rules; i++) {
		const struct cv_tally_rule *r = &t->rules[i];
		const struct cv_gen_name *n = cv_tally_rule_name(t->gen, i);

		json_array_append_new(
			list, json_pack("{so ss so so so so so so so}", "id", number(n->id), "name",
					n->text, "line", number(n->line), "packets",
					number(r->packets), "bytes", number(r->bytes), "dropped",
					number(r->dropped), "first", number(r->first), "would",
					number(r->would), "would_drop", number(r->would_drop)));
	}
	return list;
}

static json_t *never_hit(const struct cv_tally *t)
{
	json_t *list = json_array();

	for (uint32_t i = 1; i <= t->gen->policy.n_rules; i++) {
		const struct cv_tally_rule *r = &t->rules[i];

		if (!r->packets && !r->would && !r->would_drop)
			json_array_append_new(list, number(cv_tally_rule_name(t->gen, i)->id));
	}
	return list;
}

static json_t *kinds(const struct cv_tally *t)
{
	uint32_t n = 0;
	struct cv_tally_kind *list = cv_tally_kinds(t, &n);
	json_t *out = json_array();

	for (uint32_t i = 0; list && i < n; i++)
		json_array_append_new(
			out, json_pack("{so so so so so so}", "ours",
				       word(list[i].ours.verdict, list[i].ours.rule), "theirs",
				       word(list[i].theirs.verdict, list[i].theirs.rule), "packets",
				       number(list[i].packets), "bytes", number(list[i].bytes),
				       "devices", number(list[i].devices), "first",
				       number(list[i].first)));
	free(list);
	return out;
}

static json_t *devices(const struct cv_tally *t)
{
	const struct cv_tally_difference **list = cv_tally_sorted(t);
	json_t *out = json_array();
	char text[80];

	for (uint32_t i = 0; list && i < t->differences.n; i++) {
		const struct cv_tally_difference *d = list[i];
		json_t *first = json_array();

		for (int k = 0; k < CV_TALLY_FIRST && d->first[k]; k++)
			json_array_append_new(first, number(d->first[k]));
		cv_report_device(d, text);
		json_array_append_new(out, json_pack("{ss so so so so so}", "device", text, "ours",
						     word(d->ours.verdict, d->ours.rule), "theirs",
						     word(d->theirs.verdict, d->theirs.rule),
						     "packets", number(d->packets), "bytes",
						     number(d->bytes), "first", first));
	}
	free(list);
	return out;
}

static json_t *expectations(const struct cv_expect *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->n; i++) {
		const struct cv_expectation *x = &e->items[i];
		json_t *o = json_pack("{so sb so so so}", "line", number(x->line), "met",
				      cv_expect_met(x), "matched", number(x->matched), "wrong",
				      number(x->wrong), "first_wrong", number(x->first_wrong));

		if (x->frame)
			json_object_set_new(o, "frame", number(x->frame));
		else
			json_object_set_new(o, "filter", json_string(x->filter));
		json_array_append_new(list, o);
	}
	return list;
}

static int dump(json_t *o, size_t flags, FILE *out)
{
	int err = 0;

	if (!o)
		return -ENOMEM;
	if (json_dumpf(o, out, flags) < 0 || fputc('\n', out) == EOF)
		err = -EIO;
	json_decref(o);
	return err;
}

int cv_report_write_json(const struct cv_report *r, FILE *out)
{
	const struct cv_tally *t = r->tally;
	json_t *o = json_pack("{ss so so so so so so so so}", "policy", r->policy, "packets",
			      number(t->packets), "bytes", number(t->bytes), "judged_by_kernel",
			      number(t->kernel), "cut_by_capture", number(t->cut),
			      "unknown_link_layer", number(t->strange_link), "reasons", reasons(t),
			      "rules", rules(t), "never_hit", never_hit(t));

	if (o && r->against)
		json_object_set_new(o, "against",
				    json_pack("{ss so so so so so}", "policy", r->against, "differ",
					      count(&t->differ), "moved", count(&t->moved), "kinds",
					      kinds(t), "devices", devices(t), "forgotten",
					      number(t->differences.refused)));
	if (o && r->module_json)
		json_object_set(o, "module", r->module_json);
	if (o && r->expect)
		json_object_set_new(o, "expectations", expectations(r->expect));
	return dump(o, JSON_INDENT(2), out);
}

int cv_report_packet_json(const struct cv_source_frame *frame, const struct cv_trial_verdict *ours,
			  const struct cv_trial_verdict *theirs, FILE *out)
{
	char flow[160];
	json_t *o;

	cv_report_flow(&ours->packet, flow);
	o = json_pack("{so ss so}", "packet", number(frame->number), "flow", flow, "verdict",
		      word(ours->verdict, ours->rule));
	if (o && ours->would_drop)
		json_object_set_new(o, "would_drop", json_true());
	if (o && theirs)
		json_object_set_new(o, "against", word(theirs->verdict, theirs->rule));
	return dump(o, JSON_COMPACT, out);
}
