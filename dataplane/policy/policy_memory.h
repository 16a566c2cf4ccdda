/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the verdict's tables: sizes first, then one mapping. Slow path. */
#ifndef CV_POLICY_MEMORY_H
#define CV_POLICY_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/** What has been reserved so far. One mapping is less to fail, and huge pages cover small tables. */
struct cv_layout {
	size_t size;
};

/** @return offset of @p count elements in the mapping, on a cache line. */
static inline size_t cv_reserve(struct cv_layout *l, size_t count, size_t element)
{
	size_t at = (l->size + 63) & ~(size_t)63;

	l->size = at + count * element;
	return at;
}

/** The next power of two, at least 1. @p n up to 2^31. */
static inline uint32_t cv_power_of_two(uint64_t n)
{
	uint32_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

/** Zeroed memory, touched, in huge pages where there are. To be given back by munmap(). */
int cv_policy_map(size_t size, void **ret);

#endif
