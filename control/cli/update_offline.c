/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs of `culvert update`; who does them is named in control/update/command.c. */
#include "control/cli/command.h"

#define OPTION_REBOOT                                                                              \
	{                                                                                          \
		"reboot", NULL, NULL, "reboot at once when it is done"                             \
	}

const struct cv_cli_command cv_cli_update_offline[] = {
	{
		.name = "update status",
		.help = "say which system runs and what became of the last upgrade",
		.details =
			"Both system slots with version and state: good, bad, installing, trial, "
			"failed; and their generations: the number of a system that was found "
			"good, "
			"with the configuration that it had.",
		.options = {CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "update install",
		.operands = "BUNDLE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "write a signed bundle to the slot that does not run",
		.details =
			"Takes a bundle for this product that is signed by whom the node trusts "
			"(/data/culvert/update/trust.pem) and is not older than what runs. The "
			"next reboot starts it once; the node's health decides whether it stays. "
			"Whatever goes wrong, the running system is not touched.",
		.options = {{"allow-older", NULL, NULL, "take an older version, too"},
			    OPTION_REBOOT},
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "update rollback",
		.help = "start the other slot by the next reboot",
		.details = "The system before the last upgrade with the configuration that it had, "
			   "on trial as an upgrade is; the present configuration is kept and comes "
			   "back with the present system. Policy and data stay. Refused "
			   "where the other slot is empty, was not written whole, or has failed. "
			   "On a slot that is itself on trial it reboots.",
		.options = {{"keep-config", NULL, NULL, "leave the configuration as it is"},
			    OPTION_REBOOT},
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "update mark",
		.operands = "good|bad",
		.min_operands = 1,
		.max_operands = 1,
		.words = "good bad",
		.help = "decide by hand: this slot is good, or the other one bad",
		.details = "The node does it by itself when it is well (culvert update confirm).",
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{
		.name = "update confirm",
		.help = "make this slot good if the node is well, else leave it",
		.details = "What each start of the appliance does: asks culvert health; a slot on "
			   "trial that is not well is left by a reboot, one that was good before "
			   "stays.",
		.options = {{"wait", "SECONDS", NULL,
			     "wait up to SECONDS for the node to be well"}},
		.exits = "0 1 2 3 4 5",
		.offline = true,
	},
	{
		.name = "update restore",
		.help = "put the configuration of this slot back, where a start has to",
		.details = "What each start of the appliance does before anybody reads the "
			   "configuration: after a rollback, and after an upgrade that was left. "
			   "Does nothing otherwise.",
		.exits = "0 1 2 5",
		.offline = true,
	},
	{
		.name = "update poll",
		.help = "ask the fleet's directory, and install what is this node's turn",
		.details = "Takes the signed index from update.url of the configuration; an index "
			   "that "
			   "is older than one seen before, expired, changed or not signed by "
			   "update.keys is refused, and nothing is changed. Installs when the "
			   "roll-out has come to this node and the hour is right, restarts, and "
			   "reports what became of it. A timer of the appliance does it.",
		.options = {{"config", "FILE", "file",
			     "the node's configuration; what is in force, or "
			     "/etc/culvert/culvert.yaml"}},
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{0},
};
