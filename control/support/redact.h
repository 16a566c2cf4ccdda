/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes secrets out of text that leaves the node: what follows a word that names a secret, user and
 * password in addresses, private keys, and every known secret wherever it stands.
 */
#ifndef CV_REDACT_H
#define CV_REDACT_H

#include <stddef.h>

#define CV_REDACT_SECRETS_MAX 256
/** Shorter ones are not looked for: they are in every text. */
#define CV_REDACT_SECRET_MIN 6

struct cv_redact {
	char *secrets[CV_REDACT_SECRETS_MAX];
	size_t n;
};

/** Know the lines of a file that holds secrets. What cannot be read holds none that we could tell. */
void cv_redact_learn(struct cv_redact *r, const char *path);
/** Know one secret of one line; too short ones, and those beyond the bound, are passed over. */
void cv_redact_know(struct cv_redact *r, const char *text, size_t len);
void cv_redact_release(struct cv_redact *r);

/**
 * A copy without secrets; each is replaced by "***".
 *
 * @param text may have zeros in it; they become '?'.
 * @return malloc'ed, zero-terminated; NULL: no memory.
 */
char *cv_redact_text(const struct cv_redact *r, const char *text, size_t len);

#endif
