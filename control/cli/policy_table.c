/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of `culvert policy` that ask the running node. */
#include "control/cli/command.h"

#define OPTION_CONFIRM                                                                             \
	{                                                                                          \
		"confirm", "TIME", NULL,                                                           \
			"go back by itself unless confirmed within TIME, as in 5min"               \
	}
#define OPTION_EXPECT                                                                              \
	{                                                                                          \
		"expect", "NUMBER", NULL, "only if this policy is in force now"                    \
	}

const struct cv_cli_command cv_cli_policy_online[] = {
	{
		.name = "policy status",
		.help = "say which policy is in force",
		.details = "What is in force, what is judged beside it, what revert goes back to, "
			   "whether kernel and dataplane judge by it, and whether somebody is "
			   "changing it.",
		.exits = "0 1 3",
		.run = cv_cli_policy_status,
	},
	{
		.name = "policy apply",
		.operands = "POLICY",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "put a policy in force",
		.details =
			"POLICY is a bundle, or a policy file where the node takes unsigned ones; "
			"- is standard input. Signatures that lie beside it (POLICY.minisig, "
			"POLICY.*.minisig) go with it. It is checked, compiled, stored, built in "
			"the kernel "
			"and in the dataplane; only when all of that has succeeded is it put in "
			"force, by one store. With --shadow it is judged beside the one in force, "
			"on the same packets, and decides nothing. Ends with 4 when somebody "
			"else's "
			"change is in the way.",
		.options = {{"shadow", NULL, NULL, "only judge by it beside the one in force"},
			    OPTION_CONFIRM,
			    OPTION_EXPECT},
		.exits = "0 1 2 3 4",
		.run = cv_cli_policy_apply,
	},
	{
		.name = "policy shadow",
		.help = "show where the shadow policy differs",
		.details = "Differences of shadow and live policy on the packets since the shadow "
			   "began, by rule and device.",
		.options = {{"stop", NULL, NULL, "end the shadow"}},
		.exits = "0 1 3 4",
		.run = cv_cli_policy_shadow,
	},
	{
		.name = "policy rules",
		.help = "print how often each rule decided",
		.details = "Packets, bytes, what the rule or a limit under it dropped, and when it "
			   "last decided, in the kernel and in the dataplane. A frame that the "
			   "kernel lets pass is judged again in the dataplane. Rule 0 is what no "
			   "rule decides.",
		.options = {{"shadow", NULL, NULL, "of the policy in shadow"}},
		.exits = "0 1 3",
		.run = cv_cli_policy_rules,
	},
	{
		.name = "policy promote",
		.help = "put the shadow policy in force",
		.details = "By one store: it is loaded already.",
		.options = {OPTION_CONFIRM, OPTION_EXPECT},
		.exits = "0 1 3 4",
		.run = cv_cli_policy_promote,
	},
	{
		.name = "policy confirm",
		.help = "keep the policy that waits to be confirmed",
		.details = "See --confirm of apply and promote.",
		.options = {OPTION_EXPECT},
		.exits = "0 1 3 4",
		.run = cv_cli_policy_confirm,
	},
	{
		.name = "policy revert",
		.help = "go back to the policy before",
		.details = "One step, by one store: it is still loaded. Works on a full disk and "
			   "while a policy waits to be confirmed.",
		.options = {OPTION_EXPECT},
		.exits = "0 1 3 4",
		.run = cv_cli_policy_revert,
	},
	{
		.name = "policy history",
		.help = "list the policies that were applied",
		.details = "Newest first, with who applied them and what they are now.",
		.exits = "0 1 3",
		.run = cv_cli_policy_history,
	},
	{
		.name = "policy diff",
		.operands = "NUMBER [NUMBER]",
		.min_operands = 1,
		.max_operands = 2,
		.help = "say what two applied policies say differently",
		.details = "Rules by id, groups and other names by name, members of lists; layout "
			   "and comments do not count. Without the second: the one in force.",
		.exits = "0 1 2 3",
		.run = cv_cli_policy_diff,
	},
	{
		.name = "policy show",
		.operands = "[NUMBER]",
		.max_operands = 1,
		.help = "print an applied policy as it came",
		.details = "Without NUMBER: the one in force.",
		.exits = "0 1 2 3",
		.run = cv_cli_policy_show,
	},
	{
		.name = "policy audit",
		.help = "print who changed the policy",
		.details =
			"Newest first. A change is written down before it is made; begun with no "
			"result is under way.",
		.options = {{"limit", "N", NULL, "so many rows; 100"}},
		.exits = "0 1 3",
		.run = cv_cli_policy_audit,
	},
	{0},
};
