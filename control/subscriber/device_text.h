/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The URN of a record's device for filters: with a hundred subscribers a record is asked a hundred
 * times who it is about, so what was written last is kept. Control's thread.
 */
#ifndef CV_DEVICE_TEXT_H
#define CV_DEVICE_TEXT_H

#include "dataplane/normalize/record.h"

struct cv_device_text {
	const char *text; /* NULL = the record names no device; valid until the next call */
	size_t len;
	uint64_t hash; /* cv_text_hash(0, text, len) */
};

/** cv_device_urn() of a record. */
struct cv_device_text cv_device_text(const struct cv_record *rec);

#endif
