/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of the verdict: native tables built from a generation, and the shared verdict
 * (verdict.h) run over them a burst at a time. Owner: one worker; the device table is written by
 * that worker's lcore only.
 */
#ifndef CV_POLICY_TABLE_H
#define CV_POLICY_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/frame.h"
#include "dataplane/policy/generation.h"

struct cv_policy_table;

/** Build all tables; the only allocation. @return 0, -ENOMEM, -EINVAL. */
int cv_policy_table_create(const struct cv_generation *gen, struct cv_policy_table **ret);

/** NULL is fine. */
void cv_policy_table_destroy(struct cv_policy_table *t);

/**
 * Judge @p n <= CV_BURST_MAX frames in order: fills verdict, rule, inspect and packet of each.
 *
 * @param now_ns monotonic time for device limits, the same for the burst.
 * @param police apply device limits.
 */
void cv_policy_judge(struct cv_policy_table *t, struct cv_frame *frames, unsigned int n,
		     uint64_t now_ns, bool police);

/**
 * State of a device, for what quarantines or lists devices. Owner thread only.
 *
 * @param add make it when there is none.
 * @return NULL: none, or no room. Valid until the next cv_policy_judge().
 */
struct cv_device *cv_policy_device(struct cv_policy_table *t, const struct cv_device_key *key,
				   bool add, uint64_t now_ns);

#endif
