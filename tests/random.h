/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_TEST_RANDOM_H
#define CV_TEST_RANDOM_H

#include <stdint.h>

/** splitmix64: tiny, and every state is a good one. */
static inline uint64_t next_random_of(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

#endif
