/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration and policy in, one generation out. */
#ifndef CV_CONFIG_COMPILE_H
#define CV_CONFIG_COMPILE_H

#include "control/config/config.h"

/**
 * Load the policy a configuration names and compile both.
 *
 * @param number the generation's number, from 1.
 * @param ret the image, ret->size bytes, to be freed with free(); set on success only.
 * @param diag findings; warnings are added on success too.
 * @return 0; -EINVAL with findings; -ENOMEM; another negative errno with a finding.
 */
int cv_config_compile(const struct cv_config *config, uint64_t number, struct cv_generation **ret,
		      struct cv_diagnostics *diag);

/**
 * The same, and the policy again with its rules in shadow mode enforced, to be judged beside it:
 * what they would do. That one's number is CV_GENERATION_WOULD(number).
 *
 * @param ret_would NULL: the policy has no such rules. Set on success only.
 */
int cv_config_compile_both(const struct cv_config *config, uint64_t number,
			   struct cv_generation **ret, struct cv_generation **ret_would,
			   struct cv_diagnostics *diag);

#endif
