/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes as a policy: a bundle with its signatures, or a plain policy file where the node takes
 * unsigned ones; and how either is compiled.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/bundle/bundle.h"
#include "control/config/compile.h"
#include "control/config/yaml.h"
#include "control/rollout/rollout_private.h"
#include "control/text/sha256_text.h"
#include "ebpf/module.h"

/* ---- may it be used ------------------------------------------------------------------------ */

static int verify_bundle(const struct cv_rollout *r, struct cv_job *job, struct cv_bundle *bundle)
{
	const struct cv_bundle_demand demand = {
		.threshold = r->config->trust_threshold,
		.allow_unsigned = r->config->trust_allow_unsigned,
		.min_version = r->state.version,
		.min_version_sha256 = r->state.version ? job->newest_sha256 : NULL,
		.now = job->since_ns / 1000000000,
	};
	struct cv_signatures sigs = {0};
	struct cv_bundle_proof proof = {0};
	struct cv_trust trust = {0};
	int res = cv_trust_load_node(r->config, &trust, &job->diag);

	if (res == 0 && job->sigs_len > 0)
		res = cv_signatures_add_text("signatures", job->data + job->len, job->sigs_len,
					     &sigs, &job->diag);
	if (res == 0)
		res = cv_bundle_verify(bundle, &sigs, &trust, &demand, &proof, &job->diag);
	if (res == 0) {
		job->fresh.about.version = bundle->version;
		job->fresh.about.signers = proof.signers;
	}
	cv_signatures_free(&sigs);
	cv_trust_free(&trust);
	return res;
}

static void hex_to_bytes(const char *hex, uint8_t ret[CV_BUNDLE_SHA256_SIZE])
{
	for (size_t i = 0; i < CV_BUNDLE_SHA256_SIZE && hex[0] && hex[1]; i++, hex += 2) {
		char pair[3] = {hex[0], hex[1]};

		ret[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
}

int cv_rollout_verify(const struct cv_rollout *r, struct cv_job *job)
{
	struct cv_bundle *bundle = NULL;
	int res;

	if (!cv_bundle_looks_like(job->data, job->len)) {
		if (job->len > CV_YAML_SIZE_MAX) {
			snprintf(job->why, sizeof(job->why), "a policy file has at most %u MiB",
				 CV_YAML_SIZE_MAX >> 20);
			return -E2BIG;
		}
		if (r->config->trust_allow_unsigned)
			return 0;
		snprintf(job->why, sizeof(job->why),
			 "this node takes signed bundles only (policy_trust.allow_unsigned)");
		return -EKEYREJECTED;
	}
	hex_to_bytes(r->state.version_hash, job->newest_sha256);
	res = cv_bundle_parse(job->fresh.about.name, job->data, job->len, &bundle, &job->diag);
	if (res == 0)
		res = verify_bundle(r, job, bundle);
	cv_bundle_free(bundle);
	return res;
}

/* ---- compiling ----------------------------------------------------------------------------- */

/* Findings name the file as its user does. */
static void rename_findings(struct cv_diagnostics *diag, const char *path, const char *name)
{
	for (size_t i = 0; i < diag->n; i++) {
		char *copy;

		if (strcmp(diag->items[i].file, path) != 0 || !(copy = strdup(name)))
			continue;
		free(diag->items[i].file);
		diag->items[i].file = copy;
	}
}

/* What this node's configuration names may name files of this node; what came by the API may not. */
static bool is_own(const struct cv_rollout *r, const struct cv_about *about)
{
	return about->origin == CV_ORIGIN_CONFIG || (about->origin == CV_ORIGIN_RENUMBERED &&
						     strcmp(about->hash, r->state.seed_hash) == 0);
}

static int compile_path(const struct cv_rollout *r, const char *path, bool own,
			struct cv_version *v, struct cv_diagnostics *diag)
{
	struct cv_config *config = malloc(sizeof(*config));
	int res;

	if (!config)
		return -ENOMEM;
	/* A copy that borrows the lists: only the policy is another. */
	*config = *r->config;
	config->policy_confined = !own;
	if (own)
		config->policy_copy = path;
	else
		snprintf(config->policy, sizeof(config->policy), "%s", path);
	res = cv_config_compile_both(config, v->about.number, &v->gen, &v->would, diag);
	free(config);
	return res;
}

static int compile_bundle(const struct cv_rollout *r, const char *data, size_t len,
			  struct cv_version *v, struct cv_diagnostics *diag, char *why, size_t size)
{
	char dir[PATH_MAX - 32], path[PATH_MAX];
	struct cv_bundle *bundle = NULL;
	int res = cv_bundle_parse(v->about.name, data, len, &bundle, diag);

	if (res == 0) { /* it is loaded now and runs when the policy does */
		res = cv_bundle_module(bundle, &v->module, &v->module_size);
		if (res == -EINVAL)
			snprintf(why, size, CV_BUNDLE_ONE_MODULE);
	}
	if (res == 0)
		res = cv_bundle_unpack(bundle, NULL, dir, diag);
	if (res == 0) {
		snprintf(path, sizeof(path), "%s/" CV_BUNDLE_POLICY_FILE, dir);
		res = compile_path(r, path, false, v, diag);
		cv_bundle_name_findings(dir, diag);
		cv_bundle_discard(bundle, dir);
	}
	cv_bundle_free(bundle);
	return res;
}

/* Lists that the configuration's file names lie beside it: as long as it still says what was stored,
 * it is compiled where it lies. */
static void find_lists(const struct cv_rollout *r, const struct cv_version *v, char path[PATH_MAX])
{
	char own[PATH_MAX], hash[65], *data = NULL;
	struct cv_diagnostics ignored = {0};
	size_t len = 0;

	if (v->about.origin == CV_ORIGIN_APPLY ||
	    cv_config_resolve(r->config, r->config->policy, own) < 0)
		return;
	if (cv_yaml_read_file(own, &data, &len, &ignored) == 0) {
		cv_sha256_text(data, len, hash);
		if (strcmp(hash, v->about.hash) == 0)
			memcpy(path, own, PATH_MAX);
	}
	free(data);
	cv_diagnostics_free(&ignored);
}

int cv_rollout_compile(const struct cv_rollout *r, uint64_t stored, struct cv_version *v,
		       struct cv_diagnostics *diag, char *why, size_t size)
{
	char path[PATH_MAX], hash[65], *data = NULL;
	size_t len = 0;
	int res = cv_store_read(&r->store, stored, &data, &len);

	if (res < 0)
		return res;
	cv_sha256_text(data, len, hash);
	cv_store_path(&r->store, stored, "policy", path);
	find_lists(r, v, path);
	if (strcmp(hash, v->about.hash) != 0) {
		snprintf(why, size, "%s is not what was applied: its hash is another", path);
		res = -EBADMSG;
	} else if (cv_bundle_looks_like(data, len)) {
		res = compile_bundle(r, data, len, v, diag, why, size);
	} else {
		res = compile_path(r, path, is_own(r, &v->about), v, diag);
		rename_findings(diag, path, v->about.name);
	}
	free(data);
	return res;
}

int cv_rollout_stage_module(struct cv_rollout *r, const struct cv_version *v, char *why,
			    size_t size)
{
	struct cv_bpf_why text = {0};
	int res =
		cv_bpf_module_stage(r->bpf, CV_MODULE_ALL_PORTS, v->module, v->module_size, &text);

	if (res < 0)
		snprintf(why, size, "%s", text.text);
	return res;
}

/* ---- reading ------------------------------------------------------------------------------- */

char *cv_rollout_source(const struct cv_rollout *r, uint64_t number, json_t **ret_files)
{
	struct cv_diagnostics diag = {0};
	struct cv_bundle *bundle = NULL;
	char *data = NULL, *text = NULL;
	size_t len = 0;

	*ret_files = json_array();
	if (cv_store_read(&r->store, number, &data, &len) < 0)
		return NULL;
	if (!cv_bundle_looks_like(data, len))
		return data;
	if (cv_bundle_parse("bundle", data, len, &bundle, &diag) == 0) {
		text = strndup((const char *)bundle->files[0].data, bundle->files[0].size);
		for (size_t i = 1; i < bundle->n_files; i++) {
			char hash[65];

			for (size_t k = 0; k < CV_BUNDLE_SHA256_SIZE; k++)
				snprintf(hash + 2 * k, 3, "%02x", bundle->files[i].sha256[k]);
			json_array_append_new(
				*ret_files,
				json_pack("{s:s s:I s:s}", "name", bundle->files[i].name, "size",
					  (json_int_t)bundle->files[i].size, "hash", hash));
		}
	}
	cv_bundle_free(bundle);
	cv_diagnostics_free(&diag);
	free(data);
	return text;
}
