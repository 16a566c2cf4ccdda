/* SPDX-License-Identifier: Apache-2.0 */
/* Private to pipeline.c and pipeline_setup.c. */
#ifndef CV_PIPELINE_INTERNAL_H
#define CV_PIPELINE_INTERNAL_H

#include "dataplane/flow/inspect.h"
#include "dataplane/pipeline.h"
#include "dataplane/policy/policy_table.h"

struct cv_pipeline {
	struct cv_policy_table *policy;
	struct cv_sink *sink;
	struct cv_counters *counters;
	struct cv_device_table *devices; /* NULL = limits are not applied here */
	bool decode; /* the generation wants inspection at all */
	struct cv_inspect inspect;
};

#endif
