/* SPDX-License-Identifier: Apache-2.0 */
/* `culvert config host`; done by control/host. */
#include "control/cli/command.h"

const struct cv_cli_command cv_cli_host_offline[] = {
	{
		.name = "config host",
		.operands = "[FILE]",
		.max_operands = 1,
		.words = "file",
		.help = "have the machine around Culvert follow the configuration",
		.details =
			"Addresses, name servers, time servers and who may log in, as files below "
			"/run for systemd-networkd, systemd-resolved, chrony and sshd, who are "
			"told where something changed. The appliance does it at each start and "
			"whenever another configuration is in force, also while that waits to be "
			"confirmed: it takes what control has left in /run/culvert/in-force.yaml, "
			"and the node's file before control has run; or FILE.",
		.options = {{"root", "DIR", "file",
			     "write below DIR, and say what would be run instead of running it"},
			    {"in-force", "FILE", "file", "instead of /run/culvert/in-force.yaml"}},
		.exits = "0 1 2 3 5",
		.offline = true,
	},
	{0},
};
