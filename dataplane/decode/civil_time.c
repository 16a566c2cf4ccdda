/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/civil_time.h"

/* Days since 1970-01-01 of a date in the Gregorian calendar; March-based years end with the leap
 * day. */
static int64_t days(unsigned int year, unsigned int month, unsigned int day)
{
	unsigned int y = month > 2 ? year : year - 1;
	unsigned int m = month > 2 ? month - 3 : month + 9;

	return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

static unsigned int month_days(unsigned int year, unsigned int month)
{
	static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month - 1] + (month == 2 && leap);
}

bool cv_civil_time(const struct cv_civil *c, int offset_s, int64_t *ret)
{
	int64_t seconds;

	if (c->year < 2000 || c->year > 2099 || c->month < 1 || c->month > 12 || c->day < 1 ||
	    c->day > month_days(c->year, c->month) || c->hour > 23 || c->minute > 59 ||
	    c->second > 59)
		return false;
	seconds = days(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60 +
		  c->second;
	*ret = (seconds - offset_s) * 1000000000;
	return true;
}
