/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's quarantine: who may send nothing across this node, whatever the policy says. Made
 * off the lcore from a whole list, never changed, handed over by one store and freed when the lcore
 * has turned to the next one.
 */
#ifndef CV_QUARANTINE_SET_H
#define CV_QUARANTINE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/policy/quarantine_image.h"

struct cv_quarantine_set {
	uint64_t sequence; /* rises with every set, from 1; the maker's */
	uint32_t count; /* devices */
	uint32_t crc32c; /* of the list it was made from */
	bool macs; /* it has MAC addresses, and */
	bool addresses; /* IP addresses */
	uint32_t filter_mask; /* bits - 1 */
	uint32_t mask; /* entries - 1 */
	uint32_t reach; /* furthest entry from its home, slots */
	uint64_t *filter; /* one bit per device, set */
	struct cv_binding_key *entries; /* kind 0 = empty */
};

/**
 * Build it; the only allocation.
 *
 * @param image checked; not kept.
 * @return 0 or -ENOMEM.
 */
int cv_quarantine_set_create(const struct cv_quarantine_image *image,
			     struct cv_quarantine_set **ret);

/** NULL is fine. */
void cv_quarantine_set_destroy(struct cv_quarantine_set *s);

#endif
