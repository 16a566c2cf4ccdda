/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy file and what its rules mean.
 *
 * Rules are tried in the order of the file; the first that matches decides. A rule matches
 *   - a frame from `from` to `to` towards the service;
 *   - if it allows: the service's answers, from `to` to `from`, told by their source port, and
 *     later fragments of both, which carry no port.
 * A frame whose destination port a rule names for its groups is a request and is never taken for
 * an answer to something else. Rules without a port (icmp, tcp, udp, any) match both ways when they
 * allow. A limit applies to the frames from `from` to `to`, per sender.
 */
#ifndef CV_POLICY_H
#define CV_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "control/config/diagnostics.h"
#include "control/config/units.h"
#include "dataplane/policy/generation_build.h"

#define CV_POLICY_GROUPS_MAX 1024
#define CV_POLICY_SERVICES_MAX 1024
#define CV_POLICY_RULES_MAX 4096
#define CV_POLICY_PREFIXES_MAX 65536
/** "any" as group or service of a rule. */
#define CV_POLICY_ANY 0

struct cv_policy_prefix {
	unsigned int line, column;
	struct cv_gen_prefix prefix;
};

struct cv_policy_name {
	char text[32];
	unsigned int line, column;
};

/** Class of a group is its index + 1. */
struct cv_policy_group {
	struct cv_policy_name name;
};

struct cv_policy_service {
	struct cv_policy_name name;
	uint8_t ip_proto; /* IANA protocol number */
	uint16_t port; /* host order, 0 = all of the protocol */
};

/** Limit of a rule; amount 0 = not limited. */
struct cv_policy_limit {
	struct cv_rate packets;
	struct cv_rate bytes;
	uint64_t burst_ns;
};

/** A list of groups (class numbers) or services (index + 1); CV_POLICY_ANY = any. */
struct cv_policy_refs {
	uint16_t *items;
	size_t n;
};

struct cv_policy_rule {
	unsigned int line, column;
	uint32_t id; /* >= 1, unique */
	uint8_t action; /* CV_ACTION_DROP or CV_ACTION_FORWARD */
	bool inspect;
	bool limited;
	struct cv_policy_limit limit;
	struct cv_policy_refs from, to, service;
};

struct cv_policy {
	char *path;
	struct {
		uint8_t ip, non_ip; /* CV_ACTION_DROP or CV_ACTION_FORWARD */
		bool inspect;
	} fallback;
	struct cv_policy_group *groups;
	size_t n_groups;
	struct cv_policy_prefix *prefixes; /* of all groups */
	size_t n_prefixes;
	struct cv_policy_service *services;
	size_t n_services;
	struct cv_policy_rule *rules; /* in the order of the file */
	size_t n_rules;
};

/**
 * Read and check a policy file; see cv_config_load() for the conventions.
 */
int cv_policy_load(const char *path, struct cv_policy **ret, struct cv_diagnostics *diag);
int cv_policy_parse(const char *path, const char *text, size_t len, struct cv_policy **ret,
		    struct cv_diagnostics *diag);

/** NULL is fine. */
void cv_policy_free(struct cv_policy *policy);

/**
 * Put defaults, prefixes and rule keys of a policy into a generation such that the fixed look-up
 * order (policy_abi.h) gives what the order of the file means.
 *
 * @param diag warnings: rules that can never decide anything.
 * @return 0; -E2BIG with a finding: too many keys; -ENOMEM.
 */
int cv_policy_compile(const struct cv_policy *policy, struct cv_generation_build *build,
		      struct cv_diagnostics *diag);

#endif
