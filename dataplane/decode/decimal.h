/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal text to double, correctly rounded (IEEE 754 round to nearest, ties to
 * even). No locale, no allocation, and bounded: strtod() is none of that.
 */
#ifndef CV_DECIMAL_H
#define CV_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest number text, bytes. A double needs 25; more is somebody testing us.
 */
#define CV_DECIMAL_MAX 64

/**
 * Read the whole text as a number: sign, digits with at most one point,
 * exponent. At least one digit; no blanks, no hexadecimal, no "inf" or "nan".
 * Stricter grammars (JSON) are the caller's.
 *
 * @param text  not terminated.
 * @param len   bytes.
 * @param shift power of ten the number is multiplied by before it is rounded,
 * -99 to 99: converts between units that differ by a power of ten without a
 * second rounding.
 * @param ret   set on success only. A number too small for a double gives 0.
 * @return 0, -EINVAL not a number, -E2BIG longer than CV_DECIMAL_MAX, -ERANGE
 * too large for a double.
 */
int cv_decimal_parse(const char *text, size_t len, int shift, double *ret);

#define CV_DECIMAL_SMALL 15
#define CV_DECIMAL_POWER 22

/**
 * The same of an integer below 10^CV_DECIMAL_SMALL and a power of ten from
 * -CV_DECIMAL_POWER to CV_DECIMAL_POWER: both are exact doubles, so one
 * operation rounds once.
 */
double cv_decimal_small(uint64_t head, int exponent);

/* Between the two parts of this module. */

/**
 * Round @p mantissa * 10^@p exponent, if 128 bits are enough to tell.
 *
 * @param cut digits behind the mantissa were left out; it has 19 then.
 * @return false when undecided; *ret is set when true.
 */
bool cv_decimal_product(uint64_t mantissa, int exponent, bool cut, double *ret);

#endif
