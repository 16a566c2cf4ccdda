/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comment that a frame of drop evidence carries in a pcapng file:
 *
 *     culvert: drop reason=rate-device rule=12 generation=7 device=10.1.0.5 vlan=100 judge=xdp
 *
 * Stable: keys are only ever added, and a reader passes over those it does not know.
 */
#ifndef CV_EVIDENCE_COMMENT_H
#define CV_EVIDENCE_COMMENT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/policy/evidence_abi.h"

#define CV_EVIDENCE_COMMENT_MAX 256
#define CV_EVIDENCE_DEVICE_MAX 48 /* characters of an IPv6 or MAC address, with the zero */

/* Who dropped the frame. */
#define CV_JUDGES(X)                                                                               \
	X(XDP, "xdp")                                                                              \
	X(WORKER, "worker")
#define CV_JUDGE_ROW(id, name) CV_JUDGE_##id,
enum cv_evidence_judge { CV_JUDGES(CV_JUDGE_ROW) CV_JUDGE_COUNT };

struct cv_evidence_note {
	uint8_t reason; /* enum cv_reason */
	uint8_t judge; /* enum cv_evidence_judge */
	uint16_t vlan, vlan_inner; /* 0 = no such tag; inner only where there is an outer one */
	uint32_t rule; /* 0 = default or none asked */
	uint64_t generation;
	char device[CV_EVIDENCE_DEVICE_MAX]; /* sender: IP address, else MAC; "" = unknown */
};

/** Device and VLANs of a frame of @p wire_len bytes, of which @p len are there. */
void cv_evidence_sender(const uint8_t *data, uint32_t len, uint32_t wire_len,
			struct cv_evidence_note *note);

/** Write it as text. @return its length, below CV_EVIDENCE_COMMENT_MAX. */
size_t cv_evidence_comment(const struct cv_evidence_note *note, char out[CV_EVIDENCE_COMMENT_MAX]);

/**
 * Read it back.
 *
 * @return 0; -ENOENT: the text is not a comment of ours; -EBADMSG: it is, but has no reason, judge,
 *         rule and generation that we know.
 */
int cv_evidence_comment_parse(const char *text, size_t len, struct cv_evidence_note *ret);

/** Name of a reason; reason < CV_REASON_COUNT. */
const char *cv_reason_name(unsigned int reason);
/** @return enum cv_reason or -ENOENT. */
int cv_reason_by_name(const char *text, size_t len);

#endif
