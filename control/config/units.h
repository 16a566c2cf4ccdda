/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with units as people write them in configuration and policy, both ways. */
#ifndef CV_UNITS_H
#define CV_UNITS_H

#include <stddef.h>
#include <stdint.h>

/** Room for any number these functions write. */
#define CV_UNITS_TEXT_MAX 40

/**
 * Sizes: "0", "4096", "64kB", "64KiB", "1.5GiB"; units B, kB, MB, GB, TB (1000) and KiB, MiB, GiB, TiB (1024).
 * Durations: "0", "1ms", "1.5h"; units ns, us, ms, s, min, h, d; a unit is needed but for 0.
 * The value must come out whole.
 *
 * @return 0, -EINVAL not of this form, -ERANGE beyond 64 bits or not whole.
 */
int cv_units_size(const char *text, uint64_t *ret_bytes);
int cv_units_duration(const char *text, uint64_t *ret_ns);

/** A rate: @p amount things in @p period_ns. */
struct cv_rate {
	uint64_t amount; /* >= 1 */
	uint64_t period_ns; /* 1 s, 60 s or 3600 s */
};

/**
 * "1000/s", "60/min", "10k/s" (k, M: thousand, million), "5/h" for packets; as bytes with a size
 * unit: "1MB/s".
 */
int cv_units_rate(const char *text, struct cv_rate *ret);
int cv_units_byte_rate(const char *text, struct cv_rate *ret);

/** Whole decimal number. @return 0, -EINVAL, -ERANGE. */
int cv_units_integer(const char *text, uint64_t *ret);

/** Decimal number, may have sign, fraction and exponent. @return 0, -EINVAL, -ERANGE (not finite). */
int cv_units_real(const char *text, double *ret);

/** Write so that reading gives the same; the largest unit that divides. */
void cv_units_show_size(uint64_t bytes, char text[CV_UNITS_TEXT_MAX]);
void cv_units_show_duration(uint64_t ns, char text[CV_UNITS_TEXT_MAX]);
void cv_units_show_real(double value, char text[CV_UNITS_TEXT_MAX]);

#endif
