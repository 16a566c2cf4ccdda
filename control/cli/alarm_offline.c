/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs of `culvert alarm` that need no node; who does them is named in control/alarm/command.c.
 */
#include "control/cli/command.h"

const struct cv_cli_command cv_cli_alarm_offline[] = {
	{
		.name = "alarm check",
		.operands = "FILE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "say whether a file of alarm rules is right",
		.details = "Every mistake with its line and column.",
		.options = {CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "alarm test",
		.operands = "FILE --pcap CAPTURE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "try alarm rules on captures",
		.details =
			"Decodes the captures and hands what devices say to the very engine that "
			"judges on a node; time is the captures'. Prints each alarm as it is "
			"raised, "
			"updated and cleared, a line each, or with --json as the events that "
			"subscribers get. --registry says of which area and kind devices are, and "
			"how often they report. --expect FILE holds the lines against those of "
			"FILE: "
			"STATE RULE SUBJECT, where * stands for any characters and # begins a "
			"comment; ends with 4 where they differ.",
		.options = {{"pcap", "CAPTURE", "file", "pcap or pcapng; may be given again"},
			    {"expect", "FILE", "file", "what must come, and nothing else"},
			    {"after", "TIME", NULL,
			     "let so much time pass behind the captures: 2h"},
			    {"hint", "HINT", NULL, "what speaks on a port: tcp/17501=mqtt"},
			    {"registry", "FILE", "file", "registry of devices, registry.db"},
			    CV_CLI_OPTION_JSON},
		.exits = "0 1 2 3 4 5",
		.offline = true,
	},
	{
		.name = "alarm sign",
		.operands = "FILE",
		.min_operands = 1,
		.max_operands = 1,
		.words = "file",
		.help = "sign a file of alarm rules",
		.details =
			"Writes FILE.minisig, as minisign -S does. Only rules that are right are "
			"signed. Give the file a version that is higher than the last one's: nodes "
			"take no older one again.",
		.options = {{"key", "FILE", "file",
			     "secret key; $MINISIGN_CONFIG_DIR or ~/.minisign, minisign.key"},
			    {"password-file", "FILE", "file",
			     "first line is the password; otherwise it is asked for"}},
		.letters = "k ",
		.exits = "0 1 2 3",
		.offline = true,
	},
	{
		.name = "alarm doc",
		.help = "print the page on every key of alarm rules",
		.details = "The page docs/operator/alarm-language.md.",
		.exits = "0 1 3",
		.offline = true,
	},
	{0},
};
