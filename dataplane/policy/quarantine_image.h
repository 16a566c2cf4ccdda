/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of quarantined devices as control hands it on: flat, checked, in order. It stands beside
 * the policies and outlives each of them; a change is a whole new list.
 */
#ifndef CV_QUARANTINE_IMAGE_H
#define CV_QUARANTINE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/policy/policy_abi.h"

/** Most devices of a list. */
#define CV_QUARANTINE_MAX (1u << 20)

#define CV_QUARANTINE_MAGIC 0x4e515643u /* "CVQN" */
#define CV_QUARANTINE_VERSION 1

struct cv_quarantine_image {
	uint32_t magic;
	uint32_t version;
	uint32_t count;
	uint32_t crc32c; /* of everything else */
	struct cv_binding_key devices[]; /* ascending by cv_quarantine_order(), each once */
};
_Static_assert(sizeof(struct cv_quarantine_image) == 16, "quarantine image is ABI");

/** Bytes of an image of @p count devices. */
static inline size_t cv_quarantine_image_size(uint32_t count)
{
	return sizeof(struct cv_quarantine_image) + count * sizeof(struct cv_binding_key);
}

/** @return below, at or above 0 as @p a is before, the same as or behind @p b. */
int cv_quarantine_order(const struct cv_binding_key *a, const struct cv_binding_key *b);

/** Fill magic, version and checksum in; count and devices are there. */
void cv_quarantine_image_seal(struct cv_quarantine_image *image);

/**
 * May it be used? Whatever the bytes are, nothing behind @p size is read.
 *
 * @param image aligned to 8 bytes.
 * @return 0, or -EBADMSG.
 */
int cv_quarantine_image_check(const struct cv_quarantine_image *image, size_t size);

/**
 * Read and check an image; a copy, which nobody else can change afterwards.
 *
 * @param ret malloc'ed, set on success only.
 * @return 0, -EBADMSG, -ENOMEM, or the negative errno of reading.
 */
int cv_quarantine_image_read(int fd, struct cv_quarantine_image **ret);

#endif
