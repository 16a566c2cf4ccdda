/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of bundles and signatures share. */
#ifndef BUNDLE_HELP_H
#define BUNDLE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "control/bundle/bundle.h"

/* Findings as one text, for assertions; empties them. */
static inline const char *told(struct cv_diagnostics *diag)
{
	static char text[8192];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	cv_diagnostics_print(diag, out);
	fputc(0, out);
	fclose(out);
	cv_diagnostics_free(diag);
	return text;
}

#define assert_told(diag, part)                                                                    \
	do {                                                                                       \
		const char *told_text = told(diag);                                                \
		if (!strstr(told_text, part))                                                      \
			fail_msg("\"%s\" does not say \"%s\"", told_text, part);                   \
	} while (0)

struct signer {
	struct cv_secret_key secret;
};

static inline void new_signer(struct signer *s, struct cv_trust *trust, const char *file)
{
	struct cv_diagnostics diag = {0};
	char *text;

	cv_secret_key_generate(&s->secret);
	assert_int_equal(cv_public_key_write(&s->secret, &text), 0);
	if (trust)
		assert_int_equal(cv_trust_add_text(file, text, strlen(text), trust, &diag), 0);
	free(text);
}

static inline void add_signature(const struct signer *s, const void *data, size_t size,
				 const char *file, struct cv_signatures *sigs)
{
	struct cv_diagnostics diag = {0};
	char *text;

	assert_int_equal(cv_sign(&s->secret, data, size, "a comment", &text), 0);
	assert_int_equal(cv_signatures_add_text(file, text, strlen(text), sigs, &diag), 0);
	free(text);
}

#endif
