/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of `culvert log`. They read a log's folder, with control or without; who does them is
 * named in control/logtool/command.c.
 */
#include "control/cli/command.h"

#define OPTION_CONFIG                                                                              \
	{                                                                                          \
		"config", "FILE", "file",                                                          \
			"without DIR: log.dir of this configuration; else "                        \
			"/etc/culvert/culvert.yaml"                                                \
	}
#define OPTION_LANE                                                                                \
	{                                                                                          \
		"lane", "LANES", "alarm measurement status security",                              \
			"these lanes only, commas between"                                         \
	}

const struct cv_cli_command cv_cli_log_offline[] = {
	{
		.name = "log verify",
		.operands = "[DIR]",
		.max_operands = 1,
		.words = "file",
		.help = "say whether an event log is right",
		.details =
			"Reads every block of the log in DIR: checksum, records, that the numbers "
			"go on, that a gap record tells of each hole, and that the sidecars fit "
			"their segments. Changes nothing; control may be writing. What is found is "
			"told with file and offset. Ends with 4 where something is wrong. A tail "
			"is "
			"what the next start of control cuts off: a write that was not finished.",
		.options = {OPTION_CONFIG, OPTION_LANE, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 4",
		.offline = true,
	},
	{
		.name = "log info",
		.operands = "[DIR]",
		.max_operands = 1,
		.words = "file",
		.help = "print what an event log holds",
		.details = "Segments, numbers, times and bytes of each lane, by its sidecars: only "
			   "the newest segments are read. With --segments each of them.",
		.options = {OPTION_CONFIG,
			    OPTION_LANE,
			    {"segments", NULL, NULL, "a row for each segment"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "log export",
		.operands = "[DIR]",
		.max_operands = 1,
		.words = "file",
		.help = "print events of an event log, without control",
		.details =
			"One lane after the other, in their order. WHERE is a number of one lane, "
			"or a time as 2026-11-21T13:00:00Z; a time is that of receiving. --from "
			"is included, --to is not. ndjson are CloudEvents, one per line, with an "
			"event of type gap for what cannot be read; raw are whole blocks as they "
			"lie in the log, without what fills them up. While control writes, events "
			"that it has not acknowledged are left out. Ends with 4 where events "
			"cannot be read.",
		.options = {OPTION_CONFIG,
			    OPTION_LANE,
			    {"from", "WHERE", NULL, "first number or time"},
			    {"to", "WHERE", NULL, "number or time behind the last"},
			    {"format", "FORMAT", "ndjson raw", "ndjson or raw; ndjson"},
			    {"output", "FILE", "file", "write there, not to standard output"}},
		.letters = "     o",
		.exits = "0 1 2 3 4 5",
		.offline = true,
	},
	{
		.name = "log truncate-plan",
		.operands = "[DIR]",
		.max_operands = 1,
		.words = "file",
		.help = "say what retention would delete",
		.details =
			"Lists the segments that control would delete now, in its order, by "
			"log.retain of the configuration or by --size and --age. With --target: "
			"what can go until all segments together have no more than that, the lane "
			"that is worth least first. The newest segment of a lane never goes. "
			"Touches nothing. Ends with 4 where the target cannot be reached.",
		.options = {OPTION_CONFIG,
			    {"size", "SIZE", NULL,
			     "bound of each lane instead of log.retain: 1GiB"},
			    {"age", "TIME", NULL, "likewise: 30d"},
			    {"target", "SIZE", NULL, "bytes that all segments may have"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 4",
		.offline = true,
	},
	{0},
};
