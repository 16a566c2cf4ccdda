/* SPDX-License-Identifier: Apache-2.0 */
/* Tagged values of DLMS and DL/T 698.45, for their layouts. */
#ifndef CV_EXPLAIN_AXDR_H
#define CV_EXPLAIN_AXDR_H

#include "dataplane/decode/axdr.h"
#include "dataplane/explain/explain.h"

/**
 * The next value, whatever is in it.
 *
 * @param read of the protocol: how long a value is.
 * @return false when there is none.
 */
bool cv_explain_axdr(struct cv_explain *x, bool (*read)(struct cv_reader *r, struct cv_axdr *ret),
		     const char *name);
/** Length, or count of elements: one byte, or 8n and n bytes. */
uint32_t cv_explain_axdr_length(struct cv_explain *x, const char *name);
/** A length and as many bytes. */
void cv_explain_axdr_octets(struct cv_explain *x, const char *name);

#endif
