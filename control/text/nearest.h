/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the nearest word of a list by edit distance. Leaf code, used by config and CLI. */
#ifndef CV_NEAREST_H
#define CV_NEAREST_H

#include <stddef.h>

/** Collects candidates one by one; starts with cv_nearest_start(). */
struct cv_nearest {
	const char *word;
	const char *best; /* points to the caller's candidate, NULL = none near enough */
	unsigned int distance;
};

/** @param word what was written; kept by reference. */
struct cv_nearest cv_nearest_start(const char *word);

/** Offer a candidate; kept by reference. Ties go to the one offered first. */
void cv_nearest_offer(struct cv_nearest *n, const char *candidate);

/**
 * Edit distance with swaps of neighbours counted as one (optimal string alignment), ASCII case
 * ignored.
 *
 * @return the distance, or @p limit + 1 when it is larger than @p limit or a word is longer than
 *         64 bytes.
 */
unsigned int cv_edit_distance(const char *a, const char *b, unsigned int limit);

#endif
