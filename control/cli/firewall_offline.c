/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of `culvert firewall` and `culvert quarantine`. They work on the kernel and on a file, with
 * control or without; who does them is named in control/nft/command_*.c.
 */
#include "control/cli/command.h"

#define OPTION_CONFIG                                                                              \
	{                                                                                          \
		"config", "FILE", "file",                                                          \
			"the node's configuration; else /etc/culvert/culvert.yaml"                 \
	}

#define DEVICES_MAX 1024

const struct cv_cli_command cv_cli_firewall_offline[] = {
	{
		.name = "firewall show",
		.help = "print what the table has counted",
		.details =
			"Every packet for the node, and every one it was to route, is counted in "
			"the chain's total and in one of the rows below it. Then how many devices "
			"are in quarantine in the kernel.",
		.options = {CV_CLI_OPTION_JSON},
		.exits = "0 1 3",
		.offline = true,
	},
	{
		.name = "firewall apply",
		.help = "put the table of a configuration in place",
		.details =
			"What culvert-control does when it starts: one batch, all of it or "
			"nothing. "
			"Counters go on. Refused where a table inet culvert is not ours, and where "
			"firewall.enabled is false.",
		.options = {OPTION_CONFIG, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "firewall remove",
		.help = "remove the table, and nothing else",
		.details = "Removes inet culvert if it is ours. A culvert-control that runs with "
			   "firewall.enabled puts it back within a second.",
		.options = {CV_CLI_OPTION_JSON},
		.exits = "0 1 3",
		.offline = true,
	},
	{0},
};

const struct cv_cli_command cv_cli_quarantine_offline[] = {
	{
		.name = "quarantine list",
		.help = "print the devices in quarantine",
		.details = "One address or MAC per line, in a form that replace reads.",
		.options = {OPTION_CONFIG, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "quarantine add",
		.operands = "DEVICE...",
		.min_operands = 1,
		.max_operands = DEVICES_MAX,
		.help = "put devices into quarantine",
		.details =
			"DEVICE is an IPv4 or IPv6 address or a MAC. What it sends, to the node or "
			"across it, is dropped from now on, in every VLAN, on connections it has "
			"and "
			"whatever the policy says; firewall.management goes before. Either list "
			"and "
			"kernel have the change or neither has; the dataplane has it within a "
			"second. policy audit tells who changed what.",
		.options = {OPTION_CONFIG, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "quarantine remove",
		.operands = "DEVICE...",
		.min_operands = 1,
		.max_operands = DEVICES_MAX,
		.help = "let devices out of quarantine",
		.details = "A device that is not on the list is no error.",
		.options = {OPTION_CONFIG, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "quarantine replace",
		.operands = "FILE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "put a whole list in the place of the one there is",
		.details =
			"FILE has one device per line, # begins a comment; - is standard input. "
			"Every wrong line is "
			"told "
			"with its place, and then nothing is changed. Packets meet the old list or "
			"the new one, never a part of it.",
		.options = {OPTION_CONFIG, CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{0},
};
