/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules are in force: those of whoever spoke last, the configuration's file or the API. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "control/alarm/live.h"
#include "control/bundle/sign.h"
#include "control/config/yaml.h"
#include "control/text/sha256_text.h"

/* What findings about rules that came by the API call them. */
#define NAME "alarms.yaml"

/* The file that the configuration names. @param ret malloc'ed, NULL = it names none. */
static int read_config(struct cv_alarms *a, char path[PATH_MAX], char **ret, size_t *ret_len,
		       struct cv_diagnostics *diag)
{
	const struct cv_config *config = cv_alarms_config(a);

	*ret = NULL;
	*ret_len = 0;
	if (!config->alarm_rules[0])
		return 0;
	if (cv_config_resolve(config, config->alarm_rules, path) < 0) {
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = config->path},
				   NULL, "alarm_rules: the path is too long");
		return -EINVAL;
	}
	return cv_yaml_read_file(path, ret, ret_len, diag);
}

static int put_in_force(struct cv_alarms *a, const char *path, const struct cv_alarm_kept *kept,
			struct cv_diagnostics *diag)
{
	struct cv_alarm_rules *rules = NULL;
	int res = cv_alarm_rules_parse(path, kept->text, kept->len, &rules, diag);

	if (res == 0 && rules->n_rules == 0) {
		cv_alarm_rules_free(rules);
		return cv_alarms_put_in_force(a, NULL, kept->number);
	}
	if (res == 0)
		res = cv_alarms_put_in_force(a, rules, kept->number);
	if (res < 0 && res != -EINVAL)
		cv_alarm_rules_free(rules);
	return res;
}

/* The version that a file says it has; the file is right. */
static uint64_t version_of(const char *text, size_t len)
{
	struct cv_alarm_rules *rules = NULL;
	struct cv_diagnostics diag = {0};
	uint64_t version = 0;

	if (cv_alarm_rules_parse(NAME, text, len, &rules, &diag) == 0)
		version = rules->version;
	cv_alarm_rules_free(rules);
	cv_diagnostics_free(&diag);
	return version;
}

int cv_alarms_start_rules(struct cv_alarms *a, struct cv_diagnostics *diag)
{
	struct cv_alarm_kept kept = cv_alarms_rules(a);
	char path[PATH_MAX] = NAME, hash[CV_SHA256_TEXT_SIZE] = "", *text = NULL;
	size_t len = 0;
	int res = read_config(a, path, &text, &len, diag);

	if (res < 0)
		return res;
	if (text)
		cv_sha256_text(text, len, hash);
	/* The configuration's file is as it was when the rules in force came: they stay. */
	if (kept.number != 0 && strcmp(hash, kept.config) == 0) {
		res = put_in_force(a, NAME, &kept, diag);
	} else if (text || kept.number != 0) {
		const struct cv_alarm_kept next = {
			.number = kept.number + 1,
			.version = text ? version_of(text, len) : 0,
			.text = text ? text : "rules: []\n",
			.len = text ? len : strlen("rules: []\n"),
			.who = "configuration",
			.config = hash,
		};

		res = put_in_force(a, path, &next, diag);
		if (res == 0)
			res = cv_alarm_store_keep_rules(cv_alarms_store(a), &next);
	} else {
		res = cv_alarms_put_in_force(a, NULL, 0);
	}
	free(text);
	if (res < 0 && diag->errors == 0)
		cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = path}, NULL,
				   "%s", strerror(-res));
	return res;
}

/* ---- by the API ------------------------------------------------------------------------------ */

static int wrong(struct cv_diagnostics *diag, int res, const char *hint, const char *text)
{
	cv_diagnostics_add(diag, CV_SEVERITY_ERROR, (struct cv_place){.file = NAME}, hint, "%s",
			   text);
	return res;
}

static int check_signatures(const struct cv_alarms *a, const struct cv_alarms_offer *offer,
			    struct cv_diagnostics *diag)
{
	const struct cv_config *config = cv_alarms_config(a);
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};
	unsigned int signers = 0;
	int res = cv_trust_load_node(config, &trust, diag);

	if (res == 0 && offer->sigs_len)
		res = cv_signatures_add_text("signatures", offer->sigs, offer->sigs_len, &sigs,
					     diag);
	if (res == 0)
		signers = cv_signatures_verify(&sigs, &trust, offer->text, offer->len);
	for (size_t i = 0; res == 0 && i < sigs.n; i++) {
		if (sigs.items[i].outcome == CV_SIGN_WRONG ||
		    sigs.items[i].outcome == CV_SIGN_WRONG_COMMENT)
			res = wrong(diag, -EKEYREJECTED, "sign it again",
				    "a signature of a trusted key does not fit the file");
	}
	if (res == 0 && signers < config->trust_threshold && !config->trust_allow_unsigned)
		res = wrong(diag, -EKEYREJECTED,
			    "sign it as policies are (docs/security/signing.md), or set "
			    "policy_trust.allow_unsigned",
			    "too few trusted keys have signed the rules");
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
	return res;
}

static int check_version(const struct cv_alarm_kept *now, uint64_t version,
			 const struct cv_alarms_offer *offer, struct cv_diagnostics *diag)
{
	bool same = offer->len == now->len && memcmp(offer->text, now->text, now->len) == 0;

	if (version < now->version)
		return wrong(diag, -ESTALE, "raise version in the file",
			     "rules of a higher version are in force");
	if (version != 0 && version == now->version && !same)
		return wrong(diag, -ESTALE, "raise version in the file",
			     "other rules of this version are in force");
	return 0;
}

int cv_alarms_apply(struct cv_alarms *a, const struct cv_alarms_offer *offer,
		    struct cv_diagnostics *diag)
{
	struct cv_alarm_kept now = cv_alarms_rules(a), next;
	char path[PATH_MAX], hash[CV_SHA256_TEXT_SIZE] = "", *text = NULL;
	struct cv_alarm_rules *rules = NULL;
	size_t len = 0;
	int res = cv_alarm_rules_parse(NAME, offer->text, offer->len, &rules, diag);

	if (res == 0)
		res = check_signatures(a, offer, diag);
	if (res == 0)
		res = check_version(&now, rules->version, offer, diag);
	/* What the log has yet to take would go with the engine, and nobody would hear of it. */
	if (res == 0 && !cv_alarms_told(a))
		res = wrong(diag, -EAGAIN,
			    "apply them when culvert health says that the log is well",
			    "the event log does not take alarms now");
	if (res == 0)
		res = read_config(a, path, &text, &len, diag);
	if (res < 0) {
		cv_alarm_rules_free(rules);
		return res;
	}
	if (text)
		cv_sha256_text(text, len, hash);
	next = (struct cv_alarm_kept){
		.number = now.number + 1,
		.version = rules->version,
		.text = offer->text,
		.len = offer->len,
		.who = offer->who,
		.config = hash,
	};
	cv_alarm_rules_free(rules);
	/* On the disk first: what is in force outlives whatever happens now. */
	res = cv_alarm_store_keep_rules(cv_alarms_store(a), &next);
	if (res == 0)
		res = put_in_force(a, NAME, &next, diag);
	free(text);
	return res;
}
