/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/firewall and /v1/quarantine (api.md). */
#ifndef CV_FIREWALL_ROUTES_H
#define CV_FIREWALL_ROUTES_H

#include "control/config/config.h"
#include "control/nft/firewall.h"
#include "control/subscriber/http_server.h"

#define CV_FIREWALL_ROUTES 2

/** What the routes work on. */
struct cv_firewall_owner {
	const struct cv_config *config;
	struct cv_firewall *firewall; /* NULL = firewall.enabled is false */
};

/** Fill @p ret, CV_FIREWALL_ROUTES rows. @param owner must outlive the server. */
void cv_firewall_routes(struct cv_firewall_owner *owner, struct cv_http_route *ret);

#endif
