/* SPDX-License-Identifier: Apache-2.0 */
/* A trial's inside, for trial.c and for the test that sets its judges against each other. */
#ifndef CV_TRIAL_INTERNAL_H
#define CV_TRIAL_INTERNAL_H

#include "control/offline/trial.h"
#include "dataplane/pipeline.h"
#include "dataplane/policy/loaded.h"

struct cv_trial {
	struct cv_bpf_offline *kernel; /* NULL = not asked */
	struct cv_policy_table *table;
	struct cv_device_table *devices; /* of the table */
	struct cv_policy_table *beside; /* rules in shadow mode enforced, NULL = none */
	struct cv_device_table *beside_devices;
	bool module; /* one runs in the kernel, in front of the pipeline */
	struct cv_loaded *loaded; /* the pipeline's table */
	struct cv_policy_set set;
	struct cv_pipeline *pipeline; /* with devices of its own, unless the module is in front */
	struct cv_counters counters;
	struct cv_sink sink;
	uint8_t *records; /* memory of the sink's lanes */
	bool begun;
	int64_t first_ns; /* time of the first frame */
	uint64_t now_ns; /* never back */
};

#endif
