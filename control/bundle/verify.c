/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "control/bundle/bundle.h"

static void say(struct cv_diagnostics *diag, enum cv_severity severity, const char *file,
		const char *hint, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
static void say(struct cv_diagnostics *diag, enum cv_severity severity, const char *file,
		const char *hint, const char *fmt, ...)
{
	char text[320];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	cv_diagnostics_add(diag, severity, (struct cv_place){.file = file}, hint, "%s", text);
}

/* Tell of every signature that does not count. @return is there one that is wrong? */
static bool tell_signatures(const struct cv_signatures *sigs, bool enough,
			    struct cv_diagnostics *diag)
{
	char id[CV_SIGN_KEY_ID_TEXT];
	bool any_wrong = false;

	for (size_t i = 0; i < sigs->n; i++) {
		const struct cv_signature *sig = &sigs->items[i];
		bool is_wrong =
			sig->outcome == CV_SIGN_WRONG || sig->outcome == CV_SIGN_WRONG_COMMENT;

		any_wrong |= is_wrong;
		if (sig->outcome == CV_SIGN_GOOD)
			continue;
		cv_sign_id_text(sig->key_id, id);
		say(diag, is_wrong && !enough ? CV_SEVERITY_ERROR : CV_SEVERITY_WARNING, sig->file,
		    NULL, "signature by key %s: %s", id, cv_sign_outcome_text(sig->outcome));
	}
	return any_wrong;
}

static void too_few(const struct cv_bundle *bundle, const struct cv_signatures *sigs,
		    const struct cv_trust *trust, unsigned int signers, unsigned int threshold,
		    struct cv_diagnostics *diag)
{
	if (trust->n < threshold)
		say(diag, CV_SEVERITY_ERROR, bundle->path,
		    "put the signers' *.pub files into policy_trust.keys",
		    "%u signature%s needed and only %zu key%s trusted", threshold,
		    threshold == 1 ? " is" : "s are", trust->n, trust->n == 1 ? " is" : "s are");
	else if (sigs->n == 0)
		say(diag, CV_SEVERITY_ERROR, bundle->path,
		    "sign it with: culvert policy sign BUNDLE", "not signed");
	else
		say(diag, CV_SEVERITY_ERROR, bundle->path, NULL,
		    "signed by %u of the trusted keys, %u must sign", signers, threshold);
}

static int check_signatures(const struct cv_bundle *bundle, struct cv_signatures *sigs,
			    const struct cv_trust *trust, const struct cv_bundle_demand *demand,
			    struct cv_bundle_proof *ret, struct cv_diagnostics *diag)
{
	/* 0 would let anything pass that nobody has allowed. */
	unsigned int threshold = demand->threshold ? demand->threshold : 1;
	bool any_wrong;

	ret->signers = cv_signatures_verify(sigs, trust, bundle->bytes, bundle->size);
	ret->is_signed = ret->signers >= threshold;
	any_wrong = tell_signatures(sigs, ret->is_signed, diag);
	if (ret->is_signed)
		return 0;
	if (!demand->allow_unsigned) {
		too_few(bundle, sigs, trust, ret->signers, threshold, diag);
		return -EKEYREJECTED;
	}
	if (any_wrong)
		return -EKEYREJECTED;
	say(diag, CV_SEVERITY_WARNING, bundle->path, NULL,
	    "taken without enough signatures, because policy_trust.allow_unsigned says so");
	return 0;
}

static int check_expiry(const struct cv_bundle *bundle, const struct cv_bundle_demand *demand,
			struct cv_diagnostics *diag)
{
	char expires[CV_BUNDLE_TIME_TEXT], now[CV_BUNDLE_TIME_TEXT];

	if (demand->now < bundle->expires)
		return 0;
	cv_bundle_time_text(bundle->expires, expires);
	cv_bundle_time_text(demand->now, now);
	say(diag, CV_SEVERITY_ERROR, bundle->path, "make a new bundle, or look at the clock",
	    "expired at %s, it is %s now", expires, now);
	return -EKEYEXPIRED;
}

static int check_version(const struct cv_bundle *bundle, const struct cv_bundle_demand *demand,
			 struct cv_diagnostics *diag)
{
	const uint8_t *known = demand->min_version_sha256;

	if (bundle->version < demand->min_version) {
		say(diag, CV_SEVERITY_ERROR, bundle->path,
		    "an older policy is only taken back with culvert policy revert, or bundled "
		    "anew with a higher version",
		    "version %" PRIu64 " of \"%s\" is older than %" PRIu64 ", which was seen here",
		    bundle->version, bundle->name, demand->min_version);
		return -ESTALE;
	}
	if (bundle->version == demand->min_version && known &&
	    memcmp(known, bundle->sha256, sizeof(bundle->sha256)) != 0) {
		say(diag, CV_SEVERITY_ERROR, bundle->path, "give what is new a higher version",
		    "version %" PRIu64 " of \"%s\" was seen here with other content",
		    bundle->version, bundle->name);
		return -ESTALE;
	}
	return 0;
}

int cv_bundle_verify(const struct cv_bundle *bundle, struct cv_signatures *sigs,
		     const struct cv_trust *trust, const struct cv_bundle_demand *demand,
		     struct cv_bundle_proof *ret, struct cv_diagnostics *diag)
{
	int signatures = check_signatures(bundle, sigs, trust, demand, ret, diag);
	int expiry = check_expiry(bundle, demand, diag);
	int version = check_version(bundle, demand, diag);

	return signatures ? signatures : expiry ? expiry : version;
}
