/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the registry in memory as its file is: a thread reads, the loop takes over some rows a turn,
 * so that neither a start with millions of devices nor an import holds up an event. Whether there is
 * anything to read is seen by the files' times, once a second. One thread (control's loop) but for
 * the reading.
 */
#ifndef CV_REGISTRY_FOLLOW_H
#define CV_REGISTRY_FOLLOW_H

#include "control/loop/loop.h"
#include "control/registry/live.h"

struct cv_registry_follow;

struct cv_registry_follow_config {
	const char *path; /* of the file; copied */
	struct cv_registry_live *live; /* must outlive this */
	/* The file cannot be read, and why: once until it can be again. */
	void (*fault)(void *owner, const char *why);
	void *owner;
};

/** Begins to read at once. @return 0 or negative errno. */
int cv_registry_follow_create(struct cv_loop *loop, const struct cv_registry_follow_config *config,
			      struct cv_registry_follow **ret);

/** Turns the loop until nothing is in flight. NULL is fine. */
void cv_registry_follow_destroy(struct cv_registry_follow *f);

#endif
