/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policies of a running dataplane: built on a thread of their own, handed to the lcore by one
 * store, freed when the lcore has turned to the next. Housekeeping thread.
 */
#ifndef CV_POLICIES_H
#define CV_POLICIES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/handoff/link.h"
#include "dataplane/pipeline.h"
#include "dataplane/policy/loaded.h"

/** Live, shadow, previous, one that is ready, one that was given up. */
#define CV_POLICIES_MAX 5

struct cv_policies {
	const struct cv_generation *base; /* it was started with */
	bool police; /* the worker applies limits */
	struct cv_pipeline *pipeline;
	struct cv_loaded *loaded[CV_POLICIES_MAX]; /* NULL = free */
	struct cv_policy_set *set; /* in force, or about to be */
	struct cv_policy_set *before; /* the lcore may still judge by it; NULL = not */
	uint64_t previous; /* number of the one to keep, 0 = none */
	struct cv_link_msg asked; /* what is being done */
	bool building, turning;
	/* The builder's: */
	pthread_t builder;
	int image; /* memfd */
	struct cv_loaded *built;
	int error;
	bool done; /* atomic: it has ended */
};

/** Build what the worker starts with. @return 0 or negative errno. */
int cv_policies_init(struct cv_policies *p, const struct cv_generation *gen, bool police);

/** The worker has ended. */
void cv_policies_release(struct cv_policies *p);

/**
 * Build a generation that came by the link.
 *
 * @param fd the image; stays the caller's.
 * @param ret_hits where its hits are counted, set where it is there already.
 * @param why set on failure.
 * @return -EAGAIN: it is being built; 0: it is there already; other negative errno.
 */
int cv_policies_build(struct cv_policies *p, const struct cv_link_msg *asked, int fd, int *ret_hits,
		      const char **why);

/** @return -EAGAIN: it is still being built; otherwise as cv_policies_build(). */
int cv_policies_built(struct cv_policies *p, int *ret_hits, const char **why);

/** Hand a set to the lcore. @return 0: it turns; -ENOENT: something named is not there. */
int cv_policies_switch(struct cv_policies *p, const struct cv_link_msg *asked, const char **why);

/** Has the lcore turned? Then what is not named any more is freed. */
bool cv_policies_turned(struct cv_policies *p);

#endif
