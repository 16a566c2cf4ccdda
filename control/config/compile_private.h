/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that make a generation of a configuration. */
#ifndef CV_CONFIG_COMPILE_PRIVATE_H
#define CV_CONFIG_COMPILE_PRIVATE_H

#include "control/config/config.h"
#include "control/config/diagnostics.h"
#include "dataplane/policy/generation_build.h"

/**
 * Guards for `firewall.management`. Entries without an address are for each address that the
 * interfaces of the ports have now.
 *
 * @return 0, -EINVAL with a finding, negative errno.
 */
int cv_config_add_guards(const struct cv_config *config, struct cv_policy_head *head,
			 struct cv_diagnostics *diag);

/**
 * Add an element of decode.json to a generation.
 *
 * @param values how many values were added before; increased.
 * @return 0 or -ENOMEM.
 */
int cv_config_add_json(const struct cv_config_json *j, struct cv_generation_build *build,
		       uint32_t *values);

#endif
