/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_FRAME_H
#define CV_FRAME_H

#include <stdint.h>

#include "dataplane/policy/policy_abi.h"

/** Most frames in one call. */
#define CV_BURST_MAX 64

/** One frame on its way. The caller fills the first block, the pipeline the second. */
struct cv_frame {
	const uint8_t *data; /* from the Ethernet header, read-only */
	uint32_t len; /* bytes, contiguous */
	uint8_t port; /* index in the generation's ports */
	uint8_t pad[3];
	int64_t ts_ns; /* receive time, ns since the Unix epoch */
	uint64_t number; /* ordinal on its port, from 1 */

	uint32_t verdict; /* CV_VERDICT(action, reason) */
	uint32_t rule; /* id of the deciding rule, 0 = default */
	uint32_t rule_index; /* where its hits are counted, 0 likewise */
	uint16_t app; /* the rule's constraints on the decoded message, 0 = none */
	uint8_t inspect; /* the rule wants it decoded */
	struct cv_packet packet;
};

#endif
