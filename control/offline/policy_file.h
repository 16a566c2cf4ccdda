/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as the offline verbs take it: a policy file, or a generation image compiled from one. */
#ifndef CV_POLICY_FILE_H
#define CV_POLICY_FILE_H

#include "control/config/diagnostics.h"
#include "dataplane/policy/generation.h"

/**
 * @param path policy file, or an image that `culvert config compile` wrote.
 * @param config the node's configuration, whose ports and zones the policy is compiled for; NULL =
 *        a node without ports.
 * @param ret freed by the caller with free().
 * @return 0; negative errno with findings.
 */
int cv_policy_file_load(const char *path, const char *config, struct cv_generation **ret,
			struct cv_diagnostics *diag);

/** Index of a port by name. @return -ENOENT. */
int cv_policy_file_port(const struct cv_generation *gen, const char *name);

#endif
