/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and may they: the door in front of every resource. What is refused is answered alike
 * whatever exists behind the door. Private to the server.
 */
#ifndef CV_HTTP_ACCESS_H
#define CV_HTTP_ACCESS_H

#include "control/subscriber/http_route.h"

/** Whether the connection is one too many. @return true: answered with 429 or 503. */
bool cv_http_access_is_over(const struct cv_http_service *service, struct cv_http_conn *c);

/**
 * Find out who asks.
 *
 * @param path of the request.
 * @return false: answered with 401, 403 or 429.
 */
bool cv_http_access_admit(const struct cv_http_service *service, struct cv_http_conn *c,
			  const char *path);

/** Answer with 403, in the words that tell nothing, and write it down. */
void cv_http_access_forbid(const struct cv_http_service *service, struct cv_http_conn *c,
			   const char *path);

/** Write down that somebody asked for what is there and out of scope; it is answered otherwise. */
void cv_http_access_hidden(const struct cv_http_service *service, const struct cv_http_conn *c,
			   const char *path);

/** Whether the connection may read a resource, as the list of them says. */
bool cv_http_access_is_open(const struct cv_http_conn *c, const struct cv_http_route *route);

/** What the connection's principal may see of the events, NULL = everything. */
const struct cv_scope *cv_http_access_scope(const struct cv_http_conn *c);

#endif
