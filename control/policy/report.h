/* SPDX-License-Identifier: Apache-2.0 */
/* How the verbs that make and judge bundles end. */
#ifndef CV_POLICY_REPORT_H
#define CV_POLICY_REPORT_H

#include <jansson.h>

#include "control/bundle/bundle.h"
#include "control/policy/command.h"

/**
 * Tell the findings, and with --json the result: one object, {"ok": ..., RESULT..., "errors": N,
 * "warnings": N, "findings": [...]}. Findings for a person go to stderr.
 *
 * @param result stolen; NULL = nothing to add.
 * @param r 0 or a negative errno: whether it is ok.
 */
void cv_policy_report(const struct cv_policy_args *args, json_t *result,
		      const struct cv_diagnostics *diag, int r);

/** A finding about a file as a whole. @return @p r. */
int cv_policy_file_wrong(struct cv_diagnostics *diag, const char *file, int r, const char *hint,
			 const char *text);

/** What a bundle is, for --json. @return a new reference, NULL without memory. */
json_t *cv_policy_bundle_json(const struct cv_bundle *bundle);

/** "policy "city" version 42, 3 files, expires 2027-02-19T13:00:00Z", without a line's end. */
void cv_policy_bundle_print(const struct cv_bundle *bundle, FILE *out);

/**
 * Write a file.
 *
 * @param flags O_EXCL: it may not exist before; O_TRUNC: it may.
 * @return 0 or negative errno with a finding.
 */
int cv_policy_write_file(const char *path, int flags, mode_t mode, const void *data, size_t size,
			 struct cv_diagnostics *diag);

/** "2026-11-21T13:00:00Z" or a day, "2026-11-21". @return 0 or -EINVAL. */
int cv_policy_time(const char *text, int64_t *ret);

#endif
