/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_UTC_H
#define CV_UTC_H

#include <stdint.h>

#define CV_UTC_SIZE 32

/** Seconds since the Unix epoch as RFC 3339 has them: 2026-11-21T17:00:00Z; "?" = no such year. */
void cv_utc_text(int64_t seconds, char ret[CV_UTC_SIZE]);

#endif
