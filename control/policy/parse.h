/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that read the policy. */
#ifndef CV_POLICY_PARSE_H
#define CV_POLICY_PARSE_H

#include "control/config/yaml.h"
#include "control/policy/policy.h"

struct cv_policy_reader {
	struct cv_policy *policy;
	struct cv_diagnostics *diag;
	int error; /* 0, -EINVAL, -ENOMEM */
};

/** Add a finding at a node's value and remember the failure. */
void cv_policy_wrong(struct cv_policy_reader *r, struct cv_place at, const char *hint,
		     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** Names: `groups:` and `services:`. */
void cv_policy_read_groups(struct cv_policy_reader *r, const struct cv_yaml *map);
void cv_policy_read_services(struct cv_policy_reader *r, const struct cv_yaml *map);

/** `rules:`; groups and services have been read. */
void cv_policy_read_rules(struct cv_policy_reader *r, const struct cv_yaml *list);

/** Prefixes of different groups must not overlap; sorts the prefixes. */
void cv_policy_check_overlap(struct cv_policy_reader *r);

#endif
