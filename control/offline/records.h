/* SPDX-License-Identifier: Apache-2.0 */
/* Captures as records: the worker's own pipeline without a policy, for who wants what devices say. */
#ifndef CV_RECORDS_H
#define CV_RECORDS_H

#include "control/offline/source.h"
#include "dataplane/normalize/record.h"
#include "dataplane/policy/generation.h"

struct cv_records;

/** Each record in the order of their making; valid during the call. */
typedef void cv_records_each(void *owner, const struct cv_record *rec);

/** @return 0 or negative errno; told on stderr. */
int cv_records_create(cv_records_each *each, void *owner, const char *const *hints, unsigned int n,
		      struct cv_records **ret);
/** NULL is fine. */
void cv_records_destroy(struct cv_records *r);

/** What it judges by: everything passes and is looked at. */
const struct cv_generation *cv_records_generation(const struct cv_records *r);

/** The next frame. @return 0 or -ENOMEM. */
int cv_records_frame(struct cv_records *r, const struct cv_source_frame *frame);
/** No more frames come: records that wait for others are made. */
void cv_records_finish(struct cv_records *r);

#endif
