/* SPDX-License-Identifier: Apache-2.0 */
/* Items of one size by number, from 1, in chunks that never move; never given back. */
#ifndef CV_STATE_POOL_H
#define CV_STATE_POOL_H

#include <stdint.h>

#define CV_POOL_CHUNK 16384u /* items */
#define CV_POOL_CHUNKS 4096u

struct cv_pool {
	uint32_t size; /* of an item, bytes */
	uint32_t used;
	void *chunks[CV_POOL_CHUNKS];
};

/**
 * @param budget bytes that may still be allocated; what this takes is subtracted.
 * @return number of a zeroed item, 0 = no room.
 */
uint32_t cv_pool_add(struct cv_pool *p, uint64_t *budget);
/** @param number 1..used */
void *cv_pool_at(const struct cv_pool *p, uint32_t number);
void cv_pool_free(struct cv_pool *p);

#endif
