/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/decode/iso_time.h"

#include <string.h>

#include "dataplane/decode/civil_time.h"

#define SECONDS_END 19 /* where "2013-03-31T16:21:17" ends */

/* Two digits, or -1. */
static int pair(const uint8_t *p)
{
	unsigned int tens = p[0] - (unsigned int)'0', ones = p[1] - (unsigned int)'0';

	return tens <= 9 && ones <= 9 ? (int)(10 * tens + ones) : -1;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "+08:00", "-0330": seconds east of UTC. */
static bool offset(const uint8_t *p, size_t len, int *ret)
{
	int hours, minutes;

	if (len != 5 && !(len == 6 && p[3] == ':'))
		return false;
	hours = pair(p + 1);
	minutes = pair(p + len - 2);
	if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
		return false;
	*ret = (hours * 60 + minutes) * (*p == '-' ? -60 : 60);
	return true;
}

static bool zone(const uint8_t *p, size_t len, int *ret)
{
	if (len > 0 && *p == ' ') {
		p++;
		len--;
	}
	*ret = 0;
	if (len == 1)
		return *p == 'Z' || *p == 'z';
	if (len == 3)
		return memcmp(p, "GMT", 3) == 0 || memcmp(p, "UTC", 3) == 0;
	return len > 0 && (*p == '+' || *p == '-') && offset(p, len, ret);
}

/* Nanoseconds of ".528002"; *at is moved behind it. */
static int64_t fraction(const uint8_t *text, size_t len, size_t *at)
{
	int64_t ns = 0, unit = 100000000;

	if (*at + 1 >= len || text[*at] != '.' || !is_digit(text[*at + 1]))
		return 0;
	for (++*at; *at < len && is_digit(text[*at]); ++*at) {
		ns += (text[*at] - '0') * unit;
		unit /= 10;
	}
	return ns;
}

bool cv_iso_time(const uint8_t *text, size_t len, int64_t *ret)
{
	static const uint8_t field_at[] = {0, 2, 5, 8, 11, 14, 17};
	struct cv_civil c;
	size_t at = SECONDS_END;
	int64_t ns, seconds;
	int field[7], east;

	if (len < SECONDS_END || text[4] != '-' || text[7] != '-' || text[13] != ':' ||
	    text[16] != ':' || (text[10] != 'T' && text[10] != ' '))
		return false;
	for (size_t i = 0; i < sizeof(field_at); i++) {
		field[i] = pair(text + field_at[i]);
		if (field[i] < 0)
			return false;
	}
	ns = fraction(text, len, &at);
	if (!zone(text + at, len - at, &east))
		return false;
	c = (struct cv_civil){
		.year = (unsigned int)(100 * field[0] + field[1]),
		.month = (unsigned int)field[2],
		.day = (unsigned int)field[3],
		.hour = (unsigned int)field[4],
		.minute = (unsigned int)field[5],
		.second = (unsigned int)field[6],
	};
	if (!cv_civil_time(&c, east, &seconds))
		return false;
	*ret = seconds + ns;
	return true;
}
