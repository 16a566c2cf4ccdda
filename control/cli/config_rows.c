/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of `culvert config`: of files, done by culvert-control, and of the running node. */
#include "control/cli/command.h"

#define OPTION_CONFIRM                                                                             \
	{                                                                                          \
		"confirm", "TIME", NULL,                                                           \
			"go back by itself unless confirmed within TIME; 5min without --now"       \
	}
#define OPTION_NOW                                                                                 \
	{                                                                                          \
		"now", NULL, NULL, "keep it without confirmation"                                  \
	}
#define OPTION_EXPECT                                                                              \
	{                                                                                          \
		"expect", "N", NULL, "only if configuration N is in force"                         \
	}

const struct cv_cli_command cv_cli_config_offline[] = {
	{
		.name = "config check",
		.operands = "FILE",
		.words = "file",
		.help = "say whether a configuration and its policy are right",
		.details = "Every finding is told with line and column. FILE - is standard input.",
		.options = {CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
		.run = cv_cli_become_owner,
	},
	{
		.name = "config show",
		.operands = "FILE",
		.words = "file",
		.help = "print a configuration with every default filled in",
		.details = "What is printed reads back the same.",
		.exits = "0 1 2 3",
		.offline = true,
		.run = cv_cli_become_owner,
	},
	{
		.name = "config compile",
		.operands = "-o IMAGE FILE|--policy POLICY",
		.words = "file",
		.help = "write the generation image that culvert-dataplane runs",
		.details = "For tools that judge captures by a configuration.",
		.options = {{"output", "IMAGE", "file", "where to"},
			    {"policy", "FILE", "file", "of this policy alone"},
			    {"number", "N", NULL, "number of the generation; 1"},
			    CV_CLI_OPTION_JSON},
		.letters = "o",
		.exits = "0 1 2 3",
		.offline = true,
		.run = cv_cli_become_owner,
	},
	{
		.name = "config doc",
		.help = "print the page that documents the settings",
		.details = "The page docs/operator/config.md.",
		.exits = "0 1 3",
		.offline = true,
		.run = cv_cli_become_owner,
	},
	{0},
};

const struct cv_cli_command cv_cli_config_online[] = {
	{
		.name = "config status",
		.help = "say which configuration is in force, and whether it is confirmed",
		.details = "Number, since when and by whom; how long there is to confirm.",
		.exits = "0 1 3 5",
		.run = cv_cli_config_status,
	},
	{
		.name = "config diff",
		.operands = "FILE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "say what a configuration would change, and at which cost",
		.details =
			"Each setting that differs from what runs, with what its change costs: "
			"live (nothing), host (the machine around Culvert is set), control (it "
			"starts anew; no frame and no event is lost) "
			"or "
			"dataplane (for the second it takes, frames go as on_dataplane_loss says). "
			"The file is checked as apply would. Nothing is changed.",
		.exits = "0 1 2 3 5",
		.run = cv_cli_config_diff,
	},
	{
		.name = "config apply",
		.operands = "FILE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "put a configuration in force",
		.details =
			"It is checked whole, kept as a version, put in force at the cost that "
			"diff tells, and goes back by itself unless it is confirmed in time, when "
			"control cannot start with it, or when nobody of management.contact "
			"answers "
			"any more. The node's own file is written when it is confirmed. Ends with "
			"4 "
			"while another change is under way or waits to be confirmed: it is told "
			"whose.",
		.options = {OPTION_CONFIRM, OPTION_NOW, OPTION_EXPECT},
		.exits = "0 1 2 3 4 5",
		.run = cv_cli_config_apply,
	},
	{
		.name = "config confirm",
		.help = "keep the configuration in force",
		.details =
			"What apply, undo or rollback put in force stays, and becomes the node's "
			"file.",
		.options = {OPTION_EXPECT},
		.exits = "0 1 3 4 5",
		.run = cv_cli_config_confirm,
	},
	{
		.name = "config undo",
		.help = "go back to the configuration before",
		.details = "What waits to be confirmed is taken back at once. Else the version "
			   "before is applied, and waits to be confirmed itself.",
		.options = {OPTION_CONFIRM, OPTION_NOW, OPTION_EXPECT},
		.exits = "0 1 2 3 4 5",
		.run = cv_cli_config_undo,
	},
	{
		.name = "config rollback",
		.operands = "N",
		.min_operands = 1,
		.max_operands = 1,
		.help = "apply an earlier configuration",
		.details = "Version N, as culvert config history lists it, gets a new number.",
		.options = {OPTION_CONFIRM, OPTION_NOW, OPTION_EXPECT},
		.exits = "0 1 2 3 4 5",
		.run = cv_cli_config_rollback,
	},
	{
		.name = "config history",
		.help = "list the configurations that are kept",
		.details = "Newest first: number, role, when, who, name.",
		.exits = "0 1 3 5",
		.run = cv_cli_config_history,
	},
	{
		.name = "config export",
		.operands = "[N]",
		.max_operands = 1,
		.help = "print a configuration as it came",
		.details = "Of the one in force, or of version N.",
		.exits = "0 1 2 3 5",
		.run = cv_cli_config_export,
	},
	{
		.name = "config audit",
		.help = "say who changed the configuration",
		.details = "Newest first: when, who, what, which number, what came of it.",
		.options = {{"limit", "N", NULL, "at most so many; 100"}},
		.exits = "0 1 3 5",
		.run = cv_cli_config_audit,
	},
	{0},
};
