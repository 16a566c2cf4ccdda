/* SPDX-License-Identifier: Apache-2.0 */
/* A record from a fuzzer's bytes. */
#ifndef CV_FUZZ_RECORD_H
#define CV_FUZZ_RECORD_H

#include <stdlib.h>
#include <string.h>

#include "dataplane/normalize/record.h"

/** @return a record that cv_record_check() takes, to be freed; NULL: these bytes make none. */
static inline struct cv_record *fuzz_record(const uint8_t *data, size_t size)
{
	size_t room = size < sizeof(struct cv_record) ? sizeof(struct cv_record) : size;
	struct cv_record *rec = aligned_alloc(8, (room + 7) & ~(size_t)7);

	if (!rec)
		return NULL;
	memset(rec, 0, sizeof(*rec));
	memcpy(rec, data, size);
	/* Random sizes would hardly ever be right; the rest must be right by itself. */
	rec->size = (uint16_t)(room < CV_RECORD_MAX ? room & ~(size_t)7 : CV_RECORD_MAX);
	rec->version = CV_RECORD_VERSION;
	if (cv_record_check(rec, room) == 0)
		return rec;
	free(rec);
	return NULL;
}

#endif
