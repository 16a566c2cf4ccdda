/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations of `culvert policy test`: any text is told wrong or used on a packet. */
#include <stdlib.h>
#include <string.h>

#include "control/offline/expect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t packet[60] = {[12] = 0x08, [14] = 0x45, [23] = 17};
	struct cv_source_frame frame = {
		.data = packet, .len = sizeof(packet), .captured = sizeof(packet), .number = 1};
	struct cv_trial_verdict verdict = {.verdict = CV_VERDICT(0, CV_REASON_DENY_DEFAULT)};
	struct cv_diagnostics diag = {0};
	struct cv_expect *e = NULL;
	char *text = malloc(size + 1);
	int err;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	err = cv_expect_parse("expect.yaml", text, size, &e, &diag);
	if ((err == 0) != (e != NULL) || (err == -22 && !diag.errors))
		abort();
	if (e) {
		cv_expect_frame(e, &frame, &verdict);
		if (cv_expect_failed(e) > e->n)
			abort();
	}
	cv_expect_free(e);
	cv_diagnostics_free(&diag);
	free(text);
	return 0;
}
