/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of bench_decode that have a peer: another program's way through the same bytes. */
#ifndef CV_PERF_DECODE_PAIRS_H
#define CV_PERF_DECODE_PAIRS_H

#include "tests/perf/decode_rig.h"

#define PAIRS_MAX 24

/** Both sides: all messages of the subject, @p rounds times; ns. */
struct pair {
	const char *name, *a, *b; /* what it is, what we do, what the peer does */
	const char *goal; /* of the ratio of ours to the peer's */
	struct subject *subject;
	double (*ours)(struct subject *s, unsigned int rounds);
	double (*peer)(const struct subject *s, unsigned int rounds);
};

/*
 * Each fills its rows, with subjects that are never freed, and exits when the two sides do not find
 * the same in the messages. @return how many rows.
 */
/** CoAP against libcoap and libcbor. */
unsigned int pairs_coap(struct pair *ret);
/** SenML JSON and Semtech's UDP protocol against simdjson; none where it was not to be had. */
unsigned int pairs_json(struct pair *ret);
/** Protocols with a mandatory check code against that code alone. */
unsigned int pairs_sums(struct pair *ret);

/** The subject, or the end of the program. */
struct subject *pairs_subject(enum cv_proto proto, const struct cv_generation *gen);
_Noreturn void pairs_fail(const char *row, const char *what);

#endif
