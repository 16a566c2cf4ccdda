/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_CONTROL_DIAG_H
#define CV_CONTROL_DIAG_H

#include "dataplane/journal.h"

/** One line for the operator: "culvert-control: LEVEL: ...". @param level error, warning or note. */
void cv_diag(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** The same with the id and the level of a message that is waited for (docs/operator/messages.md). */
void cv_tell(enum cv_message what, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
