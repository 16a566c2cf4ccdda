/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of key and signature files. */
#ifndef CV_LINES_H
#define CV_LINES_H

#include <stdint.h>

#include "control/config/diagnostics.h"

#define CV_LINES_UNTRUSTED "untrusted comment: "
#define CV_LINES_TRUSTED "trusted comment: "

/** Cursor on a text; ends in "\n" and "\r\n" are taken. */
struct cv_lines {
	const char *file; /* what findings call it */
	const char *at, *end;
	unsigned int line; /* number of the line read last */
	struct cv_diagnostics *diag;
};

/** The file must not be too large nor have bytes that no text has. @return 0 or -EINVAL, told. */
int cv_lines_start(const char *file, const char *text, size_t len, struct cv_diagnostics *diag,
		   struct cv_lines *ret);

/** Pass over empty lines. @return false at the end of the text. */
bool cv_lines_more(struct cv_lines *l);

/** Report something about the line read last. @return -EINVAL. */
int cv_lines_wrong(struct cv_lines *l, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * The next line must begin with a prefix.
 *
 * @param ret_text what follows, not zero-terminated; may be NULL.
 * @return 0 or -EINVAL, told.
 */
int cv_lines_comment(struct cv_lines *l, const char *prefix, const char **ret_text,
		     size_t *ret_len);

/**
 * The next line must be so many bytes in base64 (RFC 4648 section 4), in their one right form.
 *
 * @param what for the finding.
 * @return 0 or -EINVAL, told.
 */
int cv_lines_base64(struct cv_lines *l, const char *what, void *ret, size_t size);

#endif
