/* SPDX-License-Identifier: Apache-2.0 */
/* What a start of control finds in the store and the configuration, and puts in force. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/diag.h"
#include "control/config/yaml.h"
#include "control/rollout/rollout_private.h"
#include "control/text/sha256_text.h"

/* Store a policy file of this machine, not of a request. @return its number, or negative errno. */
static int64_t store_file(struct cv_rollout *r, const char *data, size_t len, struct cv_version *v,
			  struct cv_diagnostics *diag)
{
	int res = cv_store_begin(&r->store, data, len, NULL, 0);
	struct cv_about *about = &v->about;
	char why[512] = "";

	about->number = r->state.last + 1;
	about->size = len;
	cv_sha256_text(data, len, about->hash);
	if (res == 0)
		res = cv_rollout_compile(r, 0, v, diag, why, sizeof(why));
	if (why[0])
		cv_diag("error", "%s", why);
	if (res == 0) {
		about->crc32c = v->gen->crc32c;
		res = cv_store_keep(&r->store, about);
	}
	if (res < 0) {
		cv_store_abandon(&r->store);
		return res;
	}
	r->state.last = about->number;
	return (int64_t)about->number;
}

static void audit_start(struct cv_rollout *r, const struct cv_about *about, const char *what)
{
	const struct cv_audit_entry entry = {
		.time_ns = about->time_ns,
		.who = about->who,
		.what = what,
		.number = about->number,
		.hash = about->hash,
		.detail = about->name,
	};

	cv_audit_finish(r->audit, cv_audit_begin_later(r->audit, &entry), "done", "");
}

static void put_in_force(struct cv_rollout *r, const struct cv_version *v, bool keep_previous)
{
	struct cv_state *s = &r->state;

	if (!keep_previous)
		s->previous = s->live;
	s->live = v->about.number;
	s->live_since_ns = v->about.time_ns;
	snprintf(s->live_who, sizeof(s->live_who), "%s", v->about.who);
	r->live = *v;
}

/* The configuration's own policy file: what is in force until one is applied. */
static int take_from_config(struct cv_rollout *r, const char *data, size_t len, const char *hash,
			    struct cv_diagnostics *diag)
{
	struct cv_version v = {.slot = -1};
	int64_t number;

	v.about = (struct cv_about){
		.origin = CV_ORIGIN_CONFIG,
		.who = "culvert-control",
		.time_ns = cv_loop_wall_ns(r->loop),
	};
	snprintf(v.about.name, sizeof(v.about.name), "%.127s", r->config->policy);
	number = store_file(r, data, len, &v, diag);
	if (number < 0)
		return (int)number;
	snprintf(r->state.seed_hash, sizeof(r->state.seed_hash), "%s", hash);
	put_in_force(r, &v, false);
	audit_start(r, &v.about, CV_START_FROM_CONFIGURATION);
	return 0;
}

/* The policy is the same and the configuration is not: another generation (D15). */
static int renumber(struct cv_rollout *r, const struct cv_about *old, struct cv_diagnostics *diag)
{
	struct cv_version v = {.about = *old, .slot = -1};
	char *data = NULL;
	size_t len;
	int64_t number;
	int res = cv_store_read(&r->store, old->number, &data, &len);

	if (res < 0)
		return res;
	v.about.origin = CV_ORIGIN_RENUMBERED;
	v.about.time_ns = cv_loop_wall_ns(r->loop);
	snprintf(v.about.who, sizeof(v.about.who), "culvert-control");
	cv_diagnostics_free(diag); /* the same findings come again */
	number = store_file(r, data, len, &v, diag);
	free(data);
	if (number < 0)
		return (int)number;
	put_in_force(r, &v, true);
	audit_start(r, &v.about, CV_START_FOR_CONFIGURATION);
	return 0;
}

static int load_live(struct cv_rollout *r, struct cv_diagnostics *diag)
{
	struct cv_version v = {.slot = -1};
	char why[512] = "";
	int res = cv_store_about(&r->store, r->state.live, &v.about);

	if (res == 0)
		res = cv_rollout_compile(r, v.about.number, &v, diag, why, sizeof(why));
	if (res < 0) {
		cv_tell(CV_MESSAGE_POLICY_BROKEN,
			"policy %llu, which is in force, cannot be loaded from %s%s%s",
			(unsigned long long)r->state.live, r->store.dir, why[0] ? ": " : "", why);
		cv_version_release(&v);
		return res;
	}
	if (v.gen->crc32c == v.about.crc32c) {
		r->live = v;
		return 0;
	}
	{
		const struct cv_about old = v.about;

		cv_version_release(&v);
		return renumber(r, &old, diag);
	}
}

/*
 * A policy of a newer Culvert: the system went back and finds words in it that it does not know. What was
 * in force before and is understood goes back with it (ADR 0047): a node without control helps nobody.
 */
static int take_understood(struct cv_rollout *r, struct cv_diagnostics *diag)
{
	uint64_t refused = r->state.live, number = cv_rollout_last_understood(r, refused);
	int res;

	if (number == 0)
		return -EINVAL;
	r->state.live = number;
	r->state.previous = 0;
	r->state.confirm = false;
	r->state.live_since_ns = cv_loop_wall_ns(r->loop);
	snprintf(r->state.live_who, sizeof(r->state.live_who), "culvert-control");
	cv_diagnostics_free(diag);
	res = load_live(r, diag);
	if (res < 0)
		return res;
	cv_tell(CV_MESSAGE_POLICY_REVERTED,
		"policy %llu is not understood by this version of Culvert: going back to %llu",
		(unsigned long long)refused, (unsigned long long)r->live.about.number);
	audit_start(r, &r->live.about, CV_START_UNDERSTOOD);
	return 0;
}

/* The configuration's file says something else than what was applied: its writer may not know. */
static void compare_file(struct cv_rollout *r, const char *path)
{
	struct cv_diagnostics ignored = {0};
	char hash[65], *data = NULL;
	size_t len = 0;

	if (cv_yaml_read_file(path, &data, &len, &ignored) == 0) {
		cv_sha256_text(data, len, hash);
		if (strcmp(hash, r->live.about.hash) != 0 && strcmp(hash, r->state.seed_hash) != 0)
			snprintf(r->file_warning, sizeof(r->file_warning),
				 "%.400s was changed and is not in force: policy %llu was applied "
				 "(culvert policy apply puts a file in force)",
				 path, (unsigned long long)r->live.about.number);
	}
	free(data);
	cv_diagnostics_free(&ignored);
}

/*
 * Until somebody applies a policy the configuration's file decides, as it is at each start. From
 * then on it does not: a file that was changed by hand was not applied by anybody.
 */
static int choose(struct cv_rollout *r, struct cv_diagnostics *diag)
{
	char path[PATH_MAX], hash[65] = "", *data = NULL;
	struct cv_about about = {0};
	bool from_config;
	size_t len = 0;
	int res = cv_config_resolve(r->config, r->config->policy, path);

	if (r->state.live)
		(void)cv_store_about(&r->store, r->state.live, &about);
	from_config = !r->state.live || (about.origin == CV_ORIGIN_CONFIG && about.number);
	if (about.origin == CV_ORIGIN_RENUMBERED && strcmp(about.hash, r->state.seed_hash) == 0)
		from_config = true;
	if (res == 0 && from_config)
		res = cv_yaml_read_file(path, &data, &len, diag);
	if (res == 0 && data)
		cv_sha256_text(data, len, hash);
	if (res == 0 && from_config && strcmp(hash, r->state.seed_hash) != 0)
		res = take_from_config(r, data, len, hash, diag);
	else if (res == 0)
		res = load_live(r, diag);
	if (res == -EINVAL && !from_config)
		res = take_understood(r, diag);
	if (res == 0 && !from_config)
		compare_file(r, path);
	free(data);
	return res;
}

static int open_files(struct cv_rollout *r)
{
	char path[PATH_MAX];
	const char *why = "";
	int res;

	if (snprintf(path, sizeof(path), "%s/policy", r->config->log_dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	res = cv_store_open(path, "policy", &r->store);
	if (res < 0) {
		cv_diag("error", "cannot keep policies in %s (%s): make its folder writable", path,
			strerror(-res));
		return res;
	}
	snprintf(path, sizeof(path), "%s/state", r->store.dir);
	res = cv_state_open(path, &r->file, &r->state);
	if (res == -EBADMSG)
		cv_diag("error",
			"%s is damaged: which policy was in force is not known. Put back a copy, "
			"or remove the file: the configuration's policy is then in force",
			path);
	else if (res == -EBUSY)
		cv_diag("error", "%s is in use: another culvert-control runs: stop it first", path);
	else if (res < 0)
		cv_diag("error", "cannot open %s (%s)", path, strerror(-res));
	if (res < 0)
		return res;
	snprintf(path, sizeof(path), "%s/audit.db", r->store.dir);
	res = cv_audit_open(path, &r->audit, &why);
	if (res < 0)
		cv_diag("error", "%s: %s", path, why);
	return res;
}

static struct cv_rollout *make(struct cv_loop *loop, const struct cv_config *config)
{
	struct cv_rollout *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->loop = loop;
	r->config = config;
	r->file.places.fd = -1;
	r->live.slot = r->shadow.slot = r->previous.slot = r->job.fresh.slot = -1;
	r->wait = (struct cv_op){.done = cv_rollout_on_wait, .owner = r};
	r->confirm = (struct cv_op){.done = cv_rollout_on_confirm, .owner = r};
	r->task = (struct cv_task){.loop = loop, .owner = r};
	if (cv_task_init(&r->task) < 0) {
		free(r);
		return NULL;
	}
	return r;
}

static int copy_image(const struct cv_generation *gen, struct cv_generation **ret)
{
	*ret = malloc(gen->size);
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, gen, gen->size);
	return 0;
}

int cv_rollout_open(struct cv_loop *loop, const struct cv_config *config, struct cv_rollout **ret,
		    const struct cv_generation **ret_gen, struct cv_diagnostics *diag)
{
	struct cv_rollout *r = make(loop, config);
	int res;

	if (!r)
		return -ENOMEM;
	res = open_files(r);
	if (res == 0) {
		cv_rollout_recover(r);
		res = choose(r, diag);
	}
	if (res == 0)
		res = copy_image(r->live.gen, &r->base);
	/* Before anything judges by it: on a full disk control must still start and serve. */
	if (res == 0 && cv_state_write(&r->file, &r->state) < 0)
		cv_diag("warning", "cannot write %s/state: is the disk full?", r->store.dir);
	if (res < 0) {
		cv_rollout_close(r);
		return res;
	}
	*ret = r;
	*ret_gen = r->base;
	return 0;
}

/* What is kept beside the policy in force is worth a warning, not a start. */
static void load_other(struct cv_rollout *r, uint64_t number, const char *what,
		       struct cv_version *ret)
{
	struct cv_diagnostics diag = {0};
	struct cv_version v = {.slot = -1};
	char text[512] = "";
	const char *why = "";
	int res;

	if (!number)
		return;
	res = cv_store_about(&r->store, number, &v.about);
	if (res == 0)
		res = cv_rollout_compile(r, number, &v, &diag, text, sizeof(text));
	if (res == 0)
		res = cv_rollout_kernel_prepare(r, &v, text, sizeof(text));
	if (res == 0)
		res = cv_link_policy_offer(r->link, v.gen, &why);
	if (res == 0) {
		*ret = v;
	} else {
		cv_diag("warning", "policy %llu (%s) cannot be loaded any more: %s%s",
			(unsigned long long)number, what, text[0] ? text : strerror(-res), why);
		cv_rollout_kernel_abandon(r, &v);
		cv_version_release(&v);
	}
	cv_diagnostics_free(&diag);
}

int cv_rollout_load_others(struct cv_rollout *r)
{
	struct cv_state next = r->state;
	int res = 0;

	cv_rollout_kernel_adopt(r);
	load_other(r, r->state.previous, "to go back to", &r->previous);
	load_other(r, r->state.shadow, "in shadow", &r->shadow);
	next.previous = r->previous.about.number;
	next.shadow = r->shadow.about.number;
	if (next.previous != r->state.previous || next.shadow != r->state.shadow) {
		res = cv_state_write(&r->file, &next);
		r->state = next;
	}
	cv_rollout_shadow_begins(r);
	cv_rollout_kernel_switch(r);
	cv_rollout_kernel_settle(r);
	cv_rollout_link_switch(r);
	cv_rollout_link_would(r);
	cv_rollout_arm(r);
	return res == -ENOSPC ? 0 : res;
}
