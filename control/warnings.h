/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_WARNINGS_H
#define CV_WARNINGS_H

#include <jansson.h>

/** One more sentence for the operator in a list of them. */
void cv_warn(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
