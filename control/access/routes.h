/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_ACCESS_ROUTES_H
#define CV_ACCESS_ROUTES_H

#include "control/access/access.h"
#include "control/loop/loop.h"
#include "control/subscriber/http_server.h"

#define CV_ACCESS_ROUTES 2

struct cv_access_owner {
	struct cv_access *access;
	struct cv_loop *loop;
};

/** Fill CV_ACCESS_ROUTES rows: list, make and revoke; on the Unix socket only. */
void cv_access_routes(struct cv_access_owner *owner, struct cv_http_route *rows);

#endif
