/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules look at a quantity: by the number of its name, made once when rules are put in force. */
#ifndef CV_ALARM_NAMES_H
#define CV_ALARM_NAMES_H

#include "control/alarm/rules.h"
#include "control/alarm/table.h"
#include "control/registry/print.h"
#include "dataplane/normalize/vocabulary.h"

/** Names beyond this are words: names that devices give themselves. */
#define CV_ALARM_RAW_NAMES 0x10000u
/** Names that devices give themselves and a rule looks at; more are not looked at. */
#define CV_ALARM_RAW_MAX 65536u
/** Raw names that no rule looks at are remembered here, by their hash. */
#define CV_ALARM_NOTHING 4096u

struct cv_alarm_list {
	uint32_t first, n; /* in rules */
};

struct cv_alarm_names {
	const struct cv_alarm_rules *source;
	struct cv_alarm_list by_name[CV_NAME_COUNT];
	struct cv_alarm_list any; /* of events whose name no rule asks for */
	uint16_t *rules;
	uint32_t used, room;
	struct cv_alarm_table raw_table; /* of hashes of raw names, to their place in raw + 1 */
	struct cv_alarm_raw {
		char *text;
		struct cv_alarm_list list;
	} * raw;
	uint32_t n_raw, raw_room;
	struct cv_registry_key key;
	uint64_t nothing[CV_ALARM_NOTHING];
};

/** @return 0 or -ENOMEM; cv_alarm_names_free() in any case. */
int cv_alarm_names_init(struct cv_alarm_names *n, const struct cv_alarm_rules *rules);
void cv_alarm_names_free(struct cv_alarm_names *n);

/** Rules that look at a record, and the number of its name. */
struct cv_alarm_list cv_alarm_names_find(struct cv_alarm_names *n, const struct cv_record *rec,
					 uint32_t *ret_name);

/** Number of a name by its text, made where a rule looks at it; 0 = none does. */
uint32_t cv_alarm_names_number(struct cv_alarm_names *n, const char *text, size_t len);
/** "" for 0. Valid until the next name is new. */
const char *cv_alarm_names_text(const struct cv_alarm_names *n, uint32_t name);

#endif
