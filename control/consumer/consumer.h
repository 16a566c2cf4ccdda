/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The consumer end of the handoff (D9): takes the published blocks of one dataplane process, lane
 * by lane in the order of their worth, has them logged where they lie and gives them back when
 * they are durable. One thread (control's loop).
 *
 * While records flow it looks every 50 us; when nothing came for a while it sets the sleeping flag
 * and waits for the doorbell.
 */
#ifndef CV_CONSUMER_H
#define CV_CONSUMER_H

#include "control/consumer/totals.h"
#include "control/eventlog/eventlog.h"
#include "control/loop/loop.h"

struct cv_consumer;

/** Looks at a good block, once, before it is logged; may write to the records' stamps only. */
typedef void cv_consumer_look(void *owner, struct cv_block *b);

/** The process has ended and everything it published is logged: destroy the consumer now. */
typedef void cv_consumer_drained(void *owner, struct cv_consumer *c);

/**
 * Start consuming.
 *
 * @param handoff_fd, doorbell the dataplane's; owned by the consumer on success.
 * @param pidfd of the dataplane, owned likewise; -1 = unknown: the link's end is its end.
 * @param why set on failure to a sentence; static.
 * @return 0, -EPROTO, -EBADMSG (broken memory), -ENOMEM or negative errno.
 */
int cv_consumer_create(struct cv_loop *loop, struct cv_eventlog *log, int handoff_fd, int doorbell,
		       int pidfd, cv_consumer_drained *drained, void *owner,
		       struct cv_consumer **ret, const char **why);

/**
 * The link is down: take what is published and go on until the process has ended too, since one
 * that lives comes back with the same memory; then call drained (from the loop).
 */
void cv_consumer_peer_gone(struct cv_consumer *c);

/**
 * The same process offers its handoff again. Takes over @p doorbell.
 *
 * @param handoff_fd stays the caller's.
 * @return 0, or -EINVAL: other memory than before.
 */
int cv_consumer_peer_back(struct cv_consumer *c, int handoff_fd, int doorbell);

/** Have each block looked at. @p look NULL: nobody does. */
void cv_consumer_set_look(struct cv_consumer *c, cv_consumer_look *look, void *owner);

/** What the header says; whether a dataplane is behind it. */
const struct cv_handoff *cv_consumer_handoff(const struct cv_consumer *c);
bool cv_consumer_attached(const struct cv_consumer *c);

/** The dataplane broke the protocol of the handoff: a sentence, NULL = it did not. */
const char *cv_consumer_broken(const struct cv_consumer *c);

/** Add the counters so far; settled when the dataplane is gone and drained. */
void cv_consumer_totals(const struct cv_consumer *c, struct cv_totals *to);

/** Waits for requests in flight (turns the loop unless there are none), gives nothing up. */
void cv_consumer_destroy(struct cv_consumer *c);

#endif
