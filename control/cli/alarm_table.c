/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of `culvert alarm` that ask control. */
#include "control/cli/command.h"

const struct cv_cli_command cv_cli_alarm_online[] = {
	{
		.name = "alarm list",
		.help = "list the alarms that are active",
		.details =
			"Those that rules have raised and that are not cleared: grade and colour, "
			"since when, rule, subject, value, and who has acknowledged it.",
		.options = {{"rule", "ID", NULL, "of this rule only"},
			    {"grade", "N", "1 2 3 4", "of this grade only"}},
		.exits = "0 1 2 3",
		.run = cv_cli_alarm_list,
	},
	{
		.name = "alarm show",
		.operands = "ID",
		.min_operands = 1,
		.max_operands = 1,
		.help = "print all that is known of an active alarm",
		.details = "As JSON. ID is as culvert alarm list --json and events have it.",
		.exits = "0 1 2 3",
		.run = cv_cli_alarm_show,
	},
	{
		.name = "alarm ack",
		.operands = "ID",
		.min_operands = 1,
		.max_operands = 1,
		.help = "say that somebody has seen an alarm",
		.details =
			"Who has is told to all subscribers, with the comment. The alarm goes on "
			"until it is cleared. Ends with 4 where somebody has done so already.",
		.options = {{"comment", "TEXT", NULL, "what is done about it"}},
		.exits = "0 1 2 3 4",
		.run = cv_cli_alarm_ack,
	},
	{
		.name = "alarm clear",
		.operands = "ID",
		.min_operands = 1,
		.max_operands = 1,
		.help = "say that an alarm is over",
		.details =
			"For one that does not end by itself, as of a device that was taken away. "
			"Who says so is told to all subscribers, with the comment. What still goes "
			"on raises an alarm again only after it has been over, or when control or "
			"its rules begin anew.",
		.options = {{"comment", "TEXT", NULL, "why it is over"}},
		.exits = "0 1 2 3",
		.run = cv_cli_alarm_clear,
	},
	{
		.name = "alarm history",
		.help = "print what became of alarms, from the event log",
		.details = "Each change of each alarm that a rule raised, oldest first. START is "
			   "as in "
			   "culvert events.",
		.options = {{"from", "START", "earliest latest", "where to begin; earliest"},
			    {"follow", NULL, NULL, "go on with what comes"}},
		.exits = "0 1 2 3",
		.run = cv_cli_alarm_history,
	},
	{
		.name = "alarm apply",
		.operands = "FILE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "put alarm rules in force",
		.details = "The signatures beside the file are sent with it: FILE.minisig. They "
			   "must be "
			   "of as many keys as policy_trust asks for. Alarms of rules that are in "
			   "both "
			   "files go on; those of rules that are gone are cleared. The rules stay "
			   "until "
			   "others are applied, or the file that the configuration names is "
			   "changed and "
			   "control started again. Ends with 4 where a higher version is in force.",
		.exits = "0 1 2 3 4",
		.run = cv_cli_alarm_apply,
	},
	{
		.name = "alarm rules",
		.help = "print the rules in force",
		.details =
			"The file as it was applied. With --json also its number, its version and "
			"who applied it.",
		.exits = "0 1 3",
		.run = cv_cli_alarm_rules,
	},
	{0},
};
