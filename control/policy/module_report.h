/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a module's object. */
#ifndef CV_MODULE_REPORT_H
#define CV_MODULE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "ebpf/module.h"

/** {"name", "abi", "budget_ns", "codes"}; NULL: no memory. */
json_t *cv_module_info_json(const struct cv_module_info *info);

/** Tell of a built object on stdout. @return 0 or -EIO. */
int cv_module_tell_built(const char *path, size_t size, const struct cv_module_info *info,
			 bool verified, bool json);

#endif
