/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quarantine of a running dataplane: built on a thread of its own from a list that came by the
 * link, handed to the lcore by one store, freed when the lcore has turned to the next. A list that
 * is refused changes nothing. Housekeeping thread.
 */
#ifndef CV_QUARANTINE_SLOT_H
#define CV_QUARANTINE_SLOT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/handoff/link.h"
#include "dataplane/pipeline.h"

struct cv_quarantine_slot {
	struct cv_pipeline *pipeline;
	struct cv_quarantine_set *set; /* in force, or about to be; NULL = none yet */
	struct cv_quarantine_set *before; /* the lcore may still look into it; NULL = not */
	struct cv_link_msg asked; /* what is being done */
	bool building, turning;
	/* The builder's: */
	pthread_t builder;
	int list; /* memfd */
	struct cv_quarantine_set *built;
	int error;
	bool done; /* atomic: it has ended */
};

/**
 * What the worker starts with, before it runs.
 *
 * @param fd the list; stays the caller's.
 * @return 0 or negative errno.
 */
int cv_quarantine_slot_init(struct cv_quarantine_slot *q, int fd);

/** The pipeline is there and the lcore does not run yet. */
void cv_quarantine_slot_begin(struct cv_quarantine_slot *q, struct cv_pipeline *pipeline);

/** The worker has ended. */
void cv_quarantine_slot_release(struct cv_quarantine_slot *q);

/**
 * Take a list that came by the link.
 *
 * @param fd the list; stays the caller's.
 * @param why set on failure.
 * @return -EAGAIN: under way, ask cv_quarantine_slot_end(); 0: it is in force already; other
 *         negative errno.
 */
int cv_quarantine_slot_take(struct cv_quarantine_slot *q, const struct cv_link_msg *asked, int fd,
			    const char **why);

/** Has what was taken come into force? @return as cv_quarantine_slot_take(). */
int cv_quarantine_slot_end(struct cv_quarantine_slot *q, const char **why);

#endif
