/* SPDX-License-Identifier: Apache-2.0 */
/* Times as devices write them: calendar fields in a zone that the protocol implies. */
#ifndef CV_CIVIL_TIME_H
#define CV_CIVIL_TIME_H

#include <stdbool.h>
#include <stdint.h>

/** Beijing time, which the Chinese field protocols imply: UTC+8, no summer time. Seconds. */
#define CV_BEIJING_S (8 * 3600)

struct cv_civil {
	unsigned int year; /* all four digits */
	unsigned int month, day; /* from 1 */
	unsigned int hour, minute, second;
};

/**
 * An instant from its fields in a zone.
 *
 * @param offset_s of the zone, seconds east of UTC.
 * @param ret ns since the Unix epoch. Set when true.
 * @return false when there is no such time, or its year is not from 2000 to 2099.
 */
bool cv_civil_time(const struct cv_civil *c, int offset_s, int64_t *ret);

#endif
