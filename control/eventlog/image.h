/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log's folder seen from outside: what is there, and whether it is right. Read-only, needs no
 * loop, and works while control writes to the same folder.
 */
#ifndef CV_LOG_IMAGE_H
#define CV_LOG_IMAGE_H

#include <sys/types.h>

#include "control/eventlog/log_private.h"

/** One segment file as the folder and its sidecar tell of it. */
struct cv_image_segment {
	char name[CV_SEGMENT_NAME];
	struct cv_segment index; /* first and size always; the rest when indexed */
	bool packed, indexed;
	bool index_damaged; /* there is a sidecar and it is not this segment's */
};

struct cv_image_lane {
	enum cv_lane lane;
	int dir; /* -1 = there is no such folder */
	struct cv_image_segment *segments; /* oldest first */
	size_t count, room;
	size_t orphans; /* sidecars without a segment */
	size_t foreign; /* files that are none of the log's */
	struct cv_acked acked; /* end 0 = nothing is known */
};

struct cv_log_image {
	char *path;
	int dir;
	pid_t writer; /* the control that writes to it, 0 = none */
	uint64_t tag_key; /* 0 = it cannot be read */
	struct cv_image_lane lane[CV_LANE_COUNT];
};

/**
 * @param why set on failure to a sentence; owned by the log module.
 * @return 0; -ENOENT there is no log of Culvert in it; or what reading the folder failed with.
 */
int cv_log_image_open(const char *path, struct cv_log_image **ret, const char **why);
void cv_log_image_close(struct cv_log_image *image);

/** Bytes of all segments of a lane. */
uint64_t cv_image_lane_bytes(const struct cv_image_lane *lane);

/* What a walk may find: id, name, whether it is wrong (else it is only worth telling), meaning. */
#define CV_FINDINGS(X)                                                                             \
	X(DAMAGE, "damage", true, "blocks that were acknowledged cannot be read")                  \
	X(HOLE, "hole", true, "numbers are missing and no gap record tells why")                   \
	X(ORDER, "order", true, "a block repeats numbers that came before")                        \
	X(GAP, "gap", true, "a gap record tells of more records than numbers are missing")         \
	X(INDEX, "index", true, "the sidecar is not that of its segment")                          \
	X(FILE, "file", true, "not a segment of this lane, or not readable")                       \
	X(TAIL, "tail", false,                                                                     \
	  "the end of a write that nobody was told of, or damage to the "                          \
	  "newest one")                                                                            \
	X(UNTOLD, "untold", false, "numbers of gap records that could not be written")             \
	X(ORPHAN, "orphan", false, "sidecars without a segment")                                   \
	X(FOREIGN, "foreign", false, "files that are none of the log's")                           \
	X(REMOVED, "removed", false, "retention took the segment meanwhile")
#define CV_FINDING_ROW(id, name, wrong, text) CV_FINDING_##id,
enum cv_finding_kind { CV_FINDINGS(CV_FINDING_ROW) CV_FINDING_COUNT };

struct cv_finding {
	enum cv_finding_kind kind;
	enum cv_lane lane;
	const char *file; /* "" = the folder */
	uint64_t off, bytes; /* place in the file; 0 bytes = no place */
	uint64_t from, to; /* numbers [from, to) that it concerns, 0 = none */
};

const char *cv_finding_name(enum cv_finding_kind kind);
const char *cv_finding_text(enum cv_finding_kind kind);
bool cv_finding_is_wrong(enum cv_finding_kind kind);

/** Called along the walk; each may be NULL. */
struct cv_walk {
	void *owner;
	/** @param b checked in full. @return false: end the walk of this lane. */
	bool (*block)(void *owner, enum cv_lane lane, const struct cv_block *b);
	void (*finding)(void *owner, const struct cv_finding *f);
	void (*progress)(void *owner, uint64_t bytes); /* bytes done since the last call */
	/** @return false: pass over this segment, nobody wants what is in it. */
	bool (*wants)(void *owner, enum cv_lane lane, const struct cv_image_segment *s,
		      uint64_t next_first);
};

struct cv_walked {
	uint64_t begin, end; /* numbers [begin, end) */
	uint64_t blocks, records, gap_records, bytes;
	uint64_t told; /* records that gap records say were refused */
	uint64_t durable; /* one past the last event that is known to be acknowledged */
	int64_t oldest, newest; /* receive times; INT64_MAX, INT64_MIN = none */
};

/** @return 0 or -ENOMEM. */
int cv_log_image_walk(const struct cv_log_image *image, enum cv_lane lane,
		      const struct cv_walk *walk, struct cv_walked *ret);

#endif
