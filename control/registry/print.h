/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprints of device ids: SipHash-2-4 (Aumasson, Bernstein 2012) under a key that is made anew
 * by each process, so that nobody outside can make two devices meet.
 */
#ifndef CV_REGISTRY_PRINT_H
#define CV_REGISTRY_PRINT_H

#include <stddef.h>
#include <stdint.h>

struct cv_registry_key {
	uint64_t k[2];
};

/** A random key. @return 0 or negative errno. */
int cv_registry_key_make(struct cv_registry_key *ret);

uint64_t cv_registry_print(const struct cv_registry_key *key, const void *data, size_t len);

#endif
