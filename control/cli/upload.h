/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are put in force: read with their signatures, and what control says of them. */
#ifndef CV_CLI_UPLOAD_H
#define CV_CLI_UPLOAD_H

#include <jansson.h>
#include <stddef.h>

#include "control/cli/command.h"

/** @param path "-" = standard input. @param ret malloc'ed. @return exit code; told on stderr. */
int cv_upload_read(const char *path, char **ret, size_t *ret_len);

/**
 * Append the signatures beside a file, as minisign writes them: FILE.minisig and FILE.*.minisig.
 *
 * @param data malloc'ed, @p len bytes; grows. @param ret_sigs bytes appended.
 * @return exit code; told on stderr.
 */
int cv_upload_signatures(const char *path, char **data, size_t *len, size_t *ret_sigs);

/**
 * Post to control.
 *
 * @param expect number that must be in force, NULL = any.
 * @param ret_status, ret set when it answered; @p ret is the caller's.
 * @return exit code; told on stderr.
 */
int cv_upload_post(const struct cv_cli *cli, const char *path, const char *data, size_t len,
		   const char *expect, long *ret_status, json_t **ret);

/** Print a refusal as it is. @return exit code. */
int cv_upload_print_refusal(json_t *doc, long status);

void cv_upload_tell_findings(const json_t *findings);
/** Tell why control refused. @return exit code. */
int cv_upload_tell_refusal(const json_t *doc, long status);

#endif
