/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_BYTE_SUM_H
#define CV_BYTE_SUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Sum of bytes, modulo 256: the check code of GB/T 26875.3, DL/T 645 and CJ/T 188. */
static inline uint8_t cv_byte_sum(const uint8_t *data, size_t len)
{
	const uint64_t even = 0x00ff00ff00ff00ff, ones = 0x0001000100010001;
	uint64_t sum = 0, word;

	/* Eight at a time: four sums of two, and the product's highest 16 bits are theirs. */
	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		sum += ((word & even) + (word >> 8 & even)) * ones >> 48;
	}
	while (len-- > 0)
		sum += *data++;
	return (uint8_t)sum;
}

#endif
