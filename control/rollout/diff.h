/* SPDX-License-Identifier: Apache-2.0 */
/* What two policies say differently: rules by id, groups and other names by name, members of lists. */
#ifndef CV_POLICY_DIFF_H
#define CV_POLICY_DIFF_H

#include <jansson.h>

#include "control/config/yaml.h"

/**
 * Compare two policy files as trees. Layout, comments and the order of names do not count; the
 * order of rules does, since the first that matches decides.
 *
 * @return [{"section", "id", "change": "added"|"removed"|"changed"|"order", "fields": [...]}],
 *         a new reference; NULL: no memory.
 */
json_t *cv_policy_diff(const struct cv_yaml *a, const struct cv_yaml *b);

#endif
