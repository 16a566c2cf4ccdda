/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_BYTE_SUM_H
#define CV_BYTE_SUM_H

#include <stddef.h>
#include <stdint.h>

/** Sum of bytes, modulo 256: the check code of GB/T 26875.3, DL/T 645 and CJ/T 188. */
static inline uint8_t cv_byte_sum(const uint8_t *data, size_t len)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += data[i];
	return (uint8_t)sum;
}

#endif
