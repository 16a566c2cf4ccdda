/* SPDX-License-Identifier: Apache-2.0 */
#include "control/config/units.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *text;
	uint64_t factor;
};

/* Largest first: the writers take the first that divides, and prefer powers of 1024. */
static const struct unit size_units[] = {
	{"TiB", 1ull << 40}, {"GiB", 1ull << 30},   {"MiB", 1ull << 20},
	{"KiB", 1ull << 10}, {"TB", 1000000000000}, {"GB", 1000000000ull},
	{"MB", 1000000ull},  {"kB", 1000ull},	    {"B", 1},
};

/* "m" is read only: what is written says "min", which comes before it. */
static const struct unit time_units[] = {
	{"d", 86400000000000}, {"h", 3600000000000}, {"min", 60000000000}, {"m", 60000000000},
	{"s", 1000000000},     {"ms", 1000000},	     {"us", 1000},	   {"ns", 1},
};

static const struct unit count_units[] = {{"M", 1000000}, {"k", 1000}, {"", 1}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct unit *find_unit(const struct unit *units, size_t n, const char *text,
				    size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(units[i].text) == len && memcmp(units[i].text, text, len) == 0)
			return &units[i];
	}
	return NULL;
}

/*
 * Digits with an optional fraction as the integer they make without the point, and 10 to the
 * number of digits behind it. Returns the end.
 */
static int read_number(const char **text, uint64_t *ret_digits, uint64_t *ret_scale)
{
	uint64_t digits = 0, scale = 1;
	const char *p = *text;
	bool point = false;
	unsigned int seen = 0;

	for (;; p++) {
		if (*p == '.' && !point && seen) {
			point = true;
			continue;
		}
		if (*p < '0' || *p > '9')
			break;
		if (__builtin_mul_overflow(digits, 10, &digits) ||
		    __builtin_add_overflow(digits, (uint64_t)(*p - '0'), &digits))
			return -ERANGE;
		if (point)
			scale *= 10; /* cannot pass 10^19: digits would overflow first or be 0 */
		seen++;
		if (seen > 19)
			return -ERANGE;
	}
	if (!seen || p[-1] == '.')
		return -EINVAL;
	*text = p;
	*ret_digits = digits;
	*ret_scale = scale;
	return 0;
}

static int read_with_unit(const char *text, size_t len, const struct unit *units, size_t n,
			  uint64_t *ret)
{
	const char *p = text;
	const struct unit *unit;
	uint64_t digits, scale;
	__uint128_t value;
	int r = read_number(&p, &digits, &scale);

	if (r < 0)
		return r;
	if ((size_t)(p - text) > len)
		return -EINVAL;
	unit = find_unit(units, n, p, len - (size_t)(p - text));
	if (!unit)
		return -EINVAL;
	value = (__uint128_t)digits * unit->factor;
	if (value % scale || value / scale > UINT64_MAX)
		return -ERANGE;
	*ret = (uint64_t)(value / scale);
	return 0;
}

int cv_units_size(const char *text, uint64_t *ret_bytes)
{
	if (cv_units_integer(text, ret_bytes) == 0)
		return 0;
	return read_with_unit(text, strlen(text), size_units, COUNT(size_units), ret_bytes);
}

int cv_units_duration(const char *text, uint64_t *ret_ns)
{
	if (strcmp(text, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	return read_with_unit(text, strlen(text), time_units, COUNT(time_units), ret_ns);
}

static int read_rate(const char *text, const struct unit *units, size_t n, struct cv_rate *ret)
{
	const char *slash = strchr(text, '/');
	const struct unit *period;
	uint64_t amount;
	int r;

	if (!slash)
		return -EINVAL;
	period = find_unit(time_units, COUNT(time_units), slash + 1, strlen(slash + 1));
	if (!period || period->factor < 1000000000ull || strcmp(period->text, "d") == 0)
		return -EINVAL;
	r = read_with_unit(text, (size_t)(slash - text), units, n, &amount);
	if (r < 0)
		return r;
	if (amount == 0)
		return -ERANGE;
	*ret = (struct cv_rate){.amount = amount, .period_ns = period->factor};
	return 0;
}

int cv_units_rate(const char *text, struct cv_rate *ret)
{
	return read_rate(text, count_units, COUNT(count_units), ret);
}

int cv_units_byte_rate(const char *text, struct cv_rate *ret)
{
	return read_rate(text, size_units, COUNT(size_units), ret);
}

int cv_units_integer(const char *text, uint64_t *ret)
{
	const char *p = text;
	uint64_t digits, scale;
	int r = read_number(&p, &digits, &scale);

	if (r < 0)
		return r;
	if (*p || memchr(text, '.', (size_t)(p - text)))
		return -EINVAL;
	*ret = digits;
	return 0;
}

int cv_units_real(const char *text, double *ret)
{
	char *end;
	double value;

	/* strtod() also takes hexadecimal, "inf", "nan" and leading blanks. */
	if (!*text || strspn(text, "0123456789+-.eE") != strlen(text))
		return -EINVAL;
	value = strtod(text, &end);
	if (*end)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*ret = value;
	return 0;
}

static void show(uint64_t value, const struct unit *units, size_t n, char *text)
{
	if (value == 0) {
		strcpy(text, "0");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (value % units[i].factor == 0) {
			snprintf(text, CV_UNITS_TEXT_MAX, "%" PRIu64 "%s", value / units[i].factor,
				 units[i].text);
			return;
		}
	}
}

void cv_units_show_size(uint64_t bytes, char text[CV_UNITS_TEXT_MAX])
{
	show(bytes, size_units, COUNT(size_units), text);
}

void cv_units_show_duration(uint64_t ns, char text[CV_UNITS_TEXT_MAX])
{
	show(ns, time_units, COUNT(time_units), text);
}

void cv_units_show_real(double value, char text[CV_UNITS_TEXT_MAX])
{
	double back = 0;

	/* 17 digits always give the same double back (IEEE 754 binary64); fewer read better. */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, CV_UNITS_TEXT_MAX, "%.*g", digits, value);
		if (cv_units_real(text, &back) == 0 && back == value)
			return;
	}
}
