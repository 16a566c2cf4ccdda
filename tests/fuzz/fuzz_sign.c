/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key and signature files of any bytes: told wrong, or read; and whatever reads as a signature,
 * what a stranger wrote does not make a signer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/bundle/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void try_public(const char *text, size_t size)
{
	struct cv_diagnostics diag = {0};
	struct cv_trust trust = {0};
	int r = cv_trust_add_text("k", text, size, &trust, &diag);

	must(r == 0 ? trust.n > 0 && diag.errors == 0 : trust.n == 0 && diag.errors > 0);
	cv_trust_free(&trust);
	cv_diagnostics_free(&diag);
}

/* The key changes with each run, so that no seed can hold a signature of it. */
static void try_signatures(const char *text, size_t size)
{
	struct cv_signatures sigs = {0};
	struct cv_diagnostics diag = {0};
	struct cv_trust trust = {0};
	struct cv_secret_key key;
	char *public;
	int r = cv_signatures_add_text("s", text, size, &sigs, &diag);

	must(r == 0 ? sigs.n > 0 && diag.errors == 0 : sigs.n == 0 && diag.errors > 0);
	cv_secret_key_generate(&key);
	/* Claim the id of the first signature, so that it is looked at. */
	if (sigs.n)
		memcpy(key.id, sigs.items[0].key_id, sizeof(key.id));
	must(cv_public_key_write(&key, &public) == 0);
	must(cv_trust_add_text("k", public, strlen(public), &trust, &diag) == 0);
	must(cv_signatures_verify(&sigs, &trust, text, size) == 0);
	for (size_t i = 0; i < sigs.n; i++) {
		must(!sigs.items[i].key && sigs.items[i].outcome != CV_SIGN_UNSEEN);
		must(!strpbrk(sigs.items[i].comment, "\r\n\033"));
	}
	must(sigs.n == 0 || sigs.items[0].outcome == CV_SIGN_WRONG);
	free(public);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
	cv_diagnostics_free(&diag);
}

static void try_secret(const char *text, size_t size)
{
	struct cv_diagnostics diag = {0};
	struct cv_secret_key key, again;
	char *written;
	int r = cv_secret_key_parse("k", text, size, NULL, &key, &diag);

	must((r == 0 || r == -ENOKEY) == (diag.errors == 0));
	if (r == 0) {
		must(cv_secret_key_write(&key, NULL, NULL, &written) == 0);
		must(cv_secret_key_parse("k", written, strlen(written), NULL, &again, &diag) == 0);
		must(memcmp(&key, &again, sizeof(key)) == 0);
		free(written);
	}
	cv_diagnostics_free(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	try_public(text, size);
	try_signatures(text, size);
	try_secret(text, size);
	return 0;
}
