/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the policy compiler. */
#ifndef CV_POLICY_EXPAND_H
#define CV_POLICY_EXPAND_H

#include "control/policy/policy.h"

/** Most entries a policy may expand to before they are ordered. */
#define CV_POLICY_ENTRIES_MAX 65536u

/** One row of a rule: a pair of classes at a protocol and port. */
struct cv_policy_entry {
	uint32_t rank; /* rule index * 2, + 1 for an answer: lower decides */
	uint16_t src, dst; /* class, 0 = any */
	uint16_t port; /* host order */
	uint8_t ip_proto;
	uint8_t kind; /* enum cv_probe_kind */
};

struct cv_policy_entries {
	struct cv_policy_entry *items;
	size_t n;
};

/** What rows are wanted: those for one pair of zones. */
struct cv_policy_view {
	uint16_t in, out; /* zone numbers, 0 = none */
	bool shadow; /* rules in shadow mode too */
};

/**
 * All rows of all rules that act in a view, sorted by kind, protocol, port, classes, rank; only the lowest rank of
 * equal rows is kept.
 *
 * @param beaten_by per rule, zeros: set to the rule index + 1 of one that takes an equal row.
 * @return 0, -E2BIG, -ENOMEM.
 */
int cv_policy_expand(const struct cv_policy *policy, const struct cv_policy_view *view,
		     uint32_t *beaten_by, struct cv_policy_entries *ret);

#endif
