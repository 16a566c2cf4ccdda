/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a device's fingerprint to two numbers, in memory: open addressing with linear probing, 16
 * bytes a slot. In 256 parts that grow one by one, so that no growth holds up the loop: with 3
 * million devices a part has 12,000, and moving them takes some 0.1 ms.
 *
 * Fingerprints of 64 bits are taken for the device itself: with 3 million devices the chance that
 * any two meet is 2.5e-7, and another process has another key.
 */
#ifndef CV_REGISTRY_INDEX_H
#define CV_REGISTRY_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#define CV_REGISTRY_PARTS 256

struct cv_registry_slot {
	uint64_t print; /* 0 = free */
	uint32_t row, area;
};

struct cv_registry_index {
	struct {
		struct cv_registry_slot *slots; /* NULL = none yet */
		uint32_t mask, used;
	} parts[CV_REGISTRY_PARTS];
	uint64_t count;
	uint64_t bytes; /* of the slots */
};

/** All zeros is an empty index. Frees the slots. */
void cv_registry_index_free(struct cv_registry_index *index);

/** @return the slot of @p print, NULL = there is none. Valid until the index is changed. */
const struct cv_registry_slot *cv_registry_index_find(const struct cv_registry_index *index,
						      uint64_t print);

/** Have the processor fetch where @p print is or would be, to be asked for soon. */
void cv_registry_index_fetch(const struct cv_registry_index *index, uint64_t print);

/**
 * Put it in, or change what is there.
 *
 * @return 0, or -ENOMEM: the index is as it was.
 */
int cv_registry_index_set(struct cv_registry_index *index, uint64_t print, uint32_t row,
			  uint32_t area);

/** @return whether it was there. */
bool cv_registry_index_remove(struct cv_registry_index *index, uint64_t print);

#endif
