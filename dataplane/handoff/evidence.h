/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's side of drop evidence (dataplane/policy/evidence_abi.h): a bounded ring of copies in
 * the handoff's memory, one per worker. Control writes the configuration and the tail, the lcore
 * everything else. While nobody captures a drop costs the lcore one load and a branch.
 */
#ifndef CV_EVIDENCE_H
#define CV_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/policy/evidence_abi.h"
#include "dataplane/policy/generation.h"

/** Copies a ring holds, power of two. Control looks every 10 ms. */
#define CV_EVIDENCE_SLOTS 256u
/** Longest frame that a copy may claim to be of, bytes. */
#define CV_EVIDENCE_WIRE_MAX 262144u

struct cv_evidence_slot {
	struct cv_sample head;
	uint8_t data[CV_EVIDENCE_SNAP_MAX];
} __attribute__((aligned(64)));

/** In shared memory; zeroed = off. */
struct cv_evidence {
	_Alignas(64) struct cv_evidence_config config; /* by control */
	_Alignas(64) uint64_t tail; /* copies read; by control */
	_Alignas(64) uint64_t head; /* copies published; by the lcore, as all that follows */
	struct cv_evidence_state ports[CV_PORTS_MAX];
	struct cv_evidence_slot slots[CV_EVIDENCE_SLOTS];
};

/** A frame that is being dropped. */
struct cv_evidence_drop {
	const uint8_t *data;
	uint32_t len; /* bytes */
	uint32_t rule;
	uint64_t generation;
	int64_t ts_ns; /* wall clock */
	uint8_t reason; /* enum cv_reason */
	uint8_t port;
};

/* ---- lcore --------------------------------------------------------------------------------- */

static inline bool cv_evidence_on(const struct cv_evidence *e)
{
	return __builtin_expect(__atomic_load_n(&e->config.until_ns, __ATOMIC_RELAXED) != 0, 0);
}

/** Sample a frame if its turn has come. Only where cv_evidence_on(). @param now_ns monotonic. */
void cv_evidence_offer(struct cv_evidence *e, const struct cv_evidence_drop *drop, uint64_t now_ns);

/* ---- housekeeping thread ------------------------------------------------------------------- */

/** Switch off when control has not renewed its word. @param now_ns CLOCK_MONOTONIC. */
void cv_evidence_expire(struct cv_evidence *e, uint64_t now_ns);

/* ---- control ------------------------------------------------------------------------------- */

/** Begin, change or end (until_ns 0) sampling. */
void cv_evidence_configure(struct cv_evidence *e, const struct cv_evidence_config *config);

/**
 * Take the oldest copy out of the ring. The peer may be broken: what it claims is checked.
 *
 * @return 1, 0 nothing there, -EBADMSG: a copy that makes no sense; it is passed over.
 */
int cv_evidence_read(struct cv_evidence *e, struct cv_evidence_slot *ret);

/** Counts of one port; @p port < CV_PORTS_MAX. */
struct cv_evidence_counts cv_evidence_counts(const struct cv_evidence *e, unsigned int port);

#endif
