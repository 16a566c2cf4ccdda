/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference: a third judge, written from the documents and from nothing else. It shares the
 * layouts of policy_abi.h and generation.h with the two real ones, but no line of code: it reads a
 * frame byte by byte, searches every list from one end to the other and keeps devices in an array.
 * Slow, and simple enough to be seen to be right.
 */
#ifndef CV_REFERENCE_H
#define CV_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/policy/generation.h"
#include "dataplane/policy/quarantine_image.h"

struct cv_reference;

/** @param gen outlives it. @return NULL: no memory. */
struct cv_reference *cv_reference_create(const struct cv_generation *gen);
void cv_reference_destroy(struct cv_reference *r);

/** What becomes of a frame that comes in by @p port at @p now_ns. */
struct cv_judgement cv_reference_judge(struct cv_reference *r, unsigned int port,
				       const uint8_t *frame, uint32_t len, uint64_t now_ns);

/** Nothing comes from these devices any more. @param list outlives it; NULL = nobody. */
void cv_reference_put_away(struct cv_reference *r, const struct cv_quarantine_image *list);

#endif
