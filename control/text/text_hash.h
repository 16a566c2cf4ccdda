/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_TEXT_HASH_H
#define CV_TEXT_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * For tables that nobody fills whose words come from outside: two texts with the same hash are easy
 * to make. Eight bytes a step.
 */
static inline uint64_t cv_text_hash(uint64_t h, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t part = 0;

	h ^= len;
	for (; len >= sizeof(part); at += sizeof(part), len -= sizeof(part)) {
		memcpy(&part, at, sizeof(part));
		h = (h ^ part) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	part = 0;
	memcpy(&part, at, len);
	h = (h ^ part) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

#endif
