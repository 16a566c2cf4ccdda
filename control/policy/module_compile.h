/* SPDX-License-Identifier: Apache-2.0 */
/* Compiling a module with the clang of this machine. */
#ifndef CV_MODULE_COMPILE_H
#define CV_MODULE_COMPILE_H

#include "control/config/diagnostics.h"

/**
 * Compile a source to an object without debug sections.
 *
 * @param object path to write; what lies there is replaced.
 * @param diag what the compiler says, each with its place.
 * @return 0; -EINVAL the source has mistakes; -ENOENT there is no clang or no header, told in
 *         @p diag; another negative errno.
 */
int cv_module_compile(const char *source, const char *object, struct cv_diagnostics *diag);

/**
 * Add "FILE:LINE:COLUMN: TEXT" as a finding with its place, other text as one of @p file.
 *
 * @param hint or NULL.
 */
void cv_module_finding(struct cv_diagnostics *diag, const char *file, const char *text,
		       const char *hint);

#endif
