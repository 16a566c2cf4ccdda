/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/expand.h"

#include <errno.h>
#include <stdlib.h>

static int add(struct cv_policy_entries *e, const struct cv_policy_entry *entry)
{
	if (e->n == CV_POLICY_ENTRIES_MAX)
		return -E2BIG;
	if ((e->n & (e->n - 1)) == 0) {
		size_t room = e->n ? e->n * 2 : 1;
		struct cv_policy_entry *grown = reallocarray(e->items, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		e->items = grown;
	}
	e->items[e->n++] = *entry;
	return 0;
}

static struct cv_policy_entry answer_to(struct cv_policy_entry request)
{
	struct cv_policy_entry answer = request;

	answer.src = request.dst;
	answer.dst = request.src;
	answer.rank |= 1;
	if (request.kind == CV_PROBE_DPORT)
		answer.kind = CV_PROBE_SPORT;
	return answer;
}

static struct cv_policy_entry fragment_of(struct cv_policy_entry entry)
{
	entry.kind = CV_PROBE_FRAGMENT;
	entry.port = 0;
	return entry;
}

/*
 * A drop needs neither answers nor fragments: without the request there is no answer, and without
 * its first fragment a datagram is never put together.
 */
static int add_row(struct cv_policy_entries *e, const struct cv_policy_rule *rule,
		   const struct cv_policy_entry *request, bool asks, bool answers)
{
	struct cv_policy_entry answer = answer_to(*request), fragment;
	bool fragments = request->kind == CV_PROBE_DPORT && rule->action != CV_ACTION_DROP;
	int r = asks ? add(e, request) : 0;

	answers = answers && rule->action != CV_ACTION_DROP;
	if (r == 0 && answers)
		r = add(e, &answer);
	fragment = fragment_of(*request);
	if (r == 0 && fragments && asks)
		r = add(e, &fragment);
	fragment = fragment_of(answer);
	if (r == 0 && fragments && answers)
		r = add(e, &fragment);
	return r;
}

static bool in_zone(const struct cv_policy_end *end, uint16_t zone)
{
	return !end->zone || end->zone == zone;
}

static int expand_rule(const struct cv_policy *policy, const struct cv_policy_view *view,
		       size_t index, struct cv_policy_entries *e)
{
	const struct cv_policy_rule *rule = &policy->rules[index];
	size_t n = rule->from.n * rule->to.n * rule->service.n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		uint16_t service = rule->service.items[i % rule->service.n];
		size_t pair = i / rule->service.n;
		const struct cv_policy_end *from = &rule->from.items[pair / rule->to.n];
		const struct cv_policy_end *to = &rule->to.items[pair % rule->to.n];
		bool asks = in_zone(from, view->in) && in_zone(to, view->out);
		bool answers = in_zone(from, view->out) && in_zone(to, view->in);
		struct cv_policy_entry entry = {
			.rank = (uint32_t)index * 2,
			.src = from->class_id,
			.dst = to->class_id,
			.kind = CV_PROBE_ANY_PROTO,
		};

		if (service != CV_POLICY_ANY) {
			entry.ip_proto = policy->services[service - 1].ip_proto;
			entry.port = policy->services[service - 1].port;
			entry.kind = entry.port ? CV_PROBE_DPORT : CV_PROBE_ANY_PORT;
		}
		r = add_row(e, rule, &entry, asks, answers);
	}
	return r;
}

static int by_place(const void *pa, const void *pb)
{
	const struct cv_policy_entry *a = pa, *b = pb;

	if (a->kind != b->kind)
		return a->kind - b->kind;
	if (a->ip_proto != b->ip_proto)
		return a->ip_proto - b->ip_proto;
	if (a->port != b->port)
		return a->port - b->port;
	if (a->src != b->src)
		return a->src - b->src;
	if (a->dst != b->dst)
		return a->dst - b->dst;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static bool same_place(const struct cv_policy_entry *a, const struct cv_policy_entry *b)
{
	return a->kind == b->kind && a->ip_proto == b->ip_proto && a->port == b->port &&
	       a->src == b->src && a->dst == b->dst;
}

static bool acts(const struct cv_policy_rule *rule, const struct cv_policy_view *view)
{
	return rule->mode == CV_POLICY_ENFORCE || (rule->mode == CV_POLICY_SHADOW && view->shadow);
}

int cv_policy_expand(const struct cv_policy *policy, const struct cv_policy_view *view,
		     uint32_t *beaten_by, struct cv_policy_entries *ret)
{
	struct cv_policy_entries e = {0};
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < policy->n_rules; i++) {
		if (acts(&policy->rules[i], view))
			r = expand_rule(policy, view, i, &e);
	}
	if (r < 0) {
		free(e.items);
		return r;
	}
	if (e.n)
		qsort(e.items, e.n, sizeof(*e.items), by_place);
	for (size_t i = 0; i < e.n; i++) {
		if (i == 0 || !same_place(&e.items[kept - 1], &e.items[i]))
			e.items[kept++] = e.items[i];
		else if (e.items[kept - 1].rank / 2 != e.items[i].rank / 2 &&
			 !(e.items[i].rank & 1))
			beaten_by[e.items[i].rank / 2] = e.items[kept - 1].rank / 2 + 1;
	}
	e.n = kept;
	*ret = e;
	return 0;
}
