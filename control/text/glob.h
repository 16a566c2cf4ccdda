/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns in which '*' stands for any bytes, none included; every other byte for itself. */
#ifndef CV_GLOB_H
#define CV_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/** Whether all of @p text matches. Cost is linear in both lengths. */
bool cv_glob_matches(const char *pattern, size_t pattern_len, const void *text, size_t len);

#endif
