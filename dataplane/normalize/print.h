/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints: 64 bits that stand for a message or for a series of values. Multiplied and folded, 16
 * bytes a step; the seed is a worker's own, so that nobody outside can make two things with one
 * print. Of N prints remembered a new one is taken for another with N / 2^64.
 */
#ifndef CV_PRINT_H
#define CV_PRINT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t cv_print_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t cv_print_step(uint64_t print, const uint64_t word[2])
{
	/* Both factors hang on what came before: no input makes one of them zero for sure. */
	return cv_print_fold(print ^ word[0] ^ 0x9e3779b97f4a7c15ull,
			     (print << 32 | print >> 32) ^ word[1] ^ 0xd1b54a32d192ed03ull);
}

/** The print of @p data behind what @p print stands for; begin with the seed. */
static inline uint64_t cv_print_add(uint64_t print, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t word[2];

	print ^= len * 0x2545f4914f6cdd1dull;
	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(word, at, sizeof(word));
		print = cv_print_step(print, word);
	}
	word[0] = word[1] = 0;
	memcpy(word, at, len);
	return cv_print_step(print, word);
}

#endif
