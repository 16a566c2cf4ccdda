/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of the verdict: native tables built from a generation, and the shared verdict
 * (verdict.h) run over them a burst at a time. A table is one policy: it is built off the lcore,
 * handed to it whole, and freed when the lcore has turned to the next one. State of devices lives
 * elsewhere (device_table.h). Owner of a table in use: one worker.
 */
#ifndef CV_POLICY_TABLE_H
#define CV_POLICY_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/frame.h"
#include "dataplane/policy/device_table.h"
#include "dataplane/policy/generation.h"
#include "dataplane/policy/quarantine_set.h"

struct cv_policy_table;

/**
 * Build all tables; the only allocation.
 *
 * @param hits where hits of rules are counted: policy.n_rules + 1 zeroed entries that outlive the
 *             table; NULL = in the table itself.
 * @return 0, -ENOMEM, -EINVAL.
 */
int cv_policy_table_create(const struct cv_generation *gen, struct cv_rule_hits *hits,
			   struct cv_policy_table **ret);

/** NULL is fine. */
void cv_policy_table_destroy(struct cv_policy_table *t);

/**
 * Judge @p n <= CV_BURST_MAX frames in order: fills verdict, rule, rule_index, app, inspect and
 * packet of each.
 *
 * @param devices state for limits; NULL = limits and learning are not applied.
 * @param now_ns monotonic time for limits, the same for the burst.
 */
void cv_policy_judge(struct cv_policy_table *t, struct cv_device_table *devices,
		     struct cv_frame *frames, unsigned int n, uint64_t now_ns);

/**
 * Refuse everything from these devices from now on, after the guard and before every rule. The
 * set is not the table's and must outlive its use.
 *
 * @param quarantine NULL: nobody.
 */
void cv_policy_quarantine(struct cv_policy_table *t, const struct cv_quarantine_set *quarantine);

/**
 * What another policy would say of frames that cv_policy_judge() has just judged. Counts under
 * this policy's rules; changes nothing of the frames.
 *
 * @param devices state of this policy's own, or NULL as above.
 * @param ret @p n judgements.
 */
void cv_policy_judge_shadow(struct cv_policy_table *t, struct cv_device_table *devices,
			    const struct cv_frame *frames, unsigned int n, uint64_t now_ns,
			    struct cv_judgement *ret);

/**
 * The message in a frame was refused that this policy let pass: its rule's hits say so.
 *
 * @param would the rule is in shadow, and the frame passes.
 */
void cv_policy_refused(struct cv_policy_table *t, uint32_t rule_index, bool would);

/** Hits by rule index, policy.n_rules + 1 entries, written by the lcore. */
const struct cv_rule_hits *cv_policy_hits(const struct cv_policy_table *t, uint32_t *count);

#endif
