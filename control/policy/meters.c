/* SPDX-License-Identifier: Apache-2.0 */
#include "control/policy/meters.h"

#include <errno.h>
#include <stdlib.h>

#include "control/policy/contexts.h"
#include "control/policy/parse.h"

static bool has_group(const struct cv_policy_meters *m, size_t first, uint16_t group)
{
	for (size_t i = first; i < m->n; i++) {
		if (m->items[i].group == group)
			return true;
	}
	return false;
}

static int add(struct cv_policy_meters *m, struct cv_generation_build *build,
	       const struct cv_policy_limit *limit, uint32_t reason, uint16_t group)
{
	struct cv_gen_meter meter = {.limit = cv_policy_limit_of(limit), .reason = reason};
	struct cv_policy_group_meter item = {.group = group};
	int r;

	if (!meter.limit.burst)
		return 0; /* messages only */
	r = cv_policy_grow(&m->items, m->n, sizeof(*m->items));
	if (r == 0)
		r = cv_generation_build_meter(build, &meter, &item.number);
	if (r == 0)
		m->items[m->n++] = item;
	return r;
}

static int make(struct cv_policy_meters *m, struct cv_generation_build *build,
		const struct cv_policy_rule *rule)
{
	size_t first = m->n;
	int r = 0;

	if (rule->limited[CV_POLICY_PER_RULE])
		return add(m, build, &rule->limits[CV_POLICY_PER_RULE], CV_REASON_RATE_RULE, 0);
	if (!rule->limited[CV_POLICY_PER_GROUP])
		return 0;
	for (size_t i = 0; r == 0 && i < rule->from.n; i++) {
		uint16_t group = rule->from.items[i].group;

		if (!has_group(m, first, group))
			r = add(m, build, &rule->limits[CV_POLICY_PER_GROUP], CV_REASON_RATE_GROUP,
				group);
	}
	return r;
}

int cv_policy_make_meters(const struct cv_policy *policy, struct cv_generation_build *build,
			  struct cv_policy_meters *ret)
{
	int r = 0;

	ret->first = calloc(policy->n_rules + 1, sizeof(*ret->first));
	if (!ret->first)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < policy->n_rules; i++) {
		r = make(ret, build, &policy->rules[i]);
		ret->first[i + 1] = (uint32_t)ret->n;
	}
	return r;
}

void cv_policy_free_meters(struct cv_policy_meters *m)
{
	free(m->items);
	free(m->first);
}

/* A class is in several groups of a rule where these overlap: the first that is named counts. */
static uint16_t group_of(const struct cv_policy_rule *rule, uint16_t src_class)
{
	for (size_t i = 0; i < rule->from.n; i++) {
		if (rule->from.items[i].class_id == src_class)
			return rule->from.items[i].group;
	}
	return 0;
}

uint32_t cv_policy_meter_of(const struct cv_policy_meters *m, const struct cv_policy_rule *rule,
			    size_t at, uint16_t src_class)
{
	uint16_t group = rule->limited[CV_POLICY_PER_RULE] ? 0 : group_of(rule, src_class);

	for (size_t i = m->first[at]; i < m->first[at + 1]; i++) {
		if (m->items[i].group == group)
			return m->items[i].number;
	}
	return 0;
}
