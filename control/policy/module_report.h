/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a module's object. */
#ifndef CV_MODULE_REPORT_H
#define CV_MODULE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "ebpf/module.h"

/** {"name", "abi", "budget_ns", "codes"}; NULL: no memory. */
json_t *cv_module_info_json(const struct cv_module_info *info);

/** What a module did with captures. */
struct cv_module_trial {
	struct cv_bpf_module module;
	uint64_t packets; /* judged */
	uint64_t dropped_before; /* by the policy: the module was not asked */
	uint64_t not_asked; /* for another reason: the guard */
	uint64_t left_out; /* too short or too long for a run in the kernel */
};

/** Tell of a trial on stdout. @return 0 or -EIO, -ENOMEM. */
int cv_module_tell_trial(const char *object, const char *policy, const struct cv_module_trial *t,
			 bool json);

/** {"runs", "continued", "invalid", "absent", "drops": [...], "time"}; NULL: no memory. */
json_t *cv_module_counts_json(const struct cv_bpf_module *m);

/** What a module did with frames: a line with its name, then one for each of its words. */
void cv_module_tell_counts(const struct cv_bpf_module *m, FILE *out);

/** Tell of a built object on stdout. @return 0 or -EIO. */
int cv_module_tell_built(const char *path, size_t size, const struct cv_module_info *info,
			 bool verified, bool json);

#endif
