/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of what dataplane processes counted, for the ledger. */
#ifndef CV_TOTALS_H
#define CV_TOTALS_H

#include "dataplane/handoff/handoff.h"
#include "dataplane/policy/generation.h"

struct cv_totals {
	struct cv_counters workers;
	struct cv_port_counters ports[CV_PORTS_MAX];
	uint64_t taken[CV_LANE_COUNT]; /* records given back, by this control or one before it */
	uint64_t taken_here[CV_LANE_COUNT]; /* records given back by this control */
	/* What a process that died had in hand: frames of a burst, records of open blocks. */
	uint64_t interrupted_rx, interrupted_inspected;
	uint64_t abandoned[CV_LANE_COUNT];
	uint64_t untold[CV_LANE_COUNT]; /* of what it shed: no gap record tells of them */
	/* Copies of dropped frames (dataplane/handoff/evidence.h). */
	struct cv_evidence_counts evidence[CV_PORTS_MAX];
	uint64_t evidence_read; /* taken out of the rings */
	uint64_t evidence_abandoned; /* in the ring of a process that died */
	uint64_t finished; /* dataplane processes */
};
_Static_assert(sizeof(struct cv_totals) % sizeof(uint64_t) == 0, "only 64-bit numbers");

/** Add all numbers of @p from to @p to. */
void cv_totals_add(struct cv_totals *to, const struct cv_totals *from);

/** Add what the dataplane behind @p h has counted so far. */
void cv_totals_read(struct cv_totals *to, const struct cv_handoff *h);

/**
 * The process is gone: what is missing in its sums was in its hands.
 *
 * @param drained nothing it published is still to be taken.
 */
void cv_totals_settle(struct cv_totals *t, bool drained);

#endif
