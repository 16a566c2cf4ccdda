/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that read the policy. */
#ifndef CV_POLICY_PARSE_H
#define CV_POLICY_PARSE_H

#include "control/config/address.h"
#include "control/config/schema.h"
#include "control/config/yaml.h"
#include "control/policy/policy.h"

struct cv_policy_reader {
	struct cv_policy *policy;
	struct cv_diagnostics *diag;
	int error; /* 0, -EINVAL, -ENOMEM */
	bool confined; /* list files lie beside the policy and nowhere else */
};

/** Add a finding at a node's value and remember the failure. */
void cv_policy_wrong(struct cv_policy_reader *r, struct cv_place at, const char *hint,
		     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** Name of a zone, group or service: the node's key. @return false with a finding. */
bool cv_policy_read_name(struct cv_policy_reader *r, const struct cv_yaml *node,
			 struct cv_policy_name *name);

/** Is there anything to read, and is it a map of a size that is allowed? */
bool cv_policy_is_names(struct cv_policy_reader *r, const struct cv_yaml *map, const char *what,
			size_t max);

/** Make room for one more in an array that doubles. @return 0 or -ENOMEM. */
int cv_policy_grow(void *array, size_t n, size_t element);

/** Six bytes with colons; the number has the first byte lowest. @return false: not one. */
bool cv_policy_parse_mac(const char *text, uint64_t *mac);

/** What reads one line of a list file. @p text has no blanks around it and is not empty. */
typedef void (*cv_policy_line)(struct cv_policy_reader *r, const char *text,
			       struct cv_policy_place at, void *arg);

/** Read a list file named at @p node: a line each, # begins a comment. */
void cv_policy_read_list(struct cv_policy_reader *r, const struct cv_yaml *node,
			 cv_policy_line line, void *arg);

/* The parts of the file, in this order. */
void cv_policy_read_zones(struct cv_policy_reader *r, const struct cv_yaml *map);
void cv_policy_read_groups(struct cv_policy_reader *r, const struct cv_yaml *map);
void cv_policy_read_services(struct cv_policy_reader *r, const struct cv_yaml *map);
void cv_policy_read_bindings(struct cv_policy_reader *r, const struct cv_yaml *list);
void cv_policy_read_rules(struct cv_policy_reader *r, const struct cv_yaml *list);

/** The member of a rule with constraints on messages; its limits are read already. */
void cv_policy_read_apps(struct cv_policy_reader *r, const struct cv_yaml *map,
			 struct cv_policy_rule *rule);

/** A limit that was read: can it let anything pass? @return false with a finding. */
bool cv_policy_check_limit(struct cv_policy_reader *r, const struct cv_yaml *node,
			   const struct cv_policy_limit *limit);

/** Fields of a limit, relative to struct cv_policy_limit; the first are all that zones have. */
#define CV_POLICY_LIMIT_FIELDS 5
#define CV_POLICY_LIMIT_FRAMES 3
extern const struct cv_field cv_policy_limit_fields[CV_POLICY_LIMIT_FIELDS];

/* What the file, a zone and a rule may hold. */
extern const struct cv_field cv_policy_file_schema, cv_policy_zone_schema, cv_policy_rule_schema;

/** Addresses of different groups must not overlap; sorts and thins out prefixes and MACs. */
void cv_policy_check_overlap(struct cv_policy_reader *r);

#endif
