/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text, with known secrets in any place: none of them is in what comes out, and it grows by no
 * more than the stars. The first byte cuts the input: secrets, one a line, and the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/support/redact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char planted[] = "PLANTED,secret}x";
	struct cv_redact r = {0};
	size_t cut = size ? data[0] % size : 0;
	char *text = malloc(size + sizeof(planted)), *out;

	if (!text)
		return 0;
	for (size_t i = 1; i < cut; i++)
		if (data[i] == '\n' || i + 1 == cut)
			cv_redact_know(&r, (const char *)data + 1, i - 1);
	cv_redact_know(&r, planted, strlen(planted));
	/* The text, and within it the planted one. */
	memcpy(text, data, cut);
	memcpy(text + cut, planted, strlen(planted));
	if (size > cut)
		memcpy(text + cut + strlen(planted), data + cut, size - cut);
	out = cv_redact_text(&r, text, size + strlen(planted));
	if (out) {
		for (size_t i = 0; i < r.n; i++)
			/* What is put in place of something is no secret that was there. */
			if (!strpbrk(r.secrets[i], "*?") && strstr(out, r.secrets[i]))
				abort();
		if (strlen(out) > 4 * (size + sizeof(planted)) + 16)
			abort();
	}
	free(out);
	free(text);
	cv_redact_release(&r);
	return 0;
}
