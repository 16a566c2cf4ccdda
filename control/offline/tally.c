/* SPDX-License-Identifier: Apache-2.0 */
#include "control/offline/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cv_tally_create(const struct cv_generation *gen, bool shadow, struct cv_tally **ret)
{
	struct cv_tally *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->gen = gen;
	t->shadow = shadow;
	t->rules = calloc((size_t)gen->policy.n_rules + 1, sizeof(*t->rules));
	cv_intern_init(&t->differences, sizeof(struct cv_tally_difference), CV_TALLY_DIFFERENCE_KEY,
		       CV_TALLY_DIFFERENCES_MAX);
	if (!t->rules) {
		cv_tally_free(t);
		return -ENOMEM;
	}
	*ret = t;
	return 0;
}

void cv_tally_free(struct cv_tally *t)
{
	if (!t)
		return;
	cv_intern_release(&t->differences);
	free(t->rules);
	free(t);
}

static void add(struct cv_tally_count *c, uint32_t len)
{
	c->packets++;
	c->bytes += len;
}

static void count_difference(struct cv_tally *t, const struct cv_source_frame *frame,
			     const struct cv_trial_verdict *ours,
			     const struct cv_trial_verdict *theirs)
{
	struct cv_tally_difference *d, key = {
					       .ours = {ours->verdict, ours->rule},
					       .theirs = {theirs->verdict, theirs->rule},
					       .vlan = ours->packet.vlan,
					       .family = ours->packet.family,
				       };
	uint32_t i;

	add(&t->differ, frame->len);
	memcpy(key.addr, &ours->packet.src, sizeof(key.addr));
	i = cv_intern_add(&t->differences, &key);
	if (i == CV_INTERN_NONE)
		return;
	d = cv_intern_at(&t->differences, i);
	if (d->packets < CV_TALLY_FIRST)
		d->first[d->packets] = frame->number;
	d->packets++;
	d->bytes += frame->len;
}

static struct cv_tally_rule *rule_at(struct cv_tally *t, uint32_t index)
{
	return &t->rules[index <= t->gen->policy.n_rules ? index : 0];
}

static void count_would(struct cv_tally *t, const struct cv_trial_verdict *ours)
{
	struct cv_tally_rule *r = rule_at(t, ours->would_index);

	/* The default decides whatever a rule in shadow mode does not: nothing to tell. */
	if (ours->would_index && ours->would_index != ours->index)
		r->would++;
	r->would_drop += ours->would_drop;
	t->shadow |= ours->would_drop; /* constraints have a shadow mode of their own */
}

void cv_tally_frame(struct cv_tally *t, const struct cv_source_frame *frame,
		    const struct cv_trial_verdict *ours, const struct cv_trial_verdict *theirs)
{
	bool dropped = CV_VERDICT_ACTION(ours->verdict) == CV_ACTION_DROP;
	struct cv_tally_rule *r;

	t->packets++;
	t->bytes += frame->len;
	t->kernel += ours->kernel;
	t->cut += frame->captured < frame->len;
	t->strange_link += !frame->supported;
	add(&t->reason[CV_VERDICT_REASON(ours->verdict) % CV_REASON_COUNT], frame->len);
	count_would(t, ours);
	r = rule_at(t, ours->index);
	if (r->packets++ == 0)
		r->first = frame->number;
	r->bytes += frame->len;
	r->dropped += dropped;
	if (!theirs)
		return;
	if (dropped != (CV_VERDICT_ACTION(theirs->verdict) == CV_ACTION_DROP))
		count_difference(t, frame, ours, theirs);
	else if (ours->verdict != theirs->verdict || ours->rule != theirs->rule)
		add(&t->moved, frame->len);
}

static int by_packets(const void *a, const void *b)
{
	const struct cv_tally_kind *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

struct cv_tally_kind *cv_tally_kinds(const struct cv_tally *t, uint32_t *ret_n)
{
	struct cv_intern kinds;
	struct cv_tally_kind *list;

	cv_intern_init(&kinds, sizeof(struct cv_tally_kind), CV_TALLY_KIND_KEY,
		       CV_TALLY_DIFFERENCES_MAX);
	for (uint32_t i = 0; i < t->differences.n; i++) {
		const struct cv_tally_difference *d = cv_intern_at(&t->differences, i);
		struct cv_tally_kind *k, key = {.ours = d->ours, .theirs = d->theirs};
		uint32_t at = cv_intern_add(&kinds, &key);

		if (at == CV_INTERN_NONE)
			break;
		k = cv_intern_at(&kinds, at);
		k->packets += d->packets;
		k->bytes += d->bytes;
		k->devices++;
		if (!k->first || d->first[0] < k->first)
			k->first = d->first[0];
	}
	list = calloc(kinds.n + 1, sizeof(*list));
	if (list && kinds.n)
		memcpy(list, kinds.items, kinds.n * sizeof(*list));
	if (list)
		qsort(list, kinds.n, sizeof(*list), by_packets);
	*ret_n = kinds.n;
	cv_intern_release(&kinds);
	return list;
}

static int by_packets_of_device(const void *a, const void *b)
{
	const struct cv_tally_difference *x = *(const struct cv_tally_difference *const *)a;
	const struct cv_tally_difference *y = *(const struct cv_tally_difference *const *)b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return x->first[0] < y->first[0] ? -1 : x->first[0] > y->first[0];
}

const struct cv_tally_difference **cv_tally_sorted(const struct cv_tally *t)
{
	const struct cv_tally_difference **list =
		calloc((size_t)t->differences.n + 1, sizeof(struct cv_tally_difference *));

	for (uint32_t i = 0; list && i < t->differences.n; i++)
		list[i] = cv_intern_at(&t->differences, i);
	if (list)
		qsort(list, t->differences.n, sizeof(*list), by_packets_of_device);
	return list;
}

const struct cv_gen_name *cv_tally_rule_name(const struct cv_generation *gen, uint32_t index)
{
	static const struct cv_gen_name fallback = {.text = "default"};
	static const struct cv_gen_name unknown = {.text = "?"};
	const struct cv_gen_name *names = cv_generation_at(gen, gen->rule_names);

	if (index == 0)
		return &fallback;
	return index <= gen->rule_names.count ? &names[index - 1] : &unknown;
}
