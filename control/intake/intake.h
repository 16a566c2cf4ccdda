/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to a record between the handoff and the log: it is stamped with the numbers of its
 * device and area in the registry, and becomes the latest value. No syscall, no allocation but for
 * devices and quantities that are new. One thread (control's loop).
 */
#ifndef CV_INTAKE_H
#define CV_INTAKE_H

#include "control/registry/live.h"
#include "control/state/state.h"
#include "dataplane/handoff/handoff.h"

/* Records by what the registry knows of their device; part of /v1/stats. */
#define CV_INTAKE_COUNTS(X)                                                                        \
	X(KNOWN, "known")                                                                          \
	X(UNKNOWN, "unknown") /* the registry does not have the device */                          \
	X(NAMELESS, "nameless") /* the record names no device */                                   \
	X(UNASKED, "unasked") /* there is no registry, or it is still being read */
#define CV_INTAKE_COUNT_ROW(id, name) CV_INTAKE_##id,
enum cv_intake_count { CV_INTAKE_COUNTS(CV_INTAKE_COUNT_ROW) CV_INTAKE_COUNT };

/** A device that the registry does not have is told once in so long, seconds. */
#define CV_INTAKE_TELL_S 86400

struct cv_intake {
	const struct cv_registry_live *live;
	struct cv_state *state;
	/* @return whether it was told; if not it is offered again with the next record. */
	bool (*unknown)(void *owner, const char *urn, size_t len, const struct cv_record *rec);
	void *owner;
	/* Alarm rules: each record that names a device, with its number in state. NULL = nobody. */
	void (*judge)(void *owner, uint32_t device, const struct cv_record *rec);
	/* Memory that judging a record of a device will need; stage 0, then 1. NULL = nobody. */
	void (*fetch)(void *owner, uint32_t device, unsigned int stage);
	void *judge_owner;
	uint64_t counts[CV_INTAKE_COUNT];
	uint64_t told; /* devices that were told as unknown */
};

const char *cv_intake_count_name(enum cv_intake_count what);

/**
 * Look at one checked record, and stamp it.
 *
 * @param rec of ours: nobody else writes to it meanwhile.
 * @return number of its device in state, 0 = it names none, or there is no room.
 */
uint32_t cv_intake_record(struct cv_intake *in, struct cv_record *rec);

/**
 * The same for a block in memory that another process can write to: it is looked at in a copy, each
 * record checked again, and alarm rules are asked. Records are looked at in groups, so that what
 * they need of memory is waited for together. @param b cv_block_check() found it right.
 */
void cv_intake_block(struct cv_intake *in, struct cv_block *b);

/**
 * Take the latest values of a block that is in the log already.
 *
 * @param b checked, as readers of the log are given it.
 * @param from, to sequences that are wanted, up to but without to.
 * @param from_ns records that were received before are not.
 */
void cv_intake_past(struct cv_intake *in, const struct cv_block *b, uint64_t from, uint64_t to,
		    int64_t from_ns);

#endif
