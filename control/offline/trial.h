/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy on trial: one generation and everything that would judge by it on a node. Each frame
 * goes to the XDP object in the kernel, to the worker's tables, and through the worker's pipeline,
 * whose decoders may refuse what it says. The first two must agree on every frame. One thread.
 */
#ifndef CV_TRIAL_H
#define CV_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "control/offline/source.h"
#include "dataplane/policy/generation.h"
#include "ebpf/offline.h"

struct cv_trial;

struct cv_trial_verdict {
	uint32_t verdict; /* what becomes of the frame, CV_VERDICT() */
	uint32_t first; /* the same before its payload was decoded */
	uint32_t rule, index; /* id, where hits are counted; 0 = default */
	struct cv_packet packet;
	bool kernel; /* XDP judged it too */
};

/**
 * @param gen checked image; must outlive the trial.
 * @param kernel judge in the kernel too.
 * @return 0; -EPERM: no privilege for the kernel; negative errno. @p why is set.
 */
int cv_trial_create(const struct cv_generation *gen, bool kernel, struct cv_trial **ret,
		    struct cv_bpf_why *why);

/**
 * Judge the next frame.
 *
 * @param port index of the port it comes in by.
 * @return 0; -ENOTRECOVERABLE: the judges disagree, @p why says how: a fault in Culvert; another
 *         negative errno.
 */
int cv_trial_frame(struct cv_trial *t, const struct cv_source_frame *frame, uint8_t port,
		   struct cv_trial_verdict *ret, struct cv_bpf_why *why);

/** NULL is fine. */
void cv_trial_destroy(struct cv_trial *t);

/** Name of a reason. */
const char *cv_trial_reason(uint32_t verdict);
/** "allow" or "drop", as a policy says it. */
const char *cv_trial_action(uint32_t verdict);

#endif
