/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy on trial: one generation and everything that would judge by it on a node. Each frame
 * goes to the XDP object in the kernel, to the worker's tables, and through the worker's pipeline,
 * whose decoders may refuse what it says. The first two must agree on every frame. Beside it judge,
 * as there, the policy's rules in shadow mode, and behind it, in the kernel, its module. One thread.
 */
#ifndef CV_TRIAL_H
#define CV_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "control/offline/policy_file.h"
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
	bool would_drop; /* a rule in shadow mode would have dropped what is let pass */
	uint32_t would_index; /* where that is counted, else the rule it would have been */
};

/**
 * @param policy must outlive the trial; its module runs only where the kernel judges.
 * @param kernel judge in the kernel too.
 * @return 0; -EPERM: no privilege for the kernel; -EINVAL: the module is refused; negative errno.
 *         @p why is set.
 */
int cv_trial_create(const struct cv_policy_file *policy, bool kernel, struct cv_trial **ret,
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

/** What the module did so far. @return 0, -ENOENT (none runs), another negative errno. */
int cv_trial_module(const struct cv_trial *t, struct cv_bpf_module *ret);

/** NULL is fine. */
void cv_trial_destroy(struct cv_trial *t);

/** Name of a reason. */
const char *cv_trial_reason(uint32_t verdict);
/** "allow" or "drop", as a policy says it. */
const char *cv_trial_action(uint32_t verdict);

#endif
