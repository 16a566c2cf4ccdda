/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy as the offline verbs take it: a policy file, a bundle of one with its lists and its
 * module, or a generation image compiled from one. No signature is asked for: what is tried here
 * acts on nothing.
 */
#ifndef CV_POLICY_FILE_H
#define CV_POLICY_FILE_H

#include "control/config/diagnostics.h"
#include "dataplane/policy/generation.h"

/** A policy with all that judges beside it on a node. */
struct cv_policy_file {
	struct cv_generation *gen;
	struct cv_generation *would; /* its rules in shadow mode enforced; NULL = has none */
	void *module; /* BPF object, NULL = none */
	size_t module_size; /* bytes */
};

/**
 * @param path policy file, bundle, or an image that `culvert config compile` wrote.
 * @param config as below.
 * @param ret set on success only; released by the caller with cv_policy_file_release().
 * @return 0; negative errno with findings.
 */
int cv_policy_file_open(const char *path, const char *config, struct cv_policy_file *ret,
			struct cv_diagnostics *diag);

/**
 * Give a policy the module that lies beside it.
 *
 * @param path object that `culvert policy module build` wrote.
 * @return 0; -EEXIST: it came with one; another negative errno; each with a finding.
 */
int cv_policy_file_module(struct cv_policy_file *file, const char *path,
			  struct cv_diagnostics *diag);

void cv_policy_file_release(struct cv_policy_file *file);

/**
 * The policy alone.
 *
 * @param path policy file, bundle, or an image that `culvert config compile` wrote.
 * @param config the node's configuration, whose ports and zones the policy is compiled for; NULL =
 *        a node without ports.
 * @param ret freed by the caller with free().
 * @return 0; negative errno with findings.
 */
int cv_policy_file_load(const char *path, const char *config, struct cv_generation **ret,
			struct cv_diagnostics *diag);

/** Index of a port by name. @return -ENOENT. */
int cv_policy_file_port(const struct cv_generation *gen, const char *name);

#endif
