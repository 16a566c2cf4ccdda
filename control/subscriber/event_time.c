/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "control/subscriber/event_query.h"

/* Exactly @p width digits at *at, which moves on. @return the number or -1. */
static int digits(const char **at, int width)
{
	int v = 0;

	for (int i = 0; i < width; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		v = v * 10 + (**at - '0');
	}
	return v;
}

/* ".5" to 500000000; more than nine digits are cut. @return -1 when malformed. */
static int64_t fraction(const char **at)
{
	int64_t v = 0, unit = 100000000;

	if (**at != '.')
		return 0;
	(*at)++;
	if (**at < '0' || **at > '9')
		return -1;
	for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
		v += (**at - '0') * unit;
	return v;
}

/* "Z" or "+08:00" in seconds. A '+' left unescaped in a query arrives as a space. */
static int zone(const char **at, int64_t *ret)
{
	char sign = **at;
	int hours, minutes;

	*ret = 0;
	if (sign == '\0')
		return -EINVAL;
	(*at)++;
	if (sign == 'Z' || sign == 'z')
		return 0;
	if (sign != '+' && sign != '-' && sign != ' ')
		return -EINVAL;
	hours = digits(at, 2);
	if (hours < 0 || hours > 23 || *(*at)++ != ':')
		return -EINVAL;
	minutes = digits(at, 2);
	if (minutes < 0 || minutes > 59)
		return -EINVAL;
	*ret = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
	return 0;
}

/* RFC 3339 section 5.6. */
static int date_time(const char **at, int64_t *ret_seconds, int64_t *ret_fraction)
{
	static const char between[] = "--T::";
	int field[6];
	struct tm tm = {0}, back;
	time_t seconds;
	int64_t offset;

	for (int i = 0; i < 6; i++) {
		field[i] = digits(at, i == 0 ? 4 : 2);
		if (field[i] < 0)
			return -EINVAL;
		if (i < 5 && **at != between[i] && !(i == 2 && (**at == 't' || **at == ' ')))
			return -EINVAL;
		*at += i < 5;
	}
	if (field[1] < 1 || field[1] > 12 || field[2] < 1 || field[3] > 23 || field[4] > 59 ||
	    field[5] > 60)
		return -EINVAL;
	tm.tm_year = field[0] - 1900;
	tm.tm_mon = field[1] - 1;
	tm.tm_mday = field[2];
	seconds = timegm(&tm);
	if (!gmtime_r(&seconds, &back) || back.tm_mday != field[2]) /* 30 February */
		return -EINVAL;
	*ret_fraction = fraction(at);
	if (*ret_fraction < 0 || zone(at, &offset) < 0)
		return -EINVAL;
	*ret_seconds = (int64_t)seconds + field[3] * 3600 + field[4] * 60 + field[5] - offset;
	return 0;
}

int cv_event_time_parse(const char *text, int64_t *ret_ns)
{
	size_t len = strspn(text, "0123456789");
	int64_t seconds, part, ns;
	uint64_t unix_seconds;
	const char *at = text;

	if (len == 4 && text[4] == '-') {
		if (date_time(&at, &seconds, &part) < 0)
			return -EINVAL;
	} else {
		if (cv_sequence_parse(text, len, &unix_seconds) < 0 || unix_seconds > INT64_MAX)
			return -EINVAL;
		seconds = (int64_t)unix_seconds;
		at += len;
		part = fraction(&at);
		if (part < 0)
			return -EINVAL;
	}
	if (*at != '\0' || __builtin_mul_overflow(seconds, 1000000000, &ns) ||
	    __builtin_add_overflow(ns, part, &ns))
		return -EINVAL;
	*ret_ns = ns;
	return 0;
}
