/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are put in force: read with their signatures, and what control says of them. */
#ifndef CV_CLI_UPLOAD_H
#define CV_CLI_UPLOAD_H

#include <jansson.h>
#include <stddef.h>

/** @param path "-" = standard input. @param ret malloc'ed. @return exit code; told on stderr. */
int cv_upload_read(const char *path, char **ret, size_t *ret_len);

/**
 * Append the signatures beside a file, as minisign writes them: FILE.minisig and FILE.*.minisig.
 *
 * @param data malloc'ed, @p len bytes; grows. @param ret_sigs bytes appended.
 * @return exit code; told on stderr.
 */
int cv_upload_signatures(const char *path, char **data, size_t *len, size_t *ret_sigs);

void cv_upload_tell_findings(const json_t *findings);
/** Tell why control refused. @return exit code. */
int cv_upload_tell_refusal(const json_t *doc, long status);

#endif
