/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of `culvert policy module` that need no node; see policy_offline.c. */
#include "control/cli/command.h"

const struct cv_cli_command cv_cli_module_offline[] = {
	{
		.name = "policy module build",
		.operands = "SOURCE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "compile a module and have the kernel verify it",
		.details =
			"Compiles SOURCE with clang and loads the object for the kernel to verify, "
			"attached to nothing, which needs root. Mistakes are told as "
			"FILE:LINE:COLUMN, those of the compiler and the verifier's alike. The "
			"object is written when all is well.",
		.options = {{"output", "FILE", "file", "write the object here; SOURCE with .o"},
			    {"no-verify", NULL, NULL, "do not ask the kernel; needs no privilege"},
			    {"verbose", NULL, NULL, "on refusal print the verifier's whole log"},
			    CV_CLI_OPTION_JSON},
		.letters = "o",
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{0},
};
