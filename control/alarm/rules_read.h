/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that read alarm rules. */
#ifndef CV_ALARM_RULES_READ_H
#define CV_ALARM_RULES_READ_H

#include "control/alarm/rules.h"
#include "control/config/schema.h"
#include "control/config/yaml.h"

struct cv_alarm_reader {
	struct cv_alarm_rules *rules;
	struct cv_diagnostics *diag;
	int error; /* 0, -EINVAL, -ENOMEM */
};

/** Add an error at a place and remember the failure. */
void cv_alarm_wrong(struct cv_alarm_reader *r, struct cv_place at, const char *hint,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** The lists of `match`. @param node NULL = not written. */
void cv_alarm_read_match(struct cv_alarm_reader *r, const struct cv_yaml *node,
			 struct cv_alarm_rule *rule);

/** What the table cannot say of a rule that was read by it. @param map the rule's node. */
void cv_alarm_check_rule(struct cv_alarm_reader *r, const struct cv_yaml *map,
			 struct cv_alarm_rule *rule);

/** What rules say of each other, when all are read. */
void cv_alarm_check_rules(struct cv_alarm_reader *r);

extern const struct cv_field cv_alarm_file_schema;
/** The keys of `match`, for the documentation: they are read by hand. */
extern const struct cv_field cv_alarm_match_schema;

#endif
