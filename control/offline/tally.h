/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy did with a capture: by reason, by rule, and where another policy would have done
 * otherwise, by rule and device. Bounded memory; what found no room is counted. One thread.
 */
#ifndef CV_TALLY_H
#define CV_TALLY_H

#include "control/offline/intern.h"
#include "control/offline/trial.h"

/** Most differences remembered, by verdicts, rules and device. */
#define CV_TALLY_DIFFERENCES_MAX (1u << 16)
/** First packets kept of each. */
#define CV_TALLY_FIRST 4

struct cv_tally_rule {
	uint64_t packets, bytes; /* of frames it decided */
	uint64_t dropped; /* of these */
	uint64_t first; /* number of the first packet, 0 = none */
	/* Of a rule in shadow mode, which decides nothing: */
	uint64_t would; /* packets it would have decided */
	uint64_t would_drop; /* packets it would have dropped that pass */
};

struct cv_tally_count {
	uint64_t packets, bytes;
};

/** One side's word on a frame. */
struct cv_tally_word {
	uint32_t verdict, rule;
};

struct cv_tally_difference {
	struct cv_tally_word ours, theirs;
	uint8_t addr[16]; /* of the sender */
	uint16_t vlan, family; /* family 0: not IP */
	uint32_t pad;
	/* ---- the key ends here */
	uint64_t packets, bytes;
	uint64_t first[CV_TALLY_FIRST]; /* numbers of packets, 0 = none */
};
#define CV_TALLY_DIFFERENCE_KEY 40

struct cv_tally {
	const struct cv_generation *gen;
	struct cv_tally_rule *rules; /* by rule index, n_rules + 1 */
	struct cv_tally_count reason[CV_REASON_COUNT];
	uint64_t packets, bytes;
	uint64_t kernel; /* judged by XDP too */
	uint64_t cut, strange_link;
	bool shadow; /* rules or constraints in shadow mode are judged beside it */
	struct cv_intern differences; /* in action */
	struct cv_tally_count differ; /* packets whose action differs */
	struct cv_tally_count moved; /* same action, by another rule or for another reason */
};

/** @param shadow count what rules in shadow mode would do. @return 0 or -ENOMEM. */
int cv_tally_create(const struct cv_generation *gen, bool shadow, struct cv_tally **ret);

/** Count a frame. @param theirs what another policy says, NULL = there is none. */
void cv_tally_frame(struct cv_tally *t, const struct cv_source_frame *frame,
		    const struct cv_trial_verdict *ours, const struct cv_trial_verdict *theirs);

/** A difference by rules and verdicts only, devices added up. */
struct cv_tally_kind {
	struct cv_tally_word ours, theirs;
	uint32_t pad[2];
	/* ---- the key ends here */
	uint64_t packets, bytes, devices;
	uint64_t first; /* number of the first packet */
};
#define CV_TALLY_KIND_KEY 16

/** Differences by kind, most packets first. @return malloc'ed, NULL without memory. */
struct cv_tally_kind *cv_tally_kinds(const struct cv_tally *t, uint32_t *ret_n);

/** Pointers to the differences, most packets first. @return malloc'ed, NULL without memory. */
const struct cv_tally_difference **cv_tally_sorted(const struct cv_tally *t);

/** Name of a rule, by index; "default" for 0. */
const struct cv_gen_name *cv_tally_rule_name(const struct cv_generation *gen, uint32_t index);

/** NULL is fine. */
void cv_tally_free(struct cv_tally *t);

#endif
