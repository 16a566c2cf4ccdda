/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that senders share: one meter for each rule, or for each group a rule names. */
#ifndef CV_POLICY_METERS_H
#define CV_POLICY_METERS_H

#include "control/policy/policy.h"

struct cv_policy_group_meter {
	uint16_t group; /* as named in the rule's `from` */
	uint32_t number; /* for cv_rule.meter */
};

struct cv_policy_meters {
	struct cv_policy_group_meter *items;
	size_t n;
	uint32_t *first; /* by rule: of its items; n_rules + 1 of them */
};

/** Make the meters of all rules. @return 0 or -ENOMEM; free @p ret in any case. */
int cv_policy_make_meters(const struct cv_policy *policy, struct cv_generation_build *build,
			  struct cv_policy_meters *ret);

void cv_policy_free_meters(struct cv_policy_meters *m);

/** The meter of a rule for a sender's class, 0 = none. @param at index of the rule. */
uint32_t cv_policy_meter_of(const struct cv_policy_meters *m, const struct cv_policy_rule *rule,
			    size_t at, uint16_t src_class);

#endif
