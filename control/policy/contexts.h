/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From zones to contexts: each pair of zones that some port and VLAN leads from and to gets a
 * number, and each port and VLAN the number of its pair. Between the files of the policy compiler.
 */
#ifndef CV_POLICY_CONTEXTS_H
#define CV_POLICY_CONTEXTS_H

#include "control/policy/policy.h"

struct cv_policy_contexts {
	uint16_t in[CV_CONTEXTS_MAX], out[CV_CONTEXTS_MAX]; /* zone numbers, 0 = none */
	unsigned int n; /* at least 1: context 0 is of no zones */
};

/**
 * Find the contexts, and put them, the places, the ports' limits and the zones' names into the
 * generation.
 *
 * @return 0; -EINVAL with findings: unknown ports, zones that overlap; -E2BIG with a finding.
 */
int cv_policy_find_contexts(const struct cv_policy *policy, const struct cv_policy_target *target,
			    struct cv_generation_build *build, struct cv_policy_contexts *ret,
			    struct cv_diagnostics *diag);

/** A limit of the file as the meter wants it. */
struct cv_limit cv_policy_limit_of(const struct cv_policy_limit *limit);

#endif
