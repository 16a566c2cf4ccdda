/* SPDX-License-Identifier: Apache-2.0 */
/* Private to pipeline.c and pipeline_setup.c. */
#ifndef CV_PIPELINE_INTERNAL_H
#define CV_PIPELINE_INTERNAL_H

#include "dataplane/flow/inspect.h"
#include "dataplane/pipeline.h"
#include "dataplane/policy/loaded.h"

struct cv_pipeline {
	const struct cv_policy_set *set; /* judged by; the lcore's */
	const struct cv_policy_set *next; /* what to judge by; written off the lcore, atomic */
	uint64_t taken; /* sequence of the set; written by the lcore, atomic */
	/* Beside the policies, in the same way; NULL = nobody. */
	const struct cv_quarantine_set *quarantine, *next_quarantine;
	uint64_t quarantine_taken;
	struct cv_policy_set own; /* where nobody else brings one */
	struct cv_sink *sink;
	struct cv_counters *counters;
	struct cv_device_table *devices; /* NULL = limits are not applied here */
	bool decode; /* the generation wants inspection at all */
	struct cv_inspect inspect;
};

#endif
