/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The app verdict: constraints of a rule on the decoded message, enforced on the frame in hand
 * (docs/adr/0027). Under a rule with constraints a frame passes only when everything in it that
 * its receiver could act on has been judged; a frame is never kept, so what cannot be judged in
 * its turn is dropped and the sender sends it again.
 *
 * Part of struct cv_inspect; the worker's lcore.
 */
#ifndef CV_ENFORCE_H
#define CV_ENFORCE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/decode/decoder.h"
#include "dataplane/decode/judge.h"
#include "dataplane/flow/flow.h"
#include "dataplane/frame.h"

struct cv_inspect;
struct cv_tcp_segment;

/** State of the limits of messages: one arrival time per meter and sender, GCRA. */
struct cv_limit_state {
	uint64_t key; /* 0 = free */
	uint64_t tat; /* theoretical arrival time, ns << 6; a past one is worth nothing */
};

#define CV_LIMIT_WAYS 4u

struct cv_limits {
	struct cv_limit_state *state; /* CV_LIMIT_WAYS per set */
	uint32_t mask; /* sets - 1 */
};

struct cv_enforce {
	const struct cv_apps *apps; /* of the generation in force, NULL = it has none */
	const struct cv_app *app; /* of the frame's rule, NULL = no constraints */
	const struct cv_frame *frame; /* in hand, NULL between frames */
	bool strict; /* there is an app, and not in shadow */
	bool judging; /* what is decoded now is of the frame in hand */
	uint8_t drop; /* out: enum cv_reason, 0 = the frame passes */
	uint8_t would; /* out: the same of a rule in shadow */
	uint32_t said; /* messages that the frame completed */
	uint64_t now_ns; /* monotonic time for limits, set by the pipeline */
	struct cv_judge judge;
	struct cv_limits limits;
};

/** A frame begins. */
void cv_enforce_begin(struct cv_inspect *in, const struct cv_frame *frame);
/**
 * Its flow is through with it: decide, report, settle its records.
 *
 * @param f NULL = none.
 * @param payload there was something to judge.
 */
void cv_enforce_settle(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, bool payload);
/**
 * May this fragment pass? The first one of a datagram under constraints may not: those behind it
 * carry no port, so that whose rule they come under, and whether it inspects them at all, is not
 * known. Without the first they are nothing.
 */
bool cv_enforce_fragment(struct cv_inspect *in);
/** It ends. */
void cv_enforce_end(struct cv_inspect *in);

/** This frame is refused; under a rule in shadow it is only noted. */
void cv_enforce_drop(struct cv_inspect *in, enum cv_reason reason);

/** The frame's flow is known: a new one goes to the rule's decoder, whatever its ports say. */
void cv_enforce_new_flow(struct cv_inspect *in, struct cv_flow *f, unsigned int dir);
/** May this datagram be decoded? Otherwise it is dropped. */
bool cv_enforce_datagram(struct cv_inspect *in, struct cv_flow *f);
/** May this segment be put in its place? Otherwise it is dropped, and as if it never came. */
bool cv_enforce_segment(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			const struct cv_tcp_segment *seg);

/** Complete what a decoder is called with. */
void cv_enforce_decode(struct cv_inspect *in, const struct cv_flow *f, unsigned int dir,
		       struct cv_decode *d);

/** Is the sender within the limit of messages of the frame's rule? @return 0 or the reason. */
enum cv_reason cv_enforce_rate(struct cv_inspect *in, const struct cv_flow *f);
/** Take what the frame said off that limit. */
void cv_enforce_charge(struct cv_inspect *in, const struct cv_flow *f);

#endif
