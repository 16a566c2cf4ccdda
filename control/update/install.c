/* SPDX-License-Identifier: Apache-2.0 */
/* install, rollback: what makes the other slot the next one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/update/generation.h"

#define KEYRING CV_UPDATE_DIR "/trust.pem"
/* RAUC's configuration for a look at a bundle by which revoked certificates count. */
#define REVOCATION_CONF "/etc/rauc/revocation.conf"
#define WHY_MAX 400

static int say(const struct cv_policy_args *args, int code, const char *text)
{
	cv_policy_say(args, code, text);
	fputs("culvert update: nothing was changed; the node goes on as it is\n", stderr);
	return code;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* May this bundle be installed here? Signature and contents are RAUC's to judge. */
static int check_bundle(const struct cv_policy_args *args, const struct cv_update_self *self,
			const json_t *info, const char *wanted)
{
	const char *compatible = text_of(info, "compatible"), *version = text_of(info, "version");
	char why[WHY_MAX];

	if (strcmp(compatible, CV_UPDATE_PRODUCT) != 0) {
		snprintf(why, sizeof(why), "the bundle is for \"%.60s\", this node is \"%s\"",
			 compatible, CV_UPDATE_PRODUCT);
		return say(args, CV_CLI_INPUT, why);
	}
	if (!*version || strlen(version) >= CV_UPDATE_VERSION)
		return say(args, CV_CLI_INPUT, "the bundle states no version that could be kept");
	if (wanted && strcmp(version, wanted) != 0) {
		snprintf(why, sizeof(why), "the bundle has version %s, and was published as %s",
			 version, wanted);
		return say(args, CV_CLI_INPUT, why);
	}
	if (cv_update_older(version, self->version) && !cv_policy_value(args, "allow-older")) {
		snprintf(why, sizeof(why),
			 "the bundle has version %s, older than %s that runs; --allow-older takes "
			 "it all the same",
			 version, self->version);
		return say(args, CV_CLI_INPUT, why);
	}
	return CV_CLI_OK;
}

/*
 * Does the file of whom the node trusts say, too, whom no longer (RFC 5280, section 5)? Where there is one
 * list OpenSSL wants one of each authority, so that who has none is not asked for any.
 */
static bool has_revocations(void)
{
	char line[256];
	bool found = false;
	FILE *f = fopen(KEYRING, "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = strncmp(line, "-----BEGIN X509 CRL-----", 24) == 0;
	if (f)
		fclose(f);
	return found;
}

/* What RAUC says of a bundle whose signature it has checked. */
static int read_bundle(const struct cv_policy_args *args, const char *bundle, json_t **ret)
{
	const char *const info[] = {"rauc", "info", "--output-format=json", bundle, NULL};
	const char *const strict[] = {
		"rauc", "--conf=" REVOCATION_CONF, "info", "--output-format=json", bundle, NULL};

	if (access(bundle, R_OK) != 0)
		return say(args, CV_CLI_INPUT, "there is no such file, or it cannot be read");
	if (access(KEYRING, R_OK) != 0)
		return say(args, CV_CLI_INPUT,
			   "this node trusts nobody yet: put the releaser's CA certificate "
			   "into " KEYRING);
	if (cv_update_run(has_revocations() ? strict : info, ret) == 0 && *ret)
		return CV_CLI_OK;
	json_decref(*ret);
	*ret = NULL;
	return say(args, CV_CLI_INPUT,
		   "the bundle is damaged, or is not signed by whom this node trusts or no longer "
		   "(" KEYRING "); rauc says which, above");
}

static int refuse_during_trial(const struct cv_policy_args *args)
{
	return say(args, CV_CLI_INPUT,
		   "this system is itself on trial: wait until it is good, or culvert update mark "
		   "good");
}

/* What runs is kept before anything is written: to be gone back to, whole. */
static int keep(const struct cv_policy_args *args, const struct cv_update_self *self)
{
	char why[WHY_MAX];
	int r = cv_update_generation_leave(CV_UPDATE_DIR, CV_UPDATE_CONFIG, self);

	if (r == 0)
		return CV_CLI_OK;
	snprintf(why, sizeof(why),
		 "cannot keep the configuration to go back to in " CV_UPDATE_DIR "/generations: %s",
		 strerror(-r));
	return say(args, CV_CLI_OUTPUT, why);
}

/*
 * Nothing is taken away from what a newer system wrote: each store says which form it has, and an older
 * Culvert that does not know it refuses it. Told before, since then it is too late to ask.
 */
static void tell_of_data(const char *version)
{
	printf("data that a system newer than %s wrote stays as it is; what that one does not know "
	       "it refuses, with the reason, and is then not well (docs/operator/upgrade.md)\n",
	       version);
}

static int begin(const struct cv_policy_args *args, const struct cv_update_self *self,
		 enum cv_update_phase phase, const char *version, bool restore,
		 struct cv_update_attempt *ret)
{
	struct cv_update_attempt attempt = {
		.phase = phase, .since = time(NULL), .restore = restore};

	snprintf(attempt.slot, sizeof(attempt.slot), "%s", self->other);
	snprintf(attempt.version, sizeof(attempt.version), "%s", version);
	snprintf(attempt.from, sizeof(attempt.from), "%s", self->version);
	cv_boot_id(attempt.boot);
	if (cv_update_write(CV_UPDATE_DIR, &attempt) < 0)
		return say(args, CV_CLI_OUTPUT,
			   "cannot write " CV_UPDATE_DIR ": is the data partition full?");
	*ret = attempt;
	return CV_CLI_OK;
}

/* The slot is whole from here on. */
static int finish(const struct cv_policy_args *args, struct cv_update_attempt *attempt)
{
	static const char *const reboot[] = {"systemctl", "reboot", NULL};

	attempt->phase = CV_UPDATE_TRIAL;
	if (cv_update_write(CV_UPDATE_DIR, attempt) < 0)
		return cv_policy_say(args, CV_CLI_OUTPUT, "cannot write " CV_UPDATE_DIR);
	printf("slot %s, version %s: started once by the next reboot; stays when the node is "
	       "well\n",
	       attempt->slot, attempt->version);
	if (cv_policy_value(args, "reboot"))
		return cv_update_run(reboot, NULL) == 0 ? CV_CLI_OK : CV_CLI_UNREACHABLE;
	return CV_CLI_OK;
}

int cv_update_install_bundle(const struct cv_policy_args *args, const char *bundle,
			     const char *version)
{
	const char *const install[] = {"rauc", "install", bundle, NULL};
	struct cv_update_attempt attempt;
	struct cv_update_self self;
	json_t *info = NULL;
	int code = cv_update_load(args, &self, &attempt);

	if (code == CV_CLI_OK && cv_update_on_trial(&self, &attempt))
		code = refuse_during_trial(args);
	if (code == CV_CLI_OK)
		code = read_bundle(args, bundle, &info);
	if (code == CV_CLI_OK)
		code = check_bundle(args, &self, info, version);
	if (code == CV_CLI_OK)
		code = keep(args, &self);
	if (code == CV_CLI_OK)
		code = begin(args, &self, CV_UPDATE_INSTALLING, text_of(info, "version"), false,
			     &attempt);
	if (code == CV_CLI_OK && cv_update_older(text_of(info, "version"), self.version))
		tell_of_data(text_of(info, "version"));
	json_decref(info);
	if (code != CV_CLI_OK)
		return code;
	cv_update_generation_forget(CV_UPDATE_DIR, self.other);
	/* The phase stays when this fails: the slot has been written to. */
	if (cv_update_run(install, NULL) != 0)
		return cv_policy_say(args, CV_CLI_INPUT,
				     "the bundle was not installed; the running system is "
				     "untouched, the other slot is not to be used");
	return finish(args, &attempt);
}

static int refuse_beside_another(const struct cv_policy_args *args)
{
	return say(args, CV_CLI_UNREACHABLE, "another upgrade is at work");
}

int cv_update_install(const struct cv_policy_args *args)
{
	return cv_update_is_alone() ? cv_update_install_bundle(args, args->operands[0], NULL)
				    : refuse_beside_another(args);
}

/* What is known of the slot that is to be gone back to. @return whether its configuration comes with it. */
static bool will_restore(const struct cv_policy_args *args, const struct cv_update_generation *g)
{
	return g->number && g->config && !cv_policy_value(args, "keep-config");
}

static void tell_of_config(const struct cv_policy_args *args, const struct cv_update_self *self,
			   const struct cv_update_generation *g)
{
	if (cv_policy_value(args, "keep-config"))
		puts("configuration: stays (--keep-config)");
	else if (!g->number)
		printf("configuration: stays; which one slot %s had is not known\n", self->other);
	else if (!g->config)
		printf("configuration: stays; generation %llu had none\n",
		       (unsigned long long)g->number);
	else
		printf("configuration: that of generation %llu, with version %s%s\n",
		       (unsigned long long)g->number, g->version,
		       cv_update_generation_differs(g, CV_UPDATE_CONFIG)
			       ? "; what is there now is kept for the way back"
			       : ", which is the same as now");
	if (g->number && cv_update_older(g->version, self->version))
		tell_of_data(g->version);
}

/* Have the other slot started, with what is kept of it. */
static int go_back(const struct cv_policy_args *args, const struct cv_update_self *self,
		   const struct cv_update_attempt *before, const struct cv_update_generation *g)
{
	static const char *const activate[] = {"rauc", "status", "mark-active", "other", NULL};
	struct cv_update_attempt attempt;
	int code = keep(args, self);

	if (code == CV_CLI_OK)
		code = begin(args, self, CV_UPDATE_TRIAL, "previous", will_restore(args, g),
			     &attempt);
	if (code != CV_CLI_OK)
		return code;
	if (cv_update_run(activate, NULL) == 0) {
		tell_of_config(args, self, g);
		return finish(args, &attempt);
	}
	/* It would be taken for tried and left otherwise. */
	(void)cv_update_write(CV_UPDATE_DIR, before);
	return say(args, CV_CLI_UNREACHABLE,
		   "rauc cannot tell the firmware to start the other slot");
}

int cv_update_rollback(const struct cv_policy_args *args)
{
	static const char *const reboot[] = {"systemctl", "reboot", NULL};
	struct cv_update_generation g = {0};
	struct cv_update_attempt attempt;
	struct cv_update_self self;
	int code;

	if (!cv_update_is_alone())
		return refuse_beside_another(args);
	code = cv_update_load(args, &self, &attempt);
	if (code != CV_CLI_OK)
		return code;
	/* It was never good: a reboot alone leads back. */
	if (cv_update_on_trial(&self, &attempt))
		return cv_update_run(reboot, NULL) == 0 ? CV_CLI_OK : CV_CLI_UNREACHABLE;
	if (attempt.phase == CV_UPDATE_INSTALLING || attempt.phase == CV_UPDATE_FAILED)
		return say(args, CV_CLI_INPUT,
			   attempt.phase == CV_UPDATE_FAILED
				   ? "the other slot was tried and is not good"
				   : "the other slot is not whole: an installation did not end");
	if (!cv_update_has_system(self.other))
		return say(args, CV_CLI_INPUT,
			   "the other slot is empty: there is nothing to go back to");
	if (cv_update_generation_read(CV_UPDATE_DIR, self.other, NULL, &g) == -EBADMSG)
		fputs("culvert update: what is kept of the other slot is damaged\n", stderr);
	code = go_back(args, &self, &attempt, &g);
	cv_update_generation_release(&g);
	return code;
}
