/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the log still owes its readers: records it refused and that no gap record tells of yet.
 * Kept in a small file beside the lanes, since control may end before the disk takes the gap
 * record. Written in place by one pwrite() per change, so that a killed process leaves it whole;
 * not synced: after a power failure it may be a little behind.
 */
#include <stddef.h>
#include <unistd.h>

#include "control/eventlog/log_private.h"

#define CV_OWED_MAGIC 0x44574f43u /* "COWD" */
#define CV_OWED_ROOM 64u /* bytes per lane */

struct owed {
	uint32_t magic;
	uint32_t crc32c; /* of the rest */
	uint64_t records;
	/* The gap record on its way to the disk: once it is there, its part is no longer owed. */
	uint64_t gap_seq; /* 0 = none */
	uint64_t gap_value;
	uint64_t why; /* enum cv_refusal */
};
_Static_assert(sizeof(struct owed) <= CV_OWED_ROOM, "owed file layout");

static uint32_t checksum(const struct owed *o)
{
	return cv_crc32c(0, &o->records, sizeof(*o) - offsetof(struct owed, records));
}

void cv_owed_keep(const struct cv_log_lane *l)
{
	const struct cv_log_write *w = &l->append.now;
	struct owed o = {
		.magic = CV_OWED_MAGIC,
		.records = l->gap_pending,
		.gap_seq = w->gap_value ? l->gap_block->first_seq : 0,
		.gap_value = w->gap_value,
		.why = l->gap_why,
	};

	o.crc32c = checksum(&o);
	/* Without it the log works all the same, until control ends while it owes. */
	if (pwrite(l->log->owed, &o, sizeof(o), (off_t)(l->lane * CV_OWED_ROOM)) < 0)
		return;
}

void cv_owed_load(struct cv_log_lane *l)
{
	struct owed o;

	if (pread(l->log->owed, &o, sizeof(o), (off_t)(l->lane * CV_OWED_ROOM)) !=
		    (ssize_t)sizeof(o) ||
	    o.magic != CV_OWED_MAGIC || o.crc32c != checksum(&o) || o.why >= CV_REFUSAL_COUNT)
		return;
	if (o.gap_seq != 0 && l->end > o.gap_seq)
		o.records -= o.gap_value < o.records ? o.gap_value : o.records;
	if (o.records >= CV_SEQ_MAX - l->end)
		return;
	l->gap_pending = o.records;
	l->gap_why = (enum cv_refusal)o.why;
	l->next = l->end + o.records;
}
