/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/firewall and /v1/quarantine (api.md). */
#ifndef CV_FIREWALL_ROUTES_H
#define CV_FIREWALL_ROUTES_H

#include "control/config/config.h"
#include "control/loop/task.h"
#include "control/nft/firewall.h"
#include "control/subscriber/http_server.h"
#include "control/text/who.h"

#define CV_FIREWALL_ROUTES 2

/** A change of the quarantine under way: kernel and disk take long, and the loop goes on. */
struct cv_quarantine_job {
	uint64_t id; /* of the request, 0 = none */
	enum cv_firewall_verb verb;
	char who[CV_WHO_SIZE];
	char *body; /* the list */
	size_t len;
	int status; /* HTTP */
	json_t *answer;
	uint64_t since_ns; /* the answer is there; monotonic */
};

/** What the routes work on. */
struct cv_firewall_owner {
	const struct cv_config *config;
	struct cv_firewall *firewall; /* NULL = firewall.enabled is false */
	struct cv_loop *loop;
	struct cv_task task;
	struct cv_quarantine_job job;
};

/** @return 0 or negative errno. */
int cv_firewall_owner_init(struct cv_firewall_owner *o, struct cv_loop *loop,
			   const struct cv_config *config, struct cv_firewall *firewall);

/** Waits for a change under way. Also of zeros. */
void cv_firewall_owner_release(struct cv_firewall_owner *o);

/** Fill @p ret, CV_FIREWALL_ROUTES rows. @param owner must outlive the server. */
void cv_firewall_routes(struct cv_firewall_owner *owner, struct cv_http_route *ret);

#endif
