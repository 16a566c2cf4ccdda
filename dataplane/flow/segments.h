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

/** Compare a repeated segment with the incomplete message that is still held of it. */
void cv_segments_compare_held(struct cv_inspect *in, struct cv_flow *f, unsigned int dir,
			      const struct cv_tcp_segment *seg);

#endif
