/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "control/config/units.h"
#include "control/policy/report.h"

#define TRUST_DIR "/etc/culvert/trust"

struct job {
	const struct cv_policy_args *args;
	struct cv_bundle_demand demand;
	struct cv_bundle_proof proof;
	struct cv_trust trust;
	struct cv_signatures sigs;
	struct cv_bundle *bundle;
	struct cv_diagnostics diag;
};

static int read_number(const struct cv_policy_args *args, const char *name, uint64_t min,
		       uint64_t max, uint64_t fallback, uint64_t *ret)
{
	const char *text = cv_policy_value(args, name);

	*ret = fallback;
	if (!text || (cv_units_integer(text, ret) == 0 && *ret >= min && *ret <= max))
		return CV_CLI_OK;
	return cv_policy_usage(args, "--%s: \"%s\" is not a number from %llu to %llu", name, text,
			       (unsigned long long)min, (unsigned long long)max);
}

static int read_arguments(struct job *j)
{
	const char *at = cv_policy_value(j->args, "at");
	uint64_t threshold;
	int r = read_number(j->args, "threshold", 1, CV_SIGN_KEYS_MAX, 1, &threshold);

	if (r == CV_CLI_OK)
		r = read_number(j->args, "min-version", 0, UINT64_MAX, 0, &j->demand.min_version);
	j->demand.threshold = (unsigned int)threshold;
	j->demand.now = time(NULL);
	if (r == CV_CLI_OK && at && cv_policy_time(at, &j->demand.now) < 0)
		r = cv_policy_usage(j->args,
				    "--at: \"%s\" is not a time such as "
				    "2026-11-21T13:00:00Z",
				    at);
	return r;
}

static int load_trust(struct job *j)
{
	const char *keys = cv_policy_value(j->args, "keys"), *key;
	int r = 0;

	if (keys || !cv_policy_value(j->args, "key"))
		r = cv_trust_load(keys ? keys : TRUST_DIR, &j->trust, &j->diag);
	for (size_t i = 0; r == 0 && (key = cv_policy_value_at(j->args, "key", i)); i++)
		r = cv_trust_load(key, &j->trust, &j->diag);
	return r;
}

static int load_signatures(struct job *j)
{
	const char *file;
	int r = 0;

	if (!cv_policy_value(j->args, "signature"))
		return cv_signatures_find(j->args->operands[0], &j->sigs, &j->diag);
	for (size_t i = 0; r == 0 && (file = cv_policy_value_at(j->args, "signature", i)); i++)
		r = cv_signatures_add_file(file, &j->sigs, &j->diag);
	return r;
}

static json_t *signature_json(const struct cv_signature *sig)
{
	char id[CV_SIGN_KEY_ID_TEXT];

	cv_sign_id_text(sig->key_id, id);
	/* A comment is somebody's word only when the signature is good. */
	return json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "file", sig->file, "key_id", id, "outcome",
			 cv_sign_outcome_name(sig->outcome), "key",
			 sig->key ? sig->key->file : NULL, "comment",
			 sig->key ? sig->comment : NULL);
}

static json_t *result_json(const struct job *j)
{
	json_t *result = cv_policy_bundle_json(j->bundle), *rows = json_array();

	for (size_t i = 0; i < j->sigs.n; i++)
		json_array_append_new(rows, signature_json(&j->sigs.items[i]));
	json_object_set_new(result, "signers", json_integer(j->proof.signers));
	json_object_set_new(result, "threshold", json_integer(j->demand.threshold));
	json_object_set_new(result, "signatures", rows);
	return result;
}

static void print_result(const struct job *j, int r)
{
	char id[CV_SIGN_KEY_ID_TEXT];

	printf("%s: %s, ", j->bundle->path, r == 0 ? "ok" : "refused");
	cv_policy_bundle_print(j->bundle, stdout);
	putchar('\n');
	for (size_t i = 0; i < j->sigs.n; i++) {
		const struct cv_signature *sig = &j->sigs.items[i];

		if (sig->outcome != CV_SIGN_GOOD)
			continue;
		cv_sign_id_text(sig->key_id, id);
		printf("signed by key %s, %s: %s\n", id, sig->key->file, sig->comment);
	}
}

int cv_policy_verify_command(const struct cv_policy_args *args)
{
	struct job j = {.args = args};
	int r = read_arguments(&j), whole;

	if (r != CV_CLI_OK)
		return r;
	whole = cv_bundle_open(args->operands[0], &j.bundle, &j.diag);
	if (whole == 0)
		whole = load_trust(&j);
	if (whole == 0)
		whole = load_signatures(&j);
	r = whole;
	if (whole == 0)
		r = cv_bundle_verify(j.bundle, &j.sigs, &j.trust, &j.demand, &j.proof, &j.diag);
	cv_policy_report(args, whole == 0 ? result_json(&j) : NULL, &j.diag, r);
	if (whole == 0 && !args->json)
		print_result(&j, r);
	cv_signatures_free(&j.sigs);
	cv_trust_free(&j.trust);
	cv_bundle_free(j.bundle);
	cv_diagnostics_free(&j.diag);
	if (whole < 0)
		return CV_CLI_INPUT;
	return r == 0 ? CV_CLI_OK : CV_CLI_OPEN;
}
