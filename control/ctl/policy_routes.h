/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/policy and what is below it (api.md). */
#ifndef CV_POLICY_ROUTES_H
#define CV_POLICY_ROUTES_H

#include "control/rollout/rollout.h"
#include "control/subscriber/http_server.h"

#define CV_POLICY_ROUTES 12

/** Fill @p ret, CV_POLICY_ROUTES rows. @param r must outlive the server. */
void cv_policy_routes(struct cv_rollout *r, struct cv_http_route *ret);

#endif
