/* SPDX-License-Identifier: Apache-2.0 */
#include "control/state/pool.h"

#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20) /* bytes, of x86-64; elsewhere it only aligns */

static size_t arena_bytes(const struct cv_pool *p)
{
	return ((size_t)p->size * CV_POOL_ARENA + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
}

/* Room for an arena: address space, which takes memory where it is written to. */
static char *map_arena(size_t bytes)
{
	char *at = mmap(NULL, bytes + LARGE_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t head;

	if (at == MAP_FAILED)
		return NULL;
	head = -(uintptr_t)at & (LARGE_PAGE - 1);
	if (head > 0)
		munmap(at, head);
	munmap(at + head + bytes, LARGE_PAGE - head);
	/* What has few items stays small. Where there are no large pages it works as well. */
	(void)madvise(at + head + LARGE_PAGE, bytes - LARGE_PAGE, MADV_HUGEPAGE);
	return at + head;
}

uint32_t cv_pool_add(struct cv_pool *p, uint64_t *budget)
{
	uint32_t arena = p->used >> CV_POOL_ARENA_BITS;
	uint64_t bytes = (uint64_t)p->size * CV_POOL_CHUNK;

	if (p->used % CV_POOL_CHUNK == 0) {
		if (arena == CV_POOL_ARENAS || *budget < bytes)
			return 0;
		if (!p->arenas[arena])
			p->arenas[arena] = map_arena(arena_bytes(p));
		if (!p->arenas[arena])
			return 0;
		*budget -= bytes;
	}
	return ++p->used;
}

uint64_t cv_pool_bytes(const struct cv_pool *p)
{
	uint64_t chunks = (p->used + (uint64_t)CV_POOL_CHUNK - 1) / CV_POOL_CHUNK;

	return chunks * CV_POOL_CHUNK * p->size;
}

void cv_pool_free(struct cv_pool *p)
{
	for (uint32_t i = 0; i < CV_POOL_ARENAS && p->arenas[i]; i++)
		munmap(p->arenas[i], arena_bytes(p));
	*p = (struct cv_pool){0};
}
