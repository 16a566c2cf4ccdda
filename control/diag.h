/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_CONTROL_DIAG_H
#define CV_CONTROL_DIAG_H

/** One line on stderr: "culvert-control: LEVEL: ...". @param level error, warning or note. */
void cv_diag(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
