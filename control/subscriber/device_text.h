/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The URN of a record's device for filters: with a hundred subscribers a record is asked a hundred
 * times who it is about, so what was written last is kept. Control's thread.
 */
#ifndef CV_DEVICE_TEXT_H
#define CV_DEVICE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

struct cv_device_text {
	const char *text; /* NULL = the record names no device; valid until the next call */
	size_t len;
	uint64_t hash; /* cv_text_hash(0, text, len) */
};

/** cv_device_urn() of a record. */
struct cv_device_text cv_device_text(const struct cv_record *rec);

/** More than a core's cache has of the newest events. */
#define CV_DEVICE_HASHES 4096u

/**
 * Whom the newest events of a log are about: worked out once, however many look. All 0 to begin with;
 * for one log, for as long as that is open. Control's thread.
 */
struct cv_device_hashes {
	struct cv_device_hash_place {
		uint64_t seq, hash;
		uint64_t lane; /* + 1; 0 = free */
	} place[CV_DEVICE_HASHES];
};

/**
 * The hash of cv_device_text(), 0 where it has no text.
 *
 * @param rec as it is in the log, where @p seq is its number in its lane.
 */
static inline uint64_t cv_device_hash(struct cv_device_hashes *h, const struct cv_record *rec,
				      uint64_t seq)
{
	struct cv_device_hash_place *p =
		&h->place[(seq + rec->lane * (CV_DEVICE_HASHES / 4)) % CV_DEVICE_HASHES];

	if (p->seq != seq || p->lane != rec->lane + 1u)
		*p = (struct cv_device_hash_place){seq, cv_device_text(rec).hash, rec->lane + 1u};
	return p->hash;
}

#endif
