/* SPDX-License-Identifier: Apache-2.0 */
/* Secret keys and the passwords that protect them, at a terminal. */
#ifndef CV_KEY_FILE_H
#define CV_KEY_FILE_H

#include <limits.h>

#include "control/bundle/sign.h"

/** Longest password, with its zero; as minisign's. */
#define CV_PASSWORD_MAX 1024

/**
 * Where minisign keeps its secret key: $MINISIGN_CONFIG_DIR, else ~/.minisign, minisign.key.
 *
 * @param make make the directory, for this user alone.
 * @return 0; -ENOENT there is no home; another negative errno.
 */
int cv_key_file_default(bool make, char path[PATH_MAX]);

/**
 * A password: the first line of a file, or asked for at the terminal without echo.
 *
 * @param file NULL = ask.
 * @param twice ask again, and compare.
 * @param ret wipe it with explicit_bzero().
 * @return 0 or negative errno with a finding.
 */
int cv_key_file_password(const char *file, const char *prompt, bool twice,
			 char ret[CV_PASSWORD_MAX], struct cv_diagnostics *diag);

/**
 * Read a secret key; its password, if it has one, as cv_key_file_password() does.
 *
 * @param ret wipe it with cv_secret_key_wipe().
 * @return 0 or negative errno with a finding.
 */
int cv_key_file_read(const char *path, const char *password_file, struct cv_secret_key *ret,
		     struct cv_diagnostics *diag);

#endif
