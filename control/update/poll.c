/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert update poll`: ask the fleet's directory, and do what it says when it is our turn. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/bundle/bundle.h"
#include "control/fleet/index.h"
#include "control/host/host.h"
#include "control/text/sha256_text.h"
#include "control/update/fetch.h"
#include "control/update/seen.h"
#include "control/update/update.h"

#define BUNDLE CV_UPDATE_DIR "/fleet.raucb"
/* A release that could not be installed so often is left alone. */
#define TRIES_MAX 3

struct poll {
	const struct cv_policy_args *args;
	struct cv_config *config;
	char ca[PATH_MAX], cert[PATH_MAX], key[PATH_MAX];
	struct cv_fetch_server server;
	struct cv_update_self self;
	struct cv_update_attempt attempt;
	struct cv_update_seen seen;
	struct cv_fleet_index index;
	char sha256[CV_FLEET_HASH]; /* of the index */
	char why[CV_FETCH_WHY];
};

/* Of the directory and what lies there: the node stays as it is. */
static int refuse(const struct poll *p, const char *why)
{
	fprintf(stderr, "culvert update poll: %s: %s\n", p->server.url, why);
	fputs("culvert update poll: nothing was changed; the node goes on as it is\n", stderr);
	return CV_CLI_INPUT;
}

/* ---- the index ------------------------------------------------------------------------------- */

/* @return 0; -EKEYREJECTED, told. */
static int check_signature(struct poll *p, const char *text, size_t len, const char *signature,
			   size_t signature_len)
{
	struct cv_diagnostics diag = {0};
	struct cv_signatures sigs = {0};
	struct cv_trust trust = {0};
	char keys[PATH_MAX];
	unsigned int signers = 0;
	int r = cv_config_resolve(p->config, p->config->host.update.keys, keys);

	if (r == 0)
		r = cv_trust_load(keys, &trust, &diag);
	if (r == 0)
		r = cv_signatures_add_text(CV_FLEET_SIGNATURE, signature, signature_len, &sigs,
					   &diag);
	if (r == 0)
		signers = cv_signatures_verify(&sigs, &trust, text, len);
	cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
	return signers > 0 ? 0 : -EKEYREJECTED;
}

/* Signed long ago is not signed for now. @return what is wrong, NULL = nothing. */
static const char *check_age(const struct poll *p)
{
	const struct cv_update_seen *seen = &p->seen;

	if (strcmp(p->index.product, CV_UPDATE_PRODUCT) != 0)
		return "the index is for another product";
	if (p->index.serial < seen->serial)
		return "the index is older than one that was seen here";
	if (p->index.serial == seen->serial && strcmp(p->sha256, seen->sha256) != 0)
		return "the index has the serial of another one that was seen here";
	if (p->index.expires <= time(NULL))
		return "the index has expired; or the node's clock is wrong";
	return NULL;
}

static int get_index(struct poll *p)
{
	char *text = NULL, *signature = NULL, why[CV_FLEET_WHY];
	const char *wrong = NULL;
	size_t len = 0, signature_len = 0;
	int r = cv_fetch_text(&p->server, CV_FLEET_INDEX, CV_FLEET_INDEX_MAX, &text, &len, p->why);

	if (r == 0)
		r = cv_fetch_text(&p->server, CV_FLEET_SIGNATURE, CV_SIGN_FILE_MAX, &signature,
				  &signature_len, p->why);
	if (r < 0)
		wrong = p->why;
	/* Nothing of it is looked at before that. */
	if (!wrong && check_signature(p, text, len, signature, signature_len) < 0)
		wrong = "the index is not signed by whom update.keys names, or was changed since";
	if (!wrong && cv_fleet_index_parse(text, len, &p->index, why) < 0)
		wrong = why;
	if (!wrong) {
		cv_sha256_text(text, len, p->sha256);
		wrong = check_age(p);
	}
	free(text);
	free(signature);
	if (wrong)
		return refuse(p, wrong);
	if (p->index.serial > p->seen.serial) {
		p->seen.serial = p->index.serial;
		memcpy(p->seen.sha256, p->sha256, sizeof(p->seen.sha256));
		if (cv_update_seen_write(CV_UPDATE_DIR, &p->seen) < 0)
			return cv_policy_say(p->args, CV_CLI_OUTPUT, "cannot write " CV_UPDATE_DIR);
	}
	return CV_CLI_OK;
}

/* ---- reporting -------------------------------------------------------------------------------- */

/* What cannot be reported is installed all the same, and reported by the next poll. */
static void report(struct poll *p, enum cv_fleet_outcome outcome, const char *detail)
{
	struct cv_fleet_report r = {
		.serial = p->index.serial, .outcome = outcome, .time = time(NULL)};
	char name[128], *text = NULL;

	snprintf(r.node, sizeof(r.node), "%s", p->config->node);
	snprintf(r.running, sizeof(r.running), "%s", p->self.version);
	snprintf(r.target, sizeof(r.target), "%s", p->index.version);
	snprintf(r.detail, sizeof(r.detail), "%.150s", detail);
	snprintf(name, sizeof(name), CV_FLEET_REPORTS "/%s.json", p->config->node);
	printf("version %s: %s%s%s\n", r.target, cv_fleet_outcome_name(outcome),
	       *detail ? ", " : "", detail);
	if (cv_fleet_report_write(&r, &text) < 0)
		return;
	if (cv_fetch_put(&p->server, name, text, strlen(text), p->why) < 0)
		fprintf(stderr, "culvert update poll: the report was not taken: %s\n", p->why);
	free(text);
}

/* ---- deciding --------------------------------------------------------------------------------- */

/* What stands against beginning now, NULL = nothing. */
static const char *reason_to_wait(const struct poll *p)
{
	int64_t now = time(NULL);

	if (cv_update_older(p->index.version, p->self.version))
		return "a newer one runs";
	if (p->index.halted)
		return "the roll-out is halted";
	if (!cv_fleet_selects(&p->index, p->config->node))
		return "it is not this node's turn";
	if (!cv_config_window_has(&p->index.window, now))
		return "it is not the fleet's hour";
	if (!cv_config_window_has(&p->config->host.update.window, now))
		return "it is not this node's hour";
	return NULL;
}

/* Where an attempt stands that was begun before. @return whether there is one. */
static bool is_under_way(const struct poll *p, enum cv_fleet_outcome *ret, const char **detail)
{
	const struct cv_update_attempt *a = &p->attempt;
	bool same = strcmp(a->version, p->index.version) == 0;

	*detail = "";
	if (strcmp(p->self.version, p->index.version) == 0) {
		*ret = cv_update_on_trial(&p->self, a) ? CV_FLEET_TRIAL : CV_FLEET_GOOD;
		return true;
	}
	if (a->phase == CV_UPDATE_TRIAL) {
		*ret = same ? CV_FLEET_TRIAL : CV_FLEET_WAITING;
		*detail = same ? "started by the next reboot" : "another upgrade is on trial";
		return true;
	}
	*ret = CV_FLEET_FAILED;
	if (same && a->phase == CV_UPDATE_FAILED) {
		*detail = "it was tried, was not well, and was left";
		return true;
	}
	*detail = "it could not be installed";
	return strcmp(p->seen.version, p->index.version) == 0 && p->seen.tries >= TRIES_MAX;
}

/* ---- installing ------------------------------------------------------------------------------- */

static int count_try(struct poll *p)
{
	if (strcmp(p->seen.version, p->index.version) != 0)
		p->seen.tries = 0;
	memcpy(p->seen.version, p->index.version, sizeof(p->seen.version));
	p->seen.tries++;
	return cv_update_seen_write(CV_UPDATE_DIR, &p->seen);
}

static int upgrade(struct poll *p)
{
	static const char *const reboot[] = {"systemctl", "reboot", NULL};
	int code;

	if (count_try(p) < 0)
		return cv_policy_say(p->args, CV_CLI_OUTPUT, "cannot write " CV_UPDATE_DIR);
	report(p, CV_FLEET_INSTALLING, "");
	if (cv_fetch_file(&p->server, p->index.bundle, BUNDLE, p->index.size, p->index.sha256,
			  p->why) < 0) {
		fprintf(stderr, "culvert update poll: %s\n", p->why);
		code = CV_CLI_INPUT;
	} else {
		/* The way of `culvert update install`, with all that it looks at. */
		code = cv_update_install_bundle(p->args, BUNDLE, p->index.version);
		(void)unlink(BUNDLE);
	}
	if (code != CV_CLI_OK) {
		bool last = p->seen.tries >= TRIES_MAX;

		report(p, last ? CV_FLEET_FAILED : CV_FLEET_WAITING,
		       last ? "it could not be installed" : "it could not be installed yet");
		return code;
	}
	report(p, CV_FLEET_TRIAL, "started by the next reboot");
	return cv_update_run(reboot, NULL) == 0 ? CV_CLI_OK : CV_CLI_UNREACHABLE;
}

/* ---- all of it -------------------------------------------------------------------------------- */

static int resolve(const struct poll *p, const char *name, char ret[PATH_MAX])
{
	ret[0] = '\0';
	return *name ? cv_config_resolve(p->config, name, ret) : 0;
}

static int prepare(struct poll *p)
{
	const struct cv_config_update *u = &p->config->host.update;
	int r = resolve(p, u->ca, p->ca);

	if (r == 0)
		r = resolve(p, u->cert, p->cert);
	if (r == 0)
		r = resolve(p, u->key, p->key);
	p->server = (struct cv_fetch_server){u->url, p->ca, p->cert, p->key};
	if (r < 0)
		return cv_policy_say(p->args, CV_CLI_INPUT, "the name of a file is too long");
	if (!cv_update_is_alone())
		return cv_policy_say(p->args, CV_CLI_UNREACHABLE, "another upgrade is at work");
	(void)unlink(BUNDLE); /* a power cut may have left it */
	if (cv_update_seen_read(CV_UPDATE_DIR, &p->seen) < 0)
		return cv_policy_say(p->args, CV_CLI_INPUT,
				     "cannot read " CV_UPDATE_DIR
				     "/fleet.json: remove it to begin anew");
	return cv_update_load(p->args, &p->self, &p->attempt);
}

static int run(struct poll *p)
{
	enum cv_fleet_outcome outcome;
	const char *detail;
	int code;

	if (!*p->config->host.update.url) {
		puts("update.url is not set: nobody is asked");
		return CV_CLI_OK;
	}
	code = prepare(p);
	if (code == CV_CLI_OK)
		code = get_index(p);
	if (code != CV_CLI_OK)
		return code;
	if (!is_under_way(p, &outcome, &detail)) {
		outcome = CV_FLEET_WAITING;
		detail = reason_to_wait(p);
		if (!detail)
			return upgrade(p);
	}
	report(p, outcome, detail);
	return CV_CLI_OK;
}

int cv_update_poll(const struct cv_policy_args *args)
{
	const char *file = cv_policy_value(args, "config");
	struct poll *p = calloc(1, sizeof(*p));
	struct cv_diagnostics diag = {0};
	int code = CV_CLI_INPUT;

	if (!p)
		return cv_policy_say(args, CV_CLI_UNREACHABLE, "out of memory");
	p->args = args;
	if (cv_host_load(file ? file : CV_HOST_FILE, file ? "" : CV_HOST_IN_FORCE, &p->config,
			 &diag) == 0)
		code = run(p);
	else
		cv_diagnostics_print(&diag, stderr);
	cv_diagnostics_free(&diag);
	cv_config_free(p->config);
	free(p);
	return code;
}
