/* SPDX-License-Identifier: Apache-2.0 */
/* The resources below /v1/config (api.md). */
#ifndef CV_CONFIG_ROUTES_H
#define CV_CONFIG_ROUTES_H

#include "control/node/node.h"
#include "control/subscriber/http_server.h"

#define CV_CONFIG_ROUTES 9

/** Fill CV_CONFIG_ROUTES rows. */
void cv_config_routes(struct cv_node *n, struct cv_http_route *ret);

#endif
