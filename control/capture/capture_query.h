/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody who captures asks for: the parameters of /v1/capture (control/ctl/api.md). */
#ifndef CV_CAPTURE_QUERY_H
#define CV_CAPTURE_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include <pcap/pcap.h>

#include "control/subscriber/http_query.h"
#include "control/subscriber/http_refusal.h"
#include "dataplane/handoff/evidence_comment.h"

/** Samples per second of one reason on one CPU, where the query does not say. */
#define CV_CAPTURE_RATE_DEFAULT 250
#define CV_CAPTURE_RATE_MAX 2000

struct cv_capture_query {
	uint64_t reasons; /* bit per enum cv_reason */
	uint64_t rule; /* CV_EVIDENCE_ANY_RULE = all */
	char device[CV_EVIDENCE_DEVICE_MAX]; /* as cv_evidence_note has it; "" = any */
	char expression[CV_HTTP_TARGET_MAX]; /* libpcap's; "" = none */
	struct bpf_program filter; /* of it; bf_insns NULL = none */
	uint64_t count; /* frames, 0 = no limit */
	uint64_t duration_ns; /* 0 = no limit */
	uint32_t snap; /* bytes of each frame */
	uint32_t rate; /* samples/s of one reason on one CPU */
};

/** Reasons that are sampled where none is asked for: all drops but TAP, which drops nothing. */
uint64_t cv_capture_default_reasons(void);

/**
 * @param ret to be freed with cv_capture_query_free() on success only.
 * @return 0, or -EINVAL with @p why filled.
 */
int cv_capture_query_parse(const struct cv_http_query *query, struct cv_capture_query *ret,
			   struct cv_http_refusal *why);

/** NULL members are fine. */
void cv_capture_query_free(struct cv_capture_query *q);

/** Is a copy of a dropped frame wanted? @param note what is known of it. */
bool cv_capture_query_matches(const struct cv_capture_query *q, const struct cv_evidence_note *note,
			      const struct cv_sample *sample, const uint8_t *data);

#endif
