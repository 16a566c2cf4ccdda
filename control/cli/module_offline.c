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
	{
		.name = "policy module test",
		.operands = "OBJECT [CAPTURE...]",
		.min_operands = 1,
		.max_operands = 65536,
		.words = "file",
		.help = "try a module on recorded traffic",
		.details =
			"Runs a module in the kernel behind the policy's verdict on every packet, "
			"attached to nothing, which needs root; the captures' times are its "
			"clock. Prints what it drops by code, and what it was not asked about. "
			"Without --policy everything passes. Ends with 4 where the module "
			"returns what means nothing, with 3 where the kernel cannot be asked or "
			"a capture is cut short.",
		.options = {{"pcap", "CAPTURE", "file",
			     "run it on this capture; may come again, several play by time"},
			    {"policy", "POLICY", "file", "judge by this policy before"},
			    {"config", "FILE", "file",
			     "compile the policy for the ports of this node"},
			    {"port", "NAME", NULL, "captures behind this came in by this port"},
			    {"filter", "EXPRESSION", NULL,
			     "only packets that match, pcap-filter(7)"},
			    {"packets", NULL, NULL, "print the module's word on every packet"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 4 5",
		.offline = true,
	},
	{0},
};
