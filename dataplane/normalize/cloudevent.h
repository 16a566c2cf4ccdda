/* SPDX-License-Identifier: Apache-2.0 */
/* The record as CloudEvents 1.0 JSON (D12): the projection subscribers and replay print. */
#ifndef CV_CLOUDEVENT_H
#define CV_CLOUDEVENT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

/** Room that any record's JSON fits in, bytes: every byte of the tail may become \u00XX. */
#define CV_CLOUDEVENT_MAX (CV_RECORD_MAX * 6 + 2048)

/**
 * Write one event as one line of JSON without the newline. The same record, node and seq always
 * give the same bytes.
 *
 * @param seq  sequence in the record's lane; the event id is "<node>/<lane>/<seq>".
 * @param buf  at least CV_CLOUDEVENT_MAX bytes.
 * @return length, bytes.
 */
size_t cv_cloudevent_json(const struct cv_record *rec, const char *node, uint64_t seq, char *buf,
			  size_t size);

#endif
