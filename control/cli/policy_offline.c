/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of `culvert policy` that need no node. culvert hands them to culvert-control, which reads
 * its arguments by these same rows; what does the work is named in control/policy/command.c.
 */
#include "control/cli/command.h"

const struct cv_cli_command cv_cli_policy_offline[] = {
	{
		.name = "policy check",
		.operands = "POLICY",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "say whether a policy file is right",
		.details = "Tells every mistake with its line and column, and rules that can never "
			   "decide anything. POLICY - is standard input.",
		.options = {CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{0},
};
