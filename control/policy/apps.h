/* SPDX-License-Identifier: Apache-2.0 */
/* Constraints on messages, between the files that read and compile the policy. */
#ifndef CV_POLICY_APPS_H
#define CV_POLICY_APPS_H

#include "control/policy/policy.h"

/** cv_rule.app of a rule's key for a sender's class. */
uint16_t cv_policy_app_of(const struct cv_policy_rule *rule, bool answer, uint16_t src_class);

/** Put constraints and bound identities into the generation. @return 0; -EINVAL with a finding;
 * -EFBIG; -ENOMEM. */
int cv_policy_add_apps(const struct cv_policy *policy, struct cv_generation_build *build,
		       struct cv_diagnostics *diag);

#endif
