/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generation as a worker judges by it, and which of them it judges by. Both are made off the
 * lcore and never change while it has them: a new policy is a new set, handed over by one store
 * and taken at the start of a poll, so that every burst is judged by one whole policy.
 */
#ifndef CV_LOADED_H
#define CV_LOADED_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/policy/device_table.h"
#include "dataplane/policy/generation.h"
#include "dataplane/policy/policy_table.h"

struct cv_loaded {
	const struct cv_generation *gen;
	struct cv_generation *owned; /* the same, to be freed; NULL = somebody else's */
	struct cv_policy_table *policy;
	/* The state it has while it is judged beside another; NULL = without limits. */
	struct cv_device_table *shadow_devices;
	void *hits; /* mapping of a memfd that control reads too; NULL = in the table */
	size_t hits_size;
	int hits_fd; /* -1 = none */
};

struct cv_policy_set {
	struct cv_loaded *live; /* never NULL */
	struct cv_loaded *shadow; /* NULL = none */
	uint64_t sequence; /* rises with every set, from 1 */
};

/**
 * Build the tables of a generation.
 *
 * @param gen checked image; must outlive the result.
 * @param shared count hits of rules where another process can read them.
 * @return 0, -ENOMEM, -EINVAL, or negative errno.
 */
int cv_loaded_create(const struct cv_generation *gen, bool shared, struct cv_loaded **ret);

/** As much of a shadow's own state as it needs where limits are applied. @return 0 or -ENOMEM. */
int cv_loaded_make_shadow(struct cv_loaded *l);

/** NULL is fine. */
void cv_loaded_destroy(struct cv_loaded *l);

/**
 * May a running worker turn from one to the other? What is set up once must be the same: ports,
 * capacities, what decoders are told.
 */
bool cv_loaded_fits(const struct cv_generation *running, const struct cv_generation *next);

#endif
