/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and may they: the door in front of every resource. What is refused is answered alike
 * whatever exists behind the door. Private to the server.
 */
#ifndef CV_HTTP_ACCESS_H
#define CV_HTTP_ACCESS_H

#include "control/subscriber/http_route.h"

/**
 * Find out who asks.
 *
 * @param path of the request.
 * @return false: answered with 401, 403 or 429.
 */
bool cv_http_access_admit(const struct cv_http_service *service, struct cv_http_conn *c,
			  const char *path);

/** Whether a resource is one of those that everybody who is let in may read. */
bool cv_http_access_is_open(const struct cv_http_conn *c, const struct cv_http_route *route);

/** What the connection's principal may see of the events, NULL = everything. */
const struct cv_scope *cv_http_access_scope(const struct cv_http_conn *c);

#endif
