/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Items of one size by number, from 1, that never move and are never given back. Who asks for millions
 * of them without order pays for the processor's way to each page more than for the item, so all but
 * the first of an arena lie on large pages where the system has some.
 */
#ifndef CV_STATE_POOL_H
#define CV_STATE_POOL_H

#include <stddef.h>
#include <stdint.h>

#define CV_POOL_CHUNK 16384u /* items that are counted as taken at once */
#define CV_POOL_ARENA_BITS 20 /* items of a mapping, as a power of two */
#define CV_POOL_ARENA (1u << CV_POOL_ARENA_BITS)
#define CV_POOL_ARENAS 64u

struct cv_pool {
	uint32_t size; /* of an item, bytes */
	uint32_t used;
	char *arenas[CV_POOL_ARENAS]; /* mappings, NULL = not yet */
};

/**
 * @param budget bytes that may still be allocated; what this takes is subtracted.
 * @return number of a zeroed item, 0 = no room.
 */
uint32_t cv_pool_add(struct cv_pool *p, uint64_t *budget);

/** Bytes taken, as the budget has it. */
uint64_t cv_pool_bytes(const struct cv_pool *p);

void cv_pool_free(struct cv_pool *p);

/** @param number 1..used */
static inline void *cv_pool_at(const struct cv_pool *p, uint32_t number)
{
	uint32_t i = number - 1;

	return p->arenas[i >> CV_POOL_ARENA_BITS] + (size_t)(i & (CV_POOL_ARENA - 1)) * p->size;
}

#endif
