/* SPDX-License-Identifier: Apache-2.0 */
#include "control/state/pool.h"

#include <stdlib.h>

uint32_t cv_pool_add(struct cv_pool *p, uint64_t *budget)
{
	uint32_t chunk = p->used / CV_POOL_CHUNK;
	uint64_t bytes = (uint64_t)p->size * CV_POOL_CHUNK;

	if (chunk == CV_POOL_CHUNKS)
		return 0;
	if (!p->chunks[chunk]) {
		if (*budget < bytes)
			return 0;
		p->chunks[chunk] = calloc(CV_POOL_CHUNK, p->size);
		if (!p->chunks[chunk])
			return 0;
		*budget -= bytes;
	}
	return ++p->used;
}

void *cv_pool_at(const struct cv_pool *p, uint32_t number)
{
	uint32_t i = number - 1;

	return (char *)p->chunks[i / CV_POOL_CHUNK] + (size_t)(i % CV_POOL_CHUNK) * p->size;
}

void cv_pool_free(struct cv_pool *p)
{
	for (uint32_t i = 0; i < CV_POOL_CHUNKS; i++)
		free(p->chunks[i]);
	*p = (struct cv_pool){0};
}
