/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_EXPLAIN_QUARANTINE_H
#define CV_EXPLAIN_QUARANTINE_H

#include <stdint.h>

/**
 * Is the sender of a frame on the node's list of quarantined devices?
 *
 * @param config the node's configuration; NULL: which node is not told.
 * @return 1 it is; 0 it is not, or cannot be told.
 */
int cv_explain_quarantined(const char *config, const uint8_t *frame, uint32_t len);

#endif
