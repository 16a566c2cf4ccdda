/* SPDX-License-Identifier: Apache-2.0 */
/* Out-of-order segments; private to the flow stage. */
#ifndef CV_SEGMENTS_H
#define CV_SEGMENTS_H

#include "dataplane/flow/inspect.h"

/**
 * Keep what is new of a segment that lies beyond the next expected byte.
 *
 * @param off offset of seg->data in the frame's L4 payload.
 * @param added out: something was kept, also when the return is false.
 * @return false when memory ran out before all of it was kept.
 */
bool cv_segments_hold(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		      const struct cv_tcp_segment *seg, uint32_t off, bool *added);

/** Deliver bytes that are next in order, and what was held behind them. */
void cv_segments_deliver(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			 const uint8_t *data, uint32_t len, uint32_t off);

/** Deliver held segments as far as they are in order. */
void cv_segments_flush(struct cv_inspect *in, struct cv_flow *f, unsigned int dir);

/** Forget all that is held. */
void cv_segments_drop(struct cv_inspect *in, struct cv_flow *f, unsigned int dir);

/** Compare a repeated segment with the incomplete message that is still held of it. */
void cv_segments_compare_held(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			      const struct cv_tcp_segment *seg);

/* Bytes that were passed on and not acknowledged (unacked.c). */

/** Keep a copy of bytes that were just judged; as many as there is memory for. */
void cv_unacked_keep(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t seq,
		     const uint8_t *data, size_t len);
/** The same for a held piece, which changes hands. */
void cv_unacked_append(struct cv_inspect *in, struct cv_flow *f, unsigned int dir, uint32_t i);
/** Are the bytes of @p seg that may not have arrived those that were judged? */
bool cv_unacked_same(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
		     const struct cv_tcp_segment *seg);
/** Give up what the other end has acknowledged; all of it. */
void cv_unacked_trim(struct cv_inspect *in, struct cv_flow *f, unsigned int dir);
void cv_unacked_drop(struct cv_inspect *in, struct cv_flow *f, unsigned int dir);

#endif
