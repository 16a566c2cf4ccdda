/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control's end of the link (dataplane/handoff/link.h): gives a dataplane its generation, takes
 * its handoff, and notices its death. One thread (control's loop).
 */
#ifndef CV_LINK_SERVER_H
#define CV_LINK_SERVER_H

#include "control/consumer/consumer.h"
#include "control/eventlog/eventlog.h"
#include "control/link/link_policy.h"
#include "control/link/link_quarantine.h"
#include "control/loop/loop.h"

struct cv_link_server;

/**
 * Listen on a Unix socket with mode 0600; a stale socket file is replaced, one that somebody
 * listens on is not.
 *
 * @param gen checked image; copied into a sealed memfd.
 * @param why set on failure to a sentence with the remedy; valid until the next call.
 * @return 0 or negative errno.
 */
int cv_link_server_create(struct cv_loop *loop, struct cv_eventlog *log, const char *path,
			  const struct cv_generation *gen, struct cv_link_server **ret,
			  const char **why);

/** Have each block looked at before it is logged; before the first dataplane comes. */
void cv_link_server_set_look(struct cv_link_server *s, cv_consumer_look *look, void *owner);

/** Be told when a dataplane has attached; before the first one comes. */
void cv_link_server_set_attached(struct cv_link_server *s, void (*attached)(void *owner),
				 void *owner);

/** Which generations the dataplane has; for what changes the policy. */
struct cv_link_policy *cv_link_server_policy(struct cv_link_server *s);

/** The list of quarantined devices that the dataplane has; empty at first. */
struct cv_link_quarantine *cv_link_server_quarantine(struct cv_link_server *s);

/** The dataplane's consumer, NULL = none attached. */
const struct cv_consumer *cv_link_server_dataplane(const struct cv_link_server *s);

/** Is a dataplane there at this moment, whatever events are still unread? */
bool cv_link_server_has_peer(const struct cv_link_server *s);

/** Memory of the i-th dataplane that is attached or being drained, NULL = there is no i-th. */
const struct cv_handoff *cv_link_server_handoff(const struct cv_link_server *s, unsigned int i);

/** Sums over all dataplane processes since start, alive and finished. */
void cv_link_server_totals(const struct cv_link_server *s, struct cv_totals *ret);

/** Stop listening and consuming; blocks not logged yet wait in the handoff. NULL is fine. */
void cv_link_server_destroy(struct cv_link_server *s);

#endif
