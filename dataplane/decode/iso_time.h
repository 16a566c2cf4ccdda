/* SPDX-License-Identifier: Apache-2.0 */
/* Times written as text, ISO 8601 and RFC 3339: 2013-03-31T16:21:17.528002Z. */
#ifndef CV_ISO_TIME_H
#define CV_ISO_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Date, 'T' or a blank, time to the second, any fraction of it; then Z, GMT or UTC (a blank before
 * them or not), or the distance to it ("+08:00", "-0330").
 *
 * @param ret ns since the Unix epoch. Set when true.
 * @return false when it is written in another way, without its zone, or there is no such time.
 */
bool cv_iso_time(const uint8_t *text, size_t len, int64_t *ret);

#endif
