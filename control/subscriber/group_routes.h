/* SPDX-License-Identifier: Apache-2.0 */
/* Consumer groups over HTTP: GET /v1/groups, POST /v1/groups/NAME/ack, DELETE /v1/groups/NAME. */
#ifndef CV_GROUP_ROUTES_H
#define CV_GROUP_ROUTES_H

#include "control/subscriber/group.h"
#include "control/subscriber/http_server.h"

#define CV_GROUP_ROUTES 2

/** Fill CV_GROUP_ROUTES rows; @p groups must outlive the server. */
void cv_group_routes(struct cv_groups *groups, struct cv_http_route *rows);

#endif
