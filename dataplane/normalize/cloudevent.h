/* SPDX-License-Identifier: Apache-2.0 */
/* The record as CloudEvents 1.0 JSON (D12): the projection subscribers and replay print. */
#ifndef CV_CLOUDEVENT_H
#define CV_CLOUDEVENT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/normalize/record.h"

/** Most bytes of a node id that are written. */
#define CV_CLOUDEVENT_NODE_MAX 63

/**
 * Room that any record's JSON fits in, bytes: every byte of the tail may become \u00XX, the device
 * and its component are written a second time as %XX, code and correlation of an alarm a second time, and the rest is
 * the head.
 */
#define CV_CLOUDEVENT_MAX (CV_RECORD_MAX * 6 + 2 * CV_TLV_MAX * (3 + 6) + 3072)

/**
 * Write one event as one line of JSON without the newline. The same record, node and seq always
 * give the same bytes, in any locale. Never invalid UTF-8. docs/subscriber/events.md describes it.
 *
 * @param rec  a record that cv_record_check() accepted or cv_emit_end() finished.
 * @param seq  sequence in the record's lane; the event id is "<node>/<lane>/<seq>".
 * @param buf  at least CV_CLOUDEVENT_MAX bytes.
 * @return length, bytes; 0 when @p size is less than needed.
 */
size_t cv_cloudevent_json(const struct cv_record *rec, const char *node, uint64_t seq, char *buf,
			  size_t size);

/** A hole in a lane that a reader of the log met: events [from, to) cannot be delivered. */
struct cv_log_gap {
	unsigned int lane;
	uint64_t from, to;
	const char *reason; /* a word */
	int64_t ts_ns; /* when it was met, ns since the Unix epoch */
};

/**
 * The same for a hole: type "gap", id "<node>/<lane>/<from>-<to>", sequence that of the last event
 * missing, so that whoever counts on from a sequence goes on behind the hole.
 */
size_t cv_cloudevent_gap_json(const struct cv_log_gap *gap, const char *node, char *buf,
			      size_t size);

#endif
