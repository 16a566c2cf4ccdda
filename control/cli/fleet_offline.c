/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of `culvert fleet`; who does them is named in control/fleet/command.c. */
#include "control/cli/command.h"

#define OPTION_KEY                                                                                 \
	{                                                                                          \
		"key", "FILE", "file",                                                             \
			"secret key; $MINISIGN_CONFIG_DIR or ~/.minisign, minisign.key"            \
	}
#define OPTION_PASSWORD                                                                            \
	{                                                                                          \
		"password-file", "FILE", "file",                                                   \
			"first line is the password; otherwise it is asked for"                    \
	}
#define OPTION_DAYS                                                                                \
	{                                                                                          \
		"days", "N", NULL, "nodes take the index so long; 30"                              \
	}
#define OPTION_WINDOW                                                                              \
	{                                                                                          \
		"window", "HOURS", NULL,                                                           \
			"nodes begin in these hours only, UTC: 01:30-04:00, or any"                \
	}
#define OPTION_LOST                                                                                \
	{                                                                                          \
		"lost-after", "TIME", NULL,                                                        \
			"a node that began and has been silent so long is lost; 1h"                \
	}
#define OF_DIR .operands = "DIR", .min_operands = 1, .max_operands = 1, .words = "file"

const struct cv_cli_command cv_cli_fleet_offline[] = {
	{
		.name = "fleet publish",
		.operands = "DIR BUNDLE",
		.min_operands = 2,
		.max_operands = 2,
		.words = "file",
		.help = "put a release into a fleet's directory",
		.details =
			"Copies the bundle, which is signed for itself, into DIR and writes the "
			"index "
			"that nodes poll, signed as minisign does. It begins with a share of the "
			"nodes; culvert fleet step goes on. DIR is served by any HTTPS server "
			"(docs/operator/fleet.md).",
		.options = {{"version", "VERSION", NULL, "of the release, as its bundle has it"},
			    {"percent", "N", NULL, "of the nodes that may begin; 10"},
			    OPTION_WINDOW,
			    {"product", "NAME", NULL, "what the bundle is for; culvert-x86-64"},
			    OPTION_DAYS,
			    OPTION_KEY,
			    OPTION_PASSWORD},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "fleet stage",
		.operands = "DIR PERCENT",
		.min_operands = 2,
		.max_operands = 2,
		.words = "file",
		.help = "say which share of the nodes may begin",
		.details =
			"A node that is among 10 percent is among 50. Who runs the release stays "
			"with it.",
		.options = {OPTION_WINDOW, OPTION_DAYS, OPTION_KEY, OPTION_PASSWORD},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "fleet halt",
		OF_DIR,
		.help = "stop a roll-out: no further node begins",
		.details = "A node that has begun goes on.",
		.options = {OPTION_DAYS, OPTION_KEY, OPTION_PASSWORD},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "fleet resume",
		OF_DIR,
		.help = "go on with a roll-out that was halted",
		.details = "From the stage it had come to.",
		.options = {OPTION_DAYS, OPTION_KEY, OPTION_PASSWORD},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "fleet status",
		OF_DIR,
		.help = "count how the nodes stand to the release",
		.details =
			"By what they have reported: waiting, installing, trial, good, failed; and "
			"lost, which began and came back neither well nor unwell.",
		.options = {OPTION_LOST, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "fleet step",
		OF_DIR,
		.help = "go on to the next stage, wait, or stop the roll-out",
		.details =
			"Stops when more nodes of the stage than tolerated have failed or are "
			"lost, and ends with 4. Goes on when all others are good and the stage has "
			"stood for --stay. Run it by a timer, as often as nodes poll.",
		.options = {{"stages", "LIST", NULL, "percentages, commas between; 10,50,100"},
			    {"tolerate", "N", NULL, "percent of a stage's nodes; 10"},
			    {"stay", "TIME", NULL,
			     "a stage lasts so long at least, for each node to have asked; 30min"},
			    OPTION_LOST,
			    OPTION_DAYS,
			    OPTION_KEY,
			    OPTION_PASSWORD},
		.exits = "0 1 2 3 4",
		.offline = true,
	},
	{0},
};
