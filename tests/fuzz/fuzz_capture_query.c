/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody asks of a capture, filter expression included; then the filter on a frame. */
#include <stdlib.h>
#include <string.h>

#include "control/capture/capture_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names are not looked up, so that no input makes the harness wait for a name server. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t frame[60] = {2, 0, 0, 0,	 0, 1,	  2, 0, 0,
					  0, 0, 9, 0x08, 0, 0x45, 0, 0, 46};
	struct cv_sample sample = {.reason = CV_REASON_DENY_RULE, .wire_len = 60, .len = 60};
	struct cv_evidence_note note = {.reason = CV_REASON_DENY_RULE};
	struct cv_http_refusal why = {{0}, {0}};
	struct cv_capture_query q;
	struct cv_http_query query;

	if (cv_http_query_parse((const char *)data, size, &query) < 0)
		return 0;
	if (cv_capture_query_parse(&query, &q, &why) < 0) {
		if (!why.error[0] || !why.hint[0])
			abort();
		return 0;
	}
	if (q.reasons == 0 || q.snap > CV_EVIDENCE_SNAP_MAX || q.rate == 0)
		abort();
	for (sample.len = 0; sample.len <= 60; sample.len += 15)
		(void)cv_capture_query_matches(&q, &note, &sample, frame);
	cv_capture_query_free(&q);
	return 0;
}
