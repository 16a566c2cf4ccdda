/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_ACCESS_CONTROL_H
#define CV_ACCESS_CONTROL_H

#include "control/access/routes.h"
#include "control/rollout/rollout.h"

/**
 * Open the table of principals beside the policies; what happens to it goes to the audit trail.
 * Where it cannot be read control goes on, and nobody is let in by it: told on stderr.
 *
 * @param ret access is NULL then.
 */
void cv_access_control_open(struct cv_loop *loop, struct cv_rollout *rollout,
			    struct cv_access_owner *ret);

#endif
