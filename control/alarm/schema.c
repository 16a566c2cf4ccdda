/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the file of alarm rules. */
#include "control/alarm/rules_read.h"
#include "control/config/schema_rows.h"

#define RULE(member) AT(struct cv_alarm_rule, member)
#define SECOND UINT64_C(1000000000)
#define DAY (86400 * SECOND)

#define WORD_ROW(id, name) name,
static const char *const level_choices[] = {CV_ALARM_LEVELS(WORD_ROW) NULL};
static const char *const merge_choices[] = {CV_ALARM_MERGES(WORD_ROW) NULL};

static const struct cv_field match_fields[] = {
	{.name = "names",
	 .type = CV_FIELD_ELSEWHERE,
	 .takes = "names of quantities; `*` stands for any characters",
	 .fallback = "",
	 .help = "What is measured: `tank.pressure`, `air.*`. Conditions on values need it."},
	{.name = "devices",
	 .type = CV_FIELD_ELSEWHERE,
	 .takes = "URNs; `*` stands for any characters",
	 .fallback = "",
	 .help = "As events have them in `subject`."},
	{.name = "types",
	 .type = CV_FIELD_ELSEWHERE,
	 .takes = "measurement, state, alarm, session, command, error",
	 .fallback = "",
	 .help = "Types of events. Without it: measurement, state and alarm; silence: these, "
		 "session "
		 "and error."},
	{.name = "kinds",
	 .type = CV_FIELD_ELSEWHERE,
	 .takes = "words",
	 .fallback = "",
	 .help = "Kinds of devices as the registry has them."},
	{.name = "tags",
	 .type = CV_FIELD_ELSEWHERE,
	 .takes = "words",
	 .fallback = "",
	 .help = "The device has one of these tags in the registry."},
	{.name = "areas",
	 .type = CV_FIELD_ELSEWHERE,
	 .takes = "area codes, or how they begin",
	 .fallback = "",
	 .help = "A code of the device's area in the registry begins so: `310115` is a district "
		 "with "
		 "all its streets."},
};
const struct cv_field cv_alarm_match_schema = {
	.name = "match", .type = CV_FIELD_SECTION, FIELDS(match_fields)};

static const struct cv_field threshold_fields[] = {
	{.name = "above",
	 .type = CV_FIELD_REAL,
	 RULE(threshold.above),
	 .fallback = "",
	 .help = "A value larger than this, in the unit of the quantity; on and off are 1 and 0."},
	{.name = "below",
	 .type = CV_FIELD_REAL,
	 RULE(threshold.below),
	 .fallback = "",
	 .help = "A value smaller than this; this or `above`."},
	{.name = "clear",
	 .type = CV_FIELD_REAL,
	 RULE(threshold.clear),
	 .fallback = "",
	 .help = "Hysteresis: it goes on until the value is back here. Without it: at `above`, "
		 "`below`."},
	{.name = "for",
	 .type = CV_FIELD_DURATION,
	 RULE(threshold.for_ns),
	 .fallback = "0",
	 .max = 365 * DAY,
	 .help = "The value must have been beyond for so long."},
};

static const struct cv_field rate_fields[] = {
	{.name = "above",
	 .type = CV_FIELD_REAL,
	 RULE(rate.above),
	 .fallback = "",
	 .help = "The value rises by more than this in `per`."},
	{.name = "below",
	 .type = CV_FIELD_REAL,
	 RULE(rate.below),
	 .fallback = "",
	 .help = "It changes by less than this: -5 is a fall by more than 5. This or `above`."},
	{.name = "per",
	 .type = CV_FIELD_DURATION,
	 RULE(rate.per_ns),
	 .fallback = "1h",
	 .min = SECOND,
	 .max = 365 * DAY,
	 .help = "Time that `above` and `below` are for."},
	{.name = "window",
	 .type = CV_FIELD_DURATION,
	 RULE(rate.window_ns),
	 .fallback = "10min",
	 .min = SECOND,
	 .max = 365 * DAY,
	 .help = "The change is that since a value half of this ago or longer, divided by the time "
		 "since then, at least this: one odd value raises nothing that the whole window "
		 "would not."},
};

static const struct cv_field stuck_fields[] = {
	{.name = "for",
	 .type = CV_FIELD_DURATION,
	 RULE(stuck.for_ns),
	 .min = SECOND,
	 .max = 365 * DAY,
	 .help = "Values go on coming for so long and do not change."},
	{.name = "tolerance",
	 .type = CV_FIELD_REAL,
	 RULE(stuck.tolerance),
	 .fallback = "0",
	 .help = "A change by no more than this is none."},
};

static const struct cv_field silence_fields[] = {
	{.name = "after",
	 .type = CV_FIELD_DURATION,
	 RULE(silence.after_ns),
	 .fallback = "",
	 .min = SECOND,
	 .max = 365 * DAY,
	 .help = "A device that was heard is not heard for so long."},
	{.name = "factor",
	 .type = CV_FIELD_REAL,
	 RULE(silence.factor),
	 .fallback = "",
	 .help = "For so many of the intervals that the registry expects of the device; this or "
		 "`after`. Devices without an interval are not watched."},
};

static const struct cv_field count_fields[] = {
	{.name = "of",
	 .type = CV_FIELD_NAME,
	 RULE(count.rule),
	 .fallback = "",
	 .help = "Id of a rule: each device for which it raises counts. Without it each device "
		 "with "
		 "an event that `match` names counts: an alarm, or a value that is not 0."},
	{.name = "at_least",
	 .type = CV_FIELD_UINT,
	 RULE(count.at_least),
	 .min = 2,
	 .max = CV_ALARM_COUNT_MAX,
	 .help = "So many different devices."},
	{.name = "within",
	 .type = CV_FIELD_DURATION,
	 RULE(count.within_ns),
	 .min = SECOND,
	 .max = 30 * DAY,
	 .help = "Within this time."},
	{.name = "group",
	 .type = CV_FIELD_CHOICE,
	 RULE(count.group),
	 .choices = level_choices,
	 .fallback = "all",
	 .help = "Of one area of this level; a device without such a code does not count."},
};

static const struct cv_field merge_fields[] = {
	{.name = "by",
	 .type = CV_FIELD_CHOICE,
	 RULE(merge.by),
	 .choices = merge_choices,
	 .fallback = "none",
	 .help = "What becomes one alarm: `device`: all quantities of a device that the rule "
		 "matches; "
		 "`area`: all devices of an area."},
	{.name = "within",
	 .type = CV_FIELD_DURATION,
	 RULE(merge.within_ns),
	 .fallback = "0",
	 .max = 30 * DAY,
	 .help = "It is cleared when nothing of it came back for so long; what comes back before "
		 "belongs to it."},
};

#define CONDITION_FIELDS(id, condition)                                                            \
	{.name = #condition,                                                                       \
	 .type = CV_FIELD_SECTION,                                                                 \
	 FIELDS(condition##_fields),                                                               \
	 .help = condition##_help},

#define threshold_help "The value is too high or too low."
#define rate_help "The value changes too fast."
#define stuck_help "Values come and are always the same."
#define silence_help "The device is not heard any more."
#define count_help "N devices of an area within some time."

static const struct cv_field rule_fields[] = {
	{.name = "id",
	 .type = CV_FIELD_NAME,
	 RULE(id),
	 .help = "Name of the rule, unique; part of the ids of its alarms."},
	{.name = "text", .type = CV_FIELD_TEXT, RULE(text), .fallback = "", .help = "For people."},
	{.name = "grade",
	 .type = CV_FIELD_UINT,
	 RULE(grade),
	 .min = 1,
	 .max = CV_ALARM_GRADE_MAX,
	 .help = "How grave: 1 red, 2 orange, 3 yellow, 4 blue."},
	{.name = "match",
	 .type = CV_FIELD_ELSEWHERE,
	 .takes = "a map",
	 .fallback = "",
	 .help = "Which events it looks at, see below; all of its keys must match."},
	{.name = "update",
	 .type = CV_FIELD_DURATION,
	 RULE(update_ns),
	 .fallback = "10min",
	 .word = "never",
	 .min = SECOND,
	 .max = 365 * DAY,
	 .help = "An alarm that goes on is told again with its newest value, no more often than "
		 "this. "
		 "New devices in it are told at once."},
	CV_ALARM_CONDITIONS(CONDITION_FIELDS){.name = "merge",
					      .type = CV_FIELD_SECTION,
					      FIELDS(merge_fields),
					      .help = "Which occurrences are one alarm."},
};

static const struct cv_field file_fields[] = {
	{.name = "version",
	 .type = CV_FIELD_UINT,
	 AT(struct cv_alarm_rules, version),
	 .fallback = "0",
	 .max = INT64_MAX,
	 .help = "Number of this file, for signed rules: a node takes none with a lower one than "
		 "it "
		 "has, and no other file with the same."},
	{.name = "capacity",
	 .type = CV_FIELD_UINT,
	 AT(struct cv_alarm_rules, capacity),
	 .fallback = "4000000",
	 .min = 1,
	 .max = 64u << 20,
	 .help = "Values and silences (of a rule and a device's quantity) that are watched at a "
		 "time, "
		 "64 bytes each, taken when needed. What comes beyond is counted and not watched."},
	{.name = "active",
	 .type = CV_FIELD_UINT,
	 AT(struct cv_alarm_rules, active),
	 .fallback = "100000",
	 .min = 1,
	 .max = 1 << 20,
	 .help = "Alarms at a time; what would be raised beyond is counted."},
	{.name = "rules",
	 .max = CV_ALARM_RULES_MAX,
	 FIELDS(rule_fields),
	 LIST_OF(struct cv_alarm_rules, struct cv_alarm_rule, rules, n_rules),
	 .help = "Each with exactly one of `threshold`, `rate`, `stuck`, `silence`, `count`."},
};
const struct cv_field cv_alarm_file_schema = {.type = CV_FIELD_SECTION, FIELDS(file_fields)};
