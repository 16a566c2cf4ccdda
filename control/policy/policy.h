/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy file and what its rules mean.
 *
 * Rules are tried in the order of the file; the first that matches decides. A rule matches
 *   - a frame from `from` to `to` towards the service (zones by where it enters and leaves, groups
 *     by its addresses);
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
#include "dataplane/policy/app_build.h"
#include "dataplane/policy/generation_build.h"

#define CV_POLICY_ZONES_MAX 31
#define CV_POLICY_GROUPS_MAX 1024
#define CV_POLICY_SERVICES_MAX 1024
#define CV_POLICY_RULES_MAX 4096
/** Addresses of groups, MAC addresses of groups, bindings: each. */
#define CV_POLICY_LISTED_MAX (1u << 22)
/** "any" as zone, group or service of a rule. */
#define CV_POLICY_ANY 0
/** Most groups, zones or services of one rule's `from`, `to` or `service`. */
#define CV_POLICY_REFS_MAX 1024

struct cv_policy_name {
	char text[32];
	unsigned int line, column;
};

/** Where an address, a binding or the like stands: in the policy or in one of its list files. */
struct cv_policy_place {
	uint32_t line;
	uint16_t column;
	uint16_t file; /* index into files; 0 = the policy itself */
};

struct cv_policy_prefix {
	struct cv_policy_place at;
	struct cv_gen_prefix prefix;
};

struct cv_policy_mac {
	struct cv_policy_place at;
	struct cv_gen_mac mac;
};

struct cv_policy_binding {
	struct cv_policy_place at;
	struct cv_gen_binding binding;
};

/** Class of what a group lists itself is its index + 1; it may take in other groups. */
struct cv_policy_group {
	struct cv_policy_name name;
	uint16_t *includes; /* indexes of groups */
	size_t n_includes;
	uint16_t *classes; /* all that it stands for, its own among them */
	size_t n_classes;
	bool own; /* it lists addresses itself */
	uint8_t walk; /* while includes are followed: 0 not yet, 1 in hand, 2 done */
};

struct cv_policy_service {
	struct cv_policy_name name;
	uint8_t ip_proto; /* IANA protocol number */
	uint16_t port; /* host order, 0 = all of the protocol */
};

/** Whom a limit is for. */
#define CV_POLICY_PERS(X)                                                                          \
	X(DEVICE, "device") /* each sender by itself */                                            \
	X(GROUP, "group") /* all senders of a group together */                                    \
	X(RULE, "rule") /* all senders */
#define CV_POLICY_PER_ROW(id, name) CV_POLICY_PER_##id,
enum cv_policy_per { CV_POLICY_PERS(CV_POLICY_PER_ROW) CV_POLICY_PER_COUNT };

/** A limit; amounts 0 = not limited. */
struct cv_policy_limit {
	struct cv_rate packets;
	struct cv_rate bytes;
	struct cv_rate messages;
	uint64_t burst_ns;
	uint8_t per; /* enum cv_policy_per */
};

/** What a zone or the file as a whole says of what no rule matches. */
struct cv_policy_fallback {
	uint8_t ip, non_ip; /* CV_ACTION_DROP or CV_ACTION_FORWARD */
	bool inspect;
};

struct cv_policy_zone {
	struct cv_policy_name name;
	char (*ports)[32];
	size_t n_ports; /* 0 = all */
	uint64_t *vlans; /* bit by VLAN, CV_VLANS of them; NULL = all */
	struct cv_policy_fallback fallback;
	uint8_t unknown; /* enum cv_unknown */
	struct cv_policy_limit unknown_limit, device_limit, port_limit;
};

/** One end of a rule: zone number and class, CV_POLICY_ANY = any; the group as it was named. */
struct cv_policy_end {
	uint16_t zone, class_id, group;
};

struct cv_policy_ends {
	struct cv_policy_end *items;
	size_t n;
};

/** A list of services (index + 1); CV_POLICY_ANY = any. */
struct cv_policy_refs {
	uint16_t *items;
	size_t n;
};

/** Whether a rule acts. */
#define CV_POLICY_MODES(X)                                                                         \
	X(ENFORCE, "enforce")                                                                      \
	X(SHADOW, "shadow") /* counted beside: what it would do */                                 \
	X(OFF, "off")
#define CV_POLICY_MODE_ROW(id, name) CV_POLICY_##id,
enum cv_policy_mode { CV_POLICY_MODES(CV_POLICY_MODE_ROW) CV_POLICY_MODE_COUNT };

struct cv_policy_rule {
	unsigned int line, column;
	uint32_t id; /* >= 1, unique */
	char name[40]; /* for people, may be empty */
	uint8_t action; /* CV_ACTION_DROP or CV_ACTION_FORWARD */
	uint8_t mode; /* enum cv_policy_mode */
	bool inspect;
	bool exempt; /* from limits of single senders */
	struct cv_policy_limit limits[CV_POLICY_PER_COUNT]; /* by enum cv_policy_per */
	bool limited[CV_POLICY_PER_COUNT];
	struct cv_policy_ends from, to;
	struct cv_policy_refs service;
	uint16_t app, app_answers; /* constraints on messages, cv_rule.app; 0 = none */
	uint16_t *group_apps; /* by end in from: with the meter of its group; NULL = app for all */
};

struct cv_policy {
	char *path;
	char **files; /* list files; [0] is path itself */
	size_t n_files;
	struct cv_policy_fallback fallback;
	struct cv_policy_zone *zones;
	size_t n_zones;
	struct cv_policy_group *groups;
	size_t n_groups;
	struct cv_policy_prefix *prefixes; /* of all groups */
	size_t n_prefixes;
	struct cv_policy_mac *macs; /* of all groups */
	size_t n_macs;
	struct cv_policy_binding *bindings;
	size_t n_bindings;
	struct cv_app_build *apps; /* constraints of all rules, identities of protocols */
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

/**
 * As cv_policy_load(), for a policy from elsewhere: it may name no list file but those in its own
 * folder. What else lies on this machine was not signed with it, and findings quote what they
 * read.
 */
int cv_policy_load_confined(const char *path, struct cv_policy **ret, struct cv_diagnostics *diag);

/** NULL is fine. */
void cv_policy_free(struct cv_policy *policy);

/** Write the page docs/security/language.md, from the tables that the reader follows. */
void cv_policy_write_doc(FILE *out);

/** Place of an entry, for findings. */
struct cv_place cv_policy_place(const struct cv_policy *policy, struct cv_policy_place at);

/** Does any rule act in shadow only? Then a second image tells what it would do. */
bool cv_policy_has_shadow(const struct cv_policy *policy);

/** What a policy is compiled for. */
struct cv_policy_target {
	const struct cv_gen_port *ports; /* NULL: ports are numbered as the policy names them, and
					  * 0 and 1, 2 and 3 ... are taken for peers */
	unsigned int n_ports;
	bool shadow; /* rules in shadow mode act as if they were enforced */
};

/**
 * Put a policy into a generation such that the fixed look-up order (policy_abi.h) gives what the
 * order of the file means.
 *
 * @param diag warnings: rules that can never decide anything; errors: ports that are not there.
 * @return 0; -EINVAL with findings; -E2BIG with a finding: too many keys or contexts; -ENOMEM.
 */
int cv_policy_compile(const struct cv_policy *policy, const struct cv_policy_target *target,
		      struct cv_generation_build *build, struct cv_diagnostics *diag);

#endif
