/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to its reply: refusals, the Host check, the routes. Private to the server. */
#ifndef CV_HTTP_ROUTE_H
#define CV_HTTP_ROUTE_H

#include "control/subscriber/event_stream.h"
#include "control/subscriber/http_conn.h"

/** What a reply may need. */
struct cv_http_service {
	struct cv_loop *loop;
	const struct cv_http_config *config;
	struct cv_event_source events;
};

/**
 * The resource of a path.
 *
 * @param ret_tail what stands for the asterisk.
 * @return NULL: there is none, or not for this peer.
 */
const struct cv_http_route *cv_http_route_find(const struct cv_http_service *service,
					       const struct cv_http_conn *c, const char *path,
					       const char **ret_tail);

/** Reply to the request in @p c. @param refused status to refuse it with, 0 = it is complete. */
void cv_http_route_request(const struct cv_http_service *service, struct cv_http_conn *c,
			   int refused);

#endif
